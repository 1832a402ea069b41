//! A connection, whatever it runs over.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection runs over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The peer's address, as it travels with an answer.
#[derive(Clone, Copy, Debug)]
pub struct ConnectedPeer(pub SocketAddr);

pub struct CapturedWire {
    stream: Box<dyn Stream>,
    peer: SocketAddr,
    http2: bool,
    to_proxy: bool,
}

impl CapturedWire {
    /// A connection over `stream`. `http2`: both sides agreed on it.
    pub fn new(stream: impl Stream + 'static, peer: SocketAddr, http2: bool) -> Self {
        Self { stream: Box::new(stream), peer, http2, to_proxy: false }
    }

    /// The same, where a proxy at its end is asked for whole URLs.
    pub fn forwarding(self) -> Self {
        Self { to_proxy: true, ..self }
    }

    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }
}

impl Connection for CapturedWire {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.to_proxy).extra(ConnectedPeer(self.peer));
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for CapturedWire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
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
