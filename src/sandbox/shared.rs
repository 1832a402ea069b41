//! What the parts of a running sandbox share: the world under its lock, the clock, and the ways out for what the world
//! wants to send: frames to sockets, replies of the open channel to a webhook of this machine.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::loopback;
use super::scenario::ScenarioWebhook;
use super::world::web::{ConnectionId, Outgoing};
use super::world::{WebhookPush, World};
use crate::clock::Clock;
use crate::model::fault::Fault;

pub(super) const STOP_WAITS: Duration = Duration::from_millis(500);
const WEBHOOK_WAITS: Duration = Duration::from_secs(10);

pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) world: Mutex<World>,
    pub(super) stopping: watch::Sender<bool>,
    pub(super) sockets: Mutex<HashMap<ConnectionId, mpsc::UnboundedSender<Outgoing>>>,
    pub(super) pushes: mpsc::UnboundedSender<WebhookPush>,
    /// What is due has changed.
    pub(super) sooner: Notify,
}

impl Shared {
    pub(super) fn advance(&self, seconds: u64) {
        // Bounded to a thousand years, so that no sum of times overflows.
        let bound = 1000 * 366 * 86_400;
        self.with_world(|world| world.advanced_seconds = world.advanced_seconds.saturating_add(seconds).min(bound));
        self.with_world(World::run_due);
        self.sooner.notify_one();
    }

    /// Asks the world, under its lock. What it wants to send is on its way afterwards, in the order in which it came about.
    pub(super) fn with_world<R>(&self, ask: impl FnOnce(&mut World) -> R) -> R {
        let mut world = lock(&self.world);
        world.now = self.clock.now().after(Duration::from_secs(world.advanced_seconds));
        let next_due = world.next_due();
        let answer = ask(&mut world);
        if !world.web.outbox.is_empty() {
            let sockets = lock(&self.sockets);
            for (to, out) in world.web.outbox.drain(..) {
                // A socket that is closing takes no more.
                let _ = sockets.get(&to).map(|line| line.send(out));
            }
        }
        for push in world.pushes.drain(..) {
            let _ = self.pushes.send(push);
        }
        if world.next_due() != next_due {
            self.sooner.notify_one();
        }
        answer
    }

    pub(super) fn set_fault(&self, json: &Value) -> Result<(), String> {
        let fault = Fault::parse(json).map_err(|e| e.what)?;
        self.with_world(|world| world.check_fault(fault).map(|fault| world.set_fault(fault)))
    }

    /// Sets where replies of the open channel are pushed; `None`: nowhere.
    pub(super) fn set_webhook(&self, webhook: Option<ScenarioWebhook>) -> Result<(), String> {
        webhook.as_ref().map_or(Ok(()), |webhook| loopback::check_webhook(&webhook.url))?;
        self.with_world(|world| world.scenario.webhook = webhook);
        Ok(())
    }

    /// Lets what is due take place when its time has come, until the sandbox stops.
    pub(super) async fn pulse(&self) {
        while !*self.stopping.borrow() {
            let real = |world: &World| Some(world.next_due()?.before(Duration::from_secs(world.advanced_seconds)));
            let next = self.with_world(|world| real(world)).map(|due| self.clock.instant(due).into());
            tokio::select! {
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                    self.with_world(World::run_due);
                }
                () = self.sooner.notified() => {}
                () = self.stopped() => {}
            }
        }
    }

    /// Pushes messages of the open channel to the webhook, one after the other, in the order in which they were said, each
    /// tried once, until the sandbox stops: a listener that is away misses what was pushed meanwhile, and the count says so.
    pub(super) async fn push_to_webhook(&self, mut pushes: mpsc::UnboundedReceiver<WebhookPush>) {
        // A connection of its own for each push: a second try on a new one would be a second push.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let serving = async {
            while let Some(push) = pushes.recv().await {
                let accepted = tokio::time::timeout(WEBHOOK_WAITS, deliver(&client, push)).await;
                self.with_world(|world| match accepted {
                    Ok(Some(true)) => world.tally.open.pushed += 1,
                    _ => world.tally.open.push_failures += 1,
                });
            }
        };
        tokio::select! {
            () = serving => {}
            () = self.stopped() => {}
        }
    }

    pub(super) async fn stopped(&self) {
        let _ = self.stopping.subscribe().wait_for(|&stop| stop).await;
    }

    /// Waits, unless the sandbox stops.
    pub(super) async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let _ = tokio::time::timeout(time, self.stopped()).await;
        }
    }

    pub(super) fn connect(&self, id: ConnectionId, line: mpsc::UnboundedSender<Outgoing>) {
        lock(&self.sockets).insert(id, line);
    }

    pub(super) fn disconnect(&self, id: ConnectionId) {
        lock(&self.sockets).remove(&id);
        self.with_world(|world| world.hung_up(id));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Posts one message. Whether the listener accepted it; `None` where it did not answer.
async fn deliver(client: &Client<HttpConnector, Body>, push: WebhookPush) -> Option<bool> {
    let request = http::Request::post(push.url)
        .header(CONTENT_TYPE, "application/json")
        .header("x-hub-signature-256", push.signature)
        .body(Body::from(push.body));
    Some(client.request(request.ok()?).await.ok()?.status().is_success())
}
