//! Puts an exchange together, step by step, and tells it as a whole after each.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    Attempt, Ending, Exchange, ExchangeId, ExchangeStep, Generation, Moment, Outcome, Reason, Request, Timing,
};

use super::Report;

/// An exchange in the making. What it is about is redacted already.
#[derive(Clone, Debug)]
pub struct ExchangeBuilder {
    pub exchange: Exchange,
}

impl ExchangeBuilder {
    pub const fn id(&self) -> ExchangeId {
        self.exchange.id
    }

    pub fn began(&self) -> Option<Moment> {
        Some(self.exchange.last_attempt()?.started)
    }

    /// The token that the newest try carried.
    pub fn generation(&self) -> Option<Generation> {
        self.exchange.last_attempt()?.generation
    }

    pub fn begin(&mut self, request: Request, token: Option<(Generation, Duration)>, now: Moment) {
        let number = self.tries() + 1;
        self.exchange.outcome = Outcome::Open;
        self.exchange.steps.push(ExchangeStep::Try(Arc::new(Attempt {
            number,
            started: now,
            generation: token.map(|(g, _)| g),
            token_age: token.map(|(_, age)| age),
            request: Arc::new(request),
            ending: None,
            timing: Timing::default(),
        })));
    }

    pub fn end(&mut self, ending: Ending, timing: Timing) {
        if let Some(ExchangeStep::Try(attempt)) =
            self.exchange.steps.iter_mut().rev().find(|s| matches!(s, ExchangeStep::Try(_)))
        {
            let attempt = Arc::make_mut(attempt);
            attempt.ending = Some(ending);
            attempt.timing = timing;
        }
    }

    pub fn wait(&mut self, now: Moment, until: Moment, why: Reason) {
        self.exchange.steps.push(ExchangeStep::Wait { at: now, until, why });
        self.exchange.outcome = Outcome::Waiting;
    }

    /// It waits for the renewal `exchange`.
    pub fn renewal(&mut self, exchange: ExchangeId, now: Moment) {
        self.exchange.steps.push(ExchangeStep::Renewal { exchange, at: now, generation: None, took: None, waiting: 1 });
        self.exchange.outcome = Outcome::Waiting;
    }

    /// The renewal that it waited for is over. True if it waited for one.
    pub fn renewed(&mut self, brought: Option<Generation>, sharing: u32, now: Moment) -> bool {
        let Some(ExchangeStep::Renewal { at, generation, took, waiting, .. }) = self.exchange.steps.last_mut() else {
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
        matches!(self.exchange.steps.last(), Some(ExchangeStep::Renewal { took: None, .. }))
    }

    pub fn settle(&mut self, outcome: Outcome, now: Moment) {
        self.exchange.outcome = outcome;
        self.exchange.took = Some(now.since(self.exchange.started));
    }

    pub fn tries(&self) -> u32 {
        u32::try_from(self.exchange.attempts().count()).unwrap_or(u32::MAX)
    }

    pub fn report(&self) -> Report {
        Report::Exchange(Arc::new(self.exchange.clone()))
    }
}
