//! The channels: the ways to speak as the guest. What a channel can do stands in its row, and whoever wants to know asks
//! the row. What it puts on the wire is in `genesys/<channel>.rs`, how the engine drives it in `engine`.

use std::fmt;

use serde::Deserialize;

use super::diagnosis::Cause;
use super::limits::MESSAGES_PER_SECOND;
use super::{ConversationKey, ProbeQuestion};

/// A way to speak as the guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// `POST /api/v2/conversations/messaging/{conversationId}/messages` with a bearer token.
    #[default]
    GuestApi,
    /// `POST /api/v2/conversations/messages/{integrationId}/inbound/open/message` with a bearer token.
    OpenMessaging,
    /// The guest WebSocket of a web deployment.
    WebMessaging,
}

/// What carries the messages of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A request each, with the session's token. Replies are read, again and again.
    Request,
    /// A frame each, through a session of the guest's own, with the guest's own token. Replies come by themselves.
    Frame,
}

/// Which files a message can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachments {
    /// None.
    None,
    /// Files at an address that the platform can fetch.
    Addresses,
    /// Files of this machine.
    Files,
}

/// What a channel is called and can do.
#[expect(clippy::struct_excessive_bools, reason = "a question each, which somebody asks of a channel")]
#[derive(Debug)]
pub struct Capabilities {
    /// The name used in config, on screen and in metrics.
    pub name: &'static str,
    /// The name where columns are few.
    pub short: &'static str,
    /// What carries its messages.
    pub transport: Transport,
    /// What the id is of that stands in its address.
    pub addressed_by: &'static str,
    /// The cause where that id does not have the form of one.
    pub malformed: Cause,
    /// Which files a message can carry.
    pub attachments: Attachments,
    /// A message can carry participant attributes.
    pub attributes: bool,
    /// A choice goes as a press of its button; otherwise its words go as a text.
    pub buttons: bool,
    /// The other side can be told that the guest is typing.
    pub typing: bool,
    /// A message can name one participant of its conversation.
    pub names_participants: bool,
    /// The token's scopes decide whether a message is taken; otherwise the client's roles do.
    pub scopes_decide: bool,
    /// The remote side knows a message again by a name that we gave it, so that a try whose answer was lost can be
    /// repeated and is taken once.
    pub idempotent: bool,
    /// How many messages a second a session takes, where that is documented.
    pub messages_per_second: Option<u32>,
    /// What finds out about the address: the thing itself first.
    pub probes: &'static [fn(ConversationKey) -> ProbeQuestion],
}

const GUEST_API: &Capabilities = &Capabilities {
    name: "guest-api",
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
};

const OPEN_MESSAGING: &Capabilities = &Capabilities {
    name: "open-messaging",
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
};

const WEB_MESSAGING: &Capabilities = &Capabilities {
    name: "web-messaging",
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
};

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::GuestApi, Self::OpenMessaging, Self::WebMessaging];

    /// Its row.
    pub const fn capabilities(self) -> &'static Capabilities {
        match self {
            Self::GuestApi => GUEST_API,
            Self::OpenMessaging => OPEN_MESSAGING,
            Self::WebMessaging => WEB_MESSAGING,
        }
    }

    /// The name used in config, on screen and in metrics.
    pub const fn as_str(self) -> &'static str {
        self.capabilities().name
    }

    /// The name where columns are few.
    pub const fn short(self) -> &'static str {
        self.capabilities().short
    }

    /// Whether its messages go through a session of the guest's own: there, replies come by themselves and the session's
    /// token is not needed.
    pub const fn has_sessions(self) -> bool {
        matches!(self.capabilities().transport, Transport::Frame)
    }

    /// Whether a message can carry something beside its text.
    pub const fn carries_more_than_text(self) -> bool {
        self.capabilities().attributes || !matches!(self.capabilities().attachments, Attachments::None)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
#[path = "../../tests/unit/model/channel.rs"]
mod tests;
