//! How often the API answered 401, over a window of time. Kept apart from the list, so that eviction does not change it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{Attempt, Exchange, ExchangeId, ExchangeKind, Moment};

/// Answers remembered: more than the platform lets one token ask for in 15 minutes.
const BOUND: usize = 8_192;

/// 401 answers over API tries in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate401 {
    /// Tries answered with 401, the healed ones included.
    pub answers401: u32,
    /// Those of them after which a newer token was answered with something else.
    pub healed: u32,
    /// Tries that ended, answered or not.
    pub total: u32,
}

#[derive(Clone, Copy, Debug)]
struct EndedTry {
    at: Duration,
    exchange: ExchangeId,
    unauthorized: bool,
    healed: bool,
}

/// The tries that ended, newest last, bounded.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries {
    ended: VecDeque<EndedTry>,
}

/// Whether the try `earlier` of an exchange was a 401 that a try with a newer token healed.
pub(super) fn is_healed(earlier: &Attempt, exchange: &Exchange) -> bool {
    earlier.status() == Some(401)
        && exchange.attempts().any(|later| {
            later.number > earlier.number
                && later.generation > earlier.generation
                && later.status().is_some_and(|status| status != 401)
        })
}

impl Tries {
    /// Counts the ended tries of `exchange` after the first `counted`, which were counted before. Returns how many
    /// are counted now.
    pub fn count(&mut self, exchange: &Exchange, counted: u32) -> u32 {
        if !matches!(exchange.kind, ExchangeKind::Send | ExchangeKind::Read | ExchangeKind::Probe) {
            return counted;
        }
        let mut now_counted = counted;
        let mut any_healed = false;
        for attempt in exchange.attempts().filter(|a| a.ending.is_some()).skip(counted as usize) {
            now_counted += 1;
            if self.ended.len() >= BOUND {
                self.ended.pop_front();
            }
            self.ended.push_back(EndedTry {
                at: attempt.started.mono.saturating_add(attempt.timing.total.unwrap_or_default()),
                exchange: exchange.id,
                unauthorized: attempt.status() == Some(401),
                healed: false,
            });
            any_healed |= attempt.status().is_some_and(|status| status != 401);
        }
        if any_healed && exchange.attempts().any(|a| is_healed(a, exchange)) {
            for ended in self.ended.iter_mut().filter(|e| e.exchange == exchange.id && e.unauthorized) {
                ended.healed = true;
            }
        }
        now_counted
    }

    /// The counts of the `window` that ends `now`.
    pub fn rate(&self, now: Moment, window: Duration) -> Rate401 {
        let from = now.mono.saturating_sub(window);
        self.ended.iter().filter(|e| e.at >= from).fold(Rate401::default(), |sum, e| Rate401 {
            answers401: sum.answers401 + u32::from(e.unauthorized),
            healed: sum.healed + u32::from(e.healed),
            total: sum.total + 1,
        })
    }
}
