//! What a request really addressed: read back from what was written, not from what was configured.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::genesys::{deployments, lookups};
use crate::model::Request;
use crate::model::exchange::header;
use crate::text::json;

/// Whom a message was addressed to, on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentRequest {
    /// The conversation id of the path.
    pub conversation: Option<String>,
    /// `to.id` of the body.
    pub participant: Option<String>,
    /// `to.externalId` of the body.
    pub external: Option<String>,
    /// The open-messaging integration of the path.
    pub integration: Option<String>,
    /// The web deployment of the socket's address.
    pub deployment: Option<String>,
    /// The `Origin` header.
    pub origin: Option<String>,
    /// The text of the body, or of a frame's message.
    pub text: Option<String>,
    /// The action of a frame of the guest socket; empty where the frame names none.
    pub action: Option<String>,
    /// It asks for the guest socket to be opened.
    pub opening: bool,
    /// An `Authorization` header was there.
    pub bearer: bool,
}

impl SentRequest {
    /// Reads a request. `template` is the channel's path with `{conversationId}`.
    pub fn of(request: &Request, template: &str) -> Self {
        let json = json::read(request.body.text.as_bytes()).unwrap_or_default();
        let to = |name: &str| json.get("to")?.get(name)?.as_str().map(str::to_owned);
        let message = json.get("message").filter(|_| request.method == FRAME).unwrap_or(&json);
        Self {
            conversation: sent_to(&request.url, template).or_else(|| read_from(&request.url)),
            participant: to("id"),
            external: to("externalId"),
            integration: integration(path(&request.url)).map(decode),
            deployment: deployment(&request.url),
            origin: header(&request.headers, "origin").map(str::to_owned),
            text: message.get("text").and_then(Value::as_str).map(str::to_owned),
            action: (request.method == FRAME)
                .then(|| json.get("action").and_then(Value::as_str).unwrap_or_default().to_owned()),
            opening: header(&request.headers, "upgrade").is_some(),
            bearer: header(&request.headers, "authorization").is_some(),
        }
    }

    /// Whether it is a frame of the guest socket.
    pub const fn is_frame(&self) -> bool {
        self.action.is_some()
    }

    /// Whether it is the frame that configures the guest's session.
    pub fn configures(&self) -> bool {
        self.action.as_deref() == Some("configureSession")
    }
}

/// The method of a request that is a frame of the guest socket.
pub const FRAME: &str = "FRAME";

/// The integration that `path` sends to. [real: documented]
pub fn integration(path: &str) -> Option<&str> {
    if let Some(id) = lookups::integration_asked(path) {
        return Some(id);
    }
    let (_, rest) = path.split_once("/api/v2/conversations/messages/")?;
    rest.split_once("/inbound/open/").map(|(id, _)| id).filter(|id| !id.is_empty() && !id.contains('/'))
}

/// The deployment of a guest socket's address, or of a public path.
pub fn deployment(url: &str) -> Option<String> {
    if let Some((id, _)) = deployments::asked(path(url)) {
        return Some(decode(id));
    }
    let query = url.split_once('?')?.1.split('#').next()?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("deploymentId="))?;
    (!value.is_empty()).then(|| decode(value))
}

/// The path of an absolute URL, without query.
pub fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// Host and port of an absolute URL.
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The conversation id that stands in `url` where `template` has its place.
fn sent_to(url: &str, template: &str) -> Option<String> {
    let (before, after) = template.split_once("{conversationId}")?;
    let inside = path(url).strip_prefix(before)?.strip_suffix(after)?;
    (!inside.is_empty() && !inside.contains('/')).then(|| decode(inside))
}

/// The conversation id of a reading URL. [real: documented paths]
pub fn read_from(url: &str) -> Option<String> {
    let path = path(url);
    let id = path
        .strip_prefix("/api/v2/conversations/messages/")
        .or_else(|| path.strip_prefix("/api/v2/conversations/"))
        .filter(|id| !id.is_empty() && !id.contains('/') && *id != "messages")?;
    Some(decode(id))
}

/// A path segment with its percent-encoding undone; left as it is where the result is no UTF-8.
fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8().map_or_else(|_| segment.to_owned(), Into::into)
}

#[cfg(test)]
#[path = "../../../tests/unit/diagnosis/evidence/request.rs"]
mod tests;
