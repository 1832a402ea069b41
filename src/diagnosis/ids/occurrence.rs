//! What an id can name, and a place where one stood.

use crate::model::words::words;

words! {
    /// What an id names.
    pub enum IdKind: word, of_one {
        /// A conversation.
        Conversation = "conversation", "a conversation's id";
        /// A participant of one.
        Participant = "participant", "a participant's id";
        /// A participant's communication inside a conversation.
        Communication = "communication", "a communication's id";
        /// A message.
        Message = "message", "a message's id";
        /// An open-messaging integration.
        Integration = "integration", "an integration's id";
        /// A web deployment.
        Deployment = "deployment", "a deployment's id";
        /// An OAuth client.
        Client = "client", "an OAuth client's id";
        /// An organisation.
        Organization = "organization", "an organisation's id";
        /// A request, for support to look up.
        Request = "request", "a request's id";
        /// A guest's own token: a secret, never shown.
        GuestToken = "guest-token", "a guest's token";
        /// Nothing around it says.
        Unknown = "unknown", "an unknown id";
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
