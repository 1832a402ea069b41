//! Small requests beside the messages. None is tried again, none renews a token, and each leaves room under the rate limit
//! for messages.
//!
//! ```text
//! the guest types ──────────────► event, at most every 5 s, now or never ─┐
//! a message of the other side ──► receipt, where the profile wants it     ├─► waits for a token ─► request ─► reported
//! a frame's id ─────────────────► which conversation is that?             │
//! a person ─────────────────────► which conversations are active? ────────┘
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::engine::Report;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::outcome::{self, Judged};
use crate::engine::token::Outlook;
use crate::genesys::call::BadCall;
use crate::genesys::open_messaging::{self, Endpoint};
use crate::genesys::{Call, conversations, discovery};
use crate::model::{Address, Author, ConversationKey, ExchangeKind, Moment, OpenGuest, Outcome, Reason, RemoteMessage};

use super::context::Context;
use super::reads::{RESERVE, Reads};
use super::sign_in::SignInArea;
use super::tasks::{CapturedTry, TaskPurpose};

/// Typing is told at most this often, as the official clients do. [MTSDK]
const TYPING_EVERY: Duration = Duration::from_secs(5);
/// How often a conversation's id is asked for in vain, and the unit of the growing pauses between.
const LEARN_TRIES: u32 = 5;
const LEARN_PAUSE: Duration = Duration::from_secs(1);
/// The most side requests that wait; of more, the oldest are dropped.
const WAITING_MAX: usize = 64;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideRequest {
    /// The guest is typing.
    Typing(ConversationKey),
    /// The message of this remote id has reached the guest.
    Receipt { key: ConversationKey, message_id: String },
    /// Which conversation is the message of this remote id part of?
    Learn { key: ConversationKey, message_id: String },
    /// Which conversations are active? A page of them, from 1.
    Discover { page: u32 },
}

impl SideRequest {
    /// The row's kind and words, and the conversation that it is about.
    fn row(&self) -> (ExchangeKind, String, Option<ConversationKey>) {
        match self {
            Self::Typing(key) => (ExchangeKind::Event, "typing".to_owned(), Some(*key)),
            Self::Receipt { key, .. } => (ExchangeKind::Event, "receipt: delivered".to_owned(), Some(*key)),
            Self::Learn { key, .. } => {
                (ExchangeKind::Read, "which conversation is the message part of".to_owned(), Some(*key))
            }
            Self::Discover { page } => (ExchangeKind::Read, format!("active conversations, page {page}"), None),
        }
    }
}

/// Side requests that wait.
#[derive(Default)]
pub struct SideRequests {
    waiting: VecDeque<SideRequest>,
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

/// The integration and the guest of a conversation of open messaging.
fn open_guest(key: ConversationKey, cx: &Context) -> Option<(&str, &OpenGuest)> {
    match cx.address(key)? {
        Address::OpenMessaging { integration_id, guest } => Some((integration_id, guest)),
        Address::GuestApi { .. } | Address::WebMessaging { .. } => None,
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

    /// The guest types in a conversation of open messaging: told now, or not at all.
    pub fn typing(&mut self, key: ConversationKey, cx: &mut Context, sign_in: &SignInArea, reads: &Reads, now: Moment) {
        let told = self.typed.get(&key).is_some_and(|at| now.since(*at) < TYPING_EVERY);
        let speaks = open_guest(key, cx).is_some() && !cx.tuning.send_log.read_only();
        if speaks && !told && may_run(cx, sign_in, reads, now) {
            self.typed.insert(key, now);
            run(SideRequest::Typing(key), cx, sign_in, now);
        }
    }

    /// Messages of the other side have come: receipts, where the profile wants them. What was said before this session
    /// is history.
    pub fn acknowledge(&mut self, key: ConversationKey, messages: &[RemoteMessage], cx: &Context) {
        let wanted = cx.profile.open_messaging.receipts && open_guest(key, cx).is_some();
        if !wanted || cx.tuning.send_log.read_only() {
            return;
        }
        let since = cx.server_time(cx.began.wall);
        let theirs = |m: &&RemoteMessage| matches!(m.author, Author::Bot | Author::Agent) && m.at >= since;
        for message in messages.iter().filter(theirs) {
            self.put(SideRequest::Receipt { key, message_id: message.id.clone() });
        }
    }

    /// Learns the conversation's id from one of its messages, unless it is being asked for, or was refused.
    pub fn learn_from_message(&mut self, key: ConversationKey, message_id: String, now: Moment) {
        let learning = self.learning.entry(key).or_default();
        if learning.may_ask(now) {
            learning.under_way = true;
            self.put(SideRequest::Learn { key, message_id });
        }
    }

    /// A person wants to see a page of the active conversations.
    pub fn discover(&mut self, page: u32) {
        self.put(SideRequest::Discover { page: page.max(1) });
    }

    /// When the pace lets one go that waits for it.
    pub fn due(&self, cx: &Context, now: Moment) -> Option<Moment> {
        cx.pace.may(now, RESERVE).err().filter(|_| !self.waiting.is_empty())
    }

    /// Begins what may begin.
    pub fn pump(&mut self, cx: &mut Context, sign_in: &SignInArea, reads: &Reads, now: Moment) {
        if sign_in.tokens().outlook(now, None) == Outlook::Never {
            for request in std::mem::take(&mut self.waiting) {
                give_up(&request, "there is no valid token: sign in first", cx);
            }
        }
        while may_run(cx, sign_in, reads, now)
            && let Some(request) = self.waiting.pop_front()
        {
            run(request, cx, sign_in, now);
        }
    }

    /// A side request was answered.
    pub fn answered(
        &mut self,
        request: SideRequest,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
        cx: &mut Context,
        reads: &mut Reads,
        now: Moment,
    ) {
        let (status, wait) = (shown.status(), shown.wait());
        let understood = match &request {
            SideRequest::Typing(_) | SideRequest::Receipt { .. } => {
                let taken = shown.answer.as_ref().map(|answer| outcome::of_answer(answer, false));
                (taken == Some(Judged::Accepted)).then_some(Understood::Nothing)
            }
            SideRequest::Learn { .. } => {
                shown.body().and_then(conversations::read_details).map(Understood::Conversation)
            }
            SideRequest::Discover { page } => {
                shown.body().and_then(|body| discovery::read(body, *page)).map(Understood::Page)
            }
        };
        let outcome = shown.outcome(understood.is_some());
        let why = outcome.reason().map(ToString::to_string).unwrap_or_default();
        cx.settle_try(&mut record, shown, outcome, now);
        if let Some(wait) = wait.filter(|_| status == 429) {
            reads.hold(wait, cx, now);
        }
        match (request, understood) {
            (SideRequest::Learn { key, .. }, Some(Understood::Conversation(id))) => {
                self.learning.remove(&key);
                reads.learn(key, id, cx);
            }
            (SideRequest::Discover { page }, Some(Understood::Page((found, more)))) => {
                cx.report(Report::Discovered { page, found: Ok(found), more });
            }
            (_, Some(_)) => {}
            (request @ SideRequest::Discover { .. }, None) if status == 403 => {
                give_up(&request, &format!("{why}; listing conversations needs {}", discovery::PERMISSIONS), cx);
            }
            (request, None) => {
                // What was refused stays refused to this token; what failed may be asked with a later message.
                if let SideRequest::Learn { key, .. } = &request
                    && let Some(learning) = self.learning.get_mut(key)
                {
                    learning.failed(!matches!(status, 0 | 404 | 408 | 429 | 500..), now);
                }
                give_up(&request, &why, cx);
            }
        }
    }
}

/// What an answer told.
enum Understood {
    /// It was accepted.
    Nothing,
    Conversation(String),
    Page((Vec<crate::model::DiscoveredConversation>, bool)),
}

fn may_run(cx: &Context, sign_in: &SignInArea, reads: &Reads, now: Moment) -> bool {
    sign_in.is_ready(now) && reads.held(now).is_none() && cx.pace.may(now, RESERVE).is_ok()
}

fn run(request: SideRequest, cx: &mut Context, sign_in: &SignInArea, now: Moment) {
    let (kind, what, key) = request.row();
    let mut record = cx.record(kind, &what, key, now);
    match call(&request, cx, sign_in, now) {
        Ok(call) => cx.request(TaskPurpose::Side(request), record, call, sign_in.carried(now), now),
        Err(BadCall(why)) => {
            cx.settle(&mut record, Outcome::Refused(Reason::NotBuilt(why.clone())), now);
            give_up(&request, &why, cx);
        }
    }
}

fn call(request: &SideRequest, cx: &Context, sign_in: &SignInArea, now: Moment) -> Result<Call, BadCall> {
    let none = || BadCall("there is no token or no such conversation".to_owned());
    let token = sign_in.token().ok_or_else(none)?;
    let api = &cx.profile.hosts.api;
    match request {
        SideRequest::Typing(key) => {
            let (integration, guest) = open_guest(*key, cx).ok_or_else(none)?;
            let call = open_messaging::request(api, integration, Endpoint::Event, token)?;
            Ok(call.with_body(open_messaging::typing(guest, now.wall)?))
        }
        SideRequest::Receipt { key, message_id } => {
            let (integration, guest) = open_guest(*key, cx).ok_or_else(none)?;
            let call = open_messaging::request(api, integration, Endpoint::Receipt, token)?;
            Ok(call.with_body(open_messaging::delivered(message_id, &guest.id, now.wall)?))
        }
        SideRequest::Learn { message_id, .. } => conversations::details_request(api, message_id, token),
        SideRequest::Discover { page } => discovery::request(api, *page, cx.server_time(now.wall), token),
    }
}

/// Who waits for an answer is told that there is none. The others have their row in the log.
fn give_up(request: &SideRequest, why: &str, cx: &Context) {
    if let SideRequest::Discover { page } = request {
        cx.report(Report::Discovered { page: *page, found: Err(why.to_owned()), more: false });
    }
}
