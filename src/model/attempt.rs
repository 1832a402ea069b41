//! One try of an exchange: what was asked, what was answered or went wrong, and how long each part of it took.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::numbered;
use super::time::{micros, micros_of};
use super::{FailureKind, Generation, Moment, Party, Phase, Reason, TlsFault, failure};
use crate::text::json;

/// A header as it was sent or received, in order; its value is masked where it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(String, String)")]
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

impl From<Header> for (String, String) {
    fn from(header: Header) -> Self {
        (header.name, header.value)
    }
}

/// The first value of the header `name` in `headers`, whatever its case.
pub fn header<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
}

words! {
    /// What a body is, in the word that stands beside its size.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(from = "u8", into = "u8")]
    pub enum BodyForm: name {
        #[default]
        Empty = "not kept";
        Json = "json";
        /// `application/x-www-form-urlencoded`.
        Form = "form";
        /// UTF-8 text of another kind (HTML of a proxy, for instance).
        Text = "text";
        Binary = "binary, not shown";
    }
}

numbered!(BodyForm, BodyForm::Text, BodyForm::ALL);

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
    pub(crate) fn request_ids(&self) -> Vec<(&'static str, String)> {
        let named = ["inin-correlation-id", "genesys-correlation-id", "x-request-id"].into_iter();
        let named = named.filter_map(|name| Some((name, header(&self.headers, name)?.to_owned())));
        let context = || {
            let text = Some(&self.body.text).filter(|text| text.contains("contextId"))?;
            let value = json::read(text.as_bytes())?;
            let id = value.get("contextId")?.as_str().filter(|id| !id.is_empty())?;
            Some(("contextId", id.to_owned()))
        };
        named.chain(context()).collect()
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

    pub(crate) fn ended(&self) -> Moment {
        self.started.after(self.timing.total.unwrap_or_default())
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

/// Resolve, connect, tls, first byte, total, in microseconds; and whether the connection was used before.
type TimingForm = ([Option<u64>; 5], bool);

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

impl Timing {
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, Duration)> + use<> {
        let names = ["look-up", "connect", "TLS", "first byte", "total"];
        let parts = [self.resolve, self.connect, self.tls, self.first_byte, self.total];
        names.into_iter().zip(parts).filter_map(|(name, part)| Some((name, part?)))
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
    /// The server may have acted on it: a byte may have been written, and nobody promised that it was not processed.
    pub wrote: bool,
    /// What had come of a response, where a status line had come.
    pub partial: Option<Box<Response>>,
}

impl Failure {
    pub(crate) fn line(&self) -> String {
        failure::line(self.kind, self.phase, &self.party, &self.detail)
    }

    /// The same as a reason. What had come of an answer stands in the exchange.
    pub(crate) fn reason(&self) -> Reason {
        Reason::Broken(self.kind, self.phase, self.party.clone(), self.detail.clone())
    }

    /// Whether the same request would fail again at once: a certificate, a setting or a proxy stands in its way.
    pub(crate) fn is_permanent(&self) -> bool {
        match self.kind {
            FailureKind::Invalid | FailureKind::Tls(_) => true,
            FailureKind::Proxy => self.partial.as_ref().is_none_or(|answer| answer.status < 500),
            _ => false,
        }
    }

    /// How far it got, as a noun: `waiting for the answer`.
    pub const fn stage(&self) -> &'static str {
        if matches!(self.kind, FailureKind::Unrecorded) { "keeping what is to be sent" } else { self.phase.name() }
    }

    /// The same with its preposition: `during the TLS handshake`.
    pub(crate) const fn during(&self) -> &'static str {
        if matches!(self.kind, FailureKind::Unrecorded) {
            "while keeping what is to be sent"
        } else {
            self.phase.during()
        }
    }

    /// How a request that was written came to nothing; `None` where that is not known, or nothing was written.
    pub(crate) const fn in_vain(&self) -> Option<&'static str> {
        match self.kind {
            FailureKind::Unprocessed => Some("the server promised that it did not process the request"),
            // With TLS 1.3 the client may write before it is refused.
            FailureKind::Tls(TlsFault::ClientCertificate) => Some("the server read nothing of the request"),
            _ => None,
        }
    }

    /// A failure with the host itself, of which no answer came and no byte was written.
    pub(crate) fn new(kind: FailureKind, phase: Phase, detail: impl Into<String>) -> Self {
        Self { kind, phase, party: Party::Host {}, detail: detail.into(), wrote: false, partial: None }
    }

    #[must_use]
    pub(crate) fn with(self, party: Party) -> Self {
        Self { party, ..self }
    }

    /// The same after a byte of the request may have been written.
    pub fn written(kind: FailureKind, phase: Phase, detail: impl Into<String>) -> Self {
        Self { wrote: true, ..Self::new(kind, phase, detail) }
    }
}
