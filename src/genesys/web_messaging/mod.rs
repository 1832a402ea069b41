//! The web messaging channel: the frames of the guest WebSocket, and the history that is read over HTTP.
//!
//! ```text
//! what is wanted ─► Ours ─► JSON ─► (socket) ─► JSON ─► Theirs ─► facts in the model's words
//!                                                │
//!                     getJwt ─► JWT ─► GET …/webmessaging/messages ─► history
//!                 onAttachment ─► presigned URL ─► PUT the file ─► UploadSuccessEvent ─► onMessage with its id
//! ```
//! Whoever knows the guest token is the guest. [real: seen in SDK source: MTSDK, WMJ; the frames' schema: WMJ]

pub mod history;
pub mod media;
pub mod ours;
pub mod theirs;

pub use super::normalized::{NormalizedEvent, Structured};
pub use media::Media;
pub use ours::{Configure, HEALTH_TRACING, Ours, OutgoingFrame, Presence};
pub use theirs::{GuestSocketMessage, SessionResponse, Theirs, declined};

use super::call::path_segment;

/// What guestwire calls itself in the `application` of the socket's URL.
pub const APPLICATION: &str = "guestwire";

/// The URL of the guest socket: `host` is the profile's `wss://webmessaging.…`, without a path or with `/v1`.
pub fn socket_url(host: &str, deployment_id: &str) -> String {
    let host = host.trim_end_matches('/');
    let host = host.strip_suffix("/v1").unwrap_or(host);
    format!("{host}/v1?deploymentId={}&application={APPLICATION}", path_segment(deployment_id))
}

#[cfg(test)]
#[path = "../../../tests/unit/genesys/web_messaging.rs"]
mod tests;
