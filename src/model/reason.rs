//! Why something was not accepted, or waits. The engine judges it once, as a type. `Display`, here, has the words, so that
//! all front ends say the same; a front end asks for them when it shows the reason.
//!
//! ```text
//! a whole answer     Answer, ServiceFailed, Redirected, Elsewhere, Unproven, Contradicted, Meaningless, Part,
//!                    OtherAnswer, NoToken
//! no whole answer    Broken, Cut, NotEchoed, NotAnswered, SocketLost, OnTheWire
//! the guest socket   Frame, FrameFailed, SignInRequired, OtherFrame, SocketRefused, NotConfigured, Session
//! held back by us    Held, NotBuilt, NoSecret, NoOtherToken, Unrecorded, and what became of files
//! on top of another  Tried, Repeated, TooLongToWait, AfterLostTry, Again
//! it only waits      AskedToWait, Paced
//! something else     TakenBack, HookRefused (a webhook that came in), Text (of an earlier version)
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::channel::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES};
use super::variation::OTHER_SCOPE;
use super::{Channel, ConversationKey, FailureKind, Party, Phase, Variation, failure, frame_codes};

const TAKEN_BEFORE: &str = "the message may have been taken before that";
const MAY_BE_RECEIVED: &str = "the message may have been received";

fn because_of_origin(origin: Option<&str>) -> String {
    let why = "the deployment does not exist, is not active, or does not allow the origin";
    origin.map(|origin| format!(": {why} {origin}")).unwrap_or_default()
}

fn over(bytes: usize, limit: usize) -> String {
    format!("{} more than the limit of {limit}", bytes.saturating_sub(limit))
}

fn unrecorded(why: &str, for_good: bool) -> String {
    if for_good {
        format!("it could not be recorded first ({why})")
    } else {
        format!("it cannot be recorded first: {why}")
    }
}

/// Why something was not accepted, or waits. The names are on people's disks: add, never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    #[error("{0}")]
    Answer(Box<ServerRefusal>),
    #[error("{0}; {TAKEN_BEFORE}")]
    ServiceFailed(Box<ServerRefusal>),
    #[error("{0}; redirects are not followed")]
    Redirected(Box<ServerRefusal>),
    #[error("{0} from somebody on the way ({1}), not from Genesys Cloud: the message was not received")]
    Elsewhere(u16, Sign),
    #[error("{0} came, but nothing in the answer shows that Genesys Cloud gave it; {MAY_BE_RECEIVED}")]
    Unproven(u16),
    #[error("{0}: a success that says an error; {MAY_BE_RECEIVED}")]
    Contradicted(Box<ServerRefusal>),
    #[error("{0} came, which says neither yes nor no; {MAY_BE_RECEIVED}")]
    Meaningless(u16),
    #[error("{0} came: the answer is only a part of one; {MAY_BE_RECEIVED}")]
    Part(u16),
    #[error("the answer is not what was asked for")]
    OtherAnswer,
    /// The token endpoint gave no token: what it answered.
    #[error("{0}")]
    NoToken(String),
    /// No answer came, or nothing was written: what happened.
    #[error("{line}", line = failure::line(*.0, *.1, .2, .3))]
    Broken(FailureKind, Phase, Party, String),
    #[error("{0} came, but not the whole answer; {1}")]
    Cut(u16, String),
    #[error("written, and not echoed: {0}; it may have been received")]
    NotEchoed(String),
    #[error("not answered: {0}")]
    NotAnswered(String),
    /// The socket broke, or could not be used: what happened.
    #[error("{0}")]
    SocketLost(String),
    #[error("guestwire stopped while this was on the wire; it may have been received")]
    OnTheWire,
    /// A frame that refuses: its code, and what the server said.
    #[error("{line}", line = frame_codes::line(*.0, .1))]
    Frame(u16, String),
    #[error("{line}; {TAKEN_BEFORE}", line = frame_codes::line(*.0, .1))]
    FrameFailed(u16, String),
    #[error("{0} \u{201c}{1}\u{201d}: this deployment requires guests to sign in, which guestwire cannot do yet")]
    SignInRequired(u16, String),
    #[error("answered with {0}, which says nothing about the message")]
    OtherFrame(String),
    /// The socket was not opened; the origin, where it may be what is not allowed.
    #[error("the socket was refused with {0}{why}", why = because_of_origin(.1.as_deref()))]
    SocketRefused(Box<ServerRefusal>, Option<String>),
    #[error("configureSession was not answered within {0} s")]
    NotConfigured(u64),
    #[error("{0}")]
    Session(SessionEnd),
    #[error("{0}")]
    Held(Objection),
    /// The request cannot be built: why.
    #[error("{0}")]
    NotBuilt(String),
    /// The client's secret, or the guest's token, cannot be had: why.
    #[error("{0}")]
    NoSecret(String),
    #[error("no token with {OTHER_SCOPE} could be had: {0}")]
    NoOtherToken(Box<Self>),
    #[error("{words}", words = unrecorded(.why, *.for_good))]
    Unrecorded {
        why: String,
        /// It never will be.
        for_good: bool,
    },
    /// A file that comes with the message cannot be read, or is not taken here: why.
    #[error("{0}")]
    File(String),
    #[error("{0} was not taken, {line}", line = frame_codes::line(*.1, .2))]
    FileRefused(String, u16, String),
    #[error("{0} could not be uploaded: {1}")]
    NotUploaded(String, Box<Self>),
    #[error("{0}: nobody said that it had arrived")]
    NotArrived(String),
    #[error("answered with {0}: {1}")]
    HookRefused(u16, String),
    #[error("taken back")]
    TakenBack,
    #[error("{0}; tried {1} times")]
    Tried(Box<Self>, u32),
    #[error("{0}; tried {1} times under one message id")]
    Repeated(Box<Self>, u32),
    #[error("{0}; it asks to wait {1} s, longer than guestwire does")]
    TooLongToWait(Box<Self>, u64),
    #[error("{0}; an earlier try may have been received")]
    AfterLostTry(Box<Self>),
    #[error("{0}; again under the same message id")]
    Again(Box<Self>),
    #[error("{0}{wait}", wait = .1.map(|seconds| format!(", Retry-After {seconds} s")).unwrap_or_default())]
    AskedToWait(u16, Option<u64>),
    #[error("pacing, {0}")]
    Paced(Pacing),
    /// The words of an earlier version, as it kept them.
    #[error("{0}")]
    #[serde(untagged)]
    Text(String),
}

words! {
    /// A limit that guestwire keeps.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Pacing: words {
        Token = "rate limit";
        Session = "messages of a session";
        Frames = "frames of a connection";
        Slower = "asked to be slower";
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Objection {
    #[error("there is no conversation number {0}")]
    NoConversation(ConversationKey),
    #[error("the text is blank; type a text first")]
    Empty,
    #[error("the text has {0} bytes, {over}; shorten it", over = over(*.0, GUEST_TEXT_MAX_BYTES))]
    TextTooLong(usize),
    #[error("the attributes have {0} bytes, {over}; send fewer or shorter ones", over = over(*.0, ATTRIBUTES_MAX_BYTES))]
    AttributesTooLarge(usize),
    #[error(
        "guestwire masked a part of this choice when it was read, so it does not know the right answer; write the answer as a text"
    )]
    MaskedChoice,
    #[error("open-messaging has no answer to a list picker; write the item as a text")]
    ListPicker,
    #[error("sending as {0} makes no sense on the channel {1}: {2}")]
    Senseless(String, String, String),
    #[error("a pasted token cannot be asked for with another scope")]
    PastedScope,
    #[error("the channel guest-api carries text alone, no {0}")]
    TextAlone(String),
    #[error("open-messaging takes files by an address that Genesys Cloud can fetch, not from this machine: {0}")]
    LocalFile(String),
    #[error("web-messaging uploads files of this machine, and takes no address: {0}")]
    RemoteFile(String),
}

impl Reason {
    /// The same in few words: status and code, where a server said more.
    pub fn brief(&self) -> String {
        match self {
            Self::Answer(said) | Self::ServiceFailed(said) | Self::Redirected(said) | Self::Contradicted(said) => {
                ServerRefusal { status: said.status, code: said.code.clone(), ..ServerRefusal::default() }.to_string()
            }
            Self::Tried(why, _) | Self::Repeated(why, _) | Self::TooLongToWait(why, _) => why.brief(),
            Self::AfterLostTry(why) | Self::Again(why) => why.brief(),
            why => why.to_string(),
        }
    }

    /// How it lies in a column of the journal.
    pub fn kept(&self) -> String {
        // Plain data becomes JSON without fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What such a column holds. Earlier versions kept the words themselves.
    pub fn of_kept(column: String) -> Self {
        serde_json::from_str(&column).unwrap_or(Self::Text(column))
    }
}

impl<T: Into<String>> From<T> for Reason {
    fn from(words: T) -> Self {
        Self::Text(words.into())
    }
}

impl Objection {
    pub fn senseless(variation: Variation, channel: Channel, why: &str) -> Self {
        Self::Senseless(variation.to_string(), channel.to_string(), why.to_owned())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    #[error("the session has expired; begin a new session")]
    Expired,
    #[error("the conversation was cleared; begin a new session")]
    Cleared,
    #[error("the guest was signed out; begin a new session")]
    SignedOut,
    #[error("the session is not connected; begin a new one")]
    NotConnected,
    #[error("the session was closed")]
    Closed,
    #[error("the conversation was ended; begin a new session to go on")]
    ReadOnly,
    #[error("the other side ended the conversation; begin a new session to go on")]
    EndedByOther,
    #[error("the server closed this connection{why}; connect to go on", why = .0.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
    ConnectionClosed(Option<String>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRefusal {
    pub status: u16,
    /// The words behind the status, where they are not the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// The word for programs: `missing.permissions`, `invalid_client`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What else the answer says, a few words each, each on one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
    /// Where a redirect leads, without what may be secret in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl ServerRefusal {
    /// The same with each text told otherwise.
    #[must_use]
    pub fn map(self, told: impl Fn(&str) -> String) -> Self {
        let one = |text: Option<String>| text.as_deref().map(&told);
        Self {
            status: self.status,
            phrase: one(self.phrase),
            code: one(self.code),
            message: one(self.message),
            more: self.more.iter().map(|text| told(text)).collect(),
            location: one(self.location),
        }
    }

    pub fn rest(&self) -> impl Iterator<Item = String> {
        self.more.iter().cloned().chain(self.location.iter().map(|location| format!("leads to {location}")))
    }
}

/// One line: status, phrase, code, message and what else was said, as far as they came.
impl fmt::Display for ServerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(phrase) = &self.phrase {
            write!(f, " {phrase}")?;
        }
        let bare = self.phrase.is_none() && self.message.is_none();
        let usual = http::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        if let Some(word) = self.code.as_deref().or(usual.filter(|_| bare)) {
            write!(f, "{} {word}", if self.phrase.is_some() { ";" } else { "" })?;
        }
        if let Some(message) = &self.message {
            write!(f, "{} {message}", if self.phrase.is_some() && self.code.is_none() { ";" } else { ":" })?;
        }
        self.rest().try_for_each(|more| write!(f, "; {more}"))
    }
}

/// What shows that somebody else than the service answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Status 407.
    #[error("a proxy that asks for credentials of its own")]
    ProxyLogin,
    /// Status 511. [RFC 6585, 6]
    #[error("a network that asks to sign in")]
    NetworkLogin,
    /// A page made for a browser; the platform's API never sends one.
    #[error("a page for a browser")]
    Html,
    /// A header of an intermediary's own answer: `x-squid-error: ERR_ACCESS_DENIED 0`.
    #[error("{0}")]
    Header(String),
    /// A page or text, from a machine that says that it stands between: `via: 1.1 proxy.example`.
    #[error("{0}")]
    Via(String),
    /// The body is the refusal of an API gateway: `{"fault":{…}}`, or `{"message":"Forbidden"}` as AWS writes it.
    #[error("an API gateway")]
    Gateway,
    /// A redirect elsewhere; the platform's API never redirects.
    #[error("a redirect")]
    Redirect,
}
