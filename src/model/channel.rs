//! The channels, which are the ways to speak as the guest, and the conversations that go over them. What a channel can do
//! stands in its row, and whoever wants to know asks the row. What it puts on the wire is in `genesys/<channel>.rs`, how
//! the engine drives it in `engine`. Also limits of the platform that are known before sending.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::diagnosis::Cause;
use super::{ConversationKey, Moment, ProbeQuestion};

/// Largest guest text in bytes of UTF-8. [SAFRI quoting the limits page; error 4011 "Message length 5000 is larger than 4096"]
pub const GUEST_TEXT_MAX_BYTES: usize = 4096;
/// Requests a minute for one client-credentials token. [real: documented, `client.credentials.token.rate.per.minute`]
pub const REQUESTS_PER_MINUTE: u32 = 300;
/// Guest messages a second in one session. [SAFRI, `messages.per.session.rate.per.second`]
pub const MESSAGES_PER_SECOND: u32 = 5;
/// The other side is told at most this often that the guest types. [real: seen in SDK source: MTSDK]
pub const TYPING_EVERY: Duration = Duration::from_secs(5);

/// Participant data of a message in bytes of JSON. [SAFRI, `metadata.custom.attributes.bytes.max`; error 4013]
pub const ATTRIBUTES_MAX_BYTES: usize = 2048;

/// How large participant data is on the wire: as a JSON object.
pub fn attributes_bytes(attributes: &BTreeMap<String, String>) -> usize {
    serde_json::to_vec(attributes).map_or(usize::MAX, |json| json.len())
}

words! {
    /// A way to speak as the guest, by the name that config, screen and metrics know.
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Channel: name {
        /// `POST /api/v2/conversations/messaging/{conversationId}/messages` with a bearer token.
        #[default]
        GuestApi = "guest-api";
        /// `POST /api/v2/conversations/messages/{integrationId}/inbound/open/message` with a bearer token.
        OpenMessaging = "open-messaging";
        /// The guest WebSocket of a web deployment.
        WebMessaging = "web-messaging";
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A request each, with the session's token. Replies are read, again and again.
    Request,
    /// A frame each, through a session of the guest's own, with the guest's own token. Replies come by themselves.
    Frame,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachments {
    None,
    /// Files at an address that the platform can fetch.
    Addresses,
    Files,
}

#[expect(clippy::struct_excessive_bools, reason = "a question each, which somebody asks of a channel")]
#[derive(Debug)]
pub struct Capabilities {
    /// The name where columns are few.
    pub short: &'static str,
    pub transport: Transport,
    /// What the id is of that stands in its address.
    pub addressed_by: &'static str,
    /// The cause where that id does not have the form of one.
    pub malformed: Cause,
    pub attachments: Attachments,
    pub attributes: bool,
    /// A choice goes as a press of its button; otherwise its words go as a text.
    pub buttons: bool,
    pub typing: bool,
    pub names_participants: bool,
    /// The token's scopes decide whether a message is taken; otherwise the client's roles do.
    pub scopes_decide: bool,
    /// The remote side knows a message by a name that we gave it, so that a repeated try is taken once.
    pub idempotent: bool,
    /// How many messages a second a session takes, where that is documented.
    pub messages_per_second: Option<u32>,
    /// What finds out about the address: the thing itself first.
    pub probes: &'static [fn(ConversationKey) -> ProbeQuestion],
}

impl Channel {
    pub(crate) const fn capabilities(self) -> &'static Capabilities {
        match self {
            Self::GuestApi => &Capabilities {
                short: "guest-api",
                transport: Transport::Request,
                addressed_by: "conversation",
                malformed: Cause::ConversationMalformed,
                attachments: Attachments::None,
                attributes: false,
                buttons: false,
                typing: false,
                names_participants: true,
                scopes_decide: true,
                idempotent: false,
                messages_per_second: None,
                probes: &[ProbeQuestion::Conversation, ProbeQuestion::Messages],
            },
            Self::OpenMessaging => &Capabilities {
                short: "open",
                transport: Transport::Request,
                addressed_by: "integration",
                malformed: Cause::IntegrationUnknown,
                attachments: Attachments::Addresses,
                attributes: true,
                buttons: true,
                typing: true,
                names_participants: false,
                scopes_decide: false,
                idempotent: true,
                messages_per_second: Some(MESSAGES_PER_SECOND),
                probes: &[ProbeQuestion::Integration, ProbeQuestion::Messages],
            },
            Self::WebMessaging => &Capabilities {
                short: "web",
                transport: Transport::Frame,
                addressed_by: "deployment",
                malformed: Cause::DeploymentUnknown,
                attachments: Attachments::Files,
                attributes: true,
                buttons: true,
                typing: true,
                names_participants: false,
                scopes_decide: false,
                idempotent: false,
                messages_per_second: Some(MESSAGES_PER_SECOND),
                probes: &[ProbeQuestion::Deployment, ProbeQuestion::Domains, ProbeQuestion::Origin],
            },
        }
    }

    /// Whether its messages go through a session of the guest's own, which needs no token of the organisation.
    pub(crate) const fn has_sessions(self) -> bool {
        matches!(self.capabilities().transport, Transport::Frame)
    }
}

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
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::GuestApi { conversation_id: id, .. }
            | Self::OpenMessaging { integration_id: id, .. }
            | Self::WebMessaging { deployment_id: id, .. } => id,
        }
    }

    /// A text that is the same for the same address in every run: what the journal knows a conversation by.
    pub(crate) fn ident(&self) -> String {
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

    /// All that it consists of, in an order that is on people's disks.
    pub(crate) fn ids(&self) -> Vec<Option<&str>> {
        match self {
            Self::GuestApi { conversation_id, participant_id, external_id } => {
                vec![Some(conversation_id), participant_id.as_deref(), external_id.as_deref()]
            }
            Self::OpenMessaging { integration_id, guest } => {
                vec![Some(integration_id), Some(&guest.id), Some(&guest.id_type), guest.nickname.as_deref()]
            }
            Self::WebMessaging { deployment_id, origin } => vec![Some(deployment_id), Some(origin)],
        }
    }

    pub(crate) fn of_ids(channel: Channel, mut next: impl FnMut() -> Option<String>) -> Option<Self> {
        Some(match channel {
            Channel::GuestApi => {
                Self::GuestApi { conversation_id: next()?, participant_id: next(), external_id: next() }
            }
            Channel::OpenMessaging => {
                let (integration_id, id, id_type) = (next()?, next()?, next()?);
                Self::OpenMessaging { integration_id, guest: OpenGuest { id, id_type, nickname: next() } }
            }
            Channel::WebMessaging => Self::WebMessaging { deployment_id: next()?, origin: next()? },
        })
    }

    /// The conversation id, where the address names one.
    pub fn conversation_id(&self) -> Option<&str> {
        if let Self::GuestApi { conversation_id, .. } = self { Some(conversation_id) } else { None }
    }
}

words! {
    /// What is known of the conversation on the remote side.
    #[derive(Default)]
    pub enum RemoteState: name {
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

/// What the `inin-ratelimit-*` headers of the newest answer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests counted in the window so far.
    pub count: u32,
    /// Requests allowed in the window.
    pub allowed: u32,
    /// When the window starts anew.
    pub resets: Moment,
}
