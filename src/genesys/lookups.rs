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
mod tests {
    use super::*;

    #[test]
    fn paths_lead_there_and_back() {
        let token = SecretString::from("t".to_owned());
        let path = |call: Result<Call, BadCall>| call.map(|c| c.url.replace("https://a", "")).unwrap_or_default();
        let of = path(integration("https://a", "i-1", &token));
        assert_eq!(integration_asked(&of), Some("i-1"));
        assert_eq!(path(message("https://a", "a/b", &token)), "/api/v2/conversations/messages/a%2Fb/details");
        assert_eq!(integration_asked("/api/v2/conversations/messaging/integrations/open"), None);
    }

    #[test]
    fn answers_name_what_was_asked_for() {
        assert!(describes(br#"{"id":"AB","name":"x"}"#, "ab"));
        assert!(!describes(b"{}", "ab") && !describes(b"<p>", "ab"));
        assert_eq!(conversation_of(br#"{"id":"m","status":"received","conversationId":"c"}"#).as_deref(), Some("c"));
        assert_eq!(conversation_of(br#"{"conversationId":""}"#), None);
    }
}
