//! What the keys of the composer do, one method each.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::screen::{visible, width, wrap_shown};

use super::{Composer, Event, editor};

/// Lines longer than this (in bytes) are not laid out for Up and Down: such a line is one row then.
const LAID_OUT_MAX: usize = 64 << 10;

/// Which way Up and Down go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Composer {
    /// One row up; on the first row, one text back in the history.
    pub fn up(&mut self) {
        if !self.row(Direction::Up) {
            self.history_older();
        }
    }

    /// One row down; on the last row, one text nearer in the history, and at last the draft again.
    pub fn down(&mut self) {
        if !self.row(Direction::Down) {
            self.history_newer();
        }
    }

    /// Moves by one row as it stands on the screen, keeping the column. False where there is none.
    fn row(&mut self, way: Direction) -> bool {
        let line = self.editor.line();
        let cells = usize::from(self.width);
        let is_laid_out = |line: &Range<usize>| cells > 0 && line.len() <= LAID_OUT_MAX;
        let text = self.editor.text();
        let rows = |line: &Range<usize>| -> Vec<Range<usize>> {
            if !is_laid_out(line) {
                return vec![line.clone()];
            }
            let rows = wrap_shown(text.get(line.clone()).unwrap_or_default(), cells);
            rows.into_iter().map(|row| row.start + line.start..row.end + line.start).collect()
        };
        let cursor = self.editor.cursor();
        let here = rows(&line);
        let at = here.iter().rposition(|row| row.start <= cursor).unwrap_or(0);
        let start = here.get(at).map_or(line.start, |row| row.start);
        let column = width(&visible(text.get(start..cursor).unwrap_or_default()));
        // A cursor after a full last row is shown at the beginning of the next.
        let past = is_laid_out(&line) && column >= cells;
        let column = match self.goal.filter(|(place, _)| *place == cursor) {
            Some((_, column)) => column,
            None if past => 0,
            None => column,
        };
        let target = match way {
            Direction::Up if past => here.get(at).cloned(),
            Direction::Up if at > 0 => here.get(at - 1).cloned(),
            Direction::Up => line.start.checked_sub(1).and_then(|end| {
                let start = text.get(..end)?.rfind('\n').map_or(0, |n| n + 1);
                rows(&(start..end)).pop()
            }),
            Direction::Down if at + 1 < here.len() => here.get(at + 1).cloned(),
            Direction::Down => text.get(line.end + 1..).and_then(|rest| {
                let start = line.end + 1;
                let end = rest.find('\n').map_or(text.len(), |n| start + n);
                rows(&(start..end)).into_iter().next()
            }),
        };
        let Some(target) = target else { return false };
        let ends_line = text.get(target.end..).is_none_or(|rest| rest.is_empty() || rest.starts_with('\n'));
        let place = target.start + column_in(text.get(target).unwrap_or_default(), column, ends_line);
        self.editor.place(place);
        self.goal = Some((place, column));
        true
    }

    /// Begins a new line.
    pub fn newline(&mut self) {
        self.edited().insert_char('\n');
    }

    /// Puts pasted text in, as one step. Line ends become `\n`; nothing else is changed, and nothing is sent.
    pub fn paste(&mut self, text: &str) {
        self.edited().insert(text);
        let text = editor::normalized(text);
        let lines = text.strip_suffix('\n').unwrap_or(&text).matches('\n').count() + 1;
        if lines > 1 {
            self.notice = Some(Event::Pasted { lines });
        }
    }

    /// Puts another text in place of this one, as one step (to edit a copy, or from an editor); undo restores.
    pub fn set_text(&mut self, text: &str) {
        self.edited().set_text(text);
    }

    /// Empties the composer, as one step; undo restores.
    pub fn clear(&mut self) {
        self.set_text("");
    }

    fn keep(&mut self, taken: String) {
        if !taken.is_empty() {
            self.killed = taken;
        }
    }

    /// Takes out the blank-separated word before the cursor.
    pub fn delete_word_back(&mut self) {
        let taken = self.edited().cut_word_back();
        self.keep(taken);
    }

    /// Takes out the rest of the line; at its end, the line end.
    pub fn kill_to_end(&mut self) {
        let taken = self.edited().cut_to_end();
        self.keep(taken);
    }

    /// Takes out the line before the cursor; at its beginning, the line end before it.
    pub fn kill_to_start(&mut self) {
        let taken = self.edited().cut_to_start();
        self.keep(taken);
    }

    /// Puts back what was taken out last, at the cursor.
    pub fn yank(&mut self) {
        let killed = std::mem::take(&mut self.killed);
        self.edited().insert(&killed);
        self.killed = killed;
    }
}

/// The byte offset in `row` of the cluster at `column` cells. Behind the last cluster only where the row ends its line:
/// else that place belongs to the next row.
fn column_in(row: &str, column: usize, ends_line: bool) -> usize {
    let (mut used, mut last) = (0, 0);
    for (at, cluster) in row.grapheme_indices(true) {
        last = at;
        used += width(&visible(cluster));
        if used > column {
            return at;
        }
    }
    if ends_line { row.len() } else { last }
}
