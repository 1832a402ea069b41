//! What guestwire knows of a session, without a clock and without input or output. Every front end holds one
//! [`Session`], hands it what happens, and shows what it then knows.
//!
//! ```text
//! reports of the engine ─┐                   ┌─► commands for the engine
//! pages of the journal ──┼─► Session ────────┼─► jobs for the journal
//! requests of a person ──┤   what is known   └─► notices: what is news; the front end makes the sentence
//! time ──────────────────┘
//! ```
//! A rule stands once, in one of these files:
//!
//! | what | where |
//! |---|---|
//! | what a report of the engine means | `apply` |
//! | what a start finds again, trouble of the journal, and what it is told | `journal` |
//! | sending, what waits behind older messages, what is held, looking for a message of unknown outcome | `sending` |
//! | why exchanges were refused, when to diagnose again, what a series of probes asks and finds | `diagnose` |
//! | whether a token will come | `sign_in` |
//! | what an open pass does | `open_pass` |
//! | what is written of it: transcript, session, pass file | `written` |
//! | which message stands where, which is new, which is answered | `thread` |

mod apply;
pub mod changes;
pub mod conversations;
pub mod diagnose;
mod journal;
pub mod local;
pub mod log;
mod open_pass;
pub mod refusals;
mod sending;
pub mod sign_in;
mod state;
pub mod thread;
mod written;

use std::path::PathBuf;

use crate::config::Profile;
use crate::engine::Command;
use crate::journal::Job;
use crate::model::{AgentState, Conversation, ConversationKey, MessageId, RateLimit, WebSession, WebhookState};

pub(crate) use crate::model::OutgoingMessage;
pub use changes::Changes;
use conversations::Conversations;
use log::{Log, LogOptions};
use refusals::Diagnoses;
pub use refusals::RATE_WINDOW;
pub use sign_in::{SignIn, SignInTrouble};
pub use state::{
    FoundPass, JournalMode, JournalStatus, OpenPass, OutcomeWatch, ProbeSeries, ProfileInfo, SAVE_AFTER, place_words,
    reports_dir,
};
use thread::Threads;

/// What the service told about itself.
#[derive(Clone, Debug, Default)]
pub struct ServerFacts {
    /// The newest rate-limit headers.
    pub rate_limit: Option<RateLimit>,
    /// Seconds that the server's clock is ahead, if over a minute.
    pub clock_skew: Option<i64>,
}

/// What guestwire runs beside the requests.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    /// The metrics agent, where one is configured.
    pub agent: Option<AgentState>,
    /// The webhook listener, where one is configured.
    pub webhook: Option<WebhookState>,
}

/// What a person takes notice of as it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attention {
    /// The open conversation: elsewhere, messages are unread until it is opened.
    #[default]
    OpenConversation,
    /// Everything is told as it comes.
    Everywhere,
}

/// What guestwire knows of a session. See the module.
#[derive(Debug)]
pub struct Session {
    /// The profile.
    pub profile: ProfileInfo,
    /// The conversations.
    pub conversations: Conversations,
    /// The messages.
    pub threads: Threads,
    /// The exchanges.
    pub log: Log,
    /// Signing in.
    pub sign_in: SignIn,
    /// What the service told about itself.
    pub server: ServerFacts,
    /// What runs beside the requests.
    pub listeners: Listeners,
    /// What is known of refusals.
    pub diagnoses: Diagnoses,
    /// The message of unknown outcome that is watched for.
    pub outcome_watch: Option<OutcomeWatch>,
    /// What is known of the journal.
    pub journal: JournalStatus,
    /// The regression pass.
    pub pass: OpenPass,
    /// To what a person listens.
    pub attention: Attention,
    /// The newest series of probes.
    pub probes: Option<ProbeSeries>,
    next_message: u64,
}

impl Session {
    /// A session in which nothing has happened.
    pub fn new(profile: ProfileInfo, conversations: Conversations, log: Log) -> Self {
        let mut session = Self {
            profile,
            conversations,
            threads: Threads::new(),
            log,
            sign_in: SignIn::default(),
            server: ServerFacts::default(),
            listeners: Listeners::default(),
            diagnoses: Diagnoses::default(),
            outcome_watch: None,
            journal: JournalStatus::default(),
            pass: OpenPass::default(),
            attention: Attention::default(),
            probes: None,
            next_message: 0,
        };
        session.log.set_names(session.names());
        session
    }

    /// A session of a profile whose log nobody reads on screen.
    pub fn of(profile: &Profile) -> Self {
        let info = ProfileInfo::of(profile, PathBuf::new(), None);
        Self::new(info, Conversations::of(profile), Log::new(LogOptions::default()))
    }

    /// Message ids are given from `first` on. They must differ from those of all sessions whose messages are kept.
    pub const fn number_messages_from(&mut self, first: u64) {
        self.next_message = first;
    }

    /// A new message id.
    pub(crate) const fn new_message(&mut self) -> MessageId {
        self.next_message += 1;
        MessageId(self.next_message)
    }

    /// Opens a conversation: what was said in it counts as looked at. False where there is none of that key.
    pub fn open_conversation(&mut self, key: ConversationKey, changes: &mut Changes) -> bool {
        if !self.conversations.open_key(key) {
            return false;
        }
        self.threads.mark_read(key);
        self.conversations.set_unread(key, 0);
        self.keep_conversation(key, changes);
        self.look_at(key, changes);
        true
    }

    /// Adds a conversation by hand.
    pub fn add_conversation(&mut self, conversation: Conversation, changes: &mut Changes) {
        self.conversations.add(conversation.clone());
        self.log.set_names(self.names());
        self.keep(Job::Added(conversation.clone()), changes);
        changes.engine(Command::Add(conversation));
    }

    /// Why a conversation cannot be removed now; `None` where it can.
    pub fn not_removable(&self, key: ConversationKey) -> Option<&'static str> {
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

    /// Removes a conversation that was added by hand. False where it cannot be removed.
    pub fn remove_conversation(&mut self, key: ConversationKey, changes: &mut Changes) -> bool {
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
