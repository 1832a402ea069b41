//! Faults that are made above the connection.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::test_sandbox::{CONVERSATION, GUEST, PATIENCE, TestSandbox, unauthorized};

#[tokio::test]
async fn expired_and_revoked_tokens_are_refused_and_new_ones_are_not() {
    let sandbox = TestSandbox::plain();
    for (fault, reason) in [("token-expired", "token-expired"), ("token-revoked", "token-revoked")] {
        let token = sandbox.guest_token().await;
        assert_eq!(sandbox.say(&token, "before").await.status, 200);
        sandbox.fault(&json!({"fault": fault}));
        let answer = sandbox.say(&token, "after").await;
        assert_eq!((answer.status, answer.json()), (401, unauthorized()), "{fault}");
        assert_eq!(sandbox.server.state()["refused"][reason], 1);
        let fresh = sandbox.guest_token().await;
        assert_eq!(sandbox.say(&fresh, "again").await.status, 200);
    }
    assert_eq!(sandbox.server.state()["tokens"]["issued"], 4);
    assert_eq!(sandbox.server.state()["tokens"]["renewals"], 3);
    assert_eq!(sandbox.server.state()["faults"], json!([]), "both acted at once");
}

#[tokio::test]
async fn a_revocation_can_wait_for_its_request() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "token-revoked", "after": 2}));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(sandbox.say(&token, "x").await.status);
    }
    assert_eq!(seen, [200, 200, 401]);
}

#[tokio::test]
async fn scopes_are_stripped_or_swapped_in_new_tokens() {
    let sandbox = TestSandbox::plain();
    sandbox.fault(&json!({"fault": "scope-stripped"}));
    assert_eq!(sandbox.token_answer("guest:messages:send conversations").await.json()["scope"], "conversations");
    sandbox.server.clear_faults();
    sandbox.fault(&json!({"fault": "scope-wrong", "times": 1}));
    assert_eq!(sandbox.token_answer("guest:messages:send").await.json()["scope"], "messaging:guest");
    assert_eq!(sandbox.token_answer("guest:messages:send").await.json()["scope"], "guest:messages:send");
    sandbox.fault(&json!({"fault": "scope-wrong", "scope": "messaging:send"}));
    let token = sandbox.token("guest:messages:send").await;
    assert_eq!(sandbox.say(&token, "x").await.status, 403);
}

#[tokio::test]
async fn the_feature_switch_refuses_tokens_that_have_the_scope() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "feature-off"}));
    assert_eq!(sandbox.say(&token, "x").await.json(), unauthorized());
    assert_eq!(sandbox.token_answer("guest:messages:send").await.json().get("scope"), None);
    sandbox.server.clear_faults();
    assert_eq!(sandbox.say(&token, "x").await.status, 200);
    assert_eq!(sandbox.server.state()["refused"], json!({"feature-off": 1}));
}

#[tokio::test]
async fn a_conversation_ends_and_goes_on_when_the_fault_is_lifted() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "conversation-ended", "conversation": "Echo"}));
    assert_eq!(sandbox.say(&token, "x").await.status, 409);
    let read = sandbox.get(&token, &format!("/api/v2/conversations/messages/{CONVERSATION}")).await.json();
    assert_eq!(read["participants"][0]["state"], "disconnected");
    assert_eq!(sandbox.server.state()["conversations"][2]["ended"], false);
    sandbox.server.clear_faults();
    assert_eq!(sandbox.say(&token, "x").await.status, 200);
    assert_eq!(sandbox.server.state()["conversations"][1]["ended"], true, "what was ended before stays so");
}

#[tokio::test]
async fn a_guest_with_another_participant_id_is_no_longer_addressed() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let body = json!({"to": {"id": GUEST}, "text": "x"}).to_string();
    sandbox.fault(&json!({"fault": "participant-mismatch"}));
    assert_eq!(sandbox.send(&token, CONVERSATION, &body).await.json(), unauthorized());
    let read = sandbox.get(&token, &format!("/api/v2/conversations/messages/{CONVERSATION}")).await.json();
    let now = read["participants"][0]["id"].as_str().unwrap().to_owned();
    assert_ne!(now, GUEST);
    let right = json!({"to": {"id": now}, "text": "x"}).to_string();
    assert_eq!(sandbox.send(&token, CONVERSATION, &right).await.status, 200);
    sandbox.server.clear_faults();
    assert_eq!(sandbox.send(&token, CONVERSATION, &body).await.status, 200);
}

#[tokio::test]
async fn retry_after_comes_in_every_form() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let limited = |form: &str| json!({"fault": "rate-limited", "retry_after": 7, "form": form});
    sandbox.fault(&limited("seconds"));
    let answer = sandbox.say(&token, "x").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    assert_eq!(answer.json()["message"], "Rate limit exceeded the maximum. Retry the request in [7] seconds");
    assert!(answer.headers.contains_key("inin-ratelimit-count"));
    sandbox.fault(&limited("date"));
    let answer = sandbox.say(&token, "x").await;
    let date = |text: &str| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).unwrap();
    let wait = date(answer.header("retry-after")).duration_since(date(answer.header("date")));
    assert_eq!(wait.as_secs(), 7);
    sandbox.fault(&limited("body"));
    let answer = sandbox.say(&token, "x").await;
    assert_eq!((answer.headers.get("retry-after"), answer.json()["retryAfter"].as_u64()), (None, Some(7)));
    sandbox.fault(&limited("none"));
    assert_eq!(sandbox.say(&token, "x").await.headers.get("retry-after"), None);
    assert_eq!(sandbox.say(&token, "x").await.status, 200, "each hit once");
    assert_eq!(sandbox.received(), ["x"]);
}

#[tokio::test]
async fn services_fail_with_and_without_having_received() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "service-failure"}));
    let answer = sandbox.say(&token, "lost").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (500, Some("internal.server.error")));
    assert_eq!(answer.headers.get("retry-after"), None);
    sandbox.fault(&json!({"fault": "service-failure", "status": 503, "retry_after": 2, "times": 2}));
    for _ in 0..2 {
        let answer = sandbox.say(&token, "lost").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
        assert_eq!(answer.json()["code"], "service.unavailable");
    }
    sandbox.fault(&json!({"fault": "service-failure", "status": 504, "received": true}));
    assert_eq!(sandbox.say(&token, "kept").await.status, 504);
    sandbox.fault(&json!({"fault": "service-failure", "status": 502}));
    assert_eq!(sandbox.say(&token, "lost").await.header("content-type"), "text/html");
    assert_eq!(sandbox.received(), ["kept"]);
}

#[tokio::test]
async fn the_token_endpoint_fails_where_it_is_aimed_at() {
    let sandbox = TestSandbox::plain();
    let status = async || {
        let answer = sandbox.token_answer("guest:messages:send").await;
        (answer.status, answer.json()["error"].as_str().map(str::to_owned))
    };
    sandbox.fault(&json!({"fault": "rate-limited", "target": "token", "retry_after": 30}));
    let answer = sandbox.token_answer("conversations").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "30"));
    sandbox.fault(&json!({"fault": "service-failure", "target": "token"}));
    assert_eq!(status().await.0, 500);
    sandbox.fault(&json!({"fault": "client-rejected", "times": 1}));
    assert_eq!(status().await, (401, Some("invalid_client".to_owned())));
    sandbox.fault(&json!({"fault": "client-disabled", "times": 1}));
    assert_eq!(status().await, (401, Some("unauthorized_client".to_owned())));
    assert_eq!(status().await, (200, None));
}

#[tokio::test]
async fn a_proxy_answers_with_a_page_and_none_of_the_headers() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "proxy-answered", "status": 403}));
    let answer = sandbox.say(&token, "x").await;
    assert_eq!((answer.status, answer.header("content-type")), (403, "text/html; charset=utf-8"));
    assert!(answer.text.starts_with("<!DOCTYPE html>"));
    assert_eq!(answer.header("via"), "1.1 proxy.corp.example");
    for name in ["x-request-id", "inin-correlation-id", "inin-ratelimit-count"] {
        assert_eq!(answer.headers.get(name), None);
    }
    assert_eq!(sandbox.received(), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_can_be_garbage_or_misnamed_after_the_message_was_received() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "malformed-body"}));
    let answer = sandbox.say(&token, "one").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert!(serde_json::from_str::<Value>(&answer.text).is_err());
    sandbox.fault(&json!({"fault": "wrong-content-type"}));
    let answer = sandbox.say(&token, "two").await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.json()["text"], "two");
    assert_eq!(sandbox.received(), ["one", "two"]);
}

#[tokio::test]
async fn the_date_header_can_be_off() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let now = jiff::Timestamp::now();
    sandbox.fault(&json!({"fault": "clock-skew", "seconds": -600}));
    let answer = sandbox.say(&token, "x").await;
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(answer.header("date")).unwrap();
    let off = now.duration_since(date).as_secs();
    assert!((595..=605).contains(&off), "{off}");
}

#[tokio::test]
async fn headers_and_bodies_can_be_late() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    sandbox.fault(&json!({"fault": "slow-headers", "delay_ms": 150, "times": 1}));
    let began = Instant::now();
    assert_eq!(sandbox.say(&token, "one").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
    // One that delays nothing does not hide the next.
    for delay_ms in [0, 60000] {
        sandbox.fault(&json!({"fault": "slow-body", "delay_ms": delay_ms}));
    }
    let mut stream = sandbox.connect().await;
    stream.write_all(&TestSandbox::raw_send(&token, "two")).await.unwrap();
    let mut answer = String::new();
    let (length, came) = loop {
        if let Some((head, body)) = answer.split_once("\r\n\r\n").filter(|(_, body)| !body.is_empty()) {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            break (length.parse::<usize>().unwrap(), body.len());
        }
        let mut piece = [0; 4096];
        let count = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.unwrap().unwrap();
        assert!(count > 0, "ended early: {answer}");
        answer.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    };
    assert!(came < length, "half of {length} came at once");
    assert_eq!(sandbox.received(), ["one", "two"], "received although the rest of the answer is a minute away");
    drop(stream);
    let began = Instant::now();
    sandbox.server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(30), "stopping does not wait for slow bodies");
}

#[tokio::test]
async fn a_fault_can_be_for_one_conversation() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let billing = sandbox.server.state()["conversations"][2]["id"].as_str().unwrap().to_owned();
    sandbox.fault(&json!({"fault": "rate-limited", "conversation": "Billing"}));
    assert_eq!(sandbox.say(&token, "x").await.status, 200);
    assert_eq!(sandbox.send(&token, &billing, "{\"text\":\"x\"}").await.status, 429);
    let why = sandbox.server.set_fault("{\"fault\":\"rate-limited\",\"conversation\":\"Biling\"}").unwrap_err();
    assert_eq!(why, "no conversation is called `Biling`; did you mean `Billing`?");
}
