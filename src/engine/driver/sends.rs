//! Messages that are not settled, from the queue to the wire, and those of which nobody knows.
//!
//! ```text
//! accept ─► objection? ─► queue ─► clearance (token or socket, pace) ─► launch ─► intent recorded ─► wire ─► outcome
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::outcome::TryResult;
use crate::engine::pace::Rate;
use crate::engine::queue::{NextSend, Queue};
use crate::engine::retry::{RetryDecision, Tries, what_follows};
use crate::engine::send_log::Intent;
use crate::engine::token::Outlook;
use crate::engine::{Report, SendRequest};
use crate::model::{
    Channel, ConversationKey, DeliveryStatus, Ending, ExchangeId, ExchangeKind, Generation, MessageId, Moment, Outcome,
    Pacing, Reason, Request, Timing, Transport, Variation,
};

use super::context::Context;
use super::negative_tests::NegativeTests;
use super::task_output::TakeBack;
use super::web::state::Webs;

pub struct Sends {
    queue: Queue,
    all: BTreeMap<MessageId, InFlightSend>,
    /// The documented rate limit of each conversation's session. The server never sends it, so it is counted here.
    rates: BTreeMap<ConversationKey, Rate>,
    unknown: BTreeMap<MessageId, Doubt>,
    jitter: Jitter,
}

/// Why a message is not tried any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    /// A person took it back while it was on the wire.
    TakenBack,
    /// guestwire is leaving: what was not written stays queued for the next start.
    StaysQueued,
}

/// A message that is not settled.
pub struct InFlightSend {
    pub request: SendRequest,
    pub channel: Channel,
    pub tries: Tries,
    delivery: DeliveryStatus,
    /// From its first try on.
    record: Option<ExchangeBuilder>,
    /// Met a 401 with this generation: wants a newer one; and what the 401 said.
    refuted: Option<(Generation, Reason)>,
    /// Waits for a renewal that its exchange does not name yet.
    wants_renewal: bool,
    /// While a request of it is on the wire.
    take_back: Option<TakeBack>,
    /// Why there is no further try of it.
    given_up: Option<GivenUp>,
    /// When the newest try began; where the answers of tries were lost, the first of those.
    pub began: Moment,
}

impl InFlightSend {
    /// Nobody wants a further try of it.
    pub const fn is_given_up(&self) -> bool {
        self.given_up.is_some()
    }

    /// Whether its answers say something of the session's token.
    pub fn carries_own_token(&self) -> bool {
        self.request.sent_as.is_none_or(Variation::carries_own_token)
    }

    /// The session's token that its newest try carried.
    pub fn generation(&self) -> Generation {
        self.record.as_ref().and_then(ExchangeBuilder::generation).unwrap_or_default()
    }

    /// When its newest try began.
    pub fn try_began(&self) -> Option<Moment> {
        self.record.as_ref().and_then(ExchangeBuilder::began)
    }

    fn report(&self, remote_id: Option<String>) -> Report {
        let (id, delivery, exchange) = (self.request.message, self.delivery.clone(), self.record.as_ref());
        Report::Message { id, delivery, exchange: exchange.map(ExchangeBuilder::id), remote_id }
    }
}

/// A message of which nobody knows whether it was received.
pub struct Doubt {
    pub conversation: ConversationKey,
    /// The name that it bears in a channel with idempotency.
    pub key: Option<String>,
}

pub struct Ended {
    pub request: SendRequest,
    pub began: Moment,
    pub delivery: DeliveryStatus,
    pub record: Option<ExchangeBuilder>,
    /// It was not written, and guestwire leaves: the next start finds it queued.
    pub stays_queued: bool,
}

/// What decides whether a message may go now.
pub struct Clearance<'d> {
    pub cx: &'d Context,
    pub negative_tests: &'d NegativeTests,
    pub webs: &'d Webs,
}

impl Clearance<'_> {
    fn may(&self, send: &InFlightSend, rates: &BTreeMap<ConversationKey, Rate>) -> bool {
        let carried = match send.channel.capabilities().transport {
            Transport::Request => {
                let refuted = send.refuted.as_ref().map(|(generation, _)| *generation);
                let outlook = self.cx.outlook(refuted);
                matches!(outlook, Outlook::Ready(_)) && self.negative_tests.is_ready(send.request.sent_as)
            }
            Transport::Frame => self.webs.is_writable(send.request.conversation),
        };
        carried && self.paced(send, rates).is_none()
    }

    /// Until when pacing holds it back, and which limit.
    fn paced(&self, send: &InFlightSend, rates: &BTreeMap<ConversationKey, Rate>) -> Option<(Moment, Pacing)> {
        let shared = match send.channel.capabilities().transport {
            Transport::Request => self.cx.pace.may(self.cx.now, 0).err().map(|until| (until, Pacing::Token)),
            Transport::Frame => self.webs.paced(send.request.conversation, self.cx.now),
        };
        let own = rates.get(&send.request.conversation).and_then(|rate| rate.may(self.cx.now).err());
        let own = own.map(|until| (until, Pacing::Session));
        [shared, own].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }
}

impl Sends {
    /// None yet, of which `parallel` conversations may be on the wire side by side.
    pub fn new(parallel: usize, seed: u64) -> Self {
        Self {
            queue: Queue::new(parallel),
            all: BTreeMap::new(),
            rates: BTreeMap::new(),
            unknown: BTreeMap::new(),
            jitter: Jitter::new(seed),
        }
    }

    /// A message that is not settled.
    pub fn get(&self, message: MessageId) -> Option<&InFlightSend> {
        self.all.get(&message)
    }

    /// Whether a message was taken in and is not over, or unknown.
    pub fn knows(&self, message: MessageId) -> bool {
        self.all.contains_key(&message) || self.unknown.contains_key(&message)
    }

    pub const fn in_flight(&self) -> usize {
        self.queue.in_flight()
    }

    /// Messages that wait in their queues.
    pub fn waiting(&self) -> impl Iterator<Item = &InFlightSend> {
        self.queue.waiting().filter_map(|(_, message)| self.all.get(&message))
    }

    pub fn all(&self) -> impl Iterator<Item = &InFlightSend> {
        self.all.values()
    }

    pub fn push(&mut self, request: SendRequest, channel: Channel, cx: &Context) {
        let (key, message) = (request.conversation, request.message);
        self.queue.push(key, message);
        let sending = InFlightSend {
            request,
            channel,
            tries: Tries::default(),
            delivery: DeliveryStatus::Queued,
            record: None,
            refuted: None,
            wants_renewal: false,
            take_back: None,
            given_up: None,
            began: cx.now,
        };
        cx.report(sending.report(None));
        self.all.insert(message, sending);
    }

    /// The next message that may go, now on the wire.
    pub fn start(&mut self, clearance: &Clearance<'_>) -> Option<MessageId> {
        let Self { queue, all, rates, .. } = self;
        queue.start(clearance.cx.now, |message| all.get(&message).is_none_or(|send| clearance.may(send, rates)))
    }

    /// Reports until when messages that would go next wait for the pace.
    pub fn report_paced(&mut self, clearance: &Clearance<'_>) {
        let heads: Vec<_> = self.queue.heads(clearance.cx.now).collect();
        for message in heads {
            let Some(send) = self.all.get_mut(&message) else { continue };
            let Some((until, why)) = clearance.paced(send, &self.rates) else { continue };
            let delivery = DeliveryStatus::Waiting { until, why: Reason::Paced(why) };
            let paced = matches!(&send.delivery, DeliveryStatus::Waiting { why: Reason::Paced(_), .. });
            if send.delivery == DeliveryStatus::Queued || (paced && send.delivery != delivery) {
                send.delivery = delivery;
                clearance.cx.report(send.report(None));
            }
        }
    }

    /// When a message that waits for a moment may go.
    pub fn due(&self, clearance: &Clearance<'_>) -> Option<Moment> {
        let heads = self.queue.heads(clearance.cx.now).filter_map(|message| self.all.get(&message));
        let paced = heads.filter_map(|send| clearance.paced(send, &self.rates)).map(|(until, _)| until);
        paced.chain(self.queue.next_due()).min_by_key(|until| until.mono)
    }

    /// Messages whose 401 stays one, for no newer token will come by itself, and what it said.
    pub fn without_token(&self, cx: &Context) -> Vec<(MessageId, Reason)> {
        let refuted = self.all.iter().filter_map(|(message, send)| Some((*message, send.refuted.as_ref()?)));
        let lost = refuted.filter(|(_, (generation, _))| cx.outlook(Some(*generation)) == Outlook::Never);
        lost.map(|(message, (_, why))| (message, why.clone())).collect()
    }

    /// A message of a conversation is being prepared, or waits for something: reported where that is new.
    pub fn restate(&mut self, message: MessageId, delivery: DeliveryStatus, cx: &Context) {
        if let Some(send) = self.all.get_mut(&message).filter(|send| send.delivery != delivery) {
            send.delivery = delivery;
            cx.report(send.report(None));
        }
    }

    /// A try begins: it is reported, and what is to be recorded before the first byte is handed back.
    pub fn begin_try(
        &mut self,
        message: MessageId,
        shown: Request,
        token: Option<(Generation, Duration)>,
        cx: &mut Context,
    ) -> Option<Intent> {
        let send = self.all.get_mut(&message)?;
        let record = send.record.get_or_insert_with(|| untried(&send.request, cx));
        record.begin(shown, token, cx.now);
        let attempt = record.tries();
        let SendRequest { conversation, text, extras, .. } = send.request.clone();
        let intent = Intent { message, conversation, text, shown: record.exchange.what.clone(), extras, attempt };
        cx.report(record.report());
        send.delivery = DeliveryStatus::Sending { attempt };
        // What a try may have brought there is looked for from its beginning on.
        if send.tries.lost == 0 {
            send.began = cx.now;
        }
        if let Some(documented) = send.channel.capabilities().messages_per_second {
            let allowed = cx.options.messages_per_second.unwrap_or(documented);
            let rate = self.rates.entry(conversation);
            rate.or_insert_with(|| Rate::new(allowed, Duration::from_secs(1))).spend(cx.now);
        }
        cx.report(send.report(None));
        Some(intent)
    }

    /// Its request is on the way, and can be taken back by `take_back`.
    pub fn handed_over(&mut self, message: MessageId, take_back: TakeBack) {
        if let Some(send) = self.all.get_mut(&message) {
            send.take_back = Some(take_back);
            send.refuted = None;
            send.wants_renewal = false;
        }
    }

    pub fn end_try(&mut self, message: MessageId, ending: Ending, timing: Timing) {
        if let Some(send) = self.all.get_mut(&message) {
            send.take_back = None;
            if let Some(record) = &mut send.record {
                record.end(ending, timing);
            }
        }
    }

    /// A try ended, and what it says of the message: what follows.
    pub fn follow(
        &mut self,
        message: MessageId,
        result: TryResult,
        ending: Ending,
        timing: Timing,
        cx: &Context,
    ) -> Option<RetryDecision> {
        self.end_try(message, ending, timing);
        let send = self.all.get_mut(&message)?;
        if let Some(rate) = self.rates.get_mut(&send.request.conversation) {
            rate.arrived(cx.now);
        }
        // A message that is sent wrongly on purpose is sent once.
        let repeatable =
            send.channel.capabilities().idempotent && send.request.sent_as.is_none() && !send.is_given_up();
        Some(what_follows(result, repeatable, &mut send.tries, &mut self.jitter))
    }

    /// Back to the head of its queue, until a moment.
    pub fn again(&mut self, message: MessageId, until: Moment, why: Reason, cx: &Context) {
        let Some(send) = self.all.get_mut(&message) else { return };
        send.delivery = DeliveryStatus::Waiting { until, why: why.clone() };
        if let Some(record) = &mut send.record {
            record.wait(cx.now, until, why);
        }
        self.requeue(message, Some(until), cx);
    }

    /// A 401 that another token may heal: back to the head of its queue until there is one. `renewal`: it is asked for.
    pub fn await_new_token(&mut self, message: MessageId, refuted: (Generation, Reason), renewal: bool, cx: &Context) {
        let Some(send) = self.all.get_mut(&message) else { return };
        send.tries.healed = true;
        send.refuted = Some(refuted);
        send.wants_renewal = renewal;
        send.delivery = DeliveryStatus::Queued;
        if let Some(record) = &mut send.record {
            record.exchange.outcome = Outcome::Waiting;
        }
        self.requeue(message, None, cx);
    }

    fn requeue(&mut self, message: MessageId, until: Option<Moment>, cx: &Context) {
        let Some(send) = self.all.get(&message) else { return };
        if let Some(record) = &send.record {
            cx.report(record.report());
        }
        // What may have been received stays recorded as on the wire: should guestwire die now, it is unknown. A row that
        // cannot be written says the same.
        if send.tries.lost == 0 {
            drop(cx.options.send_log.outcome(message, &send.delivery, None));
        }
        cx.report(send.report(None));
        self.queue.requeue(send.request.conversation, message, until);
    }

    /// Takes a message back: out of its queue, or off the wire where nothing of it is written yet.
    pub fn take_back(&mut self, message: MessageId) -> NextSend {
        let Some(send) = self.all.get_mut(&message) else { return NextSend::Absent };
        let taken = self.queue.take(send.request.conversation, message);
        if taken == NextSend::InFlight {
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
        let Some(conversation) = self.all.get(&message).map(|send| send.request.conversation) else { return false };
        self.queue.take(conversation, message) == NextSend::Waiting
    }

    /// A message is over, or nobody knows how it ended.
    pub fn end(&mut self, message: MessageId, outcome: Outcome, cx: &mut Context) -> Option<Ended> {
        let send = self.all.remove(&message)?;
        let InFlightSend { request, tries, mut record, given_up, began, .. } = send;
        self.queue.finish(request.conversation, message);
        let outcome = after_lost_tries(outcome, tries.lost);
        let delivery = match &outcome {
            Outcome::Accepted if tries.landed => DeliveryStatus::Landed,
            Outcome::Accepted => DeliveryStatus::Accepted,
            Outcome::Unknown(why) => DeliveryStatus::Unknown(why.clone()),
            Outcome::Refused(why) | Outcome::Failed(why) => DeliveryStatus::Refused(why.clone()),
            Outcome::Cancelled | Outcome::Open | Outcome::Waiting => DeliveryStatus::Cancelled,
        };
        if matches!(delivery, DeliveryStatus::Unknown(_)) {
            let doubt = Doubt { conversation: request.conversation, key: request.extras.key.clone() };
            self.unknown.insert(message, doubt);
        }
        // What was held back without a try is an entry of the log all the same.
        if matches!(delivery, DeliveryStatus::Refused(_)) {
            record.get_or_insert_with(|| untried(&request, cx));
        }
        if let Some(record) = &mut record {
            record.settle(outcome, cx.now);
        }
        let stays_queued = given_up == Some(GivenUp::StaysQueued) && delivery == DeliveryStatus::Cancelled;
        Some(Ended { request, began, delivery, record, stays_queued })
    }

    /// A message of an earlier session is unknown.
    pub fn recall_unknown(&mut self, message: MessageId, doubt: Doubt) {
        self.unknown.insert(message, doubt);
    }

    /// An unknown message is unknown no more.
    pub fn know(&mut self, message: MessageId) -> Option<Doubt> {
        self.unknown.remove(&message)
    }

    /// The name that an unknown message was sent under.
    pub fn name_of(&self, message: MessageId) -> Option<String> {
        self.unknown.get(&message)?.key.clone()
    }

    /// The unknown messages that bear one of these names.
    pub fn unknown_under(&self, names: &[Option<String>]) -> Vec<(MessageId, ConversationKey)> {
        let bears = |doubt: &Doubt| doubt.key.is_some() && names.contains(&doubt.key);
        self.unknown.iter().filter(|(_, doubt)| bears(doubt)).map(|(m, doubt)| (*m, doubt.conversation)).collect()
    }

    /// Messages that wait for the token request under way name it.
    pub fn name_renewal(&mut self, renewal: ExchangeId, cx: &Context) {
        for send in self.all.values_mut().filter(|send| send.wants_renewal) {
            send.wants_renewal = false;
            if let Some(record) = &mut send.record {
                record.renewal(renewal, cx.now);
                cx.report(record.report());
            }
        }
    }

    /// A token request is over: the messages that waited record its result. After a failure they wait for the next request,
    /// if one follows.
    pub fn renewal_ended(&mut self, brought: Option<Generation>, cx: &Context) {
        let waits = |s: &&InFlightSend| s.record.as_ref().is_some_and(ExchangeBuilder::waits_for_renewal);
        let sharing = u32::try_from(self.all.values().filter(waits).count()).unwrap_or(u32::MAX);
        for send in self.all.values_mut() {
            if let Some(record) = &mut send.record
                && record.renewed(brought, sharing, cx.now)
            {
                send.wants_renewal = true;
                cx.report(record.report());
            }
            send.wants_renewal &= brought.is_none();
        }
    }
}

/// The exchange of a message that was not tried.
pub fn untried(request: &SendRequest, cx: &mut Context) -> ExchangeBuilder {
    let mut record = cx.record(ExchangeKind::Send, &request.text, Some(request.conversation));
    (record.exchange.message, record.exchange.sent_as) = (Some(request.message), request.sent_as);
    record
}

/// What earlier tries of the same message, whose answers were lost, make of an outcome that is no acceptance: nobody
/// knows what became of those tries.
fn after_lost_tries(outcome: Outcome, lost: u32) -> Outcome {
    match outcome {
        Outcome::Refused(why) | Outcome::Failed(why) if lost > 0 => {
            Outcome::Unknown(Reason::AfterLostTry(Box::new(why)))
        }
        Outcome::Cancelled if lost > 0 => Outcome::Unknown(Reason::AfterLostTry(Box::new(Reason::TakenBack))),
        other => other,
    }
}
