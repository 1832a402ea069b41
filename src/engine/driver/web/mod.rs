//! Web conversations: carries out what their session machines decide, and keeps what belongs to a session.
//!
//! ```text
//! Command::{Watch, Send, Session, Typing} ─► Event ─► session::Machine ─► Step ─┬─ open: token, dial, upgrade (a job)
//! link (a task) ─► frame ─► frames: log entry, whose answer ─► Event ───┘       ├─ frames: configure, close, …
//!                                   └─► reader ─► Report::{MessagesArrived, Typing}      └─ history, give up
//! ```
//! A socket is opened when a person looks at a conversation or sends into it, or when a message of an earlier session
//! is unknown and has to be looked for; never for all of them at the start.

mod frames;
mod history;
mod open;
mod receive;
mod requests;
mod sending;
mod upload;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::engine::Report;
use crate::engine::client::Gate;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::pace::Rate;
use crate::engine::socket::flight::{Awaits, Flight};
use crate::engine::socket::link::Link;
use crate::engine::socket::session::{AGAIN_FIRST, Machine, SocketEvent, SocketStep};
use crate::genesys::web_messaging::Ours;
use crate::model::FailureKind;
use crate::model::{
    AsOf, Author, Body, ConversationKey, DeliveryStatus, MessageId, Moment, Outcome, Pacing, Reason, RepliesReadable,
    SessionEnd, Unreadable, WebSession,
};

use super::Driver;
use super::tasks::TakeBack;
use frames::Frame;

/// Frames of a connection in a minute. [SAFRI, `requests.per.connection.rate.per.minute`]
const FRAMES_PER_MINUTE: u32 = 60;

/// Whose a frame of ours is.
pub enum Of {
    /// A message: its record is kept with the message.
    Message(MessageId),
    /// The session's own.
    Session(Box<ExchangeBuilder>),
}

/// A frame under way: whose, and whether it was written.
pub struct Underway {
    of: Of,
    gate: Arc<Gate>,
}

/// A message's frame, while its intent is being recorded.
struct Ready {
    message: MessageId,
    ours: Ours,
    tracing: String,
    text: String,
}

/// What came from a link.
pub struct FrameArrival {
    key: ConversationKey,
    /// Which opening of the socket it belongs to.
    serial: u64,
    event: Incoming,
}

/// What a link tells, with what was said masked.
enum Incoming {
    Frame(Box<Frame>),
    Binary(usize),
    Gone(String),
}

/// Who speaks.
#[derive(Default)]
struct Guest {
    token: Option<SecretString>,
    /// The token was made just now: no session of it can exist.
    fresh: bool,
    /// The next token is a new one, whatever is kept.
    renew: bool,
}

/// How the socket is opened.
#[derive(Default)]
struct OpeningState {
    /// Counts openings: what belongs to an earlier one is late.
    serial: u64,
    /// How the newest opening's URL stands in the log.
    shown_url: String,
    /// Ends the opening under way.
    take_back: Option<TakeBack>,
}

/// When frames may be written.
struct FramePace {
    frames: Rate,
    /// The server asked for silence until then.
    silent: Option<Moment>,
    typing_again: Option<Moment>,
    health_again: Option<Moment>,
}

/// A web conversation.
struct Web {
    machine: Machine,
    /// What was reported of the session last.
    told: WebSession,
    guest: Guest,
    opening: OpeningState,
    link: Option<Link>,
    flight: Flight<Underway>,
    ready: Option<Ready>,
    pace: FramePace,
    /// Who of the other side is typing, as far as reported.
    typing: Option<Author>,
    history: history::WebHistory,
    files: upload::Files,
}

impl Web {
    fn new(machine: Machine, frames_per_minute: u32) -> Self {
        let frames = Rate::new(frames_per_minute, Duration::from_secs(60));
        Self {
            machine,
            told: WebSession::Closed,
            guest: Guest::default(),
            opening: OpeningState::default(),
            link: None,
            flight: Flight::default(),
            ready: None,
            pace: FramePace { frames, silent: None, typing_again: None, health_again: None },
            typing: None,
            history: history::WebHistory::default(),
            files: upload::Files::default(),
        }
    }

    /// Until when frames are held back, and which limit.
    fn paced(&self, now: Moment) -> Option<(Moment, Pacing)> {
        let silent = self.pace.silent.filter(|until| now.mono < until.mono);
        let silent = silent.map(|until| (until, Pacing::Slower));
        let frames = self.pace.frames.may(now).err().map(|until| (until, Pacing::Frames));
        [silent, frames].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }

    /// When a pause is over, or an answer did not come.
    fn due(&self) -> Option<Moment> {
        let upload = self.files.uploading.as_ref().and_then(upload::Uploading::due);
        [self.machine.due(), self.flight.due(), upload].into_iter().flatten().min_by_key(|at| at.mono)
    }

    /// When a page of the history, the JWT for it, or the deletion of a file may be asked for that a limit holds back.
    fn held_until(&self, now: Moment) -> Option<Moment> {
        let by_frame = self.history.is_wanted() || !self.files.unwanted.is_empty();
        let paced = self.paced(now).filter(|_| by_frame && self.machine.is_writable()).map(|(until, _)| until);
        self.history.due(now).into_iter().chain(paced).min_by_key(|at| at.mono)
    }
}

/// All web conversations that were wanted so far.
pub struct Webs {
    all: BTreeMap<ConversationKey, Web>,
    events: mpsc::Sender<FrameArrival>,
    inbox: mpsc::Receiver<FrameArrival>,
}

impl Default for Webs {
    fn default() -> Self {
        let (events, inbox) = Link::events();
        Self { all: BTreeMap::new(), events, inbox }
    }
}

impl Webs {
    /// What a link tells next.
    pub async fn next(&mut self) -> Option<FrameArrival> {
        self.inbox.recv().await
    }

    /// Whether the socket of a conversation takes messages, the pace aside.
    pub fn is_writable(&self, key: ConversationKey) -> bool {
        self.all.get(&key).is_some_and(|web| web.machine.is_writable() && web.link.is_some())
    }

    /// Until when the socket's pace holds a message back, and which limit.
    pub fn paced(&self, key: ConversationKey, now: Moment) -> Option<(Moment, Pacing)> {
        self.all.get(&key).filter(|web| web.machine.is_writable())?.paced(now)
    }

    /// When something is to be done by itself.
    pub fn due(&self, now: Moment) -> Option<Moment> {
        let dues = self.all.values().flat_map(|web| [web.due(), web.held_until(now)]);
        dues.flatten().min_by_key(|at| at.mono)
    }

    fn keys(&self, wanted: impl Fn(&Web) -> bool) -> Vec<ConversationKey> {
        self.all.iter().filter(|(_, web)| wanted(web)).map(|(key, _)| *key).collect()
    }
}

impl Driver {
    /// The web conversation of that key.
    fn web(&mut self, key: ConversationKey) -> Option<&mut Web> {
        if !self.webs.all.contains_key(&key) {
            self.cx.web_address(key)?;
            let tuning = &self.cx.tuning;
            let jitter = Jitter::new(tuning.seed.rotate_left(29) ^ u64::from(key.0));
            let machine = Machine::new(jitter, tuning.reopen_after.unwrap_or(AGAIN_FIRST));
            let web = Web::new(machine, tuning.frames_per_minute.unwrap_or(FRAMES_PER_MINUTE));
            self.webs.all.insert(key, web);
        }
        self.webs.all.get_mut(&key)
    }

    /// An event of a session: the machine decides, the steps are carried out, and what changed is told.
    pub(super) fn web_event(&mut self, key: ConversationKey, event: SocketEvent, now: Moment) {
        let Some(web) = self.web(key) else { return };
        let steps = web.machine.on(event, now);
        for step in steps {
            match step {
                SocketStep::NewToken => self.forget_guest(key),
                SocketStep::Open => self.open_web(key, now),
                SocketStep::Drop => self.drop_web(key, now),
                SocketStep::Configure(how) => self.configure(key, how, now),
                SocketStep::WriteClose => drop(self.write_frame(key, &Ours::Close, now)),
                SocketStep::CatchUp => self.catch_up(key, now),
                SocketStep::GiveUp => self.give_up_web(key, now),
            }
        }
        self.report_session(key);
    }

    /// Reports a session that has moved on.
    fn report_session(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let session = web.machine.session();
        if session == web.told {
            return;
        }
        let before = std::mem::replace(&mut web.told, session.clone());
        match &session {
            WebSession::Reconnecting { at, why } => {
                self.restate_first(key, DeliveryStatus::Waiting { until: *at, why: why.clone() });
            }
            // Nothing is going to happen by itself: it is in the queue, and no more.
            WebSession::Unreachable { .. } => self.restate_first(key, DeliveryStatus::Queued),
            _ => {}
        }
        if !matches!(session, WebSession::Open { .. } | WebSession::ReadOnly { .. }) {
            self.report_typing(key, None);
        }
        let readable = readable_after(&before, &session);
        self.cx.report(Report::Session { key, session });
        if let Some(readable) = readable {
            let as_of = AsOf::SocketSince(self.cx.clock.now());
            self.cx.report(Report::RepliesReadable { key, readable, as_of });
        }
    }

    /// What waits for a session that ended is refused, with the reason: a person decides what follows.
    fn give_up_web(&mut self, key: ConversationKey, now: Moment) {
        let why = match self.webs.all.get(&key).map(|web| web.machine.session()) {
            Some(WebSession::Ended { why }) => why,
            _ => Reason::Session(SessionEnd::Closed),
        };
        for message in self.waiting_in(key).collect::<Vec<_>>() {
            if self.sends.take_waiting(message) {
                self.conclude(message, Outcome::Failed(why.clone()), now);
            }
        }
    }

    /// Moments that have come: pauses that are over, answers that did not come.
    pub(super) fn pump_webs(&mut self, now: Moment) {
        for key in self.webs.keys(|web| web.due().is_some_and(|at| now.mono >= at.mono)) {
            self.unanswered(key, now);
            self.late_upload(key, now);
            self.web_event(key, SocketEvent::Tick, now);
        }
        for key in self.webs.keys(|web| web.history.is_wanted()) {
            self.read_history(key, now);
        }
        for key in self.webs.keys(|web| !web.files.unwanted.is_empty()) {
            self.delete_unwanted(key, now);
        }
    }

    /// guestwire leaves: each open socket is closed properly, bounded by its own goodbye.
    pub(super) async fn close_webs(&mut self) {
        let now = self.cx.clock.now();
        let mut closed = Vec::new();
        for key in self.webs.keys(|_| true) {
            let link = self.webs.all.get_mut(&key).and_then(|web| web.link.take());
            self.lose_web(key, FailureKind::Reset, "guestwire stopped", now);
            closed.extend(link.map(Link::goodbye));
        }
        for closed in closed {
            closed.await;
        }
    }

    /// A link told something. What else came meanwhile is taken in the same turn.
    pub(super) fn web_came(&mut self, first: FrameArrival) {
        let now = self.cx.clock.now();
        self.web_event_came(first, now);
        while let Ok(came) = self.webs.inbox.try_recv() {
            self.web_event_came(came, now);
        }
    }

    fn web_event_came(&mut self, came: FrameArrival, now: Moment) {
        let FrameArrival { key, serial, event } = came;
        if self.webs.all.get(&key).is_none_or(|web| web.opening.serial != serial) {
            return;
        }
        match event {
            Incoming::Frame(frame) => self.frame_came(key, *frame, now),
            Incoming::Binary(bytes) => {
                self.record_odd(key, &format!("a binary frame of {bytes} bytes"), Body::default(), now);
            }
            Incoming::Gone(why) => {
                self.lose_web(key, FailureKind::Reset, &why, now);
                self.web_event(key, SocketEvent::Broken(Reason::SocketLost(why)), now);
            }
        }
    }
}

/// What a change of the session says of reading replies: nothing where the socket stays open.
fn readable_after(before: &WebSession, session: &WebSession) -> Option<RepliesReadable> {
    let is_open = |session: &WebSession| matches!(session, WebSession::Open { .. } | WebSession::ReadOnly { .. });
    let why = match session {
        WebSession::Open { .. } | WebSession::ReadOnly { .. } => {
            return (!is_open(before)).then_some(RepliesReadable::Yes);
        }
        WebSession::Connecting if *before == WebSession::Closed => return Some(RepliesReadable::NotYetKnown),
        WebSession::Connecting | WebSession::Closed => String::new(),
        WebSession::Reconnecting { why, .. } | WebSession::Unreachable { why } | WebSession::Ended { why } => {
            why.to_string()
        }
    };
    Some(RepliesReadable::No(Unreadable::SocketClosed(why)))
}

/// What a frame of ours waits for, and for whom.
fn awaits(ours: &Ours) -> Awaits {
    match ours {
        Ours::Configure { .. } => Awaits::Session,
        Ours::Message(message) => Awaits::Echo(message.text.clone()),
        Ours::Typing | Ours::Presence(_) => Awaits::Event,
        Ours::Health => Awaits::Health,
        Ours::Jwt => Awaits::Jwt,
        Ours::Upload { .. } => Awaits::Place,
        Ours::Delete { .. } => Awaits::Deletion,
        Ours::Close => Awaits::Closing,
    }
}
