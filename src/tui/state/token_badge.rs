//! The token badge: a few words, and when they change by themselves. Where a web-messaging conversation is open, the guest's
//! session has its place: nothing there depends on the token.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Acceptance, Moment, TokenFacts, TokenStatus, WebSession};
use crate::tui::theme::StyleRole;

/// Under this much time left, seconds are shown.
const SECONDS_UNDER: Duration = Duration::from_secs(5 * 60);

/// The badge's words and what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// `token ok 41 min`
    pub text: String,
    /// How it looks.
    pub role: StyleRole,
    /// What is wrong with it all the same: `scope missing`.
    pub alarm: Option<String>,
}

/// The badge for `status` at `now`.
pub fn badge(status: &TokenStatus, now: Moment) -> Badge {
    let mut alarm = None;
    let (text, role) = match status {
        TokenStatus::SignedOut => ("token none".to_owned(), StyleRole::Warning),
        TokenStatus::Getting => ("signing in…".to_owned(), StyleRole::Info),
        TokenStatus::Valid(facts) if facts.pasted => (format!("token pasted {}", left(facts, now)), StyleRole::Warning),
        TokenStatus::Valid(TokenFacts { acceptance: Acceptance::Refused(_), .. }) => {
            ("token refused by the API".to_owned(), StyleRole::Error)
        }
        TokenStatus::Valid(facts) => {
            alarm = (!facts.missing.is_empty()).then(|| "scope missing".to_owned());
            (format!("token ok {}", left(facts, now)), StyleRole::Dim)
        }
        TokenStatus::Renewing(facts) => (format!("token ok {}, renewing", left(facts, now)), StyleRole::Dim),
        TokenStatus::RenewFailed { facts, retry, .. } => {
            alarm = Some(format!("renewal failed, retry in {}", countdown(*retry, now)));
            (format!("token ok {}", left(facts, now)), StyleRole::Dim)
        }
        TokenStatus::Expired { retry, .. } => {
            alarm = retry.map(|retry| format!("retry in {}", countdown(retry, now)));
            ("token expired".to_owned(), StyleRole::Error)
        }
        TokenStatus::Refused { status, .. } => (format!("token refused {status}"), StyleRole::Error),
        TokenStatus::BadClient { .. } => ("client refused".to_owned(), StyleRole::Error),
        TokenStatus::Limited { until, .. } => {
            (format!("token limited 429, {}", countdown(*until, now)), StyleRole::Warning)
        }
        TokenStatus::NoSecret { .. } => ("no client secret".to_owned(), StyleRole::Error),
    };
    Badge { text, role, alarm }
}

fn left(facts: &TokenFacts, now: Moment) -> String {
    let Some(expires) = facts.expires else { return "?".to_owned() };
    let left = expires.left(now);
    let text = duration(left);
    if facts.pasted { format!("{text}?") } else { text }
}

/// A length of time in the badge's form: `6 h 02 min`, `41 min`, `4 min 09 s`, `12 s`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..300 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        300..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Whole seconds until `until`, rounded up so that it never says 0 while it still waits.
pub fn countdown(until: Moment, now: Moment) -> String {
    let left = until.left(now);
    duration(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
}

/// The badge for a session at `now`.
pub fn guest(session: &WebSession, now: Moment) -> Badge {
    let words = session_words(session, now);
    let (text, role) = match session {
        WebSession::Closed => (format!("session {words}"), StyleRole::Dim),
        WebSession::Connecting => (format!("session {words}…"), StyleRole::Info),
        WebSession::Open { .. } => (words, StyleRole::Dim),
        WebSession::ReadOnly { .. } | WebSession::Reconnecting { .. } => {
            (format!("session {words}"), StyleRole::Warning)
        }
        WebSession::Unreachable { .. } | WebSession::Ended { .. } => (format!("session {words}"), StyleRole::Error),
    };
    Badge { text, role, alarm: None }
}

/// A session in a few words: `session 71 h`, `read-only`, `reconnecting 4 s`.
pub fn session_words(session: &WebSession, now: Moment) -> String {
    match session {
        WebSession::Open { expires: Some(end), .. } => match left_by_wall(*end, now) {
            left if left.is_zero() => "session over its time".to_owned(),
            left if left >= HOURS_FROM => format!("session {} h", left.as_secs() / 3600),
            left => format!("session {}", duration(left)),
        },
        WebSession::Open { expires: None, .. } => "session open".to_owned(),
        WebSession::Reconnecting { at, .. } if at.left(now).is_zero() => "reconnecting".to_owned(),
        WebSession::Reconnecting { at, .. } => format!("reconnecting {}", countdown(*at, now)),
        other => other.word().to_owned(),
    }
}

/// From this much time left on, a session's end is told in whole hours.
const HOURS_FROM: Duration = Duration::from_secs(10 * 3600);

/// A session's end is told by the remote side's clock, so the wall clock counts.
fn left_by_wall(end: Timestamp, now: Moment) -> Duration {
    Duration::try_from(end.duration_since(now.wall)).unwrap_or_default()
}

/// When the words about a session change by themselves next.
pub fn session_change(session: &WebSession, now: Moment) -> Option<Moment> {
    match session {
        WebSession::Open { expires: Some(end), .. } => {
            let left = left_by_wall(*end, now);
            next_step(left, if left >= HOURS_FROM { 3600 } else { step(left) }, now)
        }
        WebSession::Reconnecting { at, .. } => at.next_second(now),
        _ => None,
    }
}

/// The seconds by which [`duration`] counts.
fn step(left: Duration) -> u64 {
    if left > SECONDS_UNDER { 60 } else { 1 }
}

/// The text says whole steps, rounded down: it changes just after the present step is used up.
fn next_step(left: Duration, step: u64, now: Moment) -> Option<Moment> {
    if left.is_zero() {
        return None;
    }
    let into_step = Duration::from_secs(left.as_secs() % step) + Duration::from_nanos(left.subsec_nanos().into());
    Some(now.after(into_step + Duration::from_millis(1)))
}

/// When the badge's words change by itself next.
pub fn next_change(status: &TokenStatus, now: Moment) -> Option<Moment> {
    let counted = match status {
        TokenStatus::RenewFailed { retry, .. } => retry.next_second(now),
        TokenStatus::Expired { retry: Some(retry), .. } => retry.next_second(now),
        TokenStatus::Limited { until, .. } => until.next_second(now),
        _ => None,
    };
    let expiry = status.facts().and_then(|f| f.expires).and_then(|expires| {
        let left = expires.left(now);
        next_step(left, step(left), now)
    });
    counted.into_iter().chain(expiry).min()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::fixtures::{at_millis as at, token_facts};

    fn facts(seconds: u64) -> TokenFacts {
        TokenFacts { expires: Some(at(seconds * 1_000)), ..token_facts() }
    }

    #[test]
    fn says_the_time_left() {
        let valid = TokenStatus::Valid(facts(3600));
        assert_eq!(badge(&valid, at(1)).text, "token ok 59 min");
        assert_eq!(badge(&valid, at(3_351_000)).text, "token ok 4 min 09 s");
        let pasted = TokenStatus::Valid(TokenFacts { pasted: true, ..facts(6 * 3600 + 125) });
        assert_eq!(badge(&pasted, at(0)).text, "token pasted 6 h 02 min?");
    }

    #[test]
    fn changes_once_a_minute_then_once_a_second() {
        let valid = TokenStatus::Valid(facts(3600));
        let mut now = at(10);
        let mut text = badge(&valid, now).text;
        for _ in 0..80 {
            let next = next_change(&valid, now).unwrap();
            assert!(next > now);
            let before = badge(&valid, Moment::ZERO.after(next.mono.saturating_sub(Duration::from_millis(2)))).text;
            assert!(next.since(now) < Duration::from_millis(3) || before == text, "it changed before {next:?}");
            now = next;
            let after = badge(&valid, now).text;
            assert_ne!(after, text);
            text = after;
        }
        assert!(badge(&valid, now).text.ends_with('s'));
    }

    #[test]
    fn a_session_says_its_state_and_when_that_changes() {
        let open = |seconds: i64| WebSession::Open {
            expires: Some(Timestamp::UNIX_EPOCH.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap()),
            new: true,
        };
        let said = |session: &WebSession, now| guest(session, now).text;
        assert_eq!(said(&open(72 * 3600), at(1)), "session 71 h");
        assert_eq!(said(&open(3700), at(0)), "session 1 h 01 min");
        assert_eq!(said(&open(200), at(0)), "session 3 min 20 s");
        assert_eq!(said(&open(0), at(5)), "session over its time");
        let why = || "".into();
        assert_eq!(said(&WebSession::Closed, at(0)), "session closed");
        assert_eq!(said(&WebSession::ReadOnly { why: why() }, at(0)), "session read-only");
        assert_eq!(said(&WebSession::Unreachable { why: why() }, at(0)), "session unreachable");
        let broken = WebSession::Reconnecting { at: at(4_000), why: why() };
        assert_eq!(said(&broken, at(500)), "session reconnecting 4 s");
        assert_eq!(session_change(&broken, at(500)), Some(at(1_000)));
        assert_eq!(session_change(&WebSession::Connecting, at(0)), None);
        // Each deadline changes the text, down to the end.
        let (session, mut now) = (open(12 * 3600), at(1));
        let mut steps = 0;
        while let Some(next) = session_change(&session, now) {
            let before = said(&session, now);
            assert!(next > now);
            now = next;
            assert_ne!(said(&session, now), before, "{now:?}");
            steps += 1;
        }
        assert!(said(&session, now).ends_with("over its time") && steps < 1_300, "{steps}");
    }

    #[test]
    fn counts_down_to_a_retry() {
        let status = TokenStatus::Expired { retry: Some(at(8_500)), why: String::new() };
        assert_eq!(badge(&status, at(0)).alarm.as_deref(), Some("retry in 9 s"));
        assert_eq!(next_change(&status, at(0)), Some(at(500)));
        assert_eq!(next_change(&TokenStatus::Getting, at(0)), None);
    }
}
