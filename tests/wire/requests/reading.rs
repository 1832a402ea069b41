//! Reading: after a send until somebody answers, on demand, and never at rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, Report};
use guestwire::model::{
    AsOf, Author, ConversationKey, DeliveryStatus, ExchangeKind, ProbeQuestion, RemoteMessage, RemoteState,
    RepliesReadable, Unreadable,
};
use serde_json::json as js;

use crate::support::engine::{TestEngine, granted, is_send, is_token, profile, unauthorized};
use crate::support::http_server::{Act, Req, Server, answer, json};

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
    let mut engine = TestEngine::start_with(profile(&server.url(), 2), clock, PAUSES.to_vec());
    engine.handle.ask(Command::Watch(Some(ConversationKey(0))));
    let message = engine.send(0, "hello");
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == message))
        .await;
    let told: Vec<_> = engine
        .seen
        .iter()
        .filter_map(|r| match r {
            Report::Conversation { key, state, messages, .. } => Some((*key, *state, messages)),
            _ => None,
        })
        .collect();
    assert!(told.iter().all(|(key, state, _)| (*key, *state) == (ConversationKey(0), RemoteState::Connected)));
    let messages = told.iter().flat_map(|(.., messages)| messages.iter());
    let said: Vec<_> = messages.map(|m| (m.author, m.text.as_str())).collect();
    assert_eq!(said, [(Author::Guest, "hello"), (Author::Bot, "answer")]);
    // One look more, and then none for minutes, although somebody watches.
    let later = clock.now().after(Duration::from_secs(120));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    assert_eq!(world.reads.load(Ordering::SeqCst), 4);
    // Texts are fetched once each.
    let fetched: Vec<_> = server.log().into_iter().filter(|r| r.path.contains("bulk")).map(|r| r.body).collect();
    assert_eq!(fetched, [r#"["m0"]"#, r#"["m1"]"#]);
    engine.handle.ask(Command::Read(ConversationKey(0)));
    let asked = engine.until(|r| matches!(r, Report::Conversation { .. })).await;
    assert!(matches!(asked, Report::Conversation { messages, .. } if messages.is_empty()), "each is told once");
    assert!(engine.exchanges(ExchangeKind::Read).len() >= 6);
    engine.stop().await;
}

#[tokio::test]
async fn what_an_earlier_session_heard_is_not_told_again() {
    let clock = Clock::start();
    let world = Arc::new(World::default());
    for (n, text) in ["hello", "new", "newer"].into_iter().enumerate() {
        world.messages.lock().unwrap().push((format!("m{n}"), "outbound", text.to_owned()));
    }
    let server = Server::start(serve(Arc::clone(&world), clock, u64::MAX, false)).await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
    let messages = vec![RemoteMessage::new("m0", Author::Bot, "hello", clock.now().wall)];
    engine.handle.ask(Command::RecallRemote(ConversationKey(0), messages));
    engine.handle.ask(Command::Read(ConversationKey(0)));
    let read = engine.until(|r| matches!(r, Report::Conversation { .. })).await;
    let Report::Conversation { messages, .. } = read else { unreachable!() };
    assert_eq!(messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["new", "newer"]);
    let fetched: Vec<_> = server.log().into_iter().filter(|r| r.path.contains("bulk")).map(|r| r.body).collect();
    assert_eq!(fetched, [r#"["m1","m2"]"#], "its text is not fetched either");
    engine.stop().await;
}

#[tokio::test]
async fn an_unanswered_send_is_read_for_a_bounded_time() {
    let clock = Clock::fast(50);
    let world = Arc::new(World::default());
    let server = Server::start(serve(Arc::clone(&world), clock, u64::MAX, false)).await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
    let message = engine.send(0, "hello");
    engine.end_of(message).await;
    let later = clock.now().after(Duration::from_secs(300));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    assert_eq!(world.reads.load(Ordering::SeqCst), 3, "three pauses, nobody watches");
    engine.stop().await;
}

/// The answer was lost, the message was not: it is found and settled, and never sent again.
#[tokio::test]
async fn an_unknown_message_is_found_to_have_landed() {
    let clock = Clock::fast(20);
    let world = Arc::new(World::default());
    let server = Server::start(serve(Arc::clone(&world), clock, u64::MAX, true)).await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
    let message = engine.send(0, "did it land?");
    assert!(matches!(engine.end_of(message).await, DeliveryStatus::Unknown(_)));
    let landed = engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Received, .. })).await;
    assert!(matches!(landed, Report::Message { id, remote_id: Some(remote), .. } if id == message && remote == "m0"));
    assert_eq!(server.texts(), ["did it land?"]);
    engine.stop().await;
}

/// Reading is refused: told, not repeated, no more than one token is minted for it, and sends go on.
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
        let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
        engine.handle.ask(Command::Read(ConversationKey(0)));
        let told = engine.until(|r| matches!(r, Report::Conversation { .. })).await;
        assert!(matches!(told, Report::Conversation { state: s, .. } if s == state), "{status}");
        for _ in 0..3 {
            let message = engine.send(0, "x");
            assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
        }
        let later = clock.now().after(Duration::from_secs(60));
        tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
        // Asked once, by a person; a 401 may be the token's, so that it is asked again with another.
        let times = if status == 401 { 2 } else { 1 };
        assert_eq!(server.count("/conversations/messages/"), times, "{status}");
        assert_eq!(server.count("/oauth/token"), times, "{status}");
        engine.stop().await;
    }
}

/// The conversation, which lists one message.
const LISTED: &str = r#"{"id":"c","participants":[{"purpose":"customer","messages":[{"messageId":"m0"}]}]}"#;

async fn readable(engine: &mut TestEngine) -> RepliesReadable {
    match engine.until(|r| matches!(r, Report::RepliesReadable(..))).await {
        Report::RepliesReadable(_, readable, AsOf::ReadAt(_)) => readable,
        other => panic!("{other:?}"),
    }
}

/// Whatever stands in the way of reading is told, whether it meets the conversation or its messages.
#[tokio::test]
async fn why_replies_cannot_be_read_is_told() {
    let missing = r#"{"code":"missing.permissions","messageParams":{"permissions":"[conversation:message:view]"}}"#;
    let page = "<!DOCTYPE html><title>Sign in</title>";
    let refused =
        |status, missing: &[&str]| Unreadable::Refused(status, missing.iter().map(|name| (*name).to_owned()).collect());
    let rows = [
        (403, missing, refused(403, &["conversation:message:view"])),
        (404, r#"{"code":"not.found"}"#, refused(404, &[])),
        (200, page, Unreadable::Unrecognised(200)),
        (403, page, Unreadable::Unrecognised(403)),
        (200, r#"{"please":"sign in"}"#, Unreadable::Unrecognised(200)),
        (503, "", Unreadable::Failing(503)),
    ];
    // A conversation without participants tells of no message; one that is listed and not given out is not known.
    let conversation_alone = (200, r#"{"id":"c"}"#, Unreadable::Unrecognised(200));
    let bulk_alone = (200, r#"{"entities":[]}"#, Unreadable::Incomplete(1));
    for (bulk, alone) in [(false, conversation_alone), (true, bulk_alone)] {
        for (status, body, why) in rows.clone().into_iter().chain([alone]) {
            let server = Server::start(move |req| match () {
                () if is_token(req) => granted(1, 36_000),
                () if bulk && !req.path.contains("/bulk") => json(200, LISTED),
                () => {
                    let mime = if body.starts_with('<') { "text/html" } else { "application/json" };
                    Act::Say(answer(status, &[("Content-Type", mime)], body))
                }
            })
            .await;
            let mut engine = TestEngine::start_with(profile(&server.url(), 1), Clock::fast(50), PAUSES.to_vec());
            engine.handle.ask(Command::Read(ConversationKey(0)));
            assert_eq!(readable(&mut engine).await, RepliesReadable::No(why), "{status} {body} {bulk}");
            engine.stop().await;
        }
    }
}

/// A token that was revoked: a read renews it, once, and reads again.
#[tokio::test]
async fn a_401_of_a_read_renews_and_reads_again() {
    let tokens = AtomicU64::new(0);
    let server = Server::start(move |req| match () {
        () if is_token(req) => granted(tokens.fetch_add(1, Ordering::SeqCst) + 1, 36_000),
        () if req.bearer().ends_with("0001") => unauthorized(),
        () if req.path.contains("/bulk") => json(200, r#"{"entities":[{"id":"m0","textBody":"hello"}]}"#),
        () => json(200, LISTED),
    })
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), Clock::fast(50), PAUSES.to_vec());
    engine.handle.ask(Command::Read(ConversationKey(0)));
    assert_eq!(readable(&mut engine).await, RepliesReadable::Yes);
    assert_eq!((server.count("/oauth/token"), server.count("/bulk")), (2, 1));
    engine.stop().await;
}

/// A read that is to wait for hours says nothing of messages beyond the window of the rate limit.
#[tokio::test]
async fn a_read_that_is_to_wait_does_not_hold_messages_for_hours() {
    let clock = Clock::fast(200);
    let server = Server::start(move |req| match () {
        () if is_token(req) => granted(1, 36_000),
        () if is_send(req) => json(200, r#"{"id":"m1"}"#),
        () => Act::Say(answer(429, &[("Retry-After", "7200")], "{}")),
    })
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, PAUSES.to_vec());
    engine.handle.ask(Command::Read(ConversationKey(0)));
    assert_eq!(readable(&mut engine).await, RepliesReadable::No(Unreadable::Failing(429)));
    let asked = clock.now();
    let message = engine.send(0, "x");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let waited = clock.now().since(asked);
    assert!(waited < Duration::from_secs(90), "{waited:?}");
    assert_eq!(server.count("/conversations/messages/"), 1, "reading waits as it was told");
    engine.stop().await;
}

/// "There is no such message" answers whether messages may be read only where the message that was asked for was made up.
#[tokio::test]
async fn a_listed_message_that_is_not_there_is_no_answer() {
    for (conversation, outcome) in [(LISTED, "Refused"), (r#"{"participants":[]}"#, "Accepted")] {
        let server = Server::start(move |req| match () {
            () if is_token(req) => granted(1, 36_000),
            () if req.path.contains("/bulk") => json(404, r#"{"code":"not.found"}"#),
            () => json(200, conversation),
        })
        .await;
        let mut engine = TestEngine::start(profile(&server.url(), 1));
        engine.signed_in().await;
        for question in [ProbeQuestion::Conversation, ProbeQuestion::Messages] {
            engine.handle.ask(Command::Probe(question(ConversationKey(0))));
            engine.until(|r| matches!(r, Report::Probe(..))).await;
        }
        let last = engine.exchanges(ExchangeKind::Probe).pop().unwrap();
        assert!(format!("{:?}", last.outcome).starts_with(outcome), "{:?}", last.outcome);
        engine.stop().await;
    }
}
