//! What is known of each web conversation.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::engine::EngineOptions;
use crate::engine::driver::task_output::TakeBack;
use crate::engine::guest_socket::{AHEAD, SocketTask, SocketTaskReport};
use crate::engine::queue::Rate;
use crate::engine::web_session::{AGAIN_FIRST, FrameInFlight, SessionMachine};
use crate::genesys::web_messaging::{GuestFrame, Media};
use crate::model::{Attachment, Author, ConversationKey, FileSource, MessageId, Moment, Pacing, WebSession};

use super::history::WebHistory;

const MINUTE: Duration = Duration::from_secs(60);
const READS_PER_MINUTE: u32 = 10; // [SAFRI, `get.history.rate.per.minute`]
const FRAMES_PER_MINUTE: u32 = 60; // of a connection. [SAFRI, `requests.per.connection.rate.per.minute`]

pub struct Ready {
    pub message: MessageId,
    pub ours: GuestFrame,
    pub tracing: String,
    pub text: String,
}

#[derive(Default)]
pub struct GuestIdentity {
    pub token: Option<SecretString>,
    pub fresh: bool, // the token was made just now: no session of it can exist
    pub renew: bool, // the next token is a new one, whatever is kept
}

#[derive(Default)]
pub struct OpeningState {
    pub serial: u64,                 // counts openings: what belongs to an earlier one is late
    pub shown_url: String,           // how the newest opening's URL stands in the log
    pub take_back: Option<TakeBack>, // ends the opening under way
}

pub struct FramePace {
    pub frames: Rate,
    pub pages: Rate,
    pub silent: Option<Moment>, // the server asked for silence until then
    pub typing_again: Option<Moment>,
    pub health_again: Option<Moment>,
}

pub struct WebConversation {
    pub machine: SessionMachine,
    pub told: WebSession, // what was reported of the session last
    pub guest: GuestIdentity,
    pub opening: OpeningState,
    pub link: Option<SocketTask>,
    pub in_flight: Vec<FrameInFlight>,
    pub ready: Option<Ready>,
    pub pace: FramePace,
    pub typing: Option<Author>, // who of the other side is typing, as far as reported
    pub history: WebHistory,
    pub files: Files,
}

impl WebConversation {
    pub fn paced(&self, now: Moment) -> Option<(Moment, Pacing)> {
        let silent = self.pace.silent.filter(|until| now.mono < until.mono).map(|until| (until, Pacing::Slower));
        let frames = self.pace.frames.held(now).map(|until| (until, Pacing::Frames));
        [silent, frames].into_iter().flatten().max_by_key(|(until, _)| until.mono)
    }

    pub fn due(&self) -> Option<Moment> {
        let upload = self.files.uploading.as_ref().and_then(|uploading| uploading.until);
        let answers = self.in_flight.iter().map(|waiting| waiting.until);
        self.machine.due().into_iter().chain(upload).chain(answers).min()
    }

    /// When a page of the history, the JWT for it, or the deletion of a file may be asked for that a limit holds back.
    fn held_until(&self, now: Moment) -> Option<Moment> {
        let by_frame = self.history.wanted().is_some() || !self.files.unwanted.is_empty();
        let paced = self.paced(now).filter(|_| by_frame && self.machine.is_writable()).map(|(until, _)| until);
        self.page_held_until(now).into_iter().chain(paced).min()
    }

    pub fn page_held_until(&self, now: Moment) -> Option<Moment> {
        self.history.wanted().filter(|_| self.history.reading.is_none())?;
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
            told: WebSession::Closed,
            guest: GuestIdentity::default(),
            opening: OpeningState::default(),
            link: None,
            in_flight: Vec::new(),
            ready: None,
            pace: FramePace {
                frames: Rate::new(self.frames_per_minute, MINUTE),
                pages: Rate::new(READS_PER_MINUTE, MINUTE),
                silent: None,
                typing_again: None,
                health_again: None,
            },
            typing: None,
            history: WebHistory::default(),
            files: Files::default(),
        })
    }

    pub async fn next(&mut self) -> Option<SocketTaskReport> {
        self.inbox.recv().await
    }

    pub fn upload(&mut self, key: ConversationKey) -> Option<&mut Uploading> {
        self.all.get_mut(&key)?.files.uploading.as_mut()
    }

    pub fn session(&self, key: ConversationKey) -> Option<WebSession> {
        self.all.get(&key).map(|web| web.machine.session())
    }

    /// Whether the socket of a conversation takes messages, the pace aside.
    pub fn is_writable(&self, key: ConversationKey) -> bool {
        self.all.get(&key).is_some_and(|web| web.machine.is_writable() && web.link.is_some())
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

#[derive(Default)]
pub struct Files {
    pub uploading: Option<Uploading>, // those of the message that is first in its queue
    pub unwanted: VecDeque<String>,   // attachment ids of files that the server has and no message will carry
    pub media: Media,                 // what the deployment takes
}

pub struct Uploading {
    pub message: MessageId,
    pub left: VecDeque<Attachment>, // files of this machine that have not arrived yet, the next one first
    pub current: Option<(String, Vec<u8>)>, // attachment id of the file under way, its bytes until put
    pub done: Vec<(String, String)>, // attachment id and type of each that has arrived
    pub until: Option<Moment>,      // the server says by then where a file may go, or that it has arrived
}

impl Uploading {
    /// All of them have arrived: what becomes of the message is no matter of theirs any more.
    pub fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    pub fn is_at(&self, id: &str) -> bool {
        self.current.as_ref().is_some_and(|(current, _)| current == id)
    }

    pub fn file(&self) -> Option<(&Path, String)> {
        let file = self.left.front()?;
        let FileSource::File(path) = &file.place else { return None };
        let own = || path.file_name().map(|n| n.to_string_lossy().into_owned());
        Some((path, file.name.clone().or_else(own).unwrap_or_default()))
    }

    pub fn name(&self) -> String {
        self.file().map(|(_, name)| name).unwrap_or_default()
    }
}
