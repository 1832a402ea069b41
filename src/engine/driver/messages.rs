//! How a message travels through the areas: taken in, put on the wire, answered, over.
//!
//! ```text
//! answered ─► judged (engine::outcome) ─► verdict ─┬─ again (a pause)  ─► head of its queue, held
//!                                                  ├─ another token    ─► head of its queue, until there is one
//!                                                  └─ everything else  ─► concluded: recorded, reported, looked after
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::AUTHORIZATION;
use jiff::Timestamp;

use crate::engine::Unrecorded;
use crate::engine::channel;
use crate::engine::client::capture;
use crate::engine::outcome::{self, RetryDecision};
use crate::engine::queue::TakenFrom;
use crate::engine::reading::{Settled, When};
use crate::engine::token::Refuted;
use crate::engine::web_session::{SocketEvent, Wanted};
use crate::genesys::Call;
use crate::model::{
    DeliveryStatus, Ending, Failure, FailureKind, Generation, Message, MessageId, Objection, Outcome, OutgoingMessage,
    Phase, Reason, Request, Timing, Transport, Variation,
};

use super::Driver;
use super::sends::{Doubt, GivenUp, untried};
use super::task_output::CapturedTry;

/// How long a message waits for another try to record it, where it could not be recorded before it was sent.
const RECORD_AGAIN: Duration = Duration::from_secs(5);

type Written = (Call, Request, Option<(Generation, Duration)>);

impl Driver {
    pub fn accept(&mut self, message: MessageId, mut request: OutgoingMessage) {
        if self.sends.knows(message) {
            let text = format!("message {message} is known already and was not queued again");
            return self.cx.notice_of(request.conversation, &text);
        }
        let Some(entry) = self.cx.entry(request.conversation) else {
            return self.refuse_untried(message, &request, Objection::NoConversation(request.conversation));
        };
        let channel = entry.conversation.channel();
        if let Some(why) = channel::objection(entry, &self.cx.profile.credentials, &request) {
            return self.refuse_untried(message, &request, why);
        }
        let transport = channel.capabilities().transport;
        if transport == Transport::Frame {
            // Its tracing id, and `metadata.id`: a resend is another message.
            request.extras.key = Some(uuid::Uuid::new_v4().to_string());
        } else if channel.capabilities().idempotent && request.extras.key.is_none() {
            let first = request.resend_of.and_then(|first| self.sends.name_of(first));
            request.extras.key = Some(first.unwrap_or_else(|| channel::new_key(self.cx.now.wall)));
        }
        let key = request.conversation;
        self.sends.push(message, request, channel, &self.cx);
        if transport == Transport::Frame {
            self.web_event(key, SocketEvent::Want(Wanted::Message));
        }
    }

    fn refuse_untried(&mut self, message: MessageId, request: &OutgoingMessage, why: Objection) {
        let why = Reason::Held(why);
        let mut record = untried(message, request, &mut self.cx);
        record.settle(Outcome::Refused(why.clone()), self.cx.now);
        self.cx.record_status((message, DeliveryStatus::Refused(why)), None, Some(&record), None);
    }

    pub fn start_sends(&mut self) {
        for (message, why) in self.sends.without_token(&self.cx) {
            self.refuse_waiting(message, Outcome::Refused(why));
        }
        if self.sends.all().any(|send| send.request.sent_as == Some(Variation::WrongScope)) {
            let asked = self.sign_in.ask_spare(&mut self.cx);
            self.refuse_wrong_scope(asked);
        }
        while let Some(message) = self.sends.start(&self.cx, &self.webs) {
            match self.sends.get(message).map(|send| send.channel.capabilities().transport) {
                Some(Transport::Request) => self.launch_request(message),
                Some(Transport::Frame) => self.launch_frame(message),
                None => {}
            }
        }
        self.sends.report_paced(&self.cx, &self.webs);
    }

    pub fn refuse_waiting(&mut self, message: MessageId, outcome: Outcome) {
        if self.sends.take_waiting(message) {
            self.conclude(message, outcome);
        }
    }

    /// Without a token of another scope, no message goes that wants one.
    pub fn refuse_wrong_scope(&mut self, asked: Result<(), Reason>) {
        let Err(why) = asked else { return };
        let wanting = self.sends.waiting().filter(|send| send.request.sent_as == Some(Variation::WrongScope));
        for message in wanting.map(|send| send.message).collect::<Vec<_>>() {
            let why = Reason::NoOtherToken(Box::new(why.clone()));
            self.refuse_waiting(message, Outcome::Refused(why));
        }
    }

    fn launch_request(&mut self, message: MessageId) {
        let Some(send) = self.sends.get(message) else { return };
        let channel = send.channel;
        let (call, shown, token) = match self.write(&send.request) {
            Ok(written) => written,
            Err(why) => return self.conclude(message, Outcome::Refused(Reason::NotBuilt(why))),
        };
        let Some(intent) = self.sends.begin_try(message, shown, token, &mut self.cx) else { return };
        self.cx.pace.spend();
        let take_back = self.cx.spawn_send(call, channel, intent);
        self.sends.handed_over(message, take_back);
    }

    fn write(&self, request: &OutgoingMessage) -> Result<Written, String> {
        let none = "there is no token or no such conversation";
        let entry = self.cx.entry(request.conversation).ok_or(none)?;
        let mut address = entry.conversation.address.clone();
        let (mut token, mut carried) = (self.cx.token.clone().ok_or(none)?, self.cx.carried());
        if let Some(sent_as) = request.sent_as {
            address = channel::address_with_fault(&address, sent_as);
            (token, carried) = self.cx.token_with_fault(sent_as).unwrap_or((token, carried));
        }
        let mut call = channel::call(&self.cx.profile, entry, &address, request, &token, self.cx.now.wall)?;
        if request.sent_as == Some(Variation::NoToken) {
            call.headers.remove(AUTHORIZATION);
        }
        let shown = capture::request(&call, &self.cx.redactor);
        Ok((call, shown, carried))
    }

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
        let Some(verdict) = self.sends.follow(message, result, shown.ended(), &self.cx) else { return };
        // This message is counted in what its answer says; the others on the wire may not be.
        self.cx.take_meta(&meta, own_token.then(|| self.sends.in_flight().saturating_sub(1)));
        let outcome = match verdict {
            // The message was taken back, and the server refused it: so it is cancelled, as wanted.
            RetryDecision::Again(..) | RetryDecision::TokenRefused(_) if given_up => Outcome::Cancelled,
            RetryDecision::TokenRefused(why) if !on_purpose => match self.cx.tokens.refuted(generation, self.cx.now) {
                Refuted::Retry { renewal } => {
                    return self.sends.await_new_token(message, (generation, why), renewal, &self.cx);
                }
                Refuted::Final => Outcome::Refused(why),
            },
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

    pub fn unrecorded(&mut self, message: MessageId, why: Unrecorded) {
        let given_up = self.sends.get(message).is_some_and(|send| send.given_up.is_some());
        match why {
            Unrecorded::NotNow(_) if given_up => self.conclude(message, Outcome::Cancelled),
            Unrecorded::NotNow(why) => {
                let why = Reason::Unrecorded { why, for_good: false };
                let ending = Ending::Failed(Failure::new(FailureKind::Invalid, Phase::Write, why.to_string()));
                self.sends.end_try(message, (ending, Timing::default()));
                self.sends.again(message, self.cx.now.after(RECORD_AGAIN), why, &self.cx);
            }
            Unrecorded::Never(why) => {
                self.conclude(message, Outcome::Refused(Reason::Unrecorded { why, for_good: true }));
            }
        }
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
        let accepted = matches!(delivery, DeliveryStatus::Accepted | DeliveryStatus::Landed);
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
        if accepted && let Some(name) = &request.extras.key {
            // Unknown messages under the same name are the same message.
            for (other, _) in self.sends.unknown_under(&[Some(name.clone())]) {
                self.settle_by_hand(other, true);
            }
        }
        let on_disk = stays_queued.then_some(DeliveryStatus::Queued);
        self.cx.record_status((message, delivery), on_disk, send.record.as_ref(), remote_id);
        if unknown && self.webs.is_writable(key) {
            self.catch_up(key);
        }
    }

    pub fn cancel(&mut self, message: MessageId) {
        match self.sends.take_back(message) {
            TakenFrom::Waiting => self.conclude(message, Outcome::Cancelled),
            TakenFrom::InFlight => self.take_frame_back(message),
            TakenFrom::Nowhere => {}
        }
    }

    pub fn leave_queued(&mut self, messages: Vec<MessageId>) {
        for message in messages {
            self.sends.leave_queued(message);
            self.cancel(message);
        }
    }

    pub fn settle_by_hand(&mut self, message: MessageId, landed: bool) {
        let delivery = if landed { DeliveryStatus::Landed } else { DeliveryStatus::Lost };
        self.settle_unknown(message, delivery, None);
    }

    pub fn settle_unknown(&mut self, message: MessageId, delivery: DeliveryStatus, remote_id: Option<String>) {
        let Some(Doubt { conversation, .. }) = self.sends.know(message) else { return };
        self.reads.of(conversation).settled(message);
        self.cx.record_status((message, delivery), None, None, remote_id);
    }

    pub fn settle_seen(&mut self, settled: Vec<Settled>) {
        for settled in settled {
            let (message, delivery, id) = match settled {
                Settled::Answered(message) => (message, DeliveryStatus::Answered, None),
                Settled::Landed(message, _) if self.sends.know(message).is_none() => continue,
                Settled::Landed(message, id) => (message, DeliveryStatus::Landed, Some(id)),
            };
            self.cx.record_status((message, delivery), None, None, id);
        }
    }

    pub fn recall(&mut self, recalled: Vec<(Message, Timestamp)>) {
        let mut doubted = BTreeSet::new();
        for (message, begun) in recalled {
            let key = message.conversation;
            if matches!(message.delivery, DeliveryStatus::Unknown(_)) {
                let doubt = Doubt { conversation: key, key: message.extras.key.clone() };
                self.sends.recall_unknown(message.id, doubt);
                doubted.insert(key);
            }
            self.reads.recall(message, begun, &self.cx);
        }
        doubted.retain(|key| self.cx.is_web(*key));
        for key in doubted {
            self.look_for_doubted(key);
        }
    }
}
