//! Limits of the platform that are known before sending.

use std::collections::BTreeMap;

use super::Moment;

/// Largest guest text in bytes of UTF-8. [SAFRI quoting the limits page; error 4011 "Message length 5000 is larger than 4096"]
pub const GUEST_TEXT_MAX_BYTES: usize = 4096;
/// Requests a minute for one client-credentials token. [real: documented, `client.credentials.token.rate.per.minute`]
pub const REQUESTS_PER_MINUTE: u32 = 300;
/// Guest messages a second in one session. [SAFRI, `messages.per.session.rate.per.second`]
pub const MESSAGES_PER_SECOND: u32 = 5;

/// Participant data of a message in bytes of JSON. [SAFRI, `metadata.custom.attributes.bytes.max`; error 4013]
pub const ATTRIBUTES_MAX_BYTES: usize = 2048;

/// How large participant data is on the wire: as a JSON object.
pub fn attributes_bytes(attributes: &BTreeMap<String, String>) -> usize {
    serde_json::to_vec(attributes).map_or(usize::MAX, |json| json.len())
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
