//! Reading: after a send until somebody answers, on demand, and never at rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, Report};
use guestwire::model::{Author, ConversationKey, Kind, Life, RemoteState};
use serde_json::json as js;

use super::rig::{Rig, granted, is_send, is_token, profile, unauthorized};
use super::server::{Act, Req, Server, json};

const PAUSES: [Duration; 3] = [Duration::from_millis(400), Duration::from_secs(1), Duration::from_secs(2)];

/// A conversation that keeps what it is told and answers when it is read for the `patience`th time.
#[derive(Default)]
struct World {
    messages: Mutex<Vec<(String, &'static str, String)>>,
    reads: AtomicU64,
}

fn serve(world: Arc<World>, clock: Clock, patience: u64, lose: bool) -> impl Fn(&Req) -> Act + Send + Sync {
    move |req| {
        let mut messages = world.messages.lock().unwrap();
        if is_token(req) {
            return granted(1, 36_000);
        }
        if is_send(req) {
            let text =
                serde_json::from_str::<serde_json::Value>(&req.body).unwrap()["text"].as_str().unwrap().to_owned();
            let id = format!("m{}", messages.len());
            messages.push((id.clone(), "inbound", text));
            return if lose { Act::SayReset(vec![]) } else { json(200, &js!({ "id": id }).to_string()) };
        }
        if req.path.ends_with("/messages/bulk?useNormalizedMessage=true") {
            let ids: Vec<String> = serde_json::from_str(&req.body).unwrap();
            let now = clock.now().wall.to_string();
            let entities: Vec<_> = messages
                .iter()
                .filter(|(id, ..)| ids.contains(id))
                .map(|(id, direction, text)| js!({ "id": id, "timestamp": now, "direction": direction, "normalizedMessage": { "text": text, "originatingEntity": "Bot" } }))
                .collect();
            assert_eq!(entities.len(), ids.len());
            return json(200, &js!({ "entities": entities }).to_string());
        }
        if world.reads.fetch_add(1, Ordering::SeqCst) + 1 == patience {
            let id = format!("m{}", messages.len());
            messages.push((id, "outbound", "answer".into()));
        }
        let listed: Vec<_> = messages.iter().map(|(id, ..)| js!({ "messageId": id })).collect();
        json(
            200,
            &js!({ "participants": [{ "purpose": "customer", "state": "connected", "messages": listed }] }).to_string(),
        )
    }
}

#[tokio::test]
async fn an_answer_is_found_and_then_there_is_rest() {
    let clock = Clock::fast(20);
    let world = Arc::new(World::default());
    let server = Server::start(serve(Arc::clone(&world), clock, 3, false)).await;
    let mut rig = Rig::start_with(profile(&server.url(), 2), clock, PAUSES.to_vec());
    rig.engine.ask(Command::Watch(Some(ConversationKey(0))));
    let message = rig.send(0, "hello");
    rig.until(|r| matches!(r, Report::Message { id, life: Life::Answered, .. } if *id == message)).await;
    let told = rig.seen.iter().rev().find_map(|r| match r {
        Report::Conversation { key, state, messages, .. } => Some((*key, *state, messages.clone())),
        _ => None,
    });
    let (key, state, messages) = told.unwrap();
    assert_eq!((key, state), (ConversationKey(0), RemoteState::Connected));
    let said: Vec<_> = messages.iter().map(|m| (m.author, m.text.as_str())).collect();
    assert_eq!(said, [(Author::Guest, "hello"), (Author::Bot, "answer")]);
    // One look more, and then none for minutes, although somebody watches.
    let later = clock.now().after(Duration::from_secs(120));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    assert_eq!(world.reads.load(Ordering::SeqCst), 4);
    // Texts are fetched once each.
    let fetched: Vec<_> = server.log().into_iter().filter(|r| r.path.contains("bulk")).map(|r| r.body).collect();
    assert_eq!(fetched, [r#"["m0"]"#, r#"["m1"]"#]);
    rig.engine.ask(Command::Read(ConversationKey(0)));
    let asked = rig.until(|r| matches!(r, Report::Conversation { .. })).await;
    assert!(matches!(asked, Report::Conversation { messages, .. } if messages.len() == 2));
    assert!(rig.exchanges(Kind::Read).len() >= 6);
    rig.stop().await;
}

#[tokio::test]
async fn an_unanswered_send_is_read_for_a_bounded_time() {
    let clock = Clock::fast(50);
    let world = Arc::new(World::default());
    let server = Server::start(serve(Arc::clone(&world), clock, u64::MAX, false)).await;
    let mut rig = Rig::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
    let message = rig.send(0, "hello");
    rig.end_of(message).await;
    let later = clock.now().after(Duration::from_secs(300));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    assert_eq!(world.reads.load(Ordering::SeqCst), 3, "three pauses, nobody watches");
    rig.stop().await;
}

/// The answer was lost, the message was not: it is found and settled, and never sent again.
#[tokio::test]
async fn an_unknown_message_is_found_to_have_landed() {
    let clock = Clock::fast(20);
    let world = Arc::new(World::default());
    let server = Server::start(serve(Arc::clone(&world), clock, u64::MAX, true)).await;
    let mut rig = Rig::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
    let message = rig.send(0, "did it land?");
    assert!(matches!(rig.end_of(message).await, Life::Unknown(_)));
    let landed = rig.until(|r| matches!(r, Report::Message { life: Life::Landed, .. })).await;
    assert!(matches!(landed, Report::Message { id, remote_id: Some(remote), .. } if id == message && remote == "m0"));
    assert_eq!(server.texts(), ["did it land?"]);
    rig.stop().await;
}

/// Reading is refused: told, not repeated, no token is minted for it, and sends go on.
#[tokio::test]
async fn a_refused_read_harms_nothing() {
    for (status, state) in [(401, RemoteState::Unknown), (403, RemoteState::Unknown), (404, RemoteState::Missing)] {
        let clock = Clock::fast(50);
        let server = Server::start(move |req| match () {
            () if is_token(req) => granted(1, 36_000),
            () if is_send(req) => json(200, r#"{"id":"m"}"#),
            () if status == 401 => unauthorized(),
            () => json(status, r#"{"code":"no"}"#),
        })
        .await;
        let mut rig = Rig::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
        rig.engine.ask(Command::Read(ConversationKey(0)));
        let told = rig.until(|r| matches!(r, Report::Conversation { .. })).await;
        assert!(matches!(told, Report::Conversation { state: s, .. } if s == state), "{status}");
        for _ in 0..3 {
            let message = rig.send(0, "x");
            assert_eq!(rig.end_of(message).await, Life::Accepted);
        }
        let later = clock.now().after(Duration::from_secs(60));
        tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
        assert_eq!(server.count("/conversations/messages/"), 1, "{status}: asked once, by a person");
        assert_eq!(server.count("/oauth/token"), 1, "{status}");
        rig.stop().await;
    }
}
