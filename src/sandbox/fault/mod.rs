//! Faults: what can be made to go wrong, from a scenario file, the control API or the process itself.
//!
//! ```text
//! {"fault":"rate-limited","retry_after":7,"times":2,"after":10,"target":"send"}
//!     parse ─► Fault ─► Armed ──(each request that it is for)──► let pass `after` ─► hit `times` ─► gone
//!                                                                     └─► Plan: what becomes of this request
//! ```
//! Where a fault brings about a cause that the console can name, it has that cause's name. [`Kind`] is the one table of
//! faults: a new one is its row there and the place where it acts.

mod armed;
mod parse;
mod plan;

pub(crate) use armed::{Act, Armed};
pub(crate) use plan::Plan;

use serde::{Deserialize, Serialize};

/// Which requests a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Sending a guest message.
    Send,
    /// `POST /oauth/token`.
    Token,
    /// Everything else of the API.
    Read,
    /// A guest socket that is asked for.
    Upgrade,
    /// A guest message that comes over a socket; also meant by [`Target::Send`].
    Frame,
    /// An echo that goes out over a socket: how the guest's own message is acknowledged.
    Echo,
    /// A message of the other side that goes out over a socket.
    Reply,
    /// Any other frame that goes out over a socket: answers to requests, typing, presence, what becomes of the session.
    Answer,
    /// All of them.
    Any,
}

impl Target {
    /// Whether it is a frame that goes out.
    const fn goes_out(self) -> bool {
        matches!(self, Self::Echo | Self::Reply | Self::Answer)
    }

    /// Whether a request of `self`'s kind (never [`Target::Any`]) is meant by `wanted`.
    pub(crate) fn is_meant_by(self, wanted: Self) -> bool {
        wanted == Self::Any || wanted == self || (wanted == Self::Send && self == Self::Frame)
    }
}

/// How `Retry-After` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryForm {
    /// `Retry-After: 7`
    #[default]
    Seconds,
    /// `Retry-After: Mon, 23 Nov 2026 08:00:07 GMT`
    Date,
    /// No header; the body has `"retryAfter": 7`.
    Body,
    /// Not at all.
    None,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Kind {
    /// Every token ends now.
    TokenExpired,
    /// Every token is withdrawn now.
    TokenRevoked,
    /// A conversation ends (all of them where none is named).
    ConversationEnded,
    /// A guest comes back under another participant id (all guests where no conversation is named).
    ParticipantMismatch,
    /// New tokens are granted everything but this scope, silently.
    ScopeStripped {
        /// Which scope.
        #[serde(default = "default::scope")]
        scope: String,
    },
    /// New tokens are granted this scope in place of what was asked.
    ScopeWrong {
        /// Which scope.
        #[serde(default = "default::other_scope")]
        scope: String,
    },
    /// The client's Guest API switch is off: new tokens lose the scope, and tokens that have it are refused.
    FeatureOff,
    /// A permission is gone from the client's roles (matters in the published world).
    PermissionMissing {
        /// Which permission.
        #[serde(default = "default::permission")]
        permission: String,
    },
    /// The token endpoint no longer accepts the client's secret.
    ClientRejected,
    /// The client is disabled.
    ClientDisabled,
    /// The `Date` header is off by so many seconds.
    ClockSkew {
        /// Positive: the server is ahead.
        #[serde(default = "default::skew")]
        seconds: i64,
    },
    /// 429.
    RateLimited {
        /// Seconds until the next try is welcome.
        #[serde(default = "default::retry_after")]
        retry_after: u64,
        /// How that is said.
        #[serde(default)]
        form: RetryForm,
    },
    /// 500, 502, 503 or 504.
    ServiceFailure {
        /// Which.
        #[serde(default = "default::failure")]
        status: u16,
        /// `Retry-After`, in seconds, where it is said.
        #[serde(default)]
        retry_after: Option<u64>,
        /// Whether the request was carried out all the same.
        #[serde(default)]
        received: bool,
    },
    /// A proxy answers with a page of its own; the request never arrives.
    ProxyAnswered {
        /// Its status.
        #[serde(default = "default::proxy")]
        status: u16,
    },
    /// The answer's headers come late.
    SlowHeaders {
        /// By so much.
        #[serde(default = "default::delay_ms")]
        delay_ms: u64,
    },
    /// The answer's headers and half its body come at once, the rest late.
    SlowBody {
        /// By so much.
        #[serde(default = "default::delay_ms")]
        delay_ms: u64,
    },
    /// The connection is reset before the request is looked at: nothing is received.
    ResetBefore,
    /// The request is carried out, and the connection is reset in the middle of the answer.
    ResetDuring,
    /// The request is carried out, and the connection is reset before a byte of the answer is written.
    ResetAfter,
    /// The answer is whole; the next request on the same connection is reset unread.
    StaleConnection,
    /// The request is carried out; the connection closes in the middle of the body.
    TruncatedBody,
    /// The request is carried out; the body is called JSON and is not.
    MalformedBody,
    /// The request is carried out; the body is JSON and is called something else.
    WrongContentType,
    /// Sockets are refused as if the deployment did not allow the origin.
    OriginRefused,
    /// The deployment is gone: sockets are refused, and its public configuration is a 404.
    DeploymentUnknown,
    /// Sessions are read-only without a word: the next message is refused with 409.
    SessionReadOnly,
    /// Sessions end now, with `SessionExpiredEvent`; then 4006.
    SessionExpired,
    /// Sessions are erased now, with `SessionClearedEvent`; then 4007.
    SessionCleared,
    /// Guests are logged out now, with `LogoutEvent`; then 4006.
    LoggedOut,
    /// The socket is closed in an orderly way when a guest message comes.
    SocketClosed {
        /// Whether the message was received before.
        #[serde(default)]
        received: bool,
        /// The WebSocket's close code.
        #[serde(default = "default::close_code")]
        code: u16,
    },
    /// A frame that should go out does not.
    FrameLost,
    /// A frame goes out twice.
    FrameDoubled,
    /// A frame goes out late; others overtake it.
    FrameLate {
        /// By so much.
        #[serde(default = "default::delay_ms")]
        delay_ms: u64,
    },
    /// A frame goes out after the one that should follow it.
    FrameReordered,
    /// A frame goes out cut in half: no JSON.
    FrameMalformed,
    /// A frame of a class that no client knows goes out before another.
    FrameUnknown,
    /// Echoes come late, in their order.
    SlowEcho {
        /// By so much.
        #[serde(default = "default::delay_ms")]
        delay_ms: u64,
    },
}

/// What a fault has that does not say otherwise.
mod default {
    pub(super) fn scope() -> String {
        "guest:messages:send".to_owned()
    }
    pub(super) fn other_scope() -> String {
        "messaging:guest".to_owned()
    }
    pub(super) fn permission() -> String {
        "conversation:message:receive".to_owned()
    }
    pub(super) const fn skew() -> i64 {
        300
    }
    pub(super) const fn retry_after() -> u64 {
        5
    }
    pub(super) const fn failure() -> u16 {
        500
    }
    pub(super) const fn proxy() -> u16 {
        502
    }
    pub(super) const fn delay_ms() -> u64 {
        3000
    }
    pub(super) const fn close_code() -> u16 {
        1001
    }
}

impl Kind {
    /// The requests (or frames) that it is for by itself.
    pub(crate) const fn target(&self) -> Target {
        match self {
            Self::ScopeStripped { .. } | Self::ScopeWrong { .. } | Self::ClientRejected | Self::ClientDisabled => {
                Target::Token
            }
            Self::FeatureOff | Self::PermissionMissing { .. } | Self::ClockSkew { .. } | Self::DeploymentUnknown => {
                Target::Any
            }
            Self::OriginRefused => Target::Upgrade,
            Self::SessionReadOnly
            | Self::SessionExpired
            | Self::SessionCleared
            | Self::LoggedOut
            | Self::SocketClosed { .. } => Target::Frame,
            Self::SlowEcho { .. } => Target::Echo,
            _ if self.is_of_frames() => Target::Echo,
            _ => Target::Send,
        }
    }

    /// Whether it can make a difference to a request (or frame) of that kind at all.
    pub(crate) const fn concerns(&self, target: Target) -> bool {
        match self {
            _ if self.is_of_frames() => target.goes_out(),
            Self::FeatureOff => matches!(target, Target::Send | Target::Token),
            Self::PermissionMissing { .. } => matches!(target, Target::Send | Target::Read),
            Self::DeploymentUnknown => matches!(target, Target::Upgrade | Target::Read),
            Self::ScopeStripped { .. } | Self::ScopeWrong { .. } | Self::ClientRejected | Self::ClientDisabled => {
                matches!(target, Target::Token)
            }
            Self::OriginRefused => matches!(target, Target::Upgrade),
            Self::SocketClosed { .. } => matches!(target, Target::Frame),
            Self::SlowEcho { .. } => matches!(target, Target::Echo),
            Self::RateLimited { .. }
            | Self::ServiceFailure { .. }
            | Self::SlowHeaders { .. }
            | Self::ResetBefore
            | Self::ResetAfter => !target.goes_out(),
            Self::ResetDuring
            | Self::StaleConnection
            | Self::SlowBody { .. }
            | Self::TruncatedBody
            | Self::MalformedBody
            | Self::WrongContentType => matches!(target, Target::Send | Target::Token | Target::Read),
            _ if self.is_act() => !target.goes_out(),
            _ => !target.goes_out() && !matches!(target, Target::Frame),
        }
    }

    /// Whether it can be meant for one conversation alone.
    const fn names_a_conversation(&self) -> bool {
        !matches!(self.target(), Target::Token | Target::Any)
            && !matches!(self, Self::TokenExpired | Self::TokenRevoked)
    }

    /// Whether it holds until it is cleared, where nothing else is asked for.
    const fn holds(&self) -> bool {
        matches!(self.target(), Target::Token | Target::Any | Target::Upgrade)
            || matches!(self, Self::SlowHeaders { .. } | Self::SlowBody { .. } | Self::SlowEcho { .. })
    }

    /// Whether it spoils a frame that goes out.
    const fn is_of_frames(&self) -> bool {
        matches!(
            self,
            Self::FrameLost
                | Self::FrameDoubled
                | Self::FrameLate { .. }
                | Self::FrameReordered
                | Self::FrameMalformed
                | Self::FrameUnknown
        )
    }

    /// Whether it changes the world, not a request.
    pub(crate) const fn is_act(&self) -> bool {
        matches!(
            self,
            Self::TokenExpired
                | Self::TokenRevoked
                | Self::ConversationEnded
                | Self::ParticipantMismatch
                | Self::SessionReadOnly
                | Self::SessionExpired
                | Self::SessionCleared
                | Self::LoggedOut
        )
    }

    /// Whether a request that it spoils is carried out all the same.
    pub(crate) const fn reaches_the_world(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::ProxyAnswered { .. } | Self::ResetBefore => false,
            Self::ServiceFailure { received, .. } | Self::SocketClosed { received, .. } => *received,
            _ => true,
        }
    }

    /// What is wrong with its numbers: a sentence.
    fn impossible(&self) -> Option<String> {
        let (key, number, possible) = match self {
            Self::ServiceFailure { status, .. } if !matches!(status, 500 | 502..=504) => {
                ("status", status, "one of 500, 502, 503, 504")
            }
            Self::ProxyAnswered { status } if !matches!(status, 200 | 403 | 407 | 502..=504) => {
                ("status", status, "one of 200, 403, 407, 502, 503, 504")
            }
            Self::SocketClosed { code, .. } if !matches!(code, 1000..=4999) || matches!(code, 1004..=1006 | 1015) => {
                ("code", code, "one that a close frame can carry: 1001, 1011, 4000 …")
            }
            _ => return None,
        };
        Some(format!("`{key}` is {number}, but must be {possible}"))
    }
}

/// A fault as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: Kind,
    /// For which requests.
    pub target: Target,
    /// For which conversation only: its name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// How many requests that it is for go through before the first is hit.
    pub after: u32,
    /// How many are hit; `None`: all, until the faults are cleared.
    pub times: Option<u32>,
    /// Takes effect when it is set, and does not wait for a request.
    #[serde(skip)]
    pub at_once: bool,
}
