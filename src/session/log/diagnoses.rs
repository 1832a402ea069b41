//! Why an entry was refused, as the log shows it: the diagnosis that stands with the entry, and its rows in the summary.

use std::sync::Arc;

use super::Log;
use super::detail::{LABEL, Sheet};
use super::entry::Entry;
use super::row::{Line, RowKind, Tone};
use crate::model::{Confidence, Diagnosis, ExchangeId, Holds, Kind, Outcome};
use crate::text::screen;

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

    /// The entry that a person means by "why": the selected one if there is something to explain, else the newest.
    pub fn why(&self) -> Option<&Entry> {
        let told = |e: &&Entry| e.diagnosis.is_some();
        self.selected().filter(told).or_else(|| self.entries().rev().find(told))
    }

    /// Why an exchange was refused, as far as it was told.
    pub fn why_of(&self, id: ExchangeId) -> Option<&Diagnosis> {
        self.entry(self.number_of(id)?)?.diagnosis.as_deref()
    }

    /// The next (or previous) entry with a diagnosis.
    pub fn why_beside(&self, number: u64, forward: bool) -> Option<u64> {
        let mut told = self.entries().filter(|e| e.diagnosis.is_some()).map(Entry::number);
        if forward { told.find(|n| *n > number) } else { told.rev().find(|n| *n < number) }
    }

    /// Which of how many diagnosed entries `number` is, from 1.
    pub fn why_place(&self, number: u64) -> (usize, usize) {
        let told: Vec<u64> = self.entries().filter(|e| e.diagnosis.is_some()).map(Entry::number).collect();
        (told.iter().position(|n| *n == number).map_or(0, |at| at + 1), told.len())
    }

    /// The last accepted send of the same conversation before the entry `number`; else the next one after it.
    pub fn accepted_beside(&self, number: u64) -> Option<u64> {
        let conversation = self.entry(number)?.exchange()?.conversation?;
        let accepted = |e: &&Entry| {
            e.exchange().is_some_and(|x| {
                x.kind == Kind::Send
                    && x.conversation == Some(conversation)
                    && x.outcome == Outcome::Accepted
                    && x.sent_as.is_none()
            })
        };
        let before = self.entries().rev().filter(|e| e.number() < number).find(accepted);
        before.or_else(|| self.entries().filter(|e| e.number() > number).find(accepted)).map(Entry::number)
    }
}

impl Sheet<'_> {
    /// Cause, confidence and evidence in one row, and what was checked in another.
    pub(super) fn why(&mut self, entry: &Entry) {
        if let Some(variation) = entry.exchange().and_then(|x| x.sent_as) {
            let mut line = Self::labelled("purpose");
            line.push(&format!("sent on purpose as {variation}: {}", variation.about()), Tone::Warning);
            self.add(RowKind::Detail, line, LABEL, false);
        }
        let Some(diagnosis) = entry.diagnosis.as_deref() else { return };
        let dot = self.dot();
        let tone = match diagnosis.confidence() {
            _ if diagnosis.healed => Tone::Warning,
            Confidence::Sure | Confidence::Likely => Tone::Error,
            Confidence::Possible => Tone::Warning,
        };
        let mut line = Line::default();
        line.push(diagnosis.cause().as_str(), tone);
        line.push(dot, Tone::Dim);
        if !diagnosis.suspects.is_empty() {
            line.push(diagnosis.confidence().word(), Tone::Strong);
            line.push(dot, Tone::Dim);
        }
        let key = format!("   {} why", self.page.keys.why);
        let gutter = self.gutter(RowKind::Detail).cells;
        let room = self.page.width.saturating_sub(gutter + line.cells + screen::width(&key));
        // Where nothing was sent, no server said anything: the reason itself stands here.
        let unsent = diagnosis.suspects.is_empty() && entry.exchange().is_some_and(|x| x.last_attempt().is_none());
        let sentence = if unsent { diagnosis.said.clone() } else { diagnosis.sentence() };
        line.push_fitted(&screen::visible(&sentence), room, self.page.ascii, Tone::Text);
        line.push(&key, Tone::Dim);
        self.add(RowKind::Detail, line, 0, false);
        self.checked(diagnosis);
    }

    fn checked(&mut self, diagnosis: &Diagnosis) {
        let known = diagnosis.checks_known();
        if known.is_empty() {
            return;
        }
        let mut line = Self::labelled("checked");
        let from = line.cells;
        for (holds, what) in known {
            if line.cells > from {
                line.push(self.dot(), Tone::Dim);
            }
            let what = screen::visible(what);
            match holds {
                Holds::No => line.push(&what, Tone::Warning),
                Holds::Yes | Holds::Unknown => line.push(&what, Tone::Text),
            }
        }
        self.add(RowKind::Detail, line, LABEL, false);
    }
}
