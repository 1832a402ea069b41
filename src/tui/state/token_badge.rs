//! The token badge: a few words, and when they change by themselves. Where a web-messaging conversation is open, the guest's
//! session has its place: nothing there depends on the token.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Moment, TokenAcceptance, TokenFacts, TokenStatus, WebSession};
use crate::text::duration;
use crate::tui::theme::StyleRole;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// `token ok 41 min`
    pub text: String,
    pub role: StyleRole,
    /// What is wrong with it all the same: `scope missing`.
    pub alarm: Option<String>,
}

pub fn badge(status: &TokenStatus, now: Moment) -> Badge {
    let mut alarm = None;
    let (text, role) = match status {
        TokenStatus::SignedOut => ("token none".to_owned(), StyleRole::Warning),
        TokenStatus::Getting => ("signing in…".to_owned(), StyleRole::Info),
        TokenStatus::Valid(facts) if facts.pasted => (format!("token pasted {}", left(facts, now)), StyleRole::Warning),
        TokenStatus::Valid(TokenFacts { acceptance: TokenAcceptance::Refused(_), .. }) => {
            ("token refused by the API".to_owned(), StyleRole::Error)
        }
        TokenStatus::Valid(facts) => {
            alarm = (!facts.missing.is_empty()).then(|| "scope missing".to_owned());
            (format!("token ok {}", left(facts, now)), StyleRole::Dim)
        }
        TokenStatus::Renewing(facts) => (format!("token ok {}, renewing", left(facts, now)), StyleRole::Dim),
        TokenStatus::RenewFailed(facts, retry, _) => {
            alarm = Some(format!("renewal failed, retry in {}", countdown(*retry, now)));
            (format!("token ok {}", left(facts, now)), StyleRole::Dim)
        }
        TokenStatus::Expired(retry, _) => {
            alarm = retry.map(|retry| format!("retry in {}", countdown(retry, now)));
            // The last one ended, or there never was one.
            let text = if retry.is_some() { "no token" } else { "token expired" };
            (text.to_owned(), StyleRole::Error)
        }
        TokenStatus::Refused(status, _) => (format!("token refused {status}"), StyleRole::Error),
        TokenStatus::BadClient(_) => ("client refused".to_owned(), StyleRole::Error),
        TokenStatus::Limited(until, _) => {
            (format!("token limited 429, {}", countdown(*until, now)), StyleRole::Warning)
        }
        TokenStatus::NoSecret(_) => ("no client secret".to_owned(), StyleRole::Error),
    };
    Badge { text, role, alarm }
}

fn left(facts: &TokenFacts, now: Moment) -> String {
    let left = facts.expires.map(|expires| duration(expires.left(now)));
    let doubt = if facts.pasted || left.is_none() { "?" } else { "" };
    left.unwrap_or_default() + doubt
}

/// Whole seconds until `until`, rounded up so that it never says 0 while it still waits.
pub fn countdown(until: Moment, now: Moment) -> String {
    let left = until.left(now);
    duration(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
}

pub fn guest(session: &WebSession, now: Moment) -> Badge {
    let words = session_words(session, now);
    let (before, role, after) = match session {
        WebSession::Closed => ("session ", StyleRole::Dim, ""),
        WebSession::Connecting => ("session ", StyleRole::Info, "…"),
        WebSession::Open { .. } => ("", StyleRole::Dim, ""),
        WebSession::ReadOnly(_) | WebSession::Reconnecting(..) => ("session ", StyleRole::Warning, ""),
        WebSession::Unreachable(_) | WebSession::Ended(_) => ("session ", StyleRole::Error, ""),
    };
    let text = format!("{before}{words}{after}");
    Badge { text, role, alarm: None }
}

/// A session in a few words: `session 71 h`, `read-only`, `reconnecting 4 s`.
pub fn session_words(session: &WebSession, now: Moment) -> String {
    match session {
        WebSession::Open { expires: Some(end), .. } => match left_by_wall(*end, now) {
            left if left.is_zero() => "session time over".to_owned(),
            left if left >= HOURS_FROM => format!("session {} h", left.as_secs() / 3600),
            left => format!("session {}", duration(left)),
        },
        WebSession::Open { expires: None, .. } => "session open".to_owned(),
        WebSession::Reconnecting(at, _) if at.left(now).is_zero() => "reconnecting".to_owned(),
        WebSession::Reconnecting(at, _) => format!("reconnecting {}", countdown(*at, now)),
        other => other.word().to_owned(),
    }
}

/// From this much time left on, a session's end is told in whole hours.
const HOURS_FROM: Duration = Duration::from_secs(10 * 3600);

/// A session's end is told by the remote side's clock, so the wall clock counts.
fn left_by_wall(end: Timestamp, now: Moment) -> Duration {
    Duration::try_from(end.duration_since(now.wall)).unwrap_or_default()
}

pub fn session_change(session: &WebSession, now: Moment) -> Option<Moment> {
    match session {
        WebSession::Open { expires: Some(end), .. } => {
            let left = left_by_wall(*end, now);
            next_step(left, if left >= HOURS_FROM { 3600 } else { step(left) }, now)
        }
        WebSession::Reconnecting(at, _) => at.next_second(now),
        _ => None,
    }
}

/// The seconds by which [`duration`] counts.
fn step(left: Duration) -> u64 {
    if left > Duration::from_secs(300) { 60 } else { 1 }
}

/// The text says whole steps, rounded down: it changes just after the present step is used up.
fn next_step(left: Duration, step: u64, now: Moment) -> Option<Moment> {
    if left.is_zero() {
        return None;
    }
    let into_step = Duration::from_secs(left.as_secs() % step) + Duration::from_nanos(left.subsec_nanos().into());
    Some(now.after(into_step + Duration::from_millis(1)))
}

pub fn next_change(status: &TokenStatus, now: Moment) -> Option<Moment> {
    let counted = match status {
        TokenStatus::RenewFailed(_, until, _)
        | TokenStatus::Expired(Some(until), _)
        | TokenStatus::Limited(until, _) => until.next_second(now),
        _ => None,
    };
    let expiry = status.facts().and_then(|f| f.expires).and_then(|expires| {
        let left = expires.left(now);
        next_step(left, step(left), now)
    });
    counted.into_iter().chain(expiry).min()
}
