//! The answers, and what must be said of each.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::server::Reply;

/// What must be said.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    Accepted,
    Refused,
    Unknown,
    /// Refused or unknown: never accepted, never exit 0.
    NotAccepted,
    NotSignedIn,
    SignedIn,
}

/// An answer, and what must be said of it.
pub struct Row {
    pub name: &'static str,
    pub reply: fn() -> Reply,
    pub expected: Expected,
}

const fn row(name: &'static str, expected: Expected, reply: fn() -> Reply) -> Row {
    Row { name, reply, expected }
}

const TAKEN: &str = r#"{"id":"aabbccdd-0000-4000-8000-00000000cafe"}"#;
const PAGE: &[u8] = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>corporate</body></html>";
const OURS: &str = "content-type: application/json\r\nININ-Correlation-Id: c01d\r\n";

/// A status line and headers; the body is another matter.
fn head(status: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}\r\n").into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Many bytes that compress to few.
fn bomb() -> Vec<u8> {
    gzip(&gzip(&vec![b' '; 64 << 20]))
}

fn nested(depth: usize) -> String {
    format!(r#"{{"id":"m","odd":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))
}

use Expected::{Accepted, NotAccepted, NotSignedIn, Refused, SignedIn, Unknown};

/// Answers to a message.
pub const MESSAGE_ROWS: &[Row] = &[
    // Honest ones first: caution must not be overdone.
    row("a full body", Accepted, Reply::message),
    row("a body without headers of the service", Accepted, || Reply::with("200 OK", "", TAKEN.as_bytes())),
    row("202 and a correlation id", Accepted, || Reply::with("202 Accepted", "ININ-Correlation-Id: c\r\n", b"")),
    row("204 and a correlation id", Accepted, || Reply::Bytes(head("204 No Content", "Genesys-Correlation-Id: c\r\n"))),
    row("an empty object and a rate limit", Accepted, || {
        Reply::with("200 OK", "content-type: application/json\r\ninin-ratelimit-count: 1\r\n", b"{}")
    }),
    row("a byte order mark", Accepted, || Reply::with("200 OK", "", format!("\u{feff}{TAKEN}").as_bytes())),
    row("gzip", Accepted, || {
        Reply::with("200 OK", &format!("{OURS}content-encoding: gzip\r\n"), &gzip(TAKEN.as_bytes()))
    }),
    row("chunks", Accepted, || {
        let body = format!("{:x}\r\n{TAKEN}\r\n0\r\n\r\n", TAKEN.len());
        Reply::Bytes([head("200 OK", &format!("{OURS}transfer-encoding: chunked\r\n")), body.into_bytes()].concat())
    }),
    row("120 headers", Accepted, || {
        let headers = "x-many: y\r\n".repeat(120);
        Reply::service("200 OK", &headers, TAKEN)
    }),
    row("a header of 20 KB", Accepted, || {
        Reply::service("200 OK", &format!("x-big: {}\r\n", "y".repeat(20 << 10)), TAKEN)
    }),
    row("100 Continue first", Accepted, || {
        Reply::Bytes([b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), Reply::message().bytes()].concat())
    }),
    row("lone surrogates", Accepted, || Reply::service("200 OK", "", r#"{"id":"m","text":"\ud83d"}"#)),
    row("odd rate limits", Accepted, || {
        let odd = "inin-ratelimit-count: -1\r\ninin-ratelimit-allowed: 1e9\r\ninin-ratelimit-reset: 4294967295\r\n";
        Reply::service("200 OK", odd, TAKEN)
    }),
    row("a date in the year 9999", Accepted, || {
        Reply::service("200 OK", "date: Fri, 31 Dec 9999 23:59:59 GMT\r\n", TAKEN)
    }),
    // Somebody else.
    row("a sign-in page", Refused, || Reply::with("200 OK", "content-type: text/html\r\n", PAGE)),
    row("a sign-in page as JSON", Refused, || Reply::with("200 OK", "content-type: application/json\r\n", PAGE)),
    row("a sign-in page of no type", Refused, || Reply::with("200 OK", "", PAGE)),
    row("a sign-in page, gzip", Refused, || {
        Reply::with("200 OK", "content-type: text/html\r\ncontent-encoding: gzip\r\n", &gzip(PAGE))
    }),
    row("a sign-in page with a request id", Refused, || Reply::with("200 OK", "x-request-id: r\r\n", PAGE)),
    row("a sign-in page in UTF-16", Refused, || {
        let wide: Vec<u8> = String::from_utf8_lossy(PAGE).encode_utf16().flat_map(u16::to_le_bytes).collect();
        Reply::with("200 OK", "content-type: text/html; charset=utf-16le\r\n", &wide)
    }),
    row("a redirect", Refused, || Reply::with("302 Found", "location: https://sso.example/\r\n", b"")),
    row("511", Refused, || Reply::with("511 Network Authentication Required", "content-type: text/html\r\n", PAGE)),
    row("a filter's 403", Refused, || {
        Reply::with("403 Blocked", "x-squid-error: ERR_ACCESS_DENIED 0\r\n", b"Blocked by category Chat")
    }),
    row("a gateway's 401", Refused, || Reply::with("401 Unauthorized", "", br#"{"fault":{"faultstring":"no"}}"#)),
    // Nobody can tell.
    row("200 and nothing", Unknown, || Reply::with("200 OK", "", b"")),
    row("204 and nothing", Unknown, || Reply::Bytes(head("204 No Content", ""))),
    row("somebody's JSON", Unknown, || {
        Reply::with("200 OK", "content-type: application/json\r\n", br#"{"status":"ok"}"#)
    }),
    row("206", Unknown, || Reply::service("206 Partial Content", "content-range: bytes 0-9/99\r\n", TAKEN)),
    row("299", Unknown, || Reply::service("299 Odd", "", TAKEN)),
    row("500", Unknown, || Reply::service("500 Oops", "", r#"{"code":"internal.server.error","status":500}"#)),
    row("503 that asks to wait", Unknown, || {
        Reply::service("503 Busy", "retry-after: 1\r\n", r#"{"code":"service.unavailable"}"#)
    }),
    row("600", NotAccepted, || Reply::with("600 Odd", "", b"")),
    row("999", NotAccepted, || Reply::with("999 Odd", "", b"")),
    row("101", NotAccepted, || Reply::Close(head("101 Switching Protocols", "upgrade: x\r\nconnection: upgrade\r\n"))),
    row("status 0", NotAccepted, || Reply::Close(head("000 Odd", "content-length: 0\r\n"))),
    row("a status of letters", NotAccepted, || Reply::Close(head("two hundred", "content-length: 0\r\n"))),
    row("closed at once", Unknown, || Reply::Close(Vec::new())),
    row("closed within the head", Unknown, || Reply::Close(b"HTTP/1.1 200 O".to_vec())),
    row("closed within the body", Unknown, || {
        Reply::Close([head("200 OK", &format!("{OURS}content-length: 400\r\n")), b"{".to_vec()].concat())
    }),
    row("closed within a chunk", Unknown, || {
        Reply::Close([head("200 OK", &format!("{OURS}transfer-encoding: chunked\r\n")), b"ff\r\n{".to_vec()].concat())
    }),
    row("a chunk of no size", Unknown, || {
        Reply::Close([head("200 OK", &format!("{OURS}transfer-encoding: chunked\r\n")), b"xyz\r\n".to_vec()].concat())
    }),
    row("two lengths", NotAccepted, || {
        Reply::Close(head("200 OK", &format!("{OURS}content-length: 1\r\ncontent-length: 2\r\n")))
    }),
    row("a length below zero", NotAccepted, || Reply::Close(head("200 OK", &format!("{OURS}content-length: -1\r\n")))),
    row("a length of 20 digits", NotAccepted, || {
        Reply::Close(head("200 OK", &format!("{OURS}content-length: 99999999999999999999\r\n")))
    }),
    row("no HTTP at all", Unknown, || Reply::Close(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())),
    row("a TLS alert", Unknown, || Reply::Close(vec![0x15, 3, 1, 0, 2, 2, 0x28])),
    row("HTTP/2 without being asked", Unknown, || Reply::Close(vec![0, 0, 0, 4, 0, 0, 0, 0, 0])),
    row("nothing, on an open connection", Unknown, || Reply::Stall(Vec::new())),
    row("half a body, on an open connection", Unknown, || {
        Reply::Stall([head("200 OK", &format!("{OURS}content-length: 400\r\n")), b"{".to_vec()].concat())
    }),
    // Bombs.
    row("headers without end", NotAccepted, || {
        Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-a: bbbbbbbbbbbbbbbb\r\n".to_vec())
    }),
    row("one header without end", NotAccepted, || {
        Reply::Endless(b"HTTP/1.1 200 OK\r\nx-a: ".to_vec(), vec![b'b'; 4096])
    }),
    row("a body without end", NotAccepted, || {
        Reply::Endless(head("200 OK", &format!("{OURS}connection: close\r\n")), vec![b' '; 65536])
    }),
    row("chunks without end", NotAccepted, || {
        Reply::Endless(head("200 OK", &format!("{OURS}transfer-encoding: chunked\r\n")), b"1\r\n \r\n".to_vec())
    }),
    row("1xx without end", NotAccepted, || {
        Reply::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".to_vec())
    }),
    row("a bomb, gzip twice", NotAccepted, || {
        Reply::with("200 OK", "content-type: application/json\r\ncontent-encoding: gzip, gzip\r\n", &bomb())
    }),
    row("a bomb, gzip once", NotAccepted, || {
        Reply::with(
            "200 OK",
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            &gzip(&vec![b' '; 64 << 20]),
        )
    }),
    row("deep JSON of the service", Accepted, || Reply::service("200 OK", "", &nested(200_000))),
    row("a refusal of deep JSON", Refused, || Reply::service("400 Bad", "", &nested(200_000))),
    row("a refusal of odd waits", Refused, || {
        Reply::service(
            "429 Slow",
            "retry-after: 99999999999999999999\r\n",
            r#"{"code":"too.many.requests","status":429}"#,
        )
    }),
];

/// Answers to a request for a token.
pub const TOKEN_ROWS: &[Row] = &[
    row("a token", SignedIn, Reply::token),
    row("a token with a byte order mark", SignedIn, || {
        Reply::with("200 OK", "", "\u{feff}{\"access_token\":\"t-0123456789\",\"expires_in\":60}".as_bytes())
    }),
    row("a lifetime with a fraction, as text", SignedIn, || {
        Reply::with("200 OK", "", br#"{"access_token":"t-0123456789","expires_in":"3599.9"}"#)
    }),
    row("a lifetime beyond reason", SignedIn, || {
        Reply::with("200 OK", "", br#"{"access_token":"t-0123456789","expires_in":1e30}"#)
    }),
    row("no lifetime", SignedIn, || Reply::with("200 OK", "", br#"{"access_token":"t-0123456789"}"#)),
    row("a token with a line break", NotSignedIn, || {
        Reply::with("200 OK", "", br#"{"access_token":"t\r\nx: y","expires_in":60}"#)
    }),
    row("a token with a zero", NotSignedIn, || {
        Reply::with("200 OK", "", br#"{"access_token":"t\u0000","expires_in":60}"#)
    }),
    row("an empty token", NotSignedIn, || Reply::with("200 OK", "", br#"{"access_token":"","expires_in":60}"#)),
    row("a token that is a number", NotSignedIn, || {
        Reply::with("200 OK", "", br#"{"access_token":7,"expires_in":60}"#)
    }),
    row("an error with 200", NotSignedIn, || Reply::with("200 OK", "", br#"{"error":"invalid_client"}"#)),
    row("invalid_client", NotSignedIn, || {
        Reply::service("401 Unauthorized", "", r#"{"error":"invalid_client","description":"x"}"#)
    }),
    row("a sign-in page", NotSignedIn, || Reply::with("200 OK", "content-type: text/html\r\n", PAGE)),
    row("a redirect", NotSignedIn, || Reply::with("302 Found", "location: https://sso.example/\r\n", b"")),
    row("a filter's 403", NotSignedIn, || Reply::with("403 Forbidden", "content-type: text/html\r\n", PAGE)),
    row("404", NotSignedIn, || Reply::with("404 Not Found", "", b"")),
    row("407", NotSignedIn, || Reply::with("407 Proxy", "proxy-authenticate: Basic\r\n", b"")),
    row("429 for a day", NotSignedIn, || {
        Reply::service("429 Slow", "retry-after: 86400\r\n", r#"{"code":"too.many"}"#)
    }),
    row("nothing", NotSignedIn, || Reply::with("200 OK", "", b"")),
    row("a list", NotSignedIn, || Reply::with("200 OK", "", b"[]")),
    row("deep JSON", NotSignedIn, || Reply::with("200 OK", "", "[".repeat(300_000).as_bytes())),
    row("gzip twice", SignedIn, || {
        let body = gzip(&gzip(br#"{"access_token":"t-0123456789","expires_in":60}"#));
        Reply::with("200 OK", "content-encoding: gzip, gzip\r\n", &body)
    }),
    row("brotli", NotSignedIn, || Reply::with("200 OK", "content-encoding: br\r\n", &[0x0b, 0x02, 0x80])),
    row("a body over the bound", NotSignedIn, || Reply::with("200 OK", "", &vec![b' '; 4 << 20])),
];
