//! From a connection to a WebSocket: the upgrade, with all that was said in it. A refusal is kept whole, body included.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Method, Uri};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::engine::client::dial::{Progress, Speaks, rest_of_body, timed_out};
use crate::engine::client::{Cancel, CapturedWire, Client, ClientAnswer, Tried, ended};
use crate::genesys::Call;
use crate::genesys::call::{BadCall, USER_AGENT};
use crate::model::{Failure, FailureKind, Phase, Timing};
use crate::text::one_line;

/// The largest message that is taken.
const MESSAGE_MAX: usize = 1 << 20;
/// Most bytes that wait to be written: frames of ours, and pongs for a peer that does not read them.
const UNWRITTEN_MAX: usize = 2 * MESSAGE_MAX;
/// How long a goodbye may take.
pub const GOODBYE_BOUND: Duration = Duration::from_millis(300);

/// An open socket.
pub type Socket = WebSocketStream<Lent>;

/// What came of opening a socket.
pub struct Opening {
    /// As a try of HTTP: the 101, the refusal, or the fault.
    pub tried: Tried,
    /// Where it was a 101.
    pub socket: Option<Socket>,
}

/// The request that opens the socket at `url`, as it will be written.
pub fn request(url: &str, origin: &str) -> Result<Call, BadCall> {
    let bad = |why: String| {
        BadCall(format!("the socket's URL cannot be used ({why}); check hosts.webmessaging of the profile"))
    };
    let request = url.into_client_request().map_err(|e| bad(e.to_string()))?;
    let mut headers = request.headers().clone();
    let origin =
        origin.parse().map_err(|_| bad("the origin has characters that cannot stand in a header".to_owned()))?;
    headers.insert(http::header::ORIGIN, origin);
    headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT));
    Ok(Call { method: Method::GET, url: url.to_owned(), headers, body: Vec::new() })
}

/// Opens it, within the bound on opening a connection and as much again for the answer. Ends sooner when it is stopped.
pub async fn open(client: &Client, call: Call, stop: &mut Cancel) -> Opening {
    let began = Instant::now();
    let progress = Progress::default();
    let mut opening = tokio::select! {
        biased;
        done = upgrade(client, call, &progress) => done,
        why = stop.stopped() => Opening::failed(ended(why, progress.phase())),
    };
    let total = Some(began.elapsed());
    let first_byte = total.filter(|_| opening.tried.answer.is_some());
    opening.tried.timing = Timing { first_byte, total, ..progress.timing() };
    opening
}

/// Leaves an open socket. Whoever has gone first needs no goodbye.
pub async fn leave(mut socket: Socket) {
    let _ = tokio::time::timeout(GOODBYE_BOUND, socket.close(None)).await;
}

impl Opening {
    fn failed(failure: Failure) -> Self {
        Self { tried: Tried::failed(failure), socket: None }
    }
}

async fn upgrade(client: &Client, call: Call, progress: &Progress) -> Opening {
    let invalid = |why: String| Opening::failed(Failure::new(FailureKind::Invalid, Phase::Resolve, why));
    // WebSocket is spoken over what HTTP is.
    let url = if call.url.starts_with("http") { call.url.replacen("http", "ws", 1) } else { call.url };
    let mut request = match url.parse::<Uri>().map_err(|e| e.to_string()).map(|uri| uri.into_client_request()) {
        Ok(Ok(request)) => request,
        Ok(Err(e)) => return invalid(one_line(&e.to_string())),
        Err(why) => return invalid(why),
    };
    request.headers_mut().extend(call.headers);
    let wire = match client.dialer().dial(request.uri(), Speaks::WebSocket, progress).await {
        Ok(wire) => wire,
        Err(none) => {
            let answer = none.answer.map(|answer| *answer);
            return Opening { tried: Tried { answer, ..Tried::failed(none.failure) }, socket: None };
        }
    };
    progress.enter(Phase::Answer);
    let peer = wire.peer();
    let home = Arc::new(Mutex::new(None));
    let lent = Lent { wire: Some(wire), home: Arc::clone(&home) };
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_write_buffer_size(UNWRITTEN_MAX)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    let work = client_async_with_config(request, lent, Some(config));
    let Ok(answered) = tokio::time::timeout(client.dialer().bound(), work).await else {
        return Opening::failed(Failure::written(FailureKind::Timeout, Phase::Answer, timed_out(Phase::Answer)));
    };
    let (response, socket) = match answered {
        Ok((socket, response)) => (response, Some(socket)),
        Err(Error::Http(response)) => (*response, None),
        Err(e) => {
            let kind = match &e {
                Error::Io(_) | Error::ConnectionClosed | Error::Protocol(ProtocolError::HandshakeIncomplete) => {
                    FailureKind::Reset
                }
                Error::Capacity(_) => FailureKind::TooLarge,
                _ => FailureKind::Protocol,
            };
            return Opening::failed(Failure::written(kind, Phase::Answer, one_line(&e.to_string())));
        }
    };
    let (head, body) = response.into_parts();
    let mut bytes = body.unwrap_or_default();
    let wire = home.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(wire) = wire {
        rest_of_body(wire, &head.headers, &mut bytes).await;
    }
    let total = bytes.len() as u64;
    let answer = ClientAnswer {
        status: head.status.as_u16(),
        phrase: None,
        version: head.version,
        headers: head.headers,
        remote: Some(peer),
        bytes,
        total,
    };
    Opening { tried: Tried { answer: Some(answer), fault: None, timing: Timing::default() }, socket }
}

/// A connection lent for the handshake: where that drops it (it was refused), it goes home.
pub struct Lent {
    pub(super) wire: Option<CapturedWire>,
    pub(super) home: Arc<Mutex<Option<CapturedWire>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.wire.take();
    }
}

impl Lent {
    fn wire(&mut self) -> io::Result<Pin<&mut CapturedWire>> {
        self.wire.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Lent {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.wire() {
            Ok(wire) => wire.poll_read(cx, buffer),
            Err(e) => Poll::Ready(Err(e)),
        }
    }
}

impl AsyncWrite for Lent {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.wire() {
            Ok(wire) => wire.poll_write(cx, bytes),
            Err(e) => Poll::Ready(Err(e)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.wire() {
            Ok(wire) => wire.poll_flush(cx),
            Err(e) => Poll::Ready(Err(e)),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.wire() {
            Ok(wire) => wire.poll_shutdown(cx),
            Err(e) => Poll::Ready(Err(e)),
        }
    }
}
