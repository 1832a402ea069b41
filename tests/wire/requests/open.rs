//! Open messaging: taken once whatever happens to the answers, paced, and told like all other sends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::Profile;
use guestwire::engine::{Command, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{
    Address, Attachment, Choice, ConversationKey, DeliveryStatus, ExchangeKind, ExchangeStep, Extras, FileSource,
    MessageId, OpenGuest, Outcome, Variation,
};
use serde_json::{Value, json as js};

use crate::support::engine::{TestEngine, granted, is_token, profile, unauthorized, unknown_message};
use crate::support::http_server::{Act, Req, Server, answer, json};

pub const CONVERSATION: &str = "5f0c91ce-00aa-4000-8000-000000000042";

/// A profile with this many open-messaging conversations, all at `base`.
pub fn open_profile(base: &str, conversations: u32) -> Profile {
    let mut profile = profile(base, conversations);
    for (n, entry) in profile.conversations.iter_mut().enumerate() {
        entry.conversation.address = Address::OpenMessaging {
            integration_id: "i-1".into(),
            guest: OpenGuest { id: format!("guest-{n}"), id_type: "Opaque".into(), nickname: None },
        };
    }
    profile
}

pub fn is_inbound(req: &Req) -> bool {
    req.path.starts_with("/api/v2/conversations/messages/i-1/inbound/open/")
}

pub fn body(req: &Req) -> Value {
    serde_json::from_str(&req.body).unwrap()
}

/// The bodies of all inbound messages that came.
fn inbound(server: &Server) -> Vec<Value> {
    server.log().iter().filter(|r| r.path.contains("/inbound/open/message")).map(body).collect()
}

/// The ids that messages came under.
fn ids(server: &Server) -> Vec<String> {
    inbound(server).iter().map(|b| b["channel"]["messageId"].as_str().unwrap().to_owned()).collect()
}

fn taken() -> Act {
    json(200, &js!({ "id": "m1", "conversationId": CONVERSATION }).to_string())
}

/// Grants tokens, and does `send` about inbound messages; other requests are not found.
pub fn serve(send: impl Fn(&Req) -> Act + Send + Sync + 'static) -> impl Fn(&Req) -> Act + Send + Sync + 'static {
    move |req| match () {
        () if is_token(req) => granted(1, 36_000),
        () if is_inbound(req) => send(req),
        () => json(404, r#"{"code":"not.found"}"#),
    }
}

fn request(text: &str, extras: Extras) -> OutgoingMessage {
    OutgoingMessage { extras, ..OutgoingMessage::text(ConversationKey(0), text) }
}

#[tokio::test]
async fn a_message_is_accepted_and_the_conversation_learned() {
    let server = Server::start(serve(|_| taken())).await;
    let mut profile = open_profile(&server.url(), 1);
    profile.conversations[0].attributes = BTreeMap::from([("run".into(), "1".into()), ("env".into(), "qa".into())]);
    let mut engine = TestEngine::start(profile);
    let extras = Extras {
        attributes: BTreeMap::from([("run".into(), "2".into())]),
        attachments: vec![Attachment {
            place: FileSource::Url("https://x.example/a.png".into()),
            mime: "image/png".into(),
            name: Some("a.png".into()),
        }],
        ..Extras::default()
    };
    engine.handle.ask(Command::Send(MessageId(100), request("Hello", extras)));
    let learned = engine.until(|r| matches!(r, Report::ConversationIdKnown(..))).await;
    assert_eq!(learned, Report::ConversationIdKnown(ConversationKey(0), CONVERSATION.into()));
    let accepted = engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Accepted, .. })).await;
    assert!(matches!(accepted, Report::Message { remote_id: Some(id), .. } if id == "m1"));
    let came = server.log().into_iter().find(is_inbound).unwrap();
    assert!(came.path.ends_with("/message?prefetchConversationId=true"), "{}", came.path);
    let body = body(&came);
    assert_eq!(body["text"], "Hello");
    assert_eq!(body["channel"]["from"], js!({ "id": "guest-0", "idType": "Opaque" }));
    assert_eq!(body["channel"]["metadata"], js!({ "customAttributes": { "env": "qa", "run": "2" } }));
    assert_eq!(body["content"][0]["attachment"]["mediaType"], "Image");
    assert!(!body["channel"]["messageId"].as_str().unwrap().is_empty());
    let time: jiff::Timestamp = body["channel"]["time"].as_str().unwrap().parse().unwrap();
    let off = time.duration_since(engine.exchange_of(MessageId(100)).started.wall).abs();
    assert!(off < jiff::SignedDuration::from_secs(1), "the time is when it was said: {off}");
    let other = engine.send(0, "again");
    assert_eq!(engine.end_of(other).await, DeliveryStatus::Accepted);
    assert_eq!(ids(&server).iter().collect::<BTreeSet<_>>().len(), 2, "each message has an id of its own");
    assert_eq!(engine.seen.iter().filter(|r| matches!(r, Report::ConversationIdKnown(..))).count(), 1, "told once");
    engine.stop().await;
}

/// Whatever becomes of an answer, the message is tried again under the same id: a server that knows ids takes it once.
#[tokio::test]
async fn a_lost_answer_is_tried_again_under_the_same_id() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"m".to_vec();
    let cases = [
        Act::SayReset(vec![]),
        Act::SayClose(cut),
        json(500, r#"{"code":"internal.server.error"}"#),
        json(502, "bad gateway"),
        json(504, "{}"),
    ];
    for act in cases {
        let told = format!("{act:?}");
        let tries = AtomicUsize::new(0);
        let server =
            Server::start(serve(move |_| if tries.fetch_add(1, Ordering::SeqCst) < 2 { act.clone() } else { taken() }))
                .await;
        let mut engine = TestEngine::start_with(open_profile(&server.url(), 1), Clock::fast(50), vec![]);
        let message = engine.send(0, "once");
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted, "{told}");
        let bodies = inbound(&server);
        assert_eq!(bodies.len(), 3, "{told}");
        assert!(bodies.iter().all(|b| *b == bodies[0]), "the same message, to the letter: {told}");
        let exchange = engine.exchange_of(message);
        assert_eq!(exchange.attempts().count(), 3, "tries of one exchange: {told}");
        let again = |why| serde_json::to_value(why).is_ok_and(|why| why.get("again").is_some());
        assert!(exchange.steps.iter().any(|s| matches!(s, ExchangeStep::Wait { why, .. } if again(why))));
        engine.stop().await;
    }
}

/// Bounded, and then unknown; the person's resend goes under the first one's id and settles both.
#[tokio::test]
async fn a_resend_of_an_unknown_reuses_its_id() {
    let broken = Arc::new(Mutex::new(true));
    let now = Arc::clone(&broken);
    let server =
        Server::start(serve(move |_| if *now.lock().unwrap() { Act::SayReset(vec![]) } else { taken() })).await;
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 1), Clock::fast(50), vec![]);
    let first = engine.send(0, "did it land?");
    let DeliveryStatus::Unknown(why) = engine.end_of(first).await else { panic!("not unknown") };
    assert!(why.to_string().contains("tried 4 times under one message id"), "{why}");
    *broken.lock().unwrap() = false;
    let resend = OutgoingMessage { resend_of: Some(first), ..request("did it land?", Extras::default()) };
    engine.handle.ask(Command::Send(MessageId(100), resend));
    assert_eq!(engine.end_of(MessageId(100)).await, DeliveryStatus::Accepted);
    assert_eq!(ids(&server).into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(engine.delivery(first), Some(DeliveryStatus::Received), "it is the same message");
    // Sent again on purpose, after an acceptance: that is another message.
    let another = OutgoingMessage { resend_of: Some(MessageId(100)), ..request("did it land?", Extras::default()) };
    engine.handle.ask(Command::Send(MessageId(101), another));
    assert_eq!(engine.end_of(MessageId(101)).await, DeliveryStatus::Accepted);
    assert_eq!(ids(&server).into_iter().collect::<BTreeSet<_>>().len(), 2);
    engine.stop().await;
}

/// The id is kept with the message: a queued or unknown one of an earlier session goes on under it.
#[tokio::test]
async fn the_id_survives_a_restart() {
    let server = Server::start(serve(|_| taken())).await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    let kept = |key: &str| Extras { idempotency_key: Some(key.into()), ..Extras::default() };
    engine.handle.ask(Command::Recall(vec![unknown_message(1, "lost", jiff::Timestamp::now(), kept("kept-1"))]));
    engine.handle.ask(Command::Send(
        MessageId(2),
        OutgoingMessage { resend_of: Some(MessageId(1)), ..request("lost", Extras::default()) },
    ));
    engine.handle.ask(Command::Send(MessageId(3), request("queued", kept("kept-3"))));
    assert_eq!(engine.end_of(MessageId(2)).await, DeliveryStatus::Accepted);
    assert_eq!(engine.end_of(MessageId(3)).await, DeliveryStatus::Accepted);
    assert_eq!(ids(&server), ["kept-1", "kept-3"]);
    engine.stop().await;
}

/// A try that may have been received makes a later refusal, failure or cancel an unknown, never a "not sent".
#[tokio::test]
async fn an_earlier_lost_try_is_not_forgotten() {
    let tries = AtomicUsize::new(0);
    let server = Server::start(serve(move |_| {
        if tries.fetch_add(1, Ordering::SeqCst) == 0 { Act::SayReset(vec![]) } else { json(403, r#"{"code":"no"}"#) }
    }))
    .await;
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 1), Clock::fast(50), vec![]);
    let refused = engine.send(0, "x");
    let DeliveryStatus::Unknown(why) = engine.end_of(refused).await else { panic!("not unknown") };
    let why = why.to_string();
    assert!(why.starts_with("403 no") && why.ends_with("an earlier try may have been received"), "{why}");
    engine.stop().await;

    let server = Server::start(serve(|_| Act::SayReset(vec![]))).await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    let message = engine.send(0, "x");
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { .. }, .. })).await;
    engine.handle.ask(Command::Cancel(message));
    assert!(
        matches!(engine.end_of(message).await, DeliveryStatus::Unknown(why) if why.to_string().contains("taken back"))
    );
    assert_eq!(inbound(&server).len(), 1);
    engine.stop().await;
}

/// Five a second in a session, by our own counting: a server that refuses the sixth has nothing to refuse.
#[tokio::test]
async fn a_session_is_paced_without_provoking_a_429() {
    let clock = Clock::fast(5);
    let came: Arc<Mutex<BTreeMap<String, Vec<Duration>>>> = Arc::default();
    let times = Arc::clone(&came);
    let server = Server::start(serve(move |req| {
        let guest = body(req)["channel"]["from"]["id"].as_str().unwrap().to_owned();
        let mut times = times.lock().unwrap();
        let times = times.entry(guest).or_default();
        let now = clock.now().mono;
        let recent = times.iter().filter(|t| now.saturating_sub(**t) < Duration::from_secs(1)).count();
        if recent >= 5 {
            return Act::Say(answer(429, &[("Retry-After", "1")], "{}"));
        }
        times.push(now);
        taken()
    }))
    .await;
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 2), clock, vec![]);
    let sent: Vec<_> = (0..12).flat_map(|n| [(0, n), (1, n)]).map(|(c, n)| engine.send(c, &format!("{n}"))).collect();
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    assert_eq!(inbound(&server).len(), 24, "none was refused");
    let waited = |r: &Report| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string() == "pacing, messages of a session");
    assert!(engine.seen.iter().any(waited));
    engine.stop().await;
}

/// The rest as in every channel: 401 healed once, 429 waited for, 403 said with its permission, bad ids sent as they are.
#[tokio::test]
async fn refusals_are_those_of_every_channel() {
    let tries = AtomicUsize::new(0);
    let server = Server::start(move |req: &Req| match () {
        () if is_token(req) => granted(tries.fetch_add(1, Ordering::SeqCst) as u64 + 1, 36_000),
        () if req.path.contains("/not-a-conversation-id/") => json(400, r#"{"code":"invalid.path.parameter"}"#),
        () if req.bearer().ends_with('1') => unauthorized(),
        () if req.body.contains("forbidden") => json(
            403,
            r#"{"message":"Unable to perform the requested action. You are missing the following permission(s): [conversation:message:receive]","code":"missing.permissions","status":403}"#,
        ),
        () => taken(),
    })
    .await;
    let mut engine = TestEngine::start_with(open_profile(&server.url(), 1), Clock::fast(50), vec![]);
    let healed = engine.send(0, "healed");
    assert_eq!(engine.end_of(healed).await, DeliveryStatus::Accepted);
    assert_eq!(engine.exchange_of(healed).attempts().count(), 2);
    let forbidden = engine.send(0, "forbidden");
    assert!(
        matches!(engine.end_of(forbidden).await, DeliveryStatus::Refused(why) if why.to_string().contains("[conversation:message:receive]"))
    );
    let bent = OutgoingMessage { sent_as: Some(Variation::MalformedId), ..request("x", Extras::default()) };
    engine.handle.ask(Command::Send(MessageId(50), bent));
    assert!(
        matches!(engine.end_of(MessageId(50)).await, DeliveryStatus::Refused(why) if why.to_string().contains("invalid.path.parameter"))
    );
    let other = OutgoingMessage { sent_as: Some(Variation::OtherParticipant), ..request("x", Extras::default()) };
    engine.handle.ask(Command::Send(MessageId(51), other));
    assert!(
        matches!(engine.end_of(MessageId(51)).await, DeliveryStatus::Refused(why) if why.to_string().contains("names no participant"))
    );
    assert_eq!(engine.exchanges(ExchangeKind::Send).len(), 4);
    engine.stop().await;
}

/// What cannot be carried is said before anything is sent.
#[tokio::test]
async fn what_the_channel_cannot_carry_is_said() {
    let server = Server::start(serve(|_| taken())).await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    let file = Attachment { place: FileSource::File("/tmp/a.png".into()), mime: "image/png".into(), name: None };
    let large = BTreeMap::from([("k".to_owned(), "v".repeat(2048))]);
    let cases = [
        (Extras { attachments: vec![file], ..Extras::default() }, "by an address that Genesys Cloud can fetch"),
        (
            Extras { attributes: large, ..Extras::default() },
            "the attributes have 2056 bytes, 8 more than the limit of 2048",
        ),
    ];
    for (n, (extras, words)) in cases.into_iter().enumerate() {
        let id = MessageId(10 + n as u64);
        engine.handle.ask(Command::Send(id, request("x", extras)));
        assert!(
            matches!(engine.end_of(id).await, DeliveryStatus::Refused(why) if why.to_string().contains(words)),
            "{words}"
        );
        assert!(matches!(&engine.exchange_of(id).outcome, Outcome::Refused(_)));
    }
    assert!(inbound(&server).is_empty());
    engine.stop().await;
}

/// A choice is answered at the endpoint for that, with the message that offered it.
#[tokio::test]
async fn a_choice_is_answered() {
    let server = Server::start(serve(|_| json(200, r#"{"id":"m9"}"#))).await;
    let mut engine = TestEngine::start(open_profile(&server.url(), 1));
    let extras =
        Extras { choice: Some(Choice::new("Yes", "yes")), offer_id: Some("offer-1".into()), ..Extras::default() };
    engine.handle.ask(Command::Send(MessageId(1), request("", extras)));
    assert_eq!(engine.end_of(MessageId(1)).await, DeliveryStatus::Accepted);
    let came = server.log().into_iter().find(is_inbound).unwrap();
    assert!(came.path.ends_with("/structured/response"), "{}", came.path);
    let body = body(&came);
    assert_eq!(body["buttonResponse"], js!({ "type": "QuickReply", "text": "Yes", "payload": "yes" }));
    assert_eq!(body["originatingMessageId"], "offer-1");
    engine.stop().await;
}
