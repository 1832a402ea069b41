//! Diagnoses of exchanges that were kept: those of a session are taken in order, so that each is judged by what was
//! known until then, as it was on the screen.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Profile;
use crate::diagnosis::{Case, PastExchanges, ProfileFacts, diagnose};
use crate::model::{Channel, Diagnosis, Exchange, ExchangeStep, Moment};

/// See the module.
#[derive(Debug)]
pub struct KeptWhy {
    facts: ProfileFacts,
    channels: Vec<Channel>,
    /// What the exchanges of the present session showed so far.
    past: PastExchanges,
    /// The upper half of its exchanges' ids.
    session: u64,
}

impl KeptWhy {
    /// For a profile.
    pub fn of(profile: &Profile) -> Self {
        Self {
            facts: ProfileFacts::of(profile),
            channels: profile.conversations.iter().map(|e| e.conversation.channel()).collect(),
            past: PastExchanges::default(),
            session: 0,
        }
    }

    /// The next exchange, oldest first: why it was refused, where it was.
    pub fn next(&mut self, exchange: &Exchange) -> Option<Diagnosis> {
        let exchange = on_one_clock(exchange);
        let session = exchange.id.0 >> 32;
        if session != self.session {
            self.session = session;
            // Token generations begin anew with each session.
            self.past = PastExchanges::default();
        }
        self.past.exchange(&exchange);
        let channel = exchange.conversation.and_then(|key| self.channels.get(key.0 as usize).copied());
        diagnose(&Case { exchange: &exchange, channel, profile: &self.facts, history: &self.past })
    }
}

/// The same, with the lengths of time between exchanges as the wall clock has them: each was kept with a clock that
/// begins with itself.
fn on_one_clock(exchange: &Exchange) -> Exchange {
    let began =
        Duration::try_from(exchange.started.wall.duration_since(jiff::Timestamp::UNIX_EPOCH)).unwrap_or_default();
    let moved = |moment: Moment| Moment::new(moment.mono.saturating_add(began), moment.wall);
    let mut out = exchange.clone();
    out.started = moved(out.started);
    for step in &mut out.steps {
        match step {
            ExchangeStep::Try(attempt) => {
                let attempt = Arc::make_mut(attempt);
                attempt.started = moved(attempt.started);
            }
            ExchangeStep::Wait { at, until, .. } => (*at, *until) = (moved(*at), moved(*until)),
            ExchangeStep::Renewal { at, .. } => *at = moved(*at),
        }
    }
    out
}
