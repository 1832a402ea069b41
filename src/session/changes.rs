//! What a change of the session asks for, and what is news.

use std::sync::Arc;

use jiff::Timestamp;

use crate::diagnosis::doctor::{DoctorVerdict, Finding};
use crate::engine::Command;
use crate::journal::{Job, Trouble};
use crate::model::fault::SandboxRequest;
use crate::model::{
    ConversationKey, DeliveryStatus, Exchange, ExchangeId, MessageId, RemoteState, TokenStatus, WebSession,
};
use crate::pass::PassRun;

use super::thread::EntryId;

/// One thing that a change asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ask the engine.
    Engine(Command),
    /// Ask the journal.
    Journal(Job),
    /// Set the embedded sandbox up for a pass, and tell the pass how that went.
    Sandbox(SandboxRequest),
    /// Lift the embedded sandbox's faults.
    ClearFaults,
    /// Something is news: the front end says it in its own words.
    Notice(Notice),
}

/// What a change asks for, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<Change>);

impl Changes {
    pub(super) fn engine(&mut self, command: Command) {
        self.0.push(Change::Engine(command));
    }

    pub(super) fn journal(&mut self, job: Job) {
        self.0.push(Change::Journal(job));
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.0.push(Change::Notice(notice));
    }

    pub(super) fn push(&mut self, change: Change) {
        self.0.push(change);
    }

    /// The commands for the engine.
    pub fn commands(self) -> impl Iterator<Item = Command> {
        self.0.into_iter().filter_map(|change| if let Change::Engine(command) = change { Some(command) } else { None })
    }

    /// What is news.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter().filter_map(|change| if let Change::Notice(notice) = change { Some(notice) } else { None })
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Something that is news. The session knows it already; a notice says what it was before, or what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The token's status was told.
    Token {
        /// The status before.
        before: TokenStatus,
        /// Before it, waiting for a token was of no use.
        in_trouble: bool,
    },
    /// An exchange began or went on.
    Exchange(Arc<Exchange>),
    /// A message of ours moved on.
    Message {
        /// Which.
        id: MessageId,
        /// Where it stood.
        before: DeliveryStatus,
        /// Where it stands.
        delivery: DeliveryStatus,
        /// The exchange that carried it, if one did.
        exchange: Option<ExchangeId>,
    },
    /// A message was handed over for sending.
    Sent(MessageId),
    /// … and waits behind those that an earlier session left in its conversation.
    WaitsBehindPaused(MessageId),
    /// The newest status of a message is not on the disk yet; why.
    NotOnDisk(String),
    /// A conversation was read.
    Read {
        /// Which.
        key: ConversationKey,
        /// What the read before showed.
        before: RemoteState,
        /// When the guest connected, where the read told.
        since: Option<Timestamp>,
        /// Messages of the other side that nobody has looked at.
        news: Vec<EntryId>,
    },
    /// Messages came by themselves: into which conversation, and those of the other side that nobody has looked at.
    Arrived(ConversationKey, Vec<EntryId>),
    /// It was told whether replies can be read.
    Replies {
        /// In which conversation.
        key: ConversationKey,
        /// It was not so before.
        changed: bool,
    },
    /// The session of a web-messaging conversation was told: of which, and where it stood before.
    WebSession(ConversationKey, WebSession),
    /// The remote side's id of a conversation was told.
    ConversationId {
        /// Of which.
        key: ConversationKey,
        /// It was not known before.
        new: bool,
    },
    /// The server's clock is so many seconds ahead.
    ClockSkew(i64),
    /// A sentence of the engine. The log has it.
    EngineNotice(String),
    /// The engine has stopped.
    Stopped,
    /// The journal has trouble that was not told before. The log has it.
    JournalTrouble(Trouble),
    /// The journal keeps everything again.
    JournalWell,
    /// The journal was read-only and is not any more.
    JournalFree,
    /// A sentence of the journal. The log has it.
    JournalNotice(String),
    /// The conversation that an earlier session had open is open again.
    Reopened {
        /// Which.
        key: ConversationKey,
        /// None was open before.
        first: bool,
    },
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
    /// The pass was told something. What came of it stands in [`super::Session::pass`].
    Pass {
        /// It was over already.
        was_over: bool,
    },
}

/// What an earlier session left that is worth a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Messages of unknown outcome.
    pub unknown: usize,
    /// Queued messages.
    pub queued: usize,
    /// These are too old to go by themselves.
    pub paused: bool,
    /// Unsettled messages of conversations that the profile has no more.
    pub homeless: usize,
    /// A pass that is not over.
    pub pass: Option<Arc<PassRun>>,
}
