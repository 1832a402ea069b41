//! Web conversations: carries out what their session machines decide, and keeps what belongs to a session.
//!
//! ```text
//! Command::{Watch, Send, WebSession, Typing} ─► Event ─► session::Machine ─► Step ─┬─ open: token, dial, upgrade (a job)
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

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::engine::Report;
use crate::engine::client::Gate;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::pace::Rate;
use crate::engine::queue::Taken;
use crate::engine::socket::flight::Flight;
use crate::engine::socket::link::Link;
use crate::engine::socket::session::{AGAIN_FIRST, Event, Machine, Step};
use crate::genesys::web_messaging::{Media, Ours};
use crate::model::{
    Address, AsOf, Author, Body, ConversationKey, DeliveryStatus, MessageId, Moment, Outcome, RepliesReadable,
    Unreadable, WebSession,
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
    Session(ExchangeBuilder),
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
pub struct Came {
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

/// A web conversation.
struct Web {
    machine: Machine,
    told: WebSession,
    token: Option<SecretString>,
    /// The token was made just now: no session of it can exist.
    fresh: bool,
    /// The next token is a new one, whatever is kept.
    renew: bool,
    /// Counts openings: what belongs to an earlier one is late.
    serial: u64,
    /// How the newest opening's URL stands in the log.
    shown_url: String,
    /// The opening under way.
    opening: BTreeMap<u64, ExchangeBuilder>,
    /// Ends the opening under way.
    take_back: Option<TakeBack>,
    link: Option<Link>,
    flight: Flight<Underway>,
    ready: Option<Ready>,
    frames: Rate,
    /// The server asked for silence until then.
    silent: Option<Moment>,
    typing_again: Option<Moment>,
    health_again: Option<Moment>,
    /// Who of the other side is typing, as far as told.
    typing: Option<Author>,
    history: history::History,
    /// The files of the message that is first in its lane.
    uploading: Option<upload::Uploading>,
    /// Attachment ids of files that the server has and no message will carry.
    unwanted: VecDeque<String>,
    /// Files on their way to where they may go, by attachment id.
    puts: BTreeMap<String, ExchangeBuilder>,
    media: Media,
    attributes_max: Option<u64>,
}

impl Web {
    fn new(machine: Machine, frames_per_minute: u32) -> Self {
        Self {
            machine,
            told: WebSession::Closed,
            token: None,
            fresh: false,
            renew: false,
            serial: 0,
            shown_url: String::new(),
            opening: BTreeMap::new(),
            take_back: None,
            link: None,
            flight: Flight::default(),
            ready: None,
            frames: Rate::new(frames_per_minute, Duration::from_secs(60)),
            silent: None,
            typing_again: None,
            health_again: None,
            typing: None,
            history: history::History::default(),
            uploading: None,
            unwanted: VecDeque::new(),
            puts: BTreeMap::new(),
            media: Media::default(),
            attributes_max: None,
        }
    }

    /// Until when frames are held back, and which limit.
    fn paced(&self, now: Moment) -> Option<(Moment, &'static str)> {
        let silent =
            self.silent.filter(|until| now.mono < until.mono).map(|until| (until, "pacing, asked to be slower"));
        let frames = self.frames.may(now).err().map(|until| (until, "pacing, frames of a connection"));
        [silent, frames].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }
}

/// All web conversations that were wanted so far.
pub struct Webs {
    all: BTreeMap<ConversationKey, Web>,
    events: mpsc::Sender<Came>,
    pub inbox: mpsc::Receiver<Came>,
}

impl Default for Webs {
    fn default() -> Self {
        let (events, inbox) = Link::events();
        Self { all: BTreeMap::new(), events, inbox }
    }
}

impl Webs {
    /// Whether the socket of a conversation takes messages, the pace aside.
    pub fn is_writable(&self, key: ConversationKey) -> bool {
        self.all.get(&key).is_some_and(|web| web.machine.is_writable() && web.link.is_some())
    }

    /// Until when the socket's pace holds a message back, and which limit.
    pub fn paced(&self, key: ConversationKey, now: Moment) -> Option<(Moment, &'static str)> {
        self.all.get(&key).filter(|web| web.machine.is_writable())?.paced(now)
    }
}

impl Driver {
    /// The web conversation of that key.
    fn web(&mut self, key: ConversationKey) -> Option<&mut Web> {
        if !self.webs.all.contains_key(&key) {
            self.web_place(key)?;
            let seed = self.context.tuning.seed.rotate_left(29) ^ u64::from(key.0);
            let frames = self.context.tuning.frames_per_minute.unwrap_or(FRAMES_PER_MINUTE);
            let machine = Machine::new(Jitter::new(seed), self.context.tuning.reopen_after.unwrap_or(AGAIN_FIRST));
            self.webs.all.insert(key, Web::new(machine, frames));
        }
        self.webs.all.get_mut(&key)
    }

    /// Deployment and origin of a web conversation.
    fn web_place(&self, key: ConversationKey) -> Option<(&str, &str)> {
        match &self.context.profile.conversations.get(key.0 as usize)?.conversation.address {
            Address::WebMessaging { deployment_id, origin } => Some((deployment_id, origin)),
            Address::GuestApi { .. } | Address::OpenMessaging { .. } => None,
        }
    }

    /// Whether a conversation has a session.
    pub(super) fn is_web(&self, key: ConversationKey) -> bool {
        self.web_place(key).is_some()
    }

    /// An event of a session: the machine decides, the steps are carried out, and what changed is told.
    pub(super) fn web_event(&mut self, key: ConversationKey, event: Event, now: Moment) {
        let Some(web) = self.web(key) else { return };
        let steps = web.machine.on(event, now);
        for step in steps {
            match step {
                Step::NewToken => self.forget_guest(key),
                Step::Open => self.open_web(key, now),
                Step::Drop => self.drop_web(key, "the session ended", now),
                Step::Configure(how) => self.configure(key, how, now),
                Step::WriteClose => self.write_close(key, now),
                Step::CatchUp => self.catch_up(key, now),
                Step::GiveUp => self.give_up_web(key, now),
            }
        }
        self.tell_session(key);
    }

    fn tell_session(&mut self, key: ConversationKey) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let session = web.machine.session();
        if session == web.told {
            return;
        }
        let before = std::mem::replace(&mut web.told, session.clone());
        match &session {
            WebSession::Reconnecting { at, why } => {
                self.tell_first(key, DeliveryStatus::Waiting { until: *at, why: why.clone() });
            }
            // Nothing is going to happen by itself: it is in the queue, and no more.
            WebSession::Unreachable { .. } => self.tell_first(key, DeliveryStatus::Queued),
            _ => {}
        }
        if !matches!(session, WebSession::Open { .. } | WebSession::ReadOnly { .. }) {
            self.tell_typing(key, None);
        }
        let readable = readable_after(&before, &session);
        self.context.tell(Report::Session { key, session });
        if let Some(readable) = readable {
            let as_of = AsOf::SocketSince(self.context.clock.now());
            self.context.tell(Report::RepliesReadable { key, readable, as_of });
        }
    }

    /// Where the message stands that goes first once the socket is open again.
    fn tell_first(&mut self, key: ConversationKey, life: DeliveryStatus) {
        let Some(message) = self.sends.queue.waiting().find(|(of, _)| *of == key).map(|(_, m)| m) else { return };
        let Some(send) = self.sends.all.get_mut(&message).filter(|send| send.life != life) else { return };
        send.life = life.clone();
        let exchange = send.record.as_ref().map(ExchangeBuilder::id);
        self.context.tell(Report::Message { id: message, life, exchange, remote_id: None });
    }

    /// What waits for a session that ended is refused, with the reason: a person decides what follows.
    fn give_up_web(&mut self, key: ConversationKey, now: Moment) {
        let why = match self.webs.all.get(&key).map(|web| web.machine.session()) {
            Some(WebSession::Ended { why }) => why,
            _ => "the session was closed".to_owned(),
        };
        let waiting: Vec<_> = self.sends.queue.waiting().filter(|(of, _)| *of == key).map(|(_, m)| m).collect();
        for message in waiting {
            if self.sends.queue.take(key, message) == Taken::Waiting {
                self.conclude(message, Outcome::Failed(format!("not sent: {why}")), None, now);
            }
        }
    }

    /// Moments that have come: pauses that are over, answers that did not come.
    pub(super) fn pump_webs(&mut self, now: Moment) {
        let due: Vec<_> = self.webs.all.iter().filter(|(_, web)| web.is_due(now)).map(|(key, _)| *key).collect();
        for key in due {
            self.unanswered(key, now);
            self.late_upload(key, now);
            self.web_event(key, Event::Tick, now);
        }
        let wanting: Vec<_> =
            self.webs.all.iter().filter(|(_, w)| w.history.is_wanted()).map(|(key, _)| *key).collect();
        for key in wanting {
            self.read_history(key, now);
        }
        let unwanting: Vec<_> =
            self.webs.all.iter().filter(|(_, w)| !w.unwanted.is_empty()).map(|(key, _)| *key).collect();
        for key in unwanting {
            self.delete_unwanted(key, now);
        }
    }

    /// guestwire leaves: each open socket is closed properly, bounded by its own goodbye.
    pub(super) async fn close_webs(&mut self) {
        let now = self.context.clock.now();
        let keys: Vec<_> = self.webs.all.keys().copied().collect();
        let mut closed = Vec::new();
        for key in keys {
            let link = self.webs.all.get_mut(&key).and_then(|web| web.link.take());
            self.lose_web(key, "guestwire stopped", now);
            closed.extend(link.map(Link::goodbye));
        }
        for closed in closed {
            closed.await;
        }
    }

    /// When the next such moment comes.
    pub(super) fn webs_due(&self, now: Moment) -> Option<Moment> {
        let held = self.webs.all.values().flat_map(|web| [web.history_due(now), web.deletion_due(now)]).flatten();
        self.webs.all.values().filter_map(Web::due).chain(held).min_by_key(|at| at.mono)
    }

    /// A link told something. What else came meanwhile is taken in the same turn.
    pub(super) fn web_came(&mut self, first: Came) {
        let now = self.context.clock.now();
        self.web_event_came(first, now);
        while let Ok(came) = self.webs.inbox.try_recv() {
            self.web_event_came(came, now);
        }
    }

    fn web_event_came(&mut self, came: Came, now: Moment) {
        let Came { key, serial, event } = came;
        if self.webs.all.get(&key).is_none_or(|web| web.serial != serial) {
            return;
        }
        match event {
            Incoming::Frame(frame) => self.frame_came(key, *frame, now),
            Incoming::Binary(bytes) => {
                self.record_odd(key, &format!("a binary frame of {bytes} bytes"), Body::default(), now);
            }
            Incoming::Gone(why) => {
                self.lose_web(key, &why, now);
                self.web_event(key, Event::Broken(why), now);
            }
        }
    }
}

impl Web {
    fn due(&self) -> Option<Moment> {
        [self.machine.due(), self.flight.due(), self.uploading.as_ref().and_then(upload::Uploading::due)]
            .into_iter()
            .flatten()
            .min_by_key(|at| at.mono)
    }

    /// When a page of the history, or the JWT for it, may be asked for that a limit holds back now.
    fn history_due(&self, now: Moment) -> Option<Moment> {
        let paced = || self.paced(now).filter(|_| self.history.is_wanted() && self.machine.is_writable());
        self.history.due(now).or_else(|| paced().map(|(until, _)| until))
    }

    /// When a file may be deleted that the pace holds back now.
    fn deletion_due(&self, now: Moment) -> Option<Moment> {
        let wanted = !self.unwanted.is_empty() && self.machine.is_writable();
        self.paced(now).filter(|_| wanted).map(|(until, _)| until)
    }

    fn is_due(&self, now: Moment) -> bool {
        self.due().is_some_and(|at| now.mono >= at.mono)
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
            why.clone()
        }
    };
    Some(RepliesReadable::No(Unreadable::SocketClosed(why)))
}

/// What a frame of ours waits for, and for whom.
fn awaits(ours: &Ours) -> crate::engine::socket::flight::Awaits {
    use crate::engine::socket::flight::Awaits;
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
