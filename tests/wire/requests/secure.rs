//! HTTPS: what is measured and shown of it, and certificates that nobody vouches for.

use guestwire::config::Profile;
use guestwire::model::{DeliveryStatus, Ending, Failure, FailureKind, Outcome, Phase, Response, TlsFault};

use super::http2::{Do, Http2};
use crate::support::certificates::Authority;
use crate::support::engine::{TestEngine, profile, with_tokens};
use crate::support::http_server::{Act, Server, json};

/// Tokens come over plain HTTP, so that the message's own request is the first on its host.
async fn split(api: &str, authority: Option<&Authority>) -> (Server, Profile) {
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    let mut profile = profile(&login.url(), 1);
    profile.hosts.api = api.to_owned();
    profile.ca_files = authority.map(Authority::files).unwrap_or_default();
    (login, profile)
}

/// The first send connects and is measured; the second uses its connection again.
async fn two_sends(profile: Profile, version: &str) -> [Response; 2] {
    let mut engine = TestEngine::start(profile);
    let sent = [engine.send(0, "first"), engine.send(0, "second")];
    for message in sent {
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    let attempts = sent.map(|message| engine.exchange_of(message).last_attempt().unwrap().clone());
    engine.stop().await;
    let [first, second] = attempts.each_ref().map(|a| a.timing);
    let (connect, tls) = (first.connect.unwrap(), first.tls.unwrap());
    assert!(!first.reused && first.resolve.is_some(), "{first:?}");
    // The handshake has two flights and signatures; opening a TCP connection to this machine has neither.
    assert!(!connect.is_zero() && !tls.is_zero(), "{first:?}");
    assert!(first.resolve.unwrap() + connect + tls <= first.first_byte.unwrap(), "{first:?}");
    assert!(first.first_byte <= first.total, "{first:?}");
    assert!(second.reused, "{second:?}");
    assert_eq!((second.resolve, second.connect, second.tls), (None, None, None));
    let responses = attempts.map(|a| a.response().unwrap().clone());
    for response in &responses {
        assert_eq!((response.status, response.version.as_str()), (200, version));
        assert!(response.remote.as_deref().unwrap().starts_with("127.0.0.1:"), "{:?}", response.remote);
    }
    responses
}

#[tokio::test]
async fn http1_over_tls() {
    let authority = Authority::new();
    let server = Server::secure(authority.acceptor("localhost", "http/1.1"), |_| json(200, r#"{"id":"m"}"#)).await;
    let api = format!("https://localhost:{}", server.addr.port());
    let (_login, profile) = split(&api, Some(&authority)).await;
    two_sends(profile, "HTTP/1.1").await;
    assert_eq!(server.texts(), ["first", "second"]);
    assert!(server.log().iter().all(|r| r.connection == 0));
}

#[tokio::test]
async fn http2_over_tls() {
    let authority = Authority::new();
    let server = Http2::start(authority.acceptor("localhost", "h2"), |_, _| Do::Say).await;
    let api = format!("https://localhost:{}", server.port);
    let (_login, profile) = split(&api, Some(&authority)).await;
    let [first, _] = two_sends(profile, "HTTP/2.0").await;
    assert!(first.headers.iter().any(|h| h.name == "inin-correlation-id" && h.value == "over-h2"));
    assert_eq!(server.texts(), ["first", "second"]);
}

/// What an untrusted server gets: nothing; what a person gets: the handshake named, and what may mend it.
async fn distrusted(api: &str, authority: Option<&Authority>) -> (String, Failure) {
    let (_login, profile) = split(api, authority).await;
    let mut engine = TestEngine::start(profile);
    let message = engine.send(0, "hello");
    let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("not refused") };
    let exchange = engine.exchange_of(message);
    assert_eq!(exchange.outcome, Outcome::Failed(why.clone()));
    assert_eq!(exchange.attempts().count(), 1, "a certificate is not healed by trying again");
    let Some(Ending::Failed(failure)) = exchange.last_attempt().unwrap().ending.clone() else { panic!("{exchange:?}") };
    engine.stop().await;
    (why.to_string(), failure)
}

#[tokio::test]
async fn an_unknown_authority_gets_nothing() {
    let authority = Authority::new();
    for alpn in ["http/1.1", "h2"] {
        let server = Server::secure(authority.acceptor("localhost", alpn), |_| Act::Hang).await;
        let (why, failure) = distrusted(&format!("https://localhost:{}", server.addr.port()), None).await;
        assert_eq!(
            (failure.kind, failure.phase, failure.wrote),
            (FailureKind::Tls(TlsFault::UnknownIssuer), Phase::Tls, false)
        );
        assert!(why.starts_with("TLS handshake: no authority that is trusted vouches"), "{why}");
        assert!(why.contains("ca_files"), "what may mend it: {why}");
        assert!(server.log().is_empty());
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_gets_nothing() {
    let authority = Authority::new();
    let server = Server::secure(authority.acceptor("elsewhere.example", "http/1.1"), |_| Act::Hang).await;
    let (why, failure) = distrusted(&format!("https://localhost:{}", server.addr.port()), Some(&authority)).await;
    assert_eq!((failure.kind, failure.wrote), (FailureKind::Tls(TlsFault::WrongName), false));
    assert!(why.contains("elsewhere.example") && !why.contains("ca_files"), "{why}");
    assert!(server.log().is_empty());
}

/// A server that wants a certificate of the client: with TLS 1.3 it says so after the request was written, and has read
/// nothing of it.
#[tokio::test]
async fn a_server_that_wants_a_certificate_of_ours_is_told_at_once() {
    let authority = Authority::new();
    let server = Server::secure(authority.demanding("localhost"), |_| Act::Hang).await;
    let (why, failure) = distrusted(&format!("https://localhost:{}", server.addr.port()), Some(&authority)).await;
    assert_eq!((failure.kind, failure.wrote), (FailureKind::Tls(TlsFault::ClientCertificate), false), "{why}");
    assert!(why.contains("wants a certificate of the client"), "{why}");
}

/// Certificates whose time is over, or that are an authority's own: the day, and what to set.
#[tokio::test]
async fn certificates_that_cannot_be_used_are_told_in_plain_words() {
    let authority = Authority::new();
    for (acceptor, fault, part) in [
        (authority.expired("localhost"), TlsFault::Expired, "expired on 2021-02-03"),
        (Authority::itself("localhost"), TlsFault::SelfSigned, "ca_files"),
    ] {
        let server = Server::secure(acceptor, |_| Act::Hang).await;
        let (why, failure) = distrusted(&format!("https://localhost:{}", server.addr.port()), Some(&authority)).await;
        assert_eq!((failure.kind, failure.phase), (FailureKind::Tls(fault), Phase::Tls), "{why}");
        assert!(why.contains(part), "{why}");
    }
}

/// A CA file that is not there: the file is named, in the part in which it is needed.
#[tokio::test]
async fn a_ca_file_that_cannot_be_read_is_named() {
    let (_login, mut profile) = split("https://localhost:1", None).await;
    let here = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    profile.hosts.api = format!("https://{}", here.local_addr().unwrap());
    profile.ca_files = vec!["/nonexistent/ca.pem".into()];
    let mut engine = TestEngine::start(profile);
    let message = engine.send(0, "hello");
    let DeliveryStatus::Refused(why) = engine.end_of(message).await else { panic!("not refused") };
    assert!(why.to_string().starts_with("TLS handshake: the CA file /nonexistent/ca.pem: it cannot be read"), "{why}");
    assert_eq!(engine.exchange_of(message).attempts().count(), 1);
    engine.stop().await;
}

/// A server that speaks no TLS where TLS is wanted: nothing was sent, and the words say what it is about.
#[tokio::test]
async fn no_tls_where_tls_is_wanted() {
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = deaf.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = deaf.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let (why, failure) = distrusted(&format!("https://127.0.0.1:{port}"), None).await;
    assert_eq!(
        (failure.kind, failure.phase, failure.wrote),
        (FailureKind::Tls(TlsFault::Other), Phase::Tls, false),
        "{why}"
    );
}

/// The rules for lost answers are the same under TLS: unknown, once.
#[tokio::test]
async fn a_reset_under_tls_is_unknown() {
    let authority = Authority::new();
    let server = Server::secure(authority.acceptor("localhost", "http/1.1"), |_| Act::SayReset(Vec::new())).await;
    let api = format!("https://localhost:{}", server.addr.port());
    let (_login, profile) = split(&api, Some(&authority)).await;
    let mut engine = TestEngine::start(profile);
    let message = engine.send(0, "once");
    assert!(matches!(engine.end_of(message).await, DeliveryStatus::Unknown(_)));
    assert_eq!(server.texts(), ["once"]);
    engine.stop().await;
}
