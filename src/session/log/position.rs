//! Where in the log a person stands: moves, folding, and the window of rows on screen.

use super::entry::Density;
use super::row::{LogRow, RowKind};
use super::{Log, LogEntry};
use crate::model::{MessageId, Moment};

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPosition {
    /// At the end, wherever that is.
    Follow,
    /// At a row of an entry: its number, and 0 for its own line.
    At {
        /// The entry's number.
        seq: u64,
        /// Which of its rows.
        line: u32,
    },
}

/// What was chosen before another entry was acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    cursor: (u64, u32),
    follow: bool,
    offset: usize,
}

/// A row of the window.
#[derive(Clone, Copy, Debug)]
pub struct ShownLines<'l> {
    /// What it says.
    pub row: &'l LogRow,
    /// The entry that it belongs to.
    pub entry: &'l LogEntry,
    /// The cursor is on it.
    pub selected: bool,
}

impl Log {
    /// Where the cursor is.
    pub const fn position(&self) -> LogPosition {
        if self.follow { LogPosition::Follow } else { LogPosition::At { seq: self.cursor.0, line: self.cursor.1 } }
    }

    /// Back to a place: an entry that is gone gives way to the nearest.
    pub fn return_to(&mut self, position: LogPosition) {
        match position {
            LogPosition::Follow => self.follow = true,
            LogPosition::At { seq, line } => {
                self.cursor = (seq, line);
                self.follow = false;
            }
        }
        self.settle();
    }

    /// The cursor's entry and row, also while following.
    pub const fn cursor(&self) -> (u64, u32) {
        self.cursor
    }

    /// The rows on screen, from the top.
    pub fn window(&self) -> impl Iterator<Item = ShownLines<'_>> {
        self.window.iter().filter_map(|&(seq, line)| {
            let entry = self.get(seq)?;
            let row = entry.rows.as_ref()?.get(line as usize)?;
            Some(ShownLines { row, entry, selected: (seq, line) == self.cursor })
        })
    }

    /// The entry and the row of it at the top of the screen. `None` while nothing is shown.
    pub fn window_start(&self) -> Option<(u64, u32)> {
        self.window.first().copied()
    }

    /// The cursor's screen row, for the terminal's own cursor. `None` while nothing is shown.
    pub fn cursor_row(&self) -> Option<u16> {
        (!self.window.is_empty()).then(|| u16::try_from(self.offset).unwrap_or(u16::MAX))
    }

    /// When the text on screen changes by itself next: a pause runs down, a request under way takes longer.
    pub fn next_change(&self, now: Moment) -> Option<Moment> {
        let soonest = self.window().filter_map(|shown| shown.row.live?.counts.changes_in(now));
        soonest.min().map(|left| now.after(left))
    }

    // ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Up by rows.
    pub fn up(&mut self, rows: usize) {
        let row = self.at();
        self.go(row.saturating_sub(rows), self.top());
    }

    /// Down by rows; at the last row the end is followed.
    pub fn down(&mut self, rows: usize) {
        let row = self.at();
        self.go(row.saturating_add(rows), self.top());
    }

    /// Up by a window.
    pub fn page_up(&mut self) {
        self.scroll_up(self.height.saturating_sub(1).max(1));
    }

    /// Down by a window.
    pub fn page_down(&mut self) {
        self.scroll_down(self.height.saturating_sub(1).max(1));
    }

    /// Up by half a window.
    pub fn half_page_up(&mut self) {
        self.scroll_up((self.height / 2).max(1));
    }

    /// Down by half a window.
    pub fn half_page_down(&mut self) {
        self.scroll_down((self.height / 2).max(1));
    }

    /// To the oldest row.
    pub fn first(&mut self) {
        self.go(0, 0);
    }

    /// To the end, and follow it.
    pub fn last(&mut self) {
        self.follow = true;
        self.settle();
    }

    /// Follows the end, or stays where the cursor is. Returns whether the end is followed now.
    pub fn toggle_follow(&mut self) -> bool {
        self.follow = !self.follow;
        self.settle();
        self.follow
    }

    /// To the entry with this number. False where there is none, or the filter hides it.
    pub fn select_number(&mut self, number: u64) -> bool {
        let Some(seq) = self.seq_of(number).filter(|seq| self.get(*seq).is_some_and(|e| e.shown)) else { return false };
        self.jump(seq, 0);
        true
    }

    /// Makes the entry with this number the chosen one for a moment, whatever is on screen: what was chosen, for
    /// [`Self::come_back`]. `None` where there is no such entry.
    #[must_use]
    pub fn stand_on(&mut self, number: u64) -> Option<Stood> {
        let seq = self.seq_of(number).filter(|seq| self.get(*seq).is_some())?;
        let stood = Stood { cursor: self.cursor, follow: self.follow, offset: self.offset };
        (self.cursor, self.follow) = ((seq, 0), false);
        Some(stood)
    }

    /// Puts the choice back to where it was.
    pub fn come_back(&mut self, stood: Stood) {
        (self.cursor, self.follow, self.offset) = (stood.cursor, stood.follow, stood.offset);
        self.settle();
    }

    /// To the newest entry that carries this message. False where there is none, or the filter hides it.
    pub fn select_message(&mut self, message: MessageId) -> bool {
        self.messages.get(&message).copied().is_some_and(|seq| self.select_number(seq + self.base))
    }

    /// On a section's title: folds or unfolds it. Elsewhere: line, summary, full, line.
    pub fn toggle_density(&mut self) {
        let (seq, line) = self.cursor;
        if self.selected().is_none() {
            return;
        }
        let section = match self.get(seq).and_then(|e| e.rows.as_ref()?.get(line as usize)).map(|row| row.kind) {
            Some(RowKind::Section(section)) => Some(section),
            _ => None,
        };
        let top = self.top();
        let Some(entry) = self.get_mut(seq) else { return };
        entry.touched = true;
        let mut to = line;
        if let Some(section) = section {
            entry.turn(section);
        } else {
            to = 0;
            entry.density = match (entry.density, entry.exchange().is_some()) {
                (Density::Line, _) => Density::Summary,
                (Density::Summary, true) => Density::Full,
                (Density::Summary, false) | (Density::Full, _) => Density::Line,
            };
        }
        self.measure(seq);
        let row = self.heights.row_of(self.first, seq) + to as usize;
        // As much as possible of what opened comes into view, but never at the cost of the row one stands on.
        let rows = self.heights.get(seq).saturating_sub(to) as usize;
        let lowest = (row + rows).saturating_sub(self.height);
        self.go(row, top.max(lowest).min(row));
    }

    // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The cursor's row, counted from the oldest.
    pub(super) fn at(&self) -> usize {
        self.heights.row_of(self.first, self.cursor.0.max(self.first)) + self.cursor.1 as usize
    }

    /// The row at the top of the window.
    fn top(&self) -> usize {
        self.at().saturating_sub(self.offset)
    }

    fn scroll_up(&mut self, rows: usize) {
        let (row, top) = (self.at(), self.top());
        self.go(row.saturating_sub(rows), top.saturating_sub(rows));
    }

    fn scroll_down(&mut self, rows: usize) {
        let (row, top) = (self.at(), self.top());
        self.go(row.saturating_add(rows), top.saturating_add(rows));
    }

    /// Puts the cursor on `row`, with `top` at the top of the window as nearly as that shows the cursor.
    fn go(&mut self, row: usize, top: usize) {
        let Some(last) = self.heights.total().checked_sub(1) else { return };
        let row = row.min(last);
        let Some(cursor) = self.heights.find(self.first, row) else { return };
        self.cursor = cursor;
        self.follow = row == last;
        self.offset = row.saturating_sub(top).min(self.height.saturating_sub(1));
        self.settle();
    }

    /// Puts the cursor on a row that may be far away: a third of the window stays above it then.
    pub(super) fn jump(&mut self, seq: u64, line: u32) {
        let row = self.heights.row_of(self.first, seq) + line as usize;
        let top = self.top();
        let near = row >= top && row < top + self.height;
        self.go(row, if near { top } else { row.saturating_sub(self.height / 3) });
    }

    /// Makes position and window true after any change, and lays out what came into the window.
    pub(super) fn settle(&mut self) {
        self.shut_older();
        self.window.clear();
        let total = self.heights.total();
        let Some((last, _)) = total.checked_sub(1).and_then(|row| self.heights.find(self.first, row)) else {
            self.offset = 0;
            if self.entries.is_empty() {
                self.follow = true;
            }
            if self.follow {
                self.seen = self.next() - 1;
            }
            return;
        };
        self.keep_cursor(last);
        let height = self.height.max(1);
        let lowest_top = total.saturating_sub(height);
        let mut row = self.at();
        let top =
            if self.follow { lowest_top } else { row.saturating_sub(self.offset.min(height - 1)).min(lowest_top) };
        if row < top {
            // Following an entry that is taller than the window.
            row = top;
            self.cursor = self.heights.find(self.first, row).unwrap_or(self.cursor);
        }
        self.offset = row - top;
        self.fill_window(top);
        self.seen = if self.follow { self.next() - 1 } else { self.seen.max(self.window.last().map_or(0, |w| w.0)) };
    }

    /// The cursor stands on a row that exists: its own, else the nearest.
    fn keep_cursor(&mut self, last: u64) {
        let (seq, line) = self.cursor;
        if self.follow && seq != last {
            self.cursor = (last, 0);
            return;
        }
        let rows = if (self.first..self.next()).contains(&seq) { self.heights.get(seq) } else { 0 };
        if rows > 0 {
            self.cursor.1 = line.min(rows - 1);
            return;
        }
        // Evicted or hidden: the next entry that is shown, or the last one.
        let row = if seq < self.first { 0 } else { self.heights.row_of(self.first, seq.min(self.next() - 1)) };
        let nearest = self.heights.find(self.first, row).map_or(last, |found| found.0);
        self.cursor = (nearest, 0);
    }

    fn fill_window(&mut self, top: usize) {
        let Some((mut seq, mut line)) = self.heights.find(self.first, top) else { return };
        for row in top..top + self.height {
            if line >= self.heights.get(seq) {
                match self.heights.find(self.first, row) {
                    Some(found) => (seq, line) = found,
                    None => break,
                }
            }
            if line == 0 || self.window.is_empty() {
                self.lay_out_if_needed(seq);
            }
            self.window.push((seq, line));
            line += 1;
        }
        if self.laid_out.len() > 4 * self.height + 64 {
            let (from, to) = (self.window.first().map_or(0, |w| w.0), self.window.last().map_or(0, |w| w.0));
            let mut kept = std::mem::take(&mut self.laid_out);
            kept.sort_unstable();
            kept.dedup();
            kept.retain(|&seq| {
                let near = (from..=to).contains(&seq);
                if !near && let Some(entry) = self.get_mut(seq) {
                    entry.rows = None;
                }
                near
            });
            self.laid_out = kept;
        }
    }

    fn lay_out_if_needed(&mut self, seq: u64) {
        if self.get(seq).is_some_and(|e| e.rows.is_none()) {
            self.lay_out(seq);
        }
    }
}
