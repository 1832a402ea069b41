//! What the engine tells.

use std::sync::Arc;

use crate::model::{
    AgentState, AsOf, Author, ConversationKey, DeliveryStatus, DiscoveredConversation, Exchange, ExchangeId, MessageId,
    Moment, ProbeQuestion, Probed, RateLimit, RemoteMessage, RemoteState, RepliesReadable, TokenStatus, WebSession,
    WebhookState,
};

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
