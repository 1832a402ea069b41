//! An open socket's own task: it writes the frames that are handed to it, one by one, and hands on those that come.
//!
//! A frame is written behind a [`Gate`]: whoever handed it over can say for certain, also when the socket broke, whether
//! a byte of it may have left. At rest it pings now and then, so that a connection which died silently is noticed, and
//! an idle one is not taken down by something in between.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::engine::client::Gate;

use super::upgrade::Socket;

/// Between pings; a connection on which nothing comes for twice as long is dead. [15 s: real: seen in SDK source: MTSDK]
pub const PING_EVERY: Duration = Duration::from_secs(15);
/// Bound on writing one frame, and on saying goodbye.
const WRITE_BOUND: Duration = Duration::from_secs(10);
const GOODBYE_BOUND: Duration = Duration::from_millis(300);
/// Frames that wait to be taken in before reading stops.
const AHEAD: usize = 256;

/// What one frame costs of a socket's time, and so many bytes a second more: far above what a conversation brings, so that
/// a flood is read slowly and waits with its sender. A burst of so much time is read at once.
const FRAME_COST: Duration = Duration::from_millis(2);
const BYTES_PER_SECOND: usize = 2 << 20;
const BURST: Duration = Duration::from_secs(5);

/// Until when the frames that came have used up their time.
#[derive(Clone, Copy, Debug)]
struct Inflow(Instant);

impl Inflow {
    /// A frame of `bytes` came at `now`: says until when no other is read, where too much came.
    fn take(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let cost = FRAME_COST + Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND as f64);
        self.0 = self.0.max(now) + cost;
        let next = self.0.checked_sub(BURST)?;
        (next > now).then_some(next)
    }
}

/// What the task is told.
enum Order {
    Write(String, Arc<Gate>),
    Close,
}

/// What it tells.
#[derive(Debug)]
pub enum LinkEvent {
    /// A text frame.
    Text(String),
    /// A binary frame of so many bytes: nothing that this service sends.
    Binary(usize),
    /// The socket is gone: how, in one line. Nothing follows.
    Gone(String),
}

/// A handle to the task. Dropped, it closes the socket.
#[derive(Debug)]
pub struct Link {
    orders: mpsc::UnboundedSender<Order>,
    task: tokio::task::JoinHandle<()>,
}

impl Link {
    /// Starts the task. `tell` makes what is told on `events` of what happened.
    pub fn start<E: Send + 'static>(
        socket: Socket,
        events: mpsc::Sender<E>,
        tell: impl Fn(LinkEvent) -> E + Send + 'static,
    ) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(socket, inbox, events, tell));
        Self { orders, task }
    }

    /// A place where all links of an engine put their events.
    pub fn events<E>() -> (mpsc::Sender<E>, mpsc::Receiver<E>) {
        mpsc::channel(AHEAD)
    }

    /// Hands a frame over. The gate tells later whether it was written.
    pub fn write(&self, frame: String) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        // A task that has ended leaves the gate closed.
        let _ = self.orders.send(Order::Write(frame, Arc::clone(&gate)));
        gate
    }

    /// Closes the socket; resolves when that is done, soon.
    pub async fn goodbye(self) {
        self.close();
        let _ = timeout(2 * GOODBYE_BOUND, self.task).await;
    }

    /// Closes the socket after what was handed over.
    pub fn close(&self) {
        let _ = self.orders.send(Order::Close);
    }
}

async fn run<E>(
    mut socket: Socket,
    mut orders: mpsc::UnboundedReceiver<Order>,
    events: mpsc::Sender<E>,
    tell: impl Fn(LinkEvent) -> E,
) {
    let mut ping = Instant::now() + PING_EVERY;
    let mut heard = Instant::now();
    let mut inflow = Inflow(heard);
    let mut slowed: Option<Instant> = None;
    let gone = loop {
        tokio::select! {
            () = sleep_until(slowed.unwrap_or(heard)), if slowed.is_some() => slowed = None,
            came = socket.next(), if slowed.is_none() => {
                heard = Instant::now();
                slowed = inflow.take(came.as_ref().map_or(0, |c| c.as_ref().map_or(0, Message::len)), heard);
                let event = match came {
                    Some(Ok(Message::Text(text))) => LinkEvent::Text(text.as_str().to_owned()),
                    Some(Ok(Message::Binary(bytes))) => LinkEvent::Binary(bytes.len()),
                    Some(Ok(Message::Close(close))) => break closed(close),
                    // Pings are answered by the library while it is polled.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Err(e)) => break broken(&e),
                    None => break "the connection was closed".to_owned(),
                };
                if events.send(tell(event)).await.is_err() {
                    return;
                }
            }
            order = orders.recv() => match order {
                Some(Order::Write(frame, gate)) => {
                    if gate.pass()
                        && let Err(why) = write(&mut socket, Message::text(frame)).await
                    {
                        break why;
                    }
                }
                Some(Order::Close) | None => {
                    let _ = timeout(GOODBYE_BOUND, socket.close(None)).await;
                    return;
                }
            },
            () = sleep_until(ping) => {
                if heard.elapsed() >= 2 * PING_EVERY {
                    break format!("nothing came for {} s", heard.elapsed().as_secs());
                }
                ping = Instant::now() + PING_EVERY;
                if let Err(why) = write(&mut socket, Message::Ping(Bytes::new())).await {
                    break why;
                }
            }
        }
    };
    let _ = events.send(tell(LinkEvent::Gone(gone))).await;
}

async fn write(socket: &mut Socket, message: Message) -> Result<(), String> {
    match timeout(WRITE_BOUND, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(broken(&e)),
        Err(_) => Err(format!("a frame could not be written within {} s", WRITE_BOUND.as_secs())),
    }
}

fn closed(close: Option<tokio_tungstenite::tungstenite::protocol::CloseFrame>) -> String {
    let Some(close) = close else { return "the server closed the connection".to_owned() };
    let code = u16::from(close.code);
    let reason = crate::text::one_line(&close.reason);
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("the server closed the connection ({code}{reason})")
}

fn broken(error: &Error) -> String {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => "the connection was closed".to_owned(),
        Error::Io(e) => format!("the connection broke: {e}"),
        other => crate::text::one_line(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_read_at_once_and_a_flood_slowly() {
        let start = Instant::now();
        for (bytes, burst, pause) in [(0, 2_500, FRAME_COST), (1 << 20, 9, Duration::from_millis(502))] {
            let mut inflow = Inflow(start);
            for n in 0..burst {
                assert_eq!(inflow.take(bytes, start), None, "{n} of {bytes}");
            }
            let mut now = start;
            for _ in 0..2 {
                while let Some(next) = inflow.take(bytes, now) {
                    assert!(next - now <= pause, "{bytes}");
                    now = next;
                    if now > start + Duration::from_secs(20) {
                        break;
                    }
                }
            }
            assert!(now > start + Duration::from_secs(20), "it goes on slowly");
            // Silence pays it back.
            assert_eq!(inflow.take(bytes, now + BURST), None);
        }
    }
}
