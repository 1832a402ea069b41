//! What follows a try of a send: an end, or another try. Pure.
//!
//! | what the try says of the message | what follows |
//! |---|---|
//! | accepted, landed, refused | the end |
//! | its token was refused | one more try with another token, then refused |
//! | not taken, asked to wait | again after the wait, bounded, then refused |
//! | not sent | again after a pause, bounded, where that may heal it; then failed |
//! | unknown | the end; where the remote side knows a message again by the name that we gave it: again, bounded |

use std::time::Duration;

use crate::model::{Outcome, Reason};

use super::jitter::Jitter;
use super::outcome::{Healing, Judged};

/// Pauses between tries that found no connection.
const CONNECT_FIRST: Duration = Duration::from_millis(500);
const CONNECT_MAX: Duration = Duration::from_secs(8);
/// How many times a send is tried again because of each reason.
const CONNECT_AGAIN: u32 = 4;
const LIMITED_AGAIN: u32 = 5;
const LOST_AGAIN: u32 = 3;
/// Pauses between tries whose answers were lost.
const LOST_FIRST: Duration = Duration::from_secs(1);
const LOST_MAX: Duration = Duration::from_secs(10);
/// A server that asks for a longer wait than this is taken to have refused.
pub const WAIT_MAX: Duration = Duration::from_secs(600);
/// Least pause after a 429, whatever wait it names.
const LIMITED_MIN: Duration = Duration::from_millis(500);
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
    /// The service knew the last one from an earlier one.
    pub landed: bool,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// The service took it.
    Accepted,
    /// The service had taken an earlier try of it.
    Landed,
    /// The server, or guestwire before sending, said no.
    Refused(Reason),
    /// It may have been received.
    Unknown(Reason),
    /// It was not received, and trying again was of no use.
    Failed(Reason),
    /// It was taken back and not received.
    Cancelled,
    /// Try again after this long, for this reason.
    Again(Duration, Reason),
    /// The same, but it may have been received.
    Repeat(Duration, Reason),
    /// A 401 that another token may heal.
    TokenRefused(Reason),
}

impl RetryDecision {
    /// How the message ends by this verdict. One that wants another try is over here for another reason.
    pub fn into_outcome(self) -> Outcome {
        match self {
            Self::Accepted | Self::Landed => Outcome::Accepted,
            Self::Refused(why) | Self::TokenRefused(why) => Outcome::Refused(why),
            Self::Unknown(why) | Self::Repeat(_, why) => Outcome::Unknown(why),
            Self::Failed(why) => Outcome::Failed(why),
            Self::Cancelled | Self::Again(..) => Outcome::Cancelled,
        }
    }
}

/// Decides what follows, and counts what it decides. `repeatable`: what may have been received may be sent again, for it
/// is taken once.
pub fn what_follows(judged: Judged, repeatable: bool, tries: &mut Tries, jitter: &mut Jitter) -> RetryDecision {
    match judged {
        Judged::Accepted => RetryDecision::Accepted,
        Judged::Landed => {
            tries.landed = true;
            RetryDecision::Landed
        }
        Judged::Refused(why) => RetryDecision::Refused(why),
        Judged::TokenRefused(why) if tries.healed => RetryDecision::Refused(why),
        Judged::TokenRefused(why) => RetryDecision::TokenRefused(why),
        Judged::Limited(_, why, Some(wait)) if wait > WAIT_MAX => {
            RetryDecision::Refused(Reason::TooLongToWait(Box::new(why), wait.as_secs()))
        }
        Judged::Limited(_, why, _) if tries.limited >= LIMITED_AGAIN => {
            RetryDecision::Refused(Reason::Tried(Box::new(why), tries.limited + 1))
        }
        Judged::Limited(status, _, wait) => {
            let pause = match wait {
                // "At once" is no time to wait: those who were refused together would come back together.
                Some(wait) if wait < LIMITED_MIN => LIMITED_MIN + jitter.up_to(LIMITED_MIN),
                Some(wait) => wait,
                None => jitter.backoff(LIMITED_FIRST, WAIT_MAX, tries.limited),
            };
            tries.limited += 1;
            RetryDecision::Again(pause, Reason::AskedToWait(status, wait.map(|w| w.as_secs())))
        }
        Judged::Unknown(why, wait) if repeatable && wait.is_none_or(|w| w <= WAIT_MAX) => {
            if tries.lost >= LOST_AGAIN {
                return RetryDecision::Unknown(Reason::Repeated(Box::new(why), tries.lost + 1));
            }
            let pause = jitter.backoff(LOST_FIRST, LOST_MAX, tries.lost).max(wait.unwrap_or_default());
            tries.lost += 1;
            RetryDecision::Repeat(pause, why)
        }
        Judged::Unknown(why, _) => RetryDecision::Unknown(why),
        Judged::NotSent(healing, why) => not_sent(healing, why, tries, jitter),
    }
}

fn not_sent(healing: Healing, why: Reason, tries: &mut Tries, jitter: &mut Jitter) -> RetryDecision {
    match healing {
        Healing::TakenBack => RetryDecision::Cancelled,
        Healing::Mending => RetryDecision::Refused(why),
        Healing::Nothing => RetryDecision::Failed(why),
        // The promise holds for one repetition: a server that refuses each stream is no server that heals.
        Healing::AtOnce if tries.unprocessed => RetryDecision::Failed(Reason::Tried(Box::new(why), 2)),
        Healing::AtOnce => {
            tries.unprocessed = true;
            RetryDecision::Again(Duration::ZERO, why)
        }
        Healing::Later if tries.connect >= CONNECT_AGAIN => {
            RetryDecision::Failed(Reason::Tried(Box::new(why), tries.connect + 1))
        }
        Healing::Later => {
            let pause = jitter.backoff(CONNECT_FIRST, CONNECT_MAX, tries.connect);
            tries.connect += 1;
            RetryDecision::Again(pause, why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said() -> Reason {
        Reason::from("r")
    }

    fn follows(judged: Judged, repeatable: bool, mut tries: Tries) -> RetryDecision {
        what_follows(judged, repeatable, &mut tries, &mut Jitter::new(1))
    }

    #[test]
    fn what_follows_each_judgement() {
        let none = Tries::default();
        let healed = Tries { healed: true, ..none };
        let limited = Tries { limited: LIMITED_AGAIN, ..none };
        let lost = Tries { lost: LOST_AGAIN, ..none };
        let wait = |seconds| Judged::Limited(429, said(), Some(Duration::from_secs(seconds)));
        let unknown = || Judged::Unknown(said(), None);
        assert_eq!(follows(Judged::Accepted, false, none), RetryDecision::Accepted);
        assert_eq!(follows(Judged::Landed, true, none), RetryDecision::Landed);
        assert_eq!(follows(Judged::TokenRefused(said()), false, none), RetryDecision::TokenRefused(said()));
        assert_eq!(follows(Judged::TokenRefused(said()), false, healed), RetryDecision::Refused(said()));
        assert_eq!(
            follows(wait(7), false, none),
            RetryDecision::Again(Duration::from_secs(7), Reason::AskedToWait(429, Some(7)))
        );
        assert!(
            matches!(follows(Judged::Limited(429, said(), None), false, none), RetryDecision::Again(p, _) if p <= LIMITED_FIRST)
        );
        assert!(matches!(follows(wait(7), false, limited), RetryDecision::Refused(Reason::Tried(..))));
        assert!(matches!(follows(wait(601), false, none), RetryDecision::Refused(Reason::TooLongToWait(_, 601))));
        assert_eq!(
            follows(unknown(), false, none),
            RetryDecision::Unknown(said()),
            "what was written is not sent again"
        );
        assert!(matches!(follows(unknown(), true, none), RetryDecision::Repeat(..)));
        assert!(matches!(follows(unknown(), true, lost), RetryDecision::Unknown(Reason::Repeated(_, 4))));
        let asked = Judged::Unknown(said(), Some(Duration::from_secs(30)));
        assert!(matches!(follows(asked, true, none), RetryDecision::Repeat(p, _) if p.as_secs() == 30));
    }

    #[test]
    fn what_was_not_written_goes_again_where_that_may_help() {
        let off = |healing, tries| follows(Judged::NotSent(healing, said()), false, tries);
        let none = Tries::default();
        assert!(matches!(off(Healing::Later, none), RetryDecision::Again(..)));
        assert!(matches!(off(Healing::Later, Tries { connect: CONNECT_AGAIN, ..none }), RetryDecision::Failed(_)));
        assert_eq!(off(Healing::AtOnce, none), RetryDecision::Again(Duration::ZERO, said()));
        assert!(matches!(off(Healing::AtOnce, Tries { unprocessed: true, ..none }), RetryDecision::Failed(_)));
        assert!(matches!(off(Healing::Nothing, none), RetryDecision::Failed(_)));
        assert!(matches!(off(Healing::Mending, none), RetryDecision::Refused(_)));
        assert_eq!(off(Healing::TakenBack, none), RetryDecision::Cancelled);
    }

    proptest! {
        #[test]
        fn trying_again_ends(kinds in proptest::collection::vec(0u8..4, 1..60)) {
            let (mut tries, mut jitter, mut again) = (Tries::default(), Jitter::new(9), 0);
            for kind in kinds {
                let judged = match kind {
                    0 => Judged::NotSent(Healing::Later, said()),
                    1 => Judged::Limited(429, said(), Some(Duration::ZERO)),
                    2 => Judged::TokenRefused(said()),
                    _ => Judged::Unknown(said(), None),
                };
                match what_follows(judged, true, &mut tries, &mut jitter) {
                    RetryDecision::Again(..) | RetryDecision::Repeat(..) => again += 1,
                    RetryDecision::TokenRefused(_) => tries.healed = true,
                    _ => break,
                }
            }
            prop_assert!(again <= CONNECT_AGAIN + LIMITED_AGAIN + LOST_AGAIN);
        }
    }
}
