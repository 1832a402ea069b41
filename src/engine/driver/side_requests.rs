//! Small requests beside the messages: none is tried again or renews a token, each leaves messages room under the limit.
//!
//! ```text
//! the guest types ──────────────► event, at most every 5 s, now or never ─┐
//! a message of the other side ──► receipt, where the profile wants it     ├─► waits for a token ─► request ─► reported
//! a frame's id ─────────────────► which conversation is that?             │
//! a person ─────────────────────► which conversations are active? ────────┘
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::state::EngineState;
use super::task_output::{AnsweredTry, SideRequest, TaskPurpose};
use crate::engine::outcome::TryResult;
use crate::engine::token::Availability;
use crate::engine::{Report, outcome};
use crate::genesys::open_messaging::Endpoint;
use crate::genesys::{Call, lookups, open_messaging};
use crate::model::channel::TYPING_EVERY;
use crate::model::{ConversationKey, ExchangeKind, Moment, RemoteMessage};

/// How often a conversation's id is asked for in vain, and the unit of the growing pauses between.
const LEARN_TRIES: u32 = 5;
const LEARN_PAUSE: Duration = Duration::from_secs(1);
const WAITING_MAX: usize = 64;

pub struct SideRequests {
    began: Moment, // what was said before then is history
    waiting: VecDeque<SideRequest>,
    typed: BTreeMap<ConversationKey, Moment>,        // when typing was last told
    learning: BTreeMap<ConversationKey, IdRequests>, // conversations whose id is being asked for, or was not told
}

/// Each message that is pushed may ask: a server that does not tell is asked less and less, and then no more.
#[derive(Default)]
struct IdRequests {
    under_way: bool,
    failures: u32,
    not_before: Option<Moment>,
}

impl IdRequests {
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
    pub const fn new(began: Moment) -> Self {
        Self { began, waiting: VecDeque::new(), typed: BTreeMap::new(), learning: BTreeMap::new() }
    }

    fn put(&mut self, request: SideRequest) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(request);
    }

    pub fn new_token(&mut self) {
        self.learning.clear();
    }

    pub fn typing(&mut self, key: ConversationKey, cx: &mut EngineState) {
        let recently = self.typed.get(&key).is_some_and(|at| cx.now.since(*at) < TYPING_EVERY);
        let speaks = cx.open_guest(key).is_some() && !cx.options.send_log.read_only();
        if speaks && !recently && cx.may_ask() {
            self.typed.insert(key, cx.now);
            begin(SideRequest::Typing(key), cx);
        }
    }

    /// Messages of the other side have come: receipts, where the profile wants them.
    pub fn acknowledge(&mut self, key: ConversationKey, messages: &[RemoteMessage], cx: &EngineState) {
        let wanted = cx.profile.open_messaging.receipts && cx.open_guest(key).is_some();
        if !wanted || cx.options.send_log.read_only() {
            return;
        }
        let since = cx.server_time(self.began.wall);
        let theirs = |m: &&RemoteMessage| m.author.replies() && m.at >= since;
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

    pub fn discover(&mut self, page: u32) {
        self.put(SideRequest::Discover { page: page.max(1) });
    }

    pub fn due(&self, cx: &EngineState) -> Option<Moment> {
        cx.pace.any_read_held(cx.now).filter(|_| !self.waiting.is_empty())
    }

    pub fn begin_waiting(&mut self, cx: &mut EngineState) {
        if cx.availability(None) == Availability::Never {
            for request in self.waiting.drain(..) {
                give_up(&request, "there is no valid token: sign in first".to_owned(), cx);
            }
        }
        while cx.may_ask()
            && let Some(request) = self.waiting.pop_front()
        {
            begin(request, cx);
        }
    }

    pub fn answered(&mut self, request: &SideRequest, (mut record, shown): AnsweredTry, cx: &mut EngineState) {
        let status = shown.status();
        match request {
            SideRequest::Typing(_) | SideRequest::Receipt { .. } => {
                let judged = shown.evidence().map(|answer| outcome::of_answer(answer, false));
                cx.finish_question(&mut record, shown, judged == Some(TryResult::Accepted));
            }
            SideRequest::Learn { key, .. } => {
                let id = shown.body().and_then(lookups::conversation_of);
                cx.finish_question(&mut record, shown, id.is_some());
                match (id, self.learning.get_mut(key)) {
                    (Some(id), _) => {
                        self.learning.remove(key);
                        cx.learn(*key, id);
                    }
                    // What was refused stays refused to this token; what failed may be asked with a later message.
                    (None, Some(learning)) => learning.failed(status != 404 && !outcome::is_transient(status), cx.now),
                    (None, None) => {}
                }
            }
            SideRequest::Discover { page } => {
                let listed = shown.body().and_then(|body| lookups::read_active(body, *page));
                let outcome = cx.finish_question(&mut record, shown, listed.is_some());
                let mut why = outcome.words().unwrap_or_default();
                if status == 403 {
                    why = format!("{why}; listing conversations needs {}", lookups::ACTIVE_PERMISSIONS);
                }
                match listed {
                    Some((found, more)) => cx.report(Report::Discovered { page: *page, found: Ok(found), more }),
                    None => give_up(request, why, cx),
                }
            }
        }
    }
}

fn begin(request: SideRequest, cx: &mut EngineState) {
    let record = match &request {
        SideRequest::Typing(key) => cx.record(ExchangeKind::Event, "typing", Some(*key)),
        SideRequest::Receipt { key, .. } => cx.record(ExchangeKind::Event, "receipt: delivered", Some(*key)),
        SideRequest::Learn { key, .. } => {
            cx.record(ExchangeKind::Read, "which conversation is the message part of", Some(*key))
        }
        SideRequest::Discover { page } => {
            cx.record(ExchangeKind::Read, &format!("active conversations, page {page}"), None)
        }
    };
    if let Err(why) = cx.request(TaskPurpose::Side(request.clone()), record, call(&request, cx), cx.carried()) {
        give_up(&request, why, cx);
    }
}

fn call(request: &SideRequest, cx: &EngineState) -> Result<Call, String> {
    let (token, api, now) = (cx.usable_token()?, &cx.profile.hosts.api, cx.now.wall);
    let to_guest = |key, endpoint| {
        let (integration, guest) = cx.open_guest(key).ok_or("there is no such conversation")?;
        Ok((open_messaging::request(api, integration, endpoint, token)?, guest))
    };
    match request {
        SideRequest::Typing(key) => {
            to_guest(*key, Endpoint::Event).map(|(call, guest)| call.with_body(open_messaging::typing(guest, now)))
        }
        SideRequest::Receipt { key, message_id } => to_guest(*key, Endpoint::Receipt)
            .map(|(call, guest)| call.with_body(open_messaging::delivered(message_id, &guest.id, now))),
        SideRequest::Learn { message_id, .. } => lookups::message(api, message_id, token),
        SideRequest::Discover { page } => lookups::active(api, *page, cx.server_time(now), token),
    }
}

/// Those who wait for an answer hear that none comes. The others have their row in the log.
fn give_up(request: &SideRequest, why: String, cx: &EngineState) {
    if let SideRequest::Discover { page } = request {
        cx.report(Report::Discovered { page: *page, found: Err(why), more: false });
    }
}
