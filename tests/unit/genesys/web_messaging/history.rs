//! Tests of `genesys::web_messaging::history`.
#![expect(clippy::unwrap_used, reason = "tests")]

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
    assert_eq!(told, [("m2".to_owned(), Author::Bot, None), ("1".to_owned(), Author::Guest, Some("ours".to_owned()))]);
    assert_eq!(read(br#"{"entities":[],"pageCount":7}"#).unwrap().pages, Some(7));
    assert_eq!(read(b"[]"), None);
    assert_eq!(read(b"<html>"), None);
}
