//! How the types of an exchange lie in the journal, where that is not their fields as they are. These numbers and names
//! are on people's disks: add, never change.

use std::time::Duration;

use jiff::Timestamp;

use super::{BodyForm, FailureKind, Header, Moment, Outcome, Phase, Reason, Timing, TlsFault};

/// An enum that is kept as its place in a list; a place that is not known is `other`.
macro_rules! numbered {
    ($of:ident, $other:expr, $list:expr) => {
        impl From<$of> for u8 {
            fn from(value: $of) -> Self {
                $list.iter().position(|one| *one == value).and_then(|at| Self::try_from(at).ok()).unwrap_or_default()
            }
        }

        impl From<u8> for $of {
            fn from(at: u8) -> Self {
                $list.get(usize::from(at)).copied().unwrap_or($other)
            }
        }
    };
}

numbered!(
    BodyForm,
    BodyForm::Text,
    [BodyForm::Empty, BodyForm::Json, BodyForm::Form, BodyForm::Text, BodyForm::Binary]
);
numbered!(Phase, Phase::Answer, Phase::ALL);
numbered!(
    FailureKind,
    FailureKind::Protocol,
    [
        FailureKind::Dns,
        FailureKind::Connect,
        FailureKind::Tls(TlsFault::Other),
        FailureKind::Timeout,
        FailureKind::Reset,
        FailureKind::Protocol,
        FailureKind::Cancelled,
        FailureKind::Invalid,
        FailureKind::Proxy,
        FailureKind::Unprocessed,
        FailureKind::TooLarge,
        FailureKind::Tls(TlsFault::UnknownIssuer),
        FailureKind::Tls(TlsFault::SelfSigned),
        FailureKind::Tls(TlsFault::Expired),
        FailureKind::Tls(TlsFault::NotYetValid),
        FailureKind::Tls(TlsFault::WrongName),
        FailureKind::Tls(TlsFault::ClientCertificate),
        FailureKind::SessionEnded,
    ]
);

impl From<Header> for (String, String) {
    fn from(header: Header) -> Self {
        (header.name, header.value)
    }
}

impl From<(String, String)> for Header {
    fn from((name, value): (String, String)) -> Self {
        Self { name, value }
    }
}

/// Only the wall clock is kept. The other one counts from the year 1970 then, so that what was kept lies on one clock.
impl From<Moment> for i64 {
    fn from(moment: Moment) -> Self {
        moment.wall.as_microsecond()
    }
}

impl From<i64> for Moment {
    fn from(micros: i64) -> Self {
        let wall = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        Self::new(Duration::from_micros(u64::try_from(micros).unwrap_or(0)), wall)
    }
}

/// Resolve, connect, tls, first byte, total, in microseconds; and whether the connection was used before.
type TimingForm = ([Option<u64>; 5], bool);

/// A length of time in whole microseconds.
pub fn micros_of(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl From<Timing> for TimingForm {
    fn from(timing: Timing) -> Self {
        let all = [timing.resolve, timing.connect, timing.tls, timing.first_byte, timing.total];
        (all.map(|part| part.map(micros_of)), timing.reused)
    }
}

impl From<TimingForm> for Timing {
    fn from((parts, reused): TimingForm) -> Self {
        let [resolve, connect, tls, first_byte, total] = parts.map(|part| part.map(Duration::from_micros));
        Self { resolve, connect, tls, first_byte, total, reused }
    }
}

/// Its name, and its reason.
impl From<Outcome> for (String, Option<Reason>) {
    fn from(outcome: Outcome) -> Self {
        (outcome.kept_name().to_owned(), outcome.reason().cloned())
    }
}

impl From<(String, Option<Reason>)> for Outcome {
    fn from((name, why): (String, Option<Reason>)) -> Self {
        let why = why.unwrap_or_else(|| Reason::from(""));
        match name.as_str() {
            "open" => Self::Open,
            "waiting" => Self::Waiting,
            "accepted" => Self::Accepted,
            "refused" => Self::Refused(why),
            "failed" => Self::Failed(why),
            "cancelled" => Self::Cancelled,
            _ => Self::Unknown(why),
        }
    }
}

impl Outcome {
    /// The name under which it is kept.
    pub const fn kept_name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Reason {
    /// How it lies in a column of its own.
    pub fn kept(&self) -> String {
        // Plain data becomes JSON without fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a column holds. Earlier versions kept the words themselves.
    pub fn of_kept(column: String) -> Self {
        serde_json::from_str(&column).unwrap_or(Self::Text(column))
    }
}

/// `#[serde(with = …)]`: a length of time in microseconds.
pub mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(super::micros_of).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(Duration::from_micros))
    }
}

#[cfg(test)]
#[path = "../../tests/unit/model/kept_form.rs"]
mod tests;
