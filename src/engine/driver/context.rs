//! What all areas of the driver share: who asks and is told, what is known of time, limits and secrets, and the tasks.

use std::cell::RefCell;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{ConversationEntry, Profile};
use crate::engine::client::Client;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::metrics::MetricsAgent;
use crate::engine::pace::Pace;
use crate::engine::redact::Redactor;
use crate::engine::{Report, Tuning};
use crate::model::{Address, ConversationKey, ExchangeId, ExchangeKind, Moment, Outcome};

use super::tasks::{CapturedTry, ResponseMeta, TaskOutput};

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
    pub(super) reports: UnboundedSender<Report>,
    metrics: Option<RefCell<MetricsAgent>>,
    /// Seconds that the server's clock is ahead, by the newest answer.
    skew: i64,
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
        let metrics = tuning.metrics.as_ref().map(|m| RefCell::new(MetricsAgent::new(m, &profile, reports.clone())));
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
            reports,
            metrics,
            skew: 0,
            skew_told: false,
            exchanges: 0,
            profile,
            tuning,
        }
    }

    pub fn report(&self, report: Report) {
        let caused = self.metrics.as_ref().and_then(|m| m.borrow_mut().report(&report));
        // Where nobody listens, the handles are going too, and the loop ends by that.
        for report in [Some(report), caused].into_iter().flatten() {
            let _ = self.reports.send(report);
        }
    }

    /// Resolves when the last metrics have gone out, within a bound.
    pub fn last_metrics(&self) -> Option<impl Future<Output = ()> + use<>> {
        self.metrics.as_ref().map(|m| m.borrow().last())
    }

    /// Reports a sentence about guestwire itself.
    pub fn notice(&self, text: &str, now: Moment) {
        self.report(Report::Notice { at: now, text: self.mask(text) });
    }

    /// `text` without secrets.
    pub fn mask(&self, text: &str) -> String {
        self.redactor.text(text).into_owned()
    }

    /// Masks `secret` from here on.
    pub fn learn_secret(&mut self, secret: &SecretString, label: &str) {
        self.redactor = Arc::new(self.redactor.with_secret(secret, label));
    }

    /// A new exchange, possibly of a conversation. `what` may hold secrets.
    pub fn record(
        &mut self,
        kind: ExchangeKind,
        what: &str,
        of: Option<ConversationKey>,
        now: Moment,
    ) -> ExchangeBuilder {
        self.exchanges += 1;
        let record = ExchangeBuilder::new(ExchangeId(self.exchanges), kind, self.mask(what), now);
        match of {
            Some(key) => record.of(key, None),
            None => record,
        }
    }

    /// An exchange is over: reported as a whole.
    pub fn settle(&self, record: &mut ExchangeBuilder, outcome: Outcome, now: Moment) {
        record.settle(outcome, now);
        self.report(record.report());
    }

    /// The same with the try that ended it.
    pub fn settle_try(&self, record: &mut ExchangeBuilder, shown: CapturedTry, outcome: Outcome, now: Moment) {
        record.end(shown.ending, shown.timing);
        self.settle(record, outcome, now);
    }

    /// The profile's entry of a conversation.
    pub fn entry(&self, key: ConversationKey) -> Option<&ConversationEntry> {
        self.profile.conversations.get(key.0 as usize)
    }

    /// The address of a conversation.
    pub fn address(&self, key: ConversationKey) -> Option<&Address> {
        self.entry(key).map(|entry| &entry.conversation.address)
    }

    /// Deployment and origin of a web conversation.
    pub fn web_address(&self, key: ConversationKey) -> Option<(&str, &str)> {
        match self.address(key)? {
            Address::WebMessaging { deployment_id, origin } => Some((deployment_id, origin)),
            Address::GuestApi { .. } | Address::OpenMessaging { .. } => None,
        }
    }

    /// Whether a conversation has a session of its own.
    pub fn is_web(&self, key: ConversationKey) -> bool {
        self.web_address(key).is_some()
    }

    /// By how much the server's clock is ahead, by the newest answer.
    pub const fn skew(&self) -> SignedDuration {
        SignedDuration::from_secs(self.skew)
    }

    /// A time of this machine's clock as the server's clock has it.
    pub fn server_time(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.skew()).unwrap_or(at)
    }

    /// Takes in what every answer says beside its own matter: the server's clock, and the rate limit, where the request
    /// carried the session's token: `uncounted` other requests may not be in that count.
    pub fn take_meta(&mut self, meta: &ResponseMeta, uncounted: Option<usize>) {
        if let (Some(limit), Some(uncounted)) = (meta.limit, uncounted) {
            self.pace.observe(limit, uncounted);
            self.report(Report::RateLimit(limit));
        }
        self.skew = meta.skew.unwrap_or(self.skew);
        if let Some(skew) = meta.skew
            && skew.saturating_abs() > SKEW_MAX
            && !self.skew_told
        {
            self.skew_told = true;
            self.report(Report::ClockSkew(skew));
        }
    }
}
