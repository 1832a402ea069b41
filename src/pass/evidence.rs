//! What shows how a step went: the exchanges behind it, what was said, the screen as text. Made from what was captured,
//! so secrets are out of it already; bodies are bounded, since a run of fifty steps is kept whole.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Attempt, Author, Body, DeliveryStatus, Diagnosis, Ending, Exchange, ExchangeStep, Header, RemoteMessage, Timing,
};

/// Bytes of a body that evidence keeps.
pub const BODY_KEPT: usize = 16 << 10;

/// What shows how a step went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvidence {
    /// The exchanges, in the order in which they began.
    pub exchanges: Vec<ExchangeRecord>,
    /// The messages of both sides, in the order in which they became known.
    pub said: Vec<SaidMessage>,
    /// The conversation as the screen showed it when the step was judged. `None` without a screen.
    pub screen: Option<String>,
}

/// One message, as far as a report goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidMessage {
    /// In which conversation, by name.
    pub conversation: String,
    /// `guest`, `bot`, `agent` or `system`.
    pub author: String,
    /// What it says.
    pub text: String,
    /// When: ours by this machine's clock, theirs by the remote side's.
    pub at: Timestamp,
    /// Where ours stands (`accepted`, `refused` …); `None` for theirs.
    pub life: Option<String>,
    /// The remote side's id.
    pub remote_id: Option<String>,
    /// The labels that it offered to answer with.
    pub choices: Vec<String>,
    /// How it was sent wrongly on purpose.
    pub sent_as: Option<String>,
    /// The exchange that carried it: [`ExchangeRecord::id`].
    pub exchange: Option<u64>,
}

impl SaidMessage {
    /// One of theirs.
    pub fn heard(conversation: &str, message: &RemoteMessage) -> Self {
        Self {
            conversation: conversation.to_owned(),
            author: message.author.word().to_owned(),
            text: message.text.clone(),
            at: message.at,
            life: None,
            remote_id: Some(message.id.clone()),
            choices: message.choices.iter().map(|c| c.label.clone()).collect(),
            sent_as: None,
            exchange: None,
        }
    }

    /// Whether the guest said it.
    pub fn is_ours(&self) -> bool {
        self.author == Author::Guest.word()
    }

    /// Where ours stands now.
    pub fn now(&mut self, life: &DeliveryStatus) {
        self.life = Some(life.word().to_owned());
    }
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// Its number in the process that made it.
    pub id: u64,
    /// `TOKEN`, `SEND`, `READ` …
    pub kind: String,
    /// One line: the message's text, or what was asked.
    pub what: String,
    /// The conversation, by name.
    pub conversation: Option<String>,
    /// How it was sent wrongly on purpose.
    pub sent_as: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// How long it took; `None` while open.
    pub took_ms: Option<u64>,
    /// HTTP status of the newest try.
    pub status: Option<u16>,
    /// `ok`, `ERR`, `UNKN`, `CANC`, or what it waits for.
    pub outcome: String,
    /// The one-line reason, where it is no success.
    pub reason: Option<String>,
    /// The request id and the name under which it came.
    pub request_id: Option<(String, String)>,
    /// Why, as far as could be told: the cause, the confidence, the sentence.
    pub cause: Option<CauseRecord>,
    /// How often the token was renewed on the way.
    pub renewals: usize,
    /// The tries, in order.
    pub tries: Vec<TryRecord>,
}

/// What was diagnosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseRecord {
    /// The cause's fixed name.
    pub cause: String,
    /// `sure`, `likely` or `possible`.
    pub confidence: String,
    /// The evidence for it, one sentence.
    pub because: String,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryRecord {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// The token generation used.
    pub generation: Option<u32>,
    /// `POST` …
    pub method: String,
    /// Absolute.
    pub url: String,
    /// In order.
    pub request_headers: Vec<(String, String)>,
    /// What was sent.
    pub request_body: BodyRecord,
    /// HTTP status, if a status line came.
    pub status: Option<u16>,
    /// In order.
    pub response_headers: Vec<(String, String)>,
    /// What came.
    pub response_body: BodyRecord,
    /// What went wrong below HTTP, one line.
    pub failure: Option<String>,
    /// How long it took.
    pub timing: TimingRecord,
}

/// A body, cut to [`BODY_KEPT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyRecord {
    /// The text that is kept.
    pub text: String,
    /// Bytes in all.
    pub total: u64,
    /// `Content-Type` without parameters.
    pub mime: Option<String>,
    /// Whether less is kept than there was.
    pub cut: bool,
}

/// Microseconds; what was not measured is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimingRecord {
    /// Name look-up.
    pub resolve_us: Option<u64>,
    /// TCP connect.
    pub connect_us: Option<u64>,
    /// TLS handshake.
    pub tls_us: Option<u64>,
    /// From the start to the status line.
    pub first_byte_us: Option<u64>,
    /// From the start to the end.
    pub total_us: Option<u64>,
    /// An open connection was used again.
    pub reused: bool,
}

impl ExchangeRecord {
    /// The exchange as it stands. `conversation` is the name of the one it belongs to.
    pub fn of(exchange: &Exchange, conversation: Option<&str>, diagnosis: Option<&Diagnosis>) -> Self {
        Self {
            id: exchange.id.0,
            kind: exchange.kind.word().to_owned(),
            what: exchange.what.clone(),
            conversation: conversation.map(str::to_owned),
            sent_as: exchange.sent_as.map(|v| v.as_str().to_owned()),
            at: exchange.started.wall,
            took_ms: exchange.duration().map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
            status: exchange.status(),
            outcome: exchange.outcome.word().to_owned(),
            reason: exchange.outcome.words(),
            request_id: exchange.request_id().map(|(name, id)| (name.to_owned(), id)),
            cause: diagnosis.map(CauseRecord::of),
            renewals: exchange.steps.iter().filter(|s| matches!(s, ExchangeStep::Renewal { .. })).count(),
            tries: exchange.attempts().map(|a| TryRecord::of(a)).collect(),
        }
    }
}

impl CauseRecord {
    fn of(diagnosis: &Diagnosis) -> Self {
        Self {
            cause: diagnosis.cause().as_str().to_owned(),
            confidence: diagnosis.confidence().word().to_owned(),
            because: diagnosis.sentence(),
        }
    }
}

impl TryRecord {
    fn of(attempt: &Attempt) -> Self {
        let response = attempt.response();
        let failure = match &attempt.ending {
            Some(Ending::Failed(failure)) => Some(failure.line()),
            Some(Ending::Answered(_)) | None => None,
        };
        Self {
            number: attempt.number,
            at: attempt.started.wall,
            generation: attempt.generation.map(|g| g.0),
            method: attempt.request.method.clone(),
            url: attempt.request.url.clone(),
            request_headers: pairs(&attempt.request.headers),
            request_body: BodyRecord::of(&attempt.request.body),
            status: attempt.status(),
            response_headers: response.map(|r| pairs(&r.headers)).unwrap_or_default(),
            response_body: response.map(|r| BodyRecord::of(&r.body)).unwrap_or_default(),
            failure,
            timing: TimingRecord::of(&attempt.timing),
        }
    }
}

fn pairs(headers: &[Header]) -> Vec<(String, String)> {
    headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect()
}

impl BodyRecord {
    fn of(body: &Body) -> Self {
        let end = body.text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= BODY_KEPT).last();
        let text = body.text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
        let cut = body.truncated || text.len() < body.text.len();
        Self { text, total: body.total, mime: body.mime.clone(), cut }
    }
}

impl TimingRecord {
    fn of(timing: &Timing) -> Self {
        let us = |span: Option<Duration>| span.map(|d| u64::try_from(d.as_micros()).unwrap_or(u64::MAX));
        Self {
            resolve_us: us(timing.resolve),
            connect_us: us(timing.connect),
            tls_us: us(timing.tls),
            first_byte_us: us(timing.first_byte),
            total_us: us(timing.total),
            reused: timing.reused,
        }
    }
}
