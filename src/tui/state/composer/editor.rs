//! The text under the cursor: one string, a cursor that stands between grapheme clusters, and undo.
//!
//! A buffer of our own instead of a text widget's: tried with half a megabyte pasted, the widget wrapped the whole text
//! anew at every key (thousands of times the budget of a key), and it drew control characters as nothing at all, which
//! also put its cursor beside the text. Here a key costs what it changes: clusters are found around the cursor only.
//!
//! ```text
//!  edit ─► Change {at, removed, inserted} ─► undo stack ─(undo)─► redo stack
//!          typing and erasing join the change before them until a word, a move or another kind of edit ends it
//! ```

use std::ops::Range;

use unicode_segmentation::GraphemeCursor;

use super::steps::{Change, Steps, Unit, is_blank, is_word};

/// A multi-line text with a cursor and its undo history. Line ends are `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    cursor: usize,
    steps: Steps,
}

/// Line ends as `\n`, whatever they came as. Nothing else changes.
pub fn normalized(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

impl Editor {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor: a byte offset at a cluster boundary of [`Editor::text`].
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The text before the cursor.
    pub fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// The text after the cursor.
    pub fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    /// Where the cursor's line begins and ends (without its line end), in bytes.
    pub fn line(&self) -> Range<usize> {
        let start = self.before().rfind('\n').map_or(0, |n| n + 1);
        let end = self.after().find('\n').map_or(self.text.len(), |n| self.cursor + n);
        start..end
    }

    fn boundary_before(&self, at: usize) -> usize {
        GraphemeCursor::new(at, self.text.len(), true).prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn boundary_after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }

    /// `at`, or the end of the cluster that it stands in.
    fn snap(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let whole = self.text.is_char_boundary(at)
            && GraphemeCursor::new(at, self.text.len(), true).is_boundary(&self.text, 0).unwrap_or(true);
        if whole {
            return at;
        }
        let inside = (0..at).rev().find(|b| self.text.is_char_boundary(*b)).unwrap_or(0);
        self.boundary_after(inside)
    }

    // ---- moving -------------------------------------------------------------------------------------------------

    fn go(&mut self, at: usize) {
        self.cursor = at;
        self.steps.close();
    }

    /// One cluster towards the beginning.
    pub fn left(&mut self) {
        self.go(self.boundary_before(self.cursor));
    }

    /// One cluster towards the end.
    pub fn right(&mut self) {
        self.go(self.boundary_after(self.cursor));
    }

    /// To the beginning of the line.
    pub fn line_start(&mut self) {
        self.go(self.line().start);
    }

    /// To the end of the line.
    pub fn line_end(&mut self) {
        self.go(self.line().end);
    }

    /// To the end of the text.
    pub fn text_end(&mut self) {
        self.go(self.text.len());
    }

    /// Puts the cursor at byte `at` (moved to the end of the cluster it falls into).
    pub fn place(&mut self, at: usize) {
        self.go(self.snap(at));
    }

    fn cluster_before(&self, at: usize) -> &str {
        self.text.get(self.boundary_before(at)..at).unwrap_or_default()
    }

    fn cluster_after(&self, at: usize) -> &str {
        self.text.get(at..self.boundary_after(at)).unwrap_or_default()
    }

    fn skip_back(&self, mut at: usize, over: impl Fn(&str) -> bool) -> usize {
        while at > 0 && over(self.cluster_before(at)) {
            at = self.boundary_before(at);
        }
        at
    }

    fn skip_ahead(&self, mut at: usize, over: impl Fn(&str) -> bool) -> usize {
        while at < self.text.len() && over(self.cluster_after(at)) {
            at = self.boundary_after(at);
        }
        at
    }

    /// To the beginning of this word, or of the one before.
    pub fn word_left(&mut self) {
        let gap = self.skip_back(self.cursor, |c| !is_word(c));
        self.go(self.skip_back(gap, is_word));
    }

    /// To the end of this word, or of the next.
    pub fn word_right(&mut self) {
        let gap = self.skip_ahead(self.cursor, |c| !is_word(c));
        self.go(self.skip_ahead(gap, is_word));
    }

    // ---- editing ------------------------------------------------------------------------------------------------

    /// Types one character.
    pub fn insert_char(&mut self, c: char) {
        let mut bytes = [0; 4];
        let c = if c == '\r' { '\n' } else { c };
        let unit = if c == '\n' { Unit::Whole } else { Unit::Typed };
        self.replace(self.cursor..self.cursor, c.encode_utf8(&mut bytes), unit);
    }

    /// Puts `text` in at the cursor, as one step. Line ends become `\n`.
    pub fn insert(&mut self, text: &str) {
        self.replace(self.cursor..self.cursor, &normalized(text), Unit::Whole);
    }

    /// Erases the cluster before the cursor.
    pub fn backspace(&mut self) {
        self.replace(self.boundary_before(self.cursor)..self.cursor, "", Unit::ErasedBack);
    }

    /// Erases the cluster after the cursor.
    pub fn delete(&mut self) {
        self.replace(self.cursor..self.boundary_after(self.cursor), "", Unit::ErasedAhead);
    }

    /// Replaces the whole text, as one step; the cursor goes to the end.
    pub fn set_text(&mut self, text: &str) {
        let text = normalized(text);
        if text != self.text {
            self.replace(0..self.text.len(), &text, Unit::Whole);
        }
        self.text_end();
    }

    /// Replaces the whole text as a step of its own even where nothing changes, so that [`Editor::forget_step`] takes
    /// back exactly this.
    pub(super) fn set_text_step(&mut self, text: &str) {
        self.steps.close();
        let inserted = normalized(text).into_owned();
        let removed = std::mem::replace(&mut self.text, inserted.clone());
        let after = inserted.len();
        let change =
            Change { unit: Unit::Whole, at: 0, removed, inserted, cursor_before: self.cursor, cursor_after: after };
        self.steps.record(change);
        self.text_end();
    }

    /// Takes the newest step back for good.
    pub(super) fn forget_step(&mut self) {
        if self.undo() {
            self.steps.forget_undone();
        }
    }

    /// Takes out the blank-separated word before the cursor (at the beginning of a line: the line end) and returns it.
    pub fn cut_word_back(&mut self) -> String {
        let start = if self.before().ends_with('\n') {
            self.cursor - 1
        } else {
            let gap = self.skip_back(self.cursor, |c| c != "\n" && is_blank(c));
            self.skip_back(gap, |c| !is_blank(c))
        };
        self.cut(start..self.cursor)
    }

    /// Takes out the rest of the line (at its end: the line end) and returns it.
    pub fn cut_to_end(&mut self) -> String {
        let end = self.line().end;
        let end = if end == self.cursor { self.boundary_after(end) } else { end };
        self.cut(self.cursor..end)
    }

    /// Takes out the line before the cursor (at its beginning: the line end before it) and returns it.
    pub fn cut_to_start(&mut self) -> String {
        let start = self.line().start;
        let start = if start == self.cursor { self.boundary_before(start) } else { start };
        self.cut(start..self.cursor)
    }

    fn cut(&mut self, range: Range<usize>) -> String {
        let out = self.text.get(range.clone()).unwrap_or_default().to_owned();
        self.replace(range, "", Unit::Whole);
        out
    }

    fn replace(&mut self, range: Range<usize>, with: &str, unit: Unit) {
        let Some(removed) = self.text.get(range.clone()) else { return };
        if removed.is_empty() && with.is_empty() {
            return;
        }
        let removed = removed.to_owned();
        let before = self.cursor;
        self.text.replace_range(range.clone(), with);
        self.cursor = self.snap(range.start + with.len());
        let change = Change {
            unit,
            at: range.start,
            removed,
            inserted: with.to_owned(),
            cursor_before: before,
            cursor_after: self.cursor,
        };
        self.steps.record(change);
    }

    // ---- undo ---------------------------------------------------------------------------------------------------

    /// Takes the newest step back. False where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.steps.back() else { return false };
        self.text.replace_range(change.at..change.at + change.inserted.len(), &change.removed);
        let cursor = change.cursor_before;
        self.go(cursor);
        true
    }

    /// Does the newest undone step again. False where there is none.
    pub fn redo(&mut self) -> bool {
        let Some(change) = self.steps.ahead() else { return false };
        self.text.replace_range(change.at..change.at + change.removed.len(), &change.inserted);
        let cursor = change.cursor_after;
        self.go(cursor);
        true
    }
}

#[cfg(test)]
#[path = "../../../../tests/unit/tui/state/composer/editor.rs"]
mod tests;
