//! What comes into the log, and what must go for it.

use std::sync::Arc;

use super::entry::{Density, Later, Reply};
use super::{Log, LogEntry, LogSource};
use crate::model::{ConversationKey, DeliveryStatus, Exchange, ExchangeKind, MessageId, Moment};

impl Log {
    /// An exchange was begun, or went on: inserts it, or replaces what was known of it.
    pub fn exchange(&mut self, exchange: Arc<Exchange>) {
        let known = self.index.numbers.get(&exchange.id).copied();
        let was_error = known.and_then(|seq| self.get(seq)).is_some_and(LogEntry::is_error);
        let is_error = exchange.outcome.is_error();
        let counted = match known {
            Some(seq) => self.get(seq).map_or(0, |e| e.counted),
            None => self.index.counted.remove(&exchange.id).unwrap_or(0),
        };
        let counted = self.tries.count(&exchange, counted);
        let seq = if let Some(seq) = known {
            let mut bytes = (0, 0);
            if let Some(entry) = self.get_mut(seq) {
                bytes.0 = entry.bytes;
                entry.replace(exchange);
                bytes.1 = entry.bytes;
            }
            self.totals.bytes = self.totals.bytes.saturating_sub(bytes.0).saturating_add(bytes.1);
            seq
        } else {
            let (id, message) = (exchange.id, exchange.message);
            let seq = self.push(LogSource::Exchange(exchange));
            self.index.numbers.insert(id, seq);
            if let Some(message) = message {
                self.index.messages.insert(message, seq);
            }
            seq
        };
        if let Some(entry) = self.get_mut(seq) {
            entry.counted = counted;
        }
        match (was_error, is_error) {
            (false, true) => {
                self.errors.all.insert(seq);
                self.open_by_itself(seq);
            }
            (true, false) => drop(self.errors.all.remove(&seq)),
            _ => {}
        }
        self.refresh(seq);
        if known.is_none() && !is_error {
            self.leave_error(seq);
        }
        self.evict();
        self.settle();
    }

    /// A sentence of a person ([`ExchangeKind::Note`]) or of guestwire itself ([`ExchangeKind::Sys`]).
    pub fn note(&mut self, at: Moment, kind: ExchangeKind, text: impl Into<String>) {
        self.note_about(None, at, kind, text);
    }

    /// The same about a conversation.
    pub fn note_about(
        &mut self,
        about: Option<ConversationKey>,
        at: Moment,
        kind: ExchangeKind,
        text: impl Into<String>,
    ) {
        let seq = self.push(LogSource::Note { at, kind, text: text.into(), about });
        self.refresh(seq);
        self.leave_error(seq);
        self.evict();
        self.settle();
    }

    /// What became of a message after its exchange: `ans` behind the status once it is answered, and how an unknown one
    /// was settled.
    pub fn set_delivery(&mut self, message: MessageId, delivery: &DeliveryStatus) {
        if let (Some(later), Some(&seq)) = (Later::of(delivery), self.index.messages.get(&message)) {
            self.change(seq, |entry| entry.later = Some(later));
        }
    }

    /// What the other side said first to a message of ours.
    pub fn set_reply(&mut self, message: MessageId, reply: Reply) {
        let Some(&seq) = self.index.messages.get(&message) else { return };
        if self.get(seq).is_some_and(|entry| entry.reply.as_ref() != Some(&reply)) {
            self.change(seq, |entry| entry.reply = Some(reply));
        }
    }

    fn push(&mut self, source: LogSource) -> u64 {
        let seq = self.next();
        let mut entry = LogEntry::new(seq, source, &self.options.zone);
        entry.label = seq + self.base;
        self.totals.bytes = self.totals.bytes.saturating_add(entry.bytes);
        self.entries.push_back(entry);
        if self.widen_numbers(seq + self.base) {
            // Only the entries' own lines change, so heights stay.
            self.forget_rows();
        }
        seq
    }

    fn evict(&mut self) {
        while self.entries.len() > self.options.max_entries
            || (self.totals.bytes > self.options.max_bytes && self.entries.len() > 1)
        {
            let Some(old) = self.entries.pop_front() else { return };
            let seq = old.seq();
            self.heights.set(seq, 0);
            self.count_fold(old.visibility, false);
            self.first = seq + 1;
            self.totals.bytes = self.totals.bytes.saturating_sub(old.bytes);
            self.totals.evicted += 1;
            self.totals.evicted_marked += u64::from(old.is_marked());
            self.errors.all.remove(&seq);
            self.errors.opened.retain(|&open| open != seq);
            self.index.diagnosed.remove(&seq);
            if let Some(exchange) = old.exchange() {
                self.index.numbers.remove(&exchange.id);
                if let Some(message) = exchange.message
                    && self.index.messages.get(&message) == Some(&seq)
                {
                    self.index.messages.remove(&message);
                }
                // Its later reports would make a new entry; its tries must not count twice.
                if !exchange.outcome.is_settled() && self.index.counted.len() < 4_096 {
                    self.index.counted.insert(exchange.id, old.counted);
                }
            }
        }
    }

    /// The newest error opens its summary, unless a person decided otherwise.
    fn open_by_itself(&mut self, seq: u64) {
        if let Some(entry) = self.get_mut(seq)
            && !entry.opened.touched
            && entry.opened.density == Density::Line
        {
            entry.opened.density = Density::Summary;
        }
        self.errors.opened.retain(|&open| open != seq);
        self.errors.opened.push(seq);
        // A message that was sent since is more recent news.
        let sent_since =
            (seq + 1..self.next()).filter_map(|later| self.get(later)).any(|e| e.kind() == ExchangeKind::Send);
        if self.view.follow && !sent_since {
            self.view.on_error = Some(seq);
        }
    }

    /// The entry `seq` is new: where it is shown, it is what came last.
    fn leave_error(&mut self, seq: u64) {
        if self.heights.get(seq) > 0 {
            self.view.on_error = None;
        }
    }

    /// Shuts the entries that opened by themselves before the newest one; those that a person has in view while reading
    /// stay until they are out of it.
    pub(super) fn shut_older(&mut self) {
        let mut index = 0;
        while index + 1 < self.errors.opened.len() {
            let Some(&seq) = self.errors.opened.get(index) else { return };
            let touched = self.get(seq).is_none_or(|e| e.opened.touched);
            if !touched && !self.view.follow && self.view.window.iter().any(|w| w.0 == seq) {
                index += 1;
                continue;
            }
            self.errors.opened.remove(index);
            if !touched {
                if let Some(entry) = self.get_mut(seq) {
                    entry.opened.density = Density::Line;
                }
                self.measure(seq);
            }
        }
    }
}
