//! Sending: from the queue to the wire and to an outcome.

use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::client::{Stop, capture};
use crate::engine::durable::{Intent, Unrecorded};
use crate::engine::queue::Taken;
use crate::engine::record::Record;
use crate::engine::redact::Redactor;
use crate::engine::retry::{Came, Tries, Verdict, judge};
use crate::engine::token::{Outlook, Refuted};
use crate::engine::{Report, SendRequest};
use crate::genesys::call::BadCall;
use crate::genesys::{Call, guest_api};
use crate::model::limits::GUEST_TEXT_MAX_BYTES;
use crate::model::{
    Address, Ending, Failure, FailureKind, Generation, Kind, Life, MessageId, Moment, Outcome, Phase, Request, Timing,
    Variation,
};

use super::Driver;
use super::jobs::SendDone;

/// Pause before a message whose intent could not be recorded is tried again.
const RECORD_AGAIN: Duration = Duration::from_secs(5);

/// A message that is not settled.
pub struct Sending {
    pub request: SendRequest,
    pub tries: Tries,
    pub life: Life,
    /// From its first try on.
    pub record: Option<Record>,
    /// Met a 401 with this generation: wants a newer one; and what the 401 said.
    pub doubted: Option<(Generation, String)>,
    /// Waits for a renewal that has not begun.
    pub wants_renewal: bool,
    /// While on the wire.
    pub task: Option<tokio::task::Id>,
    /// A person took it back while it was on the wire.
    pub taken_back: bool,
    /// guestwire is leaving: what was not written stays queued for the next start.
    pub let_go: bool,
    /// When the newest try began.
    pub began: Moment,
}

/// What the messages of a conversation share as long as the token is the same.
pub struct Route {
    /// Their request, but for its body.
    call: Call,
    /// How it is shown.
    shown: Request,
    /// Who said how: what it knew then is what it masks now.
    redactor: Arc<Redactor>,
}

impl Driver {
    /// A message comes in: checked, then queued.
    pub(super) fn accept(&mut self, request: SendRequest, now: Moment) {
        if self.sends.contains_key(&request.message) || self.unknown.contains_key(&request.message) {
            return self.notice(&format!("message {} is known already and was not queued again", request.message), now);
        }
        if let Some(why) = self.objection(&request).or_else(|| self.bench_objection(&request)) {
            return self.refuse_locally(&request, why, now);
        }
        self.queue.push(request.conversation, request.message);
        self.tell_life(request.message, Life::Queued, None, None);
        let sending = Sending {
            tries: Tries::default(),
            life: Life::Queued,
            record: None,
            doubted: None,
            wants_renewal: false,
            task: None,
            taken_back: false,
            let_go: false,
            began: now,
            request,
        };
        self.sends.insert(sending.request.message, sending);
    }

    /// Why a message is not sent at all. Malformed ids are no reason: they are sent on purpose.
    fn objection(&self, request: &SendRequest) -> Option<String> {
        let Some(entry) = self.profile.conversations.get(request.conversation.0 as usize) else {
            return Some(format!("not sent: there is no conversation number {}", request.conversation));
        };
        let bytes = request.text.len();
        if request.text.trim().is_empty() {
            return Some("not sent: the message is empty".to_owned());
        }
        if bytes > GUEST_TEXT_MAX_BYTES && request.sent_as != Some(Variation::Oversize) {
            return Some(format!("not sent: {bytes} bytes, and the limit is {GUEST_TEXT_MAX_BYTES}; shorten the text"));
        }
        match &entry.conversation.address {
            Address::GuestApi { .. } => None,
            other => Some(format!(
                "not sent: conversations of the channel {} are not supported by this version yet",
                other.channel()
            )),
        }
    }

    fn refuse_locally(&mut self, request: &SendRequest, why: String, now: Moment) {
        let what = self.redactor.text(&request.text).into_owned();
        let mut record = Record::new(self.next_exchange(), Kind::Send, what, now)
            .of(request.conversation, Some(request.message))
            .sent_as(request.sent_as);
        record.settle(Outcome::Refused(why.clone()), now);
        self.tell(record.report());
        self.tell_life(request.message, Life::Refused(why), Some(&record), None);
    }

    /// Puts on the wire what may go.
    pub(super) fn pump_sends(&mut self, now: Moment) {
        self.give_up_doubting(now);
        if self.stopping {
            return;
        }
        self.pump_bench(now);
        loop {
            let (tokens, sends, bench) = (&self.tokens, &self.sends, &self.bench);
            let usual = tokens.outlook(now, None);
            let ready = |message: MessageId| {
                let doubted = sends.get(&message).and_then(|s| s.doubted.as_ref()).map(|(g, _)| *g);
                let outlook = if doubted.is_some() { tokens.outlook(now, doubted) } else { usual };
                let prepared = sends.get(&message).is_none_or(|s| Self::bench_ready(bench, &s.request));
                prepared && matches!(outlook, Outlook::Ready(_))
            };
            if let Err(until) = self.pace.may(now, 0) {
                return self.tell_paced(until);
            }
            let Some(message) = self.queue.start(now, ready) else { return };
            self.launch(message, now);
        }
    }

    /// A 401 stays one where no newer token will come by itself.
    fn give_up_doubting(&mut self, now: Moment) {
        let lost: Vec<_> = self
            .doubting
            .iter()
            .filter_map(|m| {
                let (generation, why) = self.sends.get(m)?.doubted.as_ref()?;
                let never = self.tokens.outlook(now, Some(*generation)) == Outlook::Never;
                never.then(|| (*m, why.clone()))
            })
            .collect();
        for (message, why) in lost {
            let Some(conversation) = self.sends.get(&message).map(|s| s.request.conversation) else { continue };
            if self.queue.take(conversation, message) == Taken::Waiting {
                self.conclude(message, Outcome::Refused(why), None, now);
            }
        }
    }

    fn tell_paced(&mut self, until: Moment) {
        let paced = Life::Waiting { until, why: "pacing, rate limit".to_owned() };
        let waiting: Vec<_> = self.queue.waiting().map(|(_, m)| m).collect();
        for message in waiting {
            let Some(send) = self.sends.get_mut(&message) else { continue };
            if send.life == Life::Queued
                || matches!(&send.life, Life::Waiting { why, .. } if why.starts_with("pacing") && send.life != paced)
            {
                send.life = paced.clone();
                let exchange = send.record.as_ref().map(Record::id);
                self.tell(Report::Message { id: message, life: paced.clone(), exchange, remote_id: None });
            }
        }
    }

    /// When pacing ends, if anything waits for that.
    pub(super) fn pace_due(&self, now: Moment) -> Option<Moment> {
        let sends = self.queue.waiting().next().is_some();
        if !sends && self.readers.is_empty() {
            return None;
        }
        self.pace.may(now, if sends { 0 } else { super::reading::RESERVE }).err()
    }

    fn launch(&mut self, message: MessageId, now: Moment) {
        let Some(mut send) = self.sends.remove(&message) else { return };
        let mut record = send.record.take().unwrap_or_else(|| {
            self.exchanges += 1;
            let what = self.redactor.text(&send.request.text).into_owned();
            Record::new(crate::model::ExchangeId(self.exchanges), Kind::Send, what, now)
                .of(send.request.conversation, Some(message))
                .sent_as(send.request.sent_as)
        });
        let generation = self.tokens.facts().map_or_else(Generation::default, |f| f.generation);
        let super::bench::Written { call, shown, token } = match self.write(&send.request, now) {
            Ok(written) => written,
            Err(bad) => {
                send.record = Some(record);
                self.sends.insert(message, send);
                return self.conclude(message, Outcome::Refused(format!("not sent: {}", bad.0)), None, now);
            }
        };
        record.begin(shown, token, now);
        let attempt = record.tries();
        self.tell(record.report());
        send.life = Life::Sending { attempt };
        self.tell_life(message, send.life.clone(), Some(&record), None);
        self.pace.spend();
        let intent =
            Intent { message, conversation: send.request.conversation, text: send.request.text.clone(), attempt };
        send.task = Some(self.spawn_send(call, generation, intent));
        send.record = Some(record);
        send.began = now;
        send.doubted = None;
        send.wants_renewal = false;
        self.doubting.remove(&message);
        self.sends.insert(message, send);
    }

    /// The request of a message, and how it is shown.
    pub(super) fn call_for(&mut self, request: &SendRequest) -> Result<(Call, Request), BadCall> {
        let entry = self.profile.conversations.get(request.conversation.0 as usize);
        let address = entry.map(|e| &e.conversation.address);
        let (Some(token), Some(Address::GuestApi { conversation_id, participant_id, external_id })) =
            (&self.token, address)
        else {
            return Err(BadCall("there is no token or no such conversation".to_owned()));
        };
        let body = guest_api::body(participant_id.as_deref(), external_id.as_deref(), &request.text)?;
        let route = match self.routes.entry(request.conversation) {
            Entry::Occupied(known) if Arc::ptr_eq(&known.get().redactor, &self.redactor) => known.into_mut(),
            stale => {
                let call =
                    guest_api::request(&self.profile.hosts.api, &self.profile.guest_api.path, conversation_id, token)?;
                let shown = capture::request(&call, &self.redactor);
                let redactor = Arc::clone(&self.redactor);
                stale.insert_entry(Route { call, shown, redactor }).into_mut()
            }
        };
        let call = route.call.with_body(body);
        let shown = capture::request_like(&route.shown, &call, &self.redactor);
        Ok((call, shown))
    }

    pub(super) fn send_answered(&mut self, done: SendDone, now: Moment) {
        let message = done.message;
        let Some(send) = self.sends.get_mut(&message) else { return };
        send.task = None;
        let conversation = send.request.conversation;
        let shown = match done.shown {
            Ok(shown) => shown,
            Err(Unrecorded::NotNow(why)) if !send.taken_back && !send.let_go => {
                let why = format!("it cannot be recorded first: {why}");
                if let Some(record) = &mut send.record {
                    record.end(not_written(&why), Timing::default());
                }
                return self.again(message, now.after(RECORD_AGAIN), why, false, now);
            }
            Err(Unrecorded::NotNow(_)) => {
                self.queue.settle(conversation, message);
                return self.conclude(message, Outcome::Cancelled, None, now);
            }
            Err(Unrecorded::Never(why)) => {
                let why = format!("not sent: it could not be recorded first ({why})");
                self.queue.settle(conversation, message);
                return self.conclude(message, Outcome::Refused(why), None, now);
            }
        };
        let verdict = match (&shown.answer, &shown.ending) {
            (Some((status, wait, reason)), _) => {
                judge(Came::Answer { status: *status, wait: *wait, reason }, &mut send.tries, &mut self.jitter)
            }
            (None, Ending::Failed(failure)) => judge(Came::Broken(failure), &mut send.tries, &mut self.jitter),
            (None, Ending::Answered(response)) => Verdict::Unknown(format!("{} came unread", response.status)),
        };
        let (taken_back, let_go) = (send.taken_back, send.let_go);
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
        self.overhear(&heard, self.queue.flying().saturating_sub(1));
        let limited = shown.answer.as_ref().is_some_and(|(status, _, _)| *status == 429);
        let verdict = match verdict {
            // It was taken back, and the server did not take it: that is what was wanted.
            Verdict::Again(..) | Verdict::Refuted(_) if taken_back || let_go => Verdict::Cancelled,
            Verdict::Refuted(why) if on_purpose => Verdict::Refused(why),
            Verdict::Refuted(why) => match self.tokens.refuted(done.generation, now) {
                Refuted::Retry { renewal } => return self.heal(message, done.generation, renewal, why, now),
                Refuted::Final => Verdict::Refused(why),
            },
            other => other,
        };
        let outcome = match verdict {
            Verdict::Again(pause, why) => return self.again(message, now.after(pause), why, limited, now),
            Verdict::Accepted => Outcome::Accepted,
            Verdict::Refused(why) | Verdict::Refuted(why) => Outcome::Refused(why),
            Verdict::Unknown(why) => Outcome::Unknown(why),
            Verdict::Failed(why) => Outcome::Failed(why),
            Verdict::Cancelled => Outcome::Cancelled,
        };
        if outcome == Outcome::Accepted && !on_purpose {
            self.tokens.proven(done.generation);
        }
        self.queue.settle(conversation, message);
        self.look_after(message, &outcome, done.remote_id.as_deref(), &shown.heard, now);
        self.conclude(message, outcome, done.remote_id, now);
    }

    /// A 401 that another token may heal: back to the head of its lane until there is one.
    fn heal(&mut self, message: MessageId, generation: Generation, renewal: bool, why: String, now: Moment) {
        let running = self.renewal.as_ref().map(|(record, _)| record.id());
        let Some(send) = self.sends.get_mut(&message) else { return };
        send.tries.healed = true;
        send.doubted = Some((generation, why));
        send.life = Life::Queued;
        let conversation = send.request.conversation;
        if let Some(record) = &mut send.record {
            if let Some(exchange) = running.filter(|_| renewal) {
                record.renewal(exchange, now);
            } else {
                record.park();
                send.wants_renewal = renewal;
            }
            let report = record.report();
            self.reports.put(report);
        }
        let id = send.record.as_ref().map(Record::id);
        self.doubting.insert(message);
        self.tuning.durable.outcome(message, &Life::Queued, None);
        self.queue.hold(conversation, message, None);
        self.tell(Report::Message { id: message, life: Life::Queued, exchange: id, remote_id: None });
    }

    fn again(&mut self, message: MessageId, until: Moment, why: String, limited: bool, now: Moment) {
        if limited {
            self.pace.silence(until);
        }
        let Some(send) = self.sends.get_mut(&message) else { return };
        let life = Life::Waiting { until, why: why.clone() };
        send.life = life.clone();
        let conversation = send.request.conversation;
        if let Some(record) = &mut send.record {
            record.wait(now, until, why);
            let report = record.report();
            self.reports.put(report);
        }
        let exchange = send.record.as_ref().map(Record::id);
        self.tuning.durable.outcome(message, &life, None);
        self.queue.hold(conversation, message, Some(until));
        self.tell(Report::Message { id: message, life, exchange, remote_id: None });
    }

    /// A message is over; the queue knows already.
    pub(super) fn conclude(&mut self, message: MessageId, outcome: Outcome, remote_id: Option<String>, now: Moment) {
        self.doubting.remove(&message);
        let Some(mut send) = self.sends.remove(&message) else { return };
        // A call that could not be built was flying already; for all others this does nothing.
        self.queue.settle(send.request.conversation, message);
        let life = match &outcome {
            Outcome::Accepted => Life::Accepted,
            Outcome::Unknown(why) => Life::Unknown(why.clone()),
            Outcome::Refused(why) | Outcome::Failed(why) => Life::Refused(why.clone()),
            Outcome::Cancelled | Outcome::Open | Outcome::Waiting => Life::Cancelled,
        };
        if matches!(life, Life::Unknown(_)) {
            self.unknown.insert(message, send.request.conversation);
        }
        if let Some(record) = &mut send.record {
            record.settle(outcome, now);
            self.tell(record.report());
        }
        let kept = if send.let_go && !send.taken_back && life == Life::Cancelled { &Life::Queued } else { &life };
        self.tuning.durable.outcome(message, kept, remote_id.as_deref());
        self.tell_life(message, life, send.record.as_ref(), remote_id);
    }

    pub(super) fn cancel(&mut self, message: MessageId, now: Moment) {
        let Some(send) = self.sends.get_mut(&message) else { return };
        match self.queue.take(send.request.conversation, message) {
            Taken::Waiting => self.conclude(message, Outcome::Cancelled, None, now),
            Taken::Flying => {
                send.taken_back = true;
                if let Some(work) = send.task.and_then(|task| self.working.get_mut(&task)) {
                    work.stop(Stop::TakenBack);
                }
            }
            Taken::Absent => {}
        }
    }

    /// guestwire is leaving: as a cancel, but what was not written is not taken back.
    pub(super) fn let_go(&mut self, message: MessageId, now: Moment) {
        if let Some(send) = self.sends.get_mut(&message) {
            let taken_back = send.taken_back;
            send.let_go = true;
            self.cancel(message, now);
            if let Some(send) = self.sends.get_mut(&message) {
                send.taken_back = taken_back;
            }
        }
    }

    pub(super) fn settle_by_hand(&mut self, message: MessageId, landed: bool) {
        let Some(conversation) = self.unknown.remove(&message) else { return };
        if let Some(reader) = self.readers.get_mut(&conversation) {
            reader.settled(message);
        }
        let life = if landed { Life::Landed } else { Life::Lost };
        self.tuning.durable.outcome(message, &life, None);
        self.tell_life(message, life, None, None);
    }

    pub(super) fn send_job_died(&mut self, message: MessageId, now: Moment) {
        let Some(conversation) = self.sends.get(&message).map(|s| s.request.conversation) else { return };
        self.queue.settle(conversation, message);
        let why = "guestwire failed inside while sending; the message may have been received".to_owned();
        self.conclude(message, Outcome::Unknown(why), None, now);
    }

    pub(super) fn tell_life(&self, id: MessageId, life: Life, record: Option<&Record>, remote_id: Option<String>) {
        self.tell(Report::Message { id, life, exchange: record.map(Record::id), remote_id });
    }
}

/// A try of which nothing was written.
fn not_written(why: &str) -> Ending {
    Ending::Failed(Failure {
        kind: FailureKind::Invalid,
        phase: Phase::Write,
        detail: why.to_owned(),
        wrote: false,
        partial: None,
    })
}
