//! The connection under an answer: where resets are made.
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

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const OPEN: u8 = 0;
const RESET: u8 = 1;
/// As soon as the answer has begun to be written: stale.
const STALE: u8 = 2;

/// What a request handler holds of its connection.
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

/// The listening socket.
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

/// One connection.
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

impl HttpWire {
    fn check(&mut self) -> io::Result<()> {
        match self.peer.state() {
            RESET => Err(reset()),
            STALE => {
                self.wrote = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }
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
        this.check()?;
        Pin::new(&mut this.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check()?;
        Pin::new(&mut this.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
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
