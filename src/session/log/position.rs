//! Where in the log a person stands: moves (also to errors and to what was searched for), folding, and the window of rows
//! on screen.

use super::entry::Density;
use super::filter::Needle;
use super::row::{LogRow, RowKind};
use super::{Log, LogEntry, detail};
use crate::model::Moment;

/// What was chosen before another entry was acted on: cursor, whether the end was followed, and the cursor's screen row.
type SelectionBefore = ((u64, u32), bool, usize);

#[derive(Clone, Copy, Debug)]
pub struct ShownLines<'l> {
    pub row: &'l LogRow,
    pub entry: &'l LogEntry,
    pub selected: bool,
}

impl Log {
    /// The cursor's entry and row, also while following.
    pub const fn cursor(&self) -> (u64, u32) {
        self.view.cursor
    }

    /// The rows on screen, from the top.
    pub fn window(&self) -> impl Iterator<Item = ShownLines<'_>> {
        self.view.window.iter().filter_map(|&(seq, line)| {
            let entry = self.get(seq)?;
            let row = self.view.rows.get(&seq)?.get(line as usize)?;
            Some(ShownLines { row, entry, selected: (seq, line) == self.view.cursor })
        })
    }

    /// The entry and the row of it at the top of the screen. `None` while nothing is shown.
    pub fn window_start(&self) -> Option<(u64, u32)> {
        self.view.window.first().copied()
    }

    /// When the text on screen changes by itself next: a pause runs down, a request under way takes longer.
    pub fn next_change(&self, now: Moment) -> Option<Moment> {
        self.window().filter_map(|shown| shown.row.live?.counts.next_change(now)).min()
    }

    /// Whether the cursor stands at the first row, and whether at the last.
    pub(crate) fn at_ends(&self) -> (bool, bool) {
        (self.heights.total() == 0 || self.at() == 0, self.at() + 1 >= self.heights.total())
    }

    pub(crate) fn entries_above(&self) -> u64 {
        self.view.cursor.0.saturating_sub(self.first)
    }

    pub(crate) fn entries_below(&self) -> u64 {
        self.next().saturating_sub(self.view.cursor.0 + 1)
    }

    /// Puts the cursor on an entry that people know by `number`, `offset` rows under the window's top where possible.
    pub fn place(&mut self, number: u64, line: u32, offset: usize) {
        let at = match self.entries.binary_search_by_key(&number, LogEntry::number) {
            Ok(at) | Err(at) => at.min(self.entries.len().saturating_sub(1)),
        };
        self.view.cursor = (self.first + at as u64, line);
        self.view.follow = false;
        self.view.offset = offset.min(self.view.height.saturating_sub(1));
        self.refresh_window();
    }

    /// Moves the cursor down by rows (up where negative); at the last row the end is followed.
    pub fn step(&mut self, rows: isize) {
        self.go(self.at().saturating_add_signed(rows), self.top());
    }

    /// Moves cursor and window.
    pub fn scroll(&mut self, rows: isize) {
        self.go(self.at().saturating_add_signed(rows), self.top().saturating_add_signed(rows));
    }

    /// To the oldest row.
    pub fn first(&mut self) {
        self.go(0, 0);
    }

    /// To the end, and follow it.
    pub fn last(&mut self) {
        self.view.follow = true;
        self.view.on_error = None;
        self.refresh_window();
    }

    /// Follows the end, or stays where the cursor is. Returns whether the end is followed now.
    pub fn toggle_follow(&mut self) -> bool {
        self.view.follow = !self.view.follow;
        self.view.on_error = None;
        self.refresh_window();
        self.view.follow
    }

    /// To the entry with this number. False where there is none, or the filter hides it.
    pub fn select_number(&mut self, number: u64) -> bool {
        let shown = self.seq_of(number).filter(|seq| self.get(*seq).is_some_and(|e| e.is_shown()));
        self.jump_to(shown.map(|seq| (seq, 0)))
    }

    /// Makes an entry the chosen one, whatever is on screen. Returns what was chosen, for [`Self::come_back`].
    #[must_use]
    pub fn stand_on(&mut self, number: u64) -> Option<SelectionBefore> {
        let seq = self.seq_of(number)?;
        let stood = (self.view.cursor, self.view.follow, self.view.offset);
        (self.view.cursor, self.view.follow) = ((seq, 0), false);
        Some(stood)
    }

    pub(crate) fn come_back(&mut self, stood: SelectionBefore) {
        (self.view.cursor, self.view.follow, self.view.offset) = stood;
        self.refresh_window();
    }

    /// On a section's title: folds or unfolds it. Elsewhere: line, summary, full, line.
    pub fn toggle_density(&mut self) {
        let (seq, line) = self.view.cursor;
        if self.selected().is_none() {
            return;
        }
        let row = self.view.rows.get(&seq).and_then(|rows| rows.get(line as usize));
        let section = row.and_then(|row| if let RowKind::Section(section) = row.kind { Some(section) } else { None });
        let top = self.top();
        let Some(entry) = self.get_mut(seq) else { return };
        entry.touched = true;
        let mut to = line;
        if let Some(section) = section {
            if !entry.folds.remove(&section) {
                entry.folds.insert(section);
            }
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
        let lowest = (row + rows).saturating_sub(self.view.height);
        self.go(row, top.max(lowest).min(row));
    }

    /// To the next (or previous) shown error. False where there is none.
    pub fn to_error(&mut self, forward: bool) -> bool {
        let cursor = self.view.cursor.0;
        let below = || self.shown_errors(cursor + 1..u64::MAX).next();
        let found = if forward { below() } else { self.shown_errors(0..cursor).next_back() };
        self.jump_to(found.map(|seq| (seq, 0)))
    }

    /// Looks for `text` whatever its case, and underlines it on screen. Blank text ends the search.
    pub fn set_search(&mut self, text: &str) {
        let text = text.trim();
        self.search = Needle::new(text).map(|needle| (text.to_owned(), needle));
        // Marks are part of the rows; their number stays.
        self.view.rows.clear();
        self.refresh_window();
    }

    pub(crate) fn search_text(&self) -> &str {
        self.search.as_ref().map_or("", |(text, _)| text)
    }

    /// To the next (or previous) row (of an open entry) or entry that has what is searched for. False where there is none.
    pub fn to_match(&mut self, forward: bool) -> bool {
        let (seq, line) = self.view.cursor;
        let here = self.match_in(seq, |at| if forward { at > line } else { at < line }, !forward);
        let whole = |seq| Some((seq, self.match_in(seq, |_| true, !forward)?));
        let above = || (self.first..seq.min(self.next())).rev().find_map(whole);
        let beside = || if forward { (seq + 1..self.next()).find_map(whole) } else { above() };
        let found = here.map(|line| (seq, line)).or_else(beside);
        self.jump_to(found)
    }

    /// The first (or last) row `among` those allowed that has what is searched for: for what is folded away, line 0.
    fn match_in(&self, seq: u64, among: impl Fn(u32) -> bool, last: bool) -> Option<u32> {
        let (_, needle) = self.search.as_ref()?;
        let entry = self.get(seq).filter(|e| e.is_shown())?;
        if entry.density != Density::Line {
            let rows = (0..).zip(detail::rows(&self.page(), entry));
            let lines: Vec<u32> = rows.filter(|(_, row)| !row.matches.is_empty()).map(|(at, _)| at).collect();
            if !lines.is_empty() {
                let mut fit = lines.into_iter().filter(|&at| among(at));
                return if last { fit.next_back() } else { fit.next() };
            }
        }
        (among(0) && entry.mentions(needle, &self.names)).then_some(0)
    }

    /// Puts the cursor on a row that may be far away: a third of the window stays above it then. False where there is none.
    fn jump_to(&mut self, found: Option<(u64, u32)>) -> bool {
        let Some((seq, line)) = found else { return false };
        let row = self.heights.row_of(self.first, seq) + line as usize;
        let top = self.top();
        let near = row >= top && row < top + self.view.height;
        self.go(row, if near { top } else { row.saturating_sub(self.view.height / 3) });
        true
    }

    pub(super) fn at(&self) -> usize {
        self.heights.row_of(self.first, self.view.cursor.0.max(self.first)) + self.view.cursor.1 as usize
    }

    fn top(&self) -> usize {
        self.at().saturating_sub(self.view.offset)
    }

    /// Puts the cursor on `row`, with `top` at the top of the window as nearly as that shows the cursor.
    fn go(&mut self, row: usize, top: usize) {
        let Some(last) = self.heights.total().checked_sub(1) else { return };
        let row = row.min(last);
        let Some(cursor) = self.heights.find(self.first, row) else { return };
        self.view.cursor = cursor;
        self.view.follow = row == last;
        self.view.on_error = None;
        self.view.offset = row.saturating_sub(top).min(self.view.height.saturating_sub(1));
        self.refresh_window();
    }

    /// Makes position and window true after any change, and lays out what came into the window.
    pub(super) fn refresh_window(&mut self) {
        self.shut_older();
        self.view.window.clear();
        if self.view.follow {
            self.view.seen = self.next() - 1;
        }
        let total = self.heights.total();
        let Some((last, _)) = total.checked_sub(1).and_then(|row| self.heights.find(self.first, row)) else {
            (self.view.offset, self.view.on_error) = (0, None);
            self.view.follow |= self.entries.is_empty();
            return;
        };
        self.keep_cursor(last);
        let height = self.view.height.max(1);
        let lowest_top = total.saturating_sub(height);
        let mut row = self.at();
        let top = if self.view.follow {
            // An error that has just opened shows its first rows: the cause is read before the ids.
            if self.view.on_error.is_some() { lowest_top.min(row) } else { lowest_top }
        } else {
            row.saturating_sub(self.view.offset.min(height - 1)).min(lowest_top)
        };
        if row < top {
            // Following an entry that is taller than the window.
            row = top;
            self.view.cursor = self.heights.find(self.first, row).unwrap_or(self.view.cursor);
        }
        self.view.offset = row - top;
        self.fill_window(top);
        self.view.seen = self.view.seen.max(self.view.window.last().map_or(0, |w| w.0));
    }

    fn keep_cursor(&mut self, last: u64) {
        let (seq, line) = self.view.cursor;
        if self.view.follow {
            let stands = |seq: &u64| self.get(*seq).is_some_and(|entry| entry.is_error() && entry.is_shown());
            self.view.on_error = self.view.on_error.filter(stands);
            let newest = self.view.on_error.unwrap_or(last);
            if seq != newest {
                self.view.cursor = (newest, 0);
                return;
            }
        }
        let rows = if (self.first..self.next()).contains(&seq) { self.heights.get(seq) } else { 0 };
        if rows > 0 {
            self.view.cursor.1 = line.min(rows - 1);
            return;
        }
        // Evicted or hidden: the next entry that is shown, or the last one.
        let row = if seq < self.first { 0 } else { self.heights.row_of(self.first, seq.min(self.next() - 1)) };
        let nearest = self.heights.find(self.first, row).map_or(last, |found| found.0);
        self.view.cursor = (nearest, 0);
    }

    fn fill_window(&mut self, top: usize) {
        let Some((mut seq, mut line)) = self.heights.find(self.first, top) else { return };
        for row in top..top + self.view.height {
            if line >= self.heights.get(seq) {
                match self.heights.find(self.first, row) {
                    Some(found) => (seq, line) = found,
                    None => break,
                }
            }
            if (line == 0 || self.view.window.is_empty()) && !self.view.rows.contains_key(&seq) {
                self.lay_out(seq);
            }
            self.view.window.push((seq, line));
            line += 1;
        }
        if self.view.rows.len() > 4 * self.view.height + 64 {
            let (from, to) = (self.view.window.first().map_or(0, |w| w.0), self.view.window.last().map_or(0, |w| w.0));
            self.view.rows.retain(|seq, _| (from..=to).contains(seq));
        }
    }
}
