//! Every refusal of the session by its cause, for the status page: shares, per conversation and channel, over time.
//! Kept apart from the log, so that eviction changes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::diagnosis::PastExchanges;
use crate::model::{Cause, Channel, ConversationKey, ExchangeId, Moment};

use super::log::Rate401;

/// Refusals remembered.
const BOUND: usize = 16_384;
/// The window of the 401 rate.
pub const RATE_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Columns of the plot over time.
pub const COLUMNS: usize = 30;

/// One refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The exchange.
    pub exchange: ExchangeId,
    /// When it was settled.
    pub at: Moment,
    /// Into which conversation.
    pub conversation: Option<ConversationKey>,
    /// By which channel.
    pub channel: Option<Channel>,
    /// The first cause.
    pub cause: Cause,
    /// It was a 401 that a newer token healed.
    pub healed: bool,
}

/// A cause's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseShare {
    /// Which cause.
    pub cause: Cause,
    /// Healed ones stand apart: a glitch is not a refusal.
    pub healed: bool,
    /// How many.
    pub count: usize,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    all: VecDeque<Refusal>,
}

impl Refusals {
    /// Counts a refusal, or (known already) what is made of it now.
    pub fn note(&mut self, refusal: Refusal) {
        if let Some(known) = self.all.iter_mut().rev().find(|r| r.exchange == refusal.exchange) {
            *known = refusal;
            return;
        }
        self.all.push_back(refusal);
        if self.all.len() > BOUND {
            self.all.pop_front();
        }
    }

    /// How many there were.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The causes with their counts, the most frequent first.
    pub fn shares(&self) -> Vec<CauseShare> {
        self.shares_of(|_| true)
    }

    /// The same for those that `wanted` picks.
    pub fn shares_of(&self, wanted: impl Fn(&Refusal) -> bool) -> Vec<CauseShare> {
        let counts = self.counts(|r| wanted(r).then_some((r.healed, r.cause))).into_iter();
        let mut shares: Vec<_> = counts.map(|((healed, cause), count)| CauseShare { cause, healed, count }).collect();
        shares.sort_by_key(|s| std::cmp::Reverse(s.count));
        shares
    }

    /// The conversations that were refused, each with its channel and count, the most frequent first.
    pub fn conversations(&self) -> Vec<((ConversationKey, Option<Channel>), usize)> {
        let mut list: Vec<_> = self.counts(|r| Some((r.conversation?, r.channel))).into_iter().collect();
        list.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        list
    }

    /// The channels that were refused, each with its count.
    pub fn channels(&self) -> BTreeMap<Channel, usize> {
        self.counts(|r| r.channel)
    }

    fn counts<K: Ord>(&self, of: impl Fn(&Refusal) -> Option<K>) -> BTreeMap<K, usize> {
        let mut counts = BTreeMap::new();
        for key in self.all.iter().filter_map(of) {
            *counts.entry(key).or_default() += 1;
        }
        counts
    }

    /// Refusals of the `window` that ends `now` which were not healed by being sent again, and are known to be a glitch
    /// all the same: a newer token works (a read, for instance, is not tried again).
    pub fn outlived(&self, now: Moment, window: Duration) -> usize {
        let from = now.mono.saturating_sub(window);
        let glitch = |r: &&Refusal| !r.healed && r.cause == Cause::TokenRotation;
        self.all.iter().rev().take_while(|r| r.at.mono >= from).filter(glitch).count()
    }

    /// Those that a newer token healed and those that stand, in [`COLUMNS`] equal parts of the `window` that ends `now`, the oldest first.
    pub fn over_time(&self, now: Moment, window: Duration) -> [(usize, usize); COLUMNS] {
        let mut columns = [(0, 0); COLUMNS];
        let from = now.mono.saturating_sub(window);
        let part = (window / COLUMNS as u32).max(Duration::from_nanos(1));
        for refusal in self.all.iter().filter(|r| r.at.mono >= from) {
            let at = refusal.at.mono.saturating_sub(from).as_nanos() / part.as_nanos();
            let column = usize::try_from(at).unwrap_or(COLUMNS).min(COLUMNS - 1);
            let Some(column) = columns.get_mut(column) else { continue };
            if refusal.healed || refusal.cause == Cause::TokenRotation { column.0 += 1 } else { column.1 += 1 }
        }
        columns
    }
}

/// What is known of refusals.
#[derive(Clone, Debug, Default)]
pub struct Diagnoses {
    /// What exchanges showed.
    pub evidence: PastExchanges,
    /// The refusals of the session.
    pub refusals: Refusals,
    /// The 401 rate as of the newest report.
    pub rate_401: Rate401,
}

#[cfg(test)]
#[path = "../../tests/unit/session/refusals.rs"]
mod tests;
