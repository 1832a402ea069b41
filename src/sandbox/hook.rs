//! Pushing outbound messages of open messaging to a webhook, over HTTP to this machine only.
//!
//! One after the other, in the order in which they were said, each tried once: a listener that is away misses what was
//! pushed meanwhile, and the count says so.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::loopback::Target;
use super::shared::Shared;
use super::world::outgoing::WebhookPush;

/// How long a listener may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pushes what comes, until the sandbox stops.
pub(crate) async fn run(inner: Arc<Shared>, mut pushes: mpsc::UnboundedReceiver<WebhookPush>) {
    let mut stopping = inner.stopping.subscribe();
    let serving = async {
        while let Some(push) = pushes.recv().await {
            let accepted = matches!(tokio::time::timeout(PATIENCE, deliver(&push)).await, Ok(Ok(200..=299)));
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

/// Posts one message; the status of the answer.
async fn deliver(push: &WebhookPush) -> io::Result<u16> {
    let Target { host, path } = Target::parse(&push.url).map_err(io::Error::other)?;
    let mut stream = TcpStream::connect(&host).await?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-hub-signature-256: {}\r\nconnection: close\r\n\r\n",
        push.body.len(),
        push.signature
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(push.body.as_bytes()).await?;
    let mut answer = Vec::new();
    // Only the first line matters.
    (&mut stream).take(4096).read_to_end(&mut answer).await?;
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::other("no HTTP answer"))
}
