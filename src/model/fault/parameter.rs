//! What the parameters of a fault are called, and which values they can have.

use serde_json::{Map, Value, json};

use crate::model::words::words;
use crate::text::suggest::suggestion;

/// What is wrong with a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FaultError {
    /// The field that is wrong; `None` where it is the fault as a whole.
    pub field: Option<String>,
    /// What is wrong, one sentence without a full stop.
    pub what: String,
}

/// Which values a parameter can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterShape {
    /// A text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole,
    /// A whole number, 0 or more.
    Count,
    /// A whole number, 1 or more.
    AtLeastOne,
    /// One of these HTTP status codes.
    Status(&'static [u16]),
    /// A code that a WebSocket close frame can carry.
    CloseCode,
    /// One of these words.
    Words(&'static [&'static str]),
}

/// A parameter of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultParameter {
    /// Its name.
    pub name: &'static str,
    /// Which values it can have.
    pub shape: ParameterShape,
    /// What it means.
    pub about: &'static str,
}

/// What every fault has beside its own parameters.
pub(super) const TARGET: &str = "target";
pub(super) const CONVERSATION: &str = "conversation";
pub(super) const AFTER: &str = "after";
pub(super) const TIMES: &str = "times";

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

    /// As JSON Schema has it.
    pub fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Whole => json!({"type": "integer"}),
            Self::Count => json!({"type": "integer", "minimum": 0}),
            Self::AtLeastOne => json!({"type": "integer", "minimum": 1}),
            Self::Status(known) => json!({ "enum": known }),
            Self::CloseCode => json!({"type": "integer", "minimum": 1000, "maximum": 4999}),
            Self::Words(known) => json!({ "enum": known }),
        }
    }

    /// The value that `given` has under `name`; `None` where it has none, or null.
    pub(super) fn read(self, given: &Map<String, Value>, name: &str) -> Result<Option<Value>, FaultError> {
        let Some(value) = given.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        if self.holds(value) {
            return Ok(Some(value.clone()));
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

/// A type that a parameter can have. Reading takes for granted that the parameter's [`ParameterShape`] holds.
pub(super) trait ParameterValue: Sized {
    fn from_json(value: &Value) -> Option<Self>;
    fn to_json(&self) -> Value;
}

macro_rules! parameter_values {
    ($($type:ty, $read:expr;)*) => {
        $(impl ParameterValue for $type {
            fn from_json(value: &Value) -> Option<Self> {
                $read(value)
            }
            fn to_json(&self) -> Value {
                json!(self)
            }
        })*
    };
}

parameter_values! {
    u64, Value::as_u64;
    i64, Value::as_i64;
    bool, Value::as_bool;
    u16, |value: &Value| value.as_u64().and_then(|n| u16::try_from(n).ok());
    String, |value: &Value| value.as_str().map(str::to_owned);
    Option<u64>, |value: &Value| value.as_u64().map(Some);
}

/// An enum whose words are the values of a parameter.
macro_rules! named {
    ($(#[$meta:meta])* $enum:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        words! {
            $(#[$meta])*
            pub enum $enum: name { $($(#[$doc])* $variant = $name;)* }
        }

        impl $enum {
            /// As a parameter.
            pub(super) const SHAPE: ParameterShape = ParameterShape::Words(&[$($name,)*]);
        }

        impl ParameterValue for $enum {
            fn from_json(value: &Value) -> Option<Self> {
                Self::named(value.as_str()?)
            }
            fn to_json(&self) -> Value {
                json!(self.name())
            }
        }
    };
}

named! {
    /// Which requests a fault is for.
    FaultTarget {
        /// Sending a guest message.
        Send = "send",
        /// `POST /oauth/token`.
        Token = "token",
        /// Everything else of the API.
        Read = "read",
        /// Opening a guest socket.
        Upgrade = "upgrade",
        /// A guest message that comes over a socket; also meant by [`FaultTarget::Send`].
        Frame = "frame",
        /// An echo that goes out over a socket: how the guest's own message is acknowledged.
        Echo = "echo",
        /// A message of the other side that goes out over a socket.
        Reply = "reply",
        /// Any other frame that goes out over a socket: answers to requests, typing, presence, the end of the session.
        Answer = "answer",
        /// All of them.
        Any = "any",
    }
}

impl FaultTarget {
    /// Whether a fault for `wanted` is also for a request of this kind (which is never [`FaultTarget::Any`]).
    pub fn is_meant_by(self, wanted: Self) -> bool {
        wanted == Self::Any || wanted == self || (wanted == Self::Send && self == Self::Frame)
    }
}

named! {
    /// How `Retry-After` is written.
    RetryForm {
        /// `Retry-After: 7`
        Seconds = "seconds",
        /// `Retry-After: Mon, 23 Nov 2026 08:00:07 GMT`
        Date = "date",
        /// No header; the body has `"retryAfter": 7`.
        Body = "body",
        /// Not at all.
        None = "none",
    }
}
