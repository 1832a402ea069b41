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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
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
    pub(super) fn engine(&mut self, command: Command) {
        self.0.push(Change::Engine(command));
    }

    pub(super) fn journal(&mut self, job: Job) {
        self.0.push(Change::Journal(job));
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.0.push(Change::Notice(notice));
    }

    pub(crate) fn commands(self) -> impl Iterator<Item = Command> {
        self.0.into_iter().filter_map(|change| if let Change::Engine(command) = change { Some(command) } else { None })
    }
}

/// Something that is news. The session knows it already; a notice says what it was before, or what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `in_trouble`: before it, waiting for a token was of no use.
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
    /// A sentence of the engine. The log has it.
    EngineSaid(String),
    /// The engine has stopped.
    Stopped,
    /// The journal has trouble that was not told before. The log has it.
    JournalTrouble(Trouble),
    /// The journal keeps everything again.
    JournalWell,
    /// The journal was read-only and is not any more.
    JournalFree,
    /// A sentence of the journal. The log has it.
    JournalSaid(String),
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
    /// The pass was told something. What came of it stands in [`super::Session::pass`].
    Pass { was_over: bool },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    pub unknown: usize,
    pub queued: usize,
    pub paused: bool,
    /// Unsettled messages of conversations that the profile has no more.
    pub homeless: usize,
    pub pass: Option<Arc<PassRun>>,
}
