//! How a command ends: its exit code, and the sentence that goes with a bad one.

use crate::config::Problems;
use crate::diagnosis::doctor::{DoctorStage, DoctorVerdict};
use crate::model::diagnosis::Family;
use crate::model::{Cause, Reason};
use crate::session::SignInTrouble;

/// The exit codes that scripts rely on. (101 is a panic's.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Refused,
    Usage,
    NotSignedIn,
    Network,
    Unknown,
    Unwritten,
    Signal(u8),
}

impl Exit {
    /// Each with what it means, for help, in the order of their numbers.
    pub const MEANINGS: [(Self, &'static str); 7] = [
        (Self::Done, "done"),
        (Self::Refused, "refused, an expectation failed or was blocked, or something of this machine failed"),
        (Self::Usage, "the command line, the configuration or the pass file is wrong"),
        (Self::NotSignedIn, "not signed in"),
        (Self::Network, "the network failed before anything was written"),
        (Self::Unknown, "the outcome is unknown: the message may have been received"),
        (
            Self::Unwritten,
            "the output could not be written; a command that acts has done its work, and tells it on stderr",
        ),
    ];

    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NotSignedIn => 3,
            Self::Network => 4,
            Self::Unknown => 5,
            Self::Unwritten => 6,
            // As a shell says it.
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<&SignInTrouble> for Exit {
    fn from(trouble: &SignInTrouble) -> Self {
        if trouble.network { Self::Network } else { Self::NotSignedIn }
    }
}

impl From<&DoctorVerdict> for Exit {
    fn from(verdict: &DoctorVerdict) -> Self {
        match (verdict.cause, verdict.stage) {
            _ if verdict.send_unknown => Self::Unknown,
            (None, _) => Self::Done,
            (Some(cause), _) if cause.family() == Family::Network && cause != Cause::ClockSkew => Self::Network,
            (Some(_), DoctorStage::Hosts) => Self::Network,
            (Some(_), DoctorStage::Token) => Self::NotSignedIn,
            (Some(_), DoctorStage::Beyond) => Self::Refused,
        }
    }
}

/// Of a message that was never written.
impl From<&Reason> for Exit {
    fn from(why: &Reason) -> Self {
        match why {
            Reason::NoSecret(_) => Self::NotSignedIn,
            Reason::Broken(..) | Reason::SocketLost(_) | Reason::NotConfigured(_) | Reason::NotArrived(_) => {
                Self::Network
            }
            Reason::Tried(why, _)
            | Reason::TooLongToWait(why, _)
            | Reason::NoOtherToken(why)
            | Reason::NotUploaded(_, why)
            | Reason::Again(why) => Self::from(&**why),
            _ => Self::Refused,
        }
    }
}

/// A command that could not be carried out, in sentences for a person, one a line. Safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub exit: Exit,
    pub message: String,
}

impl Failed {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Something of this machine failed: a file, a port.
    pub fn here(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, message: message.into() }
    }
}

impl From<Problems> for Failed {
    fn from(problems: Problems) -> Self {
        Self::usage(problems.to_string())
    }
}
