//! What is known of each web conversation.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::mpsc;

use super::connection::Connection;
use super::history::WebHistory;
use super::uploads::Uploads;
use crate::engine::EngineOptions;
use crate::engine::frames_in_flight::FramesInFlight;
use crate::engine::guest_socket::{AHEAD, SocketTaskReport};
use crate::engine::queue::Rate;
use crate::engine::web_session::{AGAIN_FIRST, SessionMachine};
use crate::genesys::web_messaging::GuestFrame;
use crate::model::channel::TYPING_EVERY;
use crate::model::{Author, ConversationKey, MessageId, Moment, Pacing, WebSession};

const MINUTE: Duration = Duration::from_secs(60);
const READS_PER_MINUTE: u32 = 10; // [SAFRI, `get.history.rate.per.minute`]
const HEALTH_EVERY: Duration = Duration::from_secs(30); // [real: seen in SDK source: MTSDK; limit of 2 a minute: SAFRI]
const FRAMES_PER_MINUTE: u32 = 60; // of a connection. [SAFRI, `requests.per.connection.rate.per.minute`]

pub struct ReadyMessage {
    pub message: MessageId,
    pub ours: GuestFrame,
    pub tracing: String,
    pub text: String,
}

pub struct FramePace {
    pub frames: Rate,
    pub pages: Rate,
    pub typing: Rate,
    pub health: Rate,
    silent: Option<Moment>, // the server asked for silence until then
}

impl FramePace {
    /// None: a new connection owes no silence.
    pub const fn silence(&mut self, until: Option<Moment>) {
        self.silent = until;
    }
}

pub struct WebConversation {
    pub machine: SessionMachine,
    reported: WebSession, // what was reported of the session last
    pub connection: Connection,
    pub in_flight: FramesInFlight,
    ready: Option<ReadyMessage>, // whose intent is being recorded
    pub pace: FramePace,
    typing: Option<Author>, // who of the other side is typing, as far as reported
    pub history: WebHistory,
    pub uploads: Uploads,
}

impl WebConversation {
    /// The session as it was told last and as it is, where they differ. It counts as told then.
    pub fn session_news(&mut self) -> Option<(WebSession, WebSession)> {
        let session = self.machine.session();
        (session != self.reported).then(|| (std::mem::replace(&mut self.reported, session.clone()), session))
    }

    /// Who types now; gives who did before.
    pub const fn set_typing(&mut self, who: Option<Author>) -> Option<Author> {
        std::mem::replace(&mut self.typing, who)
    }

    pub fn make_ready(&mut self, frame: ReadyMessage) {
        self.ready = Some(frame);
    }

    pub fn take_ready(&mut self, message: MessageId) -> Option<ReadyMessage> {
        self.ready.take().filter(|ready| ready.message == message)
    }

    /// Another guest takes over: nothing of the one before is written or read any more.
    pub fn forget_guest(&mut self) {
        self.connection.forget_guest();
        (self.ready, self.history) = (None, WebHistory::default());
    }

    pub fn paced(&self, now: Moment) -> Option<(Moment, Pacing)> {
        let silent = self.pace.silent.filter(|until| now.mono < until.mono).map(|until| (until, Pacing::Slower));
        let frames = self.pace.frames.held(now).map(|until| (until, Pacing::Frames));
        [silent, frames].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }

    pub fn due(&self) -> Option<Moment> {
        [self.machine.due(), self.uploads.due(), self.in_flight.due()].into_iter().flatten().min()
    }

    /// When a page of the history, the JWT for it, or the deletion of a file may be asked for that a limit holds back.
    fn held_until(&self, now: Moment) -> Option<Moment> {
        let by_frame = self.history.wanted().is_some() || self.uploads.has_unwanted();
        let paced = self.paced(now).filter(|_| by_frame && self.machine.is_writable()).map(|(until, _)| until);
        self.page_held_until(now).into_iter().chain(paced).min()
    }

    pub fn page_held_until(&self, now: Moment) -> Option<Moment> {
        self.history.next_page()?;
        self.history.held(now).max(self.pace.pages.held(now))
    }
}

pub struct Webs {
    pub all: BTreeMap<ConversationKey, WebConversation>,
    pub events: mpsc::Sender<SocketTaskReport>,
    inbox: mpsc::Receiver<SocketTaskReport>,
    seed: u64,
    frames_per_minute: u32,
    reopen_after: Duration,
}

impl Webs {
    pub fn new(options: &EngineOptions) -> Self {
        let (events, inbox) = mpsc::channel(AHEAD);
        Self {
            all: BTreeMap::new(),
            events,
            inbox,
            seed: options.seed.rotate_left(29),
            frames_per_minute: options.frames_per_minute.unwrap_or(FRAMES_PER_MINUTE),
            reopen_after: options.reopen_after.unwrap_or(AGAIN_FIRST),
        }
    }

    /// What is known of a conversation, which is one of the channel web-messaging.
    pub fn of(&mut self, key: ConversationKey) -> &mut WebConversation {
        self.all.entry(key).or_insert_with(|| WebConversation {
            machine: SessionMachine::new(Rng::with_seed(self.seed ^ u64::from(key.0)), self.reopen_after),
            reported: WebSession::Closed,
            connection: Connection::default(),
            in_flight: FramesInFlight::default(),
            ready: None,
            pace: FramePace {
                frames: Rate::new(self.frames_per_minute, MINUTE),
                pages: Rate::new(READS_PER_MINUTE, MINUTE),
                typing: Rate::new(1, TYPING_EVERY),
                health: Rate::new(1, HEALTH_EVERY),
                silent: None,
            },
            typing: None,
            history: WebHistory::default(),
            uploads: Uploads::default(),
        })
    }

    pub async fn next(&mut self) -> Option<SocketTaskReport> {
        self.inbox.recv().await
    }

    pub fn session(&self, key: ConversationKey) -> Option<WebSession> {
        self.all.get(&key).map(|web| web.machine.session())
    }

    /// Whether the socket of a conversation takes messages, the pace aside.
    pub fn is_writable(&self, key: ConversationKey) -> bool {
        self.all.get(&key).is_some_and(|web| web.machine.is_writable() && web.connection.link().is_some())
    }

    pub fn paced(&self, key: ConversationKey, now: Moment) -> Option<(Moment, Pacing)> {
        self.all.get(&key).filter(|web| web.machine.is_writable())?.paced(now)
    }

    pub fn due(&self, now: Moment) -> Option<Moment> {
        self.all.values().flat_map(|web| [web.due(), web.held_until(now)]).flatten().min()
    }

    pub fn keys(&self, wanted: impl Fn(&WebConversation) -> bool) -> Vec<ConversationKey> {
        self.all.iter().filter(|(_, web)| wanted(web)).map(|(key, _)| *key).collect()
    }
}
