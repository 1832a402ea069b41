//! Adds entries to the log (reports, notes, stored entries), evicts the oldest for them, and lays entries out: collapsed
//! ones when they come into the window, expanded ones at once, because their height counts for scrolling.

use std::sync::Arc;

use super::entry::{Density, Reply, Visibility, bytes_of};
use super::line::{Columns, LogPage};
use super::{Log, LogEntry, LogOptions, detail};
use crate::journal::job::{KeptEntry, LogSource};
use crate::model::{ConversationKey, DeliveryStatus, Exchange, ExchangeKind, MessageId, Moment};

const HISTORY_MAX: usize = 1_022;

impl Log {
    /// An exchange was begun, or went on: inserts it, or replaces what was known of it.
    pub fn exchange(&mut self, exchange: Arc<Exchange>) {
        let known = self.index.numbers.get(&exchange.id).copied();
        let is_error = exchange.outcome.is_error();
        let seq = if let Some(seq) = known {
            if let Some(entry) = self.entries.get_mut((seq - self.first) as usize) {
                self.totals.bytes = self.totals.bytes.saturating_sub(bytes_of(&entry.kept.source));
                entry.kept.source = LogSource::Exchange(exchange);
                self.totals.bytes = self.totals.bytes.saturating_add(bytes_of(&entry.kept.source));
            }
            seq
        } else {
            self.push_new(LogSource::Exchange(exchange))
        };
        if !is_error {
            self.index.errors.remove(&seq);
        } else if self.index.errors.insert(seq) {
            // The newest error opens its summary, unless a person decided otherwise.
            if let Some(entry) = self.get_mut(seq).filter(|entry| !entry.touched && entry.density == Density::Line) {
                entry.density = Density::Summary;
            }
            self.view.opened.retain(|&open| open != seq);
            self.view.opened.push(seq);
            // A message that was sent since is more recent news.
            let mut since = (seq + 1..self.next()).filter_map(|later| self.get(later));
            if self.view.follow && !since.any(|later| later.kind() == ExchangeKind::Send) {
                self.view.on_error = Some(seq);
            }
        }
        self.refresh(seq);
        if known.is_none() && !is_error {
            self.leave_error(seq);
        }
        self.evict();
        self.refresh_window();
    }

    /// A sentence of a person ([`ExchangeKind::Note`]) or of guestwire itself ([`ExchangeKind::Sys`]).
    pub fn note(&mut self, at: Moment, kind: ExchangeKind, text: impl Into<String>) {
        self.note_about(None, at, kind, text.into());
    }

    pub(crate) fn note_about(&mut self, about: Option<ConversationKey>, at: Moment, kind: ExchangeKind, text: String) {
        let seq = self.push_new(LogSource::Note { at, kind, text, about });
        self.refresh(seq);
        self.leave_error(seq);
        self.evict();
        self.refresh_window();
    }

    /// What became of a message after its exchange; its other moves show in the exchange.
    pub fn set_delivery(&mut self, message: MessageId, delivery: &DeliveryStatus) {
        if let DeliveryStatus::Answered | DeliveryStatus::Received | DeliveryStatus::NotReceived = delivery
            && let Some(&seq) = self.index.messages.get(&message)
        {
            self.change(seq, |entry| entry.kept.delivery = Some(delivery.clone()));
        }
    }

    pub(crate) fn set_reply(&mut self, message: MessageId, reply: Reply) {
        let Some(&seq) = self.index.messages.get(&message) else { return };
        if self.get(seq).is_some_and(|entry| entry.reply.as_ref() != Some(&reply)) {
            self.change(seq, |entry| entry.reply = Some(reply));
        }
    }

    fn push_new(&mut self, source: LogSource) -> u64 {
        let number = self.next() + self.base;
        let seq = self.push(KeptEntry { number, source, marked: false, comment: None, delivery: None });
        self.widen_numbers(number);
        seq
    }

    fn push(&mut self, kept: KeptEntry) -> u64 {
        let seq = self.next();
        let entry = LogEntry::new(kept, &self.options.zone);
        self.totals.bytes = self.totals.bytes.saturating_add(bytes_of(&entry.kept.source));
        if let Some(exchange) = entry.exchange() {
            self.index.numbers.insert(exchange.id, seq);
            self.index.messages.extend(exchange.message.map(|message| (message, seq)));
        }
        self.entries.push_back(entry);
        seq
    }

    fn evict(&mut self) {
        while self.entries.len() > self.options.max_entries
            || (self.totals.bytes > self.options.max_bytes && self.entries.len() > 1)
        {
            let Some(old) = self.entries.pop_front() else { return };
            let seq = self.first;
            self.heights.set(seq, 0);
            self.shown.set(seq, 0);
            self.view.rows.remove(&seq);
            self.count_fold(old.visibility, false);
            self.first = seq + 1;
            self.totals.bytes = self.totals.bytes.saturating_sub(bytes_of(&old.kept.source));
            self.totals.evicted += 1;
            self.totals.evicted_marked += u64::from(old.kept.marked);
            self.index.errors.remove(&seq);
            self.view.opened.retain(|&open| open != seq);
            self.index.diagnosed.remove(&seq);
            if let Some(exchange) = old.exchange() {
                self.index.numbers.remove(&exchange.id);
                let message = exchange.message.filter(|message| self.index.messages.get(message) == Some(&seq));
                message.map(|message| self.index.messages.remove(&message));
            }
        }
    }

    /// The entry `seq` is new: where it is shown, it is what came last.
    fn leave_error(&mut self, seq: u64) {
        if self.heights.get(seq) > 0 {
            self.view.on_error = None;
        }
    }

    /// Shuts the entries that opened by themselves before the newest one, once nobody who reads has them in view.
    pub(super) fn shut_older(&mut self) {
        let mut opened = std::mem::take(&mut self.view.opened);
        let newest = opened.pop();
        opened.retain(|&seq| {
            let touched = self.get(seq).is_none_or(|entry| entry.touched);
            let in_view = !self.view.follow && self.view.window.iter().any(|shown| shown.0 == seq);
            if !touched && !in_view {
                if let Some(entry) = self.get_mut(seq) {
                    entry.density = Density::Line;
                }
                self.measure(seq);
            }
            !touched && in_view
        });
        opened.extend(newest);
        self.view.opened = opened;
    }

    /// Numbers go on after `base`: that of the last entry of earlier sessions.
    pub fn set_base(&mut self, base: u64) {
        self.base = base;
        for (seq, entry) in (self.first..).zip(&mut self.entries) {
            entry.kept.number = seq + base;
        }
        self.widen_numbers(self.next() + base);
        self.lay_out_all();
    }

    /// A log of kept entries with their own numbers, that looks as this one does.
    #[must_use]
    pub fn of_history(&self, entries: &[KeptEntry]) -> Self {
        let options = LogOptions { max_entries: HISTORY_MAX, max_bytes: usize::MAX, ..self.options.clone() };
        let mut log = Self::new(options);
        log.keys.clone_from(&self.keys);
        log.names.clone_from(&self.names);
        (log.view.width, log.view.height, log.view.wrap) = (self.view.width, self.view.height, self.view.wrap);
        log.view.digits = self.view.digits;
        log.today = self.today;
        for kept in entries.iter().skip(entries.len().saturating_sub(HISTORY_MAX)) {
            let seq = log.push(kept.clone());
            if log.get(seq).is_some_and(LogEntry::is_error) {
                log.index.errors.insert(seq);
            }
            log.measure(seq);
            log.mark_days(seq);
        }
        log.widen_numbers(log.last_number().unwrap_or(0));
        log.refresh_window();
        log
    }

    /// As kept entries, from the oldest: what a page of history goes on with at its lower end.
    pub fn oldest_as_kept(&self, count: usize) -> Vec<KeptEntry> {
        self.entries.iter().take(count).map(|entry| entry.kept.clone()).collect()
    }

    /// Searched, filtered and opened as another log, with the cursor on the same entry.
    pub(crate) fn look_as(&mut self, other: &Self) {
        self.search.clone_from(&other.search);
        self.view.rows.clear();
        self.use_filter(other.scope.filter.clone());
        for open in other.entries.iter().filter(|e| e.density != Density::Line) {
            let Some(seq) = self.seq_of(open.number()) else { continue };
            if let Some(entry) = self.get_mut(seq) {
                (entry.density, entry.folds, entry.touched) = (open.density, open.folds.clone(), true);
            }
            self.measure(seq);
        }
        self.refresh_window();
        if let Some(entry) = other.get(other.view.cursor.0) {
            self.place(entry.number(), other.view.cursor.1, other.view.offset);
        }
    }

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
        self.shown.set(seq, rows.min(1));
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
        for seq in self.first..self.next() {
            if self.get(seq).is_some_and(|entry| entry.is_shown() && entry.density != Density::Line) {
                self.measure(seq);
                // Their number is wanted here; what comes into the window is laid out there.
                self.view.rows.remove(&seq);
            }
        }
        self.refresh_window();
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
        self.refresh_window();
    }
}
