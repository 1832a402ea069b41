//! Going to errors and to what was searched for.

use super::entry::Density;
use super::needle::Needle;
use super::{Log, LogEntry, detail};

impl Log {
    /// To the next shown error below the cursor's entry. False where there is none.
    pub fn next_error(&mut self) -> bool {
        let found = self.errors_below().next();
        self.jump_to(found.map(|seq| (seq, 0)))
    }

    /// To the next shown error above the cursor's entry. False where there is none.
    pub fn prev_error(&mut self) -> bool {
        let found = self.errors_above().next();
        self.jump_to(found.map(|seq| (seq, 0)))
    }

    /// Looks for `text` whatever its case, and underlines it on screen. Blank text ends the search.
    pub fn set_search(&mut self, text: &str) {
        let text = text.trim();
        self.search = Needle::new(text).map(|needle| (text.to_owned(), needle));
        // Marks are part of the rows; their number stays.
        self.forget_rows();
        self.settle();
    }

    /// What is searched for; empty without a search.
    pub fn search_text(&self) -> &str {
        self.search.as_ref().map_or("", |(text, _)| text)
    }

    /// To the next row (of an open entry) or entry that has what is searched for. False where there is none further
    /// down.
    pub fn next_match(&mut self) -> bool {
        let (seq, line) = self.view.cursor;
        let found = self
            .match_in(seq, |at| at > line, false)
            .map(|line| (seq, line))
            .or_else(|| (seq + 1..self.next()).find_map(|seq| Some((seq, self.match_in(seq, |_| true, false)?))));
        self.jump_to(found)
    }

    /// The same upwards.
    pub fn prev_match(&mut self) -> bool {
        let (seq, line) = self.view.cursor;
        let found = self.match_in(seq, |at| at < line, true).map(|line| (seq, line)).or_else(|| {
            (self.first..seq.min(self.next())).rev().find_map(|seq| Some((seq, self.match_in(seq, |_| true, true)?)))
        });
        self.jump_to(found)
    }

    /// The first (or last) row of a shown entry that has what is searched for, among the rows that `among` allows; an
    /// entry that has it only in what is folded away answers with its own line.
    fn match_in(&self, seq: u64, among: impl Fn(u32) -> bool, last: bool) -> Option<u32> {
        let (_, needle) = self.search.as_ref()?;
        let entry = self.get(seq).filter(|e| e.is_shown())?;
        if entry.density() != Density::Line {
            let laid_out;
            let rows = if let Some(rows) = &entry.rows {
                rows
            } else {
                laid_out = detail::rows(&self.page(), entry);
                &laid_out
            };
            let mut lines = rows.iter().enumerate().filter(|(_, row)| !row.matches.is_empty()).map(|(at, _)| at as u32);
            if let Some(found) = if last { lines.filter(|&at| among(at)).last() } else { lines.find(|&at| among(at)) } {
                return Some(found);
            }
            if rows.iter().any(|row| !row.matches.is_empty()) {
                return None;
            }
        }
        (among(0) && self.has(entry, needle)).then_some(0)
    }

    fn has(&self, entry: &LogEntry, needle: &Needle) -> bool {
        entry.mentions(needle, &self.names)
    }

    fn jump_to(&mut self, found: Option<(u64, u32)>) -> bool {
        if let Some((seq, line)) = found {
            self.jump(seq, line);
        }
        found.is_some()
    }
}
