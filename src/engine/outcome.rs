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
//! | something was written, no whole answer | unknown, whatever the status line said |
//! | an echo, an error frame of the guest socket | accepted; by its code |

use std::time::Duration;

use crate::genesys::answerer::Answerer;
use crate::genesys::web_messaging::{GuestSocketMessage, Theirs};
use crate::model::frame_codes::{self, Means};
use crate::model::{Failure, FailureKind, Reason, ServerRefusal, Sign};

/// Wait after "slower" where none is named. [MTSDK]
pub const SLOWER: Duration = Duration::from_secs(3);

/// A whole answer to a request, as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerEvidence {
    pub answerer: Answerer,
    /// The wait that a header or the body names.
    pub wait: Option<Duration>,
    /// Its body is an error, whatever its status.
    pub tells_error: bool,
    /// What it says, masked: of a 2xx whose body is no error, its status and phrase alone.
    pub refusal: ServerRefusal,
}

/// What a try says of the message that it carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryResult {
    Accepted,
    /// The service knows it already: an earlier try, whose answer was lost, was taken.
    Landed,
    /// It was not taken, and will not be.
    Refused(Reason),
    /// It was not taken, for the token was refused.
    TokenRefused(Reason),
    /// It was not taken now, with this status; the service asks to wait, for so long where it says so.
    Limited(u16, Reason, Option<Duration>),
    /// It may have been taken. The answer may ask to wait.
    Unknown(Reason, Option<Duration>),
    /// Nothing of it was written.
    NotSent(Healing, Reason),
}

/// What helps where nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healing {
    Later,
    /// To try again at once, one time: the peer promised that it had not processed the request.
    AtOnce,
    /// Nothing: whoever refuses us today refuses us in a second.
    Nothing,
    /// The request itself has to be mended.
    Mending,
    /// A person took it back, and wants no help.
    TakenBack,
}

/// Judges a whole answer to a message that a request carried. `lost`: the answer to an earlier try under the same name was
/// lost.
pub fn of_answer(answer: &AnswerEvidence, lost: bool) -> TryResult {
    let AnswerEvidence { answerer, wait, tells_error, refusal } = answer;
    let (status, refusal) = (refusal.status, || Box::new(refusal.clone()));
    let said = || Reason::Answer(refusal());
    match (status, answerer) {
        (200..=299, Answerer::Service) if *tells_error => TryResult::Unknown(Reason::Contradicted(refusal()), None),
        (200..=204, Answerer::Service) => TryResult::Accepted,
        (200..=299, Answerer::Other(sign)) => TryResult::Refused(Reason::Elsewhere(status, sign.clone())),
        (206, Answerer::Service) => TryResult::Unknown(Reason::Part(status), None),
        (200..=299, Answerer::Unproven) => TryResult::Unknown(Reason::Unproven(status), None),
        (407 | 511, _) => {
            let sign = if status == 407 { Sign::ProxyLogin } else { Sign::NetworkLogin };
            TryResult::Refused(Reason::Elsewhere(status, sign))
        }
        (401, Answerer::Other(_)) => TryResult::Refused(said()),
        (401, _) => TryResult::TokenRefused(said()),
        (409, Answerer::Service) if lost => TryResult::Landed,
        (429, _) => TryResult::Limited(status, said(), *wait),
        (503, Answerer::Service)
            if answer.refusal.code.as_deref().is_some_and(|c| c.starts_with("too.many.requests")) =>
        {
            TryResult::Limited(status, said(), *wait)
        }
        (300..=399, _) => TryResult::Refused(Reason::Redirected(refusal())),
        (400..=499 | 501 | 505, _) => TryResult::Refused(said()),
        (500..=599, _) => TryResult::Unknown(Reason::ServiceFailed(refusal()), *wait),
        _ => TryResult::Unknown(Reason::Meaningless(status), None),
    }
}

/// Judges a try of a message that got no whole answer.
pub fn of_failure(failure: &Failure) -> TryResult {
    if !failure.wrote {
        let healing = match failure.kind {
            FailureKind::Cancelled => Healing::TakenBack,
            FailureKind::Invalid => Healing::Mending,
            FailureKind::Tls(_) => Healing::Nothing,
            FailureKind::Proxy if !failure.partial.as_ref().is_some_and(|a| a.status >= 500 && a.status != 511) => {
                Healing::Nothing
            }
            FailureKind::Unprocessed => Healing::AtOnce,
            _ => Healing::Later,
        };
        return TryResult::NotSent(healing, failure.reason());
    }
    match &failure.partial {
        Some(partial) => TryResult::Unknown(Reason::Cut(partial.status, failure.line()), None),
        None => TryResult::Unknown(failure.reason(), None),
    }
}

/// Judges the frame that answers a message which went through the guest socket.
pub fn of_frame(theirs: &Theirs) -> TryResult {
    match &theirs.said {
        GuestSocketMessage::Message(_) if theirs.code < 400 => TryResult::Accepted,
        // An echo with the code of an error contradicts itself.
        GuestSocketMessage::Message(_) => TryResult::Unknown(Reason::FrameFailed(theirs.code, String::new()), None),
        GuestSocketMessage::Error { code, message, retry_after } => {
            let refused = Reason::Frame(*code, message.clone());
            match frame_codes::means(*code) {
                Means::Slower => {
                    let wait = retry_after.map_or(SLOWER, Duration::from_secs);
                    TryResult::Limited(*code, refused, Some(wait))
                }
                Means::Failed => TryResult::Unknown(Reason::FrameFailed(*code, message.clone()), None),
                Means::SessionOver | Means::ReadOnly | Means::Refused => TryResult::Refused(refused),
            }
        }
        _ => TryResult::Unknown(Reason::OtherFrame(theirs.words()), None),
    }
}

#[cfg(test)]
#[path = "../../tests/unit/engine/outcome.rs"]
mod tests;
