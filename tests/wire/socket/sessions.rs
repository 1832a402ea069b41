//! Opening, resuming, ending.

use std::time::Duration;

use guestwire::config::SecretSource;
use guestwire::engine::{Command, Report};
use guestwire::model::header;
use guestwire::model::{
    ConversationKey, DeliveryStatus, Ending, FailureKind, Outcome, SessionAsk, TokenStatus, WebSession,
};
use serde_json::json;

use super::guest::{Act, Guests, bot, by_itself, event, session, start_engine, usual};
use crate::support::http_server::{self as server, Server};

const KEY: ConversationKey = ConversationKey(0);

pub fn ask(engine: &crate::support::engine::TestEngine, ask: SessionAsk) {
    engine.handle.ask(Command::Session(KEY, ask));
}

#[tokio::test]
async fn a_look_opens_it_and_the_log_has_every_frame() {
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(2, "http://127.0.0.1:1"));
    engine.handle.ask(Command::Watch(Some(KEY)));
    assert!(matches!(engine.session(0, "open").await, WebSession::Open { new: true, expires: Some(_) }));
    assert_eq!(guests.upgrades().len(), 1, "only the one that is looked at");
    let upgrade = &guests.upgrades()[0];
    let sent = |name: &str| upgrade.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(sent("origin"), Some("https://shop.example"));
    assert_eq!(sent(":path"), Some("/v1?deploymentId=d-0&application=guestwire"));

    assert_eq!(engine.whats(), ["open socket", "configureSession, new guest"]);
    let entries = engine.frames();
    let opening = entries[0].last_attempt().unwrap();
    assert_eq!((opening.request.method.as_str(), entries[0].status()), ("GET", Some(101)));
    assert_eq!(header(&opening.request.headers, "origin"), Some("https://shop.example"));
    assert!(header(&opening.request.headers, "sec-websocket-key").is_some());
    assert_eq!(header(&opening.response().unwrap().headers, "x-served-by"), Some("the test"));
    let configured = entries[1].last_attempt().unwrap();
    assert_eq!((configured.request.method.as_str(), entries[1].outcome.clone()), ("FRAME", Outcome::Accepted));
    let Some(Ending::Answered(answer)) = &configured.ending else { panic!("{configured:?}") };
    assert_eq!((answer.status, answer.version.as_str()), (200, "WebSocket"));
    assert!(answer.body.text.contains("SessionResponse"));

    let token = guests.frames()[0].token().to_owned();
    assert!(uuid::Uuid::try_parse(&token).is_ok());
    assert!(!engine.seen.iter().any(|r| matches!(r, Report::Token(TokenStatus::Refused(..)))), "no nagging");
    let seen = engine.stop().await;
    assert!(!format!("{seen:?}").contains(&token), "the guest token was reported");
}

#[tokio::test]
async fn a_broken_connection_is_resumed_with_nothing_lost_and_nothing_doubled() {
    // What the bot says while nobody listens is in the history only, and so is what was heard before.
    let history = json!({"pageSize": 25, "pageNumber": 1, "total": 4, "entities": [
        {"id": "b2", "channel": {"time": super::guest::time(9)}, "type": "Text", "text": "meanwhile", "direction": "Outbound", "originatingEntity": "Bot"},
        {"id": "b1", "channel": {"time": super::guest::time(3)}, "type": "Text", "text": "hi", "direction": "Outbound", "originatingEntity": "Bot"},
        {"id": "x", "channel": {"time": super::guest::time(2), "messageId": "m-2"}, "type": "Text", "text": "one", "direction": "Inbound"}]});
    let body = history.to_string();
    let http = Server::start(move |_| server::json(200, &body)).await;
    let guests = Guests::start(|frame, place| match frame.text() {
        "one" => vec![frame.echo(2), bot("b1", 3, "hi"), Act::Break],
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, &http.url()));
    let (one, two) = (engine.send(0, "one"), engine.send(0, "two"));
    assert_eq!(engine.end_of(one).await, DeliveryStatus::Accepted);
    assert!(matches!(engine.session(0, "reconnecting").await, WebSession::Reconnecting(..)));
    assert!(matches!(engine.session(0, "open").await, WebSession::Open { new: false, .. }));
    assert_eq!(engine.end_of(two).await, DeliveryStatus::Accepted);
    engine.hears("meanwhile").await;
    assert_eq!(guests.texts(), ["one", "two"], "each once");
    let heard = engine.heard();
    for text in ["one", "hi", "two", "meanwhile"] {
        assert_eq!(heard.iter().filter(|h| h.trim_end_matches('*') == text).count(), 1, "{text} in {heard:?}");
    }
    let frames = guests.frames();
    let configured: Vec<_> = frames.iter().filter(|f| f.action() == "configureSession").collect();
    assert_eq!(configured.len(), 2);
    assert_eq!(configured[0].token(), configured[1].token(), "the same guest");
    assert!(engine.whats().iter().any(|w| w == "configureSession, resume"));
    let reads = http.log();
    assert_eq!(reads[0].path, "/api/v2/webmessaging/messages?pageSize=25&pageNumber=1");
    assert_eq!(reads[0].header("origin"), Some("https://shop.example"));
    assert_eq!(reads[0].bearer(), super::guest::JWT);
    let seen = format!("{:?}", engine.stop().await);
    assert!(!seen.contains(super::guest::JWT), "the JWT was reported");
}

#[tokio::test]
async fn an_upgrade_refused_by_origin_is_shown_whole_and_what_waits_is_refused() {
    let refusal = r#"{"message":"Origin is not allowed","contextId":"ctx-1"}"#;
    let http = Server::start(move |_| {
        // The body comes later than the headers, and the connection stays open.
        server::Act::Say(server::answer(
            403,
            &[("Content-Type", "application/json"), ("x-amzn-requestid", "r-1")],
            refusal,
        ))
    })
    .await;
    let guests = Guests::start(usual).await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.hosts.webmessaging = http.url().replace("http", "ws");
    let mut engine = start_engine(profile);
    let message = engine.send(0, "hello?");
    let why = match engine.end_of(message).await {
        DeliveryStatus::Refused(why) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(why.contains("403") && why.contains("https://shop.example"), "{why}");
    assert_eq!(engine.session(0, "ended").await.word(), "ended");
    let entry = engine.frames()[0].clone();
    let answer = entry.last_attempt().unwrap().response().unwrap().clone();
    assert_eq!((answer.status, answer.body.text.as_str()), (403, refusal));
    assert_eq!(header(&answer.headers, "x-amzn-requestid"), Some("r-1"));
    assert!(matches!(&entry.outcome, Outcome::Refused(_)));
    assert_eq!(http.log().len(), 1, "knocking again would not help");
    engine.stop().await;
}

#[tokio::test]
async fn read_only_is_told_a_send_meets_its_409_and_a_new_session_goes_on() {
    let guests = Guests::start(|frame, place| match frame.text() {
        "bye" => vec![frame.echo(2), event(json!({"eventType": "Presence", "presence": {"type": "Disconnect"}}), true)],
        "late" => vec![frame.refuse(409, "Session is read-only, no new messages allowed")],
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let bye = engine.send(0, "bye");
    assert_eq!(engine.end_of(bye).await, DeliveryStatus::Accepted);
    assert!(
        matches!(engine.session(0, "read-only").await, WebSession::ReadOnly(why) if why.to_string().contains("ended"))
    );
    let late = engine.send(0, "late");
    let refused = engine.end_of(late).await;
    assert!(
        matches!(&refused, DeliveryStatus::Refused(why) if why.to_string().starts_with("409 ") && why.to_string().contains("begin a new session")),
        "{refused:?}"
    );
    let entry = engine.exchange_of(late);
    assert_eq!(entry.status(), Some(409));
    ask(&engine, SessionAsk::StartNew);
    assert!(matches!(engine.session(0, "open").await, WebSession::Open { new: true, .. }));
    let again = engine.send(0, "again");
    assert_eq!(engine.end_of(again).await, DeliveryStatus::Accepted);
    let frames = guests.frames();
    let configured = frames.iter().rfind(|f| f.action() == "configureSession").unwrap();
    assert_eq!(configured.json["startNew"], true);
    assert_eq!(configured.token(), frames[0].token(), "the same guest");
    assert!(frames.iter().any(|f| f.action() == "closeSession"), "the old one is closed first");
    assert!(engine.whats().iter().any(|w| w == "presence Disconnect"));
    engine.stop().await;
}

/// A message without an echo, in a session that ended meanwhile: what is missing is not the network's doing.
#[tokio::test]
async fn a_message_whose_session_ends_before_its_echo_says_so() {
    let presence = |what: &str| json!({"eventType": "Presence", "presence": {"type": what}});
    let ends = [
        event(presence("Disconnect"), true),
        event(presence("SessionExpired"), false),
        by_itself("SessionExpiredEvent", json!({})),
    ];
    for end in ends {
        let told = end.clone();
        let guests = Guests::start(move |frame, place| match frame.text() {
            "x" => vec![told.clone()],
            _ => usual(frame, place),
        })
        .await;
        let mut profile = guests.profile(1, "http://127.0.0.1:1");
        profile.request_timeout = Duration::from_millis(300);
        let mut engine = start_engine(profile);
        let message = engine.send(0, "x");
        assert!(matches!(engine.end_of(message).await, DeliveryStatus::Unknown(_)));
        let entry = engine.exchange_of(message);
        let Some(Ending::Failed(failure)) = &entry.last_attempt().unwrap().ending else { panic!("{entry:?}") };
        assert_eq!(failure.kind, FailureKind::SessionEnded, "{end:?}: {failure:?}");
        engine.stop().await;
    }
}

#[tokio::test]
async fn the_ends_that_the_server_tells() {
    for (class, body, why) in [
        ("SessionExpiredEvent", json!({}), "expired"),
        ("SessionClearedEvent", json!({}), "cleared"),
        ("LogoutEvent", json!({}), "signed out"),
        ("ConnectionClosedEvent", json!({"reason": "signedIn"}), "closed this connection (signedIn)"),
        ("ConnectionClosedEvent", json!({"reasonCode": "tooMany"}), "closed this connection (tooMany)"),
    ] {
        let guests = Guests::start(usual).await;
        let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
        ask(&engine, SessionAsk::Connect);
        engine.session(0, "open").await;
        guests.tell(by_itself(class, body));
        let WebSession::Ended(told) = engine.session(0, "ended").await else { panic!() };
        assert!(told.to_string().contains(why), "{class}: {told}");
        ask(&engine, SessionAsk::Connect);
        engine.session(0, "open").await;
        engine.stop().await;
    }
}

#[tokio::test]
async fn an_expired_session_ends_and_the_message_says_so() {
    for code in [4006, 4007] {
        let guests = Guests::start(move |frame, place| match frame.text() {
            "x" => vec![frame.refuse(code, "session expired error message")],
            _ => usual(frame, place),
        })
        .await;
        let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
        let message = engine.send(0, "x");
        assert!(
            matches!(engine.end_of(message).await, DeliveryStatus::Refused(why) if why.to_string().contains("begin a new session"))
        );
        assert!(
            matches!(engine.session(0, "ended").await, WebSession::Ended(why) if why.to_string().starts_with(&code.to_string()))
        );
        engine.stop().await;
    }
}

#[tokio::test]
async fn a_new_guest_has_another_token() {
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "open").await;
    ask(&engine, SessionAsk::NewGuest);
    engine.session(0, "open").await;
    let frames = guests.frames();
    let tokens: Vec<_> = frames.iter().filter(|f| f.action() == "configureSession").map(|f| f.token()).collect();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
    engine.stop().await;
}

#[tokio::test]
async fn presence_health_and_typing() {
    let guests = Guests::start(|frame, place| match frame.json["message"]["events"][0]["presence"]["type"].as_str() {
        Some("Clear") => vec![frame.refuse(403, "Presence events Conversation Clear are not supported")],
        Some("Join") => vec![frame.answer(
            "StructuredMessage",
            200,
            json!({"type": "Event", "direction": "Inbound", "id": "j",
            "events": [{"eventType": "Presence", "presence": {"type": "Join"}}]}),
        )],
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "open").await;
    ask(&engine, SessionAsk::Join);
    ask(&engine, SessionAsk::Clear);
    engine
        .until(|r| matches!(r, Report::Notice(_, text) if text.contains("presence Clear") && text.contains("403")))
        .await;
    engine.session(0, "open").await;
    ask(&engine, SessionAsk::Health);
    engine
        .until(|r| {
            matches!(r, Report::Session(_, WebSession::Open { expires: Some(e), .. }) if e.as_second() == 1_791_139_139)
                || matches!(r, Report::Exchange(e) if e.what == "echo, health check" && e.outcome == Outcome::Accepted)
        })
        .await;
    ask(&engine, SessionAsk::Health);
    engine.until(|r| matches!(r, Report::Notice(_, text) if text.contains("every 30 s"))).await;
    engine.handle.ask(Command::Typing(KEY));
    engine.handle.ask(Command::Typing(KEY));
    engine.until(|r| matches!(r, Report::Exchange(e) if e.what == "typing")).await;
    guests.tell(event(json!({"eventType": "Typing", "typing": {"type": "On", "duration": 4000}}), false));
    let typing = engine.until(|r| matches!(r, Report::Typing(..))).await;
    assert!(matches!(typing, Report::Typing(_, _, Some(_))));
    guests.tell(bot("b", 5, "here"));
    engine.until(|r| matches!(r, Report::Typing(_, _, None))).await;
    engine.hears("here").await;
    let typed = guests.frames().iter().filter(|f| f.json["message"]["events"][0]["eventType"] == "Typing").count();
    assert_eq!(typed, 1, "typing is told every five seconds at most");
    engine.stop().await;
}

#[tokio::test]
async fn what_is_not_known_is_shown_and_harms_nothing() {
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "open").await;
    guests.tell(by_itself("HologramEvent", json!({"shape": "cube", "token": "secret-of-theirs"})));
    guests.tell(Act::Say("no json".into()));
    guests.tell(bot("b", 5, "still here"));
    engine.hears("still here").await;
    let whats = engine.whats();
    let shown = &whats[2..];
    assert_eq!(shown, ["HologramEvent (not known to guestwire)", "a frame that is no JSON object", "bot: still here"]);
    let odd = engine.frames()[2].clone();
    let attempt = odd.last_attempt().unwrap();
    assert_eq!((attempt.request.method.as_str(), attempt.request.body.total), ("RECV", 0));
    let body = &attempt.response().unwrap().body.text;
    assert!(body.contains("cube") && !body.contains("secret-of-theirs"), "{body}");
    engine.stop().await;
}

#[tokio::test]
async fn late_messages_are_marked_and_doubles_dropped() {
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "open").await;
    for act in [bot("b", 5, "second"), bot("a", 3, "first"), bot("b", 5, "second"), bot("c", 6, "third")] {
        guests.tell(act);
    }
    engine.hears("third").await;
    assert_eq!(engine.heard(), ["second", "first*", "third"]);
    engine.stop().await;
}

#[tokio::test]
async fn a_service_that_fails_is_tried_again() {
    let guests = Guests::start(|frame, place| match (frame.action(), frame.connection) {
        ("configureSession", 0) => vec![frame.refuse(5000, "unexpected")],
        ("configureSession", 1) => vec![Act::Close],
        ("configureSession", _) => vec![session(frame, true, false)],
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let message = engine.send(0, "patience");
    engine
        .until(
            |r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("5000")),
        )
        .await;
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    assert_eq!(guests.upgrades().len(), 3);
    engine.stop().await;
}

#[tokio::test]
async fn nobody_at_the_other_end_is_a_failure_with_its_phase() {
    let guests = Guests::start(usual).await;
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.hosts.webmessaging = "ws://127.0.0.1:1".into();
    profile.request_timeout = Duration::from_secs(5);
    let mut engine = start_engine(profile);
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "reconnecting").await;
    let entry = engine.frames()[0].clone();
    assert!(
        matches!(&entry.outcome, Outcome::Failed(why) if why.to_string().contains("connecting")),
        "{:?}",
        entry.outcome
    );
    ask(&engine, SessionAsk::Close);
    engine.session(0, "closed").await;
    engine.stop().await;
}

#[tokio::test]
async fn older_messages_asked_for_at_once_wait_for_the_session() {
    let history = json!({"pageSize": 25, "pageNumber": 1, "pageCount": 1, "total": 1, "entities": [
        {"id": "b1", "channel": {"time": super::guest::time(3)}, "type": "Text", "text": "of before", "direction": "Outbound", "originatingEntity": "Bot"}]});
    let body = history.to_string();
    let http = Server::start(move |_| server::json(200, &body)).await;
    let guests = Guests::start(|frame, place| match frame.action() {
        "configureSession" => vec![session(frame, true, false)],
        _ => usual(frame, place),
    })
    .await;
    let mut profile = guests.profile(2, &http.url());
    profile.conversations[0].guest_token = Some(SecretSource::Literal("a-token-that-is-known".into()));
    let mut engine = start_engine(profile);
    for key in [KEY, ConversationKey(1)] {
        engine.handle.ask(Command::Watch(Some(key)));
        engine.handle.ask(Command::Read(key));
    }
    engine.hears("of before").await;
    let message = engine.send(1, "Hello");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let asked = guests.frames().iter().filter(|f| f.action() == "getJwt").count();
    assert_eq!((asked, http.log().len()), (1, 1), "a guest that nobody knows yet has no history");
    assert!(!engine.seen.iter().any(|r| matches!(r, Report::Notice(..))), "{:?}", engine.seen);
    engine.stop().await;
}

#[tokio::test]
async fn what_is_said_in_a_new_session_answers_nothing_of_the_old_one() {
    let guests = Guests::start(|frame, place| {
        let mut acts = usual(frame, place);
        if frame.json["startNew"] == true {
            acts.push(bot("b", 50, "Welcome"));
        }
        acts
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    let before = engine.send(0, "Hello?");
    assert_eq!(engine.end_of(before).await, DeliveryStatus::Accepted);
    ask(&engine, SessionAsk::StartNew);
    engine.hears("Welcome").await;
    let after = engine.send(0, "Hi");
    assert_eq!(engine.end_of(after).await, DeliveryStatus::Accepted);
    let answered =
        |r: &Report| matches!(r, Report::Message { id, delivery: DeliveryStatus::Answered, .. } if *id == before);
    assert!(!engine.seen.iter().any(answered), "nobody answered it");
    engine.stop().await;
}

/// A flood is read slowly, and loses nothing; another conversation does not notice.
#[tokio::test]
async fn a_flood_is_read_slowly_and_whole() {
    const MANY: u32 = 3_000;
    let guests = Guests::start(|frame, place| match frame.text() {
        "flood" => (0..MANY).map(|n| bot(&format!("b{n}"), n, &format!("{n}"))).chain([frame.echo(0)]).collect(),
        _ => usual(frame, place),
    })
    .await;
    let mut engine = start_engine(guests.profile(2, "http://127.0.0.1:1"));
    let began = std::time::Instant::now();
    let flood = engine.send(0, "flood");
    engine.hears("0").await;
    let beside = engine.send(1, "beside");
    assert_eq!(engine.end_of(beside).await, DeliveryStatus::Accepted);
    assert_eq!(engine.end_of(flood).await, DeliveryStatus::Accepted);
    // 2,500 frames at once, then one every two milliseconds.
    assert!(began.elapsed() >= std::time::Duration::from_millis(900), "{:?}", began.elapsed());
    let heard = engine.heard();
    assert_eq!(heard.iter().filter(|text| text.parse::<u32>().is_ok()).count(), MANY as usize);
    engine.stop().await;
}

/// Whoever asked for older messages is told that there will be none; what is read back by itself is tried again.
#[tokio::test]
async fn older_messages_that_cannot_be_read_are_told() {
    let http = Server::start(|_| server::json(403, r#"{"code":"not.authorized","message":"no"}"#)).await;
    let guests = Guests::start(usual).await;
    let mut engine = start_engine(guests.profile(1, &http.url()));
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "open").await;
    ask(&engine, SessionAsk::History);
    engine
        .until(|r| matches!(r, Report::Notice(_, text) if text.starts_with("older messages could not be read: ")))
        .await;
    engine.stop().await;
}
