//! The token chip: one short text, and when it changes by itself.

use std::time::Duration;

use crate::model::{Moment, TokenFacts, TokenStatus};
use crate::view::theme::Role;

/// Under this much time left, seconds are shown.
const SECONDS_UNDER: Duration = Duration::from_secs(5 * 60);

/// The chip's text and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// `TOKEN ok 41m`
    pub text: String,
    /// Its colour.
    pub role: Role,
}

/// The chip for `status` at `now`.
pub fn chip(status: &TokenStatus, now: Moment) -> Chip {
    let (text, role) = match status {
        TokenStatus::SignedOut => ("TOKEN none — :connect".to_owned(), Role::Warning),
        TokenStatus::Getting => ("TOKEN getting…".to_owned(), Role::Info),
        TokenStatus::Valid(facts) if facts.pasted => (format!("TOKEN STATIC {}", left(facts, now)), Role::Warning),
        TokenStatus::Valid(facts) if !facts.missing.is_empty() => {
            (format!("TOKEN ok {} SCOPE MISSING", left(facts, now)), Role::Warning)
        }
        TokenStatus::Valid(facts) => (format!("TOKEN ok {}", left(facts, now)), Role::Ok),
        TokenStatus::Renewing(facts) => (format!("TOKEN ok {} renewing", left(facts, now)), Role::Ok),
        TokenStatus::RenewFailed { facts, retry, .. } => {
            (format!("TOKEN ok {} RENEW FAILED retry {}", left(facts, now), countdown(*retry, now)), Role::Warning)
        }
        TokenStatus::Expired { retry: Some(retry), .. } => {
            (format!("TOKEN EXPIRED retry {}", countdown(*retry, now)), Role::Error)
        }
        TokenStatus::Expired { retry: None, .. } => ("TOKEN EXPIRED".to_owned(), Role::Error),
        TokenStatus::Refused { status, .. } => (format!("TOKEN REFUSED {status}"), Role::Error),
        TokenStatus::BadClient { .. } => ("TOKEN BAD CLIENT".to_owned(), Role::Error),
        TokenStatus::Limited { until, .. } => (format!("TOKEN LIMITED 429 {}", countdown(*until, now)), Role::Warning),
        TokenStatus::NoSecret { .. } => ("TOKEN NO SECRET".to_owned(), Role::Error),
    };
    Chip { text, role }
}

fn left(facts: &TokenFacts, now: Moment) -> String {
    let Some(expires) = facts.expires else { return "?".to_owned() };
    let left = expires.left(now);
    let text = duration(left);
    if facts.pasted { format!("{text}?") } else { text }
}

/// A length of time in the chip's form: `6h02m`, `41m`, `4m09s`, `12s`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..300 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        300..3600 => format!("{}m", seconds / 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// Whole seconds until `until`, rounded up so that it never says 0 while it still waits.
pub fn countdown(until: Moment, now: Moment) -> String {
    let left = until.left(now);
    duration(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
}

/// When the chip's text changes by itself next.
pub fn next_change(status: &TokenStatus, now: Moment) -> Option<Moment> {
    let counted = match status {
        TokenStatus::RenewFailed { retry, .. } => super::next_second(*retry, now),
        TokenStatus::Expired { retry: Some(retry), .. } => super::next_second(*retry, now),
        TokenStatus::Limited { until, .. } => super::next_second(*until, now),
        _ => None,
    };
    let expiry = status.facts().and_then(|f| f.expires).and_then(|expires| {
        let left = expires.left(now);
        if left.is_zero() {
            return None;
        }
        let step = if left > SECONDS_UNDER { 60 } else { 1 };
        // The text says whole steps, rounded down: it changes just after the present step is used up.
        let into_step = Duration::from_secs(left.as_secs() % step) + Duration::from_nanos(left.subsec_nanos().into());
        Some(now.after(into_step + Duration::from_millis(1)))
    });
    counted.into_iter().chain(expiry).min()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::model::{Generation, Granted};

    fn facts(seconds: u64) -> TokenFacts {
        TokenFacts {
            generation: Generation(1),
            issued: Moment::ZERO,
            expires: Some(Moment::ZERO.after(Duration::from_secs(seconds))),
            lifetime: None,
            requested: vec![],
            granted: Granted::Unknown,
            missing: vec![],
            organization: None,
            client_name: None,
            pasted: false,
        }
    }

    fn at(millis: u64) -> Moment {
        Moment::ZERO.after(Duration::from_millis(millis))
    }

    #[test]
    fn says_the_time_left() {
        let valid = TokenStatus::Valid(facts(3600));
        assert_eq!(chip(&valid, at(1)).text, "TOKEN ok 59m");
        assert_eq!(chip(&valid, at(3_351_000)).text, "TOKEN ok 4m09s");
        let pasted = TokenStatus::Valid(TokenFacts { pasted: true, ..facts(6 * 3600 + 125) });
        assert_eq!(chip(&pasted, at(0)).text, "TOKEN STATIC 6h02m?");
    }

    #[test]
    fn changes_once_a_minute_then_once_a_second() {
        let valid = TokenStatus::Valid(facts(3600));
        let mut now = at(10);
        let mut text = chip(&valid, now).text;
        for _ in 0..80 {
            let next = next_change(&valid, now).unwrap();
            assert!(next > now);
            let before = chip(&valid, Moment::ZERO.after(next.mono.saturating_sub(Duration::from_millis(2)))).text;
            assert!(next.since(now) < Duration::from_millis(3) || before == text, "it changed before {next:?}");
            now = next;
            let after = chip(&valid, now).text;
            assert_ne!(after, text);
            text = after;
        }
        assert!(chip(&valid, now).text.ends_with('s'));
    }

    #[test]
    fn counts_down_to_a_retry() {
        let status = TokenStatus::Expired { retry: Some(at(8_500)), why: String::new() };
        assert_eq!(chip(&status, at(0)).text, "TOKEN EXPIRED retry 9s");
        assert_eq!(next_change(&status, at(0)), Some(at(500)));
        assert_eq!(next_change(&TokenStatus::Getting, at(0)), None);
    }
}
