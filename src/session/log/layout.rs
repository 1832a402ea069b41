//! When rows are laid out: shut entries as they come into the window, open ones at once, because their rows count.

use super::entry::{Density, Fold};
use super::line::Columns;
use super::{Log, LogEntry, LogPage, detail};

impl Log {
    pub(super) fn columns_now(&self) -> Columns {
        Columns::new(self.width.saturating_sub(1), self.digits, self.options.ascii)
    }

    pub(super) fn page(&self) -> LogPage<'_> {
        LogPage {
            width: self.width.saturating_sub(1),
            ascii: self.options.ascii,
            wrap: self.wrap,
            zone: &self.options.zone,
            names: &self.names,
            columns: self.columns,
            search: self.search.as_ref().map(|(_, needle)| needle),
            keys: &self.keys,
        }
    }

    /// Whether an entry is shown, and with what it is folded away if not. It is shown where it belongs to no conversation
    /// or to one that is shown, and where the filter lets it pass; without a filter, polling and quiet frames are folded.
    fn admits(&self, entry: &LogEntry) -> (bool, Option<Fold>) {
        if !self.in_scope(entry) {
            return (false, None);
        }
        match &self.filter {
            Some(filter) => (filter.shows(entry, &self.names), None),
            None => {
                let fold = entry.folds_with().filter(|_| self.fold_quiet);
                (fold.is_none(), fold)
            }
        }
    }

    /// Decides anew whether the entry `seq` is shown. True where that changed.
    fn classify(&mut self, seq: u64) -> bool {
        let Some(entry) = self.get(seq) else { return false };
        let (shown, fold) = self.admits(entry);
        let Some(entry) = self.get_mut(seq) else { return false };
        let before = (entry.shown, entry.fold);
        (entry.shown, entry.fold) = (shown, fold);
        self.count_fold(before.1, false);
        self.count_fold(fold, true);
        before.0 != shown
    }

    /// Counts what is folded away, or counts it no more.
    pub(super) const fn count_fold(&mut self, fold: Option<Fold>, more: bool) {
        let count = match fold {
            Some(Fold::Polling) => &mut self.folded.0,
            Some(Fold::Quiet) => &mut self.folded.1,
            None => return,
        };
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
    }

    /// After the entry `seq` changed: whether it is shown, and how many rows it takes.
    pub(super) fn refresh(&mut self, seq: u64) {
        self.classify(seq);
        self.measure(seq);
    }

    /// Counts the rows of the entry `seq` anew. A shut entry has one, and is laid out when it comes into the window.
    pub(super) fn measure(&mut self, seq: u64) {
        let Some(entry) = self.get_mut(seq) else { return };
        entry.rows = None;
        let rows = match (entry.shown, entry.density) {
            (false, _) => 0,
            (true, Density::Line) => 1 + u32::from(entry.reply.is_some()),
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
            self.entries.iter().filter(|e| e.shown && e.density != Density::Line).map(LogEntry::seq).collect();
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
        for seq in self.first..self.next() {
            if self.classify(seq) {
                self.measure(seq);
            }
        }
    }
}
