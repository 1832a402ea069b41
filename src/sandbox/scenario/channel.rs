//! What a scenario says of the published channels: open messaging, the web deployment, and the limits of both.

use std::fmt;

use serde::Deserialize;

use crate::model::limits::{MESSAGES_PER_SECOND, REQUESTS_PER_MINUTE};

/// Extensions of files that no deployment takes. [WMJ sample]
pub(crate) const BLOCKED_EXTENSIONS: [&str; 1] = [".exe"];

/// The web deployment.
#[expect(clippy::struct_excessive_bools, reason = "a switch each, as a deployment has them")]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deployment {
    /// Its name.
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

/// Where replies of the open channel are pushed. Its `Debug` form does not show the secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioWebhook {
    /// `http://127.0.0.1:PORT/PATH`: an address of this machine, so that a sandbox sends nothing anywhere else.
    pub url: String,
    /// What signs the pushes.
    pub secret: String,
}

/// Limits of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
    /// Whether a socket may be opened from `origin`.
    pub(crate) fn allows(&self, origin: Option<&str>) -> bool {
        self.origins.is_empty() || origin.is_some_and(|o| self.origins.iter().any(|a| a.eq_ignore_ascii_case(o)))
    }
}

impl fmt::Debug for ScenarioWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
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
