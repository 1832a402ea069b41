//! What becomes of a try of a send: a table from what came to what follows. Pure.
//!
//! | what came | what follows |
//! |---|---|
//! | 2xx, whole | accepted, whatever its body says |
//! | 401 | one more try with another token, then refused |
//! | 429, and 503 that names a wait | again after the wait, bounded |
//! | other 5xx (but 501, 505) | unknown: the message may have been taken before the service failed |
//! | every other status | refused |
//! | nothing was written | again after a pause, bounded, then failed; a certificate is not healed by waiting: failed |
//! | something was written, no whole answer | unknown, also after "200" came and the rest did not |
//!
//! Where the channel knows a message again by the name that we gave it, what would be unknown is tried again first,
//! under the same name, bounded: the remote side takes it once.

use std::time::Duration;

use crate::model::{Failure, FailureKind};

use super::jitter::Jitter;

/// Pauses between tries that found no connection.
const CONNECT_FIRST: Duration = Duration::from_millis(500);
const CONNECT_MAX: Duration = Duration::from_secs(8);
/// How many times a send is tried again because of each reason.
pub const CONNECT_AGAIN: u32 = 4;
/// See [`CONNECT_AGAIN`].
pub const LIMITED_AGAIN: u32 = 5;
/// See [`CONNECT_AGAIN`].
pub const LOST_AGAIN: u32 = 3;
/// Pauses between tries whose answers were lost.
const LOST_FIRST: Duration = Duration::from_secs(1);
const LOST_MAX: Duration = Duration::from_secs(10);
/// A server that asks for a longer wait than this is taken to have refused.
pub const WAIT_MAX: Duration = Duration::from_secs(600);
/// First pause after a 429 that names no wait.
const LIMITED_FIRST: Duration = Duration::from_secs(2);

/// How often a send was tried again so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Because no connection came about.
    pub connect: u32,
    /// Because the server promised that it had not processed the request.
    pub unprocessed: bool,
    /// Because the server asked to wait.
    pub limited: u32,
    /// Because no answer told whether it was taken, in a channel that takes it once.
    pub lost: u32,
    /// Because of a 401.
    pub healed: bool,
}

/// What came back of a try.
#[derive(Clone, Copy, Debug)]
pub enum Came<'t> {
    /// A whole answer.
    Answer {
        /// HTTP status.
        status: u16,
        /// The wait that header or body named.
        wait: Option<Duration>,
        /// One line: status, code, message.
        reason: &'t str,
    },
    /// No whole answer.
    Broken(&'t Failure),
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server said yes.
    Accepted,
    /// The server, or guestwire before sending, said no.
    Refused(String),
    /// It may have been received.
    Unknown(String),
    /// It was not received, and trying again was of no use.
    Failed(String),
    /// It was taken back and not received.
    Cancelled,
    /// Try again after this long, for this reason.
    Again(Duration, String),
    /// The same, but it may have been received.
    Repeat(Duration, String),
    /// A 401 that another token may heal.
    Refuted(String),
}

/// Decides, and counts what it decides. `once`: what may have been received must not be sent again.
pub fn judge(came: Came<'_>, once: bool, tries: &mut Tries, jitter: &mut Jitter) -> Verdict {
    let verdict = match came {
        Came::Answer { status, wait, reason } => answered(status, wait, reason, tries, jitter),
        Came::Broken(failure) => broken(failure, tries, jitter),
    };
    match verdict {
        Verdict::Unknown(why) if !once && !is_taken_back(came) => {
            if tries.lost >= LOST_AGAIN {
                return Verdict::Unknown(format!("{why}; tried {} times under one message id", tries.lost + 1));
            }
            let pause = jitter.backoff(LOST_FIRST, LOST_MAX, tries.lost);
            tries.lost += 1;
            Verdict::Repeat(pause, format!("{why}; again under the same message id"))
        }
        other => other,
    }
}

/// A person ended the try, so that another is not wanted.
fn is_taken_back(came: Came<'_>) -> bool {
    matches!(came, Came::Broken(failure) if failure.kind == FailureKind::Cancelled)
}

fn answered(status: u16, wait: Option<Duration>, reason: &str, tries: &mut Tries, jitter: &mut Jitter) -> Verdict {
    match (status, wait) {
        (200..=299, _) => Verdict::Accepted,
        (401, _) if !tries.healed => Verdict::Refuted(reason.to_owned()),
        (429, _) | (503, Some(_)) => {
            if wait.is_some_and(|w| w > WAIT_MAX) {
                return Verdict::Refused(format!("{reason}; it asks to wait longer than guestwire does"));
            }
            if tries.limited >= LIMITED_AGAIN {
                return Verdict::Refused(format!("{reason}; tried {} times", tries.limited + 1));
            }
            let named = wait.map_or(String::new(), |w| format!(", Retry-After {} s", w.as_secs()));
            let pause = wait.unwrap_or_else(|| jitter.backoff(LIMITED_FIRST, WAIT_MAX, tries.limited));
            tries.limited += 1;
            Verdict::Again(pause, format!("{status}{named}"))
        }
        (501 | 505, _) => Verdict::Refused(reason.to_owned()),
        (500..=599, _) => Verdict::Unknown(format!("{reason}; the message may have been taken before that")),
        (300..=399, _) => Verdict::Refused(format!("{reason}; redirects are not followed")),
        _ => Verdict::Refused(reason.to_owned()),
    }
}

fn broken(failure: &Failure, tries: &mut Tries, jitter: &mut Jitter) -> Verdict {
    let what = failure.line();
    if failure.wrote {
        let status = failure.partial.as_ref().map(|p| format!("{} came, but not the whole answer; ", p.status));
        return Verdict::Unknown(format!("{}{what}", status.unwrap_or_default()));
    }
    match failure.kind {
        FailureKind::Cancelled => Verdict::Cancelled,
        FailureKind::Invalid => Verdict::Refused(format!("not sent, {what}")),
        // What refuses us today refuses us in a second.
        FailureKind::Tls(_) => Verdict::Failed(format!("not sent, {what}")),
        FailureKind::Proxy if failure.partial.as_ref().is_none_or(|answer| answer.status < 500) => {
            Verdict::Failed(format!("not sent, {what}"))
        }
        // The promise holds for one repetition: a server that refuses each stream is no server that heals.
        FailureKind::Unprocessed if tries.unprocessed => Verdict::Failed(format!("not sent, {what}; tried twice")),
        FailureKind::Unprocessed => {
            tries.unprocessed = true;
            Verdict::Again(Duration::ZERO, what)
        }
        _ if tries.connect >= CONNECT_AGAIN => {
            Verdict::Failed(format!("not sent, {what}; tried {} times", tries.connect + 1))
        }
        _ => {
            let pause = jitter.backoff(CONNECT_FIRST, CONNECT_MAX, tries.connect);
            tries.connect += 1;
            Verdict::Again(pause, what)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Phase, TlsFault};
    use proptest::prelude::*;

    fn on(status: u16, wait: Option<u64>, mut tries: Tries) -> Verdict {
        let came = Came::Answer { status, wait: wait.map(Duration::from_secs), reason: "r" };
        judge(came, true, &mut tries, &mut Jitter::new(1))
    }

    fn off(kind: FailureKind, wrote: bool, connect: u32) -> Verdict {
        let failure = Failure { wrote, ..Failure::new(kind, Phase::Connect, "d") };
        judge(Came::Broken(&failure), true, &mut Tries { connect, ..Tries::default() }, &mut Jitter::new(1))
    }

    #[test]
    fn statuses() {
        let none = Tries::default();
        let healed = Tries { healed: true, ..none };
        let spent = Tries { limited: LIMITED_AGAIN, ..none };
        assert_eq!(on(200, None, none), Verdict::Accepted);
        assert_eq!(on(202, None, none), Verdict::Accepted);
        assert_eq!(on(401, None, none), Verdict::Refuted("r".into()));
        assert_eq!(on(401, None, healed), Verdict::Refused("r".into()));
        assert_eq!(on(403, None, none), Verdict::Refused("r".into()));
        for status in [400, 404, 408, 409, 413, 418, 501, 505] {
            assert!(matches!(on(status, None, none), Verdict::Refused(_)), "{status}");
        }
        assert!(matches!(on(302, None, none), Verdict::Refused(w) if w.contains("not followed")));
        assert_eq!(on(429, Some(7), none), Verdict::Again(Duration::from_secs(7), "429, Retry-After 7 s".into()));
        assert!(matches!(on(429, None, none), Verdict::Again(p, _) if p <= LIMITED_FIRST));
        assert!(matches!(on(429, Some(7), spent), Verdict::Refused(_)));
        assert!(matches!(on(429, Some(601), none), Verdict::Refused(_)));
        assert!(matches!(on(503, Some(1), none), Verdict::Again(..)));
        for status in [500, 502, 503, 504, 520] {
            assert!(matches!(on(status, None, none), Verdict::Unknown(_)), "{status}");
        }
    }

    #[test]
    fn failures() {
        for kind in [FailureKind::Dns, FailureKind::Connect, FailureKind::Timeout, FailureKind::Reset] {
            assert!(matches!(off(kind, false, 0), Verdict::Again(..)), "{kind:?}");
            assert!(matches!(off(kind, false, CONNECT_AGAIN), Verdict::Failed(_)), "{kind:?}");
        }
        assert!(matches!(off(FailureKind::Tls(TlsFault::Expired), false, 0), Verdict::Failed(_)));
        assert!(matches!(off(FailureKind::Invalid, false, 0), Verdict::Refused(_)));
        assert_eq!(off(FailureKind::Cancelled, false, 0), Verdict::Cancelled);
    }

    proptest! {
        #[test]
        fn what_was_written_is_never_sent_again(kind in 0usize..8, connect in 0u32..9, limited in 0u32..9, healed: bool) {
            let kinds = [FailureKind::Dns, FailureKind::Connect, FailureKind::Tls(TlsFault::Other), FailureKind::Timeout,
                FailureKind::Reset, FailureKind::Protocol, FailureKind::Cancelled, FailureKind::Invalid];
            let failure = Failure::written(kinds[kind], Phase::Answer, "");
            let verdict = judge(Came::Broken(&failure), true, &mut Tries { connect, limited, healed, ..Tries::default() }, &mut Jitter::new(3));
            prop_assert!(matches!(verdict, Verdict::Unknown(_)));
        }

        #[test]
        fn trying_again_ends(statuses in proptest::collection::vec(prop_oneof![Just(429u16), Just(503), Just(401), Just(0)], 1..60)) {
            let (mut tries, mut jitter, mut again) = (Tries::default(), Jitter::new(9), 0);
            for status in statuses {
                let failure = Failure::new(FailureKind::Connect, Phase::Connect, "");
                let came = if status == 0 { Came::Broken(&failure) } else { Came::Answer { status, wait: Some(Duration::ZERO), reason: "" } };
                match judge(came, true, &mut tries, &mut jitter) {
                    Verdict::Again(..) => again += 1,
                    Verdict::Refuted(_) => tries.healed = true,
                    _ => break,
                }
            }
            prop_assert!(again <= CONNECT_AGAIN + LIMITED_AGAIN);
        }
    }
}
