//! Every reader of bytes from outside takes whatever comes: no panic, and memory in proportion to what came.
//!
//! Seeds are changed at random, always in the same order. `cargo test --lib fuzz` runs for some seconds;
//! `GUESTWIRE_FUZZ_ROUNDS=1000000 GUESTWIRE_SEED=7 cargo test --release --lib fuzz` runs longer, on other changes.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::Flags;
use crate::config::resolve::resolve;
use crate::config::tests::files::config_of_text;
use crate::diagnosis::ids;
use crate::genesys::conversations::{self, ListedMessage};
use crate::genesys::errors::ApiError;
use crate::genesys::web_messaging::{HistoryOfSession, ServerFrame};
use crate::genesys::{self, CallKind, guest_api, json, lookups, oauth, open_messaging, who_answered};
use crate::pass::Pass;
use crate::sandbox::Scenario;
use crate::tui::state::demo::script::Rehearsal;

/// Bytes that a reader may use for each byte that it is given, and for nothing at all: the trees that JSON and TOML
/// become are large, yet never larger than that.
const A_BYTE: u64 = 2_000;
const AT_REST: u64 = 4 << 20;

/// A reader's name, and the reader.
type Reader = (&'static str, fn(&[u8]));

/// Everything that reads bytes from outside.
const READERS: &[Reader] = &[
    ("json", |b| drop(json::read(b))),
    ("oauth", |b| {
        for status in [200, 400, 401, 429, 503] {
            oauth::TokenOutcome { status, headers: &HeaderMap::new(), body: b, unread: None }.read();
        }
    }),
    ("tokens/me", |b| drop(lookups::TokenInfo::read(b))),
    ("errors", |b| drop(ApiError::read(401, &headers(b), b))),
    ("who answered", |b| {
        for asked in
            [CallKind::Token, CallKind::GuestMessage, CallKind::OpenMessage, CallKind::Conversation, CallKind::List]
        {
            who_answered(asked, 200, &headers(b), b);
        }
    }),
    ("guest message", |b| drop(guest_api::remote_id(&String::from_utf8_lossy(b)))),
    ("open message", |b| drop(open_messaging::taken(b))),
    ("conversation", |b| drop(conversations::read(b))),
    ("messages", |b| {
        let listed = ["m-1", "m-2"].map(|id| ListedMessage { id: id.to_owned(), purpose: "agent".to_owned() });
        drop(conversations::read_bulk(b, &listed, Timestamp::UNIX_EPOCH));
    }),
    ("frame", |b| drop(ServerFrame::read(&String::from_utf8_lossy(b)))),
    ("history", |b| drop(HistoryOfSession::read(b))),
    ("webhook", |b| {
        drop(open_messaging::outbound(b, Timestamp::UNIX_EPOCH));
        let _ = open_messaging::verify(b"secret", b, Some(&String::from_utf8_lossy(b)));
    }),
    ("deployment", |b| {
        drop(lookups::read_config(b));
        if let Some(domains) = lookups::read_domains(b) {
            domains.allow("https://shop.example");
        }
    }),
    ("discovery", |b| drop(lookups::read_active(b, 1))),
    ("look-up", |b| {
        lookups::describes(b, "id");
        drop(lookups::conversation_of(b));
    }),
    ("limits", |b| {
        let headers = headers(b);
        genesys::rate_limit(&headers, Clock::start().now());
        genesys::retry_after(&headers, Timestamp::UNIX_EPOCH);
        genesys::date(&headers);
        genesys::seconds_in_message(&String::from_utf8_lossy(b));
    }),
    ("ids", |b| drop(ids::find(&String::from_utf8_lossy(b), &ids::KnownIds::default()))),
    ("pass file", |b| drop(Pass::parse(Path::new("p.toml"), &String::from_utf8_lossy(b)))),
    ("config file", |b| {
        let text = String::from_utf8_lossy(b);
        drop(resolve(config_of_text(&text, &Flags::default(), &|_| None)));
    }),
    ("scenario", |b| drop(Scenario::parse(&String::from_utf8_lossy(b), Path::new("s.toml")))),
    ("session export", |b| drop(Rehearsal::parse(&String::from_utf8_lossy(b)))),
];

/// What the changes begin with.
const SEEDS: &[&str] = &[
    r#"{"access_token":"t","token_type":"bearer","expires_in":3600,"scope":"guest:messages:send"}"#,
    r#"{"error":"invalid_client","error_description":"authentication failed","description":"x"}"#,
    r#"{"message":"no","code":"missing.permissions","status":403,"contextId":"c","details":[{"errorCode":"e","fieldName":"f"}],"errors":[{"code":"x"}],"messageWithParams":"{a}","messageParams":{"a":"[b]"},"limit":{"key":"k","value":300}}"#,
    r#"{"organization":{"id":"o","name":"Org"},"authorizedScope":["a"],"OAuthClient":{"id":"c","scope":["a"],"roleDivisions":[]}}"#,
    r#"{"id":"c","startTime":"2026-11-22T00:00:00.000Z","participants":[{"id":"p","purpose":"customer","state":"connected","messages":[{"messageId":"m-1","messageTime":"2026-11-22T00:00:00.000Z"}]}]}"#,
    r#"{"entities":[{"id":"m-1","timestamp":"2026-11-22T00:00:00Z","direction":"outbound","textBody":"hi","normalizedMessage":{"type":"Structured","text":"hi","content":[{"contentType":"QuickReply","quickReply":{"text":"Yes","payload":"yes"}},{"contentType":"Attachment","attachment":{"url":"https://x","mime":"a/b"}}],"originatingEntity":"Bot"}}],"pageCount":1,"total":1}"#,
    r#"{"type":"response","class":"SessionResponse","code":200,"body":{"connected":true,"newSession":true,"readOnly":false,"maxCustomDataBytes":2048,"allowedMedia":{"inbound":{"fileTypes":[{"type":"*/*"}],"maxFileSizeKB":10240}},"durationSeconds":259200,"expirationDate":1791139139}}"#,
    r#"{"type":"message","class":"StructuredMessage","code":200,"body":{"type":"Event","direction":"Outbound","id":"x","channel":{"time":"2022-08-22T19:24:26.704Z"},"events":[{"eventType":"Typing","typing":{"type":"On","duration":5000}}]}}"#,
    r#"{"type":"response","class":"TooManyRequestsErrorMessage","code":429,"body":{"retryAfter":3,"errorCode":4029,"errorMessage":"slow"}}"#,
    r#"{"id":"c327","channel":{"id":"i","platform":"Open","messageId":"c327","to":{"id":"guest-42"},"time":"2026-11-22T00:00:00Z"},"type":"Text","text":"Hello","direction":"Outbound","originatingEntity":"Human"}"#,
    r#"{"auth":{"enabled":true},"messenger":{"apps":{"conversations":{"autoStart":{"enabled":false}}}},"allDomainsAllowed":false,"allowedDomains":["shop.example"]}"#,
    "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\ninin-ratelimit-count: 1\ninin-ratelimit-allowed: 300\ninin-ratelimit-reset: 4294967295\ndate: Sunday, 06-Nov-94 08:49:37 GMT\ncontent-type: text/html; charset=utf-16\nwww-authenticate: Bearer error=\"x\", scope=\"a b\"",
    "name = \"P\"\n[[cases]]\nname = \"c\"\n[[cases.steps]]\nsend = { text = \"{{uuid}}\", as = \"no-token\" }\nexpect = { outcome = \"refused\", reply = { matches = 'a(b)', within = \"10s\" } }\ncapture = { x = { reply = '(\\d+)' } }\n",
    "profile = \"a\"\n[profiles.a]\nregion = \"mypurecloud.de\"\n[profiles.a.oauth]\nclient_id = \"c\"\nclient_secret = { env = \"X\" }\n[[profiles.a.conversations]]\nname = \"A\"\nchannel = \"web-messaging\"\ndeployment_id = \"d\"\norigin = \"https://shop.example\"\n[keys.log]\nnext-error = [\"x\"]\n",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln https://api.mypurecloud.de/api/v2/conversations/messages/5f0c91ce-3a0b-4f47-9d55-6d3f0e1bd8a2",
    "<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
];

/// The lines of the bytes as headers; what is no header is left out.
fn headers(bytes: &[u8]) -> HeaderMap {
    let field = |line: &[u8]| {
        let colon = line.iter().position(|b| *b == b':')?;
        let name = HeaderName::from_bytes(line.get(..colon)?).ok()?;
        let value = HeaderValue::from_bytes(line.get(colon + 1..)?.trim_ascii()).ok()?;
        Some((name, value))
    };
    bytes.split(|b| *b == b'\n').filter_map(field).collect()
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// Changes `bytes` in one of the ways in which answers are wrong.
fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    /// What breaks readers: numbers out of every range, broken text, depth, escapes, other people's syntax.
    const PIECES: &[&[u8]] = &[
        b"null",
        b"-1",
        b"1e400",
        b"4294967296",
        b"18446744073709551616",
        b"0.1",
        b"[]",
        b"{}",
        b"\"\"",
        b"\"\\ud83d\"",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xf0\x9f",
        b"[[[[[[[[[[[[[[[[",
        b"{\"a\":{\"a\":{\"a\":",
        b"\\u0000",
        b"\0",
        b"\r\n",
        b"9999-12-31T23:59:59Z",
        b"0000-00-00",
        b"\"text\":",
        b"\"id\":",
        b"{{",
        b"}}",
        b"'''",
        b"\x1b]52;c;AAAA\x07",
    ];
    let at = random.below(bytes.len() + 1);
    let to = (at + random.below(24)).min(bytes.len());
    match random.below(7) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..to)),
        2 => bytes[at..to].iter_mut().for_each(|b| *b ^= 1 << (at % 8)),
        3 => drop(bytes.splice(at..to, PIECES[random.below(PIECES.len())].iter().copied())),
        4 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
        // A piece of it again, and again: what grows with the square of its length shows.
        5 => {
            let piece = bytes[at..to].to_vec();
            let times = random.below(64);
            bytes.splice(to..to, std::iter::repeat_n(piece, times).flatten());
        }
        _ => {
            let other = SEEDS[random.below(SEEDS.len())].as_bytes();
            let from = random.below(other.len());
            bytes.splice(at..to, other[from..].iter().copied());
        }
    }
    bytes.truncate(64 << 10);
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(usual)
}

fn takes(name: &str, reader: fn(&[u8]), bytes: &[u8]) {
    let used = allocation_counter::measure(|| reader(bytes)).bytes_max;
    let bound = AT_REST + A_BYTE * bytes.len() as u64;
    assert!(used <= bound, "{name} used {used} bytes for {}: {:?}", bytes.len(), String::from_utf8_lossy(bytes));
}

#[test]
fn every_reader_takes_whatever_comes() {
    let (rounds, seed) = (number("GUESTWIRE_FUZZ_ROUNDS", 800), number("GUESTWIRE_SEED", 1));
    let mut random = Random(seed);
    for round in 0..rounds {
        let mut bytes = SEEDS[random.below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=random.below(6) {
            change(&mut bytes, &mut random);
        }
        for (name, reader) in READERS {
            let taken = std::panic::catch_unwind(|| takes(name, *reader, &bytes));
            assert!(
                taken.is_ok(),
                "GUESTWIRE_SEED={seed}, round {round}, {name}: {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn every_reader_takes_the_worst_of_each_kind() {
    let long = |piece: &str, times: usize| piece.repeat(times).into_bytes();
    let worst = [
        Vec::new(),
        long("[", 100_000),
        long("{\"a\":", 100_000),
        long("\\", 100_000),
        long("\"", 100_000),
        long("eyJ", 60_000),
        long("%25", 60_000),
        long("a-", 60_000),
        long("{{", 60_000),
        long("\u{301}", 60_000),
        long("x: y\n", 20_000),
        long("[[cases]]\nname = \"c\"\n", 500),
        vec![0; 100_000],
        vec![0xff; 100_000],
    ];
    for bytes in &worst {
        for (name, reader) in READERS {
            takes(name, *reader, bytes);
        }
    }
}
