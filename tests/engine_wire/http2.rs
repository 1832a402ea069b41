//! A small HTTP/2 server that can end streams and connections at will; and what the engine makes of that.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use guestwire::model::{Ending, Life, Phase};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificates::Authority;
use super::rig::{Rig, granted, profile};

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
    while let Some(next) = connection.accept().await {
        let (request, mut respond) = next?;
        let path = request.uri().path().to_owned();
        let body = tokio::select! {
            body = whole(request.into_body()) => body?,
            closed = poll_fn(|cx| connection.poll_closed(cx)) => return closed,
        };
        if path == "/oauth/token" {
            let super::server::Act::Say(answer) = granted(1, 3600) else { unreachable!() };
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

/// A stream or connection that ends after the request was written: unknown, also where the protocol says that it may
/// be tried again (REFUSED_STREAM, a GOAWAY); never sent twice by itself; and the next message goes.
#[tokio::test]
async fn lost_answers_are_unknown_and_never_sent_twice() {
    let lost = [
        Do::Reset(Reason::INTERNAL_ERROR),
        Do::Reset(Reason::REFUSED_STREAM),
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
        let mut rig = Rig::start(profile);
        let sent = ["before", "lost", "after"].map(|text| rig.send(0, text));
        assert_eq!(rig.end_of(sent[0]).await, Life::Accepted, "{act:?}");
        let Life::Unknown(why) = rig.end_of(sent[1]).await else { panic!("{act:?}") };
        assert_eq!(rig.end_of(sent[2]).await, Life::Accepted, "{act:?}");
        assert_eq!(server.texts(), ["before", "lost", "after"], "{act:?}");
        let exchange = rig.exchange_of(sent[1]);
        assert_eq!(exchange.attempts().count(), 1);
        let Some(Ending::Failed(failure)) = &exchange.last_attempt().unwrap().ending else { panic!("{act:?}") };
        assert!(failure.wrote, "{act:?}");
        assert_eq!(failure.phase, if matches!(act, Do::Half) { Phase::Body } else { Phase::Answer }, "{act:?}");
        assert_eq!(failure.partial.is_some(), matches!(act, Do::Half), "{act:?}: {why}");
        rig.stop().await;
    }
}

/// A connection that takes no more requests is left in time: nothing is lost, nothing is unknown.
#[tokio::test]
async fn a_goaway_between_messages_is_not_noticed() {
    let authority = Authority::new();
    let server = Http2::start(authority.acceptor("localhost", "h2"), |_, _| Do::SayGoAway).await;
    let mut profile = profile(&format!("https://localhost:{}", server.port), 1);
    profile.ca_files = authority.files();
    let mut rig = Rig::start(profile);
    for text in ["one", "two", "three"] {
        let message = rig.send(0, text);
        assert_eq!(rig.end_of(message).await, Life::Accepted);
    }
    assert_eq!(server.texts(), ["one", "two", "three"]);
    let connections = server.connections();
    assert!(connections[0] < connections[2], "{connections:?}");
    rig.stop().await;
}
