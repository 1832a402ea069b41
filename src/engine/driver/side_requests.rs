//! SideRequests: small requests beside the messages. None is tried again, none renews a token, and each leaves room under the
//! rate limit for messages.
//!
//! ```text
//! the guest types ──────────────► event, at most every 5 s, now or never ─┐
//! a message of the other side ──► receipt, where the profile wants it     ├─► waits for a token ─► request ─► told
//! a frame's id ─────────────────► which conversation is that?             │
//! a person ─────────────────────► which conversations are active? ────────┘
//! ```

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::SignedDuration;

use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::outcome::{self, Judged};
use crate::engine::token::Outlook;
use crate::genesys::call::BadCall;
use crate::genesys::open_messaging::{self, Endpoint};
use crate::genesys::{Call, conversations, discovery};
use crate::model::{Address, Author, ConversationKey, ExchangeId, Kind, Moment, Outcome, RemoteMessage};

use super::Driver;
use super::reads::RESERVE;
use super::tasks::ProbeDone;

/// Typing is told at most this often, as the official clients do. [MTSDK]
const TYPING_EVERY: Duration = Duration::from_secs(5);
/// How often a conversation's id is asked for in vain, and the unit of the growing pauses between.
const LEARN_TRIES: u32 = 5;
const LEARN_PAUSE: Duration = Duration::from_secs(1);
/// The most side_requests that wait; of more, the oldest are let go.
const WAITING_MAX: usize = 64;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideRequest {
    /// The guest is typing.
    Typing(ConversationKey),
    /// A message of the other side has reached the guest.
    Receipt {
        /// In which conversation.
        key: ConversationKey,
        /// Its remote id.
        message_id: String,
    },
    /// Which conversation is this message part of?
    Learn {
        /// Which conversation wants to know.
        key: ConversationKey,
        /// The message's remote id.
        message_id: String,
    },
    /// Which conversations are active?
    Discover {
        /// Which page, from 1.
        page: u32,
    },
}

impl SideRequest {
    /// The row's kind and words.
    fn row(&self) -> (Kind, String) {
        match self {
            Self::Typing(_) => (Kind::Event, "typing".to_owned()),
            Self::Receipt { .. } => (Kind::Event, "receipt: delivered".to_owned()),
            Self::Learn { .. } => (Kind::Read, "which conversation is the message part of".to_owned()),
            Self::Discover { page } => (Kind::Read, format!("active conversations, page {page}")),
        }
    }

    const fn conversation(&self) -> Option<ConversationKey> {
        match self {
            Self::Typing(key) | Self::Receipt { key, .. } | Self::Learn { key, .. } => Some(*key),
            Self::Discover { .. } => None,
        }
    }
}

/// SideRequests that wait, and those under way.
#[derive(Default)]
pub struct SideRequests {
    waiting: VecDeque<SideRequest>,
    flying: HashMap<ExchangeId, (SideRequest, ExchangeBuilder)>,
    /// When typing was last told.
    typed: BTreeMap<ConversationKey, Moment>,
    /// Conversations whose id is being asked for, or was not told.
    learning: BTreeMap<ConversationKey, Learning>,
}

/// How asking for a conversation's id stands: each message that is pushed may ask, so that a server that does not tell is
/// asked less and less, and then no more.
#[derive(Default)]
struct Learning {
    under_way: bool,
    failures: u32,
    not_before: Option<Moment>,
}

impl Learning {
    fn may_ask(&self, now: Moment) -> bool {
        !self.under_way && self.failures < LEARN_TRIES && self.not_before.is_none_or(|at| now.mono >= at.mono)
    }

    fn failed(&mut self, for_good: bool, now: Moment) {
        self.under_way = false;
        self.failures = if for_good { LEARN_TRIES } else { self.failures + 1 };
        self.not_before = Some(now.after(LEARN_PAUSE.saturating_mul(1 << self.failures.min(LEARN_TRIES))));
    }
}

impl SideRequests {
    fn put(&mut self, request: SideRequest) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(request);
    }

    /// A new token: what the old one was refused may be asked again.
    pub fn new_token(&mut self) {
        self.learning.clear();
    }
}

impl Driver {
    /// The guest types: told now, or not at all.
    pub(super) fn typing(&mut self, key: ConversationKey, now: Moment) {
        if self.is_web(key) {
            return self.guest_types(key, now);
        }
        let entry = self.context.profile.conversations.get(key.0 as usize);
        let Some(Address::OpenMessaging { .. }) = entry.map(|e| &e.conversation.address) else { return };
        if self.context.tuning.send_log.read_only() {
            return;
        }
        let told = self.side_requests.typed.get(&key).is_some_and(|at| now.since(*at) < TYPING_EVERY);
        if !told && self.may_run(now) {
            self.side_requests.typed.insert(key, now);
            self.run_side_request(SideRequest::Typing(key), now);
        }
    }

    /// Messages of the other side have come: receipts, where the profile wants them. What was said before this session
    /// is history.
    pub(super) fn acknowledge(&mut self, key: ConversationKey, messages: &[RemoteMessage]) {
        let entry = self.context.profile.conversations.get(key.0 as usize);
        let open = matches!(entry.map(|e| &e.conversation.address), Some(Address::OpenMessaging { .. }));
        if !open || !self.context.profile.open_messaging.receipts || self.context.tuning.send_log.read_only() {
            return;
        }
        let since = self
            .context
            .began
            .wall
            .saturating_add(SignedDuration::from_secs(self.context.skew))
            .unwrap_or(self.context.began.wall);
        let theirs = |m: &&RemoteMessage| matches!(m.author, Author::Bot | Author::Agent) && m.at >= since;
        for message in messages.iter().filter(theirs) {
            self.side_requests.put(SideRequest::Receipt { key, message_id: message.id.clone() });
        }
    }

    /// Learns the conversation's id from one of its messages, unless it is known, being asked for, or refused.
    pub(super) fn learn_from_message(&mut self, key: ConversationKey, message_id: String, now: Moment) {
        if self.conversation_id(key).is_some() {
            return;
        }
        let learning = self.side_requests.learning.entry(key).or_default();
        if learning.may_ask(now) {
            learning.under_way = true;
            self.side_requests.put(SideRequest::Learn { key, message_id });
        }
    }

    /// A person wants to see a page of the active conversations.
    pub(super) fn discover(&mut self, page: u32) {
        self.side_requests.put(SideRequest::Discover { page: page.max(1) });
    }

    fn may_run(&self, now: Moment) -> bool {
        let ready = matches!(self.sign_in.tokens.outlook(now, None), Outlook::Ready(_));
        ready && self.reads_held(now).is_none() && self.context.pace.may(now, RESERVE).is_ok()
    }

    /// Whether an request waits for the pace.
    pub(super) fn side_request_waits(&self) -> bool {
        !self.side_requests.waiting.is_empty()
    }

    pub(super) fn pump_side_requests(&mut self, now: Moment) {
        if self.stopping {
            return;
        }
        if self.sign_in.tokens.outlook(now, None) == Outlook::Never {
            for request in std::mem::take(&mut self.side_requests.waiting) {
                self.give_up(&request, "there is no valid token: sign in first");
            }
        }
        while self.may_run(now)
            && let Some(request) = self.side_requests.waiting.pop_front()
        {
            self.run_side_request(request, now);
        }
    }

    fn run_side_request(&mut self, request: SideRequest, now: Moment) {
        let (kind, what) = request.row();
        let mut record = ExchangeBuilder::new(self.context.next_exchange(), kind, what, now);
        if let Some(key) = request.conversation() {
            record = record.of(key, None);
        }
        let call = match self.side_request_call(&request, now) {
            Ok(call) => call,
            Err(BadCall(why)) => {
                record.settle(Outcome::Refused(why.clone()), now);
                self.context.tell(record.report());
                return self.give_up(&request, &why);
            }
        };
        let token = self.sign_in.tokens.facts().map(|f| (f.generation, now.since(f.issued)));
        record.begin(capture::request(&call, &self.context.redactor), token, now);
        self.context.tell(record.report());
        self.context.pace.spend();
        let exchange = record.id();
        let asked = match request {
            SideRequest::Typing(_) | SideRequest::Receipt { .. } => crate::genesys::Asked::OpenMessage,
            SideRequest::Learn { .. } | SideRequest::Discover { .. } => crate::genesys::Asked::Anything,
        };
        self.side_requests.flying.insert(exchange, (request, record));
        self.context.spawn_side_request(call, asked, exchange);
    }

    fn side_request_call(&self, request: &SideRequest, now: Moment) -> Result<Call, BadCall> {
        let none = || BadCall("there is no token or no such conversation".to_owned());
        let token = self.sign_in.token.as_ref().ok_or_else(none)?;
        let api = &self.context.profile.hosts.api;
        let guest =
            |key: &ConversationKey| match &self.context.profile.conversations.get(key.0 as usize)?.conversation.address
            {
                Address::OpenMessaging { integration_id, guest } => Some((integration_id, guest)),
                Address::GuestApi { .. } | Address::WebMessaging { .. } => None,
            };
        match request {
            SideRequest::Typing(key) => {
                let (integration, guest) = guest(key).ok_or_else(none)?;
                let call = open_messaging::request(api, integration, Endpoint::Event, token)?;
                Ok(call.with_body(open_messaging::typing(guest, now.wall)?))
            }
            SideRequest::Receipt { key, message_id } => {
                let (integration, guest) = guest(key).ok_or_else(none)?;
                let call = open_messaging::request(api, integration, Endpoint::Receipt, token)?;
                Ok(call.with_body(open_messaging::delivered(message_id, &guest.id, now.wall)?))
            }
            SideRequest::Learn { message_id, .. } => conversations::details_request(api, message_id, token),
            SideRequest::Discover { page } => {
                let theirs = now.wall.saturating_add(SignedDuration::from_secs(self.context.skew)).unwrap_or(now.wall);
                discovery::request(api, *page, theirs, token)
            }
        }
    }

    pub(super) fn side_request_answered(&mut self, done: ProbeDone, now: Moment) {
        self.context.overhear(&done.shown.heard, self.sends.queue.flying());
        let Some((request, mut record)) = self.side_requests.flying.remove(&done.exchange) else { return };
        let why = done.shown.why();
        let (status, wait) = (done.shown.status(), done.shown.wait());
        let taken = done.shown.answer.as_ref().map(|answer| outcome::of_answer(answer, false));
        record.end(done.shown.ending, done.shown.timing);
        if let Some(wait) = wait.filter(|_| status == 429) {
            self.read_limited(wait, now);
        }
        let understood = match (&request, done.body.as_deref()) {
            (SideRequest::Typing(_) | SideRequest::Receipt { .. }, _) => {
                (taken == Some(Judged::Accepted)).then_some(Understood::Nothing)
            }
            (_, None) => None,
            (SideRequest::Learn { .. }, Some(body)) => conversations::read_details(body).map(Understood::Conversation),
            (SideRequest::Discover { page }, Some(body)) => discovery::read(body, *page).map(Understood::Page),
        };
        let outcome = match (&understood, status) {
            (Some(_), _) => Outcome::Accepted,
            (None, 0) => Outcome::Failed(why.clone()),
            (None, 200..=299) => Outcome::Refused("the answer is not what was asked for".to_owned()),
            (None, _) => Outcome::Refused(why.clone()),
        };
        let reason = outcome.reason().unwrap_or_default().to_owned();
        record.settle(outcome, now);
        self.context.tell(record.report());
        match (request, understood) {
            (SideRequest::Learn { key, .. }, Some(Understood::Conversation(id))) => {
                self.side_requests.learning.remove(&key);
                self.learn(key, id);
            }
            (SideRequest::Discover { page }, Some(Understood::Page((found, more)))) => {
                self.context.tell(Report::Discovered { page, found: Ok(found), more });
            }
            (_, Some(_)) => {}
            (request @ SideRequest::Discover { .. }, None) if status == 403 => {
                let needs = format!("{reason}; listing conversations needs {}", discovery::PERMISSIONS);
                self.give_up(&request, &needs);
            }
            (request, None) => {
                // What was refused stays refused to this token; what failed may be asked with a later message.
                if let SideRequest::Learn { key, .. } = &request
                    && let Some(learning) = self.side_requests.learning.get_mut(key)
                {
                    learning.failed(!matches!(status, 0 | 404 | 408 | 429 | 500..), now);
                }
                self.give_up(&request, &reason);
            }
        }
    }

    pub(super) fn side_request_job_died(&mut self, exchange: ExchangeId, now: Moment) {
        if let Some((request, mut record)) = self.side_requests.flying.remove(&exchange) {
            let why = "guestwire failed inside";
            record.settle(Outcome::Failed(why.to_owned()), now);
            self.context.tell(record.report());
            self.give_up(&request, why);
        }
    }

    /// Who waits for an answer is told that there is none. The others have their row in the log.
    fn give_up(&self, request: &SideRequest, why: &str) {
        if let SideRequest::Discover { page } = request {
            self.context.tell(Report::Discovered { page: *page, found: Err(why.to_owned()), more: false });
        }
    }
}

/// What an answer told.
enum Understood {
    /// It was accepted.
    Nothing,
    Conversation(String),
    Page((Vec<crate::model::Found>, bool)),
}
