//! What the journal can be asked to keep or to find, and what it tells. Plain data: the console speaks these.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::guest_tokens::Guest;
use crate::engine::send_log::{Intent, Unrecorded};
use crate::model::{
    Conversation, ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Message, MessageId, Moment, Outcome,
    RemoteMessage,
};
use crate::pass::PassRun;

/// What the journal can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// A message was asked for: kept as queued. The conversation's draft goes in the same step, so that a text is
    /// never in both places, and never in neither.
    Queue(Box<Message>),
    /// The text that stands in the composer; blank text forgets the draft.
    Draft {
        /// Of which conversation.
        conversation: ConversationKey,
        /// What is typed.
        text: String,
        /// The cursor's byte offset.
        cursor: usize,
    },
    /// What a person decided about a conversation, and what was looked at.
    Conversation(KeptConversation),
    /// A conversation that was added by hand.
    Added(Conversation),
    /// A conversation that was added by hand is removed; what was said in it stays.
    Removed(ConversationKey),
    /// This conversation is open now: a restart opens it again.
    Opened(ConversationKey),
    /// The remote side's id of a conversation whose address does not name it became known.
    ConversationIdKnown(ConversationKey, String),
    /// Messages that were heard in a conversation; what is known already is kept once.
    RemoteMessages(ConversationKey, Vec<RemoteMessage>),
    /// An exchange went on or was settled. The number is the log's.
    Exchange {
        /// Its number in the log.
        number: u64,
        /// All that is known of it, redacted at capture.
        exchange: Arc<Exchange>,
    },
    /// A sentence of the log.
    Note {
        /// Its number in the log.
        number: u64,
        /// When it was said.
        at: Moment,
        /// A person's note, or guestwire's own.
        kind: ExchangeKind,
        /// What it says.
        text: String,
        /// The conversation that it is about, if it is about one.
        about: Option<ConversationKey>,
    },
    /// What a person said of a log entry.
    Mark {
        /// Its number in the log.
        number: u64,
        /// Whether it is marked.
        marked: bool,
        /// The comment.
        comment: Option<String>,
    },
    /// What became of a message that no engine knows of.
    Status(MessageId, DeliveryStatus),
    /// A run of a pass went on, or is over.
    Pass(Arc<PassRun>),
    /// A page of history is wanted; answered with [`JournalPage::History`].
    History(HistoryRequest),
}

/// Answers who waits for a row.
pub(super) type Recorded = oneshot::Sender<Result<(), Unrecorded>>;

/// What the writer does.
#[derive(Debug)]
pub(super) enum Work {
    /// Keep something.
    Job(Job),
    /// Record that a message is about to be written.
    Intent(Intent, Recorded),
    /// Another guestwire has let go of the journal.
    LockIsFree,
    /// Find the guest token of a conversation, or keep a new one.
    Guest(Guest),
    /// Record what came of a message.
    Outcome {
        message: MessageId,
        delivery: DeliveryStatus,
        remote_id: Option<String>,
        /// Who waits for the row; nobody any more, once it was told that the row is not there yet.
        done: Option<Recorded>,
    },
}

impl Work {
    /// Whether nobody waits for it: what a flood of exchanges brings.
    pub(super) const fn is_bulk(&self) -> bool {
        matches!(self, Self::Job(Job::Exchange { .. } | Job::Note { .. } | Job::Mark { .. } | Job::RemoteMessages(..)))
    }

    /// Whether a power cut must not undo it: a message that comes, and the end of one whose row may say that it is to be
    /// sent. (One that was on the wire is unknown to the next start, should its end be lost.)
    pub(super) const fn is_for_good(&self) -> bool {
        match self {
            Self::Intent(..) | Self::Job(Job::Queue(_)) => true,
            Self::Outcome { delivery, .. } => {
                matches!(delivery, DeliveryStatus::Cancelled | DeliveryStatus::Refused(_))
            }
            _ => false,
        }
    }
}

/// Whether an exchange is kept as it stands: once it was answered or waits; at once where it carries a message.
pub fn is_kept(exchange: &Exchange) -> bool {
    exchange.outcome != Outcome::Open || exchange.message.is_some()
}

/// Which page of history is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Comes back with the page, so that a late answer is known as one.
    pub serial: u64,
    /// Which entries.
    pub want: HistoryRange,
    /// At most so many.
    pub limit: usize,
}

/// Which entries of the history are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryRange {
    /// The newest ones before this number.
    Before(u64),
    /// The oldest ones after this number.
    After(u64),
    /// The newest ones before a number that have all words of a query.
    Found {
        /// The words, as typed.
        query: String,
        /// Only those before this number.
        before: u64,
    },
}

/// What is kept of a conversation beside its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConversation {
    /// Which.
    pub key: ConversationKey,
    /// The tester's name for it.
    pub nickname: Option<String>,
    /// Kept at the top.
    pub pinned: bool,
    /// The newest message of the other side that was looked at, by the remote side's clock.
    pub seen: Option<Timestamp>,
    /// Messages that were not looked at.
    pub unread: u32,
    /// Where one stood in its thread; `None` at the end.
    pub place: Option<KeptPlace>,
}

/// Where one stood in a thread: this message's row was the topmost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptPlace {
    /// One of ours.
    Ours(u64, usize),
    /// One that a read brought, by the remote side's id.
    Theirs(String, usize),
}

/// What the journal tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalPage {
    /// The journal is open, with everything that it kept. Comes once, first, unless it could not be opened.
    Restored(Box<Restored>),
    /// What is not being kept, and why: a sentence for the status line, and a word or two for the top row.
    Trouble(Trouble),
    /// Keeping works again.
    Well,
    /// Something to say that changes nothing, one sentence.
    Notice(String),
    /// A page of history.
    History(HistoryPage),
}

/// What is not being kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A word or two for the top row: `READ-ONLY`, `NOT KEPT`.
    pub short: &'static str,
    /// A sentence: what happened, what is lost by it, and what to do.
    pub sentence: String,
    /// Whether messages can be sent all the same.
    pub sending: bool,
    /// Whether history can be read.
    pub history: bool,
}

impl Trouble {
    /// Nothing, or not all, is kept; messages can be sent. `history`: whether it can be read.
    pub const fn not_kept(sentence: String, history: bool) -> Self {
        Self { short: "NOT KEPT", sentence, sending: true, history }
    }
}

/// What is said of a message whose newest status is not on the disk yet.
pub fn not_on_disk(why: &str) -> String {
    format!(
        "Not yet on disk: the newest status of a message ({why}). It is written as soon as that is possible; should \
         guestwire end before, the next start finds the status before."
    )
}

/// What was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Nothing is kept from here on: another guestwire writes, or nothing can be written.
    pub read_only: bool,
    /// The last number that was given to a log entry.
    pub last_number: u64,
    /// The oldest number that is kept; 0 where there is no history.
    pub first_number: u64,
    /// Conversations that were added by hand, in the order in which they were, with the keys that are theirs now.
    pub added: Vec<Conversation>,
    /// The conversation that was open last, if it is there still.
    pub open: Option<ConversationKey>,
    /// What a person decided about conversations.
    pub conversations: Vec<KeptConversation>,
    /// Ids on the remote side of conversations whose address does not name them.
    pub learned: Vec<(ConversationKey, String)>,
    /// Drafts: conversation, text, cursor.
    pub drafts: Vec<(ConversationKey, String, usize)>,
    /// What was heard in conversations, oldest first; at most the newest few hundred of each.
    pub heard: Vec<(ConversationKey, Vec<RemoteMessage>)>,
    /// Our messages, oldest first; at most the newest few hundred of each conversation, and all that are not settled.
    pub messages: Vec<KeptMessage>,
    /// The newest run of a pass that is not over.
    pub pass: Option<Arc<PassRun>>,
    /// Queued messages whose conversation is in the profile no more: they stay where they are.
    pub homeless: usize,
}

/// A message of ours that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// The message: queued, unknown (also those that were on the wire), or settled. It was asked for long ago by the clock
    /// that does not jump.
    pub message: Message,
    /// When its newest try began, if there was one.
    pub begun: Option<Timestamp>,
}

/// A page of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Of which question.
    pub serial: u64,
    /// What was wanted.
    pub want: HistoryRange,
    /// The entries, the oldest first.
    pub entries: Vec<KeptEntry>,
    /// Whether there are more in the same direction.
    pub more: bool,
    /// Why it could not be read, one sentence.
    pub problem: Option<String>,
}

/// One entry of the log that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEntry {
    /// Its number.
    pub number: u64,
    /// What it is about.
    pub source: KeptSource,
    /// Whether a person marked it.
    pub marked: bool,
    /// What a person said about it.
    pub comment: Option<String>,
    /// What became of its message later.
    pub delivery: Option<DeliveryStatus>,
}

/// What a kept entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptSource {
    /// A request and what came of it.
    Exchange(Arc<Exchange>),
    /// A sentence.
    Note {
        /// When it was said.
        at: Moment,
        /// Whose it is.
        kind: ExchangeKind,
        /// What it says.
        text: String,
        /// The conversation that it is about, as far as known.
        about: Option<ConversationKey>,
    },
}
