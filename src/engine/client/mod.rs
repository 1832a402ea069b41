//! The HTTP client: one request, tried once, measured and told honestly.
//!
//! ```text
//! Call ─► connection (pooled per host, closed when idle for long) ─► gate ─► wire ─► status, headers, body
//!            └─ trace: look-up, connect                         └─ wrote?      └─► Tried ─► capture (redacted)
//! ```
//! A request that asks for an upgrade goes by HTTP/1.1 on a connection of its own, which is closed with its answer.
//!
//! No redirects (a bearer token or a POST is never carried elsewhere), no retries, no compression asked for, no pings at
//! rest. Connections that have been idle for long are not used again: a NAT or a suspended laptop may have dropped them
//! silently, and a request on a dead one would end as unknown. They are dropped when the next request comes, not by a
//! timer, so that rest is rest; and the wall clock counts too, since the monotonic one sleeps with the laptop.

pub mod capture;
mod classify;
mod gate;
mod proxy;
mod tls;
mod trace;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Version};
use hyper_util::client::proxy::matcher::Intercept;
use rustls::ClientConfig;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::Profile;
use crate::genesys::Call;
use crate::model::{FailureKind, Moment, Phase, Timing};

pub use classify::Fault;
pub use gate::Gate;
use gate::GatedBody;
pub use proxy::Environment;
use trace::{TimedConnect, TimedResolver, Trace};

/// A connection that was idle for longer is not trusted to be alive. Below the idle bounds of common load balancers
/// (60 s and more), so that our writing and their closing do not cross either.
const IDLE_MAX: Duration = Duration::from_secs(50);

/// How many URLs are kept taken apart.
const TARGETS_MAX: usize = 256;

/// Why a try is stopped before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A person takes it back.
    TakenBack,
    /// Its time is over.
    Late,
}

/// What ends a try early: its time is over, or somebody takes it back.
pub struct Cancel {
    late: Instant,
    taken_back: oneshot::Receiver<()>,
}

impl Cancel {
    /// A try that may take until `bound` from now; whoever sends to the other end takes it back.
    pub fn within(bound: Duration) -> (oneshot::Sender<()>, Self) {
        let (take_back, taken_back) = oneshot::channel();
        (take_back, Self { late: Instant::now() + bound, taken_back })
    }

    /// Resolves when the try must end.
    pub async fn stopped(&mut self) -> Stop {
        tokio::select! {
            biased;
            Ok(()) = &mut self.taken_back, if !self.taken_back.is_terminated() => Stop::TakenBack,
            () = tokio::time::sleep_until(self.late) => Stop::Late,
        }
    }
}

/// What came of a try, with secrets still in it: never kept, only read and captured.
pub struct Tried {
    /// Where a status line came.
    pub answer: Option<Answer>,
    /// Where no whole answer came.
    pub fault: Option<Fault>,
    /// What was measured.
    pub timing: Timing,
}

/// An answer as it came.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// HTTP version.
    pub version: Version,
    /// In order.
    pub headers: HeaderMap,
    /// The peer.
    pub remote: Option<SocketAddr>,
    /// The first [`capture::BODY_MAX`] bytes of the body.
    pub bytes: Vec<u8>,
    /// How many bytes came.
    pub total: u64,
}

impl Tried {
    /// A try that ended before it began.
    pub fn invalid(detail: String) -> Self {
        let fault = Fault { kind: FailureKind::Invalid, phase: Phase::Resolve, detail, wrote: false };
        Self { answer: None, fault: Some(fault), timing: Timing::default() }
    }
}

/// Which connections a host may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Route {
    /// Plain HTTP to this machine: no proxy, no certificates.
    Loopback,
    /// HTTPS to this machine: no proxy.
    LoopbackTls,
    /// Everything else: the environment's proxies, certificates checked.
    Outside,
}

/// A URL taken apart.
struct Target {
    url: reqwest::Url,
    slot: SlotKey,
}

/// A host, the way there, and whether only HTTP/1.1 is spoken: what asks for an upgrade cannot go by HTTP/2.
type SlotKey = (Route, String, bool);

struct Slot {
    client: reqwest::Client,
    used: Moment,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    connect_timeout: Duration,
    ca_files: Vec<PathBuf>,
    /// Loaded when the first https URL comes.
    tls: OnceCell<ClientConfig>,
    /// One pool a host: how long it was idle is known, and it can be dropped alone.
    slots: Mutex<HashMap<SlotKey, Slot>>,
    targets: Mutex<HashMap<String, Arc<Target>>>,
    proxies: Environment,
}

impl Client {
    /// A client for `profile`'s bounds and CA files, and the proxies of `environment`. Opens and loads nothing.
    pub fn new(profile: &Profile, clock: Clock, environment: Environment) -> Self {
        Self {
            shared: Arc::new(Shared {
                clock,
                connect_timeout: profile.connect_timeout,
                ca_files: profile.ca_files.clone(),
                tls: OnceCell::new(),
                slots: Mutex::new(HashMap::new()),
                targets: Mutex::new(HashMap::new()),
                proxies: environment,
            }),
        }
    }

    /// Tries `call` once. Ends when it is answered or stopped.
    pub async fn run(&self, call: Call, stop: &mut Cancel) -> Tried {
        let began = Instant::now();
        let gate = Arc::new(Gate::default());
        let trace = Arc::new(Trace::default());
        let mut tried = self.exchange(call, began, &gate, &trace, stop).await;
        let marks = trace.marks();
        tried.timing.resolve = marks.resolve;
        tried.timing.connect = marks.connect;
        tried.timing.tls = marks.tls;
        tried.timing.reused = tried.answer.is_some() && !marks.connected;
        tried.timing.total = Some(began.elapsed());
        tried
    }

    async fn exchange(
        &self,
        call: Call,
        began: Instant,
        gate: &Arc<Gate>,
        trace: &Arc<Trace>,
        stop: &mut Cancel,
    ) -> Tried {
        let failed = |fault| Tried { answer: None, fault: Some(fault), timing: Timing::default() };
        let (client, target) = tokio::select! {
            biased;
            why = stop.stopped() => return failed(gave_up(why, trace, gate)),
            client = self.client_for(&call) => match client {
                Ok(client) => client,
                Err(why) => return Tried::invalid(why),
            },
        };
        let mut request = reqwest::Request::new(call.method, target.url.clone());
        *request.headers_mut() = call.headers;
        *request.body_mut() = Some(reqwest::Body::wrap(GatedBody::new(Bytes::from(call.body), Arc::clone(gate))));
        let answered = {
            let work = Trace::of(Arc::clone(trace), client.execute(request));
            tokio::select! {
                biased;
                out = work => out.map_err(|e| classify::before_answer(&e.without_url(), trace.marks(), gate.is_open())),
                why = stop.stopped() => Err(gave_up(why, trace, gate)),
            }
        };
        let mut response = match answered {
            Ok(response) => response,
            Err(fault) => return failed(fault),
        };
        let first_byte = Some(began.elapsed());
        let upgraded = response.status() == http::StatusCode::SWITCHING_PROTOCOLS;
        let mut answer = Answer {
            status: response.status().as_u16(),
            version: response.version(),
            headers: std::mem::take(response.headers_mut()),
            remote: response.remote_addr(),
            bytes: Vec::new(),
            total: 0,
        };
        if upgraded {
            hang_up(response).await;
            return Tried { answer: Some(answer), fault: None, timing: Timing { first_byte, ..Timing::default() } };
        }
        let fault = loop {
            let chunk = tokio::select! {
                biased;
                chunk = response.chunk() => chunk,
                why = stop.stopped() => break Some(gave_up_body(why)),
            };
            match chunk {
                Ok(Some(bytes)) => {
                    answer.total += bytes.len() as u64;
                    let room = capture::BODY_MAX.saturating_sub(answer.bytes.len());
                    answer.bytes.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
                }
                Ok(None) => break None,
                Err(e) => break Some(classify::in_body(&e.without_url())),
            }
        };
        self.touch(&target);
        Tried { answer: Some(answer), fault, timing: Timing { first_byte, ..Timing::default() } }
    }

    /// A URL taken apart, once: the same few come again and again.
    fn target(&self, call: &Call) -> Result<Arc<Target>, String> {
        let url = call.url.as_str();
        let mut targets = self.shared.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = targets.get(url) {
            return Ok(Arc::clone(known));
        }
        let slot = key(url, call.headers.contains_key(http::header::UPGRADE))
            .ok_or_else(|| "the URL has no host; check the hosts of the profile".to_owned())?;
        let parsed = url.parse().map_err(|e| format!("the request cannot be built: the URL cannot be used ({e})"))?;
        if targets.len() >= TARGETS_MAX {
            targets.clear();
        }
        let target = Arc::new(Target { url: parsed, slot });
        targets.insert(url.to_owned(), Arc::clone(&target));
        Ok(target)
    }

    /// The pool for the URL's host, made anew where it was idle for too long.
    async fn client_for(&self, call: &Call) -> Result<(reqwest::Client, Arc<Target>), String> {
        let target = self.target(call)?;
        let key = &target.slot;
        let now = self.shared.clock.now();
        if let Some(client) = self.fresh(key, now) {
            return Ok((client, target));
        }
        let mut tls = match key.0 {
            Route::Loopback => tls::none()?,
            Route::LoopbackTls | Route::Outside => self.tls().await?,
        };
        if key.2 {
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(self.shared.connect_timeout)
            .pool_idle_timeout(None)
            .dns_resolver(TimedResolver)
            .connector_layer(TimedConnect);
        let builder = if key.0 == Route::Outside { self.shared.proxies.apply(builder)? } else { builder.no_proxy() };
        let builder = if key.2 { builder.http1_only().pool_max_idle_per_host(0) } else { builder };
        let client = builder.build().map_err(|e| format!("the HTTP client cannot be set up: {e}"))?;
        let mut slots = self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.insert(key.clone(), Slot { client: client.clone(), used: now });
        drop(slots);
        Ok((client, target))
    }

    fn fresh(&self, key: &SlotKey, now: Moment) -> Option<reqwest::Client> {
        let mut slots = self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get_mut(key)?;
        let slept = now.wall.duration_since(slot.used.wall).unsigned_abs();
        if now.since(slot.used) > IDLE_MAX || slept > IDLE_MAX {
            slots.remove(key);
            return None;
        }
        slot.used = now;
        Some(slot.client.clone())
    }

    fn touch(&self, target: &Target) {
        let now = self.shared.clock.now();
        let mut slots = self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(&target.slot) {
            slot.used = now;
        }
    }

    /// Bound on opening a connection.
    pub fn connect_timeout(&self) -> Duration {
        self.shared.connect_timeout
    }

    /// The same trust as for HTTP, for a socket: WebSocket is an upgrade of HTTP/1.1.
    pub async fn socket_tls(&self) -> Result<Arc<ClientConfig>, String> {
        let mut config = self.tls().await?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// The proxy that leads to a host, if one does. None leads to this machine.
    pub fn proxy_for(&self, host: &str, port: u16, secure: bool) -> Result<Option<Intercept>, String> {
        if is_loopback(host) {
            return Ok(None);
        }
        self.shared.proxies.proxy_for(host, port, secure)
    }

    async fn tls(&self) -> Result<ClientConfig, String> {
        let load = || async {
            let files = self.shared.ca_files.clone();
            tokio::task::spawn_blocking(move || tls::full(&files))
                .await
                .unwrap_or_else(|e| Err(format!("loading certificates failed: {e}")))
        };
        self.shared.tls.get_or_try_init(load).await.cloned()
    }
}

/// We end the try: the gate says, for good, whether something may have left.
fn gave_up(why: Stop, trace: &Trace, gate: &Gate) -> Fault {
    let wrote = !gate.bar();
    let phase = if wrote { Phase::Answer } else { classify::connecting_phase(trace.marks()) };
    match why {
        Stop::Late => Fault { kind: FailureKind::Timeout, phase, detail: classify::timeout_words(phase), wrote },
        Stop::TakenBack => {
            let detail = format!("taken back while {}", phase.word());
            Fault { kind: FailureKind::Cancelled, phase, detail, wrote }
        }
    }
}

/// … while the body came.
fn gave_up_body(why: Stop) -> Fault {
    let phase = Phase::Body;
    let (kind, detail) = match why {
        Stop::Late => (FailureKind::Timeout, classify::timeout_words(phase)),
        Stop::TakenBack => (FailureKind::Cancelled, "taken back while the answer was read".to_owned()),
    };
    Fault { kind, phase, detail, wrote: true }
}

/// Ends an upgraded connection as RFC 6455 wants it: a close frame (masked, empty), then the end.
async fn hang_up(response: reqwest::Response) {
    use tokio::io::AsyncWriteExt as _;
    const CLOSE: [u8; 6] = [0x88, 0x80, 0, 0, 0, 0];
    // Whoever has gone first needs no goodbye.
    if let Ok(mut connection) = response.upgrade().await {
        let _ = connection.write_all(&CLOSE).await;
        let _ = connection.shutdown().await;
    }
}

fn key(url: &str, http1: bool) -> Option<SlotKey> {
    let authority = capture::authority(url)?;
    let tls = url.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("https:"));
    let route = match (is_loopback(authority), tls) {
        (true, false) => Route::Loopback,
        (true, true) => Route::LoopbackTls,
        (false, _) => Route::Outside,
    };
    Some((route, authority.to_owned(), http1))
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let route = |url| key(url, false).map(|k| k.0);
        assert_eq!(route("http://127.0.0.1:8/x"), Some(Route::Loopback));
        assert_eq!(route("http://localhost/x"), Some(Route::Loopback));
        assert_eq!(route("https://[::1]:1/x"), Some(Route::LoopbackTls));
        assert_eq!(route("https://api.mypurecloud.de/x"), Some(Route::Outside));
        assert_eq!(route("https://127.0.0.1.evil.example/"), Some(Route::Outside));
        assert_eq!(route("x"), None);
    }
}
