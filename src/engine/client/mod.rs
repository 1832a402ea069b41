//! The HTTP client: one request, tried once, measured and told honestly.
//!
//! ```text
//! Call ─► pool (the library's own) ─► gate ─► wire ─► status, headers, body ─► Tried ─► capture (redacted)
//!          └─ dial: name, TCP, proxy, TLS   └─ wrote?
//! ```
//! No redirects (a bearer token or a POST is never carried elsewhere), no retries, no compression asked for, no timer and
//! no pings at rest. A connection that was idle for long is not used again: a NAT or a suspended laptop may have dropped
//! it silently, and a request on a dead one would end as unknown. The wall clock counts too, since the monotonic one
//! sleeps with the laptop. After a try that timed out, or that the server did not process, all connections are new.

pub mod capture;
pub mod dial;
pub mod proxy;
pub mod tls;
pub mod wire;

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use capture::{HEAD_FIELDS_MAX, HEAD_MAX};
use dial::{Dialer, Progress, Protocol, TIMED_OUT};
use futures_util::FutureExt as _;
use http::Uri;
use http::header::PROXY_AUTHORIZATION;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower_service::Service;
use wire::{CapturedWire, ConnectedPeer, GatedBody};

use crate::clock::Clock;
use crate::config::Profile;
use crate::genesys::Call;
use crate::model::{Failure, FailureKind, Moment, Phase, Timing};

pub use capture::{ClientAnswer, NoAnswer, Tried};
pub use proxy::Environment;
pub use wire::Gate;
pub(crate) use {dial::proxy_of, proxy::proxy_problems, tls::check_ca_file};

/// A connection that was idle for longer is not trusted to be alive. Below the idle bounds of common load balancers
/// (60 s and more), so that our writing and their closing do not cross either.
const IDLE_MAX: Duration = Duration::from_secs(45);

pub struct StopWhen {
    late: Instant,
    taken_back: oneshot::Receiver<()>,
}

impl StopWhen {
    /// A try that may take until `bound` from now; whoever sends to the other end takes it back.
    pub fn within(bound: Duration) -> (oneshot::Sender<()>, Self) {
        let (take_back, taken_back) = oneshot::channel();
        (take_back, Self { late: Instant::now() + bound, taken_back })
    }

    /// Why it is stopped before it is answered: somebody takes it back, or its time is over.
    pub async fn stopped(&mut self) -> (FailureKind, &'static str) {
        tokio::select! {
            biased;
            Ok(()) = &mut self.taken_back, if !self.taken_back.is_terminated() => (FailureKind::Cancelled, "taken back"),
            () = tokio::time::sleep_until(self.late) => (FailureKind::Timeout, TIMED_OUT),
        }
    }
}

tokio::task_local! {
    /// Of the request under way. A connection that is still opened when nobody waits for it is recorded nowhere.
    static PROGRESS: Arc<Progress>;
}

#[derive(Clone)]
struct Connector(Arc<Dialer>);

impl Service<Uri> for Connector {
    type Response = TokioIo<CapturedWire>;
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = Arc::clone(&self.0);
        let progress = PROGRESS.try_with(Arc::clone).unwrap_or_default();
        Box::pin(async move { Ok(TokioIo::new(dialer.dial(&uri, Protocol::Http, &progress).await?)) })
    }
}

type Pool = legacy::Client<Connector, GatedBody>;

#[derive(Clone)]
pub struct Client {
    clock: Clock,
    /// What opens connections: for a socket too, which has the same bounds, certificates and proxies.
    pub dialer: Arc<Dialer>,
    /// With when it was used last. None: the next try makes one, with no connection yet.
    pool: Arc<Mutex<Option<(Pool, Moment)>>>,
}

impl Client {
    pub fn new(profile: &Profile, clock: Clock, environment: Environment) -> Self {
        Self { clock, dialer: Arc::new(Dialer::new(profile, environment)), pool: Arc::default() }
    }

    pub async fn run(&self, call: Call, stop: &mut StopWhen) -> Tried {
        let began = Instant::now();
        let progress = Arc::new(Progress::default());
        let result = self.exchange(call, began, &progress, stop).await;
        let mut timing = Timing { total: Some(began.elapsed()), ..progress.timing() };
        timing.reused &= timing.first_byte.is_some();
        if let Err(NoAnswer { failure, .. }) = &result
            && matches!(failure.kind, FailureKind::Timeout | FailureKind::Unprocessed)
        {
            *self.pool.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Tried { result, timing }
    }

    async fn exchange(
        &self,
        call: Call,
        began: Instant,
        progress: &Arc<Progress>,
        stop: &mut StopWhen,
    ) -> Result<ClientAnswer, NoAnswer> {
        let gate = Arc::new(Gate::default());
        if let Some(why) = stop.stopped().now_or_never() {
            return Err(gave_up(why, progress, &gate).into());
        }
        let (request, host) = self.request(call, &gate)?;
        let work = PROGRESS.scope(Arc::clone(progress), self.pool().request(request));
        let answered = tokio::select! {
            biased;
            out = work => out,
            why = stop.stopped() => return Err(gave_up(why, progress, &gate).into()),
        };
        let response = answered.map_err(|e| capture::before_answer(&e, &host, gate.is_open()))?;
        progress.measured(|t| t.first_byte = Some(began.elapsed()));
        let (head, body) = response.into_parts();
        let peer = head.extensions.get().map(|ConnectedPeer(address)| *address);
        let mut answer = ClientAnswer::of(head, peer);
        let read = tokio::select! {
            biased;
            read = answer.read(body) => read,
            (kind, why) = stop.stopped() => Err(Failure::written(kind, Phase::Body, why)),
        };
        match read {
            Ok(()) => Ok(answer),
            Err(failure) => Err(NoAnswer { failure, partial: Some(Box::new(answer)) }),
        }
    }

    fn request(&self, call: Call, gate: &Arc<Gate>) -> Result<(http::Request<GatedBody>, String), Failure> {
        let invalid = |why| Failure::new(FailureKind::Invalid, Phase::Resolve, why);
        let uri: Uri = call.url.parse().map_err(|e| invalid(format!("the URL cannot be used ({e})")))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let mut request = http::Request::new(GatedBody::new(Bytes::from(call.body), Arc::clone(gate)));
        *request.headers_mut() = call.headers;
        // What is not encrypted is asked of the proxy itself.
        if uri.scheme_str() == Some("http")
            && let Some(credentials) = self.dialer.proxy_for(&uri)?.and_then(|proxy| proxy.credentials)
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, credentials);
        }
        *request.method_mut() = call.method;
        *request.uri_mut() = uri;
        Ok((request, host))
    }

    fn pool(&self) -> Pool {
        let now = self.clock.now();
        let mut kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let awake = kept.take().filter(|(_, used)| now.wall.duration_since(used.wall).unsigned_abs() <= IDLE_MAX);
        let make = || {
            legacy::Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE_MAX)
                .http1_max_buf_size(HEAD_MAX)
                .http1_max_headers(HEAD_FIELDS_MAX)
                .http2_max_header_list_size(u32::try_from(HEAD_MAX).unwrap_or(u32::MAX))
                .build(Connector(Arc::clone(&self.dialer)))
        };
        let pool = awake.map_or_else(make, |(pool, _)| pool);
        *kept = Some((pool.clone(), now));
        pool
    }
}

/// We end the try: the gate says, for good, whether something may have left.
fn gave_up((kind, why): (FailureKind, &str), progress: &Progress, gate: &Gate) -> Failure {
    let wrote = !gate.close();
    let phase = if wrote { Phase::Answer } else { progress.phase() };
    Failure { wrote, ..Failure::new(kind, phase, why) }
}
