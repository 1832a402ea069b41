//! Sends reports to the front end: in order, and none is lost where it reads slowly.
//!
//! ```text
//! Report ─┬─► held ─► listener
//!         └─► metrics ─► what was counted, as a report of its own ─► held
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::metrics::MetricsAgent;
use crate::config::Profile;
use crate::config::settings::MetricsSettings;
use crate::engine::Report;
use crate::model::ExchangeId;

pub const WAITING: usize = 512;
const ROOM: usize = WAITING / 2; // while fewer fit in, nothing is taken in that comes by itself: a flood waits

pub struct Reporter {
    listener: Sender<Report>,
    /// What has no room: answers to what was asked for are taken in whatever waits.
    held: RefCell<VecDeque<Report>>,
    metrics: Option<RefCell<MetricsAgent>>,
    /// Statuses that are being recorded, as what is reported once they are.
    pub recordings: FuturesOrdered<StatusRecording>,
    exchanges: u64,  // how many exchanges began
    skew_told: bool, // that the server's clock differs is reported once
}

pub type StatusRecording = BoxFuture<'static, Vec<Report>>;

impl Reporter {
    pub fn new(metrics: Option<&MetricsSettings>, profile: &Profile, listener: Sender<Report>) -> Self {
        let metrics = metrics.map(|m| RefCell::new(MetricsAgent::new(m, profile, listener.clone())));
        let recordings = FuturesOrdered::new();
        Self { listener, held: RefCell::default(), metrics, recordings, exchanges: 0, skew_told: false }
    }

    pub fn report(&self, report: Report) {
        let counted = self.metrics.as_ref().and_then(|m| m.borrow_mut().report(&report));
        self.held.borrow_mut().extend([Some(report), counted].into_iter().flatten());
        self.send_held();
    }

    pub const fn next_exchange(&mut self) -> ExchangeId {
        self.exchanges += 1;
        ExchangeId(self.exchanges)
    }

    pub fn report_skew(&mut self, seconds: i64) {
        if !std::mem::replace(&mut self.skew_told, true) {
            self.report(Report::ClockSkew(seconds));
        }
    }

    fn send_held(&self) {
        let mut held = self.held.borrow_mut();
        while let Some(first) = held.pop_front() {
            // Where nobody listens, the handles are going too, and the loop ends by that.
            if let Err(TrySendError::Full(first)) = self.listener.try_send(first) {
                return held.push_front(first);
            }
        }
    }

    pub fn is_behind(&self) -> bool {
        self.send_held();
        !self.listener.is_closed() && self.listener.capacity() < ROOM
    }

    /// Resolves when the listener has caught up, or is gone.
    pub fn caught_up(&self) -> impl Future<Output = ()> + use<> {
        let listener = self.listener.clone();
        async move { drop(listener.reserve_many(ROOM).await) }
    }

    pub async fn finish(self) {
        let Self { listener, held, metrics, .. } = self;
        if let Some(metrics) = metrics {
            metrics.into_inner().finish().await;
        }
        for report in held.into_inner().into_iter().chain([Report::Stopped]) {
            let _ = listener.send(report).await;
        }
    }
}
