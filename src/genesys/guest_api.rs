//! The Guest API channel: sending one guest message.
//!
//! `POST {path}` with `{conversationId}` filled in; body `{"text","type":"text"}`, or with a participant or external id
//! `{"to":{"id","externalId"},"text"}`. [the channel's own description; the published API reference does not list it]

use secrecy::SecretString;
use serde_json::json;

use super::{Call, path_segment, text};
use crate::text::json;

pub const PATH: &str = "/api/v2/conversations/messaging/{conversationId}/messages";
pub const SCOPE: &str = "guest:messages:send";

/// The request that all messages of a conversation share: everything but the body. Ids are sent as they are, also
/// malformed ones: what the server makes of them is the point of a negative test.
pub fn request(api: &str, path: &str, conversation_id: &str, token: &SecretString) -> Result<Call, String> {
    let path = path.replace("{conversationId}", &path_segment(conversation_id));
    Call::post(api, &path, "application/json", Vec::new())?.bearer(token)
}

pub fn body(participant_id: Option<&str>, external_id: Option<&str>, text: &str) -> Vec<u8> {
    let body = match (participant_id, external_id) {
        (None, None) => json!({"text": text, "type": "text"}),
        (id, external_id) => json!({"to": {"id": id, "externalId": external_id}, "text": text}),
    };
    body.to_string().into_bytes()
}

pub fn remote_id(body: &str) -> Option<String> {
    let value = json::read(body.as_bytes())?;
    text(&value, "id").or_else(|| text(&value, "messageId"))
}
