//! Questions that find something out and change nothing. Each becomes an exchange of [`super::Kind::Probe`].
//!
//! Whom they go to is not free: only hosts that the profile names can be said here, so that no question can carry a
//! secret anywhere else.

use super::{ConversationKey, ExchangeId};

/// A host of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// The one that gives tokens.
    Token,
    /// The API.
    Api,
}

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// `GET /` without any credentials: whether the name has an address, the certificate is good, and anything answers.
    Reach(Host),
    /// Ask for a token, also where one works. The answer takes the old one's place, as a renewal does.
    Token,
    /// `GET /api/v2/tokens/me` with the token in use.
    Scopes,
    /// Read the conversation, but not its messages.
    Conversation(ConversationKey),
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It was asked: the exchange, which is settled, and was told before.
    Asked(ExchangeId),
    /// It could not be asked, for this reason.
    NotAsked(String),
}
