//! Puts an exchange together, step by step, and tells it as a whole after each.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    Attempt, ConversationKey, Ending, Exchange, ExchangeId, ExchangeKind, ExchangeStep, Generation, MessageId, Moment,
    Outcome, Reason, Request, Timing, Variation,
};

use super::Report;

/// An exchange in the making.
#[derive(Clone, Debug)]
pub struct ExchangeBuilder(Exchange);

impl ExchangeBuilder {
    /// Says better what it is about. `what` is redacted already.
    pub fn call_it(&mut self, what: String) {
        self.0.what = what;
    }

    /// A new exchange, possibly of a conversation. `what` is redacted already.
    pub fn new(
        id: ExchangeId,
        kind: ExchangeKind,
        what: String,
        conversation: Option<ConversationKey>,
        now: Moment,
    ) -> Self {
        Self(Exchange {
            id,
            kind,
            what,
            conversation,
            message: None,
            sent_as: None,
            started: now,
            took: None,
            steps: Vec::new(),
            outcome: Outcome::Open,
        })
    }

    /// … that began at another moment.
    #[must_use]
    pub const fn started(mut self, at: Moment) -> Self {
        self.0.started = at;
        self
    }

    /// … that carries a message.
    #[must_use]
    pub const fn of(mut self, message: MessageId) -> Self {
        self.0.message = Some(message);
        self
    }

    /// … whose message is sent wrongly on purpose.
    #[must_use]
    pub const fn sent_as(mut self, variation: Option<Variation>) -> Self {
        self.0.sent_as = variation;
        self
    }

    /// What it is about.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// When its newest try began.
    pub fn began(&self) -> Option<Moment> {
        Some(self.0.last_attempt()?.started)
    }

    /// Its number.
    pub const fn id(&self) -> ExchangeId {
        self.0.id
    }

    /// The token that the newest try carried.
    pub fn generation(&self) -> Option<Generation> {
        self.0.last_attempt()?.generation
    }

    /// A try begins.
    pub fn begin(&mut self, request: Request, token: Option<(Generation, Duration)>, now: Moment) {
        let number = self.tries() + 1;
        self.0.outcome = Outcome::Open;
        self.0.steps.push(ExchangeStep::Try(Arc::new(Attempt {
            number,
            started: now,
            generation: token.map(|(g, _)| g),
            token_age: token.map(|(_, age)| age),
            request: Arc::new(request),
            ending: None,
            timing: Timing::default(),
        })));
    }

    /// The newest try ends.
    pub fn end(&mut self, ending: Ending, timing: Timing) {
        if let Some(ExchangeStep::Try(attempt)) =
            self.0.steps.iter_mut().rev().find(|s| matches!(s, ExchangeStep::Try(_)))
        {
            let attempt = Arc::make_mut(attempt);
            attempt.ending = Some(ending);
            attempt.timing = timing;
        }
    }

    /// A pause begins.
    pub fn wait(&mut self, now: Moment, until: Moment, why: Reason) {
        self.0.steps.push(ExchangeStep::Wait { at: now, until, why });
        self.0.outcome = Outcome::Waiting;
    }

    /// It waits for the renewal `exchange`.
    pub fn renewal(&mut self, exchange: ExchangeId, now: Moment) {
        self.0.steps.push(ExchangeStep::Renewal { exchange, at: now, generation: None, took: None, waiting: 1 });
        self.0.outcome = Outcome::Waiting;
    }

    /// It waits for something that is no step of its own.
    pub fn park(&mut self) {
        self.0.outcome = Outcome::Waiting;
    }

    /// The renewal that it waited for is over. True if it waited for one.
    pub fn renewed(&mut self, brought: Option<Generation>, sharing: u32, now: Moment) -> bool {
        let Some(ExchangeStep::Renewal { at, generation, took, waiting, .. }) = self.0.steps.last_mut() else {
            return false;
        };
        if took.is_some() {
            return false;
        }
        *generation = brought;
        *took = Some(now.since(*at));
        *waiting = sharing;
        true
    }

    /// Whether the newest step is a renewal under way.
    pub fn waits_for_renewal(&self) -> bool {
        matches!(self.0.steps.last(), Some(ExchangeStep::Renewal { took: None, .. }))
    }

    /// It is over.
    pub fn settle(&mut self, outcome: Outcome, now: Moment) {
        self.0.outcome = outcome;
        self.0.took = Some(now.since(self.0.started));
    }

    /// How many tries there were.
    pub fn tries(&self) -> u32 {
        u32::try_from(self.0.attempts().count()).unwrap_or(u32::MAX)
    }

    /// The present state, to be told.
    pub fn report(&self) -> Report {
        Report::Exchange(Arc::new(self.0.clone()))
    }
}
