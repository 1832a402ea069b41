//! What a request really addressed: read back from what was written, not from what was configured.

use serde_json::Value;

use crate::model::Request;
use crate::model::exchange::header;

/// Whom a message was addressed to, on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// The conversation id of the path.
    pub conversation: Option<String>,
    /// `to.id` of the body.
    pub participant: Option<String>,
    /// `to.externalId` of the body.
    pub external: Option<String>,
    /// The text of the body.
    pub text: Option<String>,
    /// An `Authorization` header was there.
    pub bearer: bool,
}

impl Wire {
    /// Reads a request. `template` is the channel's path with `{conversationId}`.
    pub fn of(request: &Request, template: &str) -> Self {
        let json: Value = serde_json::from_str(&request.body.text).unwrap_or(Value::Null);
        let to = |name: &str| json.get("to")?.get(name)?.as_str().map(str::to_owned);
        Self {
            conversation: sent_to(&request.url, template).or_else(|| read_from(&request.url)),
            participant: to("id"),
            external: to("externalId"),
            text: json.get("text").and_then(Value::as_str).map(str::to_owned),
            bearer: header(&request.headers, "authorization").is_some(),
        }
    }
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

/// A path segment with its percent-encoding undone; as it is where that is no text.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
            _ => return segment.to_owned(),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Header};

    const TEMPLATE: &str = "/api/v2/conversations/messaging/{conversationId}/messages";

    #[test]
    fn a_send_is_read_back() {
        let request = Request {
            method: "POST".to_owned(),
            url: "http://h:1/api/v2/conversations/messaging/a%2Fb/messages".to_owned(),
            headers: vec![Header::new("authorization", "Bearer «token #1»")],
            body: Body { text: r#"{"to":{"id":"p","externalId":null},"text":"hi"}"#.to_owned(), ..Body::default() },
        };
        let wire = Wire::of(&request, TEMPLATE);
        assert_eq!(wire.conversation.as_deref(), Some("a/b"));
        assert_eq!((wire.participant.as_deref(), wire.external), (Some("p"), None));
        assert!(wire.bearer);
    }

    #[test]
    fn reading_urls_name_their_conversation() {
        let read = |path: &str| read_from(&format!("https://api.x{path}"));
        assert_eq!(read("/api/v2/conversations/messages/c1").as_deref(), Some("c1"));
        assert_eq!(read("/api/v2/conversations/c1?x=1").as_deref(), Some("c1"));
        assert_eq!(read("/api/v2/conversations/messages/c1/messages/bulk"), None);
        assert_eq!(read("/api/v2/tokens/me"), None);
        assert_eq!(authority("https://h:8/x"), "h:8");
    }
}
