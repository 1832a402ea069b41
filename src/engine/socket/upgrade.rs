//! From a connection to a WebSocket: the upgrade, with all that was said in it. A refusal is kept whole, body included.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::engine::client::{Answer, Cancel, Client, Fault, Stop, Tried, capture};
use crate::genesys::Call;
use crate::genesys::call::{BadCall, USER_AGENT};
use crate::model::{FailureKind, Phase};

use super::dial::{Progress, Wire, dial};

/// The largest message that is taken.
const MESSAGE_MAX: usize = 1 << 20;
/// How long the rest of a refusal's body is waited for.
const REFUSAL_BOUND: Duration = Duration::from_secs(2);

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

/// Opens it. Ends when it is open or refused, or when it is stopped.
pub async fn open(client: &Client, call: Call, stop: &mut Cancel) -> Opening {
    let began = Instant::now();
    let progress = Progress::default();
    let mut opening = tokio::select! {
        biased;
        done = upgrade(client, call, &progress, began) => done,
        why = stop.stopped() => {
            let phase = progress.phase();
            Opening::failed(match why {
                Stop::Late => Fault::late(phase, false),
                Stop::TakenBack => Fault { kind: FailureKind::Cancelled, phase, detail: "not wanted any more".to_owned(), wrote: false },
            })
        }
    };
    let measured = progress.timing();
    let timing = &mut opening.tried.timing;
    (timing.resolve, timing.connect, timing.tls) = (measured.resolve, measured.connect, measured.tls);
    timing.total = Some(began.elapsed());
    opening
}

impl Opening {
    fn failed(fault: Fault) -> Self {
        let tried = Tried { answer: None, fault: Some(fault), timing: crate::model::Timing::default() };
        Self { tried, socket: None }
    }
}

async fn upgrade(client: &Client, call: Call, progress: &Progress, began: Instant) -> Opening {
    let mut request = match call.url.as_str().into_client_request() {
        Ok(request) => request,
        Err(e) => return Opening::failed(fault(FailureKind::Invalid, Phase::Resolve, &e)),
    };
    *request.headers_mut() = call.headers;
    let (wire, peer) = match dial(client, request.uri(), progress).await {
        Ok(open) => open,
        Err(fault) => return Opening::failed(fault),
    };
    progress.enter(Phase::Answer);
    let home = Arc::new(Mutex::new(None));
    let lent = Lent { wire: Some(wire), home: Arc::clone(&home) };
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    let (response, socket) = match client_async_with_config(request, lent, Some(config)).await {
        Ok((socket, response)) => (response, Some(socket)),
        Err(Error::Http(response)) => (*response, None),
        Err(e) => {
            let kind = match &e {
                Error::Io(_) | Error::ConnectionClosed | Error::Protocol(ProtocolError::HandshakeIncomplete) => {
                    FailureKind::Reset
                }
                _ => FailureKind::Protocol,
            };
            return Opening::failed(Fault { wrote: true, ..fault(kind, Phase::Answer, &e) });
        }
    };
    let first_byte = Some(began.elapsed());
    let (head, body) = response.into_parts();
    let mut bytes = body.unwrap_or_default();
    if socket.is_none() {
        let wire = home.lock().unwrap_or_else(PoisonError::into_inner).take();
        rest_of_body(wire, &head.headers, &mut bytes).await;
    }
    let total = bytes.len() as u64;
    let answer = Answer {
        status: head.status.as_u16(),
        version: head.version,
        headers: head.headers,
        remote: Some(peer),
        bytes,
        total,
    };
    let timing = crate::model::Timing { first_byte, ..crate::model::Timing::default() };
    Opening { tried: Tried { answer: Some(answer), fault: None, timing }, socket }
}

/// Reads what is left of a refusal's body, as far as it comes soon.
async fn rest_of_body(wire: Option<Wire>, headers: &HeaderMap, bytes: &mut Vec<u8>) {
    let Some(wire) = wire else { return };
    let length = headers.get(http::header::CONTENT_LENGTH).and_then(|l| l.to_str().ok()?.trim().parse::<usize>().ok());
    let wanted = length.unwrap_or(capture::BODY_MAX).min(capture::BODY_MAX);
    let missing = wanted.saturating_sub(bytes.len()) as u64;
    // What came is kept also where the rest does not come.
    let _ = tokio::time::timeout(REFUSAL_BOUND, wire.take(missing).read_to_end(bytes)).await;
}

fn fault(kind: FailureKind, phase: Phase, error: &Error) -> Fault {
    Fault { kind, phase, detail: crate::genesys::errors::one_line(&error.to_string()), wrote: false }
}

/// A connection lent for the handshake: where that drops it (it was refused), it goes home.
pub struct Lent {
    wire: Option<Wire>,
    home: Arc<Mutex<Option<Wire>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.wire.take();
    }
}

impl Lent {
    fn wire(&mut self) -> io::Result<Pin<&mut Wire>> {
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
