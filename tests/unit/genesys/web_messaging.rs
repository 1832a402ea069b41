//! Tests of `genesys::web_messaging`.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use crate::genesys::web_messaging::*;
use crate::model::Author;

#[test]
fn the_url_carries_the_deployment_whatever_it_is() {
    let url = socket_url("wss://webmessaging.mypurecloud.de", "a b&c");
    assert_eq!(url, "wss://webmessaging.mypurecloud.de/v1?deploymentId=a%20b%26c&application=guestwire");
    assert_eq!(socket_url("ws://127.0.0.1:1/v1", "d"), "ws://127.0.0.1:1/v1?deploymentId=d&application=guestwire");
}

#[test]
fn the_request_carries_origin_and_jwt() {
    let call = history_request("http://h", "https://shop.example", &"eyJ.jwt".into(), 2).unwrap();
    assert_eq!(call.url, "http://h/api/v2/webmessaging/messages?pageSize=25&pageNumber=2");
    assert_eq!(HISTORY, "/api/v2/webmessaging/messages");
    assert_eq!(call.headers["authorization"], "Bearer eyJ.jwt");
    assert_eq!(call.headers["origin"], "https://shop.example");
    assert!(history_request("http://h", "a\nb", &"j".into(), 1).is_err());
}

#[test]
fn a_page_is_read() {
    let body = br#"{"entities":[
            {"id":"2","channel":{"time":"2026-11-23T10:00:05.000Z","messageId":"m2"},"type":"Text","text":"Hi","direction":"Outbound","originatingEntity":"Bot"},
            {"id":"1","channel":{"time":"2026-11-23T10:00:00.000Z"},"type":"Text","text":"Hello","direction":"Inbound","metadata":{"id":"ours"}}
          ],"pageSize":25,"pageNumber":1,"total":30}"#;
    let page = HistoryOfSession::read(body).unwrap();
    assert_eq!(page.pages, Some(2));
    let told: Vec<_> = page.messages.iter().map(|m| (m.key.clone().unwrap(), m.author, m.own_id.clone())).collect();
    assert_eq!(told, [("m2".to_owned(), Author::Bot, None), ("1".to_owned(), Author::Guest, Some("ours".to_owned()))]);
    assert_eq!(HistoryOfSession::read(br#"{"entities":[],"pageCount":7}"#).unwrap().pages, Some(7));
    assert_eq!(HistoryOfSession::read(b"[]"), None);
    assert_eq!(HistoryOfSession::read(b"<html>"), None);
}

#[test]
fn the_limits_of_a_session() {
    let media = Media::read(&json!({
        "allowedMedia": {"inbound": {"fileTypes": [{"type": "image/*"}, {"type": "application/pdf"}], "maxFileSizeKB": 10.0}},
        "blockedExtensions": [".exe", "BAT"],
    }));
    assert_eq!(media.objection("a.png", "image/png", 10 * 1024), None);
    assert_eq!(media.objection("a.pdf", "application/pdf", 1), None);
    for (name, mime, size, why) in [
        ("a.png", "image/png", 0, "empty"),
        ("a.png", "image/png", 10 * 1024 + 1, "has 11 KB, and this deployment takes 10 KB"),
        ("a.EXE", "image/png", 1, "no .exe files"),
        ("a.bat", "image/png", 1, "no BAT files"),
        ("a.txt", "text/plain", 1, "takes only image/*, application/pdf"),
    ] {
        let said = media.objection(name, mime, size);
        assert!(said.as_ref().is_some_and(|s| s.contains(why)), "{name}: {said:?}");
    }
    assert!(media.objection(&"n".repeat(1024), "image/png", 1).is_some());
}

#[test]
fn a_file_is_put_with_the_headers_that_were_asked_for_and_only_to_a_safe_place() {
    let headers = [("x-amz-tagging".to_owned(), "abc".to_owned())];
    let Ok(call) = put_file("https://bucket.example/a?X-Amz-Signature=s", &headers, b"123".to_vec()) else { panic!() };
    let names: Vec<_> = call.headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!((call.method.as_str(), names), ("PUT", vec!["x-amz-tagging", "content-length"]));
    for here in ["http://127.0.0.1:1/a", "http://127.0.0.2:1/a", "http://LOCALHOST:1/a", "http://[::1]:1/a"] {
        assert!(put_file(here, &[], Vec::new()).is_ok(), "{here}");
    }
    assert!(put_file("http://bucket.example/a", &[], Vec::new()).is_err_and(|e| e.contains("not secure")));
    assert!(put_file("nonsense", &[], Vec::new()).is_err());
    assert!(put_file("https://h/", &[("a b".to_owned(), String::new())], Vec::new()).is_err());
}

#[test]
fn where_nothing_is_told_only_the_platforms_limit_counts() {
    let media = Media::read(&json!({}));
    assert_eq!(media, Media::default());
    assert_eq!(media.objection("a.exe", "x/y", 10 << 20), None);
    assert!(media.objection("a.exe", "x/y", (10 << 20) + 1).is_some());
    let any = Media::read(&json!({"allowedMedia": {"inbound": {"fileTypes": [{"type": "*/*"}]}}}));
    assert_eq!(any.objection("a", "odd", 1), Some("a is odd, and this deployment takes only */*".to_owned()));
    assert_eq!(any.objection("a", "application/octet-stream", 1), None);
}
