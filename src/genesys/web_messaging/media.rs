//! What may be attached: the limits that the session tells, checked before anything is sent.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::Value;

use crate::genesys::call::{BadCall, Call};
use crate::genesys::fields::{list, text, texts, whole};

/// Longest name of a file. [SAFRI quoting the limits page]
const NAME_MAX: usize = 1024;
/// Largest file where the session tells no limit, in KB. [the same]
const SIZE_MAX_KB: u64 = 10 * 1024;

/// What a session lets a guest attach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// Media types, with `*` for any; none where nothing was told.
    pub types: Vec<String>,
    /// Largest file in KB.
    pub max_kb: Option<u64>,
    /// Endings of names that are not taken, like `.exe`.
    pub blocked: Vec<String>,
}

impl Media {
    /// Reads `allowedMedia.inbound` and `blockedExtensions` of a session's or a deployment's configuration.
    pub fn read(body: &Value) -> Self {
        let inbound = body.pointer("/allowedMedia/inbound").unwrap_or(&Value::Null);
        Self {
            types: list(inbound, "fileTypes").iter().filter_map(|t| text(t, "type")).collect(),
            max_kb: inbound.get("maxFileSizeKB").and_then(whole),
            blocked: texts(list(body, "blockedExtensions")),
        }
    }

    /// Largest file in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.max_kb.unwrap_or(SIZE_MAX_KB).saturating_mul(1024)
    }

    /// Why a file may not be attached.
    pub fn objection(&self, name: &str, mime: &str, size: u64) -> Option<String> {
        let lower = name.to_lowercase();
        let blocked = self.blocked.iter().find(|b| {
            let ending = format!(".{}", b.trim_start_matches('.').to_lowercase());
            lower.ends_with(&ending)
        });
        let max = self.max_kb.unwrap_or(SIZE_MAX_KB);
        let allowed = self.types.is_empty() || self.types.iter().any(|t| matches(t, mime));
        match () {
            () if size == 0 => Some(format!("{name} is empty, and empty files are not taken")),
            () if name.len() >= NAME_MAX => Some(format!("the name of the file is longer than {NAME_MAX} bytes")),
            () if blocked.is_some() => {
                Some(format!("{name}: this deployment takes no {} files", blocked.map_or("such", String::as_str)))
            }
            () if !allowed => {
                Some(format!("{name} is {mime}, and this deployment takes only {}", self.types.join(", ")))
            }
            () if size > max.saturating_mul(1024) => {
                Some(format!("{name} has {} KB, and this deployment takes {max} KB at most", size.div_ceil(1024)))
            }
            () => None,
        }
    }
}

fn matches(allowed: &str, mime: &str) -> bool {
    let parts = |t: &str| t.trim().to_ascii_lowercase().split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned()));
    match (parts(allowed), parts(mime)) {
        (Some((a, b)), Some((c, d))) => (a == "*" || a == c) && (b == "*" || b == d),
        _ => allowed.trim() == "*",
    }
}

/// The request that puts a file where a `PresignedUrlResponse` says, with the headers that it wants. The address is the
/// server's choice: only a secure one is taken, or one of this machine.
pub fn put(url: &str, headers: &[(String, String)], bytes: Vec<u8>) -> Result<Call, BadCall> {
    let parsed: Uri = url.parse().map_err(|_| BadCall("its address cannot be used".to_owned()))?;
    let host = parsed.host().unwrap_or_default();
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if parsed.scheme_str() != Some("https") && !here {
        return Err(BadCall(format!("its address at {host} is not secure")));
    }
    let mut call = Call { method: Method::PUT, url: url.to_owned(), headers: HeaderMap::new(), body: bytes };
    for (name, value) in headers {
        let bad = || BadCall(format!("the header {name} that it wants cannot be written"));
        let known = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
        call.headers.insert(known, HeaderValue::try_from(value.as_str()).map_err(|_| bad())?);
    }
    call.headers.insert(CONTENT_LENGTH, HeaderValue::from(call.body.len()));
    Ok(call)
}

/// `mediaType` of an attachment, also in open messaging.
pub fn kind(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "Image",
        Some("video") => "Video",
        Some("audio") => "Audio",
        _ => "File",
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/genesys/web_messaging/media.rs"]
mod tests;
