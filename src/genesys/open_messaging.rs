//! The open-messaging channel: speaking as the guest of an integration, over REST, and hearing what its webhook gets.
//!
//! `POST /api/v2/conversations/messages/{integrationId}/inbound/open/{message,event,receipt,structured/response}`,
//! permission `conversation:message:receive`. [real: documented, PY and JS docs; `customAttributes` in the channel's
//! metadata: used in practice, 3p]

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::normalized::{MessageReceipt, NormalizedEvent, Structured};
use super::web_messaging::media_type;
use super::{Call, path_segment, text, time_text};
use crate::model::{Author, Choice, OpenGuest, RemoteMessage, words};
use crate::text::json::{self, dense};

words! {
    pub enum Endpoint: path {
        Message = "message?prefetchConversationId=true"; // a message. Asks for the conversation's id too
        Response = "structured/response"; // the answer to an offer. "This will be a part of an existing conversation"
        Event = "event"; // something that is not a message; only `Typing`
        Receipt = "receipt"; // what became of an outbound message on our side
    }
}

pub fn request(api: &str, integration_id: &str, endpoint: Endpoint, token: &SecretString) -> Result<Call, String> {
    let integration = path_segment(integration_id);
    let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/{endpoint}");
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
        "buttonResponse": {"type": choice.kind.name(), "text": choice.label, "payload": choice.payload},
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

pub const SIGNATURE: &str = "x-hub-signature-256";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookForm {
    Base64,
    Hex, // as some relays rewrite it
}

words! {
    pub enum Unsigned: words {
        Missing = "it has no X-Hub-Signature-256 header";
        Malformed = "its X-Hub-Signature-256 is not sha256= and 32 bytes in base64 or hex";
        Differs = "its signature is not that of this body: the integration has another secret, or the body was changed on the way";
    }
}

/// Whether `signature` is that of the raw `body` under `secret`, compared in constant time. Outbound messages are
/// delivered to a webhook, and signed: `X-Hub-Signature-256: sha256=<BASE64(HMAC_SHA256(secret, raw body))>`. [real: documented,
/// outboundMessages; base64, not hex: SLACK, GCX; one client takes both, and so does this]
pub fn verify(secret: &[u8], body: &[u8], signature: Option<&str>) -> Result<WebhookForm, Unsigned> {
    let digest = signature.ok_or(Unsigned::Missing)?.trim().strip_prefix("sha256=").ok_or(Unsigned::Malformed)?;
    let (form, bytes) = match hex(digest) {
        Some(bytes) => (WebhookForm::Hex, bytes),
        None => (WebhookForm::Base64, STANDARD.decode(digest).map_err(|_| Unsigned::Malformed)?),
    };
    if bytes.len() != 32 {
        return Err(Unsigned::Malformed);
    }
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), body, &bytes).map_err(|_| Unsigned::Differs)?;
    Ok(form)
}

/// 64 hexadecimal digits; base64 of 32 bytes has 44 characters, so the two are never taken for each other.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    (digits.len() == 64).then(|| digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, d| n << 4 | d)).collect())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookContent {
    Message(RemoteMessage),
    Typing(bool, Option<Duration>), // somebody types, or has stopped; for how long, unless told again
    Receipt(MessageReceipt),        // what became of a message of the guest after it was accepted
    Other(String),                  // something else: its `type`, or the events that it brings
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    pub unique: (String, String), // "a unique combination of id and time": what doubles are told by
    pub conversation_id: Option<String>,
    pub integration_id: Option<String>,
    pub guest_id: Option<String>, // to whom: the provider's id of the guest
    pub author: Author,           // the author, where the content names none
    pub what: WebhookContent,
}

/// Reads a webhook's body; `fallback` is its time where it tells none.
pub fn outbound(body: &[u8], fallback: Timestamp) -> Option<Outbound> {
    let value = json::read(body)?;
    let structured = Structured::read(&value)?;
    let channel = &value["channel"];
    let end = |name: &str| text(&channel[name], "id");
    let id = text(&value, "id").or_else(|| structured.key.clone())?;
    let typing = structured.events.iter().find_map(|e| match e {
        NormalizedEvent::Typing { on, duration } => Some(WebhookContent::Typing(*on, *duration)),
        _ => None,
    });
    let what = match (typing, structured.message(fallback)) {
        _ if structured.receipt.is_some() => WebhookContent::Receipt(structured.receipt.clone()?),
        (Some(typing), _) => typing,
        // Reads name it by this id, too.
        (None, Some(message)) => WebhookContent::Message(RemoteMessage { id: id.clone(), ..message }),
        (None, None) => WebhookContent::Other(structured.kind.clone()),
    };
    Some(Outbound {
        unique: (id, text(channel, "time").unwrap_or_default()),
        conversation_id: text(&value, "conversationId"),
        integration_id: end("from").or_else(|| text(channel, "id")),
        guest_id: end("to"),
        author: structured.author,
        what,
    })
}
