//! A conversation of the picker, and the address to which its messages go.

use jiff::Timestamp;

use super::words::words;
use super::{Channel, ConversationKey};

/// The guest of an open-messaging conversation: the `from` of its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenGuest {
    /// The provider's id of the guest.
    pub id: String,
    /// `Email`, `Phone` or `Opaque`.
    pub id_type: String,
    /// Shown to agents.
    pub nickname: Option<String>,
}

/// Where a conversation's messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// See [`Channel::GuestApi`].
    GuestApi {
        /// Path parameter of the endpoint.
        conversation_id: String,
        /// The guest's participant; with it (or `external_id`) the body is addressed with `to`.
        participant_id: Option<String>,
        /// The guest's external id.
        external_id: Option<String>,
    },
    /// See [`Channel::OpenMessaging`].
    OpenMessaging {
        /// Path parameter of the endpoint.
        integration_id: String,
        /// Who speaks.
        guest: OpenGuest,
    },
    /// See [`Channel::WebMessaging`]. The guest token is a secret and lives with the profile, not here.
    WebMessaging {
        /// The web deployment.
        deployment_id: String,
        /// `Origin` header of the upgrade.
        origin: String,
    },
}

impl Address {
    /// The channel that this address belongs to.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::GuestApi { .. } => Channel::GuestApi,
            Self::OpenMessaging { .. } => Channel::OpenMessaging,
            Self::WebMessaging { .. } => Channel::WebMessaging,
        }
    }

    /// The id that stands in its path or its socket's address: of a conversation, an integration or a deployment.
    pub fn id(&self) -> &str {
        match self {
            Self::GuestApi { conversation_id: id, .. }
            | Self::OpenMessaging { integration_id: id, .. }
            | Self::WebMessaging { deployment_id: id, .. } => id,
        }
    }

    /// A text that is the same for the same address in every run: what the journal knows a conversation by.
    pub fn ident(&self) -> String {
        let or_dash = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        match self {
            Self::GuestApi { conversation_id, participant_id, external_id } => {
                format!("guest-api {conversation_id} {} {}", or_dash(participant_id), or_dash(external_id))
            }
            Self::OpenMessaging { integration_id, guest } => {
                format!("open-messaging {integration_id} {} {}", guest.id_type, guest.id)
            }
            Self::WebMessaging { deployment_id, origin } => format!("web-messaging {deployment_id} {origin}"),
        }
    }

    /// The conversation id, where the address names one.
    pub fn conversation_id(&self) -> Option<&str> {
        match self {
            Self::GuestApi { conversation_id, .. } => Some(conversation_id),
            Self::OpenMessaging { .. } | Self::WebMessaging { .. } => None,
        }
    }
}

words! {
    /// What is known of the conversation on the remote side.
    #[derive(Default)]
    pub enum RemoteState: word {
        /// Never read, or reading is not possible.
        #[default]
        Unknown = "not read";
        /// The last read showed the guest connected.
        Connected = "connected";
        /// The last read showed it ended.
        Ended = "ended";
        /// The last read was answered with "no such conversation".
        Missing = "missing";
    }
}

/// A conversation of the picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its key in this process.
    pub key: ConversationKey,
    /// The tester's name for it, unique in a profile.
    pub name: String,
    /// Where its messages go.
    pub address: Address,
}

impl Conversation {
    /// Its channel.
    pub const fn channel(&self) -> Channel {
        self.address.channel()
    }
}

/// A conversation that the remote side has and the profile has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredConversation {
    /// Its id.
    pub conversation_id: String,
    /// The guest's participant, where told.
    pub participant_id: Option<String>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// What the platform calls its kind of message ("webmessaging", "open"), where told.
    pub via: Option<String>,
}
