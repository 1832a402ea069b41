//! One request and what came of it, with every try. Everything here is already redacted: secrets are taken out at
//! capture, in the engine, and never become part of these types.
//!
//! ```text
//! Exchange ─┬─ Step::Try      one attempt: request, answer or failure, timing, token generation
//!           ├─ Step::Wait     a counted-down pause (429, 503, connect failure, pacing)
//!           ├─ Step::Renewal  a token renewal that this exchange waited for (an exchange of its own, linked)
//!           └─ Outcome        open, accepted, refused, unknown, cancelled
//! ```

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kept_form::micros;
use super::words::words;
use super::{
    ConversationKey, ExchangeId, FailureKind, Generation, MessageId, Moment, Party, Phase, Reason, Variation, failure,
};
use crate::text::json;

words! {
    /// What an exchange is for. The word stands in the log's kind column.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    pub enum ExchangeKind: word {
        /// Asking for a token, or asking what it may do.
        Token = "TOKEN";
        /// Sending a guest message.
        Send = "SEND";
        /// Reading a conversation or its messages.
        Read = "READ";
        /// A check made to find something out.
        Probe = "PROBE";
        /// One frame of the guest WebSocket.
        Frame = "FRAME";
        /// A webhook that came in: the request is the remote side's, the answer ours.
        Hook = "HOOK";
        /// Telling something that is no message: that the guest types, that a message has reached it.
        Event = "EVENT";
        /// A person's note.
        Note = "NOTE";
        /// Something that guestwire says about itself.
        #[default]
        Sys = "SYS";
    }
}

/// A header as it was sent or received, in order; its value is masked where it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct Header {
    /// As on the wire (lower case for HTTP/2).
    pub name: String,
    /// The value; bytes that are not UTF-8 are shown as `\xNN`; a secret is shown as `«…»` with a hint of its kind.
    pub value: String,
}

impl Header {
    /// A header from its parts.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// The first value of the header `name` in `headers`, whatever its case.
pub fn header<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
}

/// How a body is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum BodyForm {
    /// No bytes.
    #[default]
    Empty,
    /// Parses as JSON.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// UTF-8 text of another kind (HTML of a proxy, for instance).
    Text,
    /// Not text: size and type are shown.
    Binary,
}

/// A captured body, redacted and bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// What it is.
    pub form: BodyForm,
    /// The text kept (empty for [`BodyForm::Binary`]).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Bytes received or sent in all, after decoding; more than `text.len()` where the rest was only counted.
    pub total: u64,
    /// Whether less was kept than came (the bound of 1 MiB).
    #[serde(rename = "cut", default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// `Content-Type`, without parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// What was decoded on the way ("gzip"), or could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// A request as it was, or would have been, written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Absolute, with secrets of the query masked.
    pub url: String,
    /// In order.
    pub headers: Vec<Header>,
    /// What was sent.
    pub body: Body,
}

/// A response as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The words behind the status, where they are not the usual ones: `Blocked by category Chat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// `HTTP/1.1`, `HTTP/2.0`.
    pub version: String,
    /// All of them, in order.
    pub headers: Vec<Header>,
    /// What came, possibly cut short (then the ending is a [`Failure`] with this response inside).
    pub body: Body,
    /// The peer's address, where known.
    pub remote: Option<String>,
}

impl Response {
    /// The request ids and the names under which they came, the one that support asks for first. [real: documented]
    pub fn request_ids(&self) -> Vec<(&'static str, String)> {
        let named = ["inin-correlation-id", "genesys-correlation-id", "x-request-id"].into_iter();
        let named = named.filter_map(|name| Some((name, header(&self.headers, name)?.to_owned())));
        let context = || {
            let text = Some(&self.body.text).filter(|text| text.contains("contextId"))?;
            Some(("contextId", json::read(text.as_bytes())?.get("contextId")?.as_str()?.to_owned()))
        };
        named.chain(context()).collect()
    }
}

/// A try that got no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// How far it got.
    pub phase: Phase,
    /// With whom.
    #[serde(flatten)]
    pub party: Party,
    /// One line: the cause, and what to do about it where that is known.
    pub detail: String,
    /// Whether the server may have acted on the request: a byte of it may have been written, and nobody promised that it
    /// was not processed.
    pub wrote: bool,
    /// What had come of a response, where a status line had come.
    pub partial: Option<Box<Response>>,
}

impl Failure {
    /// One line: how far it got, with whom it broke, and why.
    pub fn line(&self) -> String {
        failure::line(self.kind, self.phase, &self.party, &self.detail)
    }

    /// The same as a reason. What had come of an answer stands in the exchange.
    pub fn reason(&self) -> Reason {
        Reason::Broken(self.kind, self.phase, self.party.clone(), self.detail.clone())
    }

    /// Whether the same request would fail again at once: a certificate, a setting or a proxy stands in its way.
    pub fn is_for_good(&self) -> bool {
        match self.kind {
            FailureKind::Invalid | FailureKind::Tls(_) => true,
            FailureKind::Proxy => self.partial.as_ref().is_none_or(|answer| answer.status < 500),
            _ => false,
        }
    }

    /// A failure with the host itself, of which no answer came and no byte was written.
    pub fn new(kind: FailureKind, phase: Phase, detail: impl Into<String>) -> Self {
        Self { kind, phase, party: Party::Host, detail: detail.into(), wrote: false, partial: None }
    }

    /// The same, with another party than the host.
    #[must_use]
    pub fn with(self, party: Party) -> Self {
        Self { party, ..self }
    }

    /// The same after a byte of the request may have been written.
    pub fn written(kind: FailureKind, phase: Phase, detail: impl Into<String>) -> Self {
        Self { wrote: true, ..Self::new(kind, phase, detail) }
    }
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// A whole response.
    Answered(Response),
    /// No whole response.
    Failed(Failure),
}

/// Durations of a try. What was not measured is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "([Option<u64>; 5], bool)", into = "([Option<u64>; 5], bool)")]
pub struct Timing {
    /// Name look-up.
    pub resolve: Option<Duration>,
    /// TCP connect (and TLS, where it could not be told apart).
    pub connect: Option<Duration>,
    /// TLS handshake, where told apart.
    pub tls: Option<Duration>,
    /// From the start to the status line.
    pub first_byte: Option<Duration>,
    /// From the start to the last byte or the failure.
    pub total: Option<Duration>,
    /// An open connection was used again: no resolve, connect or TLS took place.
    pub reused: bool,
}

impl Timing {
    /// The parts that were measured, by name, in order.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, Duration)> + use<> {
        let names = ["look-up", "connect", "TLS", "first byte", "total"];
        let parts = [self.resolve, self.connect, self.tls, self.first_byte, self.total];
        names.into_iter().zip(parts).filter_map(|(name, part)| Some((name, part?)))
    }
}

/// One try of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it began.
    #[serde(rename = "at")]
    pub started: Moment,
    /// The token generation used; `None` for a request without a bearer token.
    pub generation: Option<Generation>,
    /// How old that token was, for the log.
    #[serde(with = "micros")]
    pub token_age: Option<Duration>,
    /// What was asked.
    #[serde(flatten)]
    pub request: Arc<Request>,
    /// How it ended; `None` while under way.
    pub ending: Option<Ending>,
    /// How long it took.
    pub timing: Timing,
}

impl Attempt {
    /// The response, whole or partial.
    pub fn response(&self) -> Option<&Response> {
        match self.ending.as_ref()? {
            Ending::Answered(response) => Some(response),
            Ending::Failed(failure) => failure.partial.as_deref(),
        }
    }

    /// The HTTP status, if a status line came; of a frame, its code, if it has one.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|r| r.status).filter(|status| *status > 0)
    }

    /// When it was over.
    pub fn ended(&self) -> Moment {
        self.started.after(self.timing.total.unwrap_or_default())
    }
}

/// One thing that happened inside an exchange, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExchangeStep {
    /// A try.
    Try(Arc<Attempt>),
    /// A pause before the next try.
    Wait {
        /// When it began.
        at: Moment,
        /// When it ends by itself.
        until: Moment,
        /// Why.
        why: Reason,
    },
    /// A renewal of the token that this exchange waited for.
    Renewal {
        /// The renewal's own exchange.
        exchange: ExchangeId,
        /// When this exchange began to wait for it.
        at: Moment,
        /// The generation that it brought; `None` while under way or when it failed.
        generation: Option<Generation>,
        /// How long this exchange waited for it, once over.
        #[serde(with = "micros")]
        took: Option<Duration>,
        /// How many sends waited for the same renewal.
        waiting: u32,
    },
}

/// How an exchange ended, or that it has not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Option<Reason>)", into = "(String, Option<Reason>)")]
pub enum Outcome {
    /// A try is under way.
    Open,
    /// Between tries: the newest step says until when.
    Waiting,
    /// The server said yes (2xx). Of a probe that asks whether anything answers: something did.
    Accepted,
    /// The server, or guestwire before sending, said no.
    Refused(Reason),
    /// No whole answer came after something had been written.
    Unknown(Reason),
    /// No answer, and nothing had been written (connect failure and the like, retries used up).
    Failed(Reason),
    /// Taken back before a byte was written.
    Cancelled,
}

impl Outcome {
    /// The word in the log: `ok ERR UNKN WAIT … CANC`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "sending",
            Self::Waiting => "WAIT",
            Self::Accepted => "ok",
            Self::Refused(_) | Self::Failed(_) => "ERR",
            Self::Unknown(_) => "UNKN",
            Self::Cancelled => "CANC",
        }
    }

    /// Whether the exchange is over.
    pub const fn is_settled(&self) -> bool {
        !matches!(self, Self::Open | Self::Waiting)
    }

    /// Whether it ended as something that a tester looks for with "next error".
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Failed(_) | Self::Unknown(_))
    }

    /// Why, in words, where there is a reason.
    pub fn words(&self) -> Option<String> {
        self.reason().map(ToString::to_string)
    }

    /// Why, where there is a reason.
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Refused(why) | Self::Unknown(why) | Self::Failed(why) => Some(why),
            _ => None,
        }
    }
}

/// One request and what came of it.
///
/// The engine reports an exchange as a whole snapshot whenever something about it changed; attempts are shared, so a
/// snapshot is cheap. This is also the form in which the journal and the evidence of a pass keep it: see
/// [`super::kept_form`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The engine's number for it.
    pub id: ExchangeId,
    /// What it is for.
    #[serde(default)]
    pub kind: ExchangeKind,
    /// One line: the message's text, or what was asked ("client credentials, 1 scope").
    #[serde(default)]
    pub what: String,
    /// The conversation it belongs to. Its key means nothing to another process.
    #[serde(skip)]
    pub conversation: Option<ConversationKey>,
    /// The message that it carries.
    #[serde(skip)]
    pub message: Option<MessageId>,
    /// That message was sent wrongly on purpose, in this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_as: Option<Variation>,
    /// When it was begun.
    #[serde(rename = "began")]
    pub started: Moment,
    /// How long it took; `None` while it is not settled.
    #[serde(with = "micros")]
    pub took: Option<Duration>,
    /// What happened, in order.
    pub steps: Vec<ExchangeStep>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Exchange {
    /// The tries, in order.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Arc<Attempt>> {
        self.steps.iter().filter_map(|s| match s {
            ExchangeStep::Try(a) => Some(a),
            ExchangeStep::Wait { .. } | ExchangeStep::Renewal { .. } => None,
        })
    }

    /// The newest try.
    pub fn last_attempt(&self) -> Option<&Arc<Attempt>> {
        self.attempts().next_back()
    }

    /// The HTTP status of the newest try.
    pub fn status(&self) -> Option<u16> {
        self.last_attempt()?.status()
    }

    /// When it was settled.
    pub fn ended(&self) -> Option<Moment> {
        Some(self.started.after(self.took?))
    }

    /// Milliseconds from beginning to settling.
    pub fn took_ms(&self) -> Option<u64> {
        self.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
    }

    /// The request id of the newest answer: `ININ-Correlation-Id`, `Genesys-Correlation-Id`, `x-request-id`, or the
    /// body's `contextId`, whichever came, with the name it came under. [GENESYS: real: documented, BLOG; the last of the
    /// headers from the Guest API's description]
    pub fn request_id(&self) -> Option<(&'static str, String)> {
        self.last_attempt()?.response()?.request_ids().into_iter().next()
    }
}
