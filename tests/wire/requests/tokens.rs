//! Tokens: renewal that nobody notices, single flight, and refusals that stay refusals.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::{ClientAuth, Credentials, SecretSource};
use guestwire::engine::{Command, Report};
use guestwire::model::{
    ConversationKey, DeliveryStatus, ExchangeKind, ExchangeStep, Generation, MessageId, Outcome, OutgoingMessage,
    ProbeQuestion, Probed, TokenStatus, Variation,
};

use tokio::sync::Barrier;

use crate::support::engine::{TOKEN, TestEngine, granted, is_send, is_token, profile, unauthorized, with_tokens};
use crate::support::http_server::{Act, Server, answer, json};

/// Hundreds of sends over a dozen token lifetimes: nothing is refused, and no more tokens are minted than lifetimes need.
/// The clock runs fifty times as fast; the server ends its tokens by it. A slow machine takes more lifetimes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewal_is_never_seen() {
    const LIFETIME: u64 = 30;
    const LIFETIMES: u32 = 12;
    const SENDS: u32 = 500;
    let clock = Clock::fast(50);
    let minted = AtomicU64::new(0);
    let ends: Mutex<Vec<Duration>> = Mutex::new(Vec::new());
    let server = Server::start(move |req| {
        let now = clock.now().mono;
        if is_token(req) {
            let n = minted.fetch_add(1, Ordering::SeqCst) + 1;
            ends.lock().unwrap().push(now + Duration::from_secs(LIFETIME));
            return granted(n, LIFETIME);
        }
        let n: usize = req.bearer().strip_prefix(TOKEN).unwrap().parse().unwrap();
        if now < ends.lock().unwrap()[n - 1] { json(200, r#"{"id":"m"}"#) } else { unauthorized() }
    })
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 4), clock, vec![]);
    let mut sent = 0_u32;
    while sent < SENDS || clock.now().mono < Duration::from_secs(LIFETIME) * LIFETIMES {
        let batch: Vec<_> = (0..4).flat_map(|c| [(c, "a"), (c, "b")]).map(|(c, text)| engine.send(c, text)).collect();
        for message in batch {
            assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
            sent += 1;
        }
    }
    // A token lives at least four fifths of its lifetime before its successor is asked for.
    let lifetimes = usize::try_from(clock.now().mono.as_secs() / LIFETIME).unwrap();
    let needed = lifetimes * 5 / 4 + 3;
    let renewals = server.count("/oauth/token");
    assert!(renewals >= usize::try_from(LIFETIMES).unwrap() - 1, "only {renewals}");
    assert!(renewals <= needed, "{renewals} renewals, {needed} were needed");
    assert!(engine.exchanges(ExchangeKind::Send).iter().all(|e| e.outcome == Outcome::Accepted));
    engine.stop().await;
}

/// Fifty sends meet a revoked token at once: one renewal, fifty accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_renew_once() {
    let all = Arc::new(Barrier::new(50));
    let minted = AtomicU64::new(0);
    let server = Server::start(move |req| match () {
        () if is_token(req) => {
            Act::After(Duration::from_millis(50), Box::new(granted(minted.fetch_add(1, Ordering::SeqCst) + 1, 3600)))
        }
        () if req.bearer().ends_with("0001") => Act::Meet(Arc::clone(&all), Box::new(unauthorized())),
        () => json(200, r#"{"id":"m"}"#),
    })
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 50));
    engine.signed_in().await;
    let sent: Vec<_> = (0..50).map(|c| engine.send(c, "hello")).collect();
    for message in &sent {
        assert_eq!(engine.end_of(*message).await, DeliveryStatus::Accepted);
    }
    assert_eq!(server.count("/oauth/token"), 2, "one sign-in, one renewal");
    assert_eq!(server.count("/messaging/"), 100, "each once with the old and once with the new");
    let renewal = engine.exchanges(ExchangeKind::Token)[1].id;
    for message in sent {
        let exchange = engine.exchange_of(message);
        let generations: Vec<_> = exchange.attempts().map(|a| a.generation).collect();
        assert_eq!(generations, [Some(Generation(1)), Some(Generation(2))]);
        let waited = exchange.steps.iter().find_map(|s| match s {
            ExchangeStep::Renewal { exchange, generation, took, .. } => Some((*exchange, *generation, took.is_some())),
            _ => None,
        });
        // Those that were answered after the renewal was done did not wait for it.
        assert!(matches!(waited, None | Some((_, Some(Generation(2)), true))), "{waited:?}");
        assert!(waited.is_none_or(|(id, ..)| id == renewal));
    }
    engine.stop().await;
}

/// A fresh token that is refused at once is a refusal, shown with both tries; the next message does not mint again.
#[tokio::test]
async fn a_refusal_stays_one() {
    let server = Server::start(with_tokens(|_| unauthorized())).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let (first, second) = (engine.send(0, "one"), engine.send(0, "two"));
    for message in [first, second] {
        let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("not refused") };
        assert!(why.to_string().starts_with("401 unauthorized: The request could not"), "{why}");
    }
    assert_eq!(engine.exchange_of(first).attempts().count(), 2);
    assert_eq!(engine.exchange_of(second).attempts().count(), 1);
    assert_eq!(server.count("/oauth/token"), 2);
    engine.stop().await;
}

#[tokio::test]
async fn a_403_never_renews() {
    let server = Server::start(with_tokens(|_| json(403, r#"{"code":"not.authorized","message":"no"}"#))).await;
    let mut engine = TestEngine::start(profile(&server.url(), 3));
    for conversation in 0..3 {
        let message = engine.send(conversation, "x");
        let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("not refused") };
        assert_eq!(why.to_string(), "403 not.authorized: no");
    }
    assert_eq!((server.count("/oauth/token"), server.count("/messaging/")), (1, 3));
    engine.stop().await;
}

/// A token that was got for negative tests ends, as each does: then another is asked for, and none is sent that is over.
#[tokio::test]
async fn a_token_of_another_scope_is_used_until_it_ends() {
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    let server = Server::start(move |req| match () {
        () if is_token(req) && req.body.ends_with("scope=messaging:guest") => {
            granted(100 + counted.fetch_add(1, Ordering::SeqCst), 1)
        }
        () if is_token(req) => granted(1, 3600),
        () => json(403, r#"{"code":"not.authorized","message":"no"}"#),
    })
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let end = std::time::Instant::now() + Duration::from_secs(60);
    for id in 50.. {
        let request = OutgoingMessage::text(ConversationKey(0), "x").varied(Some(Variation::WrongScope));
        engine.handle.ask(Command::Send(MessageId(id), request));
        assert!(matches!(engine.end_of(MessageId(id)).await, DeliveryStatus::Refused(_)));
        if asked.load(Ordering::SeqCst) > 1 {
            break;
        }
        assert!(std::time::Instant::now() < end, "no other token was asked for");
    }
    engine.stop().await;
}

/// While renewal fails the old token, which is still valid, goes on being used.
#[tokio::test]
async fn sends_go_on_while_renewal_fails() {
    let clock = Clock::fast(50);
    let minted = AtomicU64::new(0);
    let server = Server::start(move |req| match () {
        () if is_token(req) => match minted.fetch_add(1, Ordering::SeqCst) {
            0 => granted(1, 300),
            1 | 2 => json(500, "{}"),
            n => granted(n, 3600),
        },
        () => json(200, r#"{"id":"m"}"#),
    })
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
    engine.until(|r| matches!(r, Report::Token(TokenStatus::RenewFailed(_, _, why)) if why.contains("500"))).await;
    let message = engine.send(0, "meanwhile");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    assert_eq!(engine.exchange_of(message).last_attempt().unwrap().generation, Some(Generation(1)));
    engine.until(|r| matches!(r, Report::Token(TokenStatus::Valid(f)) if f.generation == Generation(2))).await;
    engine.stop().await;
}

/// A wrong secret is told, not tried again; messages wait visibly and go once a sign-in works.
#[tokio::test]
async fn a_bad_client_is_not_tried_again_and_messages_wait() {
    static MENDED: AtomicBool = AtomicBool::new(false);
    let server = Server::start(move |req| match () {
        () if is_token(req) && !MENDED.load(Ordering::SeqCst) => json(
            400,
            &format!(
                r#"{{"error":"invalid_client","error_description":"{} is wrong"}}"#,
                crate::support::engine::SECRET
            ),
        ),
        () if is_token(req) => granted(1, 3600),
        () => json(200, r#"{"id":"m"}"#),
    })
    .await;
    let clock = Clock::fast(1000);
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
    let message = engine.send(0, "waits");
    let report = engine.until(|r| matches!(r, Report::Token(TokenStatus::BadClient(_)))).await;
    assert!(format!("{report:?}").contains("«client secret» is wrong"), "{report:?}");
    // A quarter of an hour passes; a probe behind it proves that nothing else was asked.
    let later = clock.now().after(Duration::from_secs(900));
    tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(later))).await;
    assert_eq!(server.count("/oauth/token"), 1);
    assert_eq!(engine.delivery(message), Some(DeliveryStatus::Queued));
    MENDED.store(true, Ordering::SeqCst);
    engine.handle.ask(Command::SignIn);
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    engine.stop().await;
}

#[tokio::test]
async fn a_limited_sign_in_obeys_retry_after() {
    let clock = Clock::fast(100);
    let asked: &'static Mutex<Vec<Duration>> = Box::leak(Box::default());
    let server = Server::start(move |req| {
        assert!(is_token(req));
        asked.lock().unwrap().push(clock.now().mono);
        match asked.lock().unwrap().len() {
            1 => Act::Say(answer(429, &[("Retry-After", "20")], "{}")),
            n => granted(n as u64, 3600),
        }
    })
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), clock, vec![]);
    engine.until(|r| matches!(r, Report::Token(TokenStatus::Limited(..)))).await;
    engine.signed_in().await;
    let asked = asked.lock().unwrap().clone();
    assert!(asked[1].saturating_sub(asked[0]) >= Duration::from_secs(20), "{asked:?}");
    engine.stop().await;
}

/// Scopes that the token answer does not name are asked for before the first message goes; a stripped one is announced.
#[tokio::test]
async fn a_stripped_scope_is_announced_before_the_first_message() {
    let server = Server::start(move |req| match req.path.as_str() {
        "/oauth/token" => json(200, &format!(r#"{{"access_token":"{TOKEN}0001","expires_in":3600}}"#)),
        "/api/v2/tokens/me" => Act::After(
            Duration::from_millis(100),
            Box::new(json(
                200,
                r#"{"organization":{"name":"Acme"},"authorizedScope":["other"],"OAuthClient":{"name":"qa"}}"#,
            )),
        ),
        _ => json(200, r#"{"id":"m"}"#),
    })
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    let message = engine.send(0, "hello");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted, "it may be sent all the same");
    let notice =
        engine.seen.iter().position(|r| matches!(r, Report::Notice(_, text) if text.contains("guest:messages:send")));
    let sending =
        engine.seen.iter().position(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Sending { .. }, .. }));
    assert!(notice.unwrap() < sending.unwrap());
    let facts = engine.seen.iter().rev().find_map(|r| match r {
        Report::Token(status) => status.facts().cloned(),
        _ => None,
    });
    let facts = facts.unwrap();
    assert_eq!((facts.missing, facts.organization), (vec!["guest:messages:send".to_owned()], Some("Acme".to_owned())));
    let order: Vec<_> = server.log().into_iter().map(|r| r.path).collect();
    assert_eq!(order.len(), 3);
    assert!(order[2].contains("/messaging/"), "verified first: {order:?}");
    engine.stop().await;
}

#[tokio::test]
async fn a_pasted_token_is_used_and_never_renewed() {
    let server = Server::start(|req| if is_send(req) { unauthorized() } else { json(200, r#"{"id":"m"}"#) }).await;
    let mut profile = profile(&server.url(), 1);
    profile.credentials = Credentials::Pasted(SecretSource::Literal(format!("{TOKEN}pasted").into()));
    let mut engine = TestEngine::start(profile);
    let message = engine.send(0, "x");
    assert!(matches!(engine.end_of(message).await, DeliveryStatus::Refused(why) if why.to_string().starts_with("401")));
    assert_eq!((server.count("/oauth/token"), server.count("/messaging/")), (0, 1));
    engine.stop().await;
}

/// "Signed in" means that the service took the token: in whatever form it was pasted, and unless it says 401.
#[tokio::test]
async fn a_pasted_token_is_unwrapped_and_asked_about() {
    let server = Server::start(|req| match (req.path.as_str(), req.bearer()) {
        ("/api/v2/tokens/me", bearer) if bearer.ends_with("good") => json(200, r#"{"authorizedScope":["a"]}"#),
        ("/api/v2/tokens/me", _) => json(401, r#"{"code":"bad.credentials","message":"Invalid login credentials."}"#),
        _ => json(200, r#"{"id":"m"}"#),
    })
    .await;
    let pasted = |text: String| {
        let mut profile = profile(&server.url(), 1);
        profile.credentials = Credentials::Pasted(SecretSource::Literal(text.into()));
        profile
    };
    for text in ["Bearer T", "\u{feff}\"T\"\r\n", "{\"access_token\":\"T\",\"expires_in\":86399}"] {
        let mut engine = TestEngine::start(pasted(text.replace('T', &format!("{TOKEN}good"))));
        let valid = engine.until(|r| matches!(r, Report::Token(status) if status.facts().is_some())).await;
        let Report::Token(TokenStatus::Valid(facts)) = valid else { panic!("{valid:?}") };
        assert_eq!(facts.acceptance, guestwire::model::TokenAcceptance::Taken);
        let message = engine.send(0, "x");
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
        engine.stop().await;
    }
    assert!(server.log().iter().all(|r| r.bearer() == format!("{TOKEN}good")), "{:?}", server.log());
    let mut engine = TestEngine::start(pasted(format!("{TOKEN}bad")));
    let refused = engine.until(|r| matches!(r, Report::Token(TokenStatus::Refused(401, _)))).await;
    assert!(format!("{refused:?}").contains("tokens/me answered 401 bad.credentials: Invalid login"), "{refused:?}");
    assert!(!engine.seen.iter().any(|r| matches!(r, Report::Token(status) if status.facts().is_some())), "signed in");
    // Its refusal is the answer to what it may do, however early it came.
    let refusal = engine.exchanges(ExchangeKind::Token).last().unwrap().id;
    engine.handle.ask(Command::Probe(ProbeQuestion::Scopes));
    let probed = engine.until(|r| matches!(r, Report::Probe(..))).await;
    assert!(matches!(probed, Report::Probe(_, Probed::Asked(id)) if id == refusal), "{probed:?}");
    engine.stop().await;
    let asked = server.log().len();
    let mut engine = TestEngine::start(pasted(format!("{TOKEN}a\r\nb c")));
    engine.until(|r| matches!(r, Report::Token(_))).await;
    engine.stop().await;
    let mut engine = TestEngine::start(pasted("hunter two".to_owned()));
    engine.until(|r| matches!(r, Report::Token(TokenStatus::NoSecret(why)) if why.contains("a blank"))).await;
    engine.stop().await;
    assert!(server.log().len() <= asked + 1, "a token that no header can carry is not sent");
}

/// Whatever a filter says at the token endpoint's address, renewal goes on; only an error of OAuth ends it.
#[tokio::test]
async fn a_filters_answer_is_never_the_end_of_renewal() {
    let answers: &'static AtomicU64 = Box::leak(Box::default());
    let server = Server::start(move |req| {
        assert!(is_token(req));
        match answers.fetch_add(1, Ordering::SeqCst) {
            0 => Act::Say(answer(302, &[("Location", "https://sso.example/")], "")),
            1 => Act::Say(answer(403, &[("Content-Type", "text/html")], "<html><title>Blocked</title></html>")),
            2 => json(404, r#"{"status":404,"error":"Not Found"}"#),
            3 => Act::Say(answer(200, &[("Content-Type", "text/html")], "<html>")),
            4 => json(200, r#"{"access_token":"tkn9c1-0001","expires_in":0}"#),
            5 => Act::Say(answer(200, &[("Content-Encoding", "br")], "\u{1b}")),
            6 => Act::Say(answer(407, &[("Proxy-Authenticate", "Basic")], "")),
            n => granted(n, 3600),
        }
    })
    .await;
    let mut engine = TestEngine::start_with(profile(&server.url(), 1), Clock::fast(50), vec![]);
    engine.signed_in().await;
    let said: Vec<String> = engine.exchanges(ExchangeKind::Token).iter().map(|x| format!("{:?}", x.outcome)).collect();
    for (said, part) in said.iter().zip([
        "a redirection to https://sso.example/",
        "403 Forbidden, with an HTML page (\\\"Blocked\\\")",
        "404 Not Found",
        "answered 200 with an HTML page instead",
        "a token that has ended already (expires_in 0)",
        "a body that cannot be read (br, not decoded)",
        "407 Proxy Authentication Required",
        "Accepted",
    ]) {
        assert!(said.contains(part), "{said}, not {part}");
    }
    let counted = |r: &&Report| matches!(r, Report::Token(TokenStatus::Expired(Some(_), _)));
    assert_eq!(engine.seen.iter().filter(counted).count(), 7, "each is told with its next try");
    engine.stop().await;
}

/// A secret that was replaced while guestwire runs is read once more before its refusal counts.
#[tokio::test]
async fn a_rotated_secret_is_read_again_before_the_client_is_given_up() {
    use base64::Engine as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    let write = |secret: &str| {
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.create(true).write(true).truncate(true), 0o600);
        std::io::Write::write_all(&mut options.open(&path).unwrap(), secret.as_bytes()).unwrap();
    };
    let valid: &'static Mutex<String> = Box::leak(Box::new(Mutex::new("s3cr3t+first".to_owned())));
    let server = Server::start(move |req| {
        let basic = req.header("authorization").unwrap().strip_prefix("Basic ").unwrap().to_owned();
        let basic = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(basic).unwrap()).unwrap();
        if basic.strip_prefix("the-client:") == Some(valid.lock().unwrap().as_str()) {
            granted(1, 1)
        } else {
            json(401, r#"{"error":"invalid_client","error_description":"authentication failed"}"#)
        }
    })
    .await;
    write("s3cr3t+first\n");
    let mut profile = profile(&server.url(), 1);
    if let Credentials::Client(client) = &mut profile.credentials {
        client.secret = SecretSource::File(path.clone());
    }
    let mut engine = TestEngine::start(profile);
    engine.signed_in().await;
    // It is rotated: the next renewal meets the refusal, and finds the new one.
    write("\u{feff}s3cr3t+second\r\n");
    *valid.lock().unwrap() = "s3cr3t+second".to_owned();
    engine.signed_in().await;
    let healed = engine.exchanges(ExchangeKind::Token).into_iter().find(|x| x.attempts().count() == 2).unwrap();
    assert_eq!(healed.outcome, Outcome::Accepted);
    // Rotated once more, and the file says nothing new: that is the end, after no further request.
    *valid.lock().unwrap() = "s3cr3t+third".to_owned();
    engine.until(|r| matches!(r, Report::Token(TokenStatus::BadClient(_)))).await;
    let last = engine.exchanges(ExchangeKind::Token).pop().unwrap();
    assert_eq!(last.attempts().count(), 1, "{last:?}");
    engine.stop().await;
}

/// A message that is sent after a person asked for a new token goes with that.
#[tokio::test]
async fn a_message_waits_for_the_token_that_was_asked_for_before_it() {
    let minted = AtomicU64::new(0);
    let server = Server::start(move |req| {
        if is_token(req) {
            let n = minted.fetch_add(1, Ordering::SeqCst) + 1;
            let Act::Say(grant) = granted(n, 3600) else { unreachable!() };
            return Act::After(Duration::from_millis(if n == 1 { 0 } else { 100 }), Box::new(Act::Say(grant)));
        }
        json(200, r#"{"id":"m"}"#)
    })
    .await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    engine.signed_in().await;
    engine.handle.ask(Command::Renew);
    let message = engine.send(0, "x");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let used: Vec<_> = server.log().iter().filter(|r| is_send(r)).map(|r| r.bearer().to_owned()).collect();
    assert_eq!(used, [format!("{TOKEN}0002")]);
    engine.stop().await;
}

#[tokio::test]
async fn missing_credentials_are_told_and_nothing_is_asked() {
    let server = Server::start(|_| json(200, r#"{"id":"m"}"#)).await;
    let mut profile = profile(&server.url(), 1);
    profile.credentials = Credentials::Missing("no client_secret in [profiles.test.oauth]; set it".into());
    let mut engine = TestEngine::start(profile);
    engine.until(|r| matches!(r, Report::Token(TokenStatus::NoSecret(why)) if why.contains("client_secret"))).await;
    let message = engine.send(0, "x");
    engine.until(|r| matches!(r, Report::Message { delivery: DeliveryStatus::Queued, .. })).await;
    engine.handle.ask(Command::Cancel(message));
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Cancelled);
    assert!(server.log().is_empty());
    assert!(matches!(engine.exchanges(ExchangeKind::Token)[0].outcome, Outcome::Refused(_)));
    engine.stop().await;
}

/// The request is to the letter, and the secret travels only where the profile says.
#[tokio::test]
async fn the_token_request_is_to_the_letter() {
    let server = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let mut engine = TestEngine::start(profile(&server.url(), 1));
    engine.signed_in().await;
    engine.stop().await;
    let mut profile = profile(&server.url(), 1);
    if let Credentials::Client(client) = &mut profile.credentials {
        client.client_auth = ClientAuth::Body;
    }
    let mut engine = TestEngine::start(profile);
    engine.signed_in().await;
    engine.stop().await;
    let log = server.log();
    assert_eq!(log[0].body, "grant_type=client_credentials&scope=guest:messages:send");
    assert_eq!(log[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(log[0].header("authorization").unwrap().starts_with("Basic dGhlLWNsaWVudDp"));
    assert!(
        log[1].body.ends_with("&client_id=the-client&client_secret=s3cr3t%2Bvalue%2Fthat%3Dstays"),
        "{}",
        log[1].body
    );
    assert_eq!(log[1].header("authorization"), None);
    let names: HashSet<_> = log[0].headers.iter().map(|(n, _)| n.as_str()).collect();
    assert!(!names.contains("referer") && !names.contains("cookie"));
}
