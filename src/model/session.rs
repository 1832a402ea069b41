//! The session of a web-messaging conversation, and what goes on in any live one beside messages.

use jiff::Timestamp;

use super::{Moment, Reason};

/// Where the session of a web-messaging conversation stands.
///
/// ```text
///  Closed ─► Connecting ─► Open ─┬─► ReadOnly ─► (StartNew) ─► Connecting
///    ▲            ▲              ├─► Ended (expired, cleared, logged out) ─► (StartNew)
///    ├── (Close) ─┴─ Reconnecting ◄─ the socket broke
///    └── (Close) ─── Unreachable ◄─ opened again too often in vain ─► (Connect, a message) ─► Connecting
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WebSession {
    /// No socket is open and none is wanted.
    #[default]
    Closed,
    /// The socket is being opened or configured.
    Connecting,
    /// Configured: messages can be sent.
    Open {
        /// When the guest's session ends by itself, by the remote side's clock, where told.
        expires: Option<Timestamp>,
        /// It began now; otherwise it was resumed.
        new: bool,
    },
    /// The conversation was ended: it can be read, and messages are refused (409) until a new session is begun.
    ReadOnly {
        /// Why.
        why: Reason,
    },
    /// The socket broke, and is opened again by itself.
    Reconnecting {
        /// When.
        at: Moment,
        /// Why it broke.
        why: Reason,
    },
    /// It was opened again and again in vain: what is sent waits until a person connects, or says something more.
    Unreachable {
        /// Why.
        why: Reason,
    },
    /// It is over: refused, expired, cleared or logged out. A person begins another.
    Ended {
        /// Why.
        why: Reason,
    },
}

impl WebSession {
    /// Whether the socket is open and the session configured.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::ReadOnly { .. })
    }

    /// The word on screen.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connecting => "connecting",
            Self::Open { .. } => "open",
            Self::ReadOnly { .. } => "read-only",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Unreachable { .. } => "unreachable",
            Self::Ended { .. } => "ended",
        }
    }
}

/// What a person can ask of a live session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionAsk {
    /// Open the socket and the session, or resume it.
    Connect,
    /// Begin a new session under the same guest token (`configureSession` with `startNew`).
    StartNew,
    /// Be a new guest: a new guest token, a new session.
    NewGuest,
    /// Presence `Join`: begin the conversation without a message.
    Join,
    /// Presence `Clear`: end it and erase it, where the deployment allows it.
    Clear,
    /// `closeSession`: end the session.
    Close,
    /// Read the messages of before, one page further back.
    History,
    /// `echo`: ask whether the session is alive.
    Health,
}
