//! Opening a connection, for a request and for a socket alike: name, TCP, the proxy of profile or environment, TLS. Each
//! part is timed, and a failure names the party with which it happened.

use std::error::Error as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{Request, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::capture::{NoAnswer, innermost};
use super::proxy::{Environment, Proxy};
use super::tls;
use super::wire::{CapturedWire, hand_over};
use crate::config::{Profile, ProfileProxy};
use crate::genesys::USER_AGENT;
use crate::genesys::errors::ApiError;
use crate::model::{Failure, FailureKind, Party, Phase, ProxyName, Timing, TlsFault, is_loopback};

/// How far a try has got towards a connection, and how long each part took: readable while it goes on.
#[derive(Debug, Default)]
pub struct Progress(Mutex<(Option<Phase>, Timing)>);

impl Progress {
    fn lock(&self) -> MutexGuard<'_, (Option<Phase>, Timing)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn phase(&self) -> Phase {
        self.lock().0.unwrap_or(Phase::Connect)
    }

    /// What was measured. An open connection was used again where no part was begun.
    pub fn timing(&self) -> Timing {
        let (phase, timing) = *self.lock();
        Timing { reused: phase.is_none(), ..timing }
    }

    pub fn enter(&self, phase: Phase) {
        self.lock().0 = Some(phase);
    }

    pub fn measured(&self, mark: impl FnOnce(&mut Timing)) {
        mark(&mut self.lock().1);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http,      // HTTP/2 or 1.1, whichever the server prefers; a proxy is asked for what is not encrypted
    WebSocket, // an upgrade of HTTP/1.1; a proxy leads to the server in any case
}

struct Destination<'u> {
    host: &'u str,
    port: u16,
    secure: bool,
}

impl<'u> Destination<'u> {
    fn of(uri: &'u Uri) -> Result<Self, Failure> {
        let secure = matches!(uri.scheme_str(), Some("https" | "wss"));
        let why = "the URL has no host; check the hosts of the profile";
        let none = || Failure::new(FailureKind::Invalid, Phase::Resolve, why);
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(none)?;
        Ok(Self { host, port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }), secure })
    }
}

/// The proxy through which a profile's API is reached, if any. The error says which variable names none.
pub fn proxy_of(profile: &Profile, environment: &Environment) -> Result<Option<ProxyName>, String> {
    let Ok(uri) = profile.hosts.api.parse::<Uri>() else { return Ok(None) };
    let proxy = Dialer::new(profile, environment.clone()).proxy_for(&uri);
    proxy.map(|proxy| proxy.map(|proxy| proxy.name)).map_err(|failure| failure.detail)
}

pub struct Dialer {
    pub bound: Duration,
    ca_files: Vec<PathBuf>,
    trust: OnceCell<ClientConfig>, // loaded when the first encrypted connection is opened
    proxy: Option<ProfileProxy>,
    environment: Environment,
}

impl Dialer {
    pub fn new(profile: &Profile, environment: Environment) -> Self {
        Self {
            bound: profile.connect_timeout,
            ca_files: profile.ca_files.clone(),
            trust: OnceCell::new(),
            proxy: profile.proxy.clone(),
            environment,
        }
    }

    pub fn proxy_for(&self, uri: &Uri) -> Result<Option<Proxy>, Failure> {
        let place = Destination::of(uri)?;
        // No proxy leads to this machine.
        if is_loopback(place.host) {
            return Ok(None);
        }
        let invalid = |why| Failure::new(FailureKind::Invalid, Phase::Connect, why);
        self.environment.proxy_for(self.proxy.as_ref(), (place.host, place.port, place.secure)).map_err(invalid)
    }

    pub async fn dial(&self, uri: &Uri, speaks: Protocol, progress: &Progress) -> Result<CapturedWire, NoAnswer> {
        let proxy = self.proxy_for(uri)?;
        let passed = AtomicBool::new(false);
        let work = self.open(Destination::of(uri)?, proxy.as_ref(), speaks, progress, &passed);
        let done = tokio::time::timeout(self.bound, work).await.unwrap_or_else(|_| {
            let silent = proxy.as_ref().filter(|_| !passed.load(Ordering::Relaxed));
            let party = silent.map_or(Party::Host {}, |proxy| Party::Proxy { proxy: proxy.name.clone() });
            Err(Failure::new(FailureKind::Timeout, progress.phase(), TIMED_OUT).with(party).into())
        });
        done.map_err(|mut none| {
            let by_host = none.failure.party == Party::Host {} && none.failure.phase == Phase::Tls;
            // A proxy that says yes may still be whoever speaks, or hangs up.
            if let Some(proxy) = proxy.as_ref().filter(|_| by_host) {
                none.failure.detail.push_str(&format!("; it was reached through {}", proxy.name));
            }
            none
        })
    }

    async fn open(
        &self,
        place: Destination<'_>,
        proxy: Option<&Proxy>,
        speaks: Protocol,
        progress: &Progress,
        passed: &AtomicBool,
    ) -> Result<CapturedWire, NoAnswer> {
        let wire = match proxy {
            None => connect(place.host, place.port, progress).await?,
            Some(proxy) => {
                let by_proxy = |failure: Failure| failure.with(Party::Proxy { proxy: proxy.name.clone() });
                let mut wire = connect(&proxy.host, proxy.port, progress).await.map_err(by_proxy)?;
                if proxy.secure {
                    wire =
                        self.tls_handshake(&proxy.host, wire, Protocol::WebSocket, progress).await.map_err(by_proxy)?;
                }
                if speaks == Protocol::Http && !place.secure {
                    return Ok(wire.forwarding());
                }
                progress.enter(Phase::Connect);
                tunnel(proxy, &place, wire).await?
            }
        };
        // Whoever is silent from here on is the host.
        passed.store(true, Ordering::Relaxed);
        if !place.secure {
            return Ok(wire);
        }
        Ok(self.tls_handshake(place.host, wire, speaks, progress).await?)
    }

    async fn tls_handshake(
        &self,
        host: &str,
        wire: CapturedWire,
        speaks: Protocol,
        progress: &Progress,
    ) -> Result<CapturedWire, Failure> {
        progress.enter(Phase::Tls);
        let mut config = self.trust().await?;
        config.alpn_protocols = match speaks {
            Protocol::Http => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Protocol::WebSocket => vec![b"http/1.1".to_vec()],
        };
        let began = Instant::now();
        let name = ServerName::try_from(bare(host).to_owned())
            .map_err(|e| Failure::new(FailureKind::Tls(TlsFault::Other), Phase::Tls, e.to_string()))?;
        let peer = wire.peer;
        let greeted = TlsConnector::from(Arc::new(config)).connect(name, wire).await;
        progress.measured(|t| t.tls = Some(t.tls.unwrap_or_default() + began.elapsed()));
        let stream = greeted.map_err(|e| {
            let (fault, words) = tls::words(&e, host);
            Failure::new(FailureKind::Tls(fault), Phase::Tls, words)
        })?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(CapturedWire::new(stream, peer, http2))
    }

    async fn trust(&self) -> Result<ClientConfig, Failure> {
        let load = || async {
            let files = self.ca_files.clone();
            let loaded = tokio::task::spawn_blocking(move || tls::trust(&files)).await;
            loaded.unwrap_or_else(|e| {
                let why = format!("loading certificates failed: {e}");
                Err(Failure::new(FailureKind::Invalid, Phase::Tls, why))
            })
        };
        self.trust.get_or_try_init(load).await.cloned()
    }
}

pub const TIMED_OUT: &str = "timed out"; // the phase stands before it

/// A host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[derive(Clone)]
struct FixedAddresses(Vec<SocketAddr>);

impl Service<Name> for FixedAddresses {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        std::future::ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}

/// Name and TCP. Addresses of both families race each other, so that one that leads nowhere costs no time.
async fn connect(host: &str, port: u16, progress: &Progress) -> Result<CapturedWire, Failure> {
    progress.enter(Phase::Resolve);
    let began = Instant::now();
    let found = tokio::net::lookup_host((bare(host), port)).await.map(Iterator::collect::<Vec<_>>);
    progress.measured(|t| t.resolve = Some(began.elapsed()));
    let unknown = |why: String| Failure::new(FailureKind::Dns, Phase::Resolve, why);
    let addresses = found.map_err(|e| unknown(format!("{host}: {e}")))?;
    if addresses.is_empty() {
        return Err(unknown(format!("{host} has no address")));
    }
    progress.enter(Phase::Connect);
    let began = Instant::now();
    let no_way = |why: String| Failure::new(FailureKind::Connect, Phase::Connect, why);
    let mut connector = HttpConnector::new_with_resolver(FixedAddresses(addresses));
    connector.set_nodelay(true);
    // The name is resolved, so the connector needs none: any will do.
    let connected = connector.call(Uri::from_static("http://resolved")).await;
    progress.measured(|t| t.connect = Some(began.elapsed()));
    let stream = connected.map_err(|e| no_way(innermost(&e)))?.into_inner();
    let peer = stream.peer_addr().map_err(|e| no_way(e.to_string()))?;
    Ok(CapturedWire::new(stream, peer, false))
}

async fn tunnel(proxy: &Proxy, place: &Destination<'_>, wire: CapturedWire) -> Result<CapturedWire, NoAnswer> {
    let failed =
        |kind, why: String| Failure::new(kind, Phase::Connect, why).with(Party::Proxy { proxy: proxy.name.clone() });
    let lost = |e: hyper::Error| match &e {
        e if e.is_parse_too_large() => {
            failed(FailureKind::TooLarge, "the header of its answer is too large".to_owned())
        }
        e if e.is_incomplete_message() => failed(FailureKind::Connect, "it closed the connection".to_owned()),
        e if e.source().is_some_and(|source| source.is::<std::io::Error>()) => {
            failed(FailureKind::Connect, innermost(e))
        }
        _ => failed(FailureKind::Protocol, "its answer is not HTTP".to_owned()),
    };
    let to = format!("{}:{}", place.host, place.port);
    let request = Request::connect(&to).header(HOST, &to).header(http::header::USER_AGENT, USER_AGENT);
    let request = match &proxy.credentials {
        Some(credentials) => request.header(PROXY_AUTHORIZATION, credentials),
        None => request,
    };
    let request = request.body(String::new()).map_err(|e| failed(FailureKind::Invalid, e.to_string()))?;
    let peer = wire.peer;
    let (answer, tunnel) = hand_over(wire, request, |head| head.status.is_success()).await.map_err(lost)?;
    if let Some(tunnel) = tunnel {
        return Ok(CapturedWire::new(TokioIo::new(tunnel.await.map_err(lost)?), peer, false));
    }
    let mut said = ApiError::read(answer.status, &answer.headers, &answer.bytes).refusal;
    said.phrase.clone_from(&answer.phrase);
    let failure = failed(FailureKind::Proxy, format!("answered {said}{}", advice(answer.status, proxy, &to)));
    Err(NoAnswer { failure, partial: Some(Box::new(answer)) })
}

fn advice(status: u16, proxy: &Proxy, to: &str) -> String {
    match (status, &proxy.credentials) {
        (407, given) => {
            let wants = "wants user and password before the host in its URL";
            let how = if given.is_some() { "did not take the user and password of its URL" } else { wants };
            format!("; it {how} (NTLM and Kerberos are not spoken)")
        }
        (401 | 403 | 405, _) => format!("; it does not let guestwire through to {to}: ask who runs it to allow that"),
        (511, _) => "; its network wants a sign-in first: open any page in a browser".to_owned(),
        (500.., _) => format!("; it did not reach {to}"),
        _ => String::new(),
    }
}
