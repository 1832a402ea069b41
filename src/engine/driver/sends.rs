//! Sending: from the queue to the wire.
//!
//! ```text
//! accept ─► objection? ─► queue ─► clearance (token or socket, pace) ─► launch ─► intent recorded ─► wire ─► outcome
//! ```

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::engine::channel::{self, Way};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::pace::{Pace, Rate};
use crate::engine::queue::{Queue, Taken};
use crate::engine::retry::Tries;
use crate::engine::send_log::Intent;
use crate::engine::socket::session::{Event, Wanted};
use crate::engine::token::{Outlook, Tokens};
use crate::engine::{Report, SendRequest};
use crate::model::{Channel, ConversationKey, DeliveryStatus, Generation, Kind, MessageId, Moment, Outcome, Request};

use super::Driver;
use super::negative_tests::NegativeTests;
use super::requests::Written;
use super::sign_in::SignIn;
use super::tasks::TakeBack;
use super::web::Webs;

/// Messages that are not settled, and what decides when they go.
pub struct Sends {
    pub queue: Queue,
    /// Boxed, for a map moves what it holds.
    pub all: BTreeMap<MessageId, Box<Sending>>,
    /// What is documented and never told: the pace of each conversation's session.
    pub rates: BTreeMap<ConversationKey, Rate>,
    /// Those that wait for a newer token than the one that was refused.
    pub doubting: BTreeSet<MessageId>,
    pub unknown: BTreeMap<MessageId, Doubt>,
}

impl Sends {
    /// None yet, of which `parallel` conversations may be on the wire side by side.
    pub fn new(parallel: usize) -> Self {
        Self {
            queue: Queue::new(parallel),
            all: BTreeMap::new(),
            rates: BTreeMap::new(),
            doubting: BTreeSet::new(),
            unknown: BTreeMap::new(),
        }
    }
}

/// A message that is not settled.
pub struct Sending {
    pub request: SendRequest,
    pub channel: Channel,
    pub tries: Tries,
    pub life: DeliveryStatus,
    /// From its first try on.
    pub record: Option<ExchangeBuilder>,
    /// Met a 401 with this generation: wants a newer one; and what the 401 said.
    pub doubted: Option<(Generation, String)>,
    /// Waits for a renewal that has not begun.
    pub wants_renewal: bool,
    /// While on the wire.
    pub take_back: Option<TakeBack>,
    /// A person took it back while it was on the wire.
    pub taken_back: bool,
    /// guestwire is leaving: what was not written stays queued for the next start.
    pub let_go: bool,
    /// When the newest try began; where the answers of tries were lost, the first of those.
    pub began: Moment,
}

/// A message of which nobody knows whether it was received.
pub struct Doubt {
    pub conversation: ConversationKey,
    /// The name that it bears in a channel with idempotency.
    pub key: Option<String>,
}

/// What decides whether a message may go now.
struct Clearance<'d> {
    tokens: &'d Tokens,
    sends: &'d BTreeMap<MessageId, Box<Sending>>,
    negative_tests: &'d NegativeTests,
    pace: &'d Pace,
    rates: &'d BTreeMap<ConversationKey, Rate>,
    webs: &'d Webs,
    usual: Outlook,
    now: Moment,
}

impl Clearance<'_> {
    fn may(&self, message: MessageId) -> bool {
        let Some(send) = self.sends.get(&message) else { return true };
        let carried = match channel::way(send.channel) {
            Way::Rest => {
                let doubted = send.doubted.as_ref().map(|(g, _)| *g);
                let outlook = if doubted.is_some() { self.tokens.outlook(self.now, doubted) } else { self.usual };
                matches!(outlook, Outlook::Ready(_)) && Driver::negative_test_ready(self.negative_tests, &send.request)
            }
            Way::Socket => self.webs.is_writable(send.request.conversation),
        };
        carried && self.paced(send).is_none()
    }

    /// Until when pacing holds it back, and which limit.
    fn paced(&self, send: &Sending) -> Option<(Moment, &'static str)> {
        let token = match channel::way(send.channel) {
            Way::Rest => self.pace.may(self.now, 0).err().map(|until| (until, "pacing, rate limit")),
            Way::Socket => self.webs.paced(send.request.conversation, self.now),
        };
        let session = self.rates.get(&send.request.conversation).and_then(|rate| rate.may(self.now).err());
        let session = session.map(|until| (until, "pacing, messages of a session"));
        [token, session].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }
}

impl Driver {
    /// A message comes in: checked, then queued.
    pub(super) fn accept(&mut self, mut request: SendRequest, now: Moment) {
        if self.sends.all.contains_key(&request.message) || self.sends.unknown.contains_key(&request.message) {
            return self
                .context
                .notice(&format!("message {} is known already and was not queued again", request.message), now);
        }
        let Some(entry) = self.context.profile.conversations.get(request.conversation.0 as usize) else {
            let why = format!("not sent: there is no conversation number {}", request.conversation);
            return self.refuse_locally(&request, why, now);
        };
        let channel = entry.conversation.channel();
        if let Some(why) = channel::objection(entry, &request).or_else(|| self.negative_test_objection(&request)) {
            return self.refuse_locally(&request, why, now);
        }
        if channel::way(channel) == Way::Socket {
            // Its tracing id, and `metadata.id`: a resend is another message.
            request.extras.key = Some(uuid::Uuid::new_v4().to_string());
        } else if channel::is_idempotent(channel) && request.extras.key.is_none() {
            let first = request.resend_of.and_then(|m| self.sends.unknown.get(&m)).and_then(|doubt| doubt.key.clone());
            request.extras.key = Some(first.unwrap_or_else(|| channel::new_key(now.wall, rand_bytes())));
        }
        let key = request.conversation;
        self.sends.queue.push(key, request.message);
        self.tell_life(request.message, DeliveryStatus::Queued, None, None);
        let sending = Sending {
            channel,
            tries: Tries::default(),
            life: DeliveryStatus::Queued,
            record: None,
            doubted: None,
            wants_renewal: false,
            take_back: None,
            taken_back: false,
            let_go: false,
            began: now,
            request,
        };
        self.negative_test_wanted(sending.request.message, sending.request.sent_as);
        self.sends.all.insert(sending.request.message, Box::new(sending));
        if channel::way(channel) == Way::Socket {
            self.web_event(key, Event::Want(Wanted::Message), now);
        }
    }

    fn refuse_locally(&mut self, request: &SendRequest, why: String, now: Moment) {
        let mut record = self.untried(request, now);
        record.settle(Outcome::Refused(why.clone()), now);
        self.tell_recorded(None, request.message, DeliveryStatus::Refused(why), Some(&record), None);
    }

    /// The exchange of a message that was not tried.
    pub(super) fn untried(&mut self, request: &SendRequest, now: Moment) -> ExchangeBuilder {
        let what = self.context.redactor.text(&request.text).into_owned();
        ExchangeBuilder::new(self.context.next_exchange(), Kind::Send, what, now)
            .of(request.conversation, Some(request.message))
            .sent_as(request.sent_as)
    }

    /// Puts on the wire what may go.
    pub(super) fn pump_sends(&mut self, now: Moment) {
        self.give_up_doubting(now);
        if self.stopping {
            return;
        }
        self.pump_negative_tests(now);
        loop {
            let Self { sign_in: SignIn { tokens, .. }, sends, negative_tests, context, webs, .. } = &mut *self;
            let Sends { queue, all, rates, .. } = sends;
            let usual = tokens.outlook(now, None);
            let clearance =
                Clearance { usual, tokens, sends: all, negative_tests, pace: &context.pace, rates, webs, now };
            let Some(message) = queue.start(now, |message| clearance.may(message)) else { break };
            self.launch(message, now);
        }
        self.tell_paced(now);
    }

    /// A 401 stays one where no newer token will come by itself.
    fn give_up_doubting(&mut self, now: Moment) {
        let lost: Vec<_> = self
            .sends
            .doubting
            .iter()
            .filter_map(|m| {
                let (generation, why) = self.sends.all.get(m)?.doubted.as_ref()?;
                let never = self.sign_in.tokens.outlook(now, Some(*generation)) == Outlook::Never;
                never.then(|| (*m, why.clone()))
            })
            .collect();
        for (message, why) in lost {
            let Some(conversation) = self.sends.all.get(&message).map(|s| s.request.conversation) else { continue };
            if self.sends.queue.take(conversation, message) == Taken::Waiting {
                self.conclude(message, Outcome::Refused(why), None, now);
            }
        }
    }

    /// The messages that would go next but for the pace, and until when they wait.
    fn paced(&self, now: Moment) -> impl Iterator<Item = (MessageId, Moment, &'static str)> + '_ {
        let Self { sign_in: SignIn { tokens, .. }, negative_tests, context, webs, .. } = self;
        let Sends { all, rates, .. } = &self.sends;
        let usual = tokens.outlook(now, None);
        let clearance = Clearance { usual, tokens, sends: all, negative_tests, pace: &context.pace, rates, webs, now };
        self.sends.queue.heads(now).filter_map(move |(_, message)| {
            let (until, why) = clearance.paced(clearance.sends.get(&message)?)?;
            Some((message, until, why))
        })
    }

    fn tell_paced(&mut self, now: Moment) {
        let paced: Vec<_> = self.paced(now).collect();
        for (message, until, why) in paced {
            let Some(send) = self.sends.all.get_mut(&message) else { continue };
            let life = DeliveryStatus::Waiting { until, why: why.to_owned() };
            let before = matches!(&send.life, DeliveryStatus::Waiting { why, .. } if why.starts_with("pacing"));
            if send.life == DeliveryStatus::Queued || (before && send.life != life) {
                send.life = life.clone();
                let exchange = send.record.as_ref().map(ExchangeBuilder::id);
                self.context.tell(Report::Message { id: message, life, exchange, remote_id: None });
            }
        }
    }

    /// When pacing ends, if anything waits for that.
    pub(super) fn pace_due(&self, now: Moment) -> Option<Moment> {
        let sends = self.paced(now).map(|(_, until, _)| until).min_by_key(|until| until.mono);
        let reads = (!self.reads.readers.is_empty() || self.side_request_waits())
            .then(|| self.context.pace.may(now, super::reads::RESERVE).err())
            .flatten();
        [sends, reads].into_iter().flatten().min_by_key(|until| until.mono)
    }

    fn launch(&mut self, message: MessageId, now: Moment) {
        let Some(send) = self.sends.all.get(&message) else { return };
        match channel::way(send.channel) {
            Way::Rest => self.launch_request(message, now),
            Way::Socket => self.launch_frame(message, now),
        }
    }

    fn launch_request(&mut self, message: MessageId, now: Moment) {
        let Some(send) = self.sends.all.remove(&message) else { return };
        let channel = send.channel;
        let written = self.write(&send.request, now);
        self.sends.all.insert(message, send);
        let generation = self.sign_in.tokens.facts().map_or_else(Generation::default, |f| f.generation);
        let Written { call, shown, token } = match written {
            Ok(written) => written,
            Err(bad) => {
                let why = format!("not sent: {}", bad.0);
                return self.conclude(message, Outcome::Refused(why), None, now);
            }
        };
        let Some(intent) = self.begin_try(message, shown, token, now) else { return };
        self.context.pace.spend();
        let take_back = self.context.spawn_send(call, channel, generation, intent);
        if let Some(send) = self.sends.all.get_mut(&message) {
            send.take_back = Some(take_back);
            send.doubted = None;
            send.wants_renewal = false;
        }
        self.sends.doubting.remove(&message);
    }

    /// A try of a message begins: it is told, and what is to be recorded before the first byte is handed back.
    pub(super) fn begin_try(
        &mut self,
        message: MessageId,
        shown: Request,
        token: Option<(Generation, Duration)>,
        now: Moment,
    ) -> Option<Intent> {
        let send = self.sends.all.get_mut(&message)?;
        let (key, extras) = (send.request.conversation, send.request.extras.clone());
        let record = send.record.get_or_insert_with(|| {
            let what = self.context.redactor.text(&send.request.text).into_owned();
            ExchangeBuilder::new(self.context.next_exchange(), Kind::Send, what, now)
                .of(key, Some(message))
                .sent_as(send.request.sent_as)
        });
        record.begin(shown, token, now);
        let (attempt, report, exchange) = (record.tries(), record.report(), record.id());
        send.life = DeliveryStatus::Sending { attempt };
        // What a try may have brought there is looked for from its beginning on.
        if send.tries.lost == 0 {
            send.began = now;
        }
        let (text, shown) = (send.request.text.clone(), record.what().to_owned());
        let intent = Intent { message, conversation: key, text, shown, extras, attempt };
        let life = send.life.clone();
        if let Some(rate) = channel::messages_per_second(send.channel) {
            let allowed = self.context.tuning.messages_per_second.unwrap_or(rate);
            let rate = match self.sends.rates.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(Rate::new(allowed, Duration::from_secs(1))),
            };
            rate.spend(now);
        }
        self.context.tell(report);
        self.context.tell(Report::Message { id: message, life, exchange: Some(exchange), remote_id: None });
        Some(intent)
    }

    pub(super) fn cancel(&mut self, message: MessageId, now: Moment) {
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        match self.sends.queue.take(send.request.conversation, message) {
            Taken::Waiting => self.conclude(message, Outcome::Cancelled, None, now),
            Taken::Flying => {
                send.taken_back = true;
                if channel::way(send.channel) == Way::Socket {
                    let key = send.request.conversation;
                    return self.take_frame_back(key, message, now);
                }
                if let Some(take_back) = send.take_back.take() {
                    let _ = take_back.send(());
                }
            }
            Taken::Absent => {}
        }
    }

    /// guestwire is leaving: as a cancel, but what was not written is not taken back.
    pub(super) fn let_go(&mut self, message: MessageId, now: Moment) {
        if let Some(send) = self.sends.all.get_mut(&message) {
            let taken_back = send.taken_back;
            send.let_go = true;
            self.cancel(message, now);
            if let Some(send) = self.sends.all.get_mut(&message) {
                send.taken_back = taken_back;
            }
        }
    }
}

/// What makes a key one of a kind.
fn rand_bytes() -> [u8; 10] {
    let mut out = [0; 10];
    out.iter_mut().zip(uuid::Uuid::new_v4().as_bytes()).for_each(|(to, from)| *to = *from);
    out
}
