//! Why exchanges were refused: diagnosed when they are settled, and again when something new is known.

use std::sync::Arc;

use crate::diagnosis::{Case, diagnose};
use crate::model::{Channel, Confidence, Diagnosis, Exchange, ExchangeId, ExchangeKind};

use super::Session;
use super::refusals::Refusal;

/// Entries diagnosed again when something new is known: the newest that are not decided.
const AGAIN: usize = 24;

impl Session {
    /// Why an exchange was refused, by what is known now. `None` where there is nothing to explain.
    pub fn diagnose(&self, exchange: &Exchange) -> Option<Diagnosis> {
        let channel = self.channel_of(exchange);
        let case = Case { exchange, channel, profile: &self.profile.facts, history: &self.diagnoses.evidence };
        diagnose(&case).filter(|diagnosis| !self.profile.muted.contains(&diagnosis.cause()))
    }

    fn channel_of(&self, exchange: &Exchange) -> Option<Channel> {
        self.conversations.channel(exchange.conversation?)
    }

    /// An exchange came or went on; the log has it already.
    pub(super) fn diagnose_exchange(&mut self, exchange: &Exchange) {
        let news = self.diagnoses.evidence.exchange(exchange);
        if exchange.outcome.is_settled() {
            self.settle_diagnosis(exchange);
        }
        if news {
            self.diagnose_again(Some(exchange.id));
        }
    }

    fn settle_diagnosis(&mut self, exchange: &Exchange) {
        let found = self.diagnose(exchange);
        if let Some(diagnosis) = &found
            && exchange.sent_as.is_none()
            && exchange.kind != ExchangeKind::Probe
        {
            let refusal = Refusal {
                exchange: exchange.id,
                at: exchange.ended().unwrap_or(exchange.started),
                conversation: exchange.conversation,
                channel: self.channel_of(exchange),
                cause: diagnosis.cause(),
                healed: diagnosis.healed,
            };
            self.diagnoses.refusals.note(refusal);
        }
        self.log.set_diagnosis(exchange.id, found.map(Arc::new));
    }

    /// Something is known now that was not: what was not decided may be. `but`: was diagnosed just now.
    pub(super) fn diagnose_again(&mut self, but: Option<ExchangeId>) {
        let undecided: Vec<Arc<Exchange>> = self
            .log
            .entries()
            .rev()
            .filter(|entry| entry.diagnosis().is_some_and(|d| d.confidence() != Confidence::Sure))
            .filter_map(|entry| entry.exchange().cloned())
            .filter(|exchange| Some(exchange.id) != but)
            .take(AGAIN)
            .collect();
        for exchange in undecided {
            self.settle_diagnosis(&exchange);
        }
    }
}
