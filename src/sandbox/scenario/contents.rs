//! What a scenario consists of: client, tokens, limits, web deployment, webhook, conversations.

use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::genesys::guest_api;
use crate::model::channel::{MESSAGES_PER_SECOND, REQUESTS_PER_MINUTE};
use crate::model::{Channel, words};

/// Extensions of files that no deployment takes. [WMJ sample]
pub(crate) const BLOCKED_EXTENSIONS: [&str; 1] = [".exe"];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioRules {
    /// The Guest API as it is described: scopes decide, refusals are `unauthorized`, wrong ids come back as 401.
    #[default]
    Described,
    /// What Genesys publishes: roles decide, scopes do nothing, errors have the published codes.
    /// [real: documented, PY "Scopes only apply to clients not using the client_credential grant"]
    Published,
}

/// The OAuth client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioClient {
    /// From the seed where absent.
    pub id: Option<String>,
    /// From the seed where absent. Opens nothing but the sandbox.
    pub secret: Option<SecretString>,
    pub name: String,
    pub scopes: Vec<String>,
    /// The administrator's Guest API switch.
    pub guest_api: bool,
    pub permissions: Vec<String>,
}

impl Default for ScenarioClient {
    fn default() -> Self {
        let permissions = [
            "messaging:integration:view",
            "conversation:message:receive",
            "conversation:message:view",
            "conversation:communication:view",
            "conversation:communication:disconnect",
            "analytics:conversationDetail:view",
        ];
        Self {
            id: None,
            secret: None,
            name: "guestwire sandbox".to_owned(),
            scopes: [guest_api::SCOPE, "conversations", "analytics"].map(str::to_owned).into(),
            guest_api: true,
            permissions: permissions.map(str::to_owned).into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Token {
    pub lifetime_seconds: u64,
    /// Whether the token answer names the scopes that were granted.
    pub tell_scope: bool,
}

impl Default for Token {
    fn default() -> Self {
        Self { lifetime_seconds: 3600, tell_scope: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// For one token, in a window of one minute.
    pub requests_per_minute: u32,
    /// Guest messages in one web session.
    pub messages_per_second: u32,
    /// Frames of one connection. [SAFRI, `requests.per.connection.rate.per.minute`]
    pub frames_per_minute: u32,
    /// Health checks (`echo`) of one connection. [SAFRI, `health.check.per.connection.rate.per.minute`]
    pub health_checks_per_minute: u32,
    /// `configureSession` of one session. [SAFRI, `configure.per.session.rate.per.minute`]
    pub configures_per_minute: u32,
    /// History pages of one session. [SAFRI, `get.history.rate.per.minute`]
    pub histories_per_minute: u32,
    /// Connections of one session; one more closes the oldest. [SAFRI, `session.connections.max`]
    pub session_connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: REQUESTS_PER_MINUTE,
            messages_per_second: MESSAGES_PER_SECOND,
            frames_per_minute: 60,
            health_checks_per_minute: 2,
            configures_per_minute: 60,
            histories_per_minute: 10,
            session_connections: 3,
        }
    }
}

#[expect(clippy::struct_excessive_bools, reason = "a switch each, as a deployment has them")]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deployment {
    pub name: String,
    /// Origins that may open a socket; none: every origin may.
    pub origins: Vec<String>,
    /// Whether a session is read-only once its conversation has ended; otherwise the next message begins another.
    pub read_only_at_end: bool,
    /// Whether a guest may end and erase a conversation (Presence `Clear`).
    pub clear: bool,
    /// Whether guests have to be signed in (`auth.enabled`): `configureSession` without it is refused.
    pub sign_in: bool,
    /// Whether clients are to join (Presence `Join`) as soon as they have a session.
    pub auto_start: bool,
    /// How long a session lives without a message. [SAFRI: 72 h unless set]
    pub session_seconds: u64,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            name: "Web shop".to_owned(),
            origins: vec!["https://shop.example".to_owned()],
            read_only_at_end: true,
            clear: true,
            sign_in: false,
            auto_start: false,
            session_seconds: 72 * 3600,
        }
    }
}

impl Deployment {
    pub(crate) fn allows(&self, origin: Option<&str>) -> bool {
        self.origins.is_empty() || origin.is_some_and(|o| self.origins.iter().any(|a| a.eq_ignore_ascii_case(o)))
    }

    pub(crate) fn first_origin(&self) -> &str {
        self.origins.first().map_or("https://shop.example", String::as_str)
    }
}

/// Where replies of the open channel are pushed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioWebhook {
    /// `http://127.0.0.1:PORT/PATH`: an address of this machine, so that a sandbox sends nothing anywhere else.
    pub url: String,
    pub secret: SecretString,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioScript {
    #[default]
    Echo,
    Billing,
    Offers,
    /// A bot that hands over to a person at the second message.
    Handover,
    /// Says the last line of its history again, whatever it hears.
    Repeat,
    Silent,
}

/// What the profile's entry says of the guest's participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressed {
    /// Nothing: the body has no `to`.
    No,
    #[default]
    Guest,
    /// An id that is nobody's in this conversation.
    Stranger,
    External,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioConversation {
    pub name: String,
    #[serde(default)]
    pub channel: Channel,
    /// From the seed where absent. Only in `guest-api`: the others get theirs when they begin.
    pub id: Option<String>,
    /// The guest's participant id; from the seed where absent.
    pub participant_id: Option<String>,
    /// `open-messaging`: the provider's id of the guest; the name in small letters where absent.
    pub guest_id: Option<String>,
    /// `web-messaging`: the `Origin` that the profile's entry sends; the deployment's first where absent.
    pub origin: Option<String>,
    /// `web-messaging`: the token of a session that has a history; from the seed.
    #[serde(skip)]
    pub(crate) guest_token: Option<Arc<str>>,
    pub external_id: Option<String>,
    #[serde(default = "guest_name")]
    pub guest: String,
    #[serde(default)]
    pub addressed: Addressed,
    #[serde(default)]
    pub script: ScenarioScript,
    /// Whether it has ended, a minute after its last line.
    #[serde(default)]
    pub ended: bool,
    /// How long before the start of the sandbox the guest connected.
    #[serde(default = "started_minutes_ago")]
    pub started_minutes_ago: u32,
    #[serde(default)]
    pub history: Vec<ScriptLine>,
}

fn guest_name() -> String {
    "Guest".to_owned()
}

const fn started_minutes_ago() -> u32 {
    5
}

words! {
    /// What a participant is there for. In a scenario's history: who said a line.
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum ParticipantPurpose: name {
        #[serde(rename = "guest")]
        Customer = "customer";
        #[serde(rename = "bot")]
        Workflow = "workflow";
        Agent = "agent";
    }
}

/// A line of the history. Lines are spread over the time since the conversation began.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptLine {
    pub(crate) by: ParticipantPurpose,
    pub text: String,
    /// Quick replies that it offers, by their labels.
    #[serde(default)]
    pub choices: Vec<String>,
}
