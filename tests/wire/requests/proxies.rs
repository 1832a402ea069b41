//! Proxies that the environment names: used for everything outside this machine, never for this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use guestwire::clock::Clock;
use guestwire::config::{Profile, ProfileProxy};
use guestwire::engine::{EngineOptions, Environment, Report};
use guestwire::model::{DeliveryStatus, Ending, FailureKind, MessageId, Party, ProxyName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::certificates::Authority;
use crate::support::engine::{TestEngine, profile, with_tokens};
use crate::support::http_server::{Server, json};

/// An environment with these variables and no others.
fn environment(variables: &[(&'static str, String)]) -> Environment {
    let variables = variables.to_vec();
    Environment::of(move |name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()))
}

fn start(profile: Profile, variables: &[(&'static str, String)]) -> TestEngine {
    let options = EngineOptions {
        seed: 7,
        read_pauses: Vec::new(),
        environment: environment(variables),
        ..EngineOptions::default()
    };
    TestEngine::with_options(profile, Clock::start(), options)
}

async fn one_send(engine: &mut TestEngine) -> (MessageId, DeliveryStatus) {
    let message = engine.send(0, "hello");
    let delivery = engine.end_of(message).await;
    (message, delivery)
}

/// A proxy for CONNECT that leads every name to `target`. Counts what it tunnelled, and what names were asked for.
async fn tunnel(target: u16, says: String, tunnelled: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (tunnelled, says) = (Arc::clone(&tunnelled), says.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(near.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                if !head.starts_with("CONNECT api.outside.example:443 HTTP/1.1\r\n") {
                    near.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
                    return;
                }
                tunnelled.fetch_add(1, Ordering::SeqCst);
                near.write_all(says.as_bytes()).await.unwrap();
                let mut far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

/// `http://` outside: the proxy is asked for the absolute URL, by either spelling of the variable.
#[tokio::test]
async fn plain_requests_outside_go_to_the_proxy() {
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let proxy = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
        let mut profile = profile(&proxy.url(), 1);
        profile.hosts.api = "http://api.outside.example".into();
        let mut engine = start(profile, &[(variable, proxy.url())]);
        assert_eq!(one_send(&mut engine).await.1, DeliveryStatus::Accepted, "{variable}");
        assert_eq!(proxy.count("http://api.outside.example/api/v2/conversations/messaging/"), 1, "{variable}");
        engine.stop().await;
    }
}

/// `https://` outside: tunnelled, and the certificate that counts is the one behind the tunnel.
#[tokio::test]
async fn secure_requests_outside_go_through_a_tunnel() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("api.outside.example", "http/1.1");
    let api = Server::secure(acceptor, |_| json(200, r#"{"id":"m"}"#)).await;
    let tunnelled = Arc::new(AtomicUsize::new(0));
    let says = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    let proxy = tunnel(api.addr.port(), says, Arc::clone(&tunnelled)).await;
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let mut profile = profile(&login.url(), 1);
    profile.hosts.api = "https://api.outside.example".into();
    profile.ca_files = authority.files();
    let proxied = format!("http://127.0.0.1:{proxy}");
    let mut engine = start(profile, &[("https_proxy", proxied)]);
    let (message, delivery) = one_send(&mut engine).await;
    assert_eq!(delivery, DeliveryStatus::Accepted);
    assert_eq!((api.texts(), tunnelled.load(Ordering::SeqCst)), (vec!["hello".to_owned()], 1));
    let exchange = engine.exchange_of(message);
    let timing = exchange.last_attempt().unwrap().timing;
    assert!(timing.connect.is_some() && timing.tls.is_some(), "{timing:?}");
    engine.stop().await;
}

/// A profile's own proxy counts before the variables, and is named as such where it does not lead on.
#[tokio::test]
async fn the_proxy_of_a_profile_counts_before_the_variables() {
    let proxy = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let mut profile = profile(&proxy.url(), 1);
    profile.hosts.api = "http://api.outside.example".into();
    profile.proxy = Some(ProfileProxy::read(&proxy.url(), "`proxy` of the profile test").unwrap());
    // Nothing listens where the variable points.
    let mut engine = start(profile.clone(), &[("http_proxy", "http://127.0.0.1:9".to_owned())]);
    assert_eq!(one_send(&mut engine).await.1, DeliveryStatus::Accepted);
    assert_eq!(proxy.count("http://api.outside.example/api/v2/conversations/messaging/"), 1);
    engine.stop().await;

    profile.proxy = Some(ProfileProxy::read("http://127.0.0.1:9", "`proxy` of the profile test").unwrap());
    let mut engine = start(profile, &[("http_proxy", proxy.url())]);
    let message = engine.send(0, "hello");
    let named = "the proxy http://127.0.0.1:9 (`proxy` of the profile test)";
    let waits = |r: &Report| matches!(r, Report::Message { id, delivery: DeliveryStatus::Waiting { why, .. }, .. } if *id == message && why.to_string().contains(named));
    engine.until(waits).await;
    engine.stop().await;
}

/// A proxy that answers each CONNECT, once it has come, with these bytes, and reads on.
async fn answering(head: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let head = head.clone();
            tokio::spawn(async move {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    asked.push(near.read_u8().await.unwrap_or_default());
                }
                let _ = near.write_all(&head).await;
                let _ = tokio::io::copy(&mut near, &mut tokio::io::sink()).await;
            });
        }
    });
    (port, asked)
}

/// A proxy that says yes, and then speaks in place of the host, or lets somebody else speak.
#[tokio::test]
async fn whoever_breaks_the_handshake_behind_a_proxy_is_named_with_it() {
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let (port, _) = answering(b"HTTP/1.1 200 Connection established\r\n\r\nSSH-2.0-OpenSSH\r\n".to_vec()).await;
    let mut profile = profile(&login.url(), 1);
    profile.hosts.api = "https://api.outside.example".into();
    let mut engine = start(profile, &[("HTTPS_PROXY", format!("http://127.0.0.1:{port}"))]);
    let message = engine.send(0, "hello");
    let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("{:?}", engine.seen) };
    let why = why.to_string();
    let through = format!("it was reached through the proxy http://127.0.0.1:{port} (HTTPS_PROXY)");
    assert!(why.contains("api.outside.example does not speak TLS") && why.contains(&through), "{why}");
    engine.stop().await;
}

/// What a proxy answers to CONNECT: which proxy, which status and page, what to do; tried again only where that helps.
#[tokio::test]
async fn a_proxy_that_does_not_lead_on_is_named() {
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let page = "<html>Please sign in";
    // Its clock and its limits are nobody else's.
    let own = "Via: 1.1 corp\r\nDate: Mon, 23 Nov 2020 09:00:00 GMT\r\ninin-ratelimit-count: 299\r\n\
               inin-ratelimit-allowed: 300\r\ninin-ratelimit-reset: 60";
    let answer = |line: &str| format!("HTTP/1.1 {line}\r\n{own}\r\nContent-Length: 20\r\n\r\n{page}").into_bytes();
    let filler = format!("HTTP/1.1 403 No\r\nX-Filler: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(12 * 1024));
    let titled = "HTTP/1.1 403 Forbidden\r\nContent-Length: 31\r\n\r\n<title>Chat is blocked</title> ".to_owned();
    for (head, user, status, part) in [
        (answer("407 Proxy Authentication Required"), "", Some(407), "user and password before the host"),
        (answer("407 Proxy Authentication Required"), "me:hush-hush@", Some(407), "did not take the user and password"),
        (answer("403 Forbidden"), "", Some(403), "api.outside.example:443"),
        (filler.into_bytes(), "", Some(403), "answered 403 No"),
        (
            answer("302 Found\r\nLocation: http://portal.example/in?user=me"),
            "",
            Some(302),
            "answered 302 Found; leads to http://portal.example/in",
        ),
        (answer("511 Network Authentication Required"), "", Some(511), "wants a sign-in first"),
        (titled.into_bytes(), "", Some(403), "answered 403 Forbidden; a page “Chat is blocked”; it does not let"),
        (b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), "", None, "not HTTP"),
    ] {
        let (port, asked) = answering(head).await;
        let mut profile = profile(&login.url(), 1);
        profile.hosts.api = "https://api.outside.example".into();
        let variable = format!("http://{user}127.0.0.1:{port}");
        let mut engine = start(profile, &[("HTTPS_PROXY", variable)]);
        let message = engine.send(0, "hello");
        let why = loop {
            match engine.next().await {
                Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if status.is_none() => {
                    break why.to_string();
                }
                Report::Message { delivery: DeliveryStatus::Refused(why), .. } => break why.to_string(),
                _ => {}
            }
        };
        assert!(why.contains(part) && why.contains(&format!("http://127.0.0.1:{port} (HTTPS_PROXY)")), "{why}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{why}");
        let exchange = engine.exchange_of(message);
        let Some(Ending::Failed(failure)) = &exchange.last_attempt().unwrap().ending else { panic!("{why}") };
        let kind = if status.is_some() { FailureKind::Proxy } else { FailureKind::Protocol };
        assert_eq!((failure.kind, failure.wrote, failure.partial.as_ref().map(|p| p.status)), (kind, false, status));
        if let Some(partial) = failure.partial.as_ref().filter(|p| p.status != 403 || part.contains("api")) {
            assert_eq!(partial.body.text, page);
        }
        let name = ProxyName { address: format!("http://127.0.0.1:{port}"), named_by: Some("HTTPS_PROXY".to_owned()) };
        assert_eq!(failure.party, Party::Proxy { proxy: name });
        assert!(!format!("{:?}", engine.seen).contains("hush-hush"));
        assert!(
            !engine.seen.iter().any(|r| matches!(r, Report::ClockSkew(_) | Report::RateLimit(_))),
            "{:?}",
            engine.seen
        );
        engine.stop().await;
    }
}

/// A variable that leads to a dead port, and a proxy that failed itself: named, and tried again.
#[tokio::test]
async fn a_proxy_that_may_come_back_is_tried_again() {
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let (failing, _) = answering(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    for (port, kind) in [(1, FailureKind::Connect), (failing, FailureKind::Proxy)] {
        let mut profile = profile(&login.url(), 1);
        profile.hosts.api = "https://api.outside.example".into();
        let mut engine = start(profile, &[("all_proxy", format!("http://127.0.0.1:{port}"))]);
        let message = engine.send(0, "hello");
        let waits = |r: &Report| matches!(r, Report::Message { delivery: DeliveryStatus::Waiting { why, .. }, .. } if why.to_string().contains("(all_proxy)"));
        engine.until(waits).await;
        let exchange = engine.exchange_of(message);
        let Some(Ending::Failed(failure)) = &exchange.last_attempt().unwrap().ending else { panic!("{exchange:?}") };
        assert_eq!(failure.kind, kind);
        engine.stop().await;
    }
}

/// Any 2xx to CONNECT is a tunnel. [RFC 9110 9.3.6]
#[tokio::test]
async fn other_successes_to_connect_are_tunnels() {
    let authority = Authority::new();
    let api =
        Server::secure(authority.acceptor("api.outside.example", "http/1.1"), |_| json(200, r#"{"id":"m"}"#)).await;
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let head = format!("HTTP/1.0 299 Sure\r\nX-Filler: {}\r\n\r\n", "x".repeat(12 * 1024));
    let proxy = tunnel(api.addr.port(), head, Arc::default()).await;
    let mut profile = profile(&login.url(), 1);
    profile.hosts.api = "https://api.outside.example".into();
    profile.ca_files = authority.files();
    let mut engine = start(profile, &[("https_proxy", format!("http://127.0.0.1:{proxy}"))]);
    assert_eq!(one_send(&mut engine).await.1, DeliveryStatus::Accepted);
    engine.stop().await;
}

/// This machine is never reached by way of another, whatever the environment says.
#[tokio::test]
async fn loopback_never_goes_to_a_proxy() {
    let authority = Authority::new();
    let secure = Server::secure(authority.acceptor("localhost", "http/1.1"), |_| json(200, r#"{"id":"m"}"#)).await;
    let plain = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let proxy = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let everywhere = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        .map(|variable| (variable, proxy.url()));
    for api in [
        plain.url(),
        format!("http://localhost:{}", plain.addr.port()),
        format!("https://localhost:{}", secure.addr.port()),
    ] {
        let mut profile = profile(&plain.url(), 1);
        profile.hosts.api.clone_from(&api);
        profile.ca_files = authority.files();
        let mut engine = start(profile, &everywhere);
        assert_eq!(one_send(&mut engine).await.1, DeliveryStatus::Accepted, "{api}");
        engine.stop().await;
    }
    assert_eq!(proxy.log().len(), 0);
    assert_eq!((plain.texts().len(), secure.texts().len()), (2, 1));
}

/// Hosts of `no_proxy` are reached directly, or not at all.
#[tokio::test]
async fn no_proxy_is_obeyed() {
    let proxy = Server::start(with_tokens(|_| json(200, r#"{"id":"m"}"#))).await;
    let mut profile = profile(&proxy.url(), 1);
    // Not loopback by its name, but nobody's outside this machine either.
    profile.hosts.api = format!("http://0.0.0.0:{}", proxy.addr.port());
    let mut engine = start(profile, &[("http_proxy", "http://127.0.0.1:1".into()), ("no_proxy", "0.0.0.0".into())]);
    assert_eq!(one_send(&mut engine).await.1, DeliveryStatus::Accepted);
    assert_eq!(proxy.count("/messaging/"), 1);
    engine.stop().await;
}

/// A proxy that cannot be one is named by its variable, without its password.
#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_told_by_its_variable() {
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let mut profile = profile(&login.url(), 1);
    profile.hosts.api = "https://api.outside.example".into();
    let mut engine = start(profile, &[("https_proxy", "http://me:hush-hush@ not a host".into())]);
    let (_, delivery) = one_send(&mut engine).await;
    let DeliveryStatus::Refused(why) = delivery else { panic!("{delivery:?}") };
    assert!(why.to_string().contains("https_proxy"), "{why}");
    assert!(!format!("{:?}", engine.seen).contains("hush-hush"));
    engine.stop().await;
}
