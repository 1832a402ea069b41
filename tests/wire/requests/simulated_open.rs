//! Open messaging against the sandbox, whose counts are the truth.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::{SecretSource, WebhookSettings};
use guestwire::engine::{Command, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{
    Author, Choice, ConversationKey, DeliveryStatus, ExchangeKind, ExchangeStep, Extras, MessageId, Outcome,
    RemoteMessage,
};
use guestwire::sandbox::{Sandbox, Scenario, start};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::engine::TestEngine;

const SCENARIO: &str = r#"
seed = 11
world = "published"
reply_ms = [100, 300]
[client]
permissions = ["conversation:message:receive", "conversation:message:view", "analytics:conversationDetail:view"]
[[conversations]]
name = "Anna, open"
channel = "open-messaging"
guest = "Anna"
script = "billing"
[[conversations]]
name = "Bert, open"
channel = "open-messaging"
guest = "Bert"
script = "silent"
"#;

const ANNA: ConversationKey = ConversationKey(0);

/// A sandbox and an engine on one clock; `listen`: the engine takes webhooks.
fn both(clock: Clock, pauses: &[u64], listen: bool, receipts: bool) -> (Sandbox, TestEngine) {
    let scenario = Scenario::parse(SCENARIO, Path::new("open.toml")).unwrap();
    let sandbox = start(0, scenario, clock).unwrap();
    let mut profile = sandbox.profile();
    profile.open_messaging.receipts = receipts;
    if listen {
        let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
        profile.open_messaging.webhook =
            Some(WebhookSettings { listen, secret: SecretSource::Literal("hook-secret".into()) });
    }
    let pauses = pauses.iter().map(|millis| Duration::from_millis(*millis)).collect();
    (sandbox, TestEngine::start_with(profile, clock, pauses))
}

fn count(sandbox: &Sandbox, pointer: &str) -> u64 {
    sandbox.state().pointer(pointer).map_or(0, |n| n.as_u64().unwrap())
}

async fn reply(engine: &mut TestEngine) -> RemoteMessage {
    loop {
        let (Report::Conversation { key: ANNA, messages, .. } | Report::MessagesArrived(ANNA, messages)) =
            engine.next().await
        else {
            continue;
        };
        let newest = messages.into_iter().max_by_key(|m| m.at);
        if let Some(newest) = newest.filter(|m| m.author != Author::Guest) {
            return newest;
        }
    }
}

async fn answered(engine: &mut TestEngine, message: MessageId) {
    while engine.delivery(message) != Some(DeliveryStatus::Answered) {
        engine.next().await;
    }
}

/// Waits until so many receipts have been answered.
async fn receipts(engine: &mut TestEngine, count: usize) {
    let answered = |engine: &TestEngine| {
        let events = engine.exchanges(ExchangeKind::Event);
        events.iter().filter(|x| x.what.starts_with("receipt") && x.outcome == Outcome::Accepted).count()
    };
    while answered(engine) < count {
        engine.next().await;
    }
}

/// Hello, a menu, one of its choices, an answer: with the conversation learned on the way and read, and receipts.
#[tokio::test]
async fn a_conversation_from_hello_to_a_choice() {
    let (sandbox, mut engine) = both(Clock::fast(10), &[400, 1000, 2000, 4000], false, true);
    let hello = engine.send(0, "hello");
    let menu = reply(&mut engine).await;
    answered(&mut engine, hello).await;
    assert!(!menu.choices.is_empty(), "{menu:?}");
    let choice: Choice = menu.choices[0].clone();
    let extras = Extras { choice: Some(choice.clone()), offer_id: Some(menu.id.clone()), ..Extras::default() };
    engine.handle.ask(Command::Send(
        MessageId(90),
        OutgoingMessage { conversation: ANNA, text: choice.label.clone(), resend_of: None, sent_as: None, extras },
    ));
    let after = reply(&mut engine).await;
    assert_ne!(after.id, menu.id);
    answered(&mut engine, MessageId(90)).await;
    engine.handle.ask(Command::Typing(ANNA));
    engine.until(|r| matches!(r, Report::Exchange(x) if x.what == "typing" && x.outcome == Outcome::Accepted)).await;
    receipts(&mut engine, 2).await;
    assert_eq!(count(&sandbox, "/received"), 2);
    assert_eq!(count(&sandbox, "/open/events"), 1);
    assert!(count(&sandbox, "/open/receipts") >= 2);
    assert!(engine.exchanges(ExchangeKind::Event).iter().all(|x| !x.outcome.is_error()), "no receipt was refused");
    engine.stop().await;
}

/// The sandbox takes each message and loses the answers: tried again under one id, it is received once.
#[tokio::test]
async fn lost_answers_double_nothing() {
    for fault in [
        r#"{"fault":"reset-after","times":2}"#,
        r#"{"fault":"service-failure","status":502,"received":true,"times":2}"#,
        r#"{"fault":"truncated-body","times":1}"#,
    ] {
        let (sandbox, mut engine) = both(Clock::fast(50), &[], false, false);
        engine.signed_in().await;
        // The question what the token may do is not to meet it.
        engine.until(|r| matches!(r, Report::Exchange(x) if x.kind == ExchangeKind::Token && x.what.starts_with("what may") && x.outcome.is_finished())).await;
        sandbox.set_fault(fault).unwrap();
        let sent: Vec<_> = (0..3).map(|n| engine.send(1, &format!("number {n}"))).collect();
        for message in &sent {
            assert_eq!(engine.end_of(*message).await, DeliveryStatus::Accepted, "{fault}");
        }
        assert_eq!(count(&sandbox, "/received"), 3, "{fault}");
        assert!(count(&sandbox, "/open/duplicates") >= 1, "{fault}: a repeated try reached it");
        let repeated = engine.exchange_of(sent[0]).steps.iter().any(|s| matches!(s, ExchangeStep::Wait { .. }));
        assert!(repeated, "{fault}");
        engine.stop().await;
    }
}

/// A 429 is waited for, a missing permission named, and an unknown message looked up in the conversation.
#[tokio::test]
async fn limits_permissions_and_what_is_not_known() {
    let (sandbox, mut engine) = both(Clock::fast(50), &[400, 1000], false, false);
    let first = engine.send(1, "first");
    assert_eq!(engine.end_of(first).await, DeliveryStatus::Accepted);
    sandbox.set_fault(r#"{"fault":"rate-limited","retry_after":3,"times":1}"#).unwrap();
    let limited = engine.send(1, "limited");
    assert_eq!(engine.end_of(limited).await, DeliveryStatus::Accepted);
    let waited =
        |s: &ExchangeStep| matches!(s, ExchangeStep::Wait { why, .. } if why.to_string() == "429, Retry-After 3 s");
    assert!(engine.exchange_of(limited).steps.iter().any(waited));

    sandbox.set_fault(r#"{"fault":"permission-missing"}"#).unwrap();
    let forbidden = engine.send(1, "forbidden");
    let DeliveryStatus::Refused(why) = engine.end_of(forbidden).await else { panic!("not refused") };
    let why = why.to_string();
    assert!(why.contains("403 missing.permissions") && why.contains("[conversation:message:receive]"), "{why}");
    engine.handle.ask(Command::Discover(1));
    let found = engine.until(|r| matches!(r, Report::Discovered { .. })).await;
    assert!(matches!(&found, Report::Discovered { found: Ok(found), .. } if found.len() == 1), "{found:?}");
    sandbox.clear_faults();

    sandbox.set_fault(r#"{"fault":"reset-after","times":4}"#).unwrap();
    let unknown = engine.send(1, "did it land?");
    assert!(matches!(engine.end_of(unknown).await, DeliveryStatus::Unknown(_)));
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Received, .. } if *id == unknown))
        .await;
    assert_eq!(count(&sandbox, "/received"), 3, "the unknown one once");
    engine.stop().await;
}

/// Replies come by webhook, signed by the sandbox, while nothing is read.
#[tokio::test]
async fn replies_come_by_webhook() {
    let (sandbox, mut engine) = both(Clock::fast(5), &[], true, true);
    let told = engine.until(|r| matches!(r, Report::Notice(_, text) if text.contains("webhooks are taken"))).await;
    let Report::Notice(_, text) = told else { unreachable!() };
    let at = text.split("http://").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let hook = json!({"url": format!("http://{at}/hook"), "secret": "hook-secret"}).to_string();
    let mut control = TcpStream::connect(sandbox.addr()).await.unwrap();
    let head = format!("POST /_sandbox/webhook HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", hook.len());
    control.write_all(format!("{head}{hook}").as_bytes()).await.unwrap();
    control.read_exact(&mut [0; 12]).await.unwrap();
    let hello = engine.send(0, "hello");
    let said = reply(&mut engine).await;
    assert!(matches!(said.author, Author::Bot | Author::Agent), "{said:?}");
    answered(&mut engine, hello).await;
    receipts(&mut engine, 1).await;
    assert_eq!(count(&sandbox, "/open/push_failures"), 0);
    assert!(engine.exchanges(ExchangeKind::Hook).iter().all(|x| x.outcome == Outcome::Accepted));
    assert!(engine.exchanges(ExchangeKind::Read).is_empty(), "nothing was read");
    engine.stop().await;
}
