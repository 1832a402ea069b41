//! What came of a try of a send, and how a message ends.
//!
//! ```text
//! answered ─► judged (engine::outcome) ─► verdict ─┬─ again (a pause)  ─► head of its lane, held
//!                                                  ├─ heal (a 401)     ─► head of its lane, until there is another token
//!                                                  └─ everything else  ─► concluded: recorded, told, looked after
//! ```

use std::time::Duration;

use crate::engine::Report;
use crate::engine::channel;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::outcome::{self, Judged, Reason};
use crate::engine::retry::{Verdict, what_follows};
use crate::engine::send_log::Unrecorded;
use crate::engine::token::Refuted;
use crate::model::{
    DeliveryStatus, Ending, Failure, FailureKind, Generation, MessageId, Moment, Outcome, Phase, Timing, Variation,
};

use super::Driver;
use super::sends::Doubt;
use super::tasks::{ResponseMeta, SendDone};

/// Pause before a message whose intent could not be recorded is tried again.
const RECORD_AGAIN: Duration = Duration::from_secs(5);

impl Driver {
    pub(super) fn send_answered(&mut self, done: SendDone, now: Moment) {
        let message = done.message;
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        send.take_back = None;
        let conversation = send.request.conversation;
        let shown = match done.shown {
            Ok(shown) => shown,
            Err(why) => return self.unrecorded(message, why, now),
        };
        // A message that is sent wrongly on purpose is sent once.
        let repeatable = channel::is_idempotent(send.channel) && send.request.sent_as.is_none();
        let judged = match (&shown.answer, &shown.ending) {
            (Some(answer), _) => outcome::of_answer(answer, send.tries.lost > 0),
            (None, Ending::Failed(failure)) => outcome::of_failure(failure),
            (None, Ending::Answered(response)) => Judged::Unknown(Reason::Meaningless(response.status), None),
        };
        // A person who takes a message back wants no further try.
        let repeatable = repeatable && !(send.taken_back || send.let_go);
        let verdict = what_follows(judged, repeatable, &mut send.tries, &mut self.context.jitter);
        if let Some(rate) = self.sends.rates.get_mut(&conversation) {
            rate.arrived(now);
        }
        let limited = shown.status() == 429;
        let (taken_back, let_go, lost) = (send.taken_back, send.let_go, send.tries.lost);
        // Its 401 says nothing about the session's token, and its success neither.
        let send_as = send.request.sent_as;
        let on_purpose = send_as.is_some_and(Variation::wants_refusal);
        if let Some(record) = &mut send.record {
            record.end(shown.ending, shown.timing);
        }
        // This one is counted in what it heard; the others on the wire may not be.
        let mut heard = shown.heard;
        if send_as.is_some_and(|v| !v.carries_own_token()) {
            heard.limit = None;
        }
        self.context.overhear(&heard, self.sends.queue.flying().saturating_sub(1));
        let verdict = match verdict {
            // It was taken back, and the server did not take it: that is what was wanted.
            Verdict::Again(..) | Verdict::TokenRefused(_) if taken_back || let_go => Verdict::Cancelled,
            Verdict::TokenRefused(why) if on_purpose => Verdict::Refused(why),
            Verdict::TokenRefused(why) => match self.sign_in.tokens.refuted(done.generation, now) {
                Refuted::Retry { renewal } => {
                    return self.heal(message, done.generation, renewal, why.to_string(), now);
                }
                Refuted::Final => Verdict::Refused(why),
            },
            other => other,
        };
        let outcome = match verdict {
            Verdict::Again(pause, why) => {
                return self.again(message, now.after(pause), why, limited, now);
            }
            Verdict::Repeat(pause, why) => {
                let why = format!("{why}; again under the same message id");
                return self.again(message, now.after(pause), why, false, now);
            }
            other => other.into_outcome(),
        };
        let outcome = after_lost_tries(outcome, lost);
        if outcome == Outcome::Accepted && !on_purpose {
            self.sign_in.tokens.proven(done.generation);
        }
        self.sends.queue.settle(conversation, message);
        if let Some(id) = done.taken.conversation_id {
            self.learn(conversation, id);
        }
        self.look_after(message, &outcome, done.taken.id.as_deref(), &shown.heard, now);
        self.conclude(message, outcome, done.taken.id, now);
    }

    /// A message's intent could not be recorded: nothing of it was written.
    pub(super) fn unrecorded(&mut self, message: MessageId, why: Unrecorded, now: Moment) {
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        match why {
            Unrecorded::NotNow(why) if !send.taken_back && !send.let_go => {
                let why = format!("it cannot be recorded first: {why}");
                if let Some(record) = &mut send.record {
                    record.end(not_written(&why), Timing::default());
                }
                self.again(message, now.after(RECORD_AGAIN), why, false, now);
            }
            Unrecorded::NotNow(_) => self.conclude(message, Outcome::Cancelled, None, now),
            Unrecorded::Never(why) => {
                let why = format!("not sent: it could not be recorded first ({why})");
                self.conclude(message, Outcome::Refused(why), None, now);
            }
        }
    }

    /// A 401 that another token may heal: back to the head of its lane until there is one.
    fn heal(&mut self, message: MessageId, generation: Generation, renewal: bool, why: String, now: Moment) {
        let running = self.sign_in.renewal.as_ref().map(|renewal| renewal.record.id());
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        send.tries.healed = true;
        send.doubted = Some((generation, why));
        send.life = DeliveryStatus::Queued;
        let conversation = send.request.conversation;
        if let Some(record) = &mut send.record {
            if let Some(exchange) = running.filter(|_| renewal) {
                record.renewal(exchange, now);
            } else {
                record.park();
                send.wants_renewal = renewal;
            }
            let report = record.report();
            self.context.reports.send(report);
        }
        let id = send.record.as_ref().map(ExchangeBuilder::id);
        let may_be_there = send.tries.lost > 0;
        self.sends.doubting.insert(message);
        if !may_be_there {
            self.record_only(message, &DeliveryStatus::Queued);
        }
        self.sends.queue.hold(conversation, message, None);
        self.context.tell(Report::Message { id: message, life: DeliveryStatus::Queued, exchange: id, remote_id: None });
    }

    pub(super) fn again(&mut self, message: MessageId, until: Moment, why: String, limited: bool, now: Moment) {
        if limited {
            self.context.pace.silence(until);
        }
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        let life = DeliveryStatus::Waiting { until, why: why.clone() };
        send.life = life.clone();
        let conversation = send.request.conversation;
        if let Some(record) = &mut send.record {
            record.wait(now, until, why);
            let report = record.report();
            self.context.reports.send(report);
        }
        let exchange = send.record.as_ref().map(ExchangeBuilder::id);
        let may_be_there = send.tries.lost > 0;
        // What may have been received stays recorded as on the wire: should guestwire die now, it is unknown.
        if !may_be_there {
            self.record_only(message, &life);
        }
        self.sends.queue.hold(conversation, message, Some(until));
        self.context.tell(Report::Message { id: message, life, exchange, remote_id: None });
    }

    /// A message is over; the queue knows already.
    pub(super) fn conclude(&mut self, message: MessageId, outcome: Outcome, remote_id: Option<String>, now: Moment) {
        self.sends.doubting.remove(&message);
        let lost = self.sends.all.get(&message).map_or(0, |s| s.tries.lost);
        let told = after_lost_tries(outcome.clone(), lost);
        if told != outcome {
            self.look_after(message, &told, None, &ResponseMeta::default(), now);
        }
        let outcome = told;
        let Some(mut send) = self.sends.all.remove(&message) else { return };
        // A call that could not be built was flying already; for all others this does nothing.
        self.sends.queue.settle(send.request.conversation, message);
        let life = match &outcome {
            Outcome::Accepted if send.tries.landed => DeliveryStatus::Landed,
            Outcome::Accepted => DeliveryStatus::Accepted,
            Outcome::Unknown(why) => DeliveryStatus::Unknown(why.clone()),
            Outcome::Refused(why) | Outcome::Failed(why) => DeliveryStatus::Refused(why.clone()),
            Outcome::Cancelled | Outcome::Open | Outcome::Waiting => DeliveryStatus::Cancelled,
        };
        if matches!(life, DeliveryStatus::Unknown(_)) {
            let doubt = Doubt { conversation: send.request.conversation, key: send.request.extras.key.clone() };
            self.sends.unknown.insert(message, doubt);
        }
        // What was held back without a try is an entry of the log all the same.
        if send.record.is_none() && matches!(life, DeliveryStatus::Refused(_)) {
            send.record = Some(self.untried(&send.request, now));
        }
        if let Some(record) = &mut send.record {
            record.settle(outcome, now);
        }
        if matches!(life, DeliveryStatus::Accepted | DeliveryStatus::Landed) {
            self.settle_others_of(message, send.request.extras.key.as_deref());
        }
        if life == DeliveryStatus::Cancelled && !send.let_go {
            self.delete_files_of(send.request.conversation, message, now);
        }
        let stays_queued = send.let_go && !send.taken_back && life == DeliveryStatus::Cancelled;
        self.tell_recorded(
            stays_queued.then_some(DeliveryStatus::Queued),
            message,
            life,
            send.record.as_ref(),
            remote_id,
        );
    }

    /// A message was accepted under a name that others bear of which nobody knew: they are the same message.
    fn settle_others_of(&mut self, message: MessageId, key: Option<&str>) {
        let same = |doubt: &Doubt| key.is_some() && doubt.key.as_deref() == key;
        let others: Vec<_> =
            self.sends.unknown.iter().filter(|(m, d)| **m != message && same(d)).map(|(m, _)| *m).collect();
        for other in others {
            self.settle_by_hand(other, true);
        }
    }

    pub(super) fn settle_by_hand(&mut self, message: MessageId, landed: bool) {
        let Some(Doubt { conversation, .. }) = self.sends.unknown.remove(&message) else { return };
        if let Some(reader) = self.reads.readers.get_mut(&conversation) {
            reader.settled(message);
        }
        let life = if landed { DeliveryStatus::Landed } else { DeliveryStatus::Lost };
        self.tell_recorded(None, message, life, None, None);
    }

    pub(super) fn send_job_died(&mut self, message: MessageId, now: Moment) {
        let Some(conversation) = self.sends.all.get(&message).map(|s| s.request.conversation) else { return };
        self.sends.queue.settle(conversation, message);
        let why = "guestwire failed inside while sending; the message may have been received".to_owned();
        self.conclude(message, Outcome::Unknown(why), None, now);
    }

    pub(super) fn tell_life(
        &self,
        id: MessageId,
        life: DeliveryStatus,
        record: Option<&ExchangeBuilder>,
        remote_id: Option<String>,
    ) {
        self.context.tell(Report::Message { id, life, exchange: record.map(ExchangeBuilder::id), remote_id });
    }
}

/// What an earlier try of the same message, whose answer was lost, makes of an outcome that is no acceptance: nobody
/// knows what became of that try.
fn after_lost_tries(outcome: Outcome, lost: u32) -> Outcome {
    match outcome {
        Outcome::Refused(why) | Outcome::Failed(why) if lost > 0 => {
            Outcome::Unknown(format!("{why}; an earlier try may have been received"))
        }
        Outcome::Cancelled if lost > 0 => {
            Outcome::Unknown("taken back; an earlier try may have been received".to_owned())
        }
        other => other,
    }
}

/// A try of which nothing was written.
fn not_written(why: &str) -> Ending {
    Ending::Failed(Failure::new(FailureKind::Invalid, Phase::Write, why))
}
