//! What the journal can be asked to keep or to find, and what it tells. Plain data: the console speaks these.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Conversation, ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Message, MessageId, Moment, Outcome,
    RemoteMessage,
};
use crate::pass::PassRun;

/// What a journal is opened with.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// The profile's directory: see [`super::files::profile_dir`].
    pub dir: PathBuf,
    /// The profile's conversations, keys in order from 0.
    pub conversations: Vec<Conversation>,
    /// How long anything is kept.
    pub keep: Duration,
    /// How large it may grow, in bytes.
    pub max_bytes: u64,
    /// For a subcommand, which alone sends its messages. Where another guestwire writes, it keeps them beside that one,
    /// without entries of the log, instead of only reading.
    pub of_subcommand: bool,
    /// As if the disk ended after so many pages of 4 KiB. For tests.
    pub page_limit: Option<u32>,
}

impl JournalOptions {
    /// With the defaults: thirty days, 512 MB.
    pub fn new(dir: PathBuf, conversations: Vec<Conversation>) -> Self {
        Self {
            dir,
            conversations,
            keep: Duration::from_secs(30 * 86_400),
            max_bytes: 512 << 20,
            of_subcommand: false,
            page_limit: None,
        }
    }
}

/// What the journal can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// A message was asked for: kept as queued. Its draft goes in the same step, so that a text is in just one place.
    Queue(Box<Message>),
    /// The same where another text is the draft, which stays.
    QueueBeside(Box<Message>),
    /// The text that stands in a conversation's composer, and the cursor's byte offset; empty text forgets the draft.
    Draft(ConversationKey, String, usize),
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
    /// Remote messages of a conversation; what is known already is kept once.
    RemoteMessages(ConversationKey, Vec<RemoteMessage>),
    /// An entry of the log came or went on: its number (0: the next one), and what it is about.
    Entry(u64, LogSource),
    /// What a person said of the log entry of this number: whether it is marked, and the comment.
    Mark(u64, bool, Option<String>),
    /// What became of a message that no engine knows of.
    Status(MessageId, DeliveryStatus),
    /// A run of a pass went on, or is over.
    Pass(Arc<PassRun>),
    /// A page of history is wanted; answered with [`JournalReport::History`].
    History(HistoryRequest),
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
    /// The newest ones that have all words of this query, as typed, before this number.
    Found(String, u64),
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
pub enum JournalReport {
    /// The journal is open, with everything that it kept. Comes once, first, unless it could not be opened.
    Restored(Box<Restored>),
    /// What is not being kept, and why: a sentence for the status line, and a word or two for the top row.
    Trouble(JournalTrouble),
    /// Keeping works again.
    Well,
    /// Something to say that changes nothing, one sentence.
    Notice(String),
    /// A page of history.
    History(HistoryPage),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalTrouble {
    /// A word or two for the top row: `READ-ONLY`, `NOT KEPT`.
    pub short: &'static str,
    /// A sentence: what happened, what is lost by it, and what to do.
    pub sentence: String,
    /// Whether messages can be sent all the same.
    pub sending: bool,
}

impl JournalTrouble {
    /// Nothing, or not all, is kept; messages can be sent.
    pub(crate) const fn not_kept(sentence: String) -> Self {
        Self { short: "NOT KEPT", sentence, sending: true }
    }
}

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
    /// The remote messages of conversations, oldest first; at most the newest few hundred of each.
    pub remote_messages: Vec<(ConversationKey, Vec<RemoteMessage>)>,
    /// Our messages, oldest first, each with when its newest try began, if there was one; at most the newest few hundred of
    /// each conversation, and all that are not finished. They are queued, unknown (also those that were on the wire), or
    /// finished, and were asked for long ago by the clock that does not jump.
    pub messages: Vec<KeptMessage>,
    /// The newest run of a pass that is not over.
    pub pass: Option<Arc<PassRun>>,
    /// Queued messages whose conversation is in the profile no more: they stay where they are.
    pub homeless: usize,
}

/// A message of ours that was kept, and when its newest try began.
pub type KeptMessage = (Message, Option<Timestamp>);

/// A page of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The question that it answers.
    pub request: HistoryRequest,
    /// The entries, the oldest first, and whether there are more in the same direction; or why they could not be read, one
    /// sentence.
    pub found: Result<(Vec<KeptEntry>, bool), String>,
}

/// One entry of the log that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEntry {
    /// Its number.
    pub number: u64,
    /// What it is about.
    pub source: LogSource,
    /// Whether a person marked it.
    pub marked: bool,
    /// What a person said about it.
    pub comment: Option<String>,
    /// What became of its message later.
    pub delivery: Option<DeliveryStatus>,
}

/// What an entry of the log is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// A request and what came of it, redacted at capture.
    Exchange(Arc<Exchange>),
    /// A sentence of a person or of guestwire itself.
    Note {
        /// When it was said.
        at: Moment,
        /// [`ExchangeKind::Note`] or [`ExchangeKind::Sys`].
        kind: ExchangeKind,
        /// What it says.
        text: String,
        /// The conversation that it is about, where that is known.
        about: Option<ConversationKey>,
    },
}

impl LogSource {
    /// When it began.
    pub(crate) fn at(&self) -> Moment {
        match self {
            Self::Exchange(exchange) => exchange.started,
            Self::Note { at, .. } => *at,
        }
    }
}
