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
#[path = "../../tests/unit/engine/pace.rs"]
mod tests;
