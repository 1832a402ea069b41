//! Capture: everything that came is shown, bounded, and no secret in it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use guestwire::engine::Report;
use guestwire::model::header;
use guestwire::model::{BodyForm, DeliveryStatus, ExchangeKind};

use crate::support::engine::{SECRET, TOKEN, TestEngine, profile, with_tokens};
use crate::support::http_server::{Act, Server, answer, bytes, json};

/// A server that echoes everything it was told, everywhere: nothing of it is reported (`TestEngine::stop` looks).
#[tokio::test]
async fn echoed_secrets_are_masked_everywhere() {
    let server = Server::start(with_tokens(|req| {
        let auth = req.header("authorization").unwrap().to_owned();
        let token = req.bearer().to_owned();
        let body = format!(
            r#"{{"message":"{auth} {SECRET}","deep":[{{"access_token":"{token}"}}],"nested":"{{\"t\":\"{token}\"}}","raw":{token:?}}}"#
        );
        let headers = [
            ("X-Echo", auth.as_str()),
            ("Set-Cookie", "sid=abcdef123; Path=/"),
            ("X-Tenant", "hush-hush-1"),
            ("Location", &format!("http://u:{token}@h/?access_token={token}")),
        ];
        Act::Say(answer(403, &headers, &body))
    }))
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, &format!("my token is {TOKEN}0001 and my secret {SECRET}"));
    assert!(matches!(engine.end_of(message).await, DeliveryStatus::Refused(_)));
    let exchange = engine.exchange_of(message);
    assert_eq!(exchange.what, "my token is «token #1» and my secret «client secret»");
    let attempt = exchange.last_attempt().unwrap();
    assert_eq!(header(&attempt.request.headers, "authorization"), Some("Bearer «token #1»"));
    let response = attempt.response().unwrap();
    assert_eq!(header(&response.headers, "x-echo"), Some("Bearer «token #1»"));
    assert_eq!(header(&response.headers, "set-cookie"), Some("sid=«cookie»; Path=/"));
    assert_eq!(header(&response.headers, "x-tenant"), Some("«redacted»"));
    let token = &engine.exchanges(ExchangeKind::Token)[0];
    let request = &token.last_attempt().unwrap().request;
    assert_eq!(header(&request.headers, "authorization"), Some("Basic «client secret»"));
    assert!(
        token.last_attempt().unwrap().response().unwrap().body.text.contains("\"access_token\":\"«access token»\"")
    );
    let all = format!("{:?}", engine.seen);
    assert!(!all.contains("abcdef123") && !all.contains("hush-hush"));
    engine.stop().await;
}

/// Request and response are shown as they were on the wire.
#[tokio::test]
async fn what_is_shown_is_what_was_sent_and_received() {
    let server = Server::start(with_tokens(|_| {
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Twice", "1"),
            ("ININ-Correlation-Id", "corr-1"),
            ("X-Twice", "2"),
        ];
        Act::Say(answer(200, &headers, r#"{ "id" : "m1",  "n": 1.0e3 }"#))
    }))
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "grüße \u{1F44B}\u{1b}[31m");
    engine.end_of(message).await;
    let exchange = engine.exchange_of(message);
    let attempt = exchange.last_attempt().unwrap();
    let sent = server.log().into_iter().find(|r| r.path.contains("/messaging/")).unwrap();
    assert_eq!(attempt.request.body.text, sent.body);
    assert_eq!(attempt.request.url, format!("{}{}", server.url(), sent.path));
    let mut shown: Vec<_> = attempt.request.headers.iter().map(|h| (h.name.to_lowercase(), h.value.clone())).collect();
    let mut wire: Vec<_> = sent.headers.iter().map(|(n, v)| (n.to_lowercase(), v.clone())).collect();
    for list in [&mut shown, &mut wire] {
        list.retain(|(n, _)| n != "authorization");
        list.sort();
    }
    assert_eq!(shown, wire, "all headers, and no others");
    let response = attempt.response().unwrap();
    assert_eq!(response.body.text, r#"{ "id" : "m1",  "n": 1.0e3 }"#);
    assert_eq!(
        (response.version.as_str(), response.remote.as_deref()),
        ("HTTP/1.1", Some(server.addr.to_string().as_str()))
    );
    let twice: Vec<_> = response.headers.iter().filter(|h| h.name == "x-twice").map(|h| h.value.as_str()).collect();
    assert_eq!(twice, ["1", "2"]);
    assert_eq!(exchange.request_id(), Some(("inin-correlation-id", "corr-1".to_owned())));
    engine.stop().await;
}

/// Compressed although nobody asked: decoded, and the headers still say it.
#[tokio::test]
async fn a_gzip_body_is_decoded_and_its_header_kept() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(br#"{"code":"bad.request","message":"zipped"}"#).unwrap();
    let gz = gz.finish().unwrap();
    let server = Server::start(with_tokens(move |_| {
        Act::Say(bytes(400, &[("Content-Encoding", "gzip"), ("Content-Type", "application/json")], &gz))
    }))
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "x");
    let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("not refused") };
    assert_eq!(why.to_string(), "400 bad.request: zipped");
    let exchange = engine.exchange_of(message);
    let response = exchange.last_attempt().unwrap().response().unwrap();
    assert_eq!(response.body.encoding.as_deref(), Some("gzip"));
    assert_eq!(response.body.form, BodyForm::Json);
    assert_eq!(header(&response.headers, "content-encoding"), Some("gzip"));
    engine.stop().await;
}

/// A mebibyte is kept, the rest is counted.
#[tokio::test]
async fn a_long_body_is_bounded_and_counted() {
    const LENGTH: usize = (3 << 20) + 17;
    let server = Server::start(with_tokens(|_| {
        Act::Say(bytes(200, &[("Content-Type", "text/plain"), ("x-request-id", "r")], &vec![b'x'; LENGTH]))
    }))
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "x");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let exchange = engine.exchange_of(message);
    let body = &exchange.last_attempt().unwrap().response().unwrap().body;
    assert_eq!((body.text.len(), body.total, body.truncated), (1 << 20, LENGTH as u64, true));
    engine.stop().await;
}

#[tokio::test]
async fn a_skewed_clock_is_told_once() {
    let server =
        Server::start(with_tokens(|_| Act::Say(answer(200, &[("Date", "Sun, 06 Nov 1994 08:49:37 GMT")], "{}")))).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    for _ in 0..3 {
        let message = engine.send(0, "x");
        engine.end_of(message).await;
    }
    let told: Vec<_> =
        engine.seen.iter().filter_map(|r| if let Report::ClockSkew(s) = r { Some(*s) } else { None }).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0] < -900_000_000, "{told:?}");
    engine.stop().await;
}

/// Whatever bytes a server answers, the engine goes on and nothing of it breaks the next message.
#[tokio::test]
async fn odd_answers_do_no_harm() {
    let odd: Vec<Vec<u8>> = vec![
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n".to_vec(),
        b"HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
        b"HTTP/0.9\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nX-Bad: \xff\xfe\r\nContent-Length: 1\r\n\r\n\xff".to_vec(),
        b"HTTP/1.1 200 OK\r\n: nameless\r\n\r\n".to_vec(),
        vec![0; 4096],
    ];
    let cases = odd.len();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(with_tokens(move |req| {
        if req.body.contains("fine") {
            return json(200, r#"{"id":"m"}"#);
        }
        Act::SayClose(odd[next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)].clone())
    }))
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    for n in 0..cases {
        let (odd, fine) = (engine.send(0, "odd"), engine.send(0, "fine"));
        let delivery = engine.end_of(odd).await;
        assert!(
            matches!(delivery, DeliveryStatus::Unknown(_) | DeliveryStatus::Accepted | DeliveryStatus::Refused(_)),
            "{n}: {delivery:?}"
        );
        assert_eq!(engine.end_of(fine).await, DeliveryStatus::Accepted, "{n}");
    }
    assert_eq!(server.count("/messaging/"), 2 * cases);
    engine.stop().await;
}
