//! The answer to a message, and what follows: another try, or the end. And what settles a message of unknown outcome.
//!
//! ```text
//! answered ─► judged (engine::outcome) ─► verdict ─┬─ again (a pause)  ─► head of its queue, held
//!                                                  ├─ another token    ─► head of its queue, until there is one
//!                                                  └─ everything else  ─► concluded: recorded, reported, looked after
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{GivenUp, UnknownSend};
use crate::engine::channel;
use crate::engine::driver::Driver;
use crate::engine::driver::task_output::CapturedTry;
use crate::engine::outcome::{self, RetryDecision};
use crate::engine::reading::{FoundStatus, When};
use crate::engine::token::After401;
use crate::model::{DeliveryStatus, Message, MessageId, Outcome, Reason, Variation};

impl Driver {
    pub fn send_answered(&mut self, message: MessageId, shown: CapturedTry) {
        let Some(send) = self.sends.get(message) else { return };
        let result = match &shown.result {
            Ok((answer, _)) => outcome::of_answer(answer, send.tries.lost > 0),
            Err(failure) => outcome::of_failure(failure),
        };
        let (conversation, generation) = (send.request.conversation, send.generation());
        let (given_up, own_token) = (send.given_up.is_some(), send.carries_own_token());
        // The 401 of such a message says nothing about the session's token, and its success neither.
        let on_purpose = send.request.sent_as.is_some_and(Variation::wants_refusal);
        let taken = shown.body().map(|body| channel::taken(send.channel, body)).unwrap_or_default();
        let (limited, meta) = (shown.status() == 429, shown.meta);
        self.sends.end_try(message, shown.ended());
        let Some(verdict) = self.sends.follow(message, result, &self.cx) else { return };
        // This message is counted in what its answer says; the others on the wire may not be.
        self.cx.take_meta(&meta, own_token.then(|| self.sends.in_flight().saturating_sub(1)));
        let outcome = match verdict {
            // The message was taken back, and the server refused it: so it is cancelled, as wanted.
            RetryDecision::Again(..) | RetryDecision::TokenRefused(_) if given_up => Outcome::Cancelled,
            RetryDecision::TokenRefused(why) if !on_purpose => {
                match self.cx.tokens.on_unauthorized(generation, self.cx.now) {
                    After401::Retry { renewal } => {
                        return self.sends.await_new_token(message, (generation, why), renewal, &self.cx);
                    }
                    After401::Final => Outcome::Refused(why),
                }
            }
            RetryDecision::Again(pause, why) => {
                let until = self.cx.now.after(pause);
                if limited {
                    self.cx.pace.silence(until);
                }
                return self.sends.again(message, until, why, &self.cx);
            }
            RetryDecision::Repeat(pause, why) => {
                let why = Reason::Again(Box::new(why));
                return self.sends.again(message, self.cx.now.after(pause), why, &self.cx);
            }
            other => other.into_outcome(),
        };
        if outcome == Outcome::Accepted && !on_purpose {
            self.cx.tokens.proven(generation);
        }
        if let Some(id) = taken.conversation_id {
            self.cx.learn(conversation, id);
        }
        self.conclude_as(message, outcome, taken.id, meta.date);
    }

    pub fn conclude(&mut self, message: MessageId, outcome: Outcome) {
        self.conclude_as(message, outcome, None, None);
    }

    /// A message is over; the remote side gave it this id, and took it then by its own clock.
    pub fn conclude_as(
        &mut self,
        message: MessageId,
        outcome: Outcome,
        remote_id: Option<String>,
        taken_at: Option<Timestamp>,
    ) {
        let Some((send, delivery)) = self.sends.end(message, outcome, &mut self.cx) else { return };
        let (request, began, key) = (&send.request, send.began, send.request.conversation);
        // It was not written, and guestwire leaves: the next start finds it queued.
        let stays_queued = send.given_up == Some(GivenUp::StaysQueued) && delivery == DeliveryStatus::Cancelled;
        let accepted = matches!(delivery, DeliveryStatus::Accepted | DeliveryStatus::Received);
        let unknown = matches!(delivery, DeliveryStatus::Unknown(_));
        if accepted {
            let at = taken_at.unwrap_or_else(|| self.cx.server_time(began.wall));
            self.reads.sent(message, request, When::Accepted(at), remote_id.clone(), &self.cx);
        } else if unknown {
            // Its last try ends now, and could have been worked on for as long as a try is waited for.
            let latest = self.cx.now.wall.saturating_add(self.cx.profile.request_timeout).unwrap_or(Timestamp::MAX);
            self.reads.sent(message, request, When::Unknown(began.wall, latest), remote_id.clone(), &self.cx);
        } else if delivery == DeliveryStatus::Cancelled && !stays_queued {
            self.delete_files_of(key, message);
        }
        if accepted && let Some(name) = &request.extras.idempotency_key {
            // Unknown messages under the same name are the same message.
            for (other, _) in self.sends.unknown_with_keys(&[Some(name.clone())]) {
                self.settle_by_hand(other, true);
            }
        }
        let on_disk = stays_queued.then_some(DeliveryStatus::Queued);
        self.cx.record_status((message, delivery), on_disk, send.record.as_ref(), remote_id);
        if unknown && self.webs.is_writable(key) {
            self.webs.of(key).history.catch_up();
        }
    }

    pub fn settle_by_hand(&mut self, message: MessageId, received: bool) {
        let delivery = if received { DeliveryStatus::Received } else { DeliveryStatus::NotReceived };
        self.settle_unknown(message, delivery, None);
    }

    pub fn settle_unknown(&mut self, message: MessageId, delivery: DeliveryStatus, remote_id: Option<String>) {
        let Some(UnknownSend { conversation, .. }) = self.sends.unknown.remove(&message) else { return };
        self.reads.of(conversation).forget(message);
        self.cx.record_status((message, delivery), None, None, remote_id);
    }

    pub fn record_found(&mut self, found: Vec<FoundStatus>) {
        for status in found {
            let (message, delivery, id) = match status {
                FoundStatus::Answered(message) => (message, DeliveryStatus::Answered, None),
                FoundStatus::Received(message, _) if self.sends.unknown.remove(&message).is_none() => continue,
                FoundStatus::Received(message, id) => (message, DeliveryStatus::Received, Some(id)),
            };
            self.cx.record_status((message, delivery), None, None, id);
        }
    }

    pub fn recall(&mut self, recalled: Vec<(Message, Timestamp)>) {
        let mut unknown_in = BTreeSet::new();
        for (message, begun) in recalled {
            let key = message.conversation;
            if matches!(message.delivery, DeliveryStatus::Unknown(_)) {
                let unknown = UnknownSend { conversation: key, key: message.extras.idempotency_key.clone() };
                self.sends.unknown.insert(message.id, unknown);
                unknown_in.insert(key);
            }
            self.reads.recall(message, begun, &self.cx);
        }
        unknown_in.retain(|key| self.cx.is_web(*key));
        for key in unknown_in {
            self.look_for_doubted(key);
        }
    }
}
