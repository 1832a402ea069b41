//! Outbound messages of an open messaging integration, as the platform delivers them to a webhook: whether one is
//! genuine, and what it says.
//!
//! `X-Hub-Signature-256: sha256=<BASE64(HMAC_SHA256(secret, raw body))>`. [real: documented, outboundMessages; base64,
//! not hex: SLACK, GCX; one client takes both, and so does this]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;

use crate::model::{Author, RemoteMessage, words};
use crate::text::json;

use super::normalized::{MessageReceipt, NormalizedEvent, Structured};
use super::text;

pub const SIGNATURE: &str = "x-hub-signature-256";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookForm {
    Base64,
    Hex, // as some relays rewrite it
}

words! {
    /// Why a webhook is not taken for genuine.
    pub enum Unsigned: words {
        Missing = "it has no X-Hub-Signature-256 header";
        Malformed = "its X-Hub-Signature-256 is not sha256= and 32 bytes in base64 or hex";
        Differs = "its signature is not that of this body: the integration has another secret, or the body was changed on the way";
    }
}

/// Whether `signature` is that of the raw `body` under `secret`, compared in constant time.
pub fn verify(secret: &[u8], body: &[u8], signature: Option<&str>) -> Result<WebhookForm, Unsigned> {
    let signature = signature.ok_or(Unsigned::Missing)?.trim();
    let digest = signature.strip_prefix("sha256=").ok_or(Unsigned::Malformed)?;
    let (form, bytes) = match hex(digest) {
        Some(bytes) => (WebhookForm::Hex, bytes),
        None => (WebhookForm::Base64, STANDARD.decode(digest).map_err(|_| Unsigned::Malformed)?),
    };
    if bytes.len() != 32 {
        return Err(Unsigned::Malformed);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, body, &bytes).map_err(|_| Unsigned::Differs)?;
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
pub fn read(body: &[u8], fallback: Timestamp) -> Option<Outbound> {
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

#[cfg(test)]
#[path = "../../tests/unit/genesys/webhook.rs"]
mod tests;
