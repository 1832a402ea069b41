//! A simulator of Genesys Cloud on a loopback port, in the same process: first runs, demos, tests and benches use it
//! through the client that ships.
//!
//! ```text
//! Scenario ─► start ─► Sandbox ─┬─ world   state and rules, pure
//!                               ├─ fault   what is made to go wrong
//!                               ├─ http    routes, shapes, headers, resets, the guest WebSocket; the control API
//!                               ├─ pulse   lets what is due take place when its time has come
//!                               └─ hook    pushes replies of the open channel to a webhook
//! ```
//! Whatever names another machine in its `Host` is refused, so that no web page reaches it under a name that leads here
//! (DNS rebinding). It serves what the three channels and their reading side need, counts what it received, and is deterministic:
//! one seed gives one set of ids, and its clock can be advanced. A [`run`](Scenario::run) other than 0 leaves the ids of
//! those who wait there as they are and gives what happens new ones: a journal outlives many starts, and knows messages
//! by their ids.

mod announce;
mod fault;
mod hook;
mod http;
mod loopback;
mod rng;
pub mod scenario;
mod shared;
mod world;

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::{fmt, io};

use axum::handler::Handler as _;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

pub use scenario::{Scenario, ScenarioWebhook};

use crate::clock::Clock;
use crate::config::Profile;
use shared::{Lines, STOP_WAITS, Shared};
use world::World;

/// What to start.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// The organisation.
    pub scenario: Scenario,
}

/// A running sandbox. Dropping it stops it too, without waiting for answers that are on their way.
pub struct Sandbox {
    inner: Arc<Shared>,
    addr: SocketAddr,
    url: String,
    server: JoinHandle<()>,
}

/// Binds the port at once, then serves on the current tokio runtime.
///
/// The error is the system's: most often that the port is taken. Outside a tokio runtime it is an error too.
pub fn start(options: SandboxOptions) -> io::Result<Sandbox> {
    start_with(options, Clock::start())
}

/// As [`start`], with a clock of the caller's: tests let it run fast.
pub fn start_with(options: SandboxOptions, clock: Clock) -> io::Result<Sandbox> {
    let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let SandboxOptions { port, scenario } = options;
    let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    let door = http::LoopbackListener(tokio::net::TcpListener::from_std(listener)?);
    let mut world = World::new(&scenario, clock.now());
    world.web.base = format!("http://{addr}");
    let world = Mutex::new(world);
    let (stopping, mut stop) = watch::channel(false);
    let (pushes, pushed) = mpsc::unbounded_channel();
    let (lines, sooner) = (Lines::default(), Notify::new());
    let inner = Arc::new(Shared { clock, advanced: AtomicU64::new(0), world, stopping, lines, pushes, sooner });
    let pulse = inner.clone();
    runtime.spawn(async move { pulse.pulse().await });
    runtime.spawn(hook::run(inner.clone(), pushed));
    let service = http::serve.with_state(inner.clone()).into_make_service_with_connect_info::<http::HttpPeer>();
    let server = runtime.spawn(async move {
        let stopped = async move {
            // An error means that the handle is gone: stop as well.
            let _ = stop.wait_for(|&stop| stop).await;
        };
        // It only ends by being stopped.
        let _ = axum::serve(door, service).with_graceful_shutdown(stopped).await;
    });
    Ok(Sandbox { inner, addr, url: format!("http://{addr}"), server })
}

impl Sandbox {
    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The built-in profile `sandbox`, for this port.
    pub fn profile(&self) -> Profile {
        announce::profile(&self.inner.world(), &self.url, self.addr)
    }

    /// What `guestwire sandbox` prints: base URLs, credentials, conversations.
    pub fn announcement(&self) -> Value {
        announce::line(&self.inner.world(), &self.url, self.addr)
    }

    /// Everything received so far, and all settings: the body of `GET /_sandbox/state`.
    pub fn state(&self) -> Value {
        self.inner.state()
    }

    /// The faults that wait for a request, or hold, in words: `rate-limited (once)`. Faults that were used up, and faults
    /// that acted at once, are left out.
    pub fn faults_left(&self) -> Vec<String> {
        self.inner.world().fault_words()
    }

    /// Sets a fault given as JSON, as `POST /_sandbox/faults` does. The error is a sentence.
    pub fn set_fault(&self, json: &str) -> Result<(), String> {
        let json = serde_json::from_str(json).map_err(|e| format!("the fault is not JSON: {e}"))?;
        self.inner.set_fault(&json)
    }

    /// Lifts all faults. Conversations that one ended go on; expired and revoked tokens stay so.
    pub fn clear_faults(&self) {
        self.inner.clear_faults();
    }

    /// Pushes replies of the open channel to an address of this machine, signed with `secret`. The error is a sentence.
    pub fn set_webhook(&self, url: &str, secret: &str) -> Result<(), String> {
        self.inner.set_webhook(Some(ScenarioWebhook { url: url.to_owned(), secret: secret.to_owned() }))
    }

    /// Puts the clock forward: tokens expire, windows pass, answers that were due later are there.
    pub fn advance(&self, seconds: u64) {
        self.inner.advance(seconds);
    }

    /// Stops: no new connections, idle ones close, answers on their way go out (within half a second).
    pub async fn stop(mut self) {
        self.inner.stopping.send_replace(true);
        let _ = tokio::time::timeout(STOP_WAITS, &mut self.server).await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.inner.stopping.send_replace(true);
        self.server.abort();
    }
}
