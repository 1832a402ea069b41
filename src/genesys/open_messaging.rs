//! The open-messaging channel: speaking as the guest of an open messaging integration, over REST.
//!
//! `POST /api/v2/conversations/messages/{integrationId}/inbound/open/{message,event,receipt,structured/response}`,
//! permission `conversation:message:receive`. [real: documented, PY and JS docs; `customAttributes` in the channel's
//! metadata: used in practice, 3p]

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::model::{Choice, OpenGuest};
use crate::text::json::{self, dense};

use super::call::{BadCall, Call, path_segment};
use super::web_messaging::media_type;
use super::{text, time_text};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Message,  // a message. Asks for the conversation's id too (`prefetchConversationId`)
    Response, // the answer to a message that offered choices. "This will be a part of an existing conversation"
    Event,    // something that is not a message; only `Typing`
    Receipt,  // what became of an outbound message on our side
}

impl Endpoint {
    const fn path(self) -> &'static str {
        match self {
            Self::Message => "message?prefetchConversationId=true",
            Self::Response => "structured/response",
            Self::Event => "event",
            Self::Receipt => "receipt",
        }
    }
}

/// The request that all calls of an endpoint share: everything but the body.
pub fn request(api: &str, integration_id: &str, endpoint: Endpoint, token: &SecretString) -> Result<Call, BadCall> {
    let integration = path_segment(integration_id);
    let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/{}", endpoint.path());
    Call::post(api, &path, "application/json", Vec::new())?.bearer(token)
}

#[derive(Clone, Debug)]
pub struct OpenMessage<'m> {
    pub guest: &'m OpenGuest,
    pub message_id: &'m str, // the provider's own id: the same for each try, so that it is taken once
    pub time: Timestamp,
    pub text: &'m str,                                   // may be empty where there are files
    pub attributes: &'m BTreeMap<String, String>,        // participant data for Architect
    pub files: Vec<(&'m str, &'m str, Option<&'m str>)>, // files: address, media type, name
}

pub fn message(said: &OpenMessage<'_>) -> Vec<u8> {
    let content = said.files.iter().map(|(url, mime, filename)| {
        json!({"attachment": dense(json!({"mediaType": media_type(mime), "url": url, "mime": mime, "filename": filename}))})
    });
    let content: Vec<Value> = content.collect();
    write(json!({
        "channel": channel(said),
        "text": Some(said.text).filter(|text| !text.is_empty()),
        "content": (!content.is_empty()).then_some(content),
    }))
}

/// The body of [`Endpoint::Response`]: `choice`, offered by the message whose remote id is `answers`. A list picker's
/// item has no form here ([PY `ContentButtonResponse`]: QuickReply, Button, DatePicker), and is not sent at all.
pub fn response(said: &OpenMessage<'_>, choice: &Choice, answers: &str) -> Vec<u8> {
    write(json!({
        "channel": channel(said),
        "buttonResponse": {"type": choice.kind.as_str(), "text": choice.label, "payload": choice.payload},
        "originatingMessageId": answers,
    }))
}

pub fn typing(guest: &OpenGuest, time: Timestamp) -> Vec<u8> {
    write(json!({
        "channel": {"from": sender(guest), "time": time_text(time)},
        "events": [{"eventType": "Typing"}],
    }))
}

/// The body of [`Endpoint::Receipt`]: the outbound message of this remote id has reached the guest.
pub fn delivered(remote_id: &str, guest_id: &str, time: Timestamp) -> Vec<u8> {
    write(json!({
        "id": remote_id,
        "channel": {"to": {"id": guest_id}, "time": time_text(time)},
        "status": "Delivered",
        "isFinalReceipt": true,
    }))
}

fn channel(said: &OpenMessage<'_>) -> Value {
    let attributes = (!said.attributes.is_empty()).then(|| json!({"customAttributes": said.attributes}));
    dense(json!({
        "messageId": said.message_id,
        "from": sender(said.guest),
        "time": time_text(said.time),
        "metadata": attributes,
    }))
}

fn sender(guest: &OpenGuest) -> Value {
    dense(json!({"id": guest.id, "idType": guest.id_type, "nickname": guest.nickname}))
}

fn write(body: Value) -> Vec<u8> {
    dense(body).to_string().into_bytes()
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenAccepted {
    pub id: Option<String>,
    pub conversation_id: Option<String>,
}

pub fn taken(body: &[u8]) -> OpenAccepted {
    let value = json::read(body).unwrap_or_default();
    OpenAccepted { id: text(&value, "id"), conversation_id: text(&value, "conversationId") }
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/open_messaging.rs"]
mod tests;
