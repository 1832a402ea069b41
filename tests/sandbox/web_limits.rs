//! The guest WebSocket's limits, as the platform enforces them: by the sandbox's clock, so that no test waits.

use serde_json::{Value, json};

use crate::guest::{Came, LIVE, live};
use crate::test_sandbox::TestSandbox;

fn too_many(tracing: &Value, retry_after: u64) -> Value {
    let text = "Message rate too high for this session";
    json!({"type": "response", "class": "TooManyRequestsErrorMessage", "code": 429, "tracingId": tracing,
        "body": {"name": "TooManyRequestsError", "message": text, "retryAfter": retry_after, "errorCode": 4029,
            "errorMessage": text}})
}

#[tokio::test]
async fn a_sixth_message_in_a_second_is_one_too_many() {
    let sandbox = TestSandbox::with(&live("silent", ""));
    let (mut guest, _) = sandbox.guest().await;
    // Sent together: they arrive in one second unless the machine stands still, and then the sixth is fine as well.
    let started = std::time::Instant::now();
    for n in 1..=6 {
        guest.ask("onMessage", json!({"message": {"type": "Text", "text": n.to_string()}})).await;
    }
    for _ in 0..5 {
        assert_eq!(guest.frame().await["code"], 200);
    }
    let sixth = guest.frame().await;
    if started.elapsed() < std::time::Duration::from_secs(1) {
        assert_eq!(sixth, too_many(&json!("trace-7"), 1));
        assert_eq!(sandbox.web_received(), ["1", "2", "3", "4", "5"]);
    }
    sandbox.server.advance(1);
    assert_eq!(guest.say("7").await["code"], 200);
}

#[tokio::test]
async fn a_connection_has_its_frames_of_a_minute() {
    let sandbox = TestSandbox::with(&live("silent", "[limits]\nframes_per_minute = 3\n"));
    let (mut guest, _) = sandbox.guest().await;
    assert_eq!(guest.say("two").await["code"], 200);
    assert_eq!(guest.say("three").await["code"], 200);
    sandbox.server.advance(20);
    let refused = guest.say("four").await;
    assert_eq!(
        (&refused["class"], &refused["body"]["errorCode"]),
        (&json!("TooManyRequestsErrorMessage"), &json!(4029))
    );
    assert!((1..=40).contains(&refused["body"]["retryAfter"].as_u64().unwrap()), "{refused}");
    let (mut second, _) = sandbox.guest().await;
    assert_eq!(second.say("another connection").await["code"], 200);
    sandbox.server.advance(40);
    guest.frame().await;
    assert_eq!(guest.say("the minute is over").await["code"], 200);
    assert_eq!(sandbox.web_received(), ["two", "three", "another connection", "the minute is over"]);
}

#[tokio::test]
async fn a_third_health_check_in_a_minute_is_one_too_many() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(guest.asked("echo", json!({"message": {"type": "Text", "text": "ping"}})).await["code"].clone());
    }
    assert_eq!(codes, [200, 200, 429]);
}

#[tokio::test]
async fn a_fourth_connection_closes_the_oldest() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut first, _) = sandbox.guest().await;
    let (mut second, _) = sandbox.guest().await;
    let (_third, _) = sandbox.guest().await;
    let (mut fourth, _) = sandbox.guest().await;
    let literal = json!({"type": "message", "class": "ConnectionClosedEvent", "code": 200,
        "body": {"reason": "sessionLimitReached", "reasonCode": "sessionLimitReached"}});
    assert_eq!(first.frame().await, literal);
    assert!(matches!(first.next().await, Came::Closed(1000)));
    let echo = fourth.say("to all").await;
    assert_eq!(second.frame().await, echo, "every connection of the session sees it");
}

#[tokio::test]
async fn sockets_are_closed_in_order_when_the_sandbox_stops() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    sandbox.server.stop().await;
    assert!(matches!(guest.next().await, Came::Closed(1001)));
}

/// A session that is begun anew counts on, and what is refused has not ended the one before.
#[tokio::test]
async fn a_configure_that_is_refused_changes_nothing() {
    let sandbox = TestSandbox::with(&live("silent", "[limits]\nconfigures_per_minute = 2\n"));
    let (mut guest, _) = sandbox.guest().await;
    assert_eq!(guest.say("one").await["code"], 200);
    assert_eq!(guest.configure(true).await["code"], 200);
    assert_eq!(guest.configure(true).await["code"], 429, "the third of this minute");
    assert_eq!(guest.say("two").await["code"], 200, "the session that is there goes on");
}
