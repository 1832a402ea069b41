//! Small requests beside the messages: typing, receipts, which conversations are active.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, Report};
use guestwire::model::{Author, ConversationKey, DeliveryStatus, ExchangeKind, Outcome, TokenStatus};
use serde_json::json as js;

use super::open::{CONVERSATION, body, is_inbound, open_profile};
use crate::support::engine::{TestEngine, granted, is_token};
use crate::support::http_server::{Act, Req, Server, json};

const KEY: ConversationKey = ConversationKey(0);
const FORBIDDEN: &str = r#"{"message":"Unable to perform the requested action. You are missing the following permission(s): [analytics:conversationDetail:view]","code":"missing.permissions","status":403}"#;

/// A conversation that keeps what it is told; when it is read it has been answered, with two choices.
fn world(clock: Clock, receipts: u16) -> impl Fn(&Req) -> Act + Send + Sync {
    let said = Mutex::new(Vec::new());
    move |req| {
        let read = format!("/api/v2/conversations/messages/{CONVERSATION}");
        if is_token(req) {
            return granted(1, 36_000);
        }
        if is_inbound(req) {
            if req.path.contains("/message?") {
                said.lock().unwrap().push(body(req)["text"].as_str().unwrap().to_owned());
                return json(200, &js!({ "id": "in-1", "conversationId": CONVERSATION }).to_string());
            }
            let status = if req.path.ends_with("/receipt") { receipts } else { 200 };
            return json(status, r#"{"id":"e-1"}"#);
        }
        if req.path == read {
            if said.lock().unwrap().is_empty() {
                return json(200, r#"{"participants":[]}"#);
            }
            let listed = js!([{ "messageId": "in-1" }, { "messageId": "out-1" }]);
            let guest = js!({ "purpose": "customer", "state": "connected", "messages": listed });
            return json(200, &js!({ "participants": [guest] }).to_string());
        }
        if req.path.starts_with(&read) {
            let now = clock.now().wall.to_string();
            let choice =
                |text: &str| js!({ "contentType": "QuickReply", "quickReply": { "text": text, "payload": text } });
            let all = js!({ "entities": [
                { "id": "in-1", "timestamp": now, "direction": "inbound",
                  "normalizedMessage": { "type": "Text", "text": said.lock().unwrap()[0] } },
                { "id": "out-1", "timestamp": now, "direction": "outbound", "normalizedMessage": {
                  "type": "Structured", "text": "Pick", "originatingEntity": "Bot", "content": [choice("Yes"), choice("No")] } },
            ] });
            return json(200, &all.to_string());
        }
        json(404, r#"{"code":"not.found"}"#)
    }
}

/// Once its id is known the conversation is read: the answer and its choices come, and nothing more is asked.
#[tokio::test]
async fn an_open_conversation_is_read_once_its_id_is_known() {
    let clock = Clock::fast(20);
    let server = Server::start(world(clock, 200)).await;
    let pauses = vec![Duration::from_millis(400), Duration::from_secs(1)];
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 1), clock, pauses);
    engine.handle.ask(Command::Read(KEY));
    let told = engine.until(|r| matches!(r, Report::Notice(..))).await;
    assert!(matches!(told, Report::Notice(_, text) if text.contains("becomes known with the first message")));
    let message = engine.send(0, "Hello");
    let read = engine.until(|r| matches!(r, Report::Conversation { .. })).await;
    let Report::Conversation { messages, .. } = read else { unreachable!() };
    let told: Vec<_> = messages.iter().map(|m| (m.author, m.text.as_str(), m.choices.len())).collect();
    assert_eq!(told, [(Author::Guest, "Hello", 0), (Author::Bot, "Pick", 2)]);
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == message))
        .await;
    let later = clock.now().after(Duration::from_secs(120));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    assert_eq!(server.count(&format!("/messages/{CONVERSATION}")), 3, "read, fetched, and looked at once more");
    assert_eq!(server.count("/receipt"), 0, "no receipts unless the profile wants them");
    engine.stop().await;
}

/// An id that an earlier session learned: the conversation can be read before anything is sent.
#[tokio::test]
async fn a_kept_id_is_enough_to_read() {
    let clock = Clock::start();
    let server = Server::start(world(clock, 200)).await;
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 1), clock, vec![]);
    engine.handle.ask(Command::Learn(KEY, CONVERSATION.into()));
    engine.handle.ask(Command::Read(KEY));
    engine.until(|r| matches!(r, Report::Exchange(x) if x.kind == ExchangeKind::Read && x.what == "conversation" && x.outcome == Outcome::Accepted)).await;
    assert!(server.log().iter().any(|r| r.path == format!("/api/v2/conversations/messages/{CONVERSATION}")));
    assert!(engine.exchanges(ExchangeKind::Send).is_empty());
    engine.stop().await;
}

/// Receipts, where they are wanted: one for each message of the other side, and a refusal harms nothing.
#[tokio::test]
async fn each_message_of_the_other_side_is_acknowledged_once() {
    for status in [200, 400] {
        let clock = Clock::fast(20);
        let server = Server::start(world(clock, status)).await;
        let mut profile = open_profile(&server.url(), 1);
        profile.open_messaging.receipts = true;
        let mut engine =
            TestEngine::start_with(profile, clock, vec![Duration::from_millis(400), Duration::from_secs(1)]);
        let message = engine.send(0, "Hello");
        engine
            .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == message))
            .await;
        let receipt =
            |r: &Report| matches!(r, Report::Exchange(x) if x.kind == ExchangeKind::Event && x.outcome.is_finished());
        engine.until(receipt).await;
        engine.handle.ask(Command::Read(KEY));
        engine.until(|r| matches!(r, Report::Conversation { .. })).await;
        let came: Vec<_> = server.log().iter().filter(|r| r.path.ends_with("/receipt")).map(body).collect();
        assert_eq!(came.len(), 1);
        assert_eq!((&came[0]["id"], &came[0]["status"]), (&js!("out-1"), &js!("Delivered")));
        assert_eq!(came[0]["channel"]["to"], js!({ "id": "guest-0" }));
        engine.stop().await;
    }
}

#[tokio::test]
async fn typing_is_told_at_most_every_five_seconds() {
    let clock = Clock::fast(100);
    let server = Server::start(world(clock, 200)).await;
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 2), clock, vec![]);
    engine.handle.ask(Command::Typing(KEY));
    engine.signed_in().await;
    let typed = |r: &Report| matches!(r, Report::Exchange(x) if x.what == "typing" && x.outcome == Outcome::Accepted);
    for conversation in [0, 0, 0, 1] {
        engine.handle.ask(Command::Typing(ConversationKey(conversation)));
    }
    engine.until(typed).await;
    engine.until(typed).await;
    let later = clock.now().after(Duration::from_secs(5));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    engine.handle.ask(Command::Typing(KEY));
    engine.until(typed).await;
    let came: Vec<_> = server.log().iter().filter(|r| r.path.ends_with("/event")).map(body).collect();
    assert_eq!(came.len(), 3, "one that came before sign-in is gone, two are too many");
    assert!(came.iter().all(|b| b["events"] == js!([{ "eventType": "Typing" }])));
    assert!(engine.exchanges(ExchangeKind::Event).iter().all(|x| x.message.is_none()));
    engine.stop().await;
}

#[tokio::test]
async fn active_conversations_are_listed_page_by_page() {
    let server = Server::start(|req| match () {
        () if is_token(req) => granted(1, 36_000),
        () if req.path == "/api/v2/analytics/conversations/details/query" => {
            let page = body(req)["paging"]["pageNumber"].as_u64().unwrap();
            let one = js!({ "conversationId": format!("c-{page}"), "conversationStart": "2026-11-23T09:00:00.000Z" });
            json(200, &js!({ "conversations": [one], "totalHits": 26 }).to_string())
        }
        () => json(404, "{}"),
    })
    .await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    // Asked before there is a token: it waits for one.
    for (page, more) in [(1, true), (2, false)] {
        engine.handle.ask(Command::Discover(page));
        let told = engine.until(|r| matches!(r, Report::Discovered { .. })).await;
        let Report::Discovered { page: of, found: Ok(found), more: left } = told else { panic!("{told:?}") };
        assert_eq!((of, found[0].conversation_id.as_str(), left), (page, format!("c-{page}").as_str(), more));
    }
    engine.stop().await;
}

/// A refusal names what is missing, renews nothing, and messages go on.
#[tokio::test]
async fn a_refused_list_names_the_permission_and_blocks_nothing() {
    let tokens = AtomicU64::new(0);
    let server = Server::start(move |req| match () {
        () if is_token(req) => granted(tokens.fetch_add(1, Ordering::SeqCst) + 1, 36_000),
        () if req.path.contains("/analytics/") => json(403, FORBIDDEN),
        () => json(200, r#"{"id":"m"}"#),
    })
    .await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    engine.handle.ask(Command::Discover(1));
    let told = engine.until(|r| matches!(r, Report::Discovered { .. })).await;
    let Report::Discovered { found: Err(why), more: false, .. } = told else { panic!("{told:?}") };
    assert!(why.contains("[analytics:conversationDetail:view]"), "{why}");
    let message = engine.send(0, "x");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    assert_eq!(server.count("/oauth/token"), 1);
    engine.stop().await;
}

/// Without a token and without a prospect of one, a person is told at once.
#[tokio::test]
async fn a_list_without_a_token_is_refused_at_once() {
    let server = Server::start(|_| json(401, r#"{"error":"invalid_client","description":"client not found"}"#)).await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    engine.until(|r| matches!(r, Report::Token(TokenStatus::BadClient(_)))).await;
    engine.handle.ask(Command::Discover(1));
    let told = engine.until(|r| matches!(r, Report::Discovered { .. })).await;
    assert!(matches!(told, Report::Discovered { found: Err(why), .. } if why.contains("sign in first")));
    engine.stop().await;
}
