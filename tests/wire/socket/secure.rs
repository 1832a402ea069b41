//! TLS and proxies under the socket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use guestwire::clock::Clock;
use guestwire::engine::{EngineOptions, Environment};
use guestwire::model::{DeliveryStatus, Outcome, SessionAsk, WebSession};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::guest::{Guests, usual};
use super::sessions::ask;
use crate::support::certificates::Authority;
use crate::support::engine::TestEngine;

const HOST: &str = "webmessaging.test.example";

/// Takes TLS off, and hands on to `to`.
async fn behind_tls(acceptor: TlsAcceptor, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]), "an upgrade is of HTTP/1.1");
                let _ = copy_bidirectional(&mut stream, &mut TcpStream::connect(to).await.unwrap()).await;
            });
        }
    });
    addr
}

/// Tunnels to `to` whatever is asked for, or answers with `refusal`; keeps what it was asked.
async fn proxy(to: SocketAddr, refusal: Option<&'static str>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            heads.lock().unwrap().push(String::from_utf8(head).unwrap());
            let answer = refusal.unwrap_or("HTTP/1.1 200 Connection established\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            if refusal.is_none() {
                tokio::spawn(async move {
                    let _ = copy_bidirectional(&mut stream, &mut TcpStream::connect(to).await.unwrap()).await;
                });
            }
        }
    });
    (addr, asked)
}

fn start(guests: &Guests, authority: &Authority, proxy: SocketAddr) -> TestEngine {
    let mut profile = guests.profile(1, "http://127.0.0.1:1");
    profile.hosts.webmessaging = format!("wss://{HOST}");
    profile.ca_files = authority.files();
    let url = format!("http://user:pa55word@{proxy}");
    let environment = Environment::of(move |name| (name == "https_proxy").then(|| url.clone()));
    TestEngine::with_options(
        profile,
        Clock::start(),
        EngineOptions { seed: 7, environment, ..EngineOptions::default() },
    )
}

#[tokio::test]
async fn wss_through_a_proxy_with_an_authority_of_the_profiles_own() {
    let guests = Guests::start(usual).await;
    let authority = Authority::new();
    let tls = behind_tls(authority.acceptor(HOST, "http/1.1"), guests.addr).await;
    let (proxy, asked) = proxy(tls, None).await;
    let mut engine = start(&guests, &authority, proxy);
    let message = engine.send(0, "through");
    assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    let head = asked.lock().unwrap()[0].clone();
    assert!(head.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic dXNlcjpwYTU1d29yZA=="), "{head}");
    let timing = engine.frames()[0].last_attempt().unwrap().timing;
    assert!(timing.connect.is_some() && timing.tls.is_some(), "{timing:?}");
    let seen = format!("{:?}", engine.stop().await);
    assert!(!seen.contains("pa55word") && !seen.contains("dXNlcjpwYTU1d29yZA"));
}

#[tokio::test]
async fn an_unknown_authority_ends_it_and_a_proxy_that_refuses_is_said() {
    let guests = Guests::start(usual).await;
    let (known, unknown) = (Authority::new(), Authority::new());
    let tls = behind_tls(unknown.acceptor(HOST, "http/1.1"), guests.addr).await;
    let (tunnel, _) = proxy(tls, None).await;
    let mut engine = start(&guests, &known, tunnel);
    let message = engine.send(0, "never");
    assert!(
        matches!(engine.end_of(message).await, DeliveryStatus::Refused(why) if why.to_string().contains("is not signed by the authority"))
    );
    assert!(guests.upgrades().is_empty());
    engine.stop().await;

    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let (refuses, _) = proxy(tls, Some(refusal)).await;
    let mut engine = start(&guests, &known, refuses);
    ask(&engine, SessionAsk::Connect);
    engine.session(0, "ended").await;
    let outcome = engine.frames()[0].outcome.clone();
    let words = format!("the proxy http://{refuses} (https_proxy) answered 407");
    assert!(matches!(&outcome, Outcome::Failed(why) if why.to_string().contains(&words)), "{outcome:?}");
    engine.stop().await;
}

/// What an opening is answered with, before there is a socket: waits as told, ends where waiting is senseless, and says
/// within the bound that nothing came.
#[tokio::test]
async fn an_opening_that_is_refused_waits_as_told_or_ends() {
    let limited = r#"{"message":"Rate limit exceeded the maximum. Retry the request in [6] seconds","code":"too.many.requests","status":429}"#;
    let limited = format!(
        "HTTP/1.1 429 X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{limited}",
        limited.len()
    );
    for (answer, word, wait, part) in [
        ("HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "reconnecting", 7, "503"),
        (&limited, "reconnecting", 6, "429"),
        ("HTTP/1.1 302 X\r\nLocation: https://sso.example/\r\nContent-Length: 0\r\n\r\n", "ended", 0, "302"),
        ("", "reconnecting", 0, "timed out"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let answer = answer.to_owned();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                });
            }
        });
        // In clear and, where nothing is ever answered, in a TLS handshake too.
        for scheme in if part == "timed out" { vec!["ws", "wss"] } else { vec!["ws"] } {
            let guests = Guests::start(usual).await;
            let mut profile = guests.profile(1, "http://127.0.0.1:1");
            profile.hosts.webmessaging = format!("{scheme}://{place}");
            profile.connect_timeout = std::time::Duration::from_millis(300);
            let mut engine = TestEngine::start(profile);
            ask(&engine, SessionAsk::Connect);
            let session = engine.session(0, word).await;
            let (why, until) = match session {
                WebSession::Reconnecting(at, why) => (why, at.mono.as_secs()),
                WebSession::Ended(why) => (why, 0),
                other => panic!("{other:?}"),
            };
            assert!(why.to_string().contains(part) && until >= wait, "{scheme}: {why}, {until}");
            engine.stop().await;
        }
    }
}
