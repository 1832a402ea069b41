//! Metrics, for whoever configured an agent: DogStatsD over UDP or a unix socket.
//!
//! ```text
//! Report ─► points (pure: what is counted, with which tags) ─► cadence ─► queue ─► its thread ─► socket
//!                                                                 └─► Report::Metrics (the datagrams, for the log)
//! ```
//! Nothing here is waited for: the queue drops when it is full, the socket never blocks, and a lost agent costs the
//! datagram. Nothing runs at rest: the thread sleeps until something is queued, and each metric is a datagram of its own,
//! so that there is nothing to flush later.

mod points;
mod wire;

use std::time::Duration;

use crate::config::Profile;
use crate::config::settings::MetricsSettings as Configured;
use crate::engine::Report;
use crate::model::AgentState;
use points::Meter;
use tokio::sync::mpsc::Sender;
use wire::Wire;

/// How long the last datagrams may take.
const LEAVING: Duration = Duration::from_millis(250);

/// See the module.
pub struct MetricsAgent {
    meter: Meter,
    wire: Wire,
}

impl MetricsAgent {
    /// Metrics of a profile for the configured agent. Opens nothing: the first datagram does.
    pub fn new(configured: &Configured, profile: &Profile, reports: Sender<Report>) -> Self {
        let _ = reports.try_send(Report::Agent(AgentState::Idle));
        Self { meter: Meter::new(profile), wire: Wire::new(configured, reports) }
    }

    /// Takes a report in; what it caused, if anything.
    pub fn report(&mut self, report: &Report) -> Option<Report> {
        let (exchange, points) = self.meter.report(report)?;
        let datagrams: Vec<String> = points.iter().filter_map(|point| self.wire.send(point)).collect();
        (!datagrams.is_empty()).then_some(Report::Metrics { exchange, datagrams })
    }

    /// Resolves when what is queued has gone out, within a bound.
    pub fn last(&self) -> impl Future<Output = ()> + use<> {
        let drained = self.wire.drained();
        async move {
            let _ = tokio::time::timeout(LEAVING, drained).await;
        }
    }
}
