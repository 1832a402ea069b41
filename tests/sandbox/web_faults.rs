//! Every fault of the guest WebSocket, seen from a client, and whether the message was received all the same.

use serde_json::{Value, json};

use crate::guest::{Came, Guest, LIVE, ORIGIN, live};
use crate::test_sandbox::TestSandbox;

async fn ready(script: &str) -> (TestSandbox, Guest) {
    let sandbox = TestSandbox::with(&live(script, ""));
    let (guest, _) = sandbox.guest().await;
    (sandbox, guest)
}

async fn ask(guest: &mut Guest, text: &str) -> String {
    guest.ask("onMessage", json!({"message": {"type": "Text", "text": text}})).await
}

fn texts(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["body"]["text"].as_str().unwrap_or("-")).collect()
}

async fn frames<const N: usize>(guest: &mut Guest) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..N {
        all.push(guest.frame().await);
    }
    all
}

#[tokio::test]
async fn sockets_are_refused_as_for_a_foreign_origin_and_an_unknown_deployment() {
    let sandbox = TestSandbox::with(LIVE);
    let deployment = sandbox.deployment();
    for fault in ["origin-refused", "deployment-unknown"] {
        sandbox.fault(&json!({ "fault": fault }));
        assert_eq!(sandbox.socket(&deployment, Some(ORIGIN)).await.err().unwrap().0, 403);
        assert_eq!(sandbox.server.state()["refused"][fault], 1);
        let config = format!("/webdeployments/v1/deployments/{deployment}/config.json");
        let public = sandbox.answer(sandbox.request("GET", &config)).await.status;
        assert_eq!(public, if fault == "origin-refused" { 200 } else { 404 }, "this tells them apart");
        sandbox.server.clear_faults();
    }
    sandbox.fault(&json!({"fault": "origin-refused", "conversation": "Anna, web", "times": 1}));
    assert!(sandbox.socket(&deployment, Some(ORIGIN)).await.is_err());
    assert!(sandbox.socket(&deployment, Some(ORIGIN)).await.is_ok());
    sandbox.fault(&json!({"fault": "service-failure", "target": "upgrade", "status": 503}));
    assert_eq!(sandbox.socket(&deployment, Some(ORIGIN)).await.err().unwrap().0, 503);
}

#[tokio::test]
async fn frames_are_lost_doubled_and_garbled() {
    let (sandbox, mut guest) = ready("silent").await;
    sandbox.fault(&json!({"fault": "frame-lost"}));
    ask(&mut guest, "lost echo").await;
    assert_eq!(guest.say("next").await["body"]["text"], "next");
    sandbox.fault(&json!({"fault": "frame-doubled"}));
    let first = guest.say("twice").await;
    assert_eq!(guest.frame().await, first, "the same frame again");
    sandbox.fault(&json!({"fault": "frame-unknown"}));
    ask(&mut guest, "led by a stranger").await;
    let both = frames::<2>(&mut guest).await;
    assert_eq!(
        (&both[0]["class"], &both[1]["body"]["text"]),
        (&json!("GuestwireUnheardOfEvent"), &json!("led by a stranger"))
    );
    sandbox.server.advance(1);
    sandbox.fault(&json!({"fault": "frame-malformed"}));
    ask(&mut guest, "garbled").await;
    assert!(matches!(guest.next().await, Came::Text(text) if text.starts_with("{\"type\":\"message\"")));
    assert_eq!(
        sandbox.web_received(),
        ["lost echo", "next", "twice", "led by a stranger", "garbled"],
        "all are received"
    );
}

#[tokio::test]
async fn replies_are_lost_and_doubled_where_they_are_meant() {
    let (sandbox, mut guest) = ready("echo").await;
    sandbox.fault(&json!({"fault": "frame-lost", "target": "reply"}));
    sandbox.fault(&json!({"fault": "frame-doubled", "target": "reply"}));
    ask(&mut guest, "one").await;
    ask(&mut guest, "two").await;
    let all = frames::<6>(&mut guest).await;
    assert_eq!(texts(&all), ["one", "-", "two", "-", "You said: two", "You said: two"]);
}

#[tokio::test]
async fn frames_are_overtaken_by_the_next_or_come_late() {
    let (sandbox, mut guest) = ready("echo").await;
    sandbox.fault(&json!({"fault": "frame-reordered", "target": "reply"}));
    ask(&mut guest, "one").await;
    ask(&mut guest, "two").await;
    let all = frames::<6>(&mut guest).await;
    assert_eq!(texts(&all), ["one", "-", "two", "You said: one", "-", "You said: two"], "overtaken by the next echo");
    let time = |frame: &Value| frame["body"]["channel"]["time"].as_str().unwrap().to_owned();
    assert!(time(&all[3]) <= time(&all[2]), "its time tells where it belongs");
    sandbox.server.clear_faults();
    sandbox.fault(&json!({"fault": "frame-late", "target": "reply", "delay_ms": 3_600_000}));
    ask(&mut guest, "three").await;
    ask(&mut guest, "four").await;
    assert_eq!(texts(&frames::<5>(&mut guest).await), ["three", "-", "four", "-", "You said: four"]);
    sandbox.server.advance(3600);
    assert_eq!(guest.frame().await["body"]["text"], "You said: three");
    sandbox.fault(&json!({"fault": "frame-reordered", "target": "reply"}));
    ask(&mut guest, "five").await;
    assert_eq!(texts(&frames::<2>(&mut guest).await), ["five", "-"]);
    sandbox.server.advance(5);
    assert_eq!(guest.frame().await["body"]["text"], "You said: five", "nothing came that could overtake it");
}

#[tokio::test]
async fn echoes_are_slow_in_their_order() {
    let (sandbox, mut guest) = ready("echo").await;
    sandbox.fault(&json!({"fault": "slow-echo", "delay_ms": 3_600_000, "times": 1}));
    ask(&mut guest, "slow").await;
    ask(&mut guest, "behind it").await;
    sandbox.heard(3).await;
    sandbox.server.advance(3600);
    let all = frames::<6>(&mut guest).await;
    assert_eq!(texts(&all), ["slow", "-", "You said: slow", "behind it", "-", "You said: behind it"]);
}

#[tokio::test]
async fn the_socket_goes_before_or_after_the_message_was_received() {
    let cases = [
        (json!({"fault": "socket-closed"}), false),
        (json!({"fault": "socket-closed", "received": true, "code": 1011}), true),
        (json!({"fault": "reset-before"}), false),
        (json!({"fault": "reset-after"}), true),
    ];
    for (fault, received) in cases {
        let (sandbox, mut guest) = ready("silent").await;
        sandbox.fault(&fault);
        ask(&mut guest, "x").await;
        match guest.next().await {
            Came::Closed(code) => {
                assert_eq!(json!(code), fault.get("code").cloned().unwrap_or(json!(1001)), "{fault}");
            }
            Came::Broken(_) => assert!(fault["fault"].as_str().unwrap().starts_with("reset"), "{fault}"),
            other => panic!("{fault}: {other:?}"),
        }
        assert_eq!(sandbox.web_received().len(), usize::from(received), "{fault}");
        let (mut again, session) = sandbox.guest().await;
        assert_eq!(session["body"]["newSession"], false, "{fault}: the session lives on");
        assert_eq!(again.say("y").await["code"], 200, "{fault}: the fault is over");
    }
}

#[tokio::test]
async fn rates_and_failures_come_as_frames() {
    let (sandbox, mut guest) = ready("silent").await;
    sandbox.fault(&json!({"fault": "rate-limited", "retry_after": 7}));
    let refused = guest.say("x").await;
    assert_eq!((&refused["body"]["errorCode"], &refused["body"]["retryAfter"]), (&json!(4029), &json!(7)));
    sandbox.fault(&json!({"fault": "service-failure"}));
    assert_eq!(guest.say("y").await["code"], 5000);
    sandbox.fault(&json!({"fault": "service-failure", "received": true}));
    assert_eq!(guest.say("z").await["code"], 5000);
    assert_eq!(sandbox.web_received(), ["z"]);
}

#[tokio::test]
async fn sessions_end_in_four_ways() {
    for (fault, event, code) in [
        ("session-read-only", None, 409),
        ("session-expired", Some("SessionExpiredEvent"), 4006),
        ("session-cleared", Some("SessionClearedEvent"), 4007),
        ("logged-out", Some("LogoutEvent"), 4006),
    ] {
        let (sandbox, mut guest) = ready("silent").await;
        assert_eq!(guest.say("before").await["code"], 200);
        sandbox.fault(&json!({"fault": fault, "conversation": "Anna, web"}));
        if let Some(event) = event {
            assert_eq!(guest.frame().await, json!({"type": "message", "class": event, "code": 200, "body": {}}));
        }
        assert_eq!(guest.say("after").await["code"], code, "{fault}");
        assert_eq!(guest.configure(true).await["code"], 200, "{fault}");
        assert_eq!(guest.say("anew").await["code"], 200, "{fault}");
        assert_eq!(sandbox.web_received(), ["before", "anew"]);
    }
}

#[tokio::test]
async fn an_ended_conversation_tells_its_guest_and_a_waiting_fault_waits() {
    let (sandbox, mut guest) = ready("silent").await;
    sandbox.fault(&json!({"fault": "session-expired", "after": 1}));
    assert_eq!(guest.say("passes").await["code"], 200);
    ask(&mut guest, "meets it").await;
    let both = frames::<2>(&mut guest).await;
    assert_eq!((&both[0]["class"], &both[1]["code"]), (&json!("SessionExpiredEvent"), &json!(4006)));
    guest.configure(true).await;
    guest.say("begins one").await;
    sandbox.fault(&json!({"fault": "conversation-ended", "conversation": "Anna, web"}));
    assert_eq!(guest.frame().await["body"]["events"][0]["presence"]["type"], "Disconnect");
    assert_eq!(guest.say("x").await["code"], 409);
    sandbox.server.clear_faults();
    assert_eq!(guest.say("x").await["code"], 409, "the guest was told: that cannot be taken back");
}

#[tokio::test]
async fn faults_of_requests_leave_frames_alone() {
    let (sandbox, mut guest) = ready("silent").await;
    for fault in ["truncated-body", "malformed-body", "stale-connection", "wrong-content-type", "proxy-answered"] {
        sandbox.fault(&json!({ "fault": fault }));
    }
    assert_eq!(guest.say("x").await["code"], 200);
    assert_eq!(sandbox.server.state()["faults"].as_array().unwrap().len(), 5, "none is used up");
    let wrong = sandbox.server.set_fault(r#"{"fault":"frame-lost","target":"send"}"#).unwrap_err();
    assert_eq!(wrong, "the fault `frame-lost` makes no difference to that target; leave `target` out");
    let wrong = sandbox.server.set_fault(r#"{"fault":"socket-closed","code":1006}"#).unwrap_err();
    assert!(wrong.starts_with("`code` is 1006"), "{wrong}");
}
