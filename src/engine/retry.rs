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
use super::outcome::{Healing, TryResult};

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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// The message is over.
    End(Outcome),
    /// Try again after this long, for this reason.
    Again(Duration, Reason),
    /// The same, but it may have been received.
    Repeat(Duration, Reason),
    /// A 401 that another token may heal.
    TokenRefused(Reason),
}

impl RetryDecision {
    /// How the message ends by this verdict. A message that was to be tried again, and is not, was taken back.
    pub fn into_outcome(self) -> Outcome {
        match self {
            Self::End(outcome) => outcome,
            Self::TokenRefused(why) => Outcome::Refused(why),
            Self::Repeat(_, why) => Outcome::Unknown(why),
            Self::Again(..) => Outcome::Cancelled,
        }
    }
}

/// Decides what follows, and counts what it decides. `repeatable`: what may have been received may be sent again, for it
/// is taken once.
pub fn what_follows(result: TryResult, repeatable: bool, tries: &mut Tries, jitter: &mut Jitter) -> RetryDecision {
    match result {
        TryResult::Accepted => RetryDecision::End(Outcome::Accepted),
        TryResult::Landed => {
            tries.landed = true;
            RetryDecision::End(Outcome::Accepted)
        }
        TryResult::Refused(why) => RetryDecision::End(Outcome::Refused(why)),
        TryResult::TokenRefused(why) if tries.healed => RetryDecision::End(Outcome::Refused(why)),
        TryResult::TokenRefused(why) => RetryDecision::TokenRefused(why),
        TryResult::Limited(_, why, Some(wait)) if wait > WAIT_MAX => {
            RetryDecision::End(Outcome::Refused(Reason::TooLongToWait(Box::new(why), wait.as_secs())))
        }
        TryResult::Limited(_, why, _) if tries.limited >= LIMITED_AGAIN => {
            RetryDecision::End(Outcome::Refused(Reason::Tried(Box::new(why), tries.limited + 1)))
        }
        TryResult::Limited(status, _, wait) => {
            let pause = match wait {
                // "At once" is no time to wait: those who were refused together would come back together.
                Some(wait) if wait < LIMITED_MIN => LIMITED_MIN + jitter.up_to(LIMITED_MIN),
                Some(wait) => wait,
                None => jitter.backoff(LIMITED_FIRST, WAIT_MAX, tries.limited),
            };
            tries.limited += 1;
            RetryDecision::Again(pause, Reason::AskedToWait(status, wait.map(|w| w.as_secs())))
        }
        TryResult::Unknown(why, wait) if repeatable && wait.is_none_or(|w| w <= WAIT_MAX) => {
            if tries.lost >= LOST_AGAIN {
                return RetryDecision::End(Outcome::Unknown(Reason::Repeated(Box::new(why), tries.lost + 1)));
            }
            let pause = jitter.backoff(LOST_FIRST, LOST_MAX, tries.lost).max(wait.unwrap_or_default());
            tries.lost += 1;
            RetryDecision::Repeat(pause, why)
        }
        TryResult::Unknown(why, _) => RetryDecision::End(Outcome::Unknown(why)),
        TryResult::NotSent(healing, why) => not_sent(healing, why, tries, jitter),
    }
}

fn not_sent(healing: Healing, why: Reason, tries: &mut Tries, jitter: &mut Jitter) -> RetryDecision {
    match healing {
        Healing::TakenBack => RetryDecision::End(Outcome::Cancelled),
        Healing::Mending => RetryDecision::End(Outcome::Refused(why)),
        Healing::Nothing => RetryDecision::End(Outcome::Failed(why)),
        // The promise holds for one repetition: a server that refuses each stream is no server that heals.
        Healing::AtOnce if tries.unprocessed => RetryDecision::End(Outcome::Failed(Reason::Tried(Box::new(why), 2))),
        Healing::AtOnce => {
            tries.unprocessed = true;
            RetryDecision::Again(Duration::ZERO, why)
        }
        Healing::Later if tries.connect >= CONNECT_AGAIN => {
            RetryDecision::End(Outcome::Failed(Reason::Tried(Box::new(why), tries.connect + 1)))
        }
        Healing::Later => {
            let pause = jitter.backoff(CONNECT_FIRST, CONNECT_MAX, tries.connect);
            tries.connect += 1;
            RetryDecision::Again(pause, why)
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/engine/retry.rs"]
mod tests;
