//! Bodies told apart, decoded and bounded.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::HeaderValue;

use crate::engine::client::capture::*;
use crate::engine::redact::Redactor;
use crate::model::{Body, BodyForm};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

fn capture(bytes: &[u8], mime: &'static str, encoding: Option<&'static str>) -> Body {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    body(bytes, bytes.len() as u64, &headers, &Redactor::new(&[]), false)
}

#[test]
fn forms_are_told_apart() {
    assert_eq!(capture(b"", "text/html", None).form, BodyForm::Empty);
    let json = capture(b"{\"a\": 1}", "application/json; charset=utf-8", None);
    assert_eq!(
        (json.form, json.text.as_str(), json.mime.as_deref()),
        (BodyForm::Json, "{\"a\": 1}", Some("application/json"))
    );
    assert_eq!(capture(b"<html>", "application/json", None).form, BodyForm::Text);
    assert_eq!(capture(b"a=1", "application/x-www-form-urlencoded", None).form, BodyForm::Form);
    let png = capture(b"\x89PNG\0\xff", "image/png", None);
    assert_eq!((png.form, png.text.as_str(), png.total), (BodyForm::Binary, "", 6));
}

#[test]
fn encodings_are_undone_and_named() {
    let plain = b"{\"access_token\":\"abcdefgh\"}";
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(plain).unwrap();
    let gz = gz.finish().unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(plain).unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    bare.write_all(plain).unwrap();
    for (bytes, name) in
        [(gz.clone(), "gzip"), (zlib.finish().unwrap(), "deflate"), (bare.finish().unwrap(), "deflate")]
    {
        let body = capture(&bytes, "application/json", Some(name));
        assert_eq!(body.text, "{\"access_token\":\"«access token»\"}");
        assert_eq!(body.encoding.as_deref(), Some(name));
        assert_eq!(body.total, plain.len() as u64);
    }
    let mut twice = GzEncoder::new(Vec::new(), Compression::default());
    twice.write_all(&gz).unwrap();
    let twice = capture(&twice.finish().unwrap(), "application/json", Some("gzip, gzip"));
    assert_eq!(
        (twice.text.as_str(), twice.encoding.as_deref()),
        ("{\"access_token\":\"«access token»\"}", Some("gzip, gzip"))
    );
    let many = capture(&gz, "text/plain", Some("gzip, gzip, gzip, gzip"));
    assert_eq!(many.encoding.as_deref(), Some("more than 3 encodings, not decoded"));
    assert_eq!(capture(&gz, "text/plain", Some("br")).encoding.as_deref(), Some("br, not decoded"));
    assert_eq!(capture(b"plain", "text/plain", Some("gzip")).encoding.as_deref(), Some("gzip, could not be decoded"));
}

#[test]
fn text_is_read_in_its_charset() {
    for (bytes, mime, form, text) in [
        (&b"{\"a\":\"Gr\xfc\"}"[..], "application/json; charset=ISO-8859-1", BodyForm::Json, r#"{"a":"Grü"}"#),
        (b"{\"a\":\"Gr\xfc\"}", "application/json", BodyForm::Json, "{\"a\":\"Gr\u{fffd}\"}"),
        (b"\xef\xbb\xbf{\"a\":\"\\ud83d\"}", "application/json", BodyForm::Json, r#"{"a":"\ud83d"}"#),
        (b"\xff\xfe{\0}\0", "application/json", BodyForm::Json, "{}"),
        (b"{\0}\0", "application/json; charset=\"utf-16\"", BodyForm::Json, "{}"),
        (b"<p>Zur\xfcck \x80</p>", "text/html", BodyForm::Text, "<p>Zurück €</p>"),
        (b"\x89PNG\xff", "", BodyForm::Binary, ""),
    ] {
        let body = capture(bytes, mime, None);
        assert_eq!((body.form, body.text.as_str()), (form, text), "{mime}");
    }
}

#[test]
fn a_bomb_is_bounded() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&vec![b'a'; 8 * BODY_MAX]).unwrap();
    let body = capture(&gz.finish().unwrap(), "text/plain", Some("gzip"));
    assert!(body.truncated);
    assert_eq!(body.text.len(), BODY_MAX);
}

#[test]
fn authorities() {
    assert_eq!(authority("http://u:p@h:1/x@y"), Some("h:1"));
    assert_eq!(authority("https://[::1]:8/x"), Some("[::1]:8"));
    assert_eq!(authority("nonsense"), None);
}
