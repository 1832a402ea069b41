//! Everything random of the sandbox: ids, tokens, secrets, latencies. One seed gives one sequence.

use uuid::Builder;

/// A seeded sequence (SplitMix64). Not for cryptography: whoever knows the seed knows every token, which is what a
/// simulator wants.
#[derive(Clone, Debug)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    /// The sequence of `purpose` under `seed`. Each purpose has its own, so that one more conversation in a scenario
    /// does not change the ids of all others.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a over the purpose, mixed into the seed.
        let hash = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.next() % width.max(1))
    }

    /// A UUID of version 4 with hyphens, as conversations, participants and requests have.
    pub(crate) fn uuid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().hyphenated().to_string()
    }

    /// 32 hexadecimal digits, as messages have.
    pub(crate) fn hex(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }

    /// `length` letters and digits, for tokens and secrets.
    pub(crate) fn opaque(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let letter = |n: u64| LETTERS.get((n % 64) as usize).copied().map_or('A', char::from);
        (0..length).map(|_| letter(self.next() >> 32)).collect()
    }
}
