//! Counting requests in a window of one minute, as `inin-ratelimit-*` tells it.

use std::time::Duration;

use crate::model::Moment;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    began: Moment,
    count: u32,
}

/// What the headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gauge {
    /// Requests of this window, this one included.
    pub(crate) count: u32,
    /// Requests allowed in a window.
    pub(crate) allowed: u32,
    /// Whole seconds until the window starts anew, rounded up.
    pub(crate) reset: u64,
    /// Whether this request was one too many (then it is not counted).
    pub(crate) exceeded: bool,
}

impl Window {
    pub(crate) const fn new(now: Moment) -> Self {
        Self { began: now, count: 0 }
    }

    pub(crate) fn count(&mut self, allowed: u32, now: Moment) -> Gauge {
        if now.since(self.began) >= MINUTE {
            *self = Self::new(now);
        }
        let exceeded = self.count >= allowed;
        if !exceeded {
            self.count += 1;
        }
        let left = self.began.after(MINUTE).left(now);
        let reset = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Gauge { count: self.count, allowed, reset, exceeded }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/sandbox/world/window.rs"]
mod tests;
