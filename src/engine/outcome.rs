//! What came of one try of a message: accepted, refused or unknown, judged once, from evidence. Pure.
//!
//! | what came | what that says of the message |
//! |---|---|
//! | 200 to 204 that the service gave | accepted |
//! | another 2xx that the service gave, or any 2xx that shows nothing of the service | unknown |
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

use std::fmt;
use std::time::Duration;

use crate::genesys::answerer::{Answerer, Sign};
use crate::genesys::web_messaging::codes::{self, Means};
use crate::genesys::web_messaging::{GuestSocketMessage, Theirs};
use crate::model::{Failure, FailureKind};

/// A whole answer to a request, as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerEvidence {
    /// HTTP status.
    pub status: u16,
    /// Who gave it.
    pub answerer: Answerer,
    /// The wait that a header or the body names.
    pub wait: Option<Duration>,
    /// The error code in its body.
    pub code: Option<String>,
    /// One line: status, code, message. Empty for a 2xx.
    pub reason: String,
}

/// What a try says of the message that it carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The service took it.
    Accepted,
    /// The service knows it already: an earlier try, whose answer was lost, was taken.
    Landed,
    /// It was not taken, and will not be.
    Refused(OutcomeReason),
    /// It was not taken, for the token was refused.
    TokenRefused(OutcomeReason),
    /// It was not taken now, with this status; the service asks to wait, for so long where it says so.
    Limited(u16, OutcomeReason, Option<Duration>),
    /// It may have been taken. The answer may ask to wait.
    Unknown(OutcomeReason, Option<Duration>),
    /// Nothing of it was written.
    NotSent(Healing, OutcomeReason),
}

/// What helps where nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healing {
    /// To try again later.
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

/// Why a message was not accepted. The sentence is made by `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutcomeReason {
    /// What the answer says: status, code, message in one line.
    Said(String),
    /// The same, from a service that failed.
    Failed(String),
    /// The same, of a redirect.
    Redirected(String),
    /// Somebody on the way answered in the service's place.
    Elsewhere(u16, Sign),
    /// A success that nothing shows to be the service's.
    Unproven(u16),
    /// A status that says neither yes nor no.
    Meaningless(u16),
    /// Only a part of an answer.
    Part(u16),
    /// The answer was not whole, and what had come of it: its status.
    Cut(u16, String),
    /// No answer: what happened instead.
    Lost(String),
    /// Nothing was written: what happened.
    NotWritten(String),
    /// A frame that says nothing about the message.
    OtherFrame(String),
    /// The same after so many tries.
    Tried(Box<Self>, u32),
    /// The same after so many tries under one name.
    Repeated(Box<Self>, u32),
    /// The same, with a wait that guestwire does not wait.
    TooLong(Box<Self>),
}

impl OutcomeReason {
    /// What happened, for a message that goes again.
    pub fn line(&self) -> String {
        match self {
            Self::NotWritten(line) => line.clone(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for OutcomeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(line) | Self::Lost(line) => f.write_str(line),
            Self::Failed(line) => write!(f, "{line}; the message may have been taken before that"),
            Self::Redirected(line) => write!(f, "{line}; redirects are not followed"),
            Self::Elsewhere(status, sign) => {
                write!(
                    f,
                    "{status} from somebody on the way ({sign}), not from Genesys Cloud: the message was not received"
                )
            }
            Self::Unproven(status) => write!(
                f,
                "{status} came, but nothing in the answer shows that Genesys Cloud gave it; the message may have been received"
            ),
            Self::Meaningless(status) => {
                write!(f, "{status} came, which says neither yes nor no; the message may have been received")
            }
            Self::Part(status) => {
                write!(f, "{status} came: the answer is only a part of one; the message may have been received")
            }
            Self::Cut(status, line) => write!(f, "{status} came, but not the whole answer; {line}"),
            Self::NotWritten(line) => f.write_str(line),
            Self::Tried(why, tries) => write!(f, "{why}; tried {tries} times"),
            Self::Repeated(why, tries) => write!(f, "{why}; tried {tries} times under one message id"),
            Self::TooLong(why) => write!(f, "{why}; it asks to wait longer than guestwire does"),
            Self::OtherFrame(words) => write!(f, "answered with {words}, which says nothing about the message"),
        }
    }
}

/// Judges a whole answer to a message that a request carried. `lost`: the answer to an earlier try under the same name was
/// lost.
pub fn of_answer(answer: &AnswerEvidence, lost: bool) -> Judged {
    let AnswerEvidence { status, answerer, wait, code, reason } = answer;
    let (status, said) = (*status, || OutcomeReason::Said(reason.clone()));
    match (status, answerer) {
        (200..=204, Answerer::Service) => Judged::Accepted,
        (200..=299, Answerer::Other(sign)) => Judged::Refused(OutcomeReason::Elsewhere(status, sign.clone())),
        (206, Answerer::Service) => Judged::Unknown(OutcomeReason::Part(status), None),
        (200..=299, Answerer::Unproven) => Judged::Unknown(OutcomeReason::Unproven(status), None),
        (407 | 511, _) => {
            let sign = if status == 407 { Sign::ProxyLogin } else { Sign::NetworkLogin };
            Judged::Refused(OutcomeReason::Elsewhere(status, sign))
        }
        (401, Answerer::Other(_)) => Judged::Refused(said()),
        (401, _) => Judged::TokenRefused(said()),
        (409, Answerer::Service) if lost => Judged::Landed,
        (429, _) => Judged::Limited(status, said(), *wait),
        (503, Answerer::Service) if code.as_deref().is_some_and(|c| c.starts_with("too.many.requests")) => {
            Judged::Limited(status, said(), *wait)
        }
        (300..=399, _) => Judged::Refused(OutcomeReason::Redirected(reason.clone())),
        (400..=499 | 501 | 505, _) => Judged::Refused(said()),
        (500..=599, _) => Judged::Unknown(OutcomeReason::Failed(reason.clone()), *wait),
        _ => Judged::Unknown(OutcomeReason::Meaningless(status), None),
    }
}

/// Judges a try of a message that got no whole answer.
pub fn of_failure(failure: &Failure) -> Judged {
    let line = failure.line();
    if !failure.wrote {
        let healing = match failure.kind {
            FailureKind::Cancelled => Healing::TakenBack,
            FailureKind::Invalid => Healing::Mending,
            FailureKind::Tls(_) => Healing::Nothing,
            FailureKind::Proxy if failure.partial.as_ref().is_none_or(|answer| answer.status < 500) => Healing::Nothing,
            FailureKind::Unprocessed => Healing::AtOnce,
            _ => Healing::Later,
        };
        return Judged::NotSent(healing, OutcomeReason::NotWritten(line));
    }
    match &failure.partial {
        Some(partial) => Judged::Unknown(OutcomeReason::Cut(partial.status, line), None),
        None => Judged::Unknown(OutcomeReason::Lost(line), None),
    }
}

/// Judges the frame that answers a message which went through the guest socket.
pub fn of_frame(theirs: &Theirs) -> Judged {
    /// Seconds to wait where "slower" names none. [MTSDK]
    const SLOWER: u64 = 3;
    match &theirs.said {
        GuestSocketMessage::Message(_) => Judged::Accepted,
        GuestSocketMessage::Error { code, message, retry_after } => {
            let line = codes::line(*code, message);
            match codes::means(*code) {
                Means::Slower => {
                    let wait = Duration::from_secs(retry_after.unwrap_or(SLOWER));
                    Judged::Limited(*code, OutcomeReason::Said(line), Some(wait))
                }
                Means::Failed => Judged::Unknown(OutcomeReason::Failed(line), None),
                Means::SessionOver | Means::ReadOnly | Means::Refused => Judged::Refused(OutcomeReason::Said(line)),
            }
        }
        _ => Judged::Unknown(OutcomeReason::OtherFrame(theirs.words()), None),
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
