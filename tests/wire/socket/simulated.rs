//! The engine's guest socket against the sandbox, whose counts are the truth.

use std::path::Path;

use guestwire::engine::{Command, Report};
use guestwire::model::{ConversationKey, DeliveryStatus, Extras, RemoteMessage, SessionAsk, WebSession};
use guestwire::sandbox::{Sandbox, Scenario, start};
use serde_json::json;

use crate::support::engine::TestEngine;

const SCENARIO: &str = r#"
seed = 42
[client]
id = "the-client"
secret = "the-secret"
scopes = ["guest:messages:send", "conversations", "analytics"]
[[conversations]]
name = "Anna, web"
channel = "web-messaging"
guest = "Anna"
"#;

fn both() -> (Sandbox, TestEngine) {
    of(SCENARIO)
}

fn of(scenario: &str) -> (Sandbox, TestEngine) {
    let scenario = Scenario::parse(scenario, Path::new("socket.toml")).unwrap();
    let sandbox = start(0, scenario, guestwire::clock::Clock::start()).unwrap();
    let mut profile = sandbox.profile();
    // An echo that does not come is given up soon.
    profile.request_timeout = std::time::Duration::from_secs(2);
    (sandbox, TestEngine::start(profile))
}

fn texts(sandbox: &Sandbox) -> Vec<String> {
    let state = sandbox.state();
    let said = |c: &serde_json::Value| {
        let messages = c["messages"].as_array().cloned().unwrap_or_default();
        messages.iter().filter_map(|m| m["text"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    state["conversations"].as_array().unwrap().iter().flat_map(said).collect()
}

fn fault(sandbox: &Sandbox, fault: &serde_json::Value) {
    sandbox.set_fault(&fault.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_from_hello_to_its_id() {
    let (_sandbox, mut engine) = both();
    let hello = engine.send(0, "Hello");
    assert_eq!(engine.end_of(hello).await, DeliveryStatus::Accepted);
    engine.until(|r| matches!(r, Report::Typing(_, _, Some(_)))).await;
    engine.hears("You said: Hello").await;
    let answered =
        |r: &Report| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == hello);
    if !engine.seen.iter().any(answered) {
        engine.until(answered).await;
    }
    let learned = |r: &Report| matches!(r, Report::ConversationIdKnown(_, conversation_id) if uuid::Uuid::try_parse(conversation_id).is_ok());
    if !engine.seen.iter().any(learned) {
        engine.until(learned).await;
    }
    engine.stop().await;
}

/// Sockets that close at the worst moment, echoes that are lost or come twice: each message is received once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_the_socket_lose_and_double_nothing() {
    let (sandbox, mut engine) = both();
    let first = engine.send(0, "first");
    assert_eq!(engine.end_of(first).await, DeliveryStatus::Accepted);
    let mut sent = vec!["first".to_owned()];
    for (n, (wanted, ends)) in [
        (json!({"fault": "frame-doubled"}), "accepted"),
        (json!({"fault": "frame-unknown"}), "accepted"),
        (json!({"fault": "frame-lost"}), "unknown"),
        (json!({"fault": "socket-closed", "received": true}), "unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        fault(&sandbox, &wanted);
        let text = format!("number {n}");
        let message = engine.send(0, &text);
        sent.push(text);
        let delivery = engine.end_of(message).await;
        assert_eq!(delivery.word(), ends, "{wanted}: {delivery:?}");
        if ends == "unknown" {
            engine
                .until(
                    |r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Received, .. } if *id == message),
                )
                .await;
        }
    }
    let last = engine.send(0, "last");
    assert_eq!(engine.end_of(last).await, DeliveryStatus::Accepted);
    engine.hears("last").await;
    sent.push("last".to_owned());
    let received: Vec<_> = texts(&sandbox).into_iter().filter(|t| sent.contains(t)).collect();
    assert_eq!(received, sent, "in order, each once");
    for text in &sent {
        assert_eq!(engine.heard().iter().filter(|h| h.trim_end_matches('*') == text).count(), 1, "{text}");
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_then_a_new_session_and_an_origin_that_is_refused() {
    let (sandbox, mut engine) = both();
    let hello = engine.send(0, "Hello");
    assert_eq!(engine.end_of(hello).await, DeliveryStatus::Accepted);
    fault(&sandbox, &json!({"fault": "session-read-only"}));
    let late = engine.send(0, "late");
    assert!(matches!(engine.end_of(late).await, DeliveryStatus::Refused(why) if why.to_string().starts_with("409")));
    engine.handle.ask(Command::Session(ConversationKey(0), SessionAsk::StartNew));
    assert!(matches!(engine.session(0, "open").await, WebSession::Open { new: true, .. }));
    let again = engine.send(0, "again");
    assert_eq!(engine.end_of(again).await, DeliveryStatus::Accepted);

    fault(&sandbox, &json!({"fault": "origin-refused"}));
    engine.handle.ask(Command::Session(ConversationKey(0), SessionAsk::NewGuest));
    assert!(matches!(engine.session(0, "ended").await, WebSession::Ended(why) if why.to_string().contains("403")));
    engine.stop().await;
}

/// A deployment that lets nobody speak who is not signed in: the head of the thread says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_requires_sign_in_is_said_at_the_session_and_the_message() {
    let (_sandbox, mut engine) =
        of(&SCENARIO.replace("[[conversations]]", "[deployment]\nsign_in = true\n[[conversations]]"));
    let hello = engine.send(0, "Hello");
    let DeliveryStatus::Refused(why) = engine.end_of(hello).await else { panic!("it was sent") };
    assert!(why.to_string().contains("requires guests to sign in"), "{why}");
    let ended = |r: &Report| matches!(r, Report::Session(_, WebSession::Ended(why)) if why.to_string().contains("requires guests to sign in"));
    if !engine.seen.iter().any(ended) {
        engine.until(ended).await;
    }
    engine.stop().await;
}

/// What answers an offer of each kind is of that kind, as the service wants it: the sandbox takes no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_offer_is_answered_as_what_it_is() {
    let (sandbox, mut engine) = of(&SCENARIO.replace("guest = \"Anna\"", "guest = \"Anna\"\nscript = \"offers\""));
    for (ask, kind) in
        [("a card", "Button"), ("several cards", "Button"), ("a date", "DatePicker"), ("a list", "ListPicker")]
    {
        sandbox.advance(1);
        let asked = engine.send(0, ask);
        assert_eq!(engine.end_of(asked).await, DeliveryStatus::Accepted);
        let of_kind = |m: &RemoteMessage| m.choices.iter().any(|c| c.kind.name() == kind);
        let offers = |r: &Report| matches!(r, Report::MessagesArrived(_, messages) if messages.iter().any(of_kind));
        let already = engine.seen.iter().rev().take(6).find(|r| offers(r)).cloned();
        let offer = match already {
            Some(offer) => offer,
            None => engine.until(offers).await,
        };
        let Report::MessagesArrived(_, messages) = offer else { unreachable!() };
        let offer = messages.into_iter().find(of_kind).unwrap();
        let extras =
            Extras { choice: offer.choices.first().cloned(), offer_id: Some(offer.id.clone()), ..Extras::default() };
        sandbox.advance(1);
        let taken = engine.send_with(0, &offer.choices[0].label, extras);
        assert_eq!(engine.end_of(taken).await, DeliveryStatus::Accepted, "{kind}");
        let state = sandbox.state();
        let messages = state["conversations"][0]["messages"].as_array().unwrap().clone();
        let answer = &messages.last().unwrap()["content"][0]["buttonResponse"];
        assert_eq!((&answer["type"], &answer["originatingMessageId"]), (&json!(kind), &json!(offer.id)));
    }
    engine.stop().await;
}
