//! Questions that find something out and change nothing. Each becomes an exchange of [`super::Kind::Probe`].
//!
//! Whom they go to is not free: only hosts that the profile names can be said here, so that no question can carry a
//! secret anywhere else. What is public (a deployment, the opening of the guest socket) is asked without any secret.

use uuid::Uuid;

use super::{ConversationKey, ExchangeId};

/// A host of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// The one that gives tokens.
    Token,
    /// The API.
    Api,
}

/// What an id may name that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdTarget {
    /// A conversation: `GET /api/v2/conversations/messages/{id}`.
    Conversation,
    /// A message, whose id is 32 hexadecimal digits: `GET /api/v2/conversations/messages/{id}/details`.
    Message,
    /// An open-messaging integration: `GET /api/v2/conversations/messaging/integrations/open/{id}`.
    Integration,
    /// A web deployment: its public configuration, without a token.
    Deployment,
}

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeQuestion {
    /// `GET /` without any credentials: whether the name has an address, the certificate is good, and anything answers.
    Reach(Host),
    /// Ask for a token, also where one works. The answer takes the old one's place, as a renewal does.
    Token,
    /// `GET /api/v2/tokens/me` with the token in use.
    Scopes,
    /// Read the conversation, but not its messages.
    Conversation(ConversationKey),
    /// Read messages of the conversation; an invented one where none is known, for the answer shows the right to read all
    /// the same.
    Messages(ConversationKey),
    /// Look up the integration of an open-messaging conversation.
    Integration(ConversationKey),
    /// The public configuration of a web conversation's deployment, without a token.
    Deployment(ConversationKey),
    /// The domains from which that deployment lets guests speak, without a token.
    Domains(ConversationKey),
    /// Open the guest socket with the configured origin and close it at once: nothing is configured or sent.
    Origin(ConversationKey),
    /// Whether there is such a thing.
    Id(IdTarget, Uuid),
}

impl ProbeQuestion {
    /// The conversation that it is about, if it is about one.
    pub const fn conversation(self) -> Option<ConversationKey> {
        match self {
            Self::Conversation(key)
            | Self::Messages(key)
            | Self::Integration(key)
            | Self::Deployment(key)
            | Self::Domains(key)
            | Self::Origin(key) => Some(key),
            Self::Reach(_) | Self::Token | Self::Scopes | Self::Id(..) => None,
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It was asked: the exchange, which is settled, and was told before.
    Asked(ExchangeId),
    /// It could not be asked, for this reason.
    NotAsked(String),
}
