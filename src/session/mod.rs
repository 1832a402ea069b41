//! What guestwire knows of a session, without a clock and without input or output. Every front end holds one
//! [`Session`], hands it what happens, and shows what it then knows.
//!
//! ```text
//! reports of the engine ─┐                   ┌─► commands for the engine
//! pages of the journal ──┼─► Session ────────┼─► jobs for the journal
//! requests of a person ──┤   what is known   └─► notices: what is news; the front end makes the sentence
//! time ──────────────────┘
//! ```

pub mod conversations;
pub mod journal_status;
pub mod kept_diagnoses;
pub mod log;
pub mod open_pass;
pub mod outcome_watch;
pub mod profile_info;
pub mod refusals;
pub mod sandbox_request;
pub mod sign_in;
pub mod thread;

use std::collections::BTreeMap;

use crate::diagnosis::History;
use crate::model::{AgentState, ConversationKey, DeliveryStatus, MessageId, Moment, RateLimit, WebhookState};

use conversations::Picker;
use journal_status::JournalStatus;
use log::{Log, Rate401};
use open_pass::PassDesk;
use outcome_watch::OutcomeWatch;
pub use profile_info::ProfileInfo;
use refusals::Refusals;
pub use sign_in::{SignIn, SignInTrouble};
use thread::Threads;

/// A message of ours that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSend {
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// Where it stands.
    pub life: DeliveryStatus,
    /// Since when it stands there.
    pub since: Moment,
}

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

/// What guestwire knows of a session. See the module.
#[derive(Debug)]
pub struct Session {
    /// The profile.
    pub profile: ProfileInfo,
    /// The conversations.
    pub conversations: Picker,
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
    /// What exchanges showed, for diagnoses.
    pub evidence: History,
    /// The refusals of the session.
    pub refusals: Refusals,
    /// The 401 rate as of the newest report.
    pub rate_401: Rate401,
    /// Messages of ours that are not settled.
    pub open_sends: BTreeMap<MessageId, OpenSend>,
    /// The message of unknown outcome that is watched for.
    pub outcome_watch: Option<OutcomeWatch>,
    /// What is known of the journal.
    pub journal: JournalStatus,
    /// The regression pass.
    pub pass: PassDesk,
    next_message: u64,
}

impl Session {
    /// A session in which nothing has happened.
    pub fn new(profile: ProfileInfo, conversations: Picker, log: Log) -> Self {
        let mut session = Self {
            profile,
            conversations,
            threads: Threads::new(),
            log,
            sign_in: SignIn::default(),
            server: ServerFacts::default(),
            listeners: Listeners::default(),
            evidence: History::default(),
            refusals: Refusals::default(),
            rate_401: Rate401::default(),
            open_sends: BTreeMap::new(),
            outcome_watch: None,
            journal: JournalStatus::default(),
            pass: PassDesk::default(),
            next_message: 0,
        };
        session.log.set_names(session.names());
        session
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

    /// The conversations' names as they stand on screen.
    pub fn names(&self) -> Vec<(ConversationKey, String)> {
        self.conversations.items().iter().map(|item| (item.conversation.key, item.name().to_owned())).collect()
    }
}
