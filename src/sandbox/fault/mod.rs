//! Faults: what can be made to go wrong, from a scenario file, the control API or the process itself.
//!
//! ```text
//! {"fault":"rate-limited","retry_after":7,"times":2,"after":10,"target":"send"}
//!     parse ─► Fault ─► Armed ──(each request that it is for)──► let pass `after` ─► hit `times` ─► gone
//!                                                                     └─► Plan: what becomes of this request
//! ```
//! Where a fault brings about a cause that the console can name, it has that cause's name.

mod armed;
mod parse;
mod plan;

pub(crate) use armed::{Act, Armed};
pub(crate) use plan::{ClientTrouble, Plan, Spoil};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryForm {
    /// `Retry-After: 7`
    Seconds,
    /// `Retry-After: Mon, 23 Nov 2026 08:00:07 GMT`
    Date,
    /// No header; the body has `"retryAfter": 7`.
    Body,
    /// Not at all.
    None,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
        scope: String,
    },
    /// New tokens are granted this scope in place of what was asked.
    ScopeWrong {
        /// Which scope.
        scope: String,
    },
    /// The client's Guest API switch is off: new tokens lose the scope, and tokens that have it are refused.
    FeatureOff,
    /// A permission is gone from the client's roles (matters in the published world).
    PermissionMissing {
        /// Which permission.
        permission: String,
    },
    /// The token endpoint no longer accepts the client's secret.
    ClientRejected,
    /// The client is disabled.
    ClientDisabled,
    /// The `Date` header is off by so many seconds.
    ClockSkew {
        /// Positive: the server is ahead.
        seconds: i64,
    },
    /// 429.
    RateLimited {
        /// Seconds until the next try is welcome.
        retry_after: u64,
        /// How that is said.
        form: RetryForm,
    },
    /// 500, 502, 503 or 504.
    ServiceFailure {
        /// Which.
        status: u16,
        /// `Retry-After`, in seconds, where it is said.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// Whether the request was carried out all the same.
        received: bool,
    },
    /// A proxy answers with a page of its own; the request never arrives.
    ProxyAnswered {
        /// Its status.
        status: u16,
    },
    /// The answer's headers come late.
    SlowHeaders {
        /// By so much.
        delay_ms: u64,
    },
    /// The answer's headers and half its body come at once, the rest late.
    SlowBody {
        /// By so much.
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
        received: bool,
        /// The WebSocket's close code.
        code: u16,
    },
    /// A frame that should go out does not.
    FrameLost,
    /// A frame goes out twice.
    FrameDoubled,
    /// A frame goes out late; others overtake it.
    FrameLate {
        /// By so much.
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
        delay_ms: u64,
    },
}

impl Kind {
    /// Whether it can make a difference to a request (or frame) of that kind at all.
    pub(crate) const fn concerns(&self, target: Target) -> bool {
        match self {
            Self::FeatureOff => matches!(target, Target::Send | Target::Token),
            Self::PermissionMissing { .. } => matches!(target, Target::Send | Target::Read),
            Self::OriginRefused => matches!(target, Target::Upgrade),
            Self::DeploymentUnknown => matches!(target, Target::Upgrade | Target::Read),
            Self::SocketClosed { .. } => matches!(target, Target::Frame),
            Self::FrameLost
            | Self::FrameDoubled
            | Self::FrameLate { .. }
            | Self::FrameReordered
            | Self::FrameMalformed
            | Self::FrameUnknown => target.goes_out(),
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
