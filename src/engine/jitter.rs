//! Small deterministic randomness: enough to keep a team from renewing together, and the same in every test run.

use std::time::Duration;

/// A xorshift generator.
#[derive(Clone, Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// From a seed; any will do.
    pub const fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed ^ 0x9E37_79B9_7F4A_7C15 | 1)
    }

    /// Somewhere from zero to `most`.
    pub fn up_to(&mut self, most: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// Doubling pauses with jitter: the `n`th (from 0) lies between a half and the whole of `first * 2^n`, at most `cap`.
    pub fn backoff(&mut self, first: Duration, cap: Duration, n: u32) -> Duration {
        let whole = first.saturating_mul(1_u32.checked_shl(n.min(20)).unwrap_or(u32::MAX)).min(cap);
        whole / 2 + self.up_to(whole / 2)
    }
}

#[cfg(test)]
#[path = "../../tests/unit/engine/jitter.rs"]
mod tests;
