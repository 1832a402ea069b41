//! What came of one try of a message: accepted, refused or unknown, judged once, from evidence. Pure.
//!
//! | what came | what that says of the message |
//! |---|---|
//! | 200 to 204 that the service gave | accepted |
//! | another 2xx that the service gave, or any 2xx that shows nothing of the service | unknown |
//! | a 2xx of the service whose body is an error | unknown: the answer contradicts itself |
//! | a 2xx that somebody else gave (a sign-in page) | refused: the service never saw it |
//! | 401 | refused, unless another token heals it; from somebody else: refused |
//! | 409 to a repetition under the same name, after a lost answer | received before: landed |
//! | 407, 511, 3xx, 501, 505 and every other 4xx | refused |
//! | 429, and 503 whose code is that of the rate limit | not taken; asks to wait |
//! | every other 5xx | unknown: the message may have been taken before the service failed |
//! | 1xx, 600 and above | unknown: the status says nothing [RFC 9110, 15] |
//! | nothing was written | not sent |
//! | written, but by the server's promise not processed, or its TLS refused us | not taken, as if not sent |
//! | something was written, no whole answer | unknown, whatever the status line said |
//! | an echo, an error frame of the guest socket | accepted; by its code |
//!
//! And what follows: an end, or another try.
//!
//! | what the try says of the message | what follows |
//! |---|---|
//! | accepted, landed, refused | the end |
//! | its token was refused | one more try with another token, then refused |
//! | not taken, asked to wait | again after the wait, bounded, then refused |
//! | not sent | again after a pause, bounded, where that may heal it; then failed |
//! | unknown | the end; where the remote side knows a message again by the name that we gave it: again, bounded |

use std::time::Duration;

use fastrand::Rng;

use super::queue::{backoff, up_to};
use crate::genesys::answerer::Answerer;
use crate::genesys::web_messaging::{ServerFrame, ServerFrameContent};
use crate::model::frame_codes::FrameCodeClass;
use crate::model::{Failure, FailureKind, Outcome, Reason, ServerRefusal, Sign, frame_codes};

pub const SLOWER: Duration = Duration::from_secs(3); // wait after "slower" where none is named. [MTSDK]

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerEvidence {
    pub answerer: Answerer,
    pub wait: Option<Duration>, // the wait that a header or the body names
    pub tells_error: bool,      // its body is an error, whatever its status
    /// What it says, masked: of a 2xx whose body is no error, its status and phrase alone.
    pub refusal: ServerRefusal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryResult {
    Accepted,
    AlreadyReceived, // the service knows it already: an earlier try, whose answer was lost, was taken
    Refused(Reason), // it was not taken, and will not be
    TokenRefused(Reason), // it was not taken, for the token was refused
    /// It was not taken now, with this status; the service asks to wait, for so long where it says so.
    Limited(u16, Reason, Option<Duration>),
    /// It may have been taken. The answer may ask to wait.
    Unknown(Reason, Option<Duration>),
    NotSent(Reason),     // nothing of it was written; later that may be possible
    Unprocessed(Reason), // nothing was processed, as the peer promises: tried again at once, one time
    Failed(Reason),      // nothing of it was written, and another try would fail alike (a certificate, a proxy)
    TakenBack,           // by a person, before anything was written
}

/// Judges a whole answer to a request's message. `lost`: the answer to an earlier try under the same name was lost.
pub fn of_answer(answer: &AnswerEvidence, lost: bool) -> TryResult {
    let AnswerEvidence { answerer, wait, tells_error, refusal } = answer;
    let (status, refusal) = (refusal.status, || Box::new(refusal.clone()));
    let said = || Reason::Answer(refusal());
    let by_rate = || answer.refusal.code.as_deref().is_some_and(|code| code.starts_with("too.many.requests"));
    match (status, answerer) {
        (200..=299, Answerer::Service) if *tells_error => TryResult::Unknown(Reason::Contradicted(refusal()), None),
        (200..=204, Answerer::Service) => TryResult::Accepted,
        (200..=299, Answerer::Other(sign)) => TryResult::Refused(Reason::Elsewhere(status, sign.clone())),
        (206, Answerer::Service) => TryResult::Unknown(Reason::Part(status), None),
        (200..=299, Answerer::Unproven) => TryResult::Unknown(Reason::Unproven(status), None),
        (407, _) => TryResult::Refused(Reason::Elsewhere(status, Sign::ProxyLogin)),
        (511, _) => TryResult::Refused(Reason::Elsewhere(status, Sign::NetworkLogin)),
        (401, Answerer::Other(_)) => TryResult::Refused(said()),
        (401, _) => TryResult::TokenRefused(said()),
        (409, Answerer::Service) if lost => TryResult::AlreadyReceived,
        (429, _) => TryResult::Limited(status, said(), *wait),
        (503, Answerer::Service) if by_rate() => TryResult::Limited(status, said(), *wait),
        (300..=399, _) => TryResult::Refused(Reason::Redirected(refusal())),
        (400..=499 | 501 | 505, _) => TryResult::Refused(said()),
        (500..=599, _) => TryResult::Unknown(Reason::ServiceFailed(refusal()), *wait),
        _ => TryResult::Unknown(Reason::Meaningless(status), None),
    }
}

/// Whether what was answered with this status (0: no whole answer) may go well another time: so of whatever is no message.
pub const fn is_transient(status: u16) -> bool {
    matches!(status, 0 | 408 | 429 | 500..=599)
}

/// Judges a try that got no whole answer. Only what was not written can be tried again: the rest may have been taken.
pub fn of_failure(failure: &Failure) -> TryResult {
    let why = failure.reason();
    if !failure.wrote {
        let partial = failure.partial.as_ref();
        return match failure.kind {
            FailureKind::Cancelled => TryResult::TakenBack,
            FailureKind::Invalid => TryResult::Refused(why),
            FailureKind::Tls(_) => TryResult::Failed(why),
            FailureKind::Proxy if partial.is_none_or(|a| a.status < 500 || a.status == 511) => TryResult::Failed(why),
            FailureKind::Unprocessed => TryResult::Unprocessed(why),
            _ => TryResult::NotSent(why),
        };
    }
    match &failure.partial {
        Some(partial) => TryResult::Unknown(Reason::Cut(partial.status, failure.line()), None),
        None => TryResult::Unknown(why, None),
    }
}

pub fn of_frame(theirs: &ServerFrame) -> TryResult {
    match &theirs.content {
        ServerFrameContent::Message(_) if theirs.code < 400 => TryResult::Accepted,
        // An echo with the code of an error contradicts itself.
        ServerFrameContent::Message(_) => TryResult::Unknown(Reason::FrameFailed(theirs.code, String::new()), None),
        ServerFrameContent::Error { code, message, retry_after } => {
            let refused = Reason::Frame(*code, message.clone());
            match frame_codes::classify(*code) {
                FrameCodeClass::Slower => {
                    let wait = retry_after.map_or(SLOWER, Duration::from_secs);
                    TryResult::Limited(*code, refused, Some(wait))
                }
                FrameCodeClass::Failed => TryResult::Unknown(Reason::FrameFailed(*code, message.clone()), None),
                FrameCodeClass::SessionOver | FrameCodeClass::ReadOnly | FrameCodeClass::Refused => {
                    TryResult::Refused(refused)
                }
            }
        }
        _ => TryResult::Unknown(Reason::OtherFrame(theirs.words()), None),
    }
}

const CONNECT_FIRST: Duration = Duration::from_millis(500);
const CONNECT_MAX: Duration = Duration::from_secs(8);
pub const CONNECT_AGAIN: u32 = 4;
pub const LIMITED_AGAIN: u32 = 5;
pub const LOST_AGAIN: u32 = 3;
const LOST_FIRST: Duration = Duration::from_secs(1);
const LOST_MAX: Duration = Duration::from_secs(10);
pub const WAIT_MAX: Duration = Duration::from_secs(600); // a server that asks for longer is taken to have refused
const LIMITED_MIN: Duration = Duration::from_millis(500); // least pause after a 429, whatever wait it names
pub const LIMITED_FIRST: Duration = Duration::from_secs(2); // first pause after a 429 that names no wait

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    pub connect: u32,          // because no connection came about
    pub unprocessed: bool,     // because the server promised that it had not processed the request
    pub limited: u32,          // because the server asked to wait
    pub lost: u32,             // because no answer told whether it was taken, in a channel that takes it once
    pub healed: bool,          // because of a 401
    pub received_before: bool, // the service knew the last one from an earlier one
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    End(Outcome),             // the message is over
    Again(Duration, Reason),  // try again after this long, for this reason
    Repeat(Duration, Reason), // the same, but it may have been received
    TokenRefused(Reason),     // a 401 that another token may heal
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

/// Decides what follows, and counts it. `repeatable`: what may have been received may be sent again, and is taken once.
pub fn what_follows(result: TryResult, repeatable: bool, tries: &mut Tries, rng: &mut Rng) -> RetryDecision {
    use RetryDecision::{Again, End, Repeat};
    match result {
        TryResult::Accepted => End(Outcome::Accepted),
        TryResult::AlreadyReceived => {
            tries.received_before = true;
            End(Outcome::Accepted)
        }
        TryResult::TokenRefused(why) if !tries.healed => RetryDecision::TokenRefused(why),
        TryResult::Refused(why) | TryResult::TokenRefused(why) => End(Outcome::Refused(why)),
        TryResult::Limited(_, why, Some(wait)) if wait > WAIT_MAX => {
            End(Outcome::Refused(Reason::TooLongToWait(Box::new(why), wait.as_secs())))
        }
        TryResult::Limited(_, why, _) if tries.limited >= LIMITED_AGAIN => {
            End(Outcome::Refused(Reason::Tried(Box::new(why), tries.limited + 1)))
        }
        TryResult::Limited(status, _, wait) => {
            let pause = match wait {
                // "At once" is no time to wait: those who were refused together would come back together.
                Some(wait) if wait < LIMITED_MIN => LIMITED_MIN + up_to(rng, LIMITED_MIN),
                Some(wait) => wait,
                None => backoff(rng, LIMITED_FIRST, WAIT_MAX, tries.limited),
            };
            tries.limited += 1;
            Again(pause, Reason::AskedToWait(status, wait.map(|w| w.as_secs())))
        }
        TryResult::Unknown(why, wait) if repeatable && wait.is_none_or(|w| w <= WAIT_MAX) => {
            if tries.lost >= LOST_AGAIN {
                return End(Outcome::Unknown(Reason::Repeated(Box::new(why), tries.lost + 1)));
            }
            let pause = backoff(rng, LOST_FIRST, LOST_MAX, tries.lost).max(wait.unwrap_or_default());
            tries.lost += 1;
            Repeat(pause, why)
        }
        TryResult::Unknown(why, _) => End(Outcome::Unknown(why)),
        TryResult::TakenBack => End(Outcome::Cancelled),
        TryResult::Failed(why) => End(Outcome::Failed(why)),
        // The promise holds for one repetition: a server that refuses each stream is no server that heals.
        TryResult::Unprocessed(why) if tries.unprocessed => End(Outcome::Failed(Reason::Tried(Box::new(why), 2))),
        TryResult::Unprocessed(why) => {
            tries.unprocessed = true;
            Again(Duration::ZERO, why)
        }
        TryResult::NotSent(why) if tries.connect >= CONNECT_AGAIN => {
            End(Outcome::Failed(Reason::Tried(Box::new(why), tries.connect + 1)))
        }
        TryResult::NotSent(why) => {
            let pause = backoff(rng, CONNECT_FIRST, CONNECT_MAX, tries.connect);
            tries.connect += 1;
            Again(pause, why)
        }
    }
}
