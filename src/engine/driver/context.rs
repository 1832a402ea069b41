//! What all areas of the driver share: who asks and is told, what is known of time, limits and secrets, and the tasks.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::Profile;
use crate::engine::client::Client;
use crate::engine::jitter::Jitter;
use crate::engine::metrics::Metrics;
use crate::engine::pace::Pace;
use crate::engine::redact::Redactor;
use crate::engine::{Report, Tuning};
use crate::model::{ExchangeId, Moment};

use super::tasks::{ResponseMeta, TaskOutput};

/// A server clock that differs by more is told, in seconds.
const SKEW_MAX: i64 = 60;

/// See the module.
pub struct Context {
    pub clock: Clock,
    /// When the engine began.
    pub began: Moment,
    pub profile: Arc<Profile>,
    pub tuning: Tuning,
    pub client: Client,
    pub redactor: Arc<Redactor>,
    /// The newest redactor, for whoever writes what did not come from here.
    pub shared: watch::Sender<Arc<Redactor>>,
    pub jitter: Jitter,
    /// What is known of the token's rate limit.
    pub pace: Pace,
    pub tasks: JoinSet<TaskOutput>,
    pub reports: Reports,
    /// Seconds that the server's clock is ahead, by the newest answer.
    pub skew: i64,
    skew_told: bool,
    exchanges: u64,
}

impl Context {
    /// A context in which nothing has happened.
    pub fn new(
        profile: Arc<Profile>,
        clock: Clock,
        tuning: Tuning,
        reports: UnboundedSender<Report>,
        shared: watch::Sender<Arc<Redactor>>,
    ) -> Self {
        let metrics = tuning.metrics.as_ref().map(|m| RefCell::new(Metrics::new(m, &profile, reports.clone())));
        let redactor = Arc::clone(&shared.borrow());
        Self {
            clock,
            began: clock.now(),
            client: Client::new(&profile, clock, tuning.environment.clone()),
            redactor,
            shared,
            jitter: Jitter::new(tuning.seed),
            pace: Pace::default(),
            tasks: JoinSet::new(),
            reports: Reports { sender: reports, metrics },
            skew: 0,
            skew_told: false,
            exchanges: 0,
            profile,
            tuning,
        }
    }

    pub fn tell(&self, report: Report) {
        self.reports.send(report);
    }

    /// Tells a sentence about guestwire itself.
    pub fn notice(&self, text: &str, now: Moment) {
        self.tell(Report::Notice { at: now, text: self.redactor.text(text).into_owned() });
    }

    /// The number of the next exchange.
    pub const fn next_exchange(&mut self) -> ExchangeId {
        self.exchanges += 1;
        ExchangeId(self.exchanges)
    }

    /// Takes in what every answer tells beside its own matter: the rate limit and the server's clock. `uncounted` other
    /// requests may not be in that count.
    pub fn overhear(&mut self, heard: &ResponseMeta, uncounted: usize) {
        if let Some(limit) = heard.limit {
            self.pace.observe(limit, uncounted);
            self.tell(Report::RateLimit(limit));
        }
        self.skew = heard.skew.unwrap_or(self.skew);
        if let Some(skew) = heard.skew
            && skew.saturating_abs() > SKEW_MAX
            && !self.skew_told
        {
            self.skew_told = true;
            self.tell(Report::ClockSkew(skew));
        }
    }
}

/// Where reports go, and the metrics that are made of them.
pub struct Reports {
    sender: UnboundedSender<Report>,
    metrics: Option<RefCell<Metrics>>,
}

impl Reports {
    /// Resolves when the last metrics have gone out, within a bound.
    pub fn leaving(&self) -> Option<impl Future<Output = ()> + use<>> {
        self.metrics.as_ref().map(|m| m.borrow().last())
    }

    pub fn send(&self, report: Report) {
        let caused = self.metrics.as_ref().and_then(|m| m.borrow_mut().report(&report));
        // Where nobody listens, the handles are going too, and the loop ends by that.
        for report in [Some(report), caused].into_iter().flatten() {
            let _ = self.sender.send(report);
        }
    }
}
