//! What the parts of a running sandbox share: the world under its lock, the clock, and the ways out for what the world
//! wants to send.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};

use super::loopback;
use super::scenario::ScenarioWebhook;
use super::world::World;
use super::world::outgoing::{ConnectionId, Outgoing, WebhookPush};
use crate::clock::Clock;
use crate::model::Moment;
use crate::model::fault::Fault;

/// How long a stop waits for answers that are on their way.
pub(super) const STOP_WAITS: Duration = Duration::from_millis(500);

/// What routes and handle share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) advanced: AtomicU64,
    pub(super) world: Mutex<World>,
    pub(super) stopping: watch::Sender<bool>,
    /// The sockets that are open.
    pub(super) lines: Lines,
    pub(super) pushes: mpsc::UnboundedSender<WebhookPush>,
    /// What is due has changed.
    pub(super) sooner: Notify,
}

impl Shared {
    /// The sandbox's time: real time and what it was advanced.
    pub(super) fn now(&self) -> Moment {
        self.clock.now().after(self.advanced())
    }

    pub(super) fn advanced(&self) -> Duration {
        Duration::from_secs(self.advanced.load(Ordering::SeqCst))
    }

    pub(super) fn advance(&self, seconds: u64) {
        // Bounded to a thousand years, so that no sum of times overflows.
        let bound = 1000 * 366 * 86_400;
        let add = |now: u64| Some(now.saturating_add(seconds).min(bound));
        let _ = self.advanced.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        self.world().settle(self.now());
        self.sooner.notify_one();
    }

    /// The world. What it wants to send goes out when the lock is given back.
    pub(super) fn world(&self) -> Locked<'_> {
        Locked::of(self)
    }

    pub(super) fn state(&self) -> Value {
        self.world().state(self.now(), self.advanced())
    }

    pub(super) fn clock_json(&self) -> Value {
        json!({"now": self.now().wall, "advanced_seconds": self.advanced().as_secs()})
    }

    pub(super) fn faults(&self) -> Value {
        json!({ "faults": self.world().faults() })
    }

    pub(super) fn set_fault(&self, json: &Value) -> Result<(), String> {
        let now = self.now();
        let mut world = self.world();
        let fault = world.check_fault(Fault::parse(json).map_err(|e| e.what)?)?;
        world.set_fault(fault, now);
        Ok(())
    }

    pub(super) fn clear_faults(&self) {
        self.world().clear_faults();
    }

    /// Sets where replies of the open channel are pushed; `None`: nowhere.
    pub(super) fn set_webhook(&self, webhook: Option<ScenarioWebhook>) -> Result<(), String> {
        if let Some(webhook) = &webhook {
            loopback::check_webhook(&webhook.url)?;
        }
        self.world().scenario.webhook = webhook;
        Ok(())
    }

    /// Lets what is due take place when its time has come, until the sandbox stops.
    pub(super) async fn pulse(&self) {
        let mut stopping = self.stopping.subscribe();
        while !*stopping.borrow() {
            let next = self.world().next_due().map(|due| self.clock.instant(due.before(self.advanced())));
            tokio::select! {
                () = sleep_until(next) => self.world().settle(self.now()),
                () = self.sooner.notified() => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Waits, unless the sandbox stops.
    pub(super) async fn pause(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = stopping.wait_for(|&stop| stop) => {}
        }
    }
}

async fn sleep_until(instant: Option<std::time::Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// Where the frames of each open socket go.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<ConnectionId, mpsc::UnboundedSender<Outgoing>>>);

/// The world, locked. When it is given back, frames and pushes are on their way, in the order in which they came about.
pub(super) struct Locked<'i> {
    world: MutexGuard<'i, World>,
    inner: &'i Shared,
    next_due: Option<Moment>,
}

impl<'i> Locked<'i> {
    pub(super) fn of(inner: &'i Shared) -> Self {
        let world = inner.world.lock().unwrap_or_else(PoisonError::into_inner);
        let next_due = world.next_due();
        Self { world, inner, next_due }
    }
}

impl Deref for Locked<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if !self.world.web.outbox.is_empty() {
            let lines = self.inner.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (to, out) in self.world.web.outbox.drain(..) {
                // A socket that is closing takes no more.
                let _ = lines.get(&to).map(|line| line.send(out));
            }
        }
        for push in self.world.pushes.drain(..) {
            let _ = self.inner.pushes.send(push);
        }
        if self.world.next_due() != self.next_due {
            self.inner.sooner.notify_one();
        }
    }
}

impl Shared {
    /// A socket is open: its frames go to `line`.
    pub(super) fn connect(&self, id: ConnectionId, line: mpsc::UnboundedSender<Outgoing>) {
        self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, line);
    }

    /// A socket is gone.
    pub(super) fn disconnect(&self, id: ConnectionId) {
        self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.world().hung_up(id);
    }
}
