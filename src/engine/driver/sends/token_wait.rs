//! The waiting for a new token: a message met a 401 that another token may heal.
//!
//! ```text
//! 401 ─► back to its queue ─┬─ a newer token is there ─────────────────────────────────► the queue starts the message again
//!                           └─► a renewal begins: named ─► ended ─┬─ with a token ──────────────────────▲
//!                                      ▲                          ├─ a pause follows ─► the next renewal is waited for
//!                                      └──────────────────────────┘ none will come ──► the 401 stays
//! ```

use super::{InFlightSend, Sends, TokenWait};
use crate::engine::driver::state::EngineState;
use crate::engine::token::Availability;
use crate::model::{DeliveryStatus, Exchange, ExchangeId, Generation, MessageId, Outcome, Reason};

impl Sends {
    /// A 401 that another token may heal: back to the head of its queue until there is one. `renewal`: it is asked for.
    pub fn await_new_token(
        &mut self,
        message: MessageId,
        refused: (Generation, Reason),
        renewal: bool,
        cx: &EngineState,
    ) {
        let Some(send) = self.all.get_mut(&message) else { return };
        send.tries.healed = true;
        send.token_wait = TokenWait { refused: Some(refused), wants_renewal: renewal };
        if let Some(record) = &mut send.record {
            record.outcome = Outcome::Waiting;
        }
        self.requeue(message, None, DeliveryStatus::Queued, cx);
    }

    pub fn name_renewal(&mut self, renewal: ExchangeId, cx: &EngineState) {
        for send in self.all.values_mut().filter(|send| send.token_wait.wants_renewal) {
            send.token_wait.wants_renewal = false;
            if let Some(record) = &mut send.record {
                record.renewal(renewal, cx.now);
                cx.report_exchange(record);
            }
        }
    }

    /// The messages that waited record its result. After a failure they wait for the next request, if one follows.
    pub fn renewal_ended(&mut self, brought: Option<Generation>, cx: &EngineState) {
        let waits = |s: &&InFlightSend| s.record.as_ref().is_some_and(Exchange::waits_for_renewal);
        let sharing = u32::try_from(self.all.values().filter(waits).count()).unwrap_or(u32::MAX);
        for send in self.all.values_mut() {
            if let Some(record) = &mut send.record
                && record.renewed(brought, sharing, cx.now)
            {
                send.token_wait.wants_renewal = true;
                cx.report_exchange(record);
            }
            send.token_wait.wants_renewal &= brought.is_none();
        }
    }

    /// Messages whose 401 stays one, for no newer token will come by itself, and what it said.
    pub fn without_token(&self, cx: &EngineState) -> Vec<(MessageId, Reason)> {
        let wait = self.all.iter().filter_map(|(message, send)| Some((*message, send.token_wait.refused.as_ref()?)));
        let lost = wait.filter(|(_, (generation, _))| cx.availability(Some(*generation)) == Availability::Never);
        lost.map(|(message, (_, why))| (message, why.clone())).collect()
    }
}
