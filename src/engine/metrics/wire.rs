//! The way to the agent. The datagrams are written by cadence; the socket is opened, and opened again, on the thread of
//! cadence's queue, so that neither a name look-up nor a dead agent is ever felt elsewhere.

use std::io;
use std::net::{ToSocketAddrs as _, UdpSocket};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use cadence::prelude::*;
use cadence::{Metric, MetricSink, QueuingMetricSink, StatsdClient};
use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;

use crate::config::settings::{Agent, MetricsSettings as Configured};
use crate::engine::Report;
use crate::model::AgentState;
use crate::text::one_line;

use super::points::{Point, Value};

/// Metrics that wait for the thread at most; more are dropped.
const QUEUE: usize = 1024;
/// Queued behind the last metric, to know when it is gone. No metric is empty.
const LAST: &str = "";

/// See the module.
pub struct Wire {
    client: StatsdClient,
    queue: QueuingMetricSink,
    drained: Arc<Notify>,
}

impl Wire {
    pub fn new(configured: &Configured, reports: Sender<Report>) -> Self {
        let drained = Arc::new(Notify::new());
        let socket = Socket {
            agent: configured.agent.clone(),
            state: Mutex::new((None, None)),
            reports: AssertUnwindSafe(reports),
            drained: AssertUnwindSafe(Arc::clone(&drained)),
        };
        let queue = QueuingMetricSink::with_capacity(socket, QUEUE);
        let mut builder = StatsdClient::builder("", queue.clone());
        for tag in &configured.tags {
            let tag = clean(tag);
            builder = match tag.split_once(':') {
                Some((key, value)) => builder.with_tag(key.to_owned(), value.to_owned()),
                None => builder.with_tag_value(tag),
            };
        }
        Self { client: builder.build(), queue, drained }
    }

    /// Queues a point; the datagram as it is sent, unless the queue is full.
    pub fn send(&self, point: &Point) -> Option<String> {
        let tags: Vec<(&str, String)> = point.tags.iter().map(|(key, value)| (*key, clean(value))).collect();
        macro_rules! told {
            ($builder:expr) => {{
                let mut builder = $builder;
                for (key, value) in &tags {
                    builder = builder.with_tag(key, value);
                }
                builder.try_send().ok().map(|metric| metric.as_metric_str().to_owned())
            }};
        }
        match point.value {
            Value::Count => told!(self.client.count_with_tags(point.name, 1)),
            Value::Distribution(ms) => told!(self.client.distribution_with_tags(point.name, ms)),
            Value::Gauge(value) => told!(self.client.gauge_with_tags(point.name, value)),
        }
    }

    /// Resolves when all that is queued now was handed over or lost.
    pub fn drained(&self) -> impl Future<Output = ()> + use<> {
        let queued = self.queue.emit(LAST).is_ok();
        let drained = Arc::clone(&self.drained);
        async move {
            if queued {
                drained.notified().await;
            }
        }
    }
}

/// A tag without the characters that separate tags, fields and datagrams.
fn clean(tag: &str) -> String {
    tag.chars()
        .map(|c| if matches!(c, ',' | '|' | '#') || c.is_control() || c.is_whitespace() { '_' } else { c })
        .collect()
}

enum Open {
    Udp(UdpSocket),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixDatagram),
}

struct Socket {
    agent: Agent,
    /// What is open, and what was told last of the agent.
    state: Mutex<(Option<Open>, Option<AgentState>)>,
    reports: AssertUnwindSafe<Sender<Report>>,
    drained: AssertUnwindSafe<Arc<Notify>>,
}

impl MetricSink for Socket {
    fn emit(&self, metric: &str) -> io::Result<usize> {
        if metric == LAST {
            self.drained.notify_one();
            return Ok(0);
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = write(&self.agent, &mut state.0, metric);
        let now = match &sent {
            Ok(_) => AgentState::Well,
            Err(error) => AgentState::Lost(one_line(&error.to_string())),
        };
        if state.1.as_ref() != Some(&now) {
            state.1 = Some(now.clone());
            let _ = self.reports.blocking_send(Report::Agent(now));
        }
        sent
    }
}

fn write(agent: &Agent, open: &mut Option<Open>, metric: &str) -> io::Result<usize> {
    let socket = match open.take() {
        Some(socket) => socket,
        None => connect(agent)?,
    };
    let sent = match &socket {
        Open::Udp(socket) => socket.send(metric.as_bytes()),
        #[cfg(unix)]
        Open::Unix(socket) => socket.send(metric.as_bytes()),
    };
    // A full buffer is the agent's matter of a moment; anything else is not healed by the same socket.
    if sent.is_ok() || sent.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock) {
        *open = Some(socket);
    }
    sent
}

fn connect(agent: &Agent) -> io::Result<Open> {
    match agent {
        Agent::Udp(place) => {
            let mut last = io::Error::other("the agent's name has no address");
            for address in place.to_socket_addrs()? {
                let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let bound = UdpSocket::bind(any).and_then(|socket| {
                    socket.set_nonblocking(true)?;
                    socket.connect(address)?;
                    Ok(socket)
                });
                match bound {
                    Ok(socket) => return Ok(Open::Udp(socket)),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
        #[cfg(unix)]
        Agent::Unix(path) => {
            let socket = std::os::unix::net::UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.connect(path)?;
            Ok(Open::Unix(socket))
        }
        #[cfg(not(unix))]
        Agent::Unix(_) => Err(io::Error::other("there are no unix sockets on this system")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_cannot_break_out_of_its_place() {
        assert_eq!(clean("my profile|c,x#y\n"), "my_profile_c_x_y_");
        assert_eq!(clean("team:qa"), "team:qa");
    }
}
