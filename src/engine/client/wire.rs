//! A connection, whatever it runs over; and the gate that knows whether a byte of a request may have left, and can forbid
//! that it ever does.
//!
//! ```text
//! undecided ── the connection takes the request for writing ──► open   (a byte may have left)
//!    └──────── we give up first (deadline, cancel) ───────────► closed (the body never leaves)
//! ```
//! The proof rests on how hyper works. Its connection asks the body `is_end_stream` after it took the request out of its
//! queue and before it encodes the head (`proto/h1/dispatch.rs` `poll_write`, `proto/h2/client.rs` `ClientTask::poll`),
//! so a gate that is not open means that nothing was written. hyper-util's pooled client resends a request by itself
//! only where hyper handed it back unstarted from that queue (`TrySendError::take_message`: "If an error occurs after the
//! message has been serialized onto the connection, it will not be available here"), that is, with the gate not open: a
//! request is never written twice. The HTTP library's own retries are off, and could not clone this body either.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use http_body::{Body, Frame, SizeHint};
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::capture::{ClientAnswer, HEAD_FIELDS_MAX, HEAD_MAX};

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

#[derive(Clone, Copy, Debug)]
pub struct ConnectedPeer(pub SocketAddr);

pub struct CapturedWire {
    stream: Box<dyn Stream>,
    pub peer: SocketAddr,
    http2: bool,
    to_proxy: bool,
    has_read: bool, // the last look gave something: the next one waits for a turn of the task
}

impl CapturedWire {
    pub fn new(stream: impl Stream + 'static, peer: SocketAddr, http2: bool) -> Self {
        Self { stream: Box::new(stream), peer, http2, to_proxy: false, has_read: false }
    }

    /// The same, where a proxy at its end is asked for whole URLs.
    pub fn forwarding(self) -> Self {
        Self { to_proxy: true, ..self }
    }
}

impl Connection for CapturedWire {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.to_proxy).extra(ConnectedPeer(self.peer));
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

/// One read a turn: the runtime looks at its timers between turns, so that a server which never stops talking (interim
/// responses without end) cannot hold a request beyond its time.
impl AsyncRead for CapturedWire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.has_read) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.has_read = read.is_ready();
        read
    }
}

impl AsyncWrite for CapturedWire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

const REFUSAL_BOUND: Duration = Duration::from_secs(2); // how long the rest of a refusal's body is waited for

/// Asks that a connection be handed over: to a WebSocket, or by a proxy to the host behind it. `is_yes` knows the answer
/// that grants it; of a refusal the body is read for a short time.
pub async fn hand_over(
    wire: CapturedWire,
    request: Request<String>,
    is_yes: impl FnOnce(&Parts) -> bool,
) -> hyper::Result<(ClientAnswer, Option<OnUpgrade>)> {
    let peer = wire.peer;
    let mut http = http1::Builder::new();
    http.title_case_headers(true).max_buf_size(HEAD_MAX).max_headers(HEAD_FIELDS_MAX);
    let (mut sender, connection) = http.handshake(TokioIo::new(wire)).await?;
    tokio::spawn(connection.with_upgrades());
    let mut response = sender.send_request(request).await?;
    let handed_over = hyper::upgrade::on(&mut response);
    let (head, body) = response.into_parts();
    let yes = is_yes(&head);
    let mut answer = ClientAnswer::of(head, Some(peer));
    if !yes {
        let _ = tokio::time::timeout(REFUSAL_BOUND, answer.read(body)).await;
    }
    Ok((answer, yes.then_some(handed_over)))
}

/// Once it is decided: whether it is open.
#[derive(Debug, Default)]
pub struct Gate(OnceLock<bool>);

impl Gate {
    pub fn is_open(&self) -> bool {
        self.0.get() == Some(&true)
    }

    /// Forbids writing, unless it has begun. True: nothing of the body was or will be written.
    pub fn close(&self) -> bool {
        !self.0.get_or_init(|| false)
    }

    /// The connection begins to write. False: it must not.
    pub fn open(&self) -> bool {
        *self.0.get_or_init(|| true)
    }
}

pub struct GatedBody {
    data: Option<Bytes>,
    gate: Arc<Gate>,
}

impl GatedBody {
    pub fn new(data: Bytes, gate: Arc<Gate>) -> Self {
        Self { data: Some(data).filter(|d| !d.is_empty()), gate }
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.gate.open() {
            let why = "the request was given up before it was written";
            return Poll::Ready(Some(Err(io::Error::other(why))));
        }
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.gate.open();
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |d| d.len() as u64))
    }
}
