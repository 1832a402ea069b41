//! The web messaging channel: the frames of the guest WebSocket, and what goes over HTTP beside it: the history, and files.
//!
//! ```text
//! what is wanted ─► GuestFrame ─► JSON ─► (socket) ─► JSON ─► ServerFrame ─► facts in the model's words
//!                                                │
//!                     getJwt ─► JWT ─► GET …/webmessaging/messages ─► history, newest first
//!                 onAttachment ─► presigned URL ─► PUT the file ─► UploadSuccessEvent ─► onMessage with its id
//! ```
//! Whoever knows the guest token is the guest. [real: seen in SDK source: MTSDK, WMJ; the frames' schema: WMJ; the order
//! of the history: SAFRI]

pub mod frames;

pub use super::normalized::{NormalizedEvent, Structured};
pub use frames::{
    Configure, GuestFrame, HEALTH_TRACING, OutgoingFrame, Presence, ServerFrame, ServerFrameContent, SessionResponse,
    declined,
};

use http::header::{CONTENT_LENGTH, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use secrecy::SecretString;
use serde_json::Value;

use super::{Call, json, list, path_segment, text, texts, whole};
use crate::model::is_loopback;

pub const PAGE_SIZE: u32 = 25;
pub const HISTORY: &str = "/api/v2/webmessaging/messages"; // the path of the history. [MTSDK `WebMessagingApi.kt`]
const NAME_MAX: usize = 1024; // longest name of a file. [SAFRI quoting the limits page]
const SIZE_MAX_KB: u64 = 10 * 1024; // largest file where the session tells no limit, in KB. [the same]

/// The URL of the guest socket: `host` is the profile's `wss://webmessaging.…`, without a path or with `/v1`.
pub fn socket_url(host: &str, deployment_id: &str) -> String {
    let host = host.trim_end_matches('/');
    let host = host.strip_suffix("/v1").unwrap_or(host);
    format!("{host}/v1?deploymentId={}&application=guestwire", path_segment(deployment_id))
}

pub fn history_request(api: &str, origin: &str, jwt: &SecretString, page: u32) -> Result<Call, String> {
    Call::get(api, &format!("{HISTORY}?pageSize={PAGE_SIZE}&pageNumber={page}"))?.bearer(jwt)?.with_header(
        ORIGIN,
        origin,
        "the origin has characters that cannot stand in a header; check it in the profile",
    )
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryOfSession {
    pub messages: Vec<Structured>, // as the server orders them: newest first
    pub pages: Option<u32>,
}

impl HistoryOfSession {
    /// Reads a page; `None` where it is not a JSON object with `entities`.
    pub fn read(body: &[u8]) -> Option<Self> {
        let value = json::read(body)?;
        let messages = value["entities"].as_array()?.iter().filter_map(Structured::read).collect();
        let number = |name: &str| u32::try_from(value[name].as_u64()?).ok();
        let counted = || Some(number("total")?.div_ceil(number("pageSize").filter(|s| *s > 0)?));
        Some(Self { messages, pages: number("pageCount").or_else(counted) })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    pub types: Vec<String>, // media types, with `*` for any; none where nothing was told
    pub max_kb: Option<u64>,
    pub blocked: Vec<String>, // endings of names that are not taken, like `.exe`
}

impl Media {
    /// Reads `allowedMedia.inbound` and `blockedExtensions` of a session's or a deployment's configuration.
    pub fn read(body: &Value) -> Self {
        let inbound = &body["allowedMedia"]["inbound"];
        Self {
            types: list(inbound, "fileTypes").iter().filter_map(|t| text(t, "type")).collect(),
            max_kb: whole(&inbound["maxFileSizeKB"]),
            blocked: texts(list(body, "blockedExtensions")),
        }
    }

    pub fn max_bytes(&self) -> u64 {
        self.max_kb.unwrap_or(SIZE_MAX_KB).saturating_mul(1024)
    }

    pub fn objection(&self, name: &str, mime: &str, size: u64) -> Option<String> {
        let lower = name.to_lowercase();
        let is_ending = |b: &&String| lower.ends_with(&format!(".{}", b.trim_start_matches('.').to_lowercase()));
        let max = self.max_bytes();
        if size == 0 {
            return Some(format!("{name} is empty, and empty files are not taken"));
        }
        if name.len() >= NAME_MAX {
            return Some(format!("the name of the file has {NAME_MAX} bytes or more"));
        }
        if let Some(blocked) = self.blocked.iter().find(is_ending) {
            return Some(format!("{name}: this deployment takes no {blocked} files"));
        }
        if !self.types.is_empty() && !self.types.iter().any(|t| matches(t, mime)) {
            return Some(format!("{name} is {mime}, and this deployment takes only {}", self.types.join(", ")));
        }
        let (has, takes) = (size.div_ceil(1024), max / 1024);
        (size > max).then(|| format!("{name} has {has} KB, and this deployment takes {takes} KB at most"))
    }
}

fn matches(allowed: &str, mime: &str) -> bool {
    let parts = |t: &str| t.trim().to_ascii_lowercase().split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned()));
    match (parts(allowed), parts(mime)) {
        (Some((a, b)), Some((c, d))) => (a == "*" || a == c) && (b == "*" || b == d),
        _ => allowed.trim() == "*",
    }
}

/// The address is the server's choice: only a secure one is taken, or one of this machine.
pub fn put_file(url: &str, headers: &[(String, String)], bytes: Vec<u8>) -> Result<Call, String> {
    let parsed: Uri = url.parse().map_err(|_| "its address cannot be used".to_owned())?;
    let host = parsed.host().unwrap_or_default();
    if parsed.scheme_str() != Some("https") && !is_loopback(host) {
        return Err(format!("its address at {host} is not secure"));
    }
    let mut call = Call { method: Method::PUT, url: url.to_owned(), headers: HeaderMap::new(), body: bytes };
    for (name, value) in headers {
        let bad = format!("the header {name} that it wants cannot be written");
        let known = HeaderName::try_from(name.as_str()).map_err(|_| bad.clone())?;
        call = call.with_header(known, value, &bad)?;
    }
    call.headers.insert(CONTENT_LENGTH, HeaderValue::from(call.body.len()));
    Ok(call)
}

/// `mediaType` of an attachment, also in open messaging.
pub fn media_type(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "Image",
        Some("video") => "Video",
        Some("audio") => "Audio",
        _ => "File",
    }
}
