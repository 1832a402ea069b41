//! Why something was not accepted, or waits. The engine judges it once, as a type; the words are made by `Display`, when a
//! face shows them.
//!
//! ```text
//! a whole answer     Answer, ServiceFailed, Redirected, Elsewhere, Unproven, Contradicted, Meaningless, Part,
//!                    OtherAnswer, NoToken
//! no whole answer    Broken, Cut, NotEchoed, NotAnswered, SocketLost, OnTheWire
//! the guest socket   Frame, FrameFailed, SignInRequired, OtherFrame, SocketRefused, NotConfigured, Session
//! held back by us    Held, NotBuilt, NoSecret, NoOtherToken, Unrecorded, and what became of files
//! on top of another  Tried, Repeated, TooLongToWait, AfterLostTry, Again
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES};
use super::variation::OTHER_SCOPE;
use super::{Channel, ConversationKey, FailureKind, Party, Phase, Variation, failure, frame_codes};

/// Why something was not accepted, or waits. The names are on people's disks: add, never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A whole answer that refuses.
    Answer(Box<ServerRefusal>),
    /// A service that failed, after it may have taken the message.
    ServiceFailed(Box<ServerRefusal>),
    /// A redirect.
    Redirected(Box<ServerRefusal>),
    /// Somebody on the way answered in the service's place, with this status.
    Elsewhere(u16, Sign),
    /// A success that nothing shows to be the service's.
    Unproven(u16),
    /// A success whose body is an error.
    Contradicted(Box<ServerRefusal>),
    /// A status that says neither yes nor no.
    Meaningless(u16),
    /// Only a part of an answer.
    Part(u16),
    /// A success whose body is not what was asked for.
    OtherAnswer,
    /// The token endpoint gave no token: what it answered.
    NoToken(String),
    /// No answer came, or nothing was written: what happened.
    Broken(FailureKind, Phase, Party, String),
    /// The answer was not whole: its status, and what happened.
    Cut(u16, String),
    /// A frame was written, and its echo did not come: what happened.
    NotEchoed(String),
    /// A frame of the session's own was not answered: what happened.
    NotAnswered(String),
    /// The socket broke, or could not be used: what happened.
    SocketLost(String),
    /// An earlier guestwire stopped while the message was on the wire.
    OnTheWire,
    /// A frame that refuses: its code, and what the server said.
    Frame(u16, String),
    /// A frame that says that the service failed, after it may have taken the message.
    FrameFailed(u16, String),
    /// The session was refused, for its guest is not signed in: the code, and what the server said.
    SignInRequired(u16, String),
    /// A frame that says nothing about the message: what it says.
    OtherFrame(String),
    /// The socket was not opened; the origin, where it may be what is not allowed.
    SocketRefused(Box<ServerRefusal>, Option<String>),
    /// The configuration of the session was not answered within so many seconds.
    NotConfigured(u64),
    /// The session takes no messages any more.
    Session(SessionEnd),
    /// guestwire does not send such a message.
    Held(Objection),
    /// The request cannot be built: why.
    NotBuilt(String),
    /// The client's secret, or the guest's token, cannot be had: why.
    NoSecret(String),
    /// A negative test wants a token of another scope, and there is none.
    NoOtherToken(Box<Self>),
    /// The message could not be recorded before it is sent: why.
    Unrecorded {
        /// What the journal says.
        why: String,
        /// It never will be.
        for_good: bool,
    },
    /// A file that comes with the message cannot be read, or is not taken here: why.
    File(String),
    /// The file of this name was refused by the session, with this code and these words.
    FileRefused(String, u16, String),
    /// The file of this name could not be put where it belongs.
    NotUploaded(String, Box<Self>),
    /// Nobody said that the file of this name had arrived.
    NotArrived(String),
    /// A webhook was answered with this status: why.
    HookRefused(u16, String),
    /// A person took it back.
    TakenBack,
    /// The same after so many tries.
    Tried(Box<Self>, u32),
    /// The same after so many tries under one message id.
    Repeated(Box<Self>, u32),
    /// The same, with a wait of so many seconds, which guestwire does not wait.
    TooLongToWait(Box<Self>, u64),
    /// The same, and the answer to an earlier try was lost.
    AfterLostTry(Box<Self>),
    /// The same, and the message goes again under its id.
    Again(Box<Self>),
    /// The service asks to wait, with this status, for so many seconds where it says so.
    AskedToWait(u16, Option<u64>),
    /// A limit of the platform is kept.
    Paced(Pacing),
    /// The words of an earlier version, as it kept them.
    #[serde(untagged)]
    Text(String),
}

/// A limit that guestwire keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pacing {
    /// Requests of a token.
    Token,
    /// Messages of a session.
    Session,
    /// Frames of a connection.
    Frames,
    /// The server asked to be slower.
    Slower,
}

/// Why guestwire does not send a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objection {
    /// There is no such conversation.
    NoConversation(ConversationKey),
    /// It says nothing.
    Empty,
    /// Its text has so many bytes.
    TextTooLong(usize),
    /// Its attributes have so many bytes.
    AttributesTooLarge(usize),
    /// A part of the choice that it takes was masked when it was read.
    MaskedChoice,
    /// Open messaging has no answer to a list picker.
    ListPicker,
    /// The negative test of this name makes no sense on this channel: why.
    Senseless(String, String, String),
    /// A pasted token cannot be asked for with another scope.
    PastedScope,
    /// The Guest API carries text alone, and none of these.
    TextAlone(String),
    /// This file is on this machine, where the service cannot fetch it.
    LocalFile(String),
    /// This file is not on this machine, from where it would be uploaded.
    RemoteFile(String),
}

impl Reason {
    /// The same in few words: status and code, where a server said more.
    pub fn brief(&self) -> String {
        match self {
            Self::Answer(said) | Self::ServiceFailed(said) | Self::Redirected(said) | Self::Contradicted(said) => {
                said.brief()
            }
            Self::Tried(why, _) | Self::Repeated(why, _) | Self::TooLongToWait(why, _) => why.brief(),
            Self::AfterLostTry(why) | Self::Again(why) => why.brief(),
            why => why.to_string(),
        }
    }
}

impl Objection {
    /// A negative test that makes no sense on a channel.
    pub fn senseless(variation: Variation, channel: Channel, why: &str) -> Self {
        Self::Senseless(variation.to_string(), channel.to_string(), why.to_owned())
    }
}

/// Why a session takes no messages any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// Its time is over.
    Expired,
    /// The conversation was cleared.
    Cleared,
    /// The guest was signed out.
    SignedOut,
    /// The server says that it is not connected.
    NotConnected,
    /// A person closed it.
    Closed,
    /// The conversation was ended.
    ReadOnly,
    /// The other side ended the conversation.
    EndedByOther,
    /// The server closed the connection, for this reason where it says one.
    ConnectionClosed(Option<String>),
}

/// A refusal in the server's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRefusal {
    /// HTTP status.
    pub status: u16,
    /// The words behind the status, where they are not the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// The word for programs: `missing.permissions`, `invalid_client`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The sentence for people.
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

    /// Status and code.
    fn brief(&self) -> String {
        let bare = Self { status: self.status, code: self.code.clone(), ..Self::default() };
        bare.to_string()
    }

    /// What else was said, and where a redirect leads.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Status 407: a proxy asks for credentials of its own.
    ProxyLogin,
    /// Status 511: a network asks to sign in. [RFC 6585, 6]
    NetworkLogin,
    /// A page made for a browser; the platform's API never sends one.
    Html,
    /// A header of an intermediary's own answer: `x-squid-error: ERR_ACCESS_DENIED 0`.
    Header(String),
    /// A page or text, from a machine that says that it stands between: `via: 1.1 proxy.example`.
    Via(String),
    /// The body is the refusal of an API gateway: `{"fault":{…}}`, or `{"message":"Forbidden"}` as AWS writes it.
    Gateway,
    /// A redirect elsewhere; the platform's API never redirects.
    Redirect,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProxyLogin => "a proxy that asks for credentials of its own",
            Self::NetworkLogin => "a network that asks to sign in",
            Self::Html => "a page for a browser",
            Self::Header(line) | Self::Via(line) => line,
            Self::Gateway => "an API gateway",
            Self::Redirect => "a redirect",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BEFORE: &str = "the message may have been taken before that";
        const MAY: &str = "the message may have been received";
        match self {
            Self::Answer(refusal) => write!(f, "{refusal}"),
            Self::ServiceFailed(refusal) => write!(f, "{refusal}; {BEFORE}"),
            Self::Redirected(refusal) => write!(f, "{refusal}; redirects are not followed"),
            Self::Elsewhere(status, sign) => {
                let who = format!("somebody on the way ({sign}), not from Genesys Cloud");
                write!(f, "{status} from {who}: the message was not received")
            }
            Self::Unproven(status) => {
                write!(f, "{status} came, but nothing in the answer shows that Genesys Cloud gave it; {MAY}")
            }
            Self::Contradicted(refusal) => write!(f, "{refusal}: a success that says an error; {MAY}"),
            Self::Meaningless(status) => write!(f, "{status} came, which says neither yes nor no; {MAY}"),
            Self::Part(status) => write!(f, "{status} came: the answer is only a part of one; {MAY}"),
            Self::OtherAnswer => f.write_str("the answer is not what was asked for"),
            Self::Broken(kind, phase, party, detail) => f.write_str(&failure::line(*kind, *phase, party, detail)),
            Self::Cut(status, why) => write!(f, "{status} came, but not the whole answer; {why}"),
            Self::NotEchoed(why) => write!(f, "written, and not echoed: {why}; it may have been received"),
            Self::NotAnswered(why) => write!(f, "not answered: {why}"),
            Self::OnTheWire => f.write_str("guestwire stopped while this was on the wire; it may have been received"),
            Self::Frame(code, said) => f.write_str(&frame_codes::line(*code, said)),
            Self::FrameFailed(code, said) => write!(f, "{}; {BEFORE}", frame_codes::line(*code, said)),
            Self::SignInRequired(code, said) => {
                let why = "this deployment requires guests to sign in, which guestwire cannot do yet";
                write!(f, "{code} \u{201c}{said}\u{201d}: {why}")
            }
            Self::OtherFrame(words) => write!(f, "answered with {words}, which says nothing about the message"),
            Self::SocketRefused(refusal, None) => write!(f, "the socket was refused with {refusal}"),
            Self::SocketRefused(refusal, Some(origin)) => {
                let why = "the deployment does not exist, is not active, or does not allow the origin";
                write!(f, "the socket was refused with {refusal}: {why} {origin}")
            }
            Self::NotConfigured(seconds) => write!(f, "configureSession was not answered within {seconds} s"),
            Self::Session(end) => write!(f, "{end}"),
            Self::Held(objection) => write!(f, "{objection}"),
            Self::NoOtherToken(why) => write!(f, "no token with {OTHER_SCOPE} could be had: {why}"),
            Self::Unrecorded { why, for_good: false } => write!(f, "it cannot be recorded first: {why}"),
            Self::Unrecorded { why, for_good: true } => write!(f, "it could not be recorded first ({why})"),
            Self::FileRefused(name, code, said) => {
                write!(f, "{name} was not taken, {}", frame_codes::line(*code, said))
            }
            Self::NotUploaded(name, why) => write!(f, "{name} could not be uploaded: {why}"),
            Self::NotArrived(name) => write!(f, "{name}: nobody said that it had arrived"),
            Self::HookRefused(status, why) => write!(f, "answered with {status}: {why}"),
            Self::TakenBack => f.write_str("taken back"),
            Self::Tried(why, tries) => write!(f, "{why}; tried {tries} times"),
            Self::Repeated(why, tries) => write!(f, "{why}; tried {tries} times under one message id"),
            Self::TooLongToWait(why, seconds) => {
                write!(f, "{why}; it asks to wait {seconds} s, longer than guestwire does")
            }
            Self::AfterLostTry(why) => write!(f, "{why}; an earlier try may have been received"),
            Self::Again(why) => write!(f, "{why}; again under the same message id"),
            Self::AskedToWait(status, None) => write!(f, "{status}"),
            Self::AskedToWait(status, Some(seconds)) => write!(f, "{status}, Retry-After {seconds} s"),
            Self::Paced(pacing) => write!(f, "pacing, {pacing}"),
            Self::NoToken(why) | Self::SocketLost(why) | Self::NotBuilt(why) | Self::NoSecret(why) => f.write_str(why),
            Self::File(why) | Self::Text(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for Pacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "rate limit",
            Self::Session => "messages of a session",
            Self::Frames => "frames of a connection",
            Self::Slower => "asked to be slower",
        })
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConversation(key) => write!(f, "there is no conversation number {key}"),
            Self::Empty => f.write_str("the message is empty"),
            Self::TextTooLong(bytes) => {
                write!(f, "{bytes} bytes, and the limit is {GUEST_TEXT_MAX_BYTES}; shorten the text")
            }
            Self::AttributesTooLarge(bytes) => {
                let limit = format!("the limit is {ATTRIBUTES_MAX_BYTES}; send fewer or shorter ones");
                write!(f, "the attributes are {bytes} bytes, and {limit}")
            }
            Self::MaskedChoice => f.write_str(
                "guestwire masked a part of this choice when it was read, so it does not know the right answer; write the answer as a text",
            ),
            Self::ListPicker => {
                f.write_str("open-messaging has no answer to a list picker; write the item as a text")
            }
            Self::Senseless(variation, channel, why) => {
                write!(f, "sending as {variation} makes no sense on the channel {channel}: {why}")
            }
            Self::PastedScope => f.write_str("a pasted token cannot be asked for with another scope"),
            Self::TextAlone(what) => write!(f, "the channel guest-api carries text alone, no {what}"),
            Self::LocalFile(path) => {
                let wanted = "open-messaging takes attachments by an address that Genesys Cloud can fetch";
                write!(f, "{path} is a file of this machine, and {wanted}")
            }
            Self::RemoteFile(address) => {
                let wanted = "web-messaging takes files of this machine, which it uploads";
                write!(f, "{address} is an address, and {wanted}")
            }
        }
    }
}

impl fmt::Display for SessionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the session has expired; begin a new session",
            Self::Cleared => "the conversation was cleared; begin a new session",
            Self::SignedOut => "the guest was signed out; begin a new session",
            Self::NotConnected => "the session is not connected; begin a new one",
            Self::Closed => "the session was closed",
            Self::ReadOnly => "the conversation was ended; begin a new session to go on",
            Self::EndedByOther => "the other side ended the conversation; begin a new session to go on",
            Self::ConnectionClosed(None) => "the server closed this connection; connect to go on",
            Self::ConnectionClosed(Some(reason)) => {
                return write!(f, "the server closed this connection ({reason}); connect to go on");
            }
        })
    }
}

impl From<&str> for Reason {
    fn from(words: &str) -> Self {
        Self::Text(words.to_owned())
    }
}

impl From<String> for Reason {
    fn from(words: String) -> Self {
        Self::Text(words)
    }
}
