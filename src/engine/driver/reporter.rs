//! What is told, and the way to whoever listens: exchanges, put together step by step and told as a whole after each; in
//! order, and nothing is lost where the listener is slow.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::config::Profile;
use crate::config::settings::MetricsSettings;
use crate::engine::Report;
use crate::engine::metrics::MetricsAgent;
use crate::model::{
    Attempt, Ending, Exchange, ExchangeId, ExchangeStep, Generation, Moment, Outcome, Reason, Request, Timing,
};

pub const WAITING: usize = 512;
/// While fewer fit in, nothing is taken in that comes by itself: a flood waits with its sender.
const ROOM: usize = WAITING / 2;

pub struct Reporter {
    listener: Sender<Report>,
    /// What has no room: answers to what was asked for are taken in whatever waits.
    held: RefCell<VecDeque<Report>>,
    metrics: Option<RefCell<MetricsAgent>>,
    /// Statuses that are being recorded, as what is reported once they are.
    pub recordings: FuturesOrdered<StatusRecording>,
    pub exchanges: u64,  // how many exchanges began
    pub skew_told: bool, // that the server's clock differs is reported once
}

/// Ends with what is to be reported, once a status is on the disk, or cannot be yet.
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

    fn send_held(&self) {
        let mut held = self.held.borrow_mut();
        while let Some(first) = held.pop_front() {
            // Where nobody listens, the handles are going too, and the loop ends by that.
            if let Err(TrySendError::Full(first)) = self.listener.try_send(first) {
                return held.push_front(first);
            }
        }
    }

    /// Whether the listener has not yet taken the reports that were sent.
    pub fn is_behind(&self) -> bool {
        self.send_held();
        !self.listener.is_closed() && self.listener.capacity() < ROOM
    }

    /// Resolves when the listener has caught up, or is gone.
    pub fn caught_up(&self) -> impl Future<Output = ()> + use<> {
        let listener = self.listener.clone();
        async move { drop(listener.reserve_many(ROOM).await) }
    }

    /// Resolves when all was told, the last metrics within a bound.
    pub async fn finish(self) {
        let Self { listener, held, metrics, .. } = self;
        if let Some(metrics) = metrics {
            metrics.into_inner().finish().await;
        }
        for report in held.into_inner().into_iter().chain([Report::Stopped]) {
            // Nobody may listen any more.
            let _ = listener.send(report).await;
        }
    }
}

impl Exchange {
    pub(crate) fn began(&self) -> Option<Moment> {
        Some(self.last_attempt()?.started)
    }

    /// The token that the newest try carried.
    pub(crate) fn generation(&self) -> Option<Generation> {
        self.last_attempt()?.generation
    }

    pub(crate) fn begin(&mut self, request: Request, token: Option<(Generation, Duration)>, now: Moment) {
        self.outcome = Outcome::Open;
        self.steps.push(ExchangeStep::Try(Arc::new(Attempt {
            number: self.tries() + 1,
            started: now,
            generation: token.map(|(g, _)| g),
            token_age: token.map(|(_, age)| age),
            request: Arc::new(request),
            ending: None,
            timing: Timing::default(),
        })));
    }

    pub(crate) fn end(&mut self, (ending, timing): (Ending, Timing)) {
        let tries = self.steps.iter_mut().filter_map(|s| if let ExchangeStep::Try(a) = s { Some(a) } else { None });
        if let Some(attempt) = tries.last() {
            let attempt = Arc::make_mut(attempt);
            (attempt.ending, attempt.timing) = (Some(ending), timing);
        }
    }

    pub(crate) fn wait(&mut self, now: Moment, until: Moment, why: Reason) {
        self.steps.push(ExchangeStep::Wait { at: now, until, why });
        self.outcome = Outcome::Waiting;
    }

    /// It waits for the renewal `exchange`.
    pub(crate) fn renewal(&mut self, exchange: ExchangeId, now: Moment) {
        self.steps.push(ExchangeStep::Renewal { exchange, at: now, generation: None, took: None, waiting: 1 });
        self.outcome = Outcome::Waiting;
    }

    /// The renewal that it waited for is over. True if it waited for one.
    pub(crate) fn renewed(&mut self, brought: Option<Generation>, sharing: u32, now: Moment) -> bool {
        let Some(ExchangeStep::Renewal { at, generation, took: took @ None, waiting, .. }) = self.steps.last_mut()
        else {
            return false;
        };
        (*generation, *took, *waiting) = (brought, Some(now.since(*at)), sharing);
        true
    }

    pub(crate) fn waits_for_renewal(&self) -> bool {
        matches!(self.steps.last(), Some(ExchangeStep::Renewal { took: None, .. }))
    }

    pub(crate) fn settle(&mut self, outcome: Outcome, now: Moment) {
        self.outcome = outcome;
        self.took = Some(now.since(self.started));
    }

    pub(crate) fn tries(&self) -> u32 {
        u32::try_from(self.attempts().count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn report(&self) -> Report {
        Report::Exchange(Arc::new(self.clone()))
    }
}
