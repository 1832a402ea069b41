//! A raw HTTP/1.1 server: whatever a test wants said, byte for byte, and a record of everything that came.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Semaphore};
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Req {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Which connection, from 0.
    pub connection: usize,
}

impl Req {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub fn bearer(&self) -> &str {
        self.header("authorization").and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default()
    }
}

/// What the server does about a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says this and stays open.
    Say(Vec<u8>),
    /// Says this, and gives a permit once the client has closed the connection without another request.
    SayUntilClosed(Vec<u8>, Arc<Semaphore>),
    /// Says this, then closes properly.
    SayClose(Vec<u8>),
    /// Says this (perhaps nothing), then resets the connection.
    SayReset(Vec<u8>),
    /// Waits for ever.
    Hang,
    /// Waits, then does.
    After(Duration, Box<Act>),
    /// Waits until as many requests as the barrier wants have come, then does.
    Meet(Arc<Barrier>, Box<Act>),
    /// Counts down, then does.
    Leave(Arc<AtomicUsize>, Box<Act>),
}

/// An answer with a length.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    bytes(status, headers, body.as_bytes())
}

/// An answer with a length and any body.
pub fn bytes(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let usual = http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("X");
    let mut out = format!("HTTP/1.1 {status} {usual}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        write!(out, "{name}: {value}\r\n").unwrap();
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}

/// A JSON answer.
pub fn json(status: u16, body: &str) -> Act {
    Act::Say(answer(status, &[("Content-Type", "application/json")], body))
}

type Handler = Arc<dyn Fn(&Req) -> Act + Send + Sync>;

/// See the module.
pub struct Server {
    pub addr: SocketAddr,
    log: Arc<Mutex<Vec<Req>>>,
}

impl Server {
    pub async fn start(handler: impl Fn(&Req) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve(listener, handler)
    }

    pub fn serve(listener: TcpListener, handler: impl Fn(&Req) -> Act + Send + Sync + 'static) -> Self {
        Self::serve_over(listener, None, handler)
    }

    /// Serves over TLS.
    pub async fn secure(tls: TlsAcceptor, handler: impl Fn(&Req) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve_over(listener, Some(tls), handler)
    }

    fn serve_over(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        handler: impl Fn(&Req) -> Act + Send + Sync + 'static,
    ) -> Self {
        let addr = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let handler: Handler = Arc::new(handler);
        let shared = Arc::clone(&log);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (tls, handler, log) = (tls.clone(), Arc::clone(&handler), Arc::clone(&shared));
                tokio::spawn(async move {
                    match tls {
                        None => connection_loop(stream, connection, handler, log).await,
                        Some(tls) => {
                            // Where the handshake ends without trust, the connection stays until the client has read why.
                            match tls.accept(stream).into_fallible().await {
                                Ok(stream) => connection_loop(stream, connection, handler, log).await,
                                Err((_, mut stream)) => {
                                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                                }
                            }
                        }
                    }
                });
            }
        });
        Self { addr, log }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Everything that came.
    pub fn log(&self) -> Vec<Req> {
        self.log.lock().unwrap().clone()
    }

    /// The texts of all guest messages that came, in order.
    pub fn texts(&self) -> Vec<String> {
        let told =
            |r: &Req| serde_json::from_str::<serde_json::Value>(&r.body).ok()?["text"].as_str().map(str::to_owned);
        self.log().iter().filter(|r| r.path.contains("/messaging/")).filter_map(told).collect()
    }

    /// How many requests came whose path contains this.
    pub fn count(&self, part: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|r| r.path.contains(part)).count()
    }
}

/// A connection, whatever it runs over, whose TCP part can be reset.
trait Stream: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

async fn connection_loop(mut stream: impl Stream, connection: usize, handler: Handler, log: Arc<Mutex<Vec<Req>>>) {
    let mut buffer = Vec::new();
    while let Some(req) = read(&mut stream, &mut buffer, connection).await {
        log.lock().unwrap().push(req.clone());
        let mut act = handler(&req);
        let act = loop {
            act = match act {
                Act::After(pause, then) => {
                    tokio::time::sleep(pause).await;
                    *then
                }
                Act::Meet(barrier, then) => {
                    barrier.wait().await;
                    *then
                }
                Act::Leave(count, then) => {
                    count.fetch_sub(1, Ordering::SeqCst);
                    *then
                }
                act => break act,
            };
        };
        match act {
            Act::Say(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Act::SayUntilClosed(bytes, closed) => {
                let _ = stream.write_all(&bytes).await;
                assert_eq!(stream.read_buf(&mut buffer).await.unwrap_or(0), 0, "another request came");
                closed.add_permits(1);
                return;
            }
            Act::SayClose(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Act::SayReset(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                if !bytes.is_empty() {
                    // Let what was said arrive: a reset may overtake it.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                let _ = stream.tcp().set_zero_linger();
                return;
            }
            _ => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut impl Stream, buffer: &mut Vec<u8>, connection: usize) -> Option<Req> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let length = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, v)| v.parse().unwrap());
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer.drain(..length).collect()).unwrap();
    Some(Req { method, path, headers, body, connection })
}
