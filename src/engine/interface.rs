//! What an engine is given beside its profile, what it can be asked for, and what it tells. It is given the send
//! log, which has each message on the disk before its first byte is sent, and each final status before it is told.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::SecretString;

use super::client::Environment;
use crate::config::Tty;
use crate::config::settings::MetricsSettings;
use crate::model::{
    AsOf, Author, Conversation, ConversationKey, DeliveryStatus, DiscoveredConversation, Exchange, ExchangeId, Extras,
    Message, MessageId, MetricsAgentState, Moment, OutgoingMessage, ProbeQuestion, Probed, RateLimit, RemoteMessage,
    RemoteState, RepliesReadable, SessionAsk, TokenStatus, WebSession, WebhookState,
};

/// What the engine can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Messages of an earlier session, in the order in which they were asked for, and when the newest try of each began:
    /// unknown ones are looked up, the others are known again when they are read.
    Recall(Vec<(Message, Timestamp)>),
    /// The remote messages that earlier sessions know: when they come again, they are not reported again.
    RecallRemote(ConversationKey, Vec<RemoteMessage>),
    /// Get a token if there is none (also after it was refused).
    SignIn,
    /// Get a new token now, whatever the old one's state.
    Renew,
    /// The remote side's id of a conversation, as an earlier session learned it: it can be read before anything is sent.
    Learn(ConversationKey, String),
    /// Put a message into its conversation's queue, which keeps the order. Whoever asks gives the id, a new one also to a
    /// resend; reports come back under it.
    Send(MessageId, OutgoingMessage),
    /// Take a message back: cancelled if no byte was written, unknown otherwise.
    Cancel(MessageId),
    /// Settle an unknown message by a person's word: landed or lost.
    Settle {
        /// Which message.
        message: MessageId,
        /// True: it was received. False: it was not.
        received: bool,
    },
    /// Read a conversation and its messages once, now; a web conversation: look for what is unknown, else ask for older
    /// messages.
    Read(ConversationKey),
    /// Find something out that changes nothing; answered with [`super::Report::Probe`].
    Probe(ProbeQuestion),
    /// Which conversation a person looks at: replies are read for it after a send, with growing pauses.
    Watch(Option<ConversationKey>),
    /// The guest is typing. Not repeated to the remote side more often than it wants to hear it.
    Typing(ConversationKey),
    /// Something is asked of the session of a web-messaging conversation; answered with [`super::Report::Session`].
    Session(ConversationKey, SessionAsk),
    /// List conversations that are active on the remote side, newest first: page from 1. Answered with
    /// [`super::Report::Discovered`].
    Discover(u32),
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
    /// An exchange was begun, changed, or is finished: its whole present state.
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
    /// the one before. It is written as soon as that is possible; why not now, in words.
    NotOnDisk(MessageId, String),
    /// A conversation was read.
    Conversation {
        /// Which.
        key: ConversationKey,
        /// What the read showed of it.
        state: RemoteState,
        /// When the guest connected, where the read told.
        since: Option<jiff::Timestamp>,
        /// The messages that it brought and that were not known before, oldest first, ours included.
        messages: Vec<RemoteMessage>,
    },
    /// Whether replies can be read, and up to when, or since when, that is so: told after each read, and when a socket
    /// opens or is lost.
    RepliesReadable(ConversationKey, RepliesReadable, AsOf),
    /// Messages came by themselves (a socket, a webhook), ours included: only the new ones, oldest first.
    MessagesArrived(ConversationKey, Vec<RemoteMessage>),
    /// Somebody of the other side types: until when, unless told again; `None` where it has stopped.
    Typing(ConversationKey, Author, Option<Moment>),
    /// The session of a web-messaging conversation moved on.
    Session(ConversationKey, WebSession),
    /// The remote side's conversation id became known for a conversation whose address does not name it.
    ConversationIdKnown(ConversationKey, String),
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
    Probe(ProbeQuestion, Probed),
    /// The metrics that an exchange caused, as they were handed to the agent: DogStatsD, one datagram each.
    Metrics(ExchangeId, Vec<String>),
    /// Where the metrics agent stands. Never told where none is configured.
    MetricsAgent(MetricsAgentState),
    /// Where the webhook listener stands. Never told where none is configured.
    Webhook(WebhookState),
    /// The newest `inin-ratelimit-*` headers.
    RateLimit(RateLimit),
    /// The server's `Date` and our clock differ by more than 60 s: seconds that the server is ahead.
    ClockSkew(i64),
    /// Something that guestwire has to say about itself, or about a conversation, one sentence.
    Notice(Option<ConversationKey>, String),
    /// The engine has stopped; nothing follows.
    Stopped,
}

/// Settings of an engine that are no part of a profile.
#[derive(Clone)]
pub struct EngineOptions {
    /// Seed of all jitter.
    pub seed: u64,
    /// Pauses before each reading of a conversation after a send into it.
    pub read_pauses: Vec<Duration>,
    /// How long a stop waits for what is on the wire.
    pub grace: Duration,
    /// Messages a second of a session, instead of the documented limit.
    pub messages_per_second: Option<u32>,
    /// Frames a minute of a socket, instead of the documented limit.
    pub frames_per_minute: Option<u32>,
    /// First pause before a broken socket is opened again, instead of a second.
    pub reopen_after: Option<Duration>,
    /// Whether it signs in by itself at the start.
    pub sign_in: bool,
    /// Where metrics go, if anywhere.
    pub metrics: Option<MetricsSettings>,
    /// Whether a command that prints a secret may ask a person on the terminal.
    pub terminal: Tty,
    /// Where intents and outcomes are recorded.
    pub send_log: Arc<dyn SendLog>,
    /// Where the proxies' variables are looked up.
    pub environment: Environment,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            seed: uuid::Uuid::new_v4().as_u64_pair().0,
            read_pauses: [400, 1000, 2000, 4000, 8000, 15_000].map(Duration::from_millis).to_vec(),
            grace: Duration::from_secs(2),
            messages_per_second: None,
            frames_per_minute: None,
            reopen_after: None,
            sign_in: true,
            metrics: None,
            terminal: Tty::Denied,
            send_log: Arc::new(NoLog),
            environment: Environment::default(),
        }
    }
}

/// A message that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Which.
    pub message: MessageId,
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// What it says with secrets masked, as the log shows it.
    pub shown: String,
    /// Choice, attributes and files of the message, and its name.
    pub extras: Extras,
    /// Which try, from 1.
    pub attempt: u32,
}

/// Why something could not be recorded, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrecorded {
    /// It may be possible later: a message waits; a status is recorded as soon as that is possible.
    NotNow(String),
    /// It never will be: a message is refused.
    Never(String),
}

impl Unrecorded {
    pub(crate) fn why(self) -> String {
        let (Self::NotNow(why) | Self::Never(why)) = self;
        why
    }
}

/// Recording is under way.
pub type Recording = BoxFuture<'static, Result<(), Unrecorded>>;

/// A guest token: a secret, and the guest's identity.
#[derive(Clone, Debug)]
pub struct GuestToken {
    /// The token.
    pub token: SecretString,
    /// It was made just now: nobody knows it yet.
    pub fresh: bool,
    /// Why it is not kept, in words.
    pub kept: Result<(), String>,
}

impl GuestToken {
    /// A guest token of the profile, or a new one that nobody keeps.
    pub(crate) fn configured_or_new(configured: Option<SecretString>) -> Self {
        let fresh = configured.is_none();
        let token = configured.unwrap_or_else(|| SecretString::from(uuid::Uuid::new_v4().to_string()));
        Self { token, fresh, kept: Ok(()) }
    }
}

/// A guest token is looked up, or made and kept. The error says why no guest session may be opened.
pub type GuestTokenAnswer = BoxFuture<'static, Result<GuestToken, String>>;

/// Where intents and statuses are recorded.
pub trait SendLog: Send + Sync + 'static {
    /// Records that `intent` is about to be written. No byte is written before this is done; where it fails, the
    /// message is not sent.
    fn intent(&self, intent: Intent) -> Recording;

    /// Records a message's status, and the id that the remote side gave it, where known. A message that goes back into
    /// the queue (a refusal that waiting heals) is recorded as queued or waiting. The work is asked for at the call;
    /// the answer tells when the row is on the disk, or why it is not yet.
    fn outcome(&self, message: MessageId, delivery: &DeliveryStatus, remote_id: Option<&str>) -> Recording;

    /// Whether another guestwire speaks for this profile: then nothing at all goes out, typing and receipts neither.
    fn read_only(&self) -> bool;

    /// The guest token of a web conversation: `configured` where the profile names one; else the one that is kept,
    /// unless `renew`; else a new one, which is kept from now on. Where nothing is kept it lives as long as the engine.
    fn guest_token(
        &self,
        conversation: ConversationKey,
        configured: Option<SecretString>,
        renew: bool,
    ) -> GuestTokenAnswer;
}

/// Records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLog;

impl SendLog for NoLog {
    fn intent(&self, _: Intent) -> Recording {
        Box::pin(ready(Ok(())))
    }

    fn outcome(&self, _: MessageId, _: &DeliveryStatus, _: Option<&str>) -> Recording {
        Box::pin(ready(Ok(())))
    }

    fn read_only(&self) -> bool {
        false
    }

    fn guest_token(&self, _: ConversationKey, configured: Option<SecretString>, _: bool) -> GuestTokenAnswer {
        Box::pin(ready(Ok(GuestToken::configured_or_new(configured))))
    }
}
