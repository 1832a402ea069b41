//! What is on its way: frames to sockets, messages to the webhook, and whatever else is due at its time.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::script::ScriptedAct;
use crate::model::Moment;

/// A connection of the sandbox, in the order in which they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// Something that goes out on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Text(Arc<str>),
    Close {
        /// The WebSocket's close code.
        code: u16,
        reason: &'static str,
    },
    Reset,
}

/// Something that is due.
#[derive(Clone, Debug)]
pub(in crate::sandbox::world) struct Due {
    pub(in crate::sandbox::world) at: Moment,
    pub(in crate::sandbox::world) what: DueEvent,
}

#[derive(Clone, Debug)]
pub(in crate::sandbox::world) enum DueEvent {
    /// Of the other side of a conversation.
    Counterpart { conversation: usize, happening: ScriptedAct },
    /// A frame of the guest WebSocket.
    Frame { to: ConnectionId, out: Outgoing },
    /// The frame that a connection holds back.
    Release(ConnectionId),
    /// The time of this guest token's session may be over.
    Expires(Arc<str>),
}

/// A message for the webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebhookPush {
    pub(crate) url: String,
    pub(crate) body: String,
    /// The value of `X-Hub-Signature-256`.
    pub(crate) signature: String,
}

/// `sha256=` and the base64 (not hex) of the HMAC over the raw body. [real: documented; SLACK, GCX]
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(ring::hmac::sign(&key, body).as_ref()))
}

#[cfg(test)]
#[path = "../../../tests/unit/sandbox/world/outgoing.rs"]
mod tests;
