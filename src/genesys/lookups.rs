//! Looking an id up: whether it is a conversation's, a message's or an integration's. Each only reads.
//!
//! [real: documented paths; permissions: `messaging:integration:view` for the integration, `conversation:message:view`
//! or `conversation:webmessaging:view` for the message]

use secrecy::SecretString;
use serde_json::Value;

use super::call::{BadCall, Call, path_segment};
use super::fields::text;
use crate::text::json;

const OPEN: &str = "/api/v2/conversations/messaging/integrations/open/";

/// The request for an open-messaging integration.
pub fn integration(api: &str, id: &str, token: &SecretString) -> Result<Call, BadCall> {
    Call::get(api, &format!("{OPEN}{}", path_segment(id)))?.bearer(token)
}

/// The request for a message's details, which name its conversation; the guest's socket does not name it.
pub fn message(api: &str, id: &str, token: &SecretString) -> Result<Call, BadCall> {
    Call::get(api, &format!("/api/v2/conversations/messages/{}/details", path_segment(id)))?.bearer(token)
}

/// The integration that `path` asks about.
pub fn integration_asked(path: &str) -> Option<&str> {
    path.split_once(OPEN).map(|(_, id)| id).filter(|id| !id.is_empty() && !id.contains('/'))
}

/// Whether a 200 answer describes the thing of that id.
pub fn describes(body: &[u8], id: &str) -> bool {
    let value = json::read(body).unwrap_or_default();
    value.get("id").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(id))
}

/// The conversation that a message's details name.
pub fn conversation_of(body: &[u8]) -> Option<String> {
    let value = json::read(body)?;
    text(&value, "conversationId")
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/lookups.rs"]
mod tests;
