//! A small HTTP/2 server that can end streams and connections at will; and what the engine makes of that.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use guestwire::model::{DeliveryStatus, Ending, FailureKind, Phase};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::certificates::Authority;
use crate::support::engine::{TestEngine, granted, profile, with_tokens};
use crate::support::http_server::{Server, json};

/// What the server does about a request that came whole.
#[derive(Clone, Copy, Debug)]
pub enum Do {
    /// Answers 200.
    Say,
    /// Answers 200, and takes no more requests on this connection.
    SayGoAway,
    /// Ends the stream.
    Reset(Reason),
    /// Ends the connection with a GOAWAY.
    GoAway(Reason),
    /// Never answers, and keeps the connection.
    Stall,
    /// Answers 200 with so many fields of this size.
    SayWith { fields: usize, size: usize },
    /// Sends the head of an answer and half of its body, then ends the stream.
    Half,
}

type Handler = Arc<dyn Fn(&str, usize) -> Do + Send + Sync>;

/// See the module. Grants a token to whoever asks, and has the handler decide about messages.
pub struct Http2 {
    pub port: u16,
    /// Connection and body of each message that came.
    log: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Http2 {
    /// `handler` is given a message's text, and how many came before it.
    pub async fn start(tls: TlsAcceptor, handler: impl Fn(&str, usize) -> Do + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (shared, handler): (_, Handler) = (Arc::clone(&log), Arc::new(handler));
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, handler, log) = (tls.clone(), Arc::clone(&handler), Arc::clone(&shared));
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let _ = serve(stream, connection, handler, log).await;
                });
            }
        });
        Self { port, log }
    }

    pub fn texts(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    fn connections(&self) -> Vec<usize> {
        self.log.lock().unwrap().iter().map(|(connection, _)| *connection).collect()
    }
}

async fn serve(
    stream: TlsStream<TcpStream>,
    number: usize,
    handler: Handler,
    log: Arc<Mutex<Vec<(usize, String)>>>,
) -> Result<(), h2::Error> {
    let mut connection: Connection<_, Bytes> = h2::server::handshake(stream).await?;
    let mut stalled = Vec::new();
    while let Some(next) = connection.accept().await {
        let (request, mut respond) = next?;
        let path = request.uri().path().to_owned();
        let body = tokio::select! {
            body = whole(request.into_body()) => body?,
            closed = poll_fn(|cx| connection.poll_closed(cx)) => return closed,
        };
        if path == "/oauth/token" {
            let crate::support::http_server::Act::Say(answer) = granted(1, 3600) else { unreachable!() };
            let answer = String::from_utf8(answer).unwrap();
            say(&mut respond, answer.split_once("\r\n\r\n").unwrap().1)?;
            continue;
        }
        let text = serde_json::from_str::<serde_json::Value>(&body).unwrap()["text"].as_str().unwrap().to_owned();
        let earlier = {
            let mut log = log.lock().unwrap();
            log.push((number, text.clone()));
            log.len() - 1
        };
        match handler(&text, earlier) {
            Do::Say => say(&mut respond, r#"{"id":"m"}"#)?,
            Do::SayGoAway => {
                say(&mut respond, r#"{"id":"m"}"#)?;
                connection.graceful_shutdown();
            }
            Do::Reset(reason) => respond.send_reset(reason),
            Do::GoAway(reason) => connection.abrupt_shutdown(reason),
            Do::Stall => stalled.push(respond),
            Do::SayWith { fields, size } => {
                let mut head = http::Response::builder().header("inin-correlation-id", "over-h2");
                for field in 0..fields {
                    head = head.header(format!("x-field-{field}"), "v".repeat(size));
                }
                let mut stream = respond.send_response(head.body(()).unwrap(), false)?;
                stream.send_data(Bytes::from_static(br#"{"id":"m"}"#), true)?;
            }
            Do::Half => {
                let head = http::Response::builder().header("content-length", 100).body(()).unwrap();
                let mut stream = respond.send_response(head, false)?;
                stream.send_data(Bytes::from_static(b"{\"id\":"), false)?;
                // The half is to be on its way before the stream ends.
                let flushed = tokio::time::sleep(std::time::Duration::from_millis(50));
                tokio::select! {
                    () = flushed => stream.send_reset(Reason::INTERNAL_ERROR),
                    closed = poll_fn(|cx| connection.poll_closed(cx)) => return closed,
                }
            }
        }
    }
    Ok(())
}

fn say(respond: &mut SendResponse<Bytes>, body: &str) -> Result<(), h2::Error> {
    let head = http::Response::builder().header("inin-correlation-id", "over-h2").body(()).unwrap();
    respond.send_response(head, false)?.send_data(Bytes::copy_from_slice(body.as_bytes()), true)
}

async fn whole(mut body: RecvStream) -> Result<String, h2::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        bytes.extend_from_slice(&piece);
        body.flow_control().release_capacity(piece.len())?;
    }
    Ok(String::from_utf8(bytes).unwrap())
}

/// A stream or connection that ends after the request was written, without the promise that it was not processed:
/// unknown, never sent twice by itself; and the next message goes.
#[tokio::test]
async fn lost_answers_are_unknown_and_never_sent_twice() {
    let lost = [
        Do::Reset(Reason::INTERNAL_ERROR),
        Do::Reset(Reason::CANCEL),
        Do::GoAway(Reason::NO_ERROR),
        Do::GoAway(Reason::ENHANCE_YOUR_CALM),
        Do::Half,
    ];
    for act in lost {
        let authority = Authority::new();
        let tls = authority.acceptor("localhost", "h2");
        let server = Http2::start(tls, move |text, _| if text == "lost" { act } else { Do::Say }).await;
        let mut profile = profile(&format!("https://localhost:{}", server.port), 1);
        profile.ca_files = authority.files();
        let mut engine = TestEngine::start(profile);
        let sent = ["before", "lost", "after"].map(|text| engine.send(0, text));
        assert_eq!(engine.end_of(sent[0]).await, DeliveryStatus::Accepted, "{act:?}");
        let DeliveryStatus::Unknown(why) = engine.end_of(sent[1]).await else { panic!("{act:?}") };
        assert_eq!(engine.end_of(sent[2]).await, DeliveryStatus::Accepted, "{act:?}");
        assert_eq!(server.texts(), ["before", "lost", "after"], "{act:?}");
        let exchange = engine.exchange_of(sent[1]);
        assert_eq!(exchange.attempts().count(), 1);
        let Some(Ending::Failed(failure)) = &exchange.last_attempt().unwrap().ending else { panic!("{act:?}") };
        assert!(failure.wrote, "{act:?}");
        assert_eq!(failure.phase, if matches!(act, Do::Half) { Phase::Body } else { Phase::Answer }, "{act:?}");
        assert_eq!(failure.partial.is_some(), matches!(act, Do::Half), "{act:?}: {why}");
        engine.stop().await;
    }
}

/// A connection that takes no more requests is left in time: nothing is lost, nothing is unknown.
#[tokio::test]
async fn a_goaway_between_messages_is_not_noticed() {
    let authority = Authority::new();
    let server = Http2::start(authority.acceptor("localhost", "h2"), |_, _| Do::SayGoAway).await;
    let mut profile = profile(&format!("https://localhost:{}", server.port), 1);
    profile.ca_files = authority.files();
    let mut engine = TestEngine::start(profile);
    for text in ["one", "two", "three"] {
        let message = engine.send(0, text);
        assert_eq!(engine.end_of(message).await, DeliveryStatus::Accepted);
    }
    assert_eq!(server.texts(), ["one", "two", "three"]);
    let connections = server.connections();
    assert!(connections[0] < connections[2], "{connections:?}");
    engine.stop().await;
}

/// Refuses the first stream, or each: with RST_STREAM (REFUSED_STREAM), or a GOAWAY below it, which h2's server cannot
/// write. Gives its port, and which connection each message came by.
async fn refusing(tls: TlsAcceptor, goaway: Option<Reason>, always: bool) -> (u16, Arc<Mutex<Vec<usize>>>) {
    const END: u8 = 1;
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Arc::new(Mutex::new(Vec::new()));
    let came = Arc::clone(&log);
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, came) = (tls.clone(), Arc::clone(&came));
            tokio::spawn(async move {
                let mut stream = tls.accept(stream).await.unwrap();
                let mut preface = [0; 24];
                stream.read_exact(&mut preface).await.unwrap();
                stream.write_all(&frame(4, 0, 0, &[])).await.unwrap();
                let mut head = [0; 9];
                while stream.read_exact(&mut head).await.is_ok() {
                    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                    stream.read_exact(&mut payload).await.unwrap();
                    let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
                    // The end of a message: DATA with END_STREAM.
                    if head[3] != 0 || head[4] & END == 0 {
                        continue;
                    }
                    let earlier = {
                        let mut came = came.lock().unwrap();
                        came.push(connection);
                        came.len() - 1
                    };
                    let answer = match goaway {
                        _ if earlier > 0 && !always => {
                            [frame(1, 4, id, &[0x88]), frame(0, END, id, br#"{"id":"m"}"#)].concat()
                        }
                        None => frame(3, 0, id, &u32::from(Reason::REFUSED_STREAM).to_be_bytes()),
                        Some(reason) => frame(7, 0, 0, &[[0; 4], u32::from(reason).to_be_bytes()].concat()),
                    };
                    stream.write_all(&answer).await.unwrap();
                    stream.flush().await.unwrap();
                }
            });
        }
    });
    (port, log)
}

/// A peer that promises that it did not process a request is asked again, once, on a new connection. [RFC 9113 8.7]
#[tokio::test]
async fn what_was_promised_unprocessed_is_sent_again_once() {
    let authority = Authority::new();
    let login = Server::start(with_tokens(|_| json(404, "{}"))).await;
    for goaway in [None, Some(Reason::NO_ERROR), Some(Reason::ENHANCE_YOUR_CALM)] {
        for always in [false, true] {
            let (port, came) = refusing(authority.acceptor("localhost", "h2"), goaway, always).await;
            let mut profile = profile(&login.url(), 1);
            profile.hosts.api = format!("https://localhost:{port}");
            profile.ca_files = authority.files();
            let mut engine = TestEngine::start(profile);
            let message = engine.send(0, "hello");
            match engine.end_of(message).await {
                DeliveryStatus::Accepted if !always => {}
                DeliveryStatus::Refused(why) if always => {
                    assert!(why.to_string().contains("did not process the request"), "{why}");
                }
                other => panic!("{goaway:?}, {always}: {other:?}"),
            }
            assert_eq!(*came.lock().unwrap(), [0, 1], "{goaway:?}, {always}");
            let first = engine.exchange_of(message).attempts().next().unwrap().ending.clone();
            let Some(Ending::Failed(failure)) = first else { panic!("{first:?}") };
            assert_eq!((failure.kind, failure.wrote), (FailureKind::Unprocessed, false), "{goaway:?}");
            engine.stop().await;
        }
    }
}

/// A connection on which an answer did not come in time is left: the next message goes by a new one, also while the
/// old one still answers pings.
#[tokio::test]
async fn a_stalled_connection_is_left() {
    let authority = Authority::new();
    let server = Http2::start(
        authority.acceptor("localhost", "h2"),
        |_, earlier| {
            if earlier == 0 { Do::Stall } else { Do::Say }
        },
    )
    .await;
    let mut profile = profile(&format!("https://localhost:{}", server.port), 1);
    profile.ca_files = authority.files();
    profile.request_timeout = std::time::Duration::from_millis(600);
    let mut engine = TestEngine::start(profile);
    let lost = engine.send(0, "stalled");
    assert!(matches!(engine.end_of(lost).await, DeliveryStatus::Unknown(_)));
    let next = engine.send(0, "next");
    assert_eq!(engine.end_of(next).await, DeliveryStatus::Accepted);
    let connections = server.connections();
    assert_ne!(connections[0], connections[1]);
    engine.stop().await;
}

/// Headers as large as browsers take come through, by either version; beyond that it is said.
#[tokio::test]
async fn large_headers_come_through() {
    let authority = Authority::new();
    for (fields, size, whole) in [(8, 32 * 1024, true), (600, 100, true), (8, 64 * 1024, false)] {
        let act = Do::SayWith { fields, size };
        let server = Http2::start(authority.acceptor("localhost", "h2"), move |_, _| act).await;
        let mut profile = profile(&format!("https://localhost:{}", server.port), 1);
        profile.ca_files = authority.files();
        let mut engine = TestEngine::start(profile);
        let message = engine.send(0, "hello");
        let delivery = engine.end_of(message).await;
        if whole {
            assert_eq!(delivery, DeliveryStatus::Accepted, "{fields} of {size}");
        } else {
            let ending = engine.exchange_of(message).last_attempt().unwrap().ending.clone();
            let Some(Ending::Failed(failure)) = ending else { panic!("{ending:?}") };
            assert_eq!(failure.kind, FailureKind::TooLarge, "{failure:?}");
        }
        engine.stop().await;
    }
}
