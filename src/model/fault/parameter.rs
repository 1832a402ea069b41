//! What the parameters of a fault are called, and which values they can have.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::suggestion;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FaultError {
    /// The field that is wrong; `None` where it is the fault as a whole.
    pub field: Option<String>,
    /// What is wrong, one sentence without a full stop.
    pub what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterShape {
    Text,
    Flag,
    Whole,
    Count,
    AtLeastOne,
    Status(&'static [u16]),
    /// A code that a WebSocket close frame can carry.
    CloseCode,
    Words(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultParameter {
    pub name: &'static str,
    pub shape: ParameterShape,
    pub about: &'static str,
}

impl ParameterShape {
    fn holds(self, value: &Value) -> bool {
        let count = value.as_u64();
        match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Whole => value.is_i64(),
            Self::Count => count.is_some(),
            Self::AtLeastOne => count.is_some_and(|n| (1..=u64::from(u32::MAX)).contains(&n)),
            Self::Status(known) => known.iter().any(|status| count == Some(u64::from(*status))),
            Self::CloseCode => count.is_some_and(|n| matches!(n, 1000..=1003 | 1007..=1014 | 1016..=4999)),
            Self::Words(known) => value.as_str().is_some_and(|word| known.contains(&word)),
        }
    }

    /// The end of the sentence "`name` is 7, but must be …".
    fn must_be(self) -> String {
        match self {
            Self::Text | Self::Words(_) => "a text".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Whole => "a whole number".to_owned(),
            Self::Count => "a whole number, 0 or more".to_owned(),
            Self::AtLeastOne => "a whole number, 1 or more; leave it out to hit as often as the fault does".to_owned(),
            Self::Status(known) => {
                format!("one of {}", known.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::CloseCode => "one that a close frame can carry: 1001, 1011, 4000 …".to_owned(),
        }
    }

    /// The value that `given` has under `name`; `None` where it has none, or null.
    pub(super) fn read<T: DeserializeOwned>(
        self,
        given: &Map<String, Value>,
        name: &str,
    ) -> Result<Option<T>, FaultError> {
        let Some(value) = given.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        if self.holds(value) {
            return Ok(serde_json::from_value(value.clone()).ok());
        }
        let what = match (self, value) {
            (Self::Words(known), Value::String(word)) => {
                format!("`{name}` cannot be `{word}`{}", suggestion(word, known.iter().copied()))
            }
            _ => format!("`{name}` is {value}, but must be {}", self.must_be()),
        };
        Err(FaultError { field: Some(name.to_owned()), what })
    }
}

words! {
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum FaultTarget: name {
        Send = "send";
        /// `POST /oauth/token`.
        Token = "token";
        /// Everything else of the API.
        Read = "read";
        Upgrade = "upgrade";
        /// A guest message that comes over a socket; also meant by [`FaultTarget::Send`].
        Frame = "frame";
        /// An echo that goes out over a socket: how the guest's own message is acknowledged.
        Echo = "echo";
        /// A message of the other side that goes out over a socket.
        Reply = "reply";
        /// Any other frame that goes out over a socket: answers to requests, typing, presence, the end of the session.
        Answer = "answer";
        Any = "any";
    }
}

impl FaultTarget {
    /// Whether a fault for `wanted` is also for a request of this kind (which is never [`FaultTarget::Any`]).
    pub fn is_meant_by(self, wanted: Self) -> bool {
        wanted == Self::Any || wanted == self || (wanted == Self::Send && self == Self::Frame)
    }
}

words! {
    /// How `Retry-After` is written.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum RetryForm: name {
        /// `Retry-After: 7`
        Seconds = "seconds";
        /// `Retry-After: Mon, 23 Nov 2026 08:00:07 GMT`
        Date = "date";
        /// No header; the body has `"retryAfter": 7`.
        Body = "body";
        None = "none";
    }
}
