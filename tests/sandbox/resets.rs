//! Faults of the connection, seen from a socket of our own.

use std::io::ErrorKind;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::test_sandbox::{TestSandbox, exchange, one_answer};

#[tokio::test]
async fn a_reset_before_receives_nothing() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "reset-before"}));
    let (answer, end) = exchange(&mut sandbox.connect().await, &TestSandbox::raw_send(&token, "x")).await;
    assert_eq!((answer.as_str(), end), ("", Some(ErrorKind::ConnectionReset)));
    assert_eq!(sandbox.received(), Vec::<String>::new());
    assert_eq!(sandbox.server.state()["requests"]["without_answer"], 1);
    assert_eq!(sandbox.say(&token, "next").await.status, 200);
}

#[tokio::test]
async fn a_reset_after_has_received_and_writes_nothing() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "reset-after"}));
    let (answer, end) = exchange(&mut sandbox.connect().await, &TestSandbox::raw_send(&token, "x")).await;
    assert_eq!((answer.as_str(), end), ("", Some(ErrorKind::ConnectionReset)));
    assert_eq!(sandbox.received(), ["x"]);
    assert_eq!(sandbox.server.state()["requests"]["without_answer"], 1);
}

#[tokio::test]
async fn a_reset_during_has_received_and_cuts_the_body() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "reset-during"}));
    let (answer, end) = exchange(&mut sandbox.connect().await, &TestSandbox::raw_send(&token, "x")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
    assert_cut(&answer);
    assert_eq!(sandbox.received(), ["x"]);
}

#[tokio::test]
async fn a_truncated_body_ends_in_order_but_too_early() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "truncated-body"}));
    let (answer, end) = exchange(&mut sandbox.connect().await, &TestSandbox::raw_send(&token, "x")).await;
    assert_eq!(end, None);
    assert_cut(&answer);
    assert_eq!(sandbox.received(), ["x"]);
}

fn assert_cut(answer: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap().parse::<usize>().unwrap();
    assert!(!body.is_empty() && body.len() < length, "{} of {length}", body.len());
}

#[tokio::test]
async fn a_stale_connection_answers_once_and_resets_the_next_request_unread() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "stale-connection"}));
    let mut stream = sandbox.connect().await;
    let first = one_answer(&mut stream, &TestSandbox::raw_send(&token, "one")).await;
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{first}");
    let (answer, end) = exchange(&mut stream, &TestSandbox::raw_send(&token, "two")).await;
    assert_eq!((answer.as_str(), end), ("", Some(ErrorKind::ConnectionReset)));
    assert_eq!(sandbox.received(), ["one"]);
}

#[tokio::test]
async fn a_kept_connection_serves_one_request_after_the_other() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let mut stream = sandbox.connect().await;
    for text in ["one", "two", "three"] {
        assert!(one_answer(&mut stream, &TestSandbox::raw_send(&token, text)).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(sandbox.received(), ["one", "two", "three"]);
}

#[tokio::test]
async fn stopping_closes_kept_connections_and_the_port() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let (addr, mut stream) = (sandbox.server.addr(), sandbox.connect().await);
    one_answer(&mut stream, &TestSandbox::raw_send(&token, "x")).await;
    sandbox.server.stop().await;
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn half_a_request_receives_nothing() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let whole = TestSandbox::raw_send(&token, "half");
    let mut stream = sandbox.connect().await;
    stream.write_all(&whole[..whole.len() - 5]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert_eq!(String::from_utf8(rest).unwrap(), "");
    assert_eq!(sandbox.received(), Vec::<String>::new());
    assert_eq!(sandbox.server.state()["requests"]["total"], 1, "only the token request arrived");
}
