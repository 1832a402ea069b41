//! The edge where time enters. Everything behind it gets [`Moment`]s.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::model::Moment;

/// The process's clock. Copies share their origin, so moments of different parts compare.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose monotonic zero is now.
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        Moment::new(self.origin.elapsed(), Timestamp::now())
    }

    /// The instant at which `moment` comes, for timers.
    pub fn instant(&self, moment: Moment) -> Instant {
        self.origin.checked_add(moment.mono).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365))
    }
}
