//! Pace: limits that are known before they refuse. Pure.
//!
//! [`Pace`] obeys what the server tells of its own count (`inin-ratelimit-*`, 429); [`Rate`] counts for itself where a
//! limit is documented and never told (messages of a session, frames of a connection).

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{Moment, RateLimit};

/// The window in which the platform counts requests. [real: documented, "300 requests a minute"]
const WINDOW: Duration = Duration::from_secs(60);
/// Requests of the window that everything else leaves to messages.
const RESERVE: u32 = 10;

/// At most so many in any span of time of this length.
///
/// The newest is counted from when it was last heard to be under way: a message whose answer came has arrived by then,
/// so the server, whose clock starts at its arrival, never counts more than we do.
#[derive(Clone, Debug)]
pub struct Rate {
    allowed: usize,
    per: Duration,
    /// The newest `allowed` at most, the oldest first.
    sent: VecDeque<Moment>,
}

impl Rate {
    /// At most `allowed` (at least one) in any span of `per`.
    pub fn new(allowed: u32, per: Duration) -> Self {
        Self { allowed: allowed.max(1) as usize, per, sent: VecDeque::new() }
    }

    /// Whether one more may go at `now`; if not, when.
    pub fn may(&self, now: Moment) -> Result<(), Moment> {
        let Some(oldest) = self.sent.len().checked_sub(self.allowed).and_then(|at| self.sent.get(at)) else {
            return Ok(());
        };
        let free = oldest.after(self.per);
        if now.mono >= free.mono { Ok(()) } else { Err(free) }
    }

    /// One goes out.
    pub fn spend(&mut self, now: Moment) {
        while self.sent.front().is_some_and(|at| self.sent.len() >= self.allowed || now.since(*at) >= self.per) {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }

    /// The newest has arrived by `now`, and not necessarily earlier.
    pub fn arrived(&mut self, now: Moment) {
        if let Some(newest) = self.sent.back_mut() {
            *newest = now;
        }
    }
}

/// What is known of the rate limit, and what was spent since.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    limit: Option<RateLimit>,
    /// Requests that the newest headers may not have counted.
    spent: u32,
    /// The server asked for silence until then.
    silent: Option<Moment>,
    /// The server asked for nothing but messages until then.
    reads_held: Option<Moment>,
}

impl Pace {
    /// A 429 asked to wait: it is about the token, so it holds for every conversation.
    pub fn silence(&mut self, until: Moment) {
        // Of two that were under way together, the longer wait holds.
        self.silent = self.silent.into_iter().chain([until]).max_by_key(|until| until.mono);
    }

    /// A 429 of a request that is no message asked to wait: such requests do, and messages no longer than the limit's
    /// window.
    pub fn hold_reads(&mut self, wait: Duration, now: Moment) {
        self.reads_held = Some(now.after(wait));
        let window = self.limit.map(|l| l.resets).filter(|resets| now.mono < resets.mono);
        let ends = window.into_iter().chain([now.after(wait), now.after(WINDOW)]);
        if let Some(end) = ends.min_by_key(|end| end.mono) {
            self.silence(end);
        }
    }

    /// Until when the server asked for nothing but messages.
    pub fn reads_held(&self, now: Moment) -> Option<Moment> {
        self.reads_held.filter(|until| now.mono < until.mono)
    }

    /// Whether a request that is no message may go at `now`; if not, when.
    pub fn may_read(&self, now: Moment) -> Result<(), Moment> {
        self.reads_held(now).map_or_else(|| self.may(now, RESERVE), Err)
    }

    /// An answer told the limit while `in_flight` other requests were under way: they may not be counted in it.
    pub fn observe(&mut self, limit: RateLimit, in_flight: usize) {
        self.limit = Some(limit);
        self.spent = u32::try_from(in_flight).unwrap_or(u32::MAX);
    }

    /// A request goes out.
    pub fn spend(&mut self) {
        self.spent = self.spent.saturating_add(1);
    }

    /// Whether a request that leaves `reserve` for others may go at `now`; if not, when the window starts anew.
    pub fn may(&self, now: Moment, reserve: u32) -> Result<(), Moment> {
        if let Some(silent) = self.silent.filter(|s| now.mono < s.mono) {
            return Err(silent);
        }
        match self.limit {
            Some(limit) if now.mono < limit.resets.mono => {
                let used = limit.count.saturating_add(self.spent).saturating_add(reserve);
                if used >= limit.allowed { Err(limit.resets) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::at_millis as at;

    #[test]
    fn pace_stops_before_the_limit_and_starts_with_the_new_window() {
        let mut pace = Pace::default();
        assert_eq!(pace.may(at(0), 0), Ok(()));
        pace.observe(RateLimit { count: 297, allowed: 300, resets: at(10) }, 1);
        pace.spend();
        assert_eq!(pace.may(at(0), 0), Ok(()));
        assert_eq!(pace.may(at(0), 10), Err(at(10)), "reads leave room for sends");
        pace.spend();
        assert_eq!(pace.may(at(0), 0), Err(at(10)));
        assert_eq!(pace.may(at(10), 0), Ok(()));
    }

    #[test]
    fn the_longer_of_two_silences_holds() {
        let mut pace = Pace::default();
        pace.silence(at(60_000));
        pace.silence(at(1_000));
        assert_eq!(pace.may(at(2_000), 0), Err(at(60_000)));
        assert_eq!(pace.may(at(60_000), 0), Ok(()));
    }

    #[test]
    fn a_read_that_is_to_wait_holds_messages_for_the_window_at_most() {
        let long = Duration::from_secs(7_200);
        let mut pace = Pace::default();
        pace.hold_reads(long, at(0));
        assert_eq!(pace.may(at(1), 0), Err(at(60_000)));
        let mut pace = Pace::default();
        pace.observe(RateLimit { count: 300, allowed: 300, resets: at(20_000) }, 0);
        pace.hold_reads(long, at(0));
        assert_eq!((pace.may(at(1), 0), pace.may(at(20_000), 0)), (Err(at(20_000)), Ok(())));
        let mut pace = Pace::default();
        pace.hold_reads(Duration::from_secs(3), at(0));
        assert_eq!((pace.may(at(1), 0), pace.may(at(3_000), 0)), (Err(at(3_000)), Ok(())));
    }

    #[test]
    fn the_sixth_of_a_second_waits_for_the_first_to_be_a_second_old() {
        let mut rate = Rate::new(5, Duration::from_secs(1));
        for sent in [0, 10, 20, 30, 40] {
            assert_eq!(rate.may(at(sent)), Ok(()));
            rate.spend(at(sent));
        }
        assert_eq!(rate.may(at(50)), Err(at(1000)));
        assert_eq!(rate.may(at(1000)), Ok(()));
        rate.spend(at(1000));
        assert_eq!(rate.may(at(1000)), Err(at(1010)), "and the seventh for the second");
    }

    #[test]
    fn a_message_counts_from_when_it_is_known_to_have_arrived() {
        let mut rate = Rate::new(1, Duration::from_secs(1));
        rate.spend(at(0));
        rate.arrived(at(300));
        assert_eq!(rate.may(at(1000)), Err(at(1300)));
    }

    proptest! {
        /// However the asking comes, no span holds more than is allowed, and waiting as told is always enough.
        #[test]
        fn no_span_holds_more(steps in proptest::collection::vec(0u64..400, 1..80), allowed in 1u32..6) {
            let mut rate = Rate::new(allowed, Duration::from_secs(1));
            let (mut now, mut went) = (0, Vec::new());
            for step in steps {
                now += step;
                if let Err(until) = rate.may(at(now)) {
                    prop_assert!(until.mono > at(now).mono);
                    now = u64::try_from(until.mono.as_millis()).unwrap_or(u64::MAX);
                }
                prop_assert_eq!(rate.may(at(now)), Ok(()));
                rate.spend(at(now));
                went.push(now);
                let span = went.iter().filter(|t| now - **t < 1000).count();
                prop_assert!(span <= allowed as usize);
            }
        }
    }
}
