//! Messages as frames.

use std::sync::Arc;
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, EngineOptions, Report};
use guestwire::engine::{GuestTokenAnswer, Intent, NoLog, Recording, SendLog, Unrecorded};
use guestwire::model::{ConversationKey, DeliveryStatus, Ending, FailureKind, MessageId, Outcome, SessionAsk};
use secrecy::SecretString;
use serde_json::json;

use super::guest::{Act, Guests, bot, by_itself, start_engine, usual};
use crate::support::engine::{TestEngine, granted};
use crate::support::http_server::{self as server, Server};

#[tokio::test]
async fn sent_echoed_answered() {
    let guests = Guests::start(|frame, place| {
        let mut acts = usual(frame, place);
        if frame.action() == "onMessage" {
            acts.push(bot("b", 30, "Hi"));
        }
        acts
    })
    .await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.conversations[0].attributes = [("testRun".to_owned(), "42".to_owned())].into();
    let mut engine = start_engine(profile);
    let message = engine.send(0, "Hello");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == message))
        .await;
    let lives: Vec<_> = engine
        .seen
        .iter()
        .filter_map(|r| match r {
            Report::Message { delivery, remote_id, .. } => Some((delivery.word(), remote_id.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(lives, [("queued", None), ("sending", None), ("accepted", Some("m-2".to_owned())), ("answered", None)]);
    assert_eq!(engine.heard(), ["Hello", "Hi"]);

    let frame = &guests.frames()[1];
    let said = &frame.json["message"];
    assert_eq!((said["type"].as_str(), said["text"].as_str()), (Some("Text"), Some("Hello")));
    assert_eq!(said["channel"]["metadata"]["customAttributes"], json!({"testRun": "42"}));
    assert_eq!(said["metadata"]["id"], frame.json["tracingId"]);

    let entry = engine.exchange_of(message);
    assert_eq!((entry.what.as_str(), entry.status(), entry.outcome.clone()), ("Hello", Some(200), Outcome::Accepted));
    let attempt = entry.last_attempt().unwrap();
    assert_eq!(attempt.request.method, "FRAME");
    let opening = engine.frames()[0].last_attempt().unwrap().request.url.clone();
    assert!(opening.starts_with("ws://127.0.0.1:") && opening.contains("?deploymentId=d-0&"), "{opening}");
    let of_all = engine.frames().iter().all(|frame| frame.last_attempt().unwrap().request.url == opening);
    assert!(of_all && attempt.request.url == opening, "{:?}", attempt.request.url);
    assert!(attempt.request.body.text.contains("\"token\":\"«token»\""), "{}", attempt.request.body.text);
    assert!(
        matches!(&attempt.ending, Some(Ending::Answered(r)) if r.version == "WebSocket" && r.body.text.contains("Inbound"))
    );
    assert!(attempt.timing.total.is_some());
    engine.stop().await;
}

#[tokio::test]
async fn too_long_too_much_too_fast() {
    let slowed = std::sync::atomic::AtomicBool::new(false);
    let guests = Guests::start(move |frame, place| match frame.text() {
        "long" => vec![frame.refuse(4011, "message too long")],
        "much" => vec![frame.refuse(4013, "Custom Attributes in channel metadata is larger than 2048 bytes")],
        "odd" => vec![frame.refuse(400, "Request failed.")],
        "who" => vec![frame.refuse(401, "User is unauthorized")],
        "broken" => vec![frame.refuse(5000, "unexpected")],
        "fast" if !slowed.swap(true, std::sync::atomic::Ordering::SeqCst) => vec![frame.answer(
            "TooManyRequestsErrorMessage",
            429,
            json!({"retryAfter": 1, "errorCode": 4029, "errorMessage": "Message rate too high for this session"}),
        )],
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    for (text, code) in [("long", "4011"), ("much", "4013"), ("odd", "400"), ("who", "401")] {
        let message = engine.send(0, text);
        let delivery = engine.end_of(message).await;
        assert!(
            matches!(&delivery, DeliveryStatus::Refused(why) if why.to_string().starts_with(code)),
            "{text}: {delivery:?}"
        );
        assert_eq!(engine.exchange_of(message).status(), Some(code.parse().unwrap()));
    }
    let broken = engine.send(0, "broken");
    assert!(matches!(engine.end_of(broken).await, DeliveryStatus::Unknown(why) if why.to_string().starts_with("5000")));
    let fast = engine.send(0, "fast");
    engine.until(
        |r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string() == "4029, Retry-After 1 s"),
    )
    .await;
    assert_eq!(engine.end_of(fast).await, DeliveryStatus::Accepted);
    let entry = engine.exchange_of(fast);
    assert_eq!(entry.attempts().filter_map(|a| a.status()).collect::<Vec<_>>(), [429, 200]);
    engine.stop().await;
}

/// Five a second: the sixth waits, and nothing is refused.
#[tokio::test]
async fn the_queue_paces_instead_of_provoking() {
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let sent: Vec<_> = (0..7).map(|n| engine.send(0, &format!("t{n}"))).collect();
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("messages of a session"))).await;
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    assert_eq!(guests.texts(), (0..7).map(|n| format!("t{n}")).collect::<Vec<_>>(), "in order");
    engine.stop().await;
}

#[tokio::test]
async fn frames_of_a_connection_are_paced_too() {
    let guests = Guests::start(usual).await;
    let options = EngineOptions { frames_per_minute: Some(3), read_pauses: vec![], ..EngineOptions::default() };
    let mut engine = TestEngine::with_options(guests.profile(1, "http://127.0.0.1:1"), Clock::fast(200), options);
    let sent: Vec<_> = (0..4).map(|n| engine.send(0, &format!("t{n}"))).collect();
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("frames of a connection"))).await;
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    engine.stop().await;
}

/// The frame was written and the connection broke: nobody knows, it is not sent again, and its entry in the history
/// settles it.
#[tokio::test]
async fn an_echo_that_was_lost_leaves_it_unknown_until_the_history_shows_it() {
    let landed = Arc::new(std::sync::Mutex::new(None));
    let shown = Arc::clone(&landed);
    let http = Server::start(move |_| {
        let entities: Vec<_> = shown.lock().unwrap().iter().map(|own: &serde_json::Value| {
            json!({"id": "h1", "channel": {"time": super::guest::time(2), "messageId": "m-h1"}, "type": "Text", "text": "lost?", "direction": "Inbound", "metadata": {"id": own}})
        }).collect();
        server::json(200, &json!({"entities": entities, "pageCount": 1}).to_string())
    })
    .await;
    let guests = Guests::start(move |frame, place| match (frame.text(), frame.connection) {
        ("lost?", 0) => {
            *landed.lock().unwrap() = Some(frame.json["message"]["metadata"]["id"].clone());
            vec![Act::Break]
        }
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, &http.url()));
    let lost = engine.send(0, "lost?");
    let next = engine.send(0, "next");
    let unknown = engine.end_of(lost).await;
    assert!(
        matches!(&unknown, DeliveryStatus::Unknown(why) if why.to_string().contains("may have been received")),
        "{unknown:?}"
    );
    let landed = engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Received, .. } if *id == lost))
        .await;
    assert!(matches!(landed, Report::Message { remote_id: Some(id), .. } if id == "m-h1"));
    assert_eq!(engine.end_of(next).await, DeliveryStatus::Accepted);
    assert_eq!(guests.texts(), ["lost?", "next"], "never twice by itself");
    engine.stop().await;
}

/// The connection lives and no echo comes in time: unknown; the echo that comes later settles it.
#[tokio::test]
async fn a_late_echo_settles_it() {
    let late = Arc::new(std::sync::Mutex::new(None));
    let keep = Arc::clone(&late);
    let guests = Guests::start(move |frame, place| match frame.text() {
        "slow" => {
            *keep.lock().unwrap() = Some(frame.echo(2));
            vec![]
        }
        _ => usual(frame, place),
    })
    .await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.request_timeout = Duration::from_millis(300);
    let mut engine = start_engine(profile);
    let slow = engine.send(0, "slow");
    assert!(
        matches!(engine.end_of(slow).await, DeliveryStatus::Unknown(why) if why.to_string().contains("not echoed"))
    );
    let echo = late.lock().unwrap().take().unwrap();
    guests.tell(echo);
    engine.until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Received, .. } if *id == slow)).await;
    engine.stop().await;
}

#[tokio::test]
async fn taken_back_after_it_was_written_is_unknown_and_before_it_is_not() {
    let guests = Guests::start(|frame, place| if frame.text() == "held" { vec![] } else { usual(frame, place) }).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let (held, queued) = (engine.send(0, "held"), engine.send(0, "queued"));
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Sending { .. }, .. } if *id == held))
        .await;
    engine.handle.ask(Command::Cancel(queued));
    assert_eq!(engine.end_of(queued).await, DeliveryStatus::Cancelled);
    while guests.texts().is_empty() {
        tokio::task::yield_now().await;
    }
    engine.handle.ask(Command::Cancel(held));
    assert!(matches!(engine.end_of(held).await, DeliveryStatus::Unknown(_)));
    engine.stop().await;
}

/// An intent that is recorded once it is let.
#[derive(Default)]
struct Held {
    let_go: Arc<tokio::sync::Notify>,
    /// What was recorded, in order; shared with the server's script.
    book: Arc<std::sync::Mutex<Vec<String>>>,
}

impl SendLog for Held {
    fn intent(&self, intent: Intent) -> Recording {
        let (let_go, book) = (Arc::clone(&self.let_go), Arc::clone(&self.book));
        Box::pin(async move {
            let_go.notified().await;
            book.lock().unwrap().push(format!("intent {} {}", intent.text, intent.extras.idempotency_key.is_some()));
            Ok(())
        })
    }

    fn outcome(&self, _: MessageId, delivery: &DeliveryStatus, _: Option<&str>) -> Recording {
        self.book.lock().unwrap().push(delivery.word().to_owned());
        Box::pin(std::future::ready(Ok(())))
    }

    fn read_only(&self) -> bool {
        false
    }

    fn guest_token(&self, key: ConversationKey, configured: Option<SecretString>, renew: bool) -> GuestTokenAnswer {
        NoLog.guest_token(key, configured, renew)
    }
}

#[tokio::test]
async fn the_intent_is_recorded_before_the_first_byte() {
    let durable = Held::default();
    let (let_go, book, lines) = (Arc::clone(&durable.let_go), Arc::clone(&durable.book), Arc::clone(&durable.book));
    let guests = Guests::start(move |frame, place| {
        if frame.action() == "onMessage" {
            book.lock().unwrap().push("received".to_owned());
        }
        usual(frame, place)
    })
    .await;
    let options = EngineOptions { send_log: Arc::new(durable), read_pauses: vec![], ..EngineOptions::default() };
    let mut engine = TestEngine::with_options(guests.profile(1, "http://127.0.0.1:1"), Clock::start(), options);
    let message = engine.send(0, "Hello");
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Sending { .. }, .. })).await;
    // What was written to the socket before this question has arrived when its answer comes.
    engine.handle.ask(Command::Session(ConversationKey(0), SessionAsk::Health));
    engine
        .until(|r| matches!(r, Report::Exchange(e) if e.what == "echo, health check" && e.outcome == Outcome::Accepted))
        .await;
    assert!(lines.lock().unwrap().is_empty());
    let_go.notify_one();
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    assert_eq!(*lines.lock().unwrap(), ["intent Hello true", "received", "accepted"]);
    engine.stop().await;
}

#[tokio::test]
async fn stopping_tells_how_each_message_ended() {
    let guests = Guests::start(|frame, place| if frame.text() == "held" { vec![] } else { usual(frame, place) }).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let (held, queued) = (engine.send(0, "held"), engine.send(0, "queued"));
    while guests.texts().is_empty() {
        tokio::task::yield_now().await;
    }
    engine.handle.ask(Command::Shutdown);
    assert_eq!(engine.end_of(queued).await, DeliveryStatus::Cancelled);
    assert!(matches!(engine.end_of(held).await, DeliveryStatus::Unknown(_)));
    let key = ConversationKey(0);
    assert!(engine.seen.iter().any(|r| matches!(r, Report::Session(k, _) if *k == key)));
    engine.stop().await;
}

#[tokio::test]
async fn a_session_that_ends_while_an_intent_is_recorded_leaves_nothing_waiting() {
    let guests = Guests::start(usual).await;
    let durable = Held::default();
    let let_go = Arc::clone(&durable.let_go);
    let options = EngineOptions { send_log: Arc::new(durable), read_pauses: vec![], ..EngineOptions::default() };
    let mut engine = TestEngine::with_options(guests.profile(1, "http://127.0.0.1:1"), Clock::start(), options);
    let message = engine.send(0, "Hello");
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Sending { .. }, .. })).await;
    guests.tell(by_itself("SessionExpiredEvent", serde_json::json!({})));
    engine.session(0, "ended").await;
    let_go.notify_one();
    let end = engine.end_of(message).await;
    assert!(
        matches!(&end, DeliveryStatus::Refused(why) if why.to_string().contains("the session has expired")),
        "{end:?}"
    );
    assert!(guests.texts().is_empty());
    engine.stop().await;
}

/// The socket stays open, and nothing answers: that is a timeout, and nothing is said against the connection.
#[tokio::test]
async fn a_message_without_its_echo_is_unknown_by_timeout() {
    let silent =
        |frame: &super::guest::Frame, place| if frame.action() == "onMessage" { vec![] } else { usual(frame, place) };
    let guests = Guests::start(silent).await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.request_timeout = Duration::from_millis(200);
    let mut engine = start_engine(profile);
    let message = engine.send(0, "Hello");
    let delivery = engine.end_of(message).await;
    assert!(
        matches!(&delivery, DeliveryStatus::Unknown(why) if why.to_string().contains("not echoed")),
        "{delivery:?}"
    );
    let entry = engine.exchange_of(message);
    let Some(Ending::Failed(failure)) = &entry.last_attempt().unwrap().ending else { panic!("{entry:?}") };
    assert_eq!((failure.kind, failure.wrote), (FailureKind::Timeout, true));
    engine.stop().await;
}

/// Each message that is pushed may ask for the conversation's id: a service that does not tell is not asked each time.
#[tokio::test]
async fn a_service_that_does_not_tell_the_conversations_id_is_not_asked_for_each_message() {
    for status in [404, 429, 500] {
        let api = Server::start(move |req| match req.path.as_str() {
            "/oauth/token" => granted(1, 3600),
            _ => server::json(status, "{}"),
        })
        .await;
        let guests = Guests::start(usual).await;
        let mut profile = guests.profile(1, &api.url());
        profile.credentials = crate::support::engine::profile(&api.url(), 0).credentials;
        let mut engine = start_engine(profile);
        engine.signed_in().await;
        let first = engine.send(0, "Hello");
        assert_eq!(engine.end_of(first).await, DeliveryStatus::Accepted);
        for n in 0..40 {
            guests.tell(bot(&format!("pushed-{n}"), n + 1, &format!("{n}")));
            engine.hears(&format!("{n}")).await;
        }
        assert!((1..=2).contains(&api.count("/details")), "{status}: {}", api.count("/details"));
        engine.stop().await;
    }
}

/// As the journal of a second guestwire on a profile: nothing may go out.
struct OnlyReads;

impl SendLog for OnlyReads {
    fn intent(&self, _: Intent) -> Recording {
        Box::pin(std::future::ready(Err(Unrecorded::Never("only reads".to_owned()))))
    }

    fn outcome(&self, _: MessageId, _: &DeliveryStatus, _: Option<&str>) -> Recording {
        Box::pin(std::future::ready(Err(Unrecorded::Never("only reads".to_owned()))))
    }

    fn read_only(&self) -> bool {
        true
    }

    fn guest_token(&self, _: ConversationKey, _: Option<SecretString>, _: bool) -> GuestTokenAnswer {
        Box::pin(std::future::ready(Err("only reads".to_owned())))
    }
}

#[tokio::test]
async fn a_second_guestwire_asks_nothing_of_a_session() {
    let guests = Guests::start(usual).await;
    let options = EngineOptions { send_log: Arc::new(OnlyReads), read_pauses: vec![], ..EngineOptions::default() };
    let mut engine = TestEngine::with_options(guests.profile(1, "http://127.0.0.1:1"), Clock::start(), options);
    for ask in [SessionAsk::Clear, SessionAsk::Join, SessionAsk::Health] {
        engine.handle.ask(Command::Session(ConversationKey(0), ask));
        engine.until(|r| matches!(r, Report::Notice(_, text) if text.contains("this one only reads"))).await;
    }
    for ask in [SessionAsk::Connect, SessionAsk::StartNew, SessionAsk::NewGuest] {
        engine.handle.ask(Command::Session(ConversationKey(0), ask));
        engine.session(0, "ended").await;
    }
    assert_eq!((guests.upgrades().len(), guests.frames().len()), (0, 0));
    engine.stop().await;
}
