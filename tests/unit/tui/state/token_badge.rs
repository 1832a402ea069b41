//! What the badge says, and when that changes.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::fixtures::{at_millis as at, token_facts};
use crate::model::{Moment, TokenFacts, TokenStatus, WebSession};
use crate::tui::state::token_badge::*;
use jiff::Timestamp;
use std::time::Duration;

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
    assert_eq!(said(&open(0), at(5)), "session time over");
    let why = || "".into();
    assert_eq!(said(&WebSession::Closed, at(0)), "session closed");
    assert_eq!(said(&WebSession::ReadOnly(why()), at(0)), "session read-only");
    assert_eq!(said(&WebSession::Unreachable(why()), at(0)), "session unreachable");
    let broken = WebSession::Reconnecting(at(4_000), why());
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
    assert!(said(&session, now).ends_with("time over") && steps < 1_300, "{steps}");
}

#[test]
fn counts_down_to_a_retry() {
    let status = TokenStatus::Expired(Some(at(8_500)), String::new());
    assert_eq!(badge(&status, at(0)).alarm.as_deref(), Some("retry in 9 s"));
    assert_eq!(next_change(&status, at(0)), Some(at(500)));
    assert_eq!(next_change(&TokenStatus::Getting, at(0)), None);
}
