//! What an id can name, and a place where one stood.

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdKind {
    /// A conversation.
    Conversation,
    /// A participant of one.
    Participant,
    /// A participant's communication inside a conversation.
    Communication,
    /// A message.
    Message,
    /// An open-messaging integration.
    Integration,
    /// A web deployment.
    Deployment,
    /// An OAuth client.
    Client,
    /// An organisation.
    Organization,
    /// A request, for support to look up.
    Request,
    /// A guest's own token: a secret, never shown.
    GuestToken,
    /// Nothing around it says.
    Unknown,
}

impl IdKind {
    /// The word on screen and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Participant => "participant",
            Self::Communication => "communication",
            Self::Message => "message",
            Self::Integration => "integration",
            Self::Deployment => "deployment",
            Self::Client => "client",
            Self::Organization => "organization",
            Self::Request => "request",
            Self::GuestToken => "guest-token",
            Self::Unknown => "unknown",
        }
    }

    /// As in "it is a participant's id".
    pub const fn of_one(self) -> &'static str {
        match self {
            Self::Conversation => "a conversation's id",
            Self::Participant => "a participant's id",
            Self::Communication => "a communication's id",
            Self::Message => "a message's id",
            Self::Integration => "an integration's id",
            Self::Deployment => "a deployment's id",
            Self::Client => "an OAuth client's id",
            Self::Organization => "an organisation's id",
            Self::Request => "a request's id",
            Self::GuestToken => "a guest's token",
            Self::Unknown => "an id of which nothing is known",
        }
    }
}

/// A place where an id stood, and what that says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdRole {
    /// What it names there.
    pub what: IdKind,
    /// Why: `the path …/participants/ID`, `the field to.id`.
    pub because: String,
}

/// One place where an id stood.
pub struct IdOccurrence {
    pub id: String,
    pub role: IdRole,
    /// The conversation that it was found inside of.
    pub inside: Option<String>,
}
