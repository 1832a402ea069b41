//! Every refusal of the session by its cause, and how often the API answered 401: shares, per conversation and channel,
//! over time. Kept apart from the log, so that eviction changes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::diagnosis::PastExchanges;
use crate::model::{Cause, Channel, ConversationKey, Exchange, ExchangeId, ExchangeKind, Moment};

const BOUND: usize = 16_384;
/// Tries remembered: more than the platform lets one token ask for in 15 minutes.
const TRIES_BOUND: usize = 8_192;
/// The time up to now for which refusals are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);
pub const COLUMNS: usize = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub exchange: ExchangeId,
    pub at: Moment,
    pub conversation: Option<ConversationKey>,
    pub channel: Option<Channel>,
    pub cause: Cause,
    /// It was a 401 that a newer token healed.
    pub healed: bool,
}

impl Refusal {
    /// A newer token healed it, or is known to work (a read, for instance, is not tried again): it was a glitch.
    fn is_fixed(&self) -> bool {
        self.healed || self.cause == Cause::TokenRotation
    }
}

#[derive(Clone, Debug, Default)]
pub struct Refusals(pub VecDeque<Refusal>);

impl Refusals {
    pub fn note(&mut self, refusal: Refusal) {
        if let Some(known) = self.0.iter_mut().rev().find(|r| r.exchange == refusal.exchange) {
            *known = refusal;
            return;
        }
        self.0.push_back(refusal);
        if self.0.len() > BOUND {
            self.0.pop_front();
        }
    }

    /// The causes of those that `wanted` picks, each with whether it is fixed, the most frequent first.
    pub fn shares(&self, wanted: impl Fn(&Refusal) -> bool) -> Vec<(Cause, bool, usize)> {
        let counts = self.counts(|r| wanted(r).then_some((r.is_fixed(), r.cause))).into_iter();
        let mut shares: Vec<_> = counts.map(|((fixed, cause), count)| (cause, fixed, count)).collect();
        shares.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
        shares
    }

    /// The conversations that were refused, each with its channel and count, the most frequent first.
    pub fn conversations(&self) -> Vec<((ConversationKey, Option<Channel>), usize)> {
        let mut list: Vec<_> = self.counts(|r| Some((r.conversation?, r.channel))).into_iter().collect();
        list.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        list
    }

    pub fn channels(&self) -> BTreeMap<Channel, usize> {
        self.counts(|r| r.channel)
    }

    fn counts<K: Ord>(&self, of: impl Fn(&Refusal) -> Option<K>) -> BTreeMap<K, usize> {
        let mut counts = BTreeMap::new();
        for key in self.0.iter().filter_map(of) {
            *counts.entry(key).or_default() += 1;
        }
        counts
    }

    /// Refusals of the last 15 minutes which are fixed without having been healed by being sent again.
    pub fn outlived(&self, now: Moment) -> usize {
        let from = now.mono.saturating_sub(WINDOW);
        let glitch = |r: &&Refusal| !r.healed && r.is_fixed();
        self.0.iter().rev().take_while(|r| r.at.mono >= from).filter(glitch).count()
    }

    /// Those that are fixed and those that stand, in [`COLUMNS`] equal parts of the last 15 minutes, the oldest
    /// first.
    pub fn over_time(&self, now: Moment) -> [(usize, usize); COLUMNS] {
        let mut columns = [(0, 0); COLUMNS];
        let from = now.mono.saturating_sub(WINDOW);
        let part = WINDOW / COLUMNS as u32;
        for refusal in self.0.iter().filter(|r| r.at.mono >= from) {
            let at = refusal.at.mono.saturating_sub(from).as_nanos() / part.as_nanos();
            let column = usize::try_from(at).unwrap_or(COLUMNS).min(COLUMNS - 1);
            let Some(column) = columns.get_mut(column) else { continue };
            if refusal.is_fixed() { column.0 += 1 } else { column.1 += 1 }
        }
        columns
    }
}

/// 401 answers over API tries of the last 15 minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate401 {
    /// Tries answered with 401, the healed ones included.
    pub answers401: u32,
    /// Those of them after which a newer token was answered with something else.
    pub healed: u32,
    /// Tries that ended, answered or not.
    pub total: u32,
}

/// The tries of requests to the API that ended, by when and which, bounded: whether each was a 401, and healed.
#[derive(Clone, Debug, Default)]
pub struct EndedTries(BTreeMap<(Duration, ExchangeId, u32), (bool, bool)>);

impl EndedTries {
    /// Counts the ended tries of an exchange, each once. A full list drops the oldest try; if its exchange is reported
    /// again, that try is still the oldest and is dropped again.
    pub fn count(&mut self, exchange: &Exchange) {
        if !matches!(exchange.kind, ExchangeKind::Send | ExchangeKind::Read | ExchangeKind::Probe) {
            return;
        }
        for attempt in exchange.attempts().filter(|attempt| attempt.ending.is_some()) {
            let ended = (attempt.status() == Some(401), exchange.has_healed(attempt));
            self.0.insert((attempt.ended().mono, exchange.id, attempt.number), ended);
            if self.0.len() > TRIES_BOUND {
                self.0.pop_first();
            }
        }
    }

    /// The counts of the last 15 minutes.
    pub fn rate(&self, now: Moment) -> Rate401 {
        let from = (now.mono.saturating_sub(WINDOW), ExchangeId(0), 0);
        self.0.range(from..).fold(Rate401::default(), |sum, (_, (unauthorized, healed))| Rate401 {
            answers401: sum.answers401 + u32::from(*unauthorized),
            healed: sum.healed + u32::from(*healed),
            total: sum.total + 1,
        })
    }
}

#[derive(Clone, Debug, Default)]
pub struct Diagnoses {
    pub evidence: PastExchanges,
    pub refusals: Refusals,
    pub tries: EndedTries,
}
