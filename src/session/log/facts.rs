//! What the log knows of itself: for titles, chips and whoever asks; and why entries were refused.

use std::sync::Arc;

use super::{Filter, Log, LogEntry};
use crate::model::{Diagnosis, Exchange, ExchangeId, ExchangeKind, MessageId, Outcome, Probed};

impl Log {
    /// Entries kept, the hidden ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn shows_all_conversations(&self) -> bool {
        self.scope.all_conversations || (self.scope.open_conversation.is_none() && self.scope.removed.is_empty())
    }

    pub(crate) fn shown(&self) -> usize {
        self.shown.total()
    }

    /// Entries that the filter, the scope or a fold hides.
    pub fn hidden(&self) -> usize {
        self.entries.len().saturating_sub(self.shown.total())
    }

    /// Shown entries below the window that came while one read further up.
    pub fn unseen(&self) -> usize {
        self.shown.total() - self.shown.row_of(self.first, (self.view.seen + 1).max(self.first))
    }

    /// Whether the end is followed.
    pub const fn following(&self) -> bool {
        self.view.follow
    }

    pub(crate) const fn filter(&self) -> Option<&Filter> {
        self.scope.filter.as_ref()
    }

    /// Errors among the entries kept.
    pub fn error_count(&self) -> usize {
        self.index.errors.len()
    }

    pub(crate) fn has_error_below(&self) -> bool {
        self.shown_errors(self.view.cursor.0 + 1..u64::MAX).next().is_some()
    }

    pub(super) fn shown_errors(&self, places: std::ops::Range<u64>) -> impl DoubleEndedIterator<Item = u64> {
        self.index.errors.range(places).copied().filter(|&seq| self.get(seq).is_some_and(LogEntry::is_shown))
    }

    /// The selected entry. `None` while the log is empty or the filter hides everything.
    pub fn selected(&self) -> Option<&LogEntry> {
        self.get(self.view.cursor.0).filter(|entry| entry.is_shown())
    }

    /// The entry with a number.
    pub fn entry(&self, number: u64) -> Option<&LogEntry> {
        self.get(self.seq_of(number)?)
    }

    /// All entries kept, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter()
    }

    pub(super) fn seq_of(&self, number: u64) -> Option<u64> {
        let at = self.entries.binary_search_by_key(&number, LogEntry::number).ok()?;
        Some(self.first + at as u64)
    }

    /// The number of an exchange, if it is in memory.
    pub fn number_of(&self, exchange: ExchangeId) -> Option<u64> {
        self.entry_of(exchange).map(LogEntry::number)
    }

    pub(crate) fn entry_of(&self, exchange: ExchangeId) -> Option<&LogEntry> {
        self.get(*self.index.numbers.get(&exchange)?)
    }

    /// The exchange of a probe, while it is in memory.
    pub(crate) fn probed(&self, result: &Probed) -> Option<&Arc<Exchange>> {
        if let Probed::Asked(id) = result { self.entry_of(*id)?.exchange() } else { None }
    }

    /// The exchange that carries a message, while it is in memory.
    pub fn exchange_of(&self, message: MessageId) -> Option<&Arc<Exchange>> {
        self.get(*self.index.messages.get(&message)?)?.exchange()
    }

    pub(crate) fn newest(&self, wanted: impl Fn(&Exchange) -> bool) -> Option<&Arc<Exchange>> {
        self.entries().rev().filter_map(LogEntry::exchange).find(|exchange| wanted(exchange))
    }

    /// The number of the oldest entry in memory, or the one that the first will have.
    pub fn first_number(&self) -> u64 {
        self.entries.front().map_or(self.first + self.base, LogEntry::number)
    }

    /// The number of the newest entry in memory.
    pub fn last_number(&self) -> Option<u64> {
        self.entries.back().map(LogEntry::number)
    }

    /// The metrics that the exchange `id` caused, as they were handed to the agent.
    pub fn set_metrics(&mut self, id: ExchangeId, datagrams: Vec<String>) {
        if let Some(&seq) = self.index.numbers.get(&id) {
            self.change(seq, |entry| entry.datagrams = datagrams);
        }
    }

    /// Sets what is made of the exchange `id`; the entry's summary shows it.
    pub fn set_diagnosis(&mut self, id: ExchangeId, diagnosis: Option<Arc<Diagnosis>>) {
        let Some(&seq) = self.index.numbers.get(&id) else { return };
        if self.get(seq).is_some_and(|entry| entry.diagnosis != diagnosis) {
            if diagnosis.is_some() {
                self.index.diagnosed.insert(seq)
            } else {
                self.index.diagnosed.remove(&seq)
            };
            self.change(seq, |entry| entry.diagnosis = diagnosis);
        }
    }

    /// The entry that the key "why" explains: the selected one if it has a diagnosis, else the newest shown that has one,
    /// else the newest of all that have one.
    pub fn why(&self) -> Option<&LogEntry> {
        let selected = self.selected().filter(|e| e.diagnosis.is_some());
        let shown = || self.diagnosed().rev().find(|e| e.is_shown());
        selected.or_else(shown).or_else(|| self.diagnosed().next_back())
    }

    fn diagnosed(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.index.diagnosed.iter().filter_map(|&seq| self.get(seq))
    }

    pub(crate) fn why_of(&self, id: ExchangeId) -> Option<&Diagnosis> {
        self.entry_of(id)?.diagnosis()
    }

    /// The next (or previous) entry with a diagnosis.
    pub fn why_beside(&self, number: u64, forward: bool) -> Option<u64> {
        let mut diagnosed = self.diagnosed().map(LogEntry::number);
        if forward { diagnosed.find(|n| *n > number) } else { diagnosed.rev().find(|n| *n < number) }
    }

    /// Which of how many diagnosed entries `number` is, from 1.
    pub fn why_place(&self, number: u64) -> (usize, usize) {
        let diagnosed: Vec<u64> = self.diagnosed().map(LogEntry::number).collect();
        (diagnosed.iter().position(|n| *n == number).map_or(0, |at| at + 1), diagnosed.len())
    }

    /// The last accepted send of the same conversation before the entry `number`; else the next one after it.
    pub fn accepted_beside(&self, number: u64) -> Option<u64> {
        let conversation = self.entry(number)?.exchange()?.conversation?;
        let fits = |x: &Arc<Exchange>| {
            let send = x.kind == ExchangeKind::Send && x.outcome == Outcome::Accepted && x.sent_as.is_none();
            send && x.conversation == Some(conversation)
        };
        let accepted = |e: &&LogEntry| e.exchange().is_some_and(fits);
        let before = self.entries().rev().filter(|e| e.number() < number).find(accepted);
        before.or_else(|| self.entries().filter(|e| e.number() > number).find(accepted)).map(LogEntry::number)
    }
}
