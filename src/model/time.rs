//! Time as data: it enters at the edge (see [`crate::clock`]) and travels inside events.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One instant, told by two clocks.
///
/// `mono` never jumps, so durations and expiries are computed on it. `wall` is what a person and the server call
/// the time; it also sees a suspended laptop, which the monotonic clock of Linux does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Moment {
    /// Time since the process's own origin, on the monotonic clock.
    pub mono: Duration,
    /// The wall clock, UTC.
    pub wall: Timestamp,
}

impl Moment {
    /// The origin: zero on both clocks. For defaults and tests.
    pub const ZERO: Self = Self { mono: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

    /// A moment from its two readings.
    pub const fn new(mono: Duration, wall: Timestamp) -> Self {
        Self { mono, wall }
    }

    /// The moment `by` later, on both clocks. Saturates at the end of time.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        let wall = self.wall.saturating_add(by).unwrap_or(Timestamp::MAX);
        Self { mono: self.mono.saturating_add(by), wall }
    }

    /// The moment `by` earlier, on both clocks. Saturates at the beginning of time.
    #[must_use]
    pub(crate) fn before(self, by: Duration) -> Self {
        let wall = self.wall.saturating_sub(by).unwrap_or(Timestamp::MIN);
        Self { mono: self.mono.saturating_sub(by), wall }
    }

    /// Monotonic time from `earlier` to `self`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.mono.saturating_sub(earlier.mono)
    }

    /// The next moment after `now` at which the whole seconds left until this one change.
    pub(crate) fn next_second(self, now: Self) -> Option<Self> {
        let left = self.left(now);
        if left.is_zero() {
            return None;
        }
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
        Some(now.after(if part.is_zero() { Duration::from_secs(1) } else { part }))
    }

    /// Monotonic time left until `self` seen from `now`; zero if it has passed.
    pub(crate) fn left(self, now: Self) -> Duration {
        self.mono.saturating_sub(now.mono)
    }
}

/// Only `wall` is stored. On reading, `mono` becomes the time since 1970, so that stored moments compare with each other.
impl From<Moment> for i64 {
    fn from(moment: Moment) -> Self {
        moment.wall.as_microsecond()
    }
}

impl From<i64> for Moment {
    fn from(micros: i64) -> Self {
        let wall = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        Self::new(Duration::from_micros(u64::try_from(micros).unwrap_or(0)), wall)
    }
}

pub fn micros_of(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// `#[serde(with = …)]`: a length of time in microseconds.
pub mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(time: &(impl Into<Option<Duration>> + Copy), to: S) -> Result<S::Ok, S::Error> {
        (*time).into().map(super::micros_of).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(Duration::from_micros))
    }
}
