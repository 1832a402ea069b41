//! Sending: order, once, and honesty about what is not known.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, Report};
use guestwire::model::{
    Address, DeliveryStatus, Ending, ExchangeKind, ExchangeStep, FailureKind, Outcome, Phase, TokenStatus,
};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use crate::support::engine::{TestEngine, profile, with_tokens};
use crate::support::http_server::{Act, Server, answer, json};

/// Reset before, during and after the answer: unknown, told so, and never sent again. Later messages go on.
#[tokio::test]
async fn a_lost_answer_is_unknown_and_never_sent_again() {
    let whole = answer(200, &[], r#"{"id":"m"}"#);
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"m".to_vec();
    let cases: [(Act, bool, &str); 6] = [
        (Act::SayReset(vec![]), true, "waiting for the answer"),
        (Act::SayClose(vec![]), true, "waiting for the answer"),
        (Act::SayReset(b"HTTP/1.1 200".to_vec()), true, "waiting for the answer"),
        (Act::SayReset(cut.clone()), true, "200 came, but not the whole answer"),
        (Act::SayClose(cut), true, "200 came, but not the whole answer"),
        // After the answer: it was whole.
        (Act::SayReset(whole), false, ""),
    ];
    for (act, unknown, words) in cases {
        let told = format!("{act:?}");
        let server = Server::start(with_tokens(move |req| {
            if req.body.contains("lost") { act.clone() } else { json(200, r#"{"id":"m"}"#) }
        }))
        .await;
        let mut engine = TestEngine::start(profile(&server.url(), 1));
        let lost = engine.send(0, "lost");
        let delivery = engine.end_of(lost).await;
        match delivery {
            DeliveryStatus::Unknown(why) if unknown => assert!(why.to_string().contains(words), "{told}: {why}"),
            DeliveryStatus::Accepted if !unknown => {}
            other => panic!("{told}: {other:?}"),
        }
        if unknown {
            let after = engine.send(0, "after");
            assert_eq!(engine.end_of(after).await, DeliveryStatus::Accepted, "{told}");
            assert_eq!(server.texts(), ["lost", "after"], "{told}");
            engine.handle.ask(Command::Settle { message: lost, received: false });
            engine
                .until(
                    |r| matches!(r, Report::Message { id, delivery: DeliveryStatus::NotReceived, .. } if *id == lost),
                )
                .await;
        }
        engine.stop().await;
    }
}

/// What comes is not HTTP: unknown, and the log says what came.
#[tokio::test]
async fn garbage_is_unknown() {
    let server = Server::start(with_tokens(|_| Act::SayClose(b"\x16\x03\x01 garbage\r\n\r\n".to_vec()))).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "x");
    assert!(matches!(engine.end_of(message).await, DeliveryStatus::Unknown(_)));
    let exchange = engine.exchange_of(message);
    let Some(Ending::Failed(failure)) = &exchange.last_attempt().unwrap().ending else { panic!("{exchange:?}") };
    assert_eq!((failure.kind, failure.phase, failure.wrote), (FailureKind::Protocol, Phase::Answer, true));
    assert_eq!(server.count("/messaging/"), 1);
    engine.stop().await;
}

/// Whole answers that are not what was hoped for: each status to its outcome.
#[tokio::test]
async fn statuses_to_outcomes() {
    let server = Server::start(with_tokens(|req| {
        let status: u16 = req.body.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
        let headers = [("Location", "http://127.0.0.1:1/elsewhere"), ("ININ-Correlation-Id", "c-1")];
        Act::Say(answer(status, &headers, "not json"))
    }))
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    for (status, want) in [
        (200, "accepted"),
        (201, "accepted"),
        (202, "accepted"),
        (206, "unknown"),
        (299, "unknown"),
        (302, "refused"),
        (307, "refused"),
        (400, "refused"),
        (404, "refused"),
        (409, "refused"),
        (413, "refused"),
        (500, "unknown"),
        (502, "unknown"),
        (503, "unknown"),
        (504, "unknown"),
        (511, "refused"),
        (600, "unknown"),
        (999, "unknown"),
    ] {
        let message = engine.send(0, &status.to_string());
        assert_eq!(engine.end_of(message).await.word(), want, "{status}");
    }
    assert_eq!(server.count("/messaging/"), 18, "none was sent twice");
    engine.stop().await;
}

/// A success is one only where the service shows itself; one that somebody else gave, or nobody can be seen to have given,
/// is not, and what may have been received is not sent again.
#[tokio::test]
async fn a_success_of_nobody_is_none() {
    let html = ("Content-Type", "text/html; charset=utf-16");
    let page = "<!DOCTYPE html><title>Sign in</title>";
    for (answered, want) in [
        (answer(200, &[html], page), "refused"),
        (answer(200, &[("Via", "1.1 proxy.corp.example")], page), "refused"),
        (answer(200, &[], ""), "unknown"),
        (answer(200, &[("Content-Encoding", "gzip, gzip")], "not gzip"), "unknown"),
        (answer(503, &[("Retry-After", "1")], ""), "unknown"),
        (answer(204, &[("ININ-Correlation-Id", "c-1")], ""), "accepted"),
        (answer(202, &[("x-request-id", "r-1")], ""), "accepted"),
    ] {
        let said = String::from_utf8_lossy(&answered).into_owned();
        let server = Server::start(with_tokens(move |_| Act::Say(answered.clone()))).await;
        let mut engine = TestEngine::start(profile(&server.url(), 1));
        let message = engine.send(0, "x");
        let delivery = engine.end_of(message).await;
        assert_eq!(delivery.word(), want, "{said}: {delivery:?}");
        let word = engine.exchange_of(message).outcome.word();
        assert_eq!(
            word,
            match want {
                "accepted" => "ok",
                "refused" => "ERR",
                _ => "UNKN",
            },
            "{said}"
        );
        assert_eq!(server.count("/messaging/"), 1, "{said}");
        engine.stop().await;
    }
}

/// Nobody listens: tried again, bounded, counted down, then said to be not sent. When somebody does, it goes.
#[tokio::test]
async fn a_refused_connection_is_tried_again_then_told() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let mut profile = profile(&server.url(), 1);
    profile.hosts.api = nowhere;
    let mut engine = TestEngine::start_with(profile, Clock::fast(200), vec![]);
    let message = engine.send(0, "x");
    let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("not told") };
    let why = why.to_string();
    assert!(why.starts_with("connecting: ") && why.ends_with("tried 5 times"), "{why}");
    let exchange = engine.exchange_of(message);
    assert!(matches!(exchange.outcome, Outcome::Failed(_)));
    assert_eq!(exchange.attempts().count(), 5);
    assert_eq!(exchange.steps.iter().filter(|s| matches!(s, ExchangeStep::Wait { .. })).count(), 4);
    for attempt in exchange.attempts() {
        let Some(Ending::Failed(failure)) = &attempt.ending else { panic!("{attempt:?}") };
        assert_eq!((failure.kind, failure.phase, failure.wrote), (FailureKind::Connect, Phase::Connect, false));
    }
    engine.stop().await;
}

#[tokio::test]
async fn an_unresolvable_host_is_a_look_up_failure() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let mut profile = profile(&server.url(), 1);
    profile.hosts.api = "http://no-such-host.invalid".into();
    let mut engine = TestEngine::start_with(profile, Clock::fast(200), vec![]);
    let message = engine.send(0, "x");
    assert!(matches!(engine.end_of(message).await, DeliveryStatus::Refused(_)));
    let exchange = engine.exchange_of(message);
    let Some(Ending::Failed(failure)) = &exchange.last_attempt().unwrap().ending else { panic!("{exchange:?}") };
    assert_eq!((failure.kind, failure.phase, failure.wrote), (FailureKind::Dns, Phase::Resolve, false));
    engine.stop().await;
}

/// The server closes the idle connection between sends, again and again: every message arrives exactly once.
#[tokio::test]
async fn a_stale_connection_never_writes_twice() {
    let server = Server::start(with_tokens(|_| Act::SayClose(answer(200, &[], r#"{"id":"m"}"#)))).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let mut texts = Vec::new();
    for n in 0..200 {
        let text = format!("m{n}");
        let message = engine.send(0, &text);
        // The close may cross the next request: then it is unknown, and it must not come again by itself.
        let delivery = engine.end_of(message).await;
        assert!(matches!(delivery, DeliveryStatus::Accepted | DeliveryStatus::Unknown(_)), "{delivery:?}");
        if delivery == DeliveryStatus::Accepted {
            texts.push(text);
        }
    }
    let got = server.texts();
    let mut once = got.clone();
    once.dedup();
    assert_eq!(got, once, "something was written twice");
    assert!(texts.iter().all(|t| got.contains(t)));
    engine.stop().await;
}

/// `Retry-After` as seconds and as a date against the server's own clock, and the body's word; each is waited for, and told.
#[tokio::test]
async fn a_named_wait_is_obeyed() {
    let clock = Clock::fast(50);
    let date = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:49:44 GMT")];
    let body = r#"{"code":"too.many.requests.retry.after","message":"Rate limit exceeded the maximum. Retry the request in [7] seconds"}"#;
    for refusal in [
        answer(429, &[("Retry-After", "7")], "{}"),
        answer(429, &date, "{}"),
        answer(429, &[], body),
        answer(429, &[], r#"{"retryAfter":7}"#),
        answer(503, &[("Retry-After", "7")], r#"{"code":"too.many.requests"}"#),
    ] {
        let times: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let shared = Arc::clone(&times);
        let said = String::from_utf8_lossy(&refusal).into_owned();
        let server = Server::start(with_tokens(move |_| {
            shared.lock().unwrap().push(clock.now().mono);
            if shared.lock().unwrap().len() == 1 { Act::Say(refusal.clone()) } else { json(200, r#"{"id":"m"}"#) }
        }))
        .await;
        let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
        let message = engine.send(0, "x");
        engine.until(
            |r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("Retry-After 7 s")),
        )
        .await;
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted, "{said}");
        let times = times.lock().unwrap().clone();
        assert!(times[1].saturating_sub(times[0]) >= Duration::from_secs(7), "{said}: {times:?}");
        assert!(times[1].saturating_sub(times[0]) < Duration::from_secs(60), "{said}: {times:?}");
        assert_eq!(engine.exchange_of(message).attempts().count(), 2);
        engine.stop().await;
    }
}

/// The rate limit's headers are known before they refuse: the queue paces and no 429 is provoked.
#[tokio::test]
async fn the_queue_paces_to_the_known_limit() {
    let clock = Clock::fast(50);
    let window: &'static Mutex<(Duration, u32)> = Box::leak(Box::default());
    let server = Server::start(with_tokens(move |_| {
        let now = clock.now().mono;
        let mut state = window.lock().unwrap();
        if now >= state.0 {
            *state = (now + Duration::from_secs(30), 0);
        }
        state.1 += 1;
        let left = state.0.saturating_sub(now).as_secs() + 1;
        let headers = [
            ("inin-ratelimit-count", state.1.to_string()),
            ("inin-ratelimit-allowed", "5".to_owned()),
            ("inin-ratelimit-reset", left.to_string()),
        ];
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Act::Say(answer(if state.1 > 5 { 429 } else { 200 }, &headers, "{}"))
    }))
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
    let sent: Vec<_> = (0..12).map(|n| engine.send(0, &n.to_string())).collect();
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    assert_eq!(server.count("/messaging/"), 12, "no 429 was provoked");
    assert!(engine.seen.iter().any(
        |r| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().starts_with("pacing"))
    ));
    assert!(engine.seen.iter().any(|r| matches!(r, Report::RateLimit(l) if l.allowed == 5)));
    engine.stop().await;
}

/// Messages of a conversation arrive in the order typed, one at a time; conversations run side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_within_and_side_by_side_between() {
    let flying = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (f, m) = (Arc::clone(&flying), Arc::clone(&most));
    // The first three wait for each other: were they not side by side, nothing would ever be answered.
    let (meet, first) = (Arc::new(Barrier::new(3)), AtomicUsize::new(0));
    let server = Server::start(with_tokens(move |_| {
        m.fetch_max(f.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let say = Act::Leave(Arc::clone(&f), Box::new(json(200, r#"{"id":"m"}"#)));
        if first.fetch_add(1, Ordering::SeqCst) < 3 { Act::Meet(Arc::clone(&meet), Box::new(say)) } else { say }
    }))
    .await;
    let mut profile = profile(&server.url(), 5);
    profile.parallel = 3;
    let mut engine = TestEngine::start(profile);
    let sent: Vec<_> =
        (0..20).flat_map(|n| (0..5).map(move |c| (c, n))).map(|(c, n)| engine.send(c, &format!("{c}:{n}"))).collect();
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    let texts = server.texts();
    for c in 0..5 {
        let mine: Vec<_> = texts.iter().filter(|t| t.starts_with(&format!("{c}:"))).cloned().collect();
        assert_eq!(mine, (0..20).map(|n| format!("{c}:{n}")).collect::<Vec<_>>());
    }
    assert_eq!(most.load(Ordering::SeqCst), 3, "three side by side, and no more");
    engine.stop().await;
}

/// Taken back while waiting: never sent. Taken back on the wire: unknown.
#[tokio::test]
async fn taking_back() {
    let server = Server::start(with_tokens(|_| Act::Hang)).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let (flying, waiting) = (engine.send(0, "flying"), engine.send(0, "waiting"));
    engine
        .until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Sending { .. }, .. } if *id == flying))
        .await;
    while server.count("/messaging/") == 0 {
        tokio::task::yield_now().await;
    }
    engine.handle.ask(Command::Cancel(waiting));
    assert_eq!(engine.end_of(waiting).await, DeliveryStatus::Cancelled);
    engine.handle.ask(Command::Cancel(flying));
    assert!(matches!(engine.end_of(flying).await, DeliveryStatus::Unknown(_)));
    assert_eq!(server.texts(), ["flying"]);
    engine.stop().await;
}

/// Taken back before a connection exists: nothing was written, and that is known.
#[tokio::test]
async fn taken_back_while_connecting_is_cancelled() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    // A listener whose queue is full: connecting to it hangs.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let addr = full.local_addr().unwrap();
    let mut crowd = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(addr)).await
    {
        crowd.push(stream);
    }
    let mut profile = profile(&server.url(), 1);
    profile.hosts.api = format!("http://{addr}");
    let mut engine = TestEngine::start(profile);
    let message = engine.send(0, "x");
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Sending { .. }, .. })).await;
    engine.handle.ask(Command::Cancel(message));
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Cancelled);
    engine.stop().await;
}

/// A hanging server: the bound ends the try, as unknown.
#[tokio::test]
async fn a_silent_server_is_unknown_after_the_bound() {
    let server = Server::start(with_tokens(|_| Act::Hang)).await;
    let mut profile = profile(&server.url(), 1);
    profile.request_timeout = Duration::from_millis(300);
    let mut engine = TestEngine::start(profile);
    let message = engine.send(0, "x");
    let DeliveryStatus::Unknown(why) = engine.end_of(message).await else { panic!("not unknown") };
    assert_eq!(why.to_string(), "waiting for the answer: timed out");
    assert_eq!(server.count("/messaging/"), 1);
    engine.stop().await;
}

/// Refused by guestwire itself, before a byte is written.
#[tokio::test]
async fn local_refusals() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let mut profile = profile(&server.url(), 3);
    profile.conversations[1].conversation.address =
        Address::WebMessaging { deployment_id: "d".into(), origin: "https://shop.example".into() };
    if let Address::GuestApi { conversation_id, .. } = &mut profile.conversations[2].conversation.address {
        *conversation_id = "not a uuid / at all".into();
    }
    let mut engine = TestEngine::start(profile);
    for (conversation, text, words) in [
        (0, String::new(), "the text is blank"),
        (0, " \n".to_owned(), "the text is blank"),
        (0, "é".repeat(2049), "4098 bytes, 2 more than the limit of 4096"),
        (1, " ".to_owned(), "the text is blank"),
        (9, "x".to_owned(), "no conversation number 9"),
    ] {
        let message = engine.send(conversation, &text);
        let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("{words}") };
        assert!(why.to_string().contains(words), "{why}");
        assert_eq!(engine.exchange_of(message).attempts().count(), 0);
    }
    let (full, odd) = (engine.send(0, &"é".repeat(2048)), engine.send(2, "malformed on purpose"));
    assert_eq!(engine.end_of(full).await, DeliveryStatus::Accepted);
    assert_eq!(engine.end_of(odd).await, DeliveryStatus::Accepted);
    assert_eq!(server.count("/messaging/"), 2);
    assert_eq!(server.count("/messaging/not%20a%20uuid%20%2F%20at%20all/messages"), 1);
    engine.stop().await;
}

/// A stop lets what is on the wire finish, and says of everything how it ended.
#[tokio::test]
async fn a_stop_finishes_what_is_on_the_wire() {
    let server =
        Server::start(with_tokens(|_| Act::After(Duration::from_millis(200), Box::new(json(200, r#"{"id":"m"}"#)))))
            .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let (flying, waiting) = (engine.send(0, "flying"), engine.send(0, "waiting"));
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Sending { .. }, .. })).await;
    let reports = engine.stop().await;
    let last = |message| {
        reports.iter().rev().find_map(|r| match r {
            Report::Message { id, delivery, .. } if *id == message => Some(delivery.clone()),
            _ => None,
        })
    };
    assert_eq!(last(flying), Some(DeliveryStatus::Accepted));
    assert_eq!(last(waiting), Some(DeliveryStatus::Cancelled));
    assert_eq!(server.texts(), ["flying"]);
}

/// Dropping every handle stops the engine too; starting one does no work before it returns.
#[tokio::test]
async fn handles_hold_the_engine_and_starting_does_no_work() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let profile = Arc::new(profile(&server.url(), 1));
    let (engine, mut reports) =
        guestwire::engine::EngineHandle::start(profile, Clock::start(), guestwire::engine::EngineOptions::default());
    assert!(reports.try_recv().is_err(), "nothing is reported yet");
    assert!(server.log().is_empty(), "nothing is asked yet");
    while !matches!(reports.recv().await, Some(Report::Token(TokenStatus::Valid(_)))) {}
    drop(engine);
    while let Some(report) = reports.recv().await {
        if report == Report::Stopped {
            return;
        }
    }
    panic!("it did not say that it stopped");
}

/// Exchanges are told as whole snapshots under one number, in order.
#[tokio::test]
async fn an_exchange_is_told_when_it_begins_and_when_it_ends() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"remote-7"}"#))).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "hello there");
    engine.end_of(message).await;
    let told: Vec<_> = engine
        .seen
        .iter()
        .filter_map(|r| match r {
            Report::Exchange(e) if e.kind == ExchangeKind::Send => {
                Some((e.what.clone(), e.outcome.clone(), e.took.is_some()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [("hello there".to_owned(), Outcome::Open, false), ("hello there".to_owned(), Outcome::Accepted, true)]
    );
    assert!(engine.seen.iter().any(
        |r| matches!(r, Report::Message { remote_id: Some(id), delivery: DeliveryStatus::Accepted, .. } if id == "remote-7")
    ));
    let attempt = engine.exchange_of(message).last_attempt().unwrap().clone();
    assert!(attempt.timing.total.is_some() && attempt.timing.first_byte.is_some());
    assert!(attempt.timing.reused, "the token's connection, same host");
    assert!(server.log().iter().all(|r| r.connection == 0));
    engine.stop().await;
}
