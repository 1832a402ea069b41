//! The messages of before: `GET /api/v2/webmessaging/messages`, with the JWT that the socket gives.
//!
//! [real: seen in SDK source: MTSDK `WebMessagingApi.kt`; newest first: SAFRI]

use http::HeaderValue;
use http::header::ORIGIN;
use secrecy::SecretString;
use serde_json::Value;

use crate::genesys::call::{BadCall, Call};
use crate::text::json;

use crate::genesys::normalized::Structured;

/// The path of a guest's messages. [MTSDK `WebMessagingApi.kt`]
const PATH: &str = "/api/v2/webmessaging/messages";

/// How many messages a page has.
pub const PAGE_SIZE: u32 = 25;

/// The request for one page, from 1.
pub fn request(api: &str, origin: &str, jwt: &SecretString, page: u32) -> Result<Call, BadCall> {
    let path = format!("{PATH}?pageSize={PAGE_SIZE}&pageNumber={page}");
    let mut call = Call::get(api, &path)?.bearer(jwt)?;
    let origin = HeaderValue::try_from(origin).map_err(|_| {
        BadCall("the origin has characters that cannot stand in a header; check it in the profile".to_owned())
    })?;
    call.headers.insert(ORIGIN, origin);
    Ok(call)
}

/// Whether `path` (without query) is that of a guest's messages.
pub fn is_asked(path: &str) -> bool {
    path == PATH
}

/// A page of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryOfSession {
    /// As the server orders them: newest first.
    pub messages: Vec<Structured>,
    /// How many pages there are, where told.
    pub pages: Option<u32>,
}

/// Reads a page; `None` where it is not a JSON object with `entities`.
pub fn read(body: &[u8]) -> Option<HistoryOfSession> {
    let value = json::read(body)?;
    let messages = value.get("entities")?.as_array()?.iter().filter_map(Structured::read).collect();
    let number = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let counted = || Some(number("total")?.div_ceil(number("pageSize").filter(|s| *s > 0)?));
    Some(HistoryOfSession { messages, pages: number("pageCount").or_else(counted) })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::model::Author;

    #[test]
    fn the_request_carries_origin_and_jwt() {
        let call = request("http://h", "https://shop.example", &"eyJ.jwt".into(), 2).unwrap();
        assert_eq!(call.url, "http://h/api/v2/webmessaging/messages?pageSize=25&pageNumber=2");
        assert!(is_asked("/api/v2/webmessaging/messages") && !is_asked("/api/v2/conversations/messages/c1"));
        assert_eq!(call.headers["authorization"], "Bearer eyJ.jwt");
        assert_eq!(call.headers["origin"], "https://shop.example");
        assert!(request("http://h", "a\nb", &"j".into(), 1).is_err());
    }

    #[test]
    fn a_page_is_read() {
        let body = br#"{"entities":[
            {"id":"2","channel":{"time":"2026-11-23T10:00:05.000Z","messageId":"m2"},"type":"Text","text":"Hi","direction":"Outbound","originatingEntity":"Bot"},
            {"id":"1","channel":{"time":"2026-11-23T10:00:00.000Z"},"type":"Text","text":"Hello","direction":"Inbound","metadata":{"id":"ours"}}
          ],"pageSize":25,"pageNumber":1,"total":30}"#;
        let page = read(body).unwrap();
        assert_eq!(page.pages, Some(2));
        let told: Vec<_> = page.messages.iter().map(|m| (m.key.clone().unwrap(), m.author, m.own_id.clone())).collect();
        assert_eq!(
            told,
            [("m2".to_owned(), Author::Bot, None), ("1".to_owned(), Author::Guest, Some("ours".to_owned()))]
        );
        assert_eq!(read(br#"{"entities":[],"pageCount":7}"#).unwrap().pages, Some(7));
        assert_eq!(read(b"[]"), None);
        assert_eq!(read(b"<html>"), None);
    }
}
