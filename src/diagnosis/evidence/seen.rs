//! When something was seen, and which exchange shows it.

use crate::model::{ExchangeId, Moment};

/// When something was seen, and in which exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When the try that shows it began.
    pub at: Moment,
    /// The exchange.
    pub exchange: ExchangeId,
}

/// The later of two sightings.
pub fn newer(old: Option<Seen>, seen: Seen) -> Seen {
    old.filter(|s| s.at > seen.at).unwrap_or(seen)
}
