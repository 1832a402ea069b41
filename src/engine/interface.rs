//! What the engine can be asked for, and what it tells.

use std::sync::Arc;

use crate::model::{
    AgentState, AsOf, Author, Conversation, ConversationKey, DeliveryStatus, DiscoveredConversation, Exchange,
    ExchangeId, Extras, Message, MessageId, Moment, ProbeQuestion, Probed, RateLimit, RemoteMessage, RemoteState,
    RepliesReadable, SessionAsk, TokenStatus, Variation, WebSession, WebhookState,
};

/// A message to be sent. The engine keeps the order of each conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendRequest {
    /// Given by whoever asks; reports come back under it. Each request has a new one, also a resend.
    pub message: MessageId,
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// The message that this one sends again.
    pub resend_of: Option<MessageId>,
    /// Sent wrongly on purpose, in this way. `text` is what is sent already.
    pub sent_as: Option<Variation>,
    /// What it carries beside its text.
    pub extras: Extras,
}

impl SendRequest {
    /// What asks for a message of ours.
    pub fn of(message: &Message) -> Self {
        Self {
            message: message.id,
            conversation: message.conversation,
            text: message.text.clone(),
            resend_of: message.resend_of,
            sent_as: message.sent_as,
            extras: message.extras.clone(),
        }
    }
}

/// A message of an earlier session, in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Which.
    pub message: MessageId,
    /// In which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// When its newest try began, by this machine's clock.
    pub at: jiff::Timestamp,
    /// The id that the remote side gave it, where known.
    pub remote_id: Option<String>,
    /// Nobody knows what became of it: it is looked up.
    pub unknown: bool,
    /// The name that it bears in a channel with idempotency, where it was given one.
    pub key: Option<String>,
}

/// What the engine can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Messages of an earlier session: unknown ones are looked up, the others are known again when they are read.
    Recall(Vec<Recalled>),
    /// What was heard in earlier sessions: when it comes again, it is not told again.
    Heard {
        /// In which conversation.
        key: ConversationKey,
        /// What was said.
        messages: Vec<RemoteMessage>,
    },
    /// Get a token if there is none (also after it was refused).
    SignIn,
    /// Get a new token now, whatever the old one's state.
    Renew,
    /// The remote side's id of a conversation, as an earlier session learned it: it can be read before anything is sent.
    Learn {
        /// Of which conversation.
        key: ConversationKey,
        /// The id.
        conversation_id: String,
    },
    /// Put a message into its conversation's queue.
    Send(SendRequest),
    /// Take a message back: cancelled if no byte was written, unknown otherwise.
    Cancel(MessageId),
    /// Settle an unknown message by a person's word: landed or lost.
    Settle {
        /// Which message.
        message: MessageId,
        /// True: it was received. False: it was not.
        landed: bool,
    },
    /// Read a conversation and its messages once, now.
    Read(ConversationKey),
    /// Find something out that changes nothing; answered with [`super::Report::Probe`].
    Probe(ProbeQuestion),
    /// Which conversation a person looks at: replies are read for it after a send, with growing pauses.
    Watch(Option<ConversationKey>),
    /// The guest is typing. Not repeated to the remote side more often than it wants to hear it.
    Typing(ConversationKey),
    /// Something is asked of the session of a web-messaging conversation; answered with [`super::Report::Session`].
    Session {
        /// Of which conversation.
        key: ConversationKey,
        /// What.
        ask: SessionAsk,
    },
    /// List conversations that are active on the remote side, newest first: page from 1. Answered with
    /// [`super::Report::Discovered`].
    Discover {
        /// Which page.
        page: u32,
    },
    /// A conversation that was added while running: its key is new.
    Add(Conversation),
    /// Finish what is on the wire (bounded), then stop.
    Shutdown,
}

/// What the engine tells, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Signing in moved on.
    Token(TokenStatus),
    /// An exchange was begun, changed, or was settled: its whole present state.
    Exchange(Arc<Exchange>),
    /// A message's delivery status changed.
    Message {
        /// Which.
        id: MessageId,
        /// Where it stands now.
        delivery: DeliveryStatus,
        /// The exchange that carries it, once one began.
        exchange: Option<ExchangeId>,
        /// The id that the remote side gave it, once known.
        remote_id: Option<String>,
    },
    /// The status of a message that is told next is not on the disk yet: should guestwire end now, the next start finds
    /// the one before. It is written as soon as that is possible.
    NotOnDisk {
        /// Which message.
        message: MessageId,
        /// Why not, in words.
        why: String,
    },
    /// A conversation was read.
    Conversation {
        /// Which.
        key: ConversationKey,
        /// What the read showed of it.
        state: RemoteState,
        /// When the guest connected, where the read told.
        since: Option<jiff::Timestamp>,
        /// The messages that it brought and that were not heard before, oldest first, ours included.
        messages: Vec<RemoteMessage>,
    },
    /// Whether replies can be read: told after each read, and when a socket opens or is lost.
    RepliesReadable {
        /// In which conversation.
        key: ConversationKey,
        /// Whether they can, or why not.
        readable: RepliesReadable,
        /// Up to when, or since when, that is so.
        as_of: AsOf,
    },
    /// Messages came by themselves (a socket, a webhook), ours included: only the new ones, oldest first.
    MessagesArrived {
        /// In which conversation.
        key: ConversationKey,
        /// What was said.
        messages: Vec<RemoteMessage>,
    },
    /// Somebody of the other side types, or has stopped.
    Typing {
        /// In which conversation.
        key: ConversationKey,
        /// Who.
        author: Author,
        /// Until when, unless told again; `None` where it has stopped.
        until: Option<Moment>,
    },
    /// The session of a web-messaging conversation moved on.
    Session {
        /// Of which conversation.
        key: ConversationKey,
        /// Where it stands.
        session: WebSession,
    },
    /// The remote side's conversation id became known for a conversation whose address does not name it.
    ConversationIdKnown {
        /// Which.
        key: ConversationKey,
        /// The id.
        conversation_id: String,
    },
    /// What came of a [`super::Command::Discover`].
    Discovered {
        /// Which page.
        page: u32,
        /// What is on it, or why it could not be read (with the missing permission, where named).
        found: Result<Vec<DiscoveredConversation>, String>,
        /// Whether there are more pages.
        more: bool,
    },
    /// What came of a [`super::Command::Probe`].
    Probe {
        /// The question.
        asked: ProbeQuestion,
        /// What came of it.
        result: Probed,
    },
    /// The metrics that an exchange caused, as they were handed to the agent.
    Metrics {
        /// Which exchange.
        exchange: ExchangeId,
        /// DogStatsD, one datagram each.
        datagrams: Vec<String>,
    },
    /// Where the metrics agent stands. Never told where none is configured.
    Agent(AgentState),
    /// Where the webhook listener stands. Never told where none is configured.
    Webhook(WebhookState),
    /// The newest `inin-ratelimit-*` headers.
    RateLimit(RateLimit),
    /// The server's `Date` and our clock differ by more than 60 s: seconds that the server is ahead.
    ClockSkew(i64),
    /// Something that guestwire has to say about itself, one sentence.
    Notice {
        /// When.
        at: Moment,
        /// The conversation that it is about, if about one.
        conversation: Option<ConversationKey>,
        /// The sentence.
        text: String,
    },
    /// The engine has stopped; nothing follows.
    Stopped,
}
