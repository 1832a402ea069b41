//! Pushing outbound messages of open messaging to a webhook, over HTTP to this machine only.
//!
//! One after the other, in the order in which they were said, each tried once: a listener that is away misses what was
//! pushed meanwhile, and the count says so.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;

use super::shared::Shared;
use super::world::outgoing::WebhookPush;

/// How long a listener may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pushes what comes, until the sandbox stops.
pub(crate) async fn run(inner: Arc<Shared>, mut pushes: mpsc::UnboundedReceiver<WebhookPush>) {
    let mut stopping = inner.stopping.subscribe();
    // A connection of its own for each push: a second try on a new one would be a second push.
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let serving = async {
        while let Some(push) = pushes.recv().await {
            let accepted = matches!(tokio::time::timeout(PATIENCE, deliver(&client, push)).await, Ok(Some(true)));
            let mut world = inner.world();
            if accepted {
                world.tally.open.pushed += 1;
            } else {
                world.tally.open.push_failures += 1;
            }
        }
    };
    tokio::select! {
        () = serving => {}
        _ = stopping.wait_for(|&stop| stop) => {}
    }
}

/// Posts one message. Whether the listener accepted it; `None` where it did not answer.
async fn deliver(client: &Client<HttpConnector, Body>, push: WebhookPush) -> Option<bool> {
    let request = http::Request::post(push.url)
        .header(CONTENT_TYPE, "application/json")
        .header("x-hub-signature-256", push.signature)
        .body(Body::from(push.body));
    Some(client.request(request.ok()?).await.ok()?.status().is_success())
}
