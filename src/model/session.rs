//! What is known of a conversation beside its messages and its state: where its session on the guest socket stands, and
//! whether what the other side says can be read. Where it cannot be read, a silence says nothing.

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
    ReadOnly(Reason),
    /// The socket broke, for this reason, and is opened again by itself then.
    Reconnecting(Moment, Reason),
    /// It was opened again and again in vain: what is sent waits until a person connects, or says something more.
    Unreachable(Reason),
    /// It is over: refused, expired, cleared or logged out. A person begins another.
    Ended(Reason),
}

impl WebSession {
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::ReadOnly(_))
    }

    /// Why this cannot be asked of it now; `None` where it can.
    pub(crate) const fn forbids(&self, ask: SessionAsk) -> Option<&'static str> {
        match (ask, self) {
            (SessionAsk::Connect, Self::Open { .. } | Self::ReadOnly(_)) => Some("it is open already"),
            (SessionAsk::Connect | SessionAsk::StartNew | SessionAsk::NewGuest, _) => None,
            (SessionAsk::Join | SessionAsk::Clear, Self::ReadOnly(_)) => Some("it is read-only"),
            (SessionAsk::Close, Self::Connecting | Self::Reconnecting(..) | Self::Unreachable(_)) => None,
            _ if self.is_open() => None,
            _ => Some("no session is open"),
        }
    }

    /// The word on screen.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connecting => "connecting",
            Self::Open { .. } => "open",
            Self::ReadOnly(_) => "read-only",
            Self::Reconnecting(..) => "reconnecting",
            Self::Unreachable(_) => "unreachable",
            Self::Ended(_) => "ended",
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

/// The permission that reading a conversation's messages needs. [real: documented, PY docs of
/// `getConversationsMessage` and `postConversationsMessageMessagesBulk`]
pub const READ_PERMISSION: &str = "conversation:message:view";

/// Whether replies can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RepliesReadable {
    /// Nothing was read so far, and nothing is known to stand in the way.
    #[default]
    NotYetKnown,
    /// The last read succeeded, or the socket is open.
    Yes,
    /// The last read did not succeed, or there is nothing to read with.
    No(Unreadable),
}

impl RepliesReadable {
    pub(crate) const fn unreadable(&self) -> Option<&Unreadable> {
        if let Self::No(why) = self { Some(why) } else { None }
    }

    /// For JSON: true or false, where it is known.
    pub(crate) const fn known(&self) -> Option<bool> {
        match self {
            Self::NotYetKnown => None,
            Self::Yes => Some(true),
            Self::No(_) => Some(false),
        }
    }
}

/// Whether replies can be read, and up to when that is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// By reads: the newest one began then, so that what was said before is known if it succeeded.
    ReadAt(Moment),
    /// By a socket: it is so since then.
    SocketSince(Moment),
}

/// Why replies cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The service refuses the read with this status, and names these permissions as missing.
    Refused(u16, Vec<String>),
    /// The service failed, or asked to wait, with this status; nothing shows that somebody else answered.
    Failing(u16),
    /// An answer came with this status that is somebody else's, or whose body is not what was asked for.
    Unrecognised(u16),
    /// So many messages that the conversation lists were not given out.
    Incomplete(usize),
    /// No whole answer came: what happened, one line.
    NoAnswer(String),
    /// There is no valid token to read with.
    NoToken,
    /// The conversation's id is not known: no answer named it so far.
    NoConversationId,
    /// The socket is not open, or was not all the time: why, one line; empty where nobody said.
    SocketClosed(String),
    /// No read ended in time: the rate limit holds reads back, or they take too long.
    NotReadInTime,
}

impl Unreadable {
    /// Why a read failed. `status`: of the answer; 0: no complete answer. `missing`: permissions that the service's refusal
    /// names as missing; `None`: the answer is not the service's, or no refusal. `why`: what happened, in one line.
    pub(crate) fn of(status: u16, missing: Option<Vec<String>>, why: &str) -> Self {
        match (status, missing) {
            (0, _) => Self::NoAnswer(why.to_owned()),
            (429, _) | (408 | 500..=510 | 512..=599, Some(_)) => Self::Failing(status),
            (400..=499, Some(missing)) => Self::Refused(status, missing),
            _ => Self::Unrecognised(status),
        }
    }

    /// What stands in the way, after "replies could not be read: ". No full stop.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Refused(status, missing) if !missing.is_empty() => {
                format!("{status}, missing {}", missing.join(" "))
            }
            Self::Refused(403, _) => {
                format!("403; reading messages needs the permission {READ_PERMISSION}")
            }
            Self::Refused(401, _) => "401; the token is not accepted for reading".to_owned(),
            Self::Refused(404, _) => "404; there is no such conversation".to_owned(),
            Self::Refused(status, _) => format!("refused with {status}"),
            Self::Failing(429) => "429; too many requests".to_owned(),
            Self::Failing(status) => format!("{status}; the service failed"),
            Self::Unrecognised(status) => format!("{status}; the answer cannot be read as one of the service"),
            Self::Incomplete(1) => "a message that the conversation lists was not given out".to_owned(),
            Self::Incomplete(absent) => format!("{absent} messages that the conversation lists were not given out"),
            Self::NoAnswer(why) => format!("no answer came ({why})"),
            Self::NoToken => "there is no valid token".to_owned(),
            Self::NoConversationId => {
                "the conversation id is not known yet; the answer to an accepted message names it".to_owned()
            }
            Self::SocketClosed(why) if why.is_empty() => "the socket was not open all the time".to_owned(),
            Self::SocketClosed(why) => format!("the socket was not open all the time ({why})"),
            Self::NotReadInTime => "no read ended in time".to_owned(),
        }
    }

    pub(crate) fn sentence(&self) -> String {
        format!("replies could not be read: {}", self.words())
    }
}
