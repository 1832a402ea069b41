//! Tests of `genesys::web_messaging::media`.

use super::*;
use serde_json::json;

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
    let Ok(call) = put("https://bucket.example/a?X-Amz-Signature=s", &headers, b"123".to_vec()) else { panic!() };
    let names: Vec<_> = call.headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!((call.method.as_str(), names), ("PUT", vec!["x-amz-tagging", "content-length"]));
    assert!(put("http://127.0.0.1:1/a", &[], Vec::new()).is_ok());
    assert!(put("http://bucket.example/a", &[], Vec::new()).is_err_and(|e| e.0.contains("not secure")));
    assert!(put("nonsense", &[], Vec::new()).is_err());
    assert!(put("https://h/", &[("a b".to_owned(), String::new())], Vec::new()).is_err());
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
