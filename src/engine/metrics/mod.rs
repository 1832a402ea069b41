//! Metrics, for whoever configured an agent: DogStatsD over UDP or a unix socket.
//!
//! ```text
//! Report ─► points (pure: what is counted, with which tags) ─► datagram ─► queue ─► thread ─► socket
//!                                                                 └─► Report::Metrics (for the log)
//! ```
//! Nothing here is waited for: what finds no room in the queue is dropped, the socket never blocks, and a lost agent costs
//! the datagram. The thread sleeps until something is queued. It opens the socket, and opens it again, so that neither a
//! name look-up nor a dead agent is felt elsewhere.

mod points;

use std::io;
use std::net::{ToSocketAddrs as _, UdpSocket};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use crate::config::Profile;
use crate::config::settings::{Agent, MetricsSettings as Configured};
use crate::engine::Report;
use crate::model::AgentState;
use crate::text::one_line;
use points::{Meter, Point};

/// Datagrams that wait for the thread at most.
const QUEUE: usize = 1024;
const LEAVING: Duration = Duration::from_millis(250);

pub struct MetricsAgent {
    meter: Meter,
    /// The configured ones.
    tags: Vec<String>,
    queue: SyncSender<String>,
    /// Ends with the thread.
    drained: oneshot::Receiver<()>,
}

impl MetricsAgent {
    /// Metrics of a profile for the configured agent. Opens nothing: the first datagram does.
    pub fn new(configured: &Configured, profile: &Profile, reports: Sender<Report>) -> Self {
        let _ = reports.try_send(Report::Agent(AgentState::Idle));
        let (queue, queued) = sync_channel::<String>(QUEUE);
        let (alive, drained) = oneshot::channel();
        let mut way = Way { agent: configured.agent.clone(), open: None, told: None, reports };
        let run = move || {
            for datagram in queued {
                way.send(&datagram);
            }
            drop(alive);
        };
        if let Err(e) = std::thread::Builder::new().name("metrics".to_owned()).spawn(run) {
            tracing::warn!("there are no metrics: {e}");
        }
        let tags = configured.tags.iter().map(|tag| clean(tag)).collect();
        Self { meter: Meter::new(profile), tags, queue, drained }
    }

    /// Takes a report in; what it caused, if anything.
    pub fn report(&mut self, report: &Report) -> Option<Report> {
        let (exchange, points) = self.meter.report(report)?;
        let datagrams = points.iter().map(|point| self.datagram(point));
        let datagrams: Vec<_> = datagrams.filter(|one| self.queue.try_send(one.clone()).is_ok()).collect();
        (!datagrams.is_empty()).then_some(Report::Metrics { exchange, datagrams })
    }

    fn datagram(&self, point: &Point) -> String {
        let Point { name, value, kind, tags } = point;
        let own = tags.iter().map(|(name, value)| format!("{name}:{}", clean(value)));
        let tags: Vec<_> = self.tags.iter().cloned().chain(own).collect();
        format!("{name}:{value}|{kind}|#{}", tags.join(","))
    }

    /// Resolves when what is queued has gone out, within a bound.
    pub async fn finish(self) {
        drop(self.queue);
        let _ = tokio::time::timeout(LEAVING, self.drained).await;
    }
}

/// A tag without the characters that separate tags, fields and datagrams.
fn clean(tag: &str) -> String {
    tag.chars()
        .map(|c| if matches!(c, ',' | '|' | '#') || c.is_control() || c.is_whitespace() { '_' } else { c })
        .collect()
}

/// Sends a datagram through an open socket.
type Socket = Box<dyn Fn(&[u8]) -> io::Result<usize> + Send>;

struct Way {
    agent: Agent,
    open: Option<Socket>,
    /// What was told last of the agent.
    told: Option<AgentState>,
    reports: Sender<Report>,
}

impl Way {
    fn send(&mut self, datagram: &str) {
        let state = match self.write(datagram) {
            Ok(_) => AgentState::Well,
            Err(error) => AgentState::Lost(one_line(&error.to_string())),
        };
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            let _ = self.reports.blocking_send(Report::Agent(state));
        }
    }

    fn write(&mut self, datagram: &str) -> io::Result<usize> {
        let socket = match self.open.take() {
            Some(socket) => socket,
            None => connect(&self.agent)?,
        };
        let sent = socket(datagram.as_bytes());
        // A full buffer is the agent's matter of a moment; anything else is not healed by the same socket.
        if sent.is_ok() || sent.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock) {
            self.open = Some(socket);
        }
        sent
    }
}

fn connect(agent: &Agent) -> io::Result<Socket> {
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
                    Ok(socket) => return Ok(Box::new(move |datagram| socket.send(datagram))),
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
            Ok(Box::new(move |datagram| socket.send(datagram)))
        }
        #[cfg(not(unix))]
        Agent::Unix(_) => Err(io::Error::other("there are no unix sockets on this system")),
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/engine/metrics.rs"]
mod tests;
