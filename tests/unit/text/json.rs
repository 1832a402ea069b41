//! Tests of `text::json`.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use crate::text::json::*;

#[test]
fn one_bad_place_does_not_hide_the_rest() {
    for (bytes, wanted) in [
        (&b"\xef\xbb\xbf{\"a\":1}"[..], json!({"a": 1})),
        (
            br#"{"a":"\ud83d","b":"\ud83d\ude00","c":"\ude00\ud83d"}"#,
            json!({"a":"\u{fffd}","b":"😀","c":"\u{fffd}\u{fffd}"}),
        ),
        (br#"["\ud83d\u0041","\ud83dx","\ud83d\n"]"#, json!(["\u{fffd}A", "\u{fffd}x", "\u{fffd}\n"])),
        (b"{\"a\":\"Gr\xfc\xdfe\"}", json!({"a": "Gr\u{fffd}\u{fffd}e"})),
        (b"{\"a\":\"x\ny\x01\"}", json!({"a": "x\ny\u{1}"})),
        (br#"["\q","\u12","C:\temp"]"#, json!(["\\q", "\\u12", "C:\temp"])),
        (b"[1e999,-1e999,NaN,-Infinity,true,null,7]", json!([null, null, null, null, true, null, 7])),
        (br#"{"a":1,"a":2}"#, json!({"a": 2})),
        (b"[123456789012345678901234567890]", json!([123_456_789_012_345_678_901_234_567_890_f64])),
        (b"\xff\xfe{\0\"\0a\0\"\0:\x001\0}\0", json!({"a": 1})),
        (b"\xfe\xff\0{\0\"\0a\0\"\0:\x001\0}", json!({"a": 1})),
        (b"{\0\"\0a\0\"\0:\x001\0}\0", json!({"a": 1})),
        (b"\0[\x001\0]", json!([1])),
    ] {
        assert_eq!(read(bytes), Some(wanted), "{}", bytes.escape_ascii());
    }
    for none in [&b""[..], b"<html>", b"{\"a\":", b"\"open", b"\"\\", b"{\"a\":\"\\ud8", b"\0\0\0"] {
        assert_eq!(read(none), None, "{}", none.escape_ascii());
    }
    assert_eq!(read(&vec![b' '; LONGEST + 1]), None);
}

#[test]
fn depth_is_bounded_and_costs_only_what_is_too_deep() {
    let deep = format!("{}{}", "[".repeat(300_000), "]".repeat(300_000));
    let page = format!(r#"{{"entities":[{{"id":"1"}},{{"id":"2","odd":{deep}}},{{"id":"3"}}]}}"#);
    let page = read(page.as_bytes()).unwrap();
    assert_eq!(page.pointer("/entities/2/id"), Some(&json!("3")));
    assert_eq!(read("[".repeat(300_000).as_bytes()), None);
}

#[test]
fn charsets_are_honoured() {
    for (bytes, charset, wanted) in [
        (&b"Gr\xfc\xdfe"[..], Some("ISO-8859-1"), "Grüße"),
        (b"\x80 5", Some("windows-1252"), "€ 5"),
        (b"G\0r\0\xfc\0", Some("utf-16"), "Grü"),
        (b"\0G\0r\0\xfc", Some("utf-16"), "Grü"),
        (b"\0G\0r\0\xfc", Some("utf-16be"), "Grü"),
        (b"\xef\xbb\xbfGr\xc3\xbc", Some("iso-8859-1"), "Grü"),
        (b"Gr\xc3\xbc", Some("no such charset"), "Grü"),
        (b"Gr\xfc", None, "Gr\u{fffd}"),
    ] {
        assert_eq!(text(bytes, charset), wanted);
    }
}
