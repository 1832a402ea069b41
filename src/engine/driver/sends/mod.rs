//! Messages that are not finished: what is known of each from the queue to its end, and those of which nobody knows.
//!
//! ```text
//! launch: accept ─► queue ─► may it go? (token or socket, pace) ─► intent recorded ─► wire ─► answer: verdict ─┬─► end
//!                     ▲                                                                                        │
//!                     └── again, with another token ◄──────────────────────────────────────────────────────────┘
//! ```
//! `launch` and `answer` are the driver's part, which moves a message between the areas.

mod answer;
mod launch;
mod token_wait;

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use super::state::EngineState;
use super::task_output::TakeBack;
use super::web::conversation::Webs;
use crate::engine::outcome::{RetryDecision, Tries, TryResult, what_follows};
use crate::engine::queue::{Queue, Rate, TakenFrom};
use crate::engine::token::Availability;
use crate::engine::{Intent, Report};
use crate::model::{
    Channel, ConversationKey, DeliveryStatus, Ending, Exchange, ExchangeKind, Generation, MessageId, Moment, Outcome,
    OutgoingMessage, Pacing, Reason, Request, Timing, Transport, Variation,
};

pub struct Sends {
    queue: Queue,
    all: BTreeMap<MessageId, InFlightSend>,
    /// The documented rate limit of each conversation's session. The server never sends it, so it is counted here.
    rates: BTreeMap<ConversationKey, Rate>,
    unknown: BTreeMap<MessageId, UnknownSend>,
    rng: Rng,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    TakenBack,   // a person took it back while it was on the wire
    StaysQueued, // guestwire is leaving: what was not written stays queued for the next start
}

pub struct InFlightSend {
    pub message: MessageId,
    pub request: OutgoingMessage,
    pub channel: Channel,
    pub tries: Tries,
    delivery: DeliveryStatus,
    pub record: Option<Exchange>, // from its first try on
    token_wait: TokenWait,
    take_back: Option<TakeBack>, // while a request of it is on the wire
    pub given_up: Option<GivenUp>,
    pub began: Moment, // when the newest try began; where the answers of tries were lost, the first of those
}

#[derive(Default)]
struct TokenWait {
    refused: Option<(Generation, Reason)>, // the generation that met the 401, and what that said: a newer one is wanted
    wants_renewal: bool,                   // waits for a renewal that its exchange does not name yet
}

impl TokenWait {
    fn refused(&self) -> Option<Generation> {
        self.refused.as_ref().map(|(generation, _)| *generation)
    }
}

impl InFlightSend {
    pub fn carries_own_token(&self) -> bool {
        self.request.sent_as.is_none_or(Variation::carries_own_token)
    }

    pub fn generation(&self) -> Generation {
        self.record.as_ref().and_then(Exchange::generation).unwrap_or_default()
    }

    pub fn try_began(&self) -> Option<Moment> {
        self.record.as_ref().and_then(Exchange::began)
    }

    fn restate(&mut self, delivery: DeliveryStatus, cx: &EngineState) {
        self.delivery = delivery;
        self.report(cx);
    }

    fn report(&self, cx: &EngineState) {
        let (id, delivery, exchange) = (self.message, self.delivery.clone(), self.record.as_ref().map(|r| r.id));
        cx.report(Report::Message { id, delivery, exchange, remote_id: None });
    }

    fn may_go(&self, rates: &BTreeMap<ConversationKey, Rate>, cx: &EngineState, webs: &Webs) -> bool {
        let carried = match self.channel.capabilities().transport {
            Transport::Request => {
                let availability = cx.availability(self.token_wait.refused());
                let wrong_scope = self.request.sent_as == Some(Variation::WrongScope);
                matches!(availability, Availability::Ready(_)) && (!wrong_scope || cx.spare_token().is_some())
            }
            Transport::Frame => webs.is_writable(self.request.conversation),
        };
        carried && self.paced(rates, cx, webs).is_none()
    }

    fn paced(
        &self,
        rates: &BTreeMap<ConversationKey, Rate>,
        cx: &EngineState,
        webs: &Webs,
    ) -> Option<(Moment, Pacing)> {
        let key = self.request.conversation;
        let shared = match self.channel.capabilities().transport {
            Transport::Request => cx.pace.held(cx.now, 0).map(|until| (until, Pacing::Token)),
            Transport::Frame => webs.paced(key, cx.now),
        };
        let own = rates.get(&key).and_then(|rate| rate.held(cx.now)).map(|until| (until, Pacing::Session));
        [shared, own].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }
}

/// A message of which nobody knows whether it was received.
pub struct UnknownSend {
    pub conversation: ConversationKey,
    pub key: Option<String>, // its idempotency key, if the channel has one
}

impl Sends {
    pub fn new(parallel: usize, seed: u64) -> Self {
        Self {
            queue: Queue::new(parallel),
            all: BTreeMap::new(),
            rates: BTreeMap::new(),
            unknown: BTreeMap::new(),
            rng: Rng::with_seed(seed),
        }
    }

    pub fn get(&self, message: MessageId) -> Option<&InFlightSend> {
        self.all.get(&message)
    }

    pub fn knows(&self, message: MessageId) -> bool {
        self.all.contains_key(&message) || self.unknown.contains_key(&message)
    }

    pub const fn in_flight(&self) -> usize {
        self.queue.in_flight
    }

    pub fn waiting(&self) -> impl Iterator<Item = &InFlightSend> {
        self.queue.waiting().filter_map(|message| self.all.get(&message))
    }

    pub fn all(&self) -> impl Iterator<Item = &InFlightSend> {
        self.all.values()
    }

    pub fn push(&mut self, message: MessageId, request: OutgoingMessage, channel: Channel, cx: &EngineState) {
        self.queue.push(request.conversation, message);
        let send = InFlightSend {
            message,
            request,
            channel,
            tries: Tries::default(),
            delivery: DeliveryStatus::Queued,
            record: None,
            token_wait: TokenWait::default(),
            take_back: None,
            given_up: None,
            began: cx.now,
        };
        send.report(cx);
        self.all.insert(message, send);
    }

    pub fn start(&mut self, cx: &EngineState, webs: &Webs) -> Option<MessageId> {
        let Self { queue, all, rates, .. } = self;
        queue.start(cx.now, |message| all.get(&message).is_none_or(|send| send.may_go(rates, cx, webs)))
    }

    pub fn report_paced(&mut self, cx: &EngineState, webs: &Webs) {
        for message in self.queue.heads(cx.now) {
            let Some(send) = self.all.get_mut(&message) else { continue };
            let Some((until, why)) = send.paced(&self.rates, cx, webs) else { continue };
            let delivery = DeliveryStatus::Waiting { until, why: Reason::Paced(why) };
            let paced = matches!(&send.delivery, DeliveryStatus::Waiting { why: Reason::Paced(_), .. });
            if send.delivery == DeliveryStatus::Queued || (paced && send.delivery != delivery) {
                send.restate(delivery, cx);
            }
        }
    }

    pub fn due(&self, cx: &EngineState, webs: &Webs) -> Option<Moment> {
        let heads = self.queue.heads(cx.now).filter_map(|message| self.all.get(&message));
        let paced = heads.filter_map(|send| send.paced(&self.rates, cx, webs)).map(|(until, _)| until);
        paced.chain(self.queue.next_due()).min()
    }

    /// A message of a conversation is being prepared, or waits for something: reported where that is new.
    pub fn restate(&mut self, message: MessageId, delivery: DeliveryStatus, cx: &EngineState) {
        if let Some(send) = self.all.get_mut(&message).filter(|send| send.delivery != delivery) {
            send.restate(delivery, cx);
        }
    }

    /// A try begins: it is reported, and what is to be recorded before the first byte is handed back.
    pub fn begin_try(
        &mut self,
        message: MessageId,
        shown: Request,
        token: Option<(Generation, Duration)>,
        cx: &mut EngineState,
    ) -> Option<Intent> {
        let send = self.all.get_mut(&message)?;
        let record = send.record.get_or_insert_with(|| untried(message, &send.request, cx));
        record.begin(shown, token, cx.now);
        let attempt = record.tries();
        let OutgoingMessage { conversation, text, extras, .. } = send.request.clone();
        let intent = Intent { message, conversation, text, shown: record.what.clone(), extras, attempt };
        cx.report_exchange(record);
        // What a try may have brought there is looked for from its beginning on.
        if send.tries.lost == 0 {
            send.began = cx.now;
        }
        if let Some(documented) = send.channel.capabilities().messages_per_second {
            let allowed = cx.options.messages_per_second.unwrap_or(documented);
            let rate = self.rates.entry(conversation);
            rate.or_insert_with(|| Rate::new(allowed, Duration::from_secs(1))).spend(cx.now);
        }
        send.restate(DeliveryStatus::Sending { attempt }, cx);
        Some(intent)
    }

    pub fn handed_over(&mut self, message: MessageId, take_back: TakeBack) {
        if let Some(send) = self.all.get_mut(&message) {
            (send.take_back, send.token_wait) = (Some(take_back), TokenWait::default());
        }
    }

    pub fn end_try(&mut self, message: MessageId, ended: (Ending, Timing)) {
        if let Some(send) = self.all.get_mut(&message) {
            send.take_back = None;
            if let Some(record) = &mut send.record {
                record.end(ended);
            }
        }
    }

    /// Counts what came of a try, and decides what follows for the message.
    pub fn follow(&mut self, message: MessageId, result: TryResult, cx: &EngineState) -> Option<RetryDecision> {
        let send = self.all.get_mut(&message)?;
        if let Some(rate) = self.rates.get_mut(&send.request.conversation) {
            rate.arrived(cx.now);
        }
        // A message that is sent wrongly on purpose is sent once.
        let once = send.request.sent_as.is_some() || send.given_up.is_some();
        let repeatable = send.channel.capabilities().idempotent && !once;
        Some(what_follows(result, repeatable, &mut send.tries, &mut self.rng))
    }

    pub fn again(&mut self, message: MessageId, until: Moment, why: Reason, cx: &EngineState) {
        let Some(send) = self.all.get_mut(&message) else { return };
        if let Some(record) = &mut send.record {
            record.wait(cx.now, until, why.clone());
        }
        self.requeue(message, Some(until), DeliveryStatus::Waiting { until, why }, cx);
    }

    fn requeue(&mut self, message: MessageId, until: Option<Moment>, delivery: DeliveryStatus, cx: &EngineState) {
        let Some(send) = self.all.get_mut(&message) else { return };
        if let Some(record) = &send.record {
            cx.report_exchange(record);
        }
        // What may have been received stays recorded as on the wire: should guestwire die now, it is unknown.
        if send.tries.lost == 0 {
            drop(cx.options.send_log.outcome(message, &delivery, None));
        }
        send.restate(delivery, cx);
        self.queue.requeue(send.request.conversation, message, until);
    }

    /// Takes a message back: out of its queue, or off the wire where nothing of it is written yet.
    pub fn take_back(&mut self, message: MessageId) -> TakenFrom {
        let Some(send) = self.all.get_mut(&message) else { return TakenFrom::Nowhere };
        let taken = self.queue.take(send.request.conversation, message);
        if taken == TakenFrom::InFlight {
            send.given_up.get_or_insert(GivenUp::TakenBack);
            if let Some(take_back) = send.take_back.take() {
                let _ = take_back.send(());
            }
        }
        taken
    }

    /// guestwire is leaving: what is taken back from now on stays queued, unless a person took it back before.
    pub fn leave_queued(&mut self, message: MessageId) {
        if let Some(send) = self.all.get_mut(&message) {
            send.given_up.get_or_insert(GivenUp::StaysQueued);
        }
    }

    /// Takes a message out of its queue; false where it does not wait there.
    pub fn take_waiting(&mut self, message: MessageId) -> bool {
        let conversation = self.all.get(&message).map(|send| send.request.conversation);
        conversation.is_some_and(|key| self.queue.take(key, message) == TakenFrom::Waiting)
    }

    pub fn end(
        &mut self,
        message: MessageId,
        outcome: Outcome,
        cx: &mut EngineState,
    ) -> Option<(InFlightSend, DeliveryStatus)> {
        let mut send = self.all.remove(&message)?;
        let InFlightSend { request, tries, record, .. } = &mut send;
        self.queue.finish(request.conversation, message);
        let outcome = after_lost_tries(outcome, tries.lost);
        let delivery = match &outcome {
            Outcome::Accepted if tries.received_before => DeliveryStatus::Received,
            Outcome::Accepted => DeliveryStatus::Accepted,
            Outcome::Unknown(why) => {
                let unknown =
                    UnknownSend { conversation: request.conversation, key: request.extras.idempotency_key.clone() };
                self.unknown.insert(message, unknown);
                DeliveryStatus::Unknown(why.clone())
            }
            Outcome::Refused(why) | Outcome::Failed(why) => {
                // What was held back without a try is an entry of the log all the same.
                record.get_or_insert_with(|| untried(message, request, cx));
                DeliveryStatus::Refused(why.clone())
            }
            Outcome::Cancelled | Outcome::Open | Outcome::Waiting => DeliveryStatus::Cancelled,
        };
        if let Some(record) = record {
            record.finish(outcome, cx.now);
        }
        Some((send, delivery))
    }

    pub fn unknown_with_keys(&self, names: &[Option<String>]) -> Vec<(MessageId, ConversationKey)> {
        let has_key = |unknown: &UnknownSend| unknown.key.is_some() && names.contains(&unknown.key);
        self.unknown
            .iter()
            .filter(|(_, unknown)| has_key(unknown))
            .map(|(m, unknown)| (*m, unknown.conversation))
            .collect()
    }
}

pub fn untried(message: MessageId, request: &OutgoingMessage, cx: &mut EngineState) -> Exchange {
    let record = cx.record(ExchangeKind::Send, &request.text, Some(request.conversation));
    Exchange { message: Some(message), sent_as: request.sent_as, ..record }
}

/// An outcome that is no acceptance says nothing of earlier tries whose answers were lost.
fn after_lost_tries(outcome: Outcome, lost: u32) -> Outcome {
    let why = match outcome {
        Outcome::Refused(why) | Outcome::Failed(why) if lost > 0 => why,
        Outcome::Cancelled if lost > 0 => Reason::TakenBack,
        other => return other,
    };
    Outcome::Unknown(Reason::AfterLostTry(Box::new(why)))
}
