//! The connection under an answer, where resets are made, and the guest WebSocket on it.
//!
//! ```text
//! Open ──► Reset   every write fails, and the socket closes with a reset (RST) instead of an end (FIN)
//!   └────► Stale   the answer goes out whole; the first byte of the next request makes it Reset
//! ```
//! The request handler reaches its connection through [`HttpPeer`].

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::connect_info::Connected;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use axum::serve::{IncomingStream, Listener};
use http::request::Parts;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::sandbox::shared::{STOP_WAITS, Shared};
use crate::sandbox::world::web::{ConnectionId, Outgoing};

const OPEN: u8 = 0;
const RESET: u8 = 1;
/// As soon as the answer has begun to be written: stale.
const STALE: u8 = 2;

/// The largest message that is read. [inferred: the platform's gateway takes 128 KiB]
const MESSAGE_MAX_BYTES: usize = 128 * 1024;

#[derive(Clone, Debug, Default)]
pub(crate) struct HttpPeer(Arc<AtomicU8>);

impl HttpPeer {
    /// From now on nothing more is written; the connection is reset.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::SeqCst);
    }

    /// The present answer goes out; the next request is reset unread.
    pub(crate) fn go_stale(&self) {
        self.0.store(STALE, Ordering::SeqCst);
    }

    fn state(&self) -> u8 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Connected<IncomingStream<'_, LoopbackListener>> for HttpPeer {
    fn connect_info(stream: IncomingStream<'_, LoopbackListener>) -> Self {
        stream.io().peer.clone()
    }
}

#[derive(Debug)]
pub(crate) struct LoopbackListener(pub(crate) TcpListener);

impl Listener for LoopbackListener {
    type Io = HttpWire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (HttpWire, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, from)) => {
                    // Small answers leave at once; where this fails they are merely slower.
                    let _ = stream.set_nodelay(true);
                    return (HttpWire { stream, peer: HttpPeer::default(), wrote: false }, from);
                }
                // Out of file handles, for instance: give others the time to close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[derive(Debug)]
pub(crate) struct HttpWire {
    stream: TcpStream,
    peer: HttpPeer,
    /// A byte was written since the connection was told to go stale.
    wrote: bool,
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "reset by a fault of the sandbox")
}

impl Drop for HttpWire {
    fn drop(&mut self) {
        if self.peer.state() != OPEN {
            // A linger of zero makes the close a reset. Where it cannot be set, the peer sees an end instead.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for HttpWire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if this.wrote && buf.filled().len() > before {
            buf.set_filled(before);
            this.peer.reset();
            return Poll::Ready(Err(reset()));
        }
        read
    }
}

impl AsyncWrite for HttpWire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match this.peer.state() {
            RESET => return Poll::Ready(Err(reset())),
            state => this.wrote |= state == STALE,
        }
        Pin::new(&mut this.stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.peer.state() == RESET {
            // No orderly end: dropping the socket resets it.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

/// Answers the upgrade to the guest WebSocket, and serves it from then on: frames go to the world, and what the world
/// sends goes to the client.
pub(super) async fn open_socket(inner: Arc<Shared>, id: ConnectionId, mut parts: Parts, peer: HttpPeer) -> Response {
    let (line, out) = mpsc::unbounded_channel();
    inner.connect(id, line);
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => {
            let gone = inner.clone();
            let upgrade = upgrade.max_message_size(MESSAGE_MAX_BYTES).max_frame_size(MESSAGE_MAX_BYTES);
            let upgrade = upgrade.on_failed_upgrade(move |_| gone.disconnect(id));
            upgrade.on_upgrade(move |socket| talk(inner, id, socket, out, peer))
        }
        Err(rejection) => {
            inner.disconnect(id);
            rejection.into_response()
        }
    }
}

async fn talk(
    inner: Arc<Shared>,
    id: ConnectionId,
    mut socket: WebSocket,
    mut out: mpsc::UnboundedReceiver<Outgoing>,
    peer: HttpPeer,
) {
    let serving = async {
        loop {
            tokio::select! {
                biased;
                out = out.recv() => match out {
                    Some(Outgoing::Text(text)) => {
                        if socket.send(Message::text(&*text)).await.is_err() {
                            return None;
                        }
                    }
                    Some(Outgoing::Close { code, reason }) => {
                        return Some(CloseFrame { code, reason: reason.into() });
                    }
                    Some(Outgoing::Reset) => {
                        peer.reset();
                        return None;
                    }
                    None => return None,
                },
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => {
                        inner.with_world(|world| world.frame(id, Some(text.as_str())));
                    }
                    Some(Ok(Message::Binary(_))) => inner.with_world(|world| world.frame(id, None)),
                    // Answered by the library.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                },
            }
        }
    };
    let close = tokio::select! {
        close = serving => close,
        () = inner.stopped() => Some(CloseFrame { code: 1001, reason: "the sandbox stops".into() }),
    };
    inner.disconnect(id);
    if let Some(close) = close {
        // Whether it arrives is the other side's business. Its answer is awaited, so that the close is not a reset.
        let _ = socket.send(Message::Close(Some(close))).await;
        let farewell = async { while let Some(Ok(_)) = socket.recv().await {} };
        let _ = tokio::time::timeout(STOP_WAITS, farewell).await;
    }
}
