//! Measures what happens below a request: name look-up and connecting. A task-local reaches from the request into the
//! resolver and the connector, which run in the same task; what is not recorded did not happen for this request (an
//! open connection was used again).

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static TRACE: Arc<Trace>;
}

/// What was recorded for one request.
#[derive(Debug, Default)]
pub struct Trace(Mutex<Marks>);

/// The marks of a [`Trace`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// Connecting (TLS included) was done, successfully.
    pub connected: bool,
    /// How long it took, look-up and TLS excluded, also when it failed.
    pub connect: Option<Duration>,
    /// The TLS handshake began.
    pub greeted: Option<Instant>,
    /// How long the handshake took, also when it failed.
    pub tls: Option<Duration>,
    /// The look-up began.
    pub resolving: bool,
    /// How long the look-up took.
    pub resolve: Option<Duration>,
    /// The look-up failed or found nothing.
    pub unresolved: bool,
}

impl Trace {
    /// What was recorded so far.
    pub fn marks(&self) -> Marks {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(change: impl FnOnce(&mut Marks)) {
        // Outside of a request (a connection that hyper finishes in the background) there is nobody to tell.
        let _ = TRACE.try_with(|t| change(&mut t.0.lock().unwrap_or_else(PoisonError::into_inner)));
    }

    /// A TLS handshake begins.
    pub fn greet() {
        Self::mark(|m| m.greeted = Some(Instant::now()));
    }

    /// Runs `work` with its marks going to `trace`.
    pub async fn of<F: Future>(trace: Arc<Self>, work: F) -> F::Output {
        TRACE.scope(trace, work).await
    }
}

/// The system's resolver, timed.
#[derive(Debug)]
pub struct TimedResolver;

impl Resolve for TimedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let began = Instant::now();
            Trace::mark(|m| m.resolving = true);
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect::<Vec<SocketAddr>>);
            Trace::mark(|m| {
                m.resolve = Some(began.elapsed());
                m.unresolved = found.as_ref().map_or(true, Vec::is_empty);
            });
            let found: Addrs = Box::new(found?.into_iter());
            Ok(found)
        })
    }
}

/// Times the connector that it is laid over.
#[derive(Clone, Copy, Debug)]
pub struct TimedConnect;

impl<S> Layer<S> for TimedConnect {
    type Service = TimedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TimedConnector(inner)
    }
}

/// See [`TimedConnect`].
#[derive(Clone, Debug)]
pub struct TimedConnector<S>(S);

impl<S, R> Service<R> for TimedConnector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let work = self.0.call(request);
        Box::pin(async move {
            let began = Instant::now();
            let out = work.await;
            Trace::mark(|m| {
                m.connected = out.is_ok();
                m.tls = m.greeted.map(|at| at.elapsed());
                let other = m.resolve.unwrap_or_default() + m.tls.unwrap_or_default();
                m.connect = Some(began.elapsed().saturating_sub(other));
            });
            out
        })
    }
}
