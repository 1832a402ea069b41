//! The edge where time enters. Everything behind it gets [`Moment`]s.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::model::Moment;

/// The process's clock. Copies share their origin, so moments of different parts compare.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    /// Both clocks run this many times as fast as the world's, from the wall time at the origin on. 1: the real ones.
    pace: u32,
    wall: Timestamp,
}

impl Clock {
    /// A clock whose monotonic zero is now.
    pub fn start() -> Self {
        Self { origin: Instant::now(), pace: 1, wall: Timestamp::now() }
    }

    /// A clock that runs `pace` times as fast: hours of token lifetimes pass in seconds. For tests and demos.
    pub fn fast(pace: u32) -> Self {
        Self { pace: pace.max(1), ..Self::start() }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        if self.pace == 1 {
            return Moment::new(self.origin.elapsed(), Timestamp::now());
        }
        let mono = self.origin.elapsed().saturating_mul(self.pace);
        Moment::new(mono, self.wall.saturating_add(mono).unwrap_or(Timestamp::MAX))
    }

    /// The instant at which `moment` comes, for timers.
    pub fn instant(&self, moment: Moment) -> Instant {
        // Rounded up: a timer that ends a hair early would find nothing due.
        let real = if self.pace == 1 { moment.mono } else { moment.mono / self.pace + Duration::from_nanos(1) };
        self.origin.checked_add(real).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365))
    }
}
