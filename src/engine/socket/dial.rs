//! Opening a connection for a socket: name, TCP, the environment's proxy, TLS. The bounds, certificates and proxies are
//! the HTTP client's own.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Uri;
use hyper_util::client::proxy::matcher::Intercept;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::engine::client::{Client, Fault};
use crate::genesys::call::USER_AGENT;
use crate::model::{FailureKind, Phase, Timing};

/// Most bytes of a proxy's answer to CONNECT.
const PROXY_ANSWER_MAX: usize = 16 * 1024;

/// A connection, whatever it runs over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// See [`Stream`].
pub type Wire = Box<dyn Stream>;

/// How far dialling got, and how long each part took: readable while it goes on.
#[derive(Debug, Default)]
pub struct Progress(Mutex<(Option<Phase>, Timing)>);

impl Progress {
    /// The part under way.
    pub fn phase(&self) -> Phase {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.unwrap_or(Phase::Resolve)
    }

    /// What was measured.
    pub fn timing(&self) -> Timing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// A part begins.
    pub fn enter(&self, phase: Phase) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(phase);
    }

    fn measured(&self, mark: impl FnOnce(&mut Timing)) {
        mark(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).1);
    }
}

/// Opens a connection to the host of `uri` (`ws` or `wss`). Gives it with the address of the peer.
pub async fn dial(client: &Client, uri: &Uri, progress: &Progress) -> Result<(Wire, SocketAddr), Fault> {
    let secure = uri.scheme_str() == Some("wss");
    let host = uri.host().ok_or_else(|| invalid("the URL has no host; check the hosts of the profile"))?;
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let proxy = client.proxy_for(host, port, secure).map_err(|why| invalid(&why))?;
    let work = async {
        let (wire, peer) = match &proxy {
            None => {
                let (stream, peer) = connect(host, port, progress).await?;
                (Box::new(stream) as Wire, peer)
            }
            Some(proxy) => through(client, proxy, host, port, progress).await?,
        };
        if !secure {
            return Ok((wire, peer));
        }
        let config = client.socket_tls().await.map_err(|why| invalid(&why))?;
        Ok((greet(config, host, wire, progress).await?, peer))
    };
    match tokio::time::timeout(client.connect_timeout(), work).await {
        Ok(done) => done,
        Err(_) => Err(Fault::late(progress.phase(), false)),
    }
}

/// Name and TCP: the addresses in the order in which the system gives them.
async fn connect(host: &str, port: u16, progress: &Progress) -> Result<(TcpStream, SocketAddr), Fault> {
    progress.enter(Phase::Resolve);
    let began = Instant::now();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((host, port)).await.map(Iterator::collect::<Vec<_>>);
    progress.measured(|t| t.resolve = Some(began.elapsed()));
    let addresses = found.map_err(|e| fault(FailureKind::Dns, Phase::Resolve, e.to_string()))?;
    progress.enter(Phase::Connect);
    let began = Instant::now();
    let mut last = fault(FailureKind::Dns, Phase::Resolve, "the name has no address".to_owned());
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // One small frame at a time: waiting to fill a packet only adds delay.
                let _ = stream.set_nodelay(true);
                progress.measured(|t| t.connect = Some(began.elapsed()));
                return Ok((stream, address));
            }
            Err(e) => last = fault(FailureKind::Connect, Phase::Connect, e.to_string()),
        }
    }
    progress.measured(|t| t.connect = Some(began.elapsed()));
    Err(last)
}

async fn greet(config: Arc<ClientConfig>, host: &str, wire: Wire, progress: &Progress) -> Result<Wire, Fault> {
    progress.enter(Phase::Tls);
    let began = Instant::now();
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(name)
        .map_err(|e| fault(FailureKind::Tls(crate::model::TlsFault::Other), Phase::Tls, e.to_string()))?;
    let greeted = TlsConnector::from(config).connect(name, wire).await;
    let spent = |t: &mut Timing| t.tls = Some(t.tls.unwrap_or(Duration::ZERO) + began.elapsed());
    progress.measured(spent);
    match greeted {
        Ok(stream) => Ok(Box::new(stream)),
        Err(e) => Err(fault(FailureKind::Tls(crate::model::TlsFault::Other), Phase::Tls, e.to_string())),
    }
}

/// A tunnel by CONNECT.
async fn through(
    client: &Client,
    proxy: &Intercept,
    host: &str,
    port: u16,
    progress: &Progress,
) -> Result<(Wire, SocketAddr), Fault> {
    let uri = proxy.uri();
    let secure = match uri.scheme_str() {
        Some("http") | None => false,
        Some("https") => true,
        Some(other) => {
            return Err(invalid(&format!("a proxy of the kind {other} is not supported; use an http proxy")));
        }
    };
    let proxy_host = uri.host().ok_or_else(|| invalid("the proxy's URL has no host"))?;
    let proxy_port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let (stream, peer) = connect(proxy_host, proxy_port, progress).await?;
    let mut wire: Wire = Box::new(stream);
    if secure {
        let config = client.socket_tls().await.map_err(|why| invalid(&why))?;
        wire = greet(config, proxy_host, wire, progress).await?;
    }
    progress.enter(Phase::Connect);
    let mut request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {USER_AGENT}\r\n").into_bytes();
    if let Some(credentials) = proxy.basic_auth() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(credentials.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let lost = |e: std::io::Error| fault(FailureKind::Connect, Phase::Connect, format!("the proxy: {e}"));
    wire.write_all(&request).await.map_err(lost)?;
    let mut answer = Vec::new();
    // Byte by byte, so that nothing of what comes behind the answer is taken.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= PROXY_ANSWER_MAX {
            return Err(fault(FailureKind::Connect, Phase::Connect, "the proxy's answer does not end".to_owned()));
        }
        answer.push(wire.read_u8().await.map_err(lost)?);
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')) {
        return Ok((wire, peer));
    }
    let said = status.split_once(' ').map_or(status, |(_, said)| said);
    Err(fault(FailureKind::Connect, Phase::Connect, format!("the proxy answered {said}")))
}

fn fault(kind: FailureKind, phase: Phase, detail: String) -> Fault {
    Fault { kind, phase, detail, wrote: false }
}

fn invalid(why: &str) -> Fault {
    fault(FailureKind::Invalid, Phase::Resolve, why.to_owned())
}
