//! Why entries were refused: the diagnosis that stands with each.

use std::sync::Arc;

use super::Log;
use super::entry::LogEntry;
use crate::model::{Diagnosis, ExchangeId, ExchangeKind, Outcome};

impl Log {
    /// The metrics that the exchange `id` caused, as they were handed to the agent.
    pub fn set_metrics(&mut self, id: ExchangeId, datagrams: Vec<String>) {
        let Some(&seq) = self.numbers.get(&id) else { return };
        let Some(entry) = self.get_mut(seq) else { return };
        entry.datagrams = datagrams;
        entry.rows = None;
        self.refresh(seq);
        self.settle();
    }

    /// Sets what is made of the exchange `id`; the entry's summary shows it.
    pub fn set_diagnosis(&mut self, id: ExchangeId, diagnosis: Option<Arc<Diagnosis>>) {
        let Some(&seq) = self.numbers.get(&id) else { return };
        let Some(entry) = self.get_mut(seq) else { return };
        if entry.diagnosis == diagnosis {
            return;
        }
        entry.diagnosis = diagnosis;
        entry.rows = None;
        self.refresh(seq);
        self.settle();
    }

    /// The entry that a person means by "why": the selected one if there is something to explain, else the newest that is
    /// shown, else the newest.
    pub fn why(&self) -> Option<&LogEntry> {
        let told = |e: &&LogEntry| e.diagnosis.is_some();
        let shown = || self.entries().rev().find(|e| e.shown && told(e));
        self.selected().filter(told).or_else(shown).or_else(|| self.entries().rev().find(told))
    }

    /// Why an exchange was refused, as far as it was told.
    pub fn why_of(&self, id: ExchangeId) -> Option<&Diagnosis> {
        self.entry(self.number_of(id)?)?.diagnosis.as_deref()
    }

    /// The next (or previous) entry with a diagnosis.
    pub fn why_beside(&self, number: u64, forward: bool) -> Option<u64> {
        let mut told = self.entries().filter(|e| e.diagnosis.is_some()).map(LogEntry::number);
        if forward { told.find(|n| *n > number) } else { told.rev().find(|n| *n < number) }
    }

    /// Which of how many diagnosed entries `number` is, from 1.
    pub fn why_place(&self, number: u64) -> (usize, usize) {
        let told: Vec<u64> = self.entries().filter(|e| e.diagnosis.is_some()).map(LogEntry::number).collect();
        (told.iter().position(|n| *n == number).map_or(0, |at| at + 1), told.len())
    }

    /// The last accepted send of the same conversation before the entry `number`; else the next one after it.
    pub fn accepted_beside(&self, number: u64) -> Option<u64> {
        let conversation = self.entry(number)?.exchange()?.conversation?;
        let accepted = |e: &&LogEntry| {
            e.exchange().is_some_and(|x| {
                x.kind == ExchangeKind::Send
                    && x.conversation == Some(conversation)
                    && x.outcome == Outcome::Accepted
                    && x.sent_as.is_none()
            })
        };
        let before = self.entries().rev().filter(|e| e.number() < number).find(accepted);
        before.or_else(|| self.entries().filter(|e| e.number() > number).find(accepted)).map(LogEntry::number)
    }
}
