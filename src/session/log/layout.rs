//! When rows are laid out: shut entries as they come into the window, open ones at once, because their rows count.

use super::entry::{Density, Visibility};
use super::line::{Columns, LogPage};
use super::{Log, detail};

impl Log {
    pub(super) fn page(&self) -> LogPage<'_> {
        let width = self.view.width.saturating_sub(1);
        LogPage {
            width,
            ascii: self.options.ascii,
            wrap: self.view.wrap,
            zone: &self.options.zone,
            today: self.today,
            names: &self.names,
            columns: Columns::new(width, self.view.digits, self.options.ascii),
            search: self.search.as_ref().map(|(_, needle)| needle),
            keys: &self.keys,
            unfold: false,
        }
    }

    /// Decides anew whether the entry `seq` is shown. True where that changed.
    fn classify(&mut self, seq: u64) -> bool {
        let Some(entry) = self.get(seq) else { return false };
        let scope = &self.scope;
        let open = |of| scope.open_conversation.is_none_or(|open| open == of) && !scope.removed.contains(&of);
        let in_scope = scope.all_conversations || entry.conversation().is_none_or(open);
        let now = match &scope.filter {
            _ if !in_scope => Visibility::Hidden,
            Some(filter) if filter.shows(entry, &self.names) => Visibility::Shown,
            Some(_) => Visibility::Hidden,
            None if scope.fold_quiet => entry.folded(),
            None => Visibility::Shown,
        };
        let Some(entry) = self.get_mut(seq) else { return false };
        let before = std::mem::replace(&mut entry.visibility, now);
        self.count_fold(before, false);
        self.count_fold(now, true);
        (before == Visibility::Shown) != (now == Visibility::Shown)
    }

    pub(super) const fn count_fold(&mut self, visibility: Visibility, more: bool) {
        let count = match visibility {
            Visibility::Polling => &mut self.totals.folded.0,
            Visibility::Quiet => &mut self.totals.folded.1,
            Visibility::Shown | Visibility::Hidden => return,
        };
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
    }

    pub(super) fn refresh(&mut self, seq: u64) {
        self.classify(seq);
        self.measure(seq);
        self.mark_days(seq);
    }

    /// After the entry `seq` came, went or changed: the rules above and below it.
    pub(super) fn mark_days(&mut self, seq: u64) {
        let row = self.heights.row_of(self.first, seq);
        if let Some((before, _)) = row.checked_sub(1).and_then(|above| self.heights.find(self.first, above)) {
            self.mark_day(before);
        }
        self.mark_day(seq);
    }

    /// Puts a rule under an entry that is shown where the next one is of another day, or takes it away.
    fn mark_day(&mut self, seq: u64) {
        let rows = self.heights.get(seq);
        let below = self.heights.row_of(self.first, seq) + rows as usize;
        let next = self.heights.find(self.first, below).and_then(|(next, _)| self.get(next)).map(|entry| entry.day);
        let Some(entry) = self.get_mut(seq).filter(|_| rows > 0) else { return };
        let after = next.filter(|day| *day != entry.day);
        if entry.day_after != after {
            entry.day_after = after;
            self.measure(seq);
        }
    }

    /// Counts the rows of the entry `seq` anew. A shut entry has one, and is laid out when it comes into the window.
    pub(super) fn measure(&mut self, seq: u64) {
        self.view.rows.remove(&seq);
        let Some(entry) = self.get(seq) else { return };
        let rows = match (entry.is_shown(), entry.density) {
            (false, _) => 0,
            (true, Density::Line) => 1 + u32::from(entry.reply.is_some()) + u32::from(entry.day_after.is_some()),
            (true, _) => self.lay_out(seq),
        };
        self.heights.set(seq, rows);
    }

    pub(super) fn lay_out(&mut self, seq: u64) -> u32 {
        let Some(entry) = self.get(seq) else { return 0 };
        let rows = detail::rows(&self.page(), entry);
        let count = rows.len() as u32;
        self.view.rows.insert(seq, rows);
        count
    }

    /// After the width, wrapping or the like changed: every open entry is measured anew.
    pub(super) fn lay_out_all(&mut self) {
        self.view.rows.clear();
        let open = self.entries.iter().filter(|e| e.is_shown() && e.density != Density::Line);
        for seq in open.map(|entry| entry.seq).collect::<Vec<_>>() {
            self.measure(seq);
            // Far from the window only the count is wanted.
            if !self.view.window.iter().any(|shown| shown.0 == seq) {
                self.view.rows.remove(&seq);
            }
        }
        self.settle();
    }

    pub(super) fn refilter(&mut self) {
        for seq in self.first..self.next() {
            if self.classify(seq) {
                self.measure(seq);
            }
        }
        for seq in self.first..self.next() {
            self.mark_day(seq);
        }
        self.settle();
    }
}
