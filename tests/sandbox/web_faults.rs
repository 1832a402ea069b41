//! Every fault of the guest WebSocket, seen from a client, and whether the message was received all the same.

use serde_json::{Value, json};

use crate::guest::{Came, Guest, LIVE, ORIGIN, live};
use crate::harness::Bench;

async fn ready(script: &str) -> (Bench, Guest) {
    let bench = Bench::with(&live(script, ""));
    let (guest, _) = bench.guest().await;
    (bench, guest)
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
    let bench = Bench::with(LIVE);
    let deployment = bench.deployment();
    for fault in ["origin-refused", "deployment-unknown"] {
        bench.fault(&json!({ "fault": fault }));
        assert_eq!(bench.socket(&deployment, Some(ORIGIN)).await.err().unwrap().0, 403);
        assert_eq!(bench.sandbox.state()["refused"][fault], 1);
        let config = format!("/webdeployments/v1/deployments/{deployment}/config.json");
        let public = bench.answer(bench.request("GET", &config)).await.status;
        assert_eq!(public, if fault == "origin-refused" { 200 } else { 404 }, "this tells them apart");
        bench.sandbox.clear_faults();
    }
    bench.fault(&json!({"fault": "origin-refused", "conversation": "Anna, web", "times": 1}));
    assert!(bench.socket(&deployment, Some(ORIGIN)).await.is_err());
    assert!(bench.socket(&deployment, Some(ORIGIN)).await.is_ok());
    bench.fault(&json!({"fault": "service-failure", "target": "upgrade", "status": 503}));
    assert_eq!(bench.socket(&deployment, Some(ORIGIN)).await.err().unwrap().0, 503);
}

#[tokio::test]
async fn frames_are_lost_doubled_and_garbled() {
    let (bench, mut guest) = ready("silent").await;
    bench.fault(&json!({"fault": "frame-lost"}));
    ask(&mut guest, "lost echo").await;
    assert_eq!(guest.say("next").await["body"]["text"], "next");
    bench.fault(&json!({"fault": "frame-doubled"}));
    let first = guest.say("twice").await;
    assert_eq!(guest.frame().await, first, "the same frame again");
    bench.fault(&json!({"fault": "frame-unknown"}));
    ask(&mut guest, "led by a stranger").await;
    let both = frames::<2>(&mut guest).await;
    assert_eq!(
        (&both[0]["class"], &both[1]["body"]["text"]),
        (&json!("GuestwireUnheardOfEvent"), &json!("led by a stranger"))
    );
    bench.sandbox.advance(1);
    bench.fault(&json!({"fault": "frame-malformed"}));
    ask(&mut guest, "garbled").await;
    assert!(matches!(guest.next().await, Came::Text(text) if text.starts_with("{\"type\":\"message\"")));
    assert_eq!(
        bench.web_received(),
        ["lost echo", "next", "twice", "led by a stranger", "garbled"],
        "all are received"
    );
}

#[tokio::test]
async fn replies_are_lost_and_doubled_where_they_are_meant() {
    let (bench, mut guest) = ready("echo").await;
    bench.fault(&json!({"fault": "frame-lost", "target": "reply"}));
    bench.fault(&json!({"fault": "frame-doubled", "target": "reply"}));
    ask(&mut guest, "one").await;
    ask(&mut guest, "two").await;
    let all = frames::<6>(&mut guest).await;
    assert_eq!(texts(&all), ["one", "-", "two", "-", "You said: two", "You said: two"]);
}

#[tokio::test]
async fn frames_are_overtaken_by_the_next_or_come_late() {
    let (bench, mut guest) = ready("echo").await;
    bench.fault(&json!({"fault": "frame-reordered", "target": "reply"}));
    ask(&mut guest, "one").await;
    ask(&mut guest, "two").await;
    let all = frames::<6>(&mut guest).await;
    assert_eq!(texts(&all), ["one", "-", "two", "You said: one", "-", "You said: two"], "overtaken by the next echo");
    let time = |frame: &Value| frame["body"]["channel"]["time"].as_str().unwrap().to_owned();
    assert!(time(&all[3]) <= time(&all[2]), "its time tells where it belongs");
    bench.sandbox.clear_faults();
    bench.fault(&json!({"fault": "frame-late", "target": "reply", "delay_ms": 3_600_000}));
    ask(&mut guest, "three").await;
    ask(&mut guest, "four").await;
    assert_eq!(texts(&frames::<5>(&mut guest).await), ["three", "-", "four", "-", "You said: four"]);
    bench.sandbox.advance(3600);
    assert_eq!(guest.frame().await["body"]["text"], "You said: three");
    bench.fault(&json!({"fault": "frame-reordered", "target": "reply"}));
    ask(&mut guest, "five").await;
    assert_eq!(texts(&frames::<2>(&mut guest).await), ["five", "-"]);
    bench.sandbox.advance(5);
    assert_eq!(guest.frame().await["body"]["text"], "You said: five", "nothing came that could overtake it");
}

#[tokio::test]
async fn echoes_are_slow_in_their_order() {
    let (bench, mut guest) = ready("echo").await;
    bench.fault(&json!({"fault": "slow-echo", "delay_ms": 3_600_000, "times": 1}));
    ask(&mut guest, "slow").await;
    ask(&mut guest, "behind it").await;
    bench.heard(3).await;
    bench.sandbox.advance(3600);
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
        let (bench, mut guest) = ready("silent").await;
        bench.fault(&fault);
        ask(&mut guest, "x").await;
        match guest.next().await {
            Came::Closed(code) => {
                assert_eq!(json!(code), fault.get("code").cloned().unwrap_or(json!(1001)), "{fault}");
            }
            Came::Broken(_) => assert!(fault["fault"].as_str().unwrap().starts_with("reset"), "{fault}"),
            other => panic!("{fault}: {other:?}"),
        }
        assert_eq!(bench.web_received().len(), usize::from(received), "{fault}");
        let (mut again, session) = bench.guest().await;
        assert_eq!(session["body"]["newSession"], false, "{fault}: the session lives on");
        assert_eq!(again.say("y").await["code"], 200, "{fault}: the fault is over");
    }
}

#[tokio::test]
async fn rates_and_failures_come_as_frames() {
    let (bench, mut guest) = ready("silent").await;
    bench.fault(&json!({"fault": "rate-limited", "retry_after": 7}));
    let refused = guest.say("x").await;
    assert_eq!((&refused["body"]["errorCode"], &refused["body"]["retryAfter"]), (&json!(4029), &json!(7)));
    bench.fault(&json!({"fault": "service-failure"}));
    assert_eq!(guest.say("y").await["code"], 5000);
    bench.fault(&json!({"fault": "service-failure", "received": true}));
    assert_eq!(guest.say("z").await["code"], 5000);
    assert_eq!(bench.web_received(), ["z"]);
}

#[tokio::test]
async fn sessions_end_in_four_ways() {
    for (fault, event, code) in [
        ("session-read-only", None, 409),
        ("session-expired", Some("SessionExpiredEvent"), 4006),
        ("session-cleared", Some("SessionClearedEvent"), 4007),
        ("logged-out", Some("LogoutEvent"), 4006),
    ] {
        let (bench, mut guest) = ready("silent").await;
        assert_eq!(guest.say("before").await["code"], 200);
        bench.fault(&json!({"fault": fault, "conversation": "Anna, web"}));
        if let Some(event) = event {
            assert_eq!(guest.frame().await, json!({"type": "message", "class": event, "code": 200, "body": {}}));
        }
        assert_eq!(guest.say("after").await["code"], code, "{fault}");
        assert_eq!(guest.configure(true).await["code"], 200, "{fault}");
        assert_eq!(guest.say("anew").await["code"], 200, "{fault}");
        assert_eq!(bench.web_received(), ["before", "anew"]);
    }
}

#[tokio::test]
async fn an_ended_conversation_tells_its_guest_and_a_waiting_fault_waits() {
    let (bench, mut guest) = ready("silent").await;
    bench.fault(&json!({"fault": "session-expired", "after": 1}));
    assert_eq!(guest.say("passes").await["code"], 200);
    ask(&mut guest, "meets it").await;
    let both = frames::<2>(&mut guest).await;
    assert_eq!((&both[0]["class"], &both[1]["code"]), (&json!("SessionExpiredEvent"), &json!(4006)));
    guest.configure(true).await;
    guest.say("begins one").await;
    bench.fault(&json!({"fault": "conversation-ended", "conversation": "Anna, web"}));
    assert_eq!(guest.frame().await["body"]["events"][0]["presence"]["type"], "Disconnect");
    assert_eq!(guest.say("x").await["code"], 409);
    bench.sandbox.clear_faults();
    assert_eq!(guest.say("x").await["code"], 409, "the guest was told: that cannot be taken back");
}

#[tokio::test]
async fn faults_of_requests_leave_frames_alone() {
    let (bench, mut guest) = ready("silent").await;
    for fault in ["truncated-body", "malformed-body", "stale-connection", "wrong-content-type", "proxy-answered"] {
        bench.fault(&json!({ "fault": fault }));
    }
    assert_eq!(guest.say("x").await["code"], 200);
    assert_eq!(bench.sandbox.state()["faults"].as_array().unwrap().len(), 5, "none is used up");
    let wrong = bench.sandbox.set_fault(r#"{"fault":"frame-lost","target":"send"}"#).unwrap_err();
    assert_eq!(wrong, "the fault `frame-lost` makes no difference to that target; leave `target` out");
    let wrong = bench.sandbox.set_fault(r#"{"fault":"socket-closed","code":1006}"#).unwrap_err();
    assert!(wrong.starts_with("`code` is 1006"), "{wrong}");
}
