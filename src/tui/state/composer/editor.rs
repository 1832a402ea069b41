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

use std::collections::VecDeque;
use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// A multi-line text with a cursor and its undo history. Line ends are `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    /// A byte offset at a cluster boundary of the text.
    cursor: usize,
    steps: Steps,
}

/// Line ends as `\n`, whatever they came as. Nothing else changes.
pub fn normalized(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

impl From<&str> for Editor {
    fn from(text: &str) -> Self {
        let text = normalized(text).into_owned();
        Self { cursor: text.len(), text, steps: Steps::default() }
    }
}

impl Editor {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

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

    fn go(&mut self, at: usize) {
        self.cursor = at;
        self.steps.open = false;
    }

    pub fn left(&mut self) {
        self.go(self.boundary_before(self.cursor));
    }

    pub fn right(&mut self) {
        self.go(self.boundary_after(self.cursor));
    }

    pub fn line_start(&mut self) {
        self.go(self.line().start);
    }

    pub fn line_end(&mut self) {
        self.go(self.line().end);
    }

    /// Puts the cursor at byte `at` (moved to the end of the cluster it falls into).
    pub fn place(&mut self, at: usize) {
        self.go(self.snap(at));
    }

    fn skip_back(&self, at: usize, over: impl Fn(&str) -> bool) -> usize {
        let before = self.text.get(..at).unwrap_or_default().graphemes(true).rev();
        at - before.take_while(|cluster| over(cluster)).map(str::len).sum::<usize>()
    }

    fn skip_ahead(&self, at: usize, over: impl Fn(&str) -> bool) -> usize {
        let after = self.text.get(at..).unwrap_or_default().graphemes(true);
        at + after.take_while(|cluster| over(cluster)).map(str::len).sum::<usize>()
    }

    pub fn word_left(&mut self) {
        let gap = self.skip_back(self.cursor, |c| !is_word(c));
        self.go(self.skip_back(gap, is_word));
    }

    pub fn word_right(&mut self) {
        let gap = self.skip_ahead(self.cursor, |c| !is_word(c));
        self.go(self.skip_ahead(gap, is_word));
    }

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

    pub fn backspace(&mut self) {
        self.replace(self.boundary_before(self.cursor)..self.cursor, "", Unit::ErasedBack);
    }

    pub fn delete(&mut self) {
        self.replace(self.cursor..self.boundary_after(self.cursor), "", Unit::ErasedAhead);
    }

    /// Replaces the whole text, as one step; the cursor goes to the end.
    pub fn set_text(&mut self, text: &str) {
        if normalized(text) == self.text { self.go(self.text.len()) } else { self.set_text_step(text) }
    }

    /// The same as a step of its own even where nothing changes: [`Editor::forget_step`] takes back just this.
    pub(super) fn set_text_step(&mut self, text: &str) {
        self.replace(0..self.text.len(), &normalized(text), Unit::Whole);
        self.go(self.text.len());
    }

    /// Takes the newest step back for good.
    pub(super) fn forget_step(&mut self) {
        if self.undo() {
            self.steps.undone.clear();
        }
    }

    /// Takes out the word before the cursor with what stands between, as words are told apart in any script.
    pub fn cut_word(&mut self) {
        let is_word = |word: &str| word.chars().any(|c| !c.is_whitespace() && !c.is_ascii_punctuation());
        let words = self.before().split_word_bound_indices();
        let start = words.filter_map(|(at, word)| is_word(word).then_some(at)).next_back();
        self.cut(start.unwrap_or(0)..self.cursor);
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
        let (at, removed, cursor_before) = (range.start, removed.to_owned(), self.cursor);
        self.text.replace_range(range, with);
        self.cursor = self.snap(at + with.len());
        let inserted = with.to_owned();
        self.steps.record(Change { unit, at, removed, inserted, cursor_before, cursor_after: self.cursor });
    }

    /// Takes the newest step back. False where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.steps.done.pop_back() else { return false };
        self.text.replace_range(change.at..change.at + change.inserted.len(), &change.removed);
        self.go(change.cursor_before);
        self.steps.undone.push(change);
        true
    }

    pub fn redo(&mut self) -> bool {
        let Some(change) = self.steps.undone.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.removed.len(), &change.inserted);
        self.go(change.cursor_after);
        self.steps.done.push_back(change);
        true
    }
}

/// Undo keeps at most this many changes …
const MAX_CHANGES: usize = 1_000;
/// … and at most about this many bytes; the newest change is always kept.
const MAX_CHANGE_BYTES: usize = 8 << 20;

/// What kind of edit a change came from: equal neighbours may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Typed,
    ErasedBack,
    ErasedAhead,
    /// Anything else: never joined.
    Whole,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    unit: Unit,
    at: usize,
    removed: String,
    inserted: String,
    cursor_before: usize,
    cursor_after: usize,
}

/// Changes that can be taken back, or done again: small ones of a kind joined into steps that a person would call one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Steps {
    done: VecDeque<Change>,
    undone: Vec<Change>,
    /// Whether the next change may join the newest.
    open: bool,
}

impl Steps {
    fn record(&mut self, new: Change) {
        self.undone.clear();
        let may_join = std::mem::replace(&mut self.open, new.unit != Unit::Whole);
        if may_join && self.done.back_mut().is_some_and(|last| last.join(&new)) {
            return;
        }
        self.done.push_back(new);
        let held = |change: &Change| change.removed.len() + change.inserted.len();
        while self.done.len() > 1
            && (self.done.len() > MAX_CHANGES || self.done.iter().map(held).sum::<usize>() > MAX_CHANGE_BYTES)
        {
            self.done.pop_front();
        }
    }
}

impl Change {
    fn join(&mut self, new: &Self) -> bool {
        let (earlier, later, touches) = match new.unit {
            Unit::Typed => {
                let touches = new.removed.is_empty() && self.at + self.inserted.len() == new.at;
                (self.inserted.graphemes(true).next_back(), &new.inserted, touches)
            }
            Unit::ErasedBack => {
                (self.removed.graphemes(true).next(), &new.removed, new.at + new.removed.len() == self.at)
            }
            Unit::ErasedAhead => (self.removed.graphemes(true).next_back(), &new.removed, new.at == self.at),
            Unit::Whole => return false,
        };
        let same_word = earlier.is_none_or(is_blank) || !is_blank(later);
        if !touches || !same_word || self.unit != new.unit || self.cursor_after != new.cursor_before {
            return false;
        }
        match new.unit {
            Unit::Typed => self.inserted.push_str(&new.inserted),
            Unit::ErasedBack => self.removed.insert_str(0, &new.removed),
            Unit::ErasedAhead | Unit::Whole => self.removed.push_str(&new.removed),
        }
        self.at = self.at.min(new.at);
        self.cursor_after = new.cursor_after;
        true
    }
}

fn is_blank(cluster: &str) -> bool {
    cluster.chars().next().is_none_or(char::is_whitespace)
}

/// Not blank and not punctuation. Emoji count as words, so that they can be stepped over one group at a time.
fn is_word(cluster: &str) -> bool {
    let Some(c) = cluster.chars().next() else { return false };
    c == '_' || c.is_alphanumeric() || !(c.is_whitespace() || c.is_control() || is_punctuation(c))
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{a1}'..='\u{bf}' | '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}'
            | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}

#[cfg(test)]
#[path = "../../../../tests/unit/tui/state/composer/editor.rs"]
mod tests;
