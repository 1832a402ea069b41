//! What the engine can be asked for.

use crate::model::{
    Conversation, ConversationKey, Extras, Message, MessageId, ProbeQuestion, RemoteMessage, SessionAsk, Variation,
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
