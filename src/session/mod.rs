//! What guestwire knows of a session, without a clock and without input or output. Every front end holds one
//! [`Session`], hands it what happens, and shows what it then knows.
//!
//! ```text
//! reports of the engine ─┐                   ┌─► commands for the engine
//! reports of the journal ┼─► Session ────────┼─► jobs for the journal
//! requests of a person ──┤   what is known   └─► notices: what is news; the front end makes the sentence
//! time ──────────────────┘
//! ```
//! A rule stands once: what a report means in `apply`; what a start brings back, and what is kept from then on, in `persist`;
//! when to diagnose again in `diagnose`.

mod apply;
pub(crate) mod conversations;
pub(crate) mod diagnose;
mod export;
pub(crate) mod local;
pub(crate) mod log;
mod open_pass;
mod persist;
pub(crate) mod refusals;
mod sending;
pub(crate) mod sign_in;
mod state;
pub(crate) mod thread;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Profile;
use crate::diagnosis::doctor::{DoctorVerdict, Finding};
use crate::engine::Command;
use crate::journal::{Job, JournalTrouble};
use crate::model::fault::SandboxRequest;
use crate::model::{
    Address, Conversation, ConversationKey, DeliveryStatus, Exchange, ExchangeId, MessageId, MetricsAgentState,
    RateLimit, RemoteState, TokenStatus, WebSession, WebhookState,
};
use crate::pass::PassRun;

use refusals::Diagnoses;
use thread::EntryId;

pub use conversations::Conversations;
pub use local::{LocalAnswer, LocalRequest};
pub use log::{Density, Log, LogEntry, LogOptions};
pub use refusals::{EndedTries, Rate401};
pub(crate) use sign_in::{SignIn, SignInTrouble};
pub use state::{FoundPass, ProfileInfo};
pub(crate) use state::{JournalMode, JournalStatus, OpenPass, OutcomeWatch, ProbeSeries, place_words, reports_dir};
pub use thread::{MessageCounts, Threads};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Engine(Command),
    Journal(Job),
    /// Set the embedded sandbox up for a pass, and tell the pass how that went.
    Sandbox(SandboxRequest),
    ClearFaults,
    Notice(Notice),
}

/// What a change asks for, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub(crate) Vec<Change>);

impl Changes {
    fn engine(&mut self, command: Command) {
        self.0.push(Change::Engine(command));
    }

    fn journal(&mut self, job: Job) {
        self.0.push(Change::Journal(job));
    }

    fn notice(&mut self, notice: Notice) {
        self.0.push(Change::Notice(notice));
    }
}

/// Something that is news. The session knows it already; a notice says what it was before, or what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// `in_trouble`: before this report, sign-in had failed in a way that waiting does not mend.
    Token { before: TokenStatus, in_trouble: bool },
    /// It began or went on.
    Exchange(Arc<Exchange>),
    /// A message of ours moved on.
    Message { id: MessageId, before: DeliveryStatus, delivery: DeliveryStatus, exchange: Option<ExchangeId> },
    /// It was handed over for sending.
    Sent(MessageId),
    /// … and waits behind those that an earlier session left in its conversation.
    WaitsBehindPaused(MessageId),
    /// The newest status of a message is not on the disk yet; why.
    NotOnDisk(String),
    /// `since`: when the guest connected, where the read told; `news`: messages that nobody has looked at.
    Read { key: ConversationKey, before: RemoteState, since: Option<Timestamp>, news: Vec<EntryId> },
    /// Messages came by themselves: into which conversation, and those of the other side that nobody has looked at.
    Arrived(ConversationKey, Vec<EntryId>),
    /// It was told whether replies can be read.
    Replies { key: ConversationKey, changed: bool },
    /// The session of a web-messaging conversation was told: of which, and where it stood before.
    WebSession(ConversationKey, WebSession),
    /// `new`: it was not known before.
    ConversationId { key: ConversationKey, new: bool },
    /// The server's clock is so many seconds ahead.
    ClockSkew(i64),
    /// A sentence of the engine or of the journal. The log has it.
    Said(String),
    /// The journal has trouble that was not told before. The log has it.
    JournalTrouble(JournalTrouble),
    /// The journal keeps everything again.
    JournalWell,
    /// The journal was read-only and is not any more.
    JournalFree,
    /// The conversation that an earlier session had open; `first`: none was open before.
    Reopened { key: ConversationKey, first: bool },
    /// The journal kept drafts: conversation, text, cursor.
    Drafts(Vec<(ConversationKey, String, usize)>),
    /// What an earlier session left is known.
    Restored(Leftovers),
    /// The message of unknown outcome that was watched for is settled (or gone).
    OutcomeKnown(MessageId, Option<DeliveryStatus>),
    /// A probe showed something.
    Probed(Finding),
    /// The series of probes has ended.
    ProbesOver(DoctorVerdict),
    /// The pass was told something. What came of it stands in [`Session::pass`].
    Pass { was_over: bool },
}

/// Why a queue that an earlier session left waits for a person; see [`crate::journal::job::Restored::queue_is_old`].
pub(crate) const OLD_QUEUE: &str = "one is more than ten minutes old, or the clock was turned back";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leftovers {
    pub unknown: usize,
    pub queued: usize,
    pub paused: bool,
    /// Unsettled messages of conversations that the profile has no more.
    pub homeless: usize,
    pub pass: Option<Arc<PassRun>>,
}

/// What guestwire knows of a session. See the module.
#[derive(Debug, Default)]
pub struct Session {
    /// Whom it speaks for.
    pub profile: ProfileInfo,
    /// The picker.
    pub conversations: Conversations,
    /// What was said.
    pub threads: Threads,
    /// The exchanges.
    pub log: Log,
    /// Whether there is a token.
    pub sign_in: SignIn,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) agent: Option<MetricsAgentState>,
    pub(crate) webhook: Option<WebhookState>,
    /// Why exchanges were refused.
    pub diagnoses: Diagnoses,
    /// The message of unknown outcome that is watched for.
    pub outcome_watch: Option<OutcomeWatch>,
    /// What is known of the journal.
    pub journal: JournalStatus,
    /// The regression pass.
    pub pass: OpenPass,
    /// Everything is told as it comes. Otherwise messages are unread until their conversation is opened.
    pub(crate) reports_every_message: bool,
    pub(crate) probes: Option<ProbeSeries>,
    next_message: u64,
}

impl Session {
    /// A session in which nothing has happened.
    pub fn new(profile: ProfileInfo, conversations: Conversations, log: Log) -> Self {
        let mut session = Self { profile, conversations, log, ..Self::default() };
        session.log.set_names(session.names());
        session
    }

    /// A session of a profile whose log nobody reads on screen.
    pub fn of(profile: &Profile) -> Self {
        let info = ProfileInfo::of(profile, PathBuf::new(), None);
        Self::new(info, Conversations::of(profile), Log::default())
    }

    /// Message ids are given from `first` on. They must differ from those of all sessions whose messages are kept.
    pub const fn number_messages_from(&mut self, first: u64) {
        self.next_message = first;
    }

    /// Opens a conversation: what was said in it counts as looked at. False where there is none of that key.
    pub fn open_conversation(&mut self, key: ConversationKey, changes: &mut Changes) -> bool {
        if !self.conversations.open_key(key) {
            return false;
        }
        self.threads.of(key).mark_read();
        self.conversations.set_unread(key, 0);
        self.keep_conversation(key, changes);
        self.look_at(key, changes);
        true
    }

    pub(crate) fn add_conversation(
        &mut self,
        name: String,
        address: Address,
        changes: &mut Changes,
    ) -> ConversationKey {
        let key = self.conversations.free_key();
        let conversation = Conversation { key, name, address };
        self.conversations.add(conversation.clone());
        self.log.set_names(self.names());
        self.keep(Job::Added(conversation.clone()), changes);
        changes.engine(Command::Add(conversation));
        key
    }

    pub(crate) fn not_removable(&self, key: ConversationKey) -> Option<&'static str> {
        let item = self.conversations.get(key)?;
        if !item.added {
            Some("it is in the config file: remove it there")
        } else if self.threads.open().any(|message| message.conversation == key) {
            Some("a message in it is not settled yet")
        } else if self.pass.is_running() {
            Some("a test run is open")
        } else if item.session().is_some_and(|s| !matches!(s, WebSession::Closed | WebSession::Ended(_))) {
            Some("its guest session is open: close it first")
        } else {
            None
        }
    }

    pub(crate) fn remove_conversation(&mut self, key: ConversationKey, changes: &mut Changes) -> bool {
        if self.not_removable(key).is_some() {
            return false;
        }
        let open = self.conversations.active() == Some(key);
        if !self.conversations.remove(key) {
            return false;
        }
        self.log.set_names(self.names());
        self.log.conversation_removed(key);
        self.keep(Job::Removed(key), changes);
        if open {
            changes.engine(Command::Watch(None));
        }
        true
    }

    /// The conversations' names as they stand on screen.
    pub fn names(&self) -> Vec<(ConversationKey, String)> {
        self.conversations.items().map(|item| (item.conversation.key, item.name().to_owned())).collect()
    }
}

#[cfg(test)]
#[path = "../../tests/unit/session/mod.rs"]
mod tests;
