//! Answers beyond what a server should say: large headers, bodies without end, answers that nobody asked for.

use std::sync::Arc;
use std::time::Duration;

use guestwire::clock::Clock;

use guestwire::model::{DeliveryStatus, Ending, Failure, FailureKind};

use tokio::sync::Semaphore;

use crate::support::engine::{TestEngine, profile, with_tokens};
use crate::support::http_server::{Act, Server, answer, json};

/// How a message ends, and the failure of its only try.
async fn sent_to(act: Act) -> (DeliveryStatus, Option<Failure>) {
    let server = Server::start(with_tokens(move |_| act.clone())).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "hello");
    let delivery = engine.end_of(message).await;
    let exchange = engine.exchange_of(message);
    assert_eq!(exchange.attempts().count(), 1);
    let ending = exchange.last_attempt().unwrap().ending.clone();
    engine.stop().await;
    (delivery, if let Some(Ending::Failed(failure)) = ending { Some(failure) } else { None })
}

/// Headers as large as browsers take come through; beyond that it is said.
#[tokio::test]
async fn large_headers_come_through() {
    for (fields, size, whole) in [(8, 32 * 1024, true), (600, 100, true), (8, 64 * 1024, false), (1_200, 8, false)] {
        let names: Vec<_> = (0..fields).map(|n| format!("X-Field-{n}")).collect();
        let value = "v".repeat(size);
        let headers: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
        let headers =
            [&[("Content-Type", "application/json"), ("ININ-Correlation-Id", "c")], headers.as_slice()].concat();
        let (delivery, failure) = sent_to(Act::Say(answer(200, &headers, r#"{"id":"m"}"#))).await;
        if whole {
            assert_eq!(delivery, DeliveryStatus::Accepted, "{fields} of {size}");
        } else {
            let failure = failure.unwrap();
            assert_eq!((failure.kind, failure.wrote), (FailureKind::TooLarge, true), "{fields} of {size}: {failure:?}");
            assert!(failure.detail.contains("header"), "{failure:?}");
        }
    }
}

/// A body that does not end is left at a bound, by its size and by the number of its pieces.
#[tokio::test]
async fn bodies_without_end_are_left() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let drip = [head.as_slice(), &b"1\r\nx\r\n".repeat(40_000)].concat();
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n";
    let flood = [head.as_slice(), &vec![b' '; 33 << 20]].concat();
    for (bytes, part) in [(drip, "pieces"), (flood, "MiB")] {
        let failure = sent_to(Act::Say(bytes)).await.1.unwrap();
        assert_eq!(failure.kind, FailureKind::TooLarge, "{failure:?}");
        assert!(failure.detail.contains(part), "{failure:?}");
        assert_eq!(failure.partial.unwrap().status, 200);
    }
}

/// An answer that nobody asked for is never given to the next request: its connection is dropped.
#[tokio::test]
async fn an_extra_answer_is_nobodys() {
    let good = answer(200, &[("Content-Type", "application/json"), ("ININ-Correlation-Id", "c")], r#"{"id":"m"}"#);
    let empty = b"HTTP/1.1 204 No Content\r\nININ-Correlation-Id: c\r\n\r\n".to_vec();
    let extra = answer(403, &[("ININ-Correlation-Id", "another's")], r#"{"code":"not.yours"}"#);
    for first in [good, empty] {
        let closed = Arc::new(Semaphore::new(0));
        let act = Act::SayUntilClosed([first.as_slice(), &extra].concat(), Arc::clone(&closed));
        let server = Server::start(with_tokens(move |_| act.clone())).await;
        let mut engine = TestEngine::start(profile(&server.url(), 1));
        for _ in 0..3 {
            let message = engine.send(0, "hello");
            assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
            closed.acquire().await.unwrap().forget();
        }
        engine.stop().await;
    }
}

/// What stands behind the status, where it is not what always stands there.
#[tokio::test]
async fn words_of_its_own_behind_the_status_are_kept() {
    let refused = |line: &str, body: &str| {
        let head =
            format!("HTTP/1.1 {line}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        Act::Say([head.as_bytes(), body.as_bytes()].concat())
    };
    let coded = r#"{"code":"not.allowed","message":"No."}"#;
    for (line, body, wanted) in [
        ("403 Blocked by category Chat", "", "403 Blocked by category Chat"),
        ("403 Blocked by category Chat", coded, "403 Blocked by category Chat; not.allowed: No."),
        ("403 Forbidden", "", "403 Forbidden"),
        ("403 Forbidden", coded, "403 not.allowed: No."),
    ] {
        let (delivery, _) = sent_to(refused(line, body)).await;
        assert!(matches!(&delivery, DeliveryStatus::Refused(why) if why.to_string() == wanted), "{delivery:?}");
    }
}

/// A connection that was idle for longer than what stands between keeps one is not used again.
#[tokio::test]
async fn an_idle_connection_is_not_used_again() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    // Of this clock a minute passes in 60 milliseconds.
    let clock = Clock::fast(1_000);
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
    let mut connections = Vec::new();
    for idle in [0, 60] {
        tokio::time::sleep_until(clock.instant(clock.now().after(Duration::from_secs(idle))).into()).await;
        let message = engine.send(0, "hello");
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
        connections.push(server.log().last().unwrap().connection);
    }
    assert_ne!(connections[0], connections[1]);
    engine.stop().await;
}
