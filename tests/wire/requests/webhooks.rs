//! Webhooks: the genuine and new ones reach their conversation; everything else is answered, shown, and changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guestwire::clock::Clock;
use guestwire::config::{Profile, SecretSource, WebhookSettings};
use guestwire::engine::{Command, Report};
use guestwire::model::{Author, ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Outcome};
use serde_json::json as js;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::open::{CONVERSATION, open_profile, serve};
use crate::support::engine::TestEngine;
use crate::support::http_server::{Server, json};

const KEY: &str = "DEADBEEF-of-the-hook";
const ANNA: ConversationKey = ConversationKey(0);

fn hooked(base: &str, listen: &str) -> Profile {
    let mut profile = open_profile(base, 2);
    let listen = listen.parse().unwrap();
    profile.open_messaging.webhook = Some(WebhookSettings { listen, secret: SecretSource::Literal(KEY.into()) });
    profile
}

/// An engine that listens, and where.
async fn listening(server: &Server) -> (TestEngine, String) {
    let mut engine = TestEngine::start_with(hooked(&server.url(), "127.0.0.1:0"), Clock::start(), vec![]);
    let told = engine.until(|r| matches!(r, Report::Notice(_, text) if text.contains("webhooks are taken"))).await;
    let Report::Notice(_, text) = told else { unreachable!() };
    let at = text.split("http://").nth(1).unwrap().split(',').next().unwrap().to_owned();
    (engine, at)
}

fn signature(secret: &str, body: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(ring::hmac::sign(&key, body.as_bytes())))
}

/// Sends a request, and gives the whole answer.
async fn ask(at: &str, method: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut head = format!("{method} /hook?x=1 HTTP/1.1\r\nHost: {at}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Delivers a body, signed with the integration's secret.
async fn deliver(at: &str, body: &str) -> String {
    ask(at, "POST", &[("X-Hub-Signature-256", &signature(KEY, body))], body).await
}

/// The newest row about a webhook, once there are so many.
async fn row(engine: &mut TestEngine, count: usize) -> Arc<Exchange> {
    while engine.exchanges(ExchangeKind::Hook).len() < count {
        engine.next().await;
    }
    engine.exchanges(ExchangeKind::Hook).pop().unwrap()
}

fn said(id: &str, text: &str) -> String {
    js!({
        "id": id, "type": "Text", "text": text, "direction": "Outbound", "originatingEntity": "Bot",
        "conversationId": CONVERSATION,
        "channel": {
            "id": "i-1", "platform": "Open", "type": "Private", "messageId": id, "time": jiff::Timestamp::now().to_string(),
            "to": { "id": "guest-0", "idType": "Opaque" }, "from": { "id": "i-1", "nickname": "Bot" },
        },
    })
    .to_string()
}

#[tokio::test]
async fn a_signed_message_is_heard_and_answers_ours() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m1"}"#))).await;
    let (mut engine, at) = listening(&server).await;
    let message = engine.send(0, "Hello");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let body = said("out-1", "Good morning");
    let answer = deliver(&at, &body).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("taken\n"), "{answer}");
    let heard = engine.until(|r| matches!(r, Report::MessagesArrived(..))).await;
    let Report::MessagesArrived(ANNA, messages) = heard else { panic!("{heard:?}") };
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].author, messages[0].text.as_str()), (Author::Bot, "Good morning"));
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == message))
        .await;
    let learned = Report::ConversationIdKnown(ANNA, CONVERSATION.into());
    assert!(engine.seen.contains(&learned));
    let row = row(&mut engine, 1).await;
    assert_eq!(
        (row.conversation, &row.outcome, row.what.as_str()),
        (Some(ANNA), &Outcome::Accepted, "bot: Good morning")
    );
    let attempt = row.last_attempt().unwrap();
    assert_eq!((attempt.request.method.as_str(), attempt.request.body.text.as_str()), ("POST", body.as_str()));
    assert!(attempt.request.url.ends_with("/hook?x=1"), "{}", attempt.request.url);
    let shown = attempt.response().unwrap();
    let lines = shown
        .headers
        .iter()
        .filter(|h| answer.to_lowercase().contains(&format!("{}: {}", h.name, h.value).to_lowercase()));
    assert_eq!(
        lines.count(),
        answer.lines().filter(|l| l.contains(": ")).count(),
        "the answer is shown as it was given"
    );

    // The same again, and the same text under another id.
    assert!(deliver(&at, &body).await.starts_with("HTTP/1.1 200 "));
    assert!(deliver(&at, &said("out-2", "Good morning")).await.starts_with("HTTP/1.1 200 "));
    engine.until(|r| matches!(r, Report::MessagesArrived(..))).await;
    assert_eq!(engine.seen.iter().filter(|r| matches!(r, Report::MessagesArrived(..))).count(), 2);
    assert!(engine.exchanges(ExchangeKind::Hook)[1].what.ends_with("(delivered before)"));
    engine.stop().await;
}

#[tokio::test]
async fn what_is_not_genuine_is_refused_and_shown() {
    /// Method, headers, body, the answer's status, and a part of the reason.
    type Case<'c> = (&'c str, Vec<(&'c str, String)>, &'c str, u16, &'c str);
    let server = Server::start(serve(|_| json(200, r#"{"id":"m"}"#))).await;
    let (mut engine, at) = listening(&server).await;
    let body = said("out-1", "Give me your password");
    let large = "x".repeat(600_000);
    let odd = format!("[{}]", " ".repeat(5_000));
    let signed = signature(KEY, &odd);
    let cases: [Case<'_>; 6] = [
        ("POST", vec![], &body, 401, "has no X-Hub-Signature-256"),
        ("POST", vec![("X-Hub-Signature-256", signature("another", &body))], &body, 403, "another secret"),
        ("POST", vec![("X-Hub-Signature-256", "sha256=zz".into())], &body, 403, "is not sha256="),
        ("POST", vec![("X-Hub-Signature-256", signed)], &odd, 400, "not an outbound message"),
        ("GET", vec![], "", 405, "by POST"),
        ("POST", vec![], &large, 413, "larger than 512000"),
    ];
    for (n, (method, headers, body, status, words)) in cases.into_iter().enumerate() {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        if status == 413 {
            // Its sender may be told while it is still writing.
            let mut stream = TcpStream::connect(&at).await.unwrap();
            let head = format!("POST / HTTP/1.1\r\nHost: {at}\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            let _ = stream.write_all(body.as_bytes()).await;
        } else {
            let answer = ask(&at, method, &headers, body).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{words}: {answer}");
        }
        let row = row(&mut engine, n + 1).await;
        let Outcome::Refused(why) = &row.outcome else { panic!("{words}: {row:?}") };
        let why = why.to_string();
        assert!(why.contains(words) && why.contains(&status.to_string()), "{why}");
        let kept = &row.last_attempt().unwrap().request.body;
        assert!(kept.text.len() <= 4096 || status == 400, "what nobody signed is not kept at length");
        assert!(status != 400 || !kept.truncated, "what is signed is kept whole");
    }
    assert!(!engine.seen.iter().any(|r| matches!(r, Report::MessagesArrived(..) | Report::ConversationIdKnown(..))));
    engine.stop().await;
}

/// Typing is told with its end; what belongs to nobody, or is of a kind that is not known, is shown and harms nothing.
#[tokio::test]
async fn typing_strangers_and_the_unknown() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m"}"#))).await;
    let (mut engine, at) = listening(&server).await;
    let event = |typing: serde_json::Value| {
        js!({ "id": "e1", "type": "Event", "originatingEntity": "Human", "events": [{ "eventType": "Typing", "typing": typing }],
            "channel": { "time": typing["duration"].to_string(), "to": { "id": "guest-1" }, "from": { "id": "i-1" } } })
        .to_string()
    };
    deliver(&at, &event(js!({ "type": "On", "duration": 5000 }))).await;
    let typing = engine.until(|r| matches!(r, Report::Typing(..))).await;
    let Report::Typing(ConversationKey(1), Author::Agent, Some(until)) = typing else { panic!("{typing:?}") };
    let begun = engine.exchanges(ExchangeKind::Hook)[0].started;
    assert!(until.since(begun) >= Duration::from_secs(5) && until.since(begun) < Duration::from_secs(8));
    deliver(&at, &event(js!({ "type": "Off" }))).await;
    engine.until(|r| matches!(r, Report::Typing(_, _, None))).await;
    deliver(&at, &said("out-1", "x").replace("guest-0", "guest-77")).await;
    assert!(row(&mut engine, 3).await.what.ends_with("(for no conversation of the profile)"));
    deliver(&at, &js!({ "id": "r", "type": "Receipt", "status": "Delivered" }).to_string()).await;
    assert!(row(&mut engine, 4).await.what.starts_with("receipt: Delivered"));
    assert!(!engine.seen.iter().any(|r| matches!(r, Report::MessagesArrived(..))));
    engine.stop().await;
}

/// The platform takes a message first, and may find out later that it cannot deliver it: that is said, loudly.
#[tokio::test]
async fn a_receipt_of_failure_is_said() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m"}"#))).await;
    let (mut engine, at) = listening(&server).await;
    let receipt = |id: &str, status: &str| {
        js!({ "id": id, "type": "Receipt", "status": status, "isFinalReceipt": true,
            "reasons": [{ "code": "MessageNotAllowed", "message": "blocked" }],
            "channel": { "to": { "id": "guest-1" }, "from": { "id": "i-1" } } })
        .to_string()
    };
    deliver(&at, &receipt("r1", "Sent")).await;
    deliver(&at, &receipt("r2", "Failed")).await;
    let said = engine.until(|r| matches!(r, Report::Notice(_, text) if text.contains("did not deliver"))).await;
    let Report::Notice(_, text) = said else { panic!("{said:?}") };
    assert!(text.ends_with("did not deliver it: Failed (MessageNotAllowed: blocked)"), "{text}");
    let failures = engine.seen.iter().filter(|r| matches!(r, Report::Notice(_, text) if text.contains("deliver")));
    assert_eq!(failures.count(), 1, "{:?}", engine.seen);
    assert_eq!(row(&mut engine, 2).await.what, "receipt: Failed (MessageNotAllowed: blocked)");
    engine.stop().await;
}

/// A port that is taken, and a secret that is not there: said, and everything else works.
#[tokio::test]
async fn a_listener_that_cannot_be_is_said() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m"}"#))).await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut no_secret = hooked(&server.url(), "127.0.0.1:0");
    if let Some(hook) = &mut no_secret.open_messaging.webhook {
        hook.secret = SecretSource::Env("GUESTWIRE_TEST_NOT_SET".into());
    }
    for (profile, words) in [(hooked(&server.url(), &address), address.as_str()), (no_secret, "GUESTWIRE_TEST_NOT_SET")]
    {
        let mut engine = TestEngine::start(profile);
        let told =
            engine.until(|r| matches!(r, Report::Notice(_, text) if text.contains("webhooks are not taken"))).await;
        assert!(matches!(told, Report::Notice(_, text) if text.contains(words)));
        let message = engine.send(0, "x");
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
        engine.handle.ask(Command::Watch(Some(ANNA)));
        engine.stop().await;
    }
}

/// Connections that say nothing do not keep others out.
#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m"}"#))).await;
    let (mut engine, at) = listening(&server).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(&at).await.unwrap());
    }
    assert!(deliver(&at, &said("out-1", "Hello")).await.starts_with("HTTP/1.1 200 "));
    engine.until(|r| matches!(r, Report::MessagesArrived(..))).await;
    drop(silent);
    let all = format!("{:?}", engine.stop().await);
    assert!(!all.contains(KEY), "the secret of the hook was reported");
}

#[tokio::test]
async fn the_secret_is_shown_nowhere_also_where_a_sender_lets_it_slip() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m1"}"#))).await;
    let (mut engine, at) = listening(&server).await;
    let slipped = js!({ "key": KEY }).to_string();
    ask(&at, "POST", &[("X-Hub-Signature-256", KEY), ("X-Debug", KEY)], &slipped).await;
    row(&mut engine, 1).await;
    assert!(!format!("{:?}", engine.stop().await).contains(KEY));
}

/// A local page, or anybody who finds the port, sends as much as they like.
#[tokio::test]
async fn what_nobody_signed_is_one_row_with_a_count() {
    let server = Server::start(serve(|_| json(200, "{}"))).await;
    let (mut engine, at) = listening(&server).await;
    for n in 0..300 {
        let body = said(&format!("out-{n}"), "Look here");
        assert!(ask(&at, "POST", &[], &body).await.starts_with("HTTP/1.1 401 "));
    }
    deliver(&at, &said("genuine", "Good morning")).await;
    engine.until(|r| matches!(r, Report::Exchange(e) if e.what.starts_with("300 webhooks refused alike, lately POST from 127.0.0.1"))).await;
    let rows = engine.exchanges(ExchangeKind::Hook);
    let refused: Vec<_> = rows.iter().filter(|row| row.outcome != Outcome::Accepted).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(rows.len(), 2);
    engine.stop().await;
}

/// Two hundred connections that send a header now and then keep no genuine delivery out.
#[tokio::test]
async fn slow_connections_do_not_keep_deliveries_out() {
    let server = Server::start(serve(|_| json(200, "{}"))).await;
    let (mut engine, at) = listening(&server).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(&at).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nx: y\r\n").await.unwrap();
        slow.push(stream);
    }
    let answer = tokio::time::timeout(Duration::from_secs(3), deliver(&at, &said("out-1", "Good morning"))).await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200 "), "it is answered at once");
    engine.until(|r| matches!(r, Report::MessagesArrived(..))).await;
    // The first of them made room; the last is dropped for its slowness.
    for mut stream in [slow.remove(0), slow.remove(198)] {
        let mut rest = Vec::new();
        let gone = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
        assert!(gone.is_ok(), "it is still open");
    }
    engine.stop().await;
}
