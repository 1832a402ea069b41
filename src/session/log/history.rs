//! Entries that come from the journal: numbers that go on where the last session ended, and logs made of kept entries.

use std::sync::Arc;

use super::entry::{Annotation, Density, Later, OpenState};
use super::{Log, LogEntry, LogOptions, LogSource};
use crate::journal::job::{KeptEntry, KeptSource};
use crate::model::{DeliveryStatus, Exchange, ExchangeId, MessageId};

/// The most entries of a page of history in memory.
const HISTORY_MAX: usize = 1_022;

impl Log {
    /// Numbers go on after `base`: that of the last entry of earlier sessions.
    pub fn set_base(&mut self, base: u64) {
        self.base = base;
        for entry in &mut self.entries {
            entry.label = entry.seq() + base;
        }
        self.widen_numbers(self.next() + base);
        self.lay_out_all();
        self.settle();
    }

    /// The place of the entry that people know by `number`.
    pub(super) fn seq_of(&self, number: u64) -> Option<u64> {
        let at = self.entries.binary_search_by_key(&number, LogEntry::number).ok()?;
        Some(self.first + at as u64)
    }

    /// The number of an exchange, if it is in memory.
    pub fn number_of(&self, exchange: ExchangeId) -> Option<u64> {
        self.entry_of(exchange).map(LogEntry::number)
    }

    /// The entry of an exchange, while it is in memory.
    pub fn entry_of(&self, exchange: ExchangeId) -> Option<&LogEntry> {
        self.get(*self.index.numbers.get(&exchange)?)
    }

    /// The entry of the exchange that carries a message, while it is in memory.
    pub fn entry_with(&self, message: MessageId) -> Option<&LogEntry> {
        self.get(*self.index.messages.get(&message)?)
    }

    /// The exchange that carries a message, while it is in memory.
    pub fn exchange_of(&self, message: MessageId) -> Option<&Arc<Exchange>> {
        self.entry_with(message)?.exchange()
    }

    /// The newest exchange in memory that is as wanted.
    pub fn newest(&self, wanted: impl Fn(&Exchange) -> bool) -> Option<&Arc<Exchange>> {
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

    /// Whether the cursor stands on the first row, or there is none.
    pub fn at_top(&self) -> bool {
        self.heights.total() == 0 || self.at() == 0
    }

    /// Whether the cursor stands on the last row, or there is none.
    pub fn at_bottom(&self) -> bool {
        self.at() + 1 >= self.heights.total()
    }

    /// How many entries stand above the cursor's.
    pub fn entries_above(&self) -> u64 {
        self.view.cursor.0.saturating_sub(self.first)
    }

    /// How many entries stand below the cursor's.
    pub fn entries_below(&self) -> u64 {
        self.next().saturating_sub(self.view.cursor.0 + 1)
    }

    /// A log of kept entries with their own numbers, that looks as this one does.
    #[must_use]
    pub fn of_history<'k>(&self, entries: impl ExactSizeIterator<Item = &'k KeptEntry>) -> Self {
        let options = LogOptions { max_entries: HISTORY_MAX, max_bytes: usize::MAX, ..self.options.clone() };
        let mut log = Self::new(options);
        log.keys.clone_from(&self.keys);
        log.names.clone_from(&self.names);
        (log.view.width, log.view.height, log.view.wrap) = (self.view.width, self.view.height, self.view.wrap);
        log.today = self.today;
        let skip = entries.len().saturating_sub(HISTORY_MAX);
        for kept in entries.skip(skip) {
            log.push_kept(kept);
        }
        log.view.digits = self.view.digits;
        log.widen_numbers(log.last_number().unwrap_or(0));
        log.settle();
        log
    }

    fn push_kept(&mut self, kept: &KeptEntry) {
        let seq = self.next();
        let source = match &kept.source {
            KeptSource::Exchange(exchange) => {
                self.index.numbers.insert(exchange.id, seq);
                if let Some(message) = exchange.message {
                    self.index.messages.insert(message, seq);
                }
                LogSource::Exchange(Arc::clone(exchange))
            }
            KeptSource::Note { at, kind, text, about } => {
                LogSource::Note { at: *at, kind: *kind, text: text.clone(), about: *about }
            }
        };
        let mut entry = LogEntry::new(seq, source, &self.options.zone);
        entry.label = kept.number;
        entry.remark = Annotation { marked: kept.marked, comment: kept.comment.clone() };
        entry.later = kept.delivery.as_ref().and_then(Later::of);
        self.totals.bytes = self.totals.bytes.saturating_add(entry.bytes);
        if entry.is_error() {
            self.errors.all.insert(seq);
        }
        self.entries.push_back(entry);
        self.measure(seq);
        self.mark_days(seq);
    }

    /// As kept entries, from the oldest: what a page of history goes on with at its lower end.
    pub fn oldest_as_kept(&self, count: usize) -> Vec<KeptEntry> {
        self.entries.iter().take(count).map(LogEntry::as_kept).collect()
    }

    /// Puts the cursor on an entry that people know by `number`, `offset` rows under the window's top where possible.
    pub fn place(&mut self, number: u64, line: u32, offset: usize) {
        let at = match self.entries.binary_search_by_key(&number, LogEntry::number) {
            Ok(at) | Err(at) => at.min(self.entries.len().saturating_sub(1)),
        };
        self.view.cursor = (self.first + at as u64, line);
        self.view.follow = false;
        self.view.offset = offset.min(self.view.height.saturating_sub(1));
        self.settle();
    }

    /// Where the cursor stands: the entry's number, its row, and the screen row.
    pub fn place_now(&self) -> Option<(u64, u32, usize)> {
        Some((self.get(self.view.cursor.0)?.number(), self.view.cursor.1, self.view.offset))
    }

    /// Opened entries of `other` are open here too.
    pub(crate) fn open_as(&mut self, other: &Self) {
        for open in other.entries.iter().filter(|e| e.opened.density != Density::Line) {
            let Some(seq) = self.seq_of(open.number()) else { continue };
            if let Some(entry) = self.get_mut(seq) {
                entry.opened = OpenState { touched: true, ..open.opened };
            }
            self.measure(seq);
        }
        self.settle();
    }
}

impl LogEntry {
    fn as_kept(&self) -> KeptEntry {
        let source = match self.source() {
            LogSource::Exchange(exchange) => KeptSource::Exchange(Arc::clone(exchange)),
            LogSource::Note { at, kind, text, about } => {
                KeptSource::Note { at: *at, kind: *kind, text: text.clone(), about: *about }
            }
        };
        let delivery = self.later.map(|later| match later {
            Later::Answered => DeliveryStatus::Answered,
            Later::Landed => DeliveryStatus::Landed,
            Later::Lost => DeliveryStatus::Lost,
        });
        let comment = self.comment().map(str::to_owned);
        KeptEntry { number: self.number(), source, marked: self.is_marked(), comment, delivery }
    }
}
