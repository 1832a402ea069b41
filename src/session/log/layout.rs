//! When rows are laid out: shut entries as they come into the window, open ones at once, because their rows count.

use super::entry::Density;
use super::line::Columns;
use super::{Entry, Log, Page, detail};

impl Log {
    pub(super) fn columns_now(&self) -> Columns {
        Columns::new(self.width.saturating_sub(1), self.digits, self.options.ascii)
    }

    pub(super) fn page(&self) -> Page<'_> {
        Page {
            width: self.width.saturating_sub(1),
            ascii: self.options.ascii,
            wrap: self.wrap,
            zone: &self.options.zone,
            names: &self.names,
            numbers: &self.numbers,
            log: self,
            columns: self.columns,
            search: self.search.as_ref().map(|(_, needle)| needle),
            keys: &self.keys,
        }
    }

    /// Whether an entry is shown. A filter says all there is to say; without one, quiet frames are folded away.
    fn admits(&self, entry: &Entry) -> bool {
        match &self.filter {
            Some(filter) => filter.shows(entry, &self.names),
            None => !(self.fold_quiet && entry.is_quiet()),
        }
    }

    /// After the entry `seq` changed: whether it is shown, and how many rows it takes.
    pub(super) fn refresh(&mut self, seq: u64) {
        let Some(entry) = self.get(seq) else { return };
        let shown = self.admits(entry);
        if let Some(entry) = self.get_mut(seq) {
            entry.shown = shown;
        }
        self.measure(seq);
    }

    /// Counts the rows of the entry `seq` anew. A shut entry has one, and is laid out when it comes into the window.
    pub(super) fn measure(&mut self, seq: u64) {
        let Some(entry) = self.get_mut(seq) else { return };
        entry.rows = None;
        let rows = match (entry.shown, entry.density) {
            (false, _) => 0,
            (true, Density::Line) => 1,
            (true, _) => self.lay_out(seq),
        };
        self.heights.set(seq, rows);
    }

    /// Lays the entry `seq` out and says how many rows it has.
    pub(super) fn lay_out(&mut self, seq: u64) -> u32 {
        let Some(entry) = self.get(seq) else { return 0 };
        let rows = detail::rows(&self.page(), entry);
        let count = rows.len() as u32;
        if let Some(entry) = self.get_mut(seq) {
            entry.rows = Some(rows);
            self.laid_out.push(seq);
        }
        count
    }

    pub(super) fn forget_rows(&mut self) {
        for seq in std::mem::take(&mut self.laid_out) {
            if let Some(entry) = self.get_mut(seq) {
                entry.rows = None;
            }
        }
    }

    /// After the width, wrapping or the like changed: every open entry is measured anew.
    pub(super) fn lay_out_all(&mut self) {
        self.forget_rows();
        let open: Vec<u64> =
            self.entries.iter().filter(|e| e.shown && e.density != Density::Line).map(Entry::seq).collect();
        for seq in open {
            self.measure(seq);
            // Far from the window only the count is wanted.
            self.trim(seq);
        }
    }

    fn trim(&mut self, seq: u64) {
        if self.laid_out.last() == Some(&seq) && !self.window.iter().any(|w| w.0 == seq) {
            self.laid_out.pop();
            if let Some(entry) = self.get_mut(seq) {
                entry.rows = None;
            }
        }
    }

    pub(super) fn refilter(&mut self) {
        for index in 0..self.entries.len() {
            let Some(entry) = self.entries.get(index) else { break };
            let shown = self.admits(entry);
            if shown == entry.shown {
                continue;
            }
            let seq = entry.seq();
            if let Some(entry) = self.entries.get_mut(index) {
                entry.shown = shown;
            }
            self.measure(seq);
        }
    }
}
