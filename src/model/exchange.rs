//! One request and what came of it, with every try. Everything here is already redacted: secrets are taken out at
//! capture, in the engine, and never become part of these types.
//!
//! ```text
//! Exchange ─┬─ ExchangeStep::Try      one attempt: request, answer or failure, timing, token generation
//!           ├─ ExchangeStep::Wait     a counted-down pause (429, 503, connect failure, pacing)
//!           ├─ ExchangeStep::Renewal  a token renewal that this exchange waited for (an exchange of its own, linked)
//!           └─ Outcome                open, waiting, accepted, refused, unknown, failed, cancelled
//! ```

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::micros;
use super::{
    Attempt, ConversationKey, Ending, ExchangeId, Generation, MessageId, Moment, Reason, Request, Timing, Variation,
};

words! {
    /// What an exchange is for. The word stands in the log's kind column.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    pub enum ExchangeKind: name {
        /// Asking for a token, or asking what it may do.
        Token = "TOKEN";
        Send = "SEND";
        Read = "READ";
        /// A check made to find something out.
        Probe = "PROBE";
        /// One frame of the guest WebSocket, or the request that opens it.
        Frame = "FRAME";
        /// A webhook that came in: the request is the remote side's, the answer ours.
        Hook = "HOOK";
        /// Telling something that is no message: that the guest types, that a message has reached it; a file.
        Event = "EVENT";
        /// A person's note.
        Note = "NOTE";
        /// Something that guestwire says about itself.
        #[default]
        Sys = "SYS";
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
    /// The word in the log: `sending WAIT ok ERR UNKN CANC`.
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

    pub(crate) const fn kept_name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the exchange is over.
    pub const fn is_finished(&self) -> bool {
        !matches!(self, Self::Open | Self::Waiting)
    }

    /// Whether it ended as something that a tester looks for with "next error".
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Failed(_) | Self::Unknown(_))
    }

    pub(crate) fn words(&self) -> Option<String> {
        self.reason().map(ToString::to_string)
    }

    pub(crate) const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Refused(why) | Self::Unknown(why) | Self::Failed(why) => Some(why),
            _ => None,
        }
    }
}

/// Its name, and its reason.
impl From<Outcome> for (String, Option<Reason>) {
    fn from(outcome: Outcome) -> Self {
        (outcome.kept_name().to_owned(), outcome.reason().cloned())
    }
}

impl From<(String, Option<Reason>)> for Outcome {
    fn from((name, why): (String, Option<Reason>)) -> Self {
        let why = why.unwrap_or_else(|| Reason::from(""));
        let because = [Self::Refused, Self::Failed].map(|ended| ended(why.clone()));
        let mut known = [Self::Open, Self::Waiting, Self::Accepted, Self::Cancelled].into_iter().chain(because);
        known.find(|outcome| outcome.kept_name() == name).unwrap_or(Self::Unknown(why))
    }
}

/// One request and what came of it.
///
/// The engine reports an exchange as a whole snapshot whenever something about it changed; attempts are shared, so a
/// snapshot is cheap. This is also the form in which the journal and the evidence of a pass keep it: its
/// names and numbers are on people's disks, so add, and never change.
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
    /// How long it took; `None` while it is not finished.
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
        self.steps.iter().filter_map(|step| if let ExchangeStep::Try(attempt) = step { Some(attempt) } else { None })
    }

    /// The newest try.
    pub fn last_attempt(&self) -> Option<&Arc<Attempt>> {
        self.attempts().next_back()
    }

    /// Whether a try was a 401 that a later one with a newer token healed.
    pub(crate) fn has_healed(&self, earlier: &Attempt) -> bool {
        earlier.status() == Some(401)
            && self.attempts().any(|later| {
                later.number > earlier.number
                    && later.generation > earlier.generation
                    && later.status().is_some_and(|status| status != 401)
            })
    }

    /// Whether it is a frame of the guest socket, ours or theirs: its status is then the frame's code.
    pub(crate) fn is_frame(&self) -> bool {
        self.last_attempt().is_some_and(|a| matches!(a.request.method.as_str(), "FRAME" | "RECV"))
    }

    /// The status of the newest try.
    pub fn status(&self) -> Option<u16> {
        self.last_attempt()?.status()
    }

    pub(crate) fn ended(&self) -> Option<Moment> {
        Some(self.started.after(self.took?))
    }

    pub(crate) fn took_ms(&self) -> Option<u64> {
        self.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
    }

    /// The request id of the newest answer: `ININ-Correlation-Id`, `Genesys-Correlation-Id`, `x-request-id`, or the
    /// body's `contextId`, whichever came, with the name it came under. [GENESYS: real: documented, BLOG; the last of the
    /// headers from the Guest API's description]
    pub fn request_id(&self) -> Option<(&'static str, String)> {
        self.last_attempt()?.response()?.request_ids().into_iter().next()
    }

    pub(crate) fn began(&self) -> Option<Moment> {
        Some(self.last_attempt()?.started)
    }

    pub(crate) fn generation(&self) -> Option<Generation> {
        self.last_attempt()?.generation
    }

    pub(crate) fn begin(&mut self, request: Request, token: Option<(Generation, Duration)>, now: Moment) {
        self.outcome = Outcome::Open;
        self.steps.push(ExchangeStep::Try(Arc::new(Attempt {
            number: self.tries() + 1,
            started: now,
            generation: token.map(|(g, _)| g),
            token_age: token.map(|(_, age)| age),
            request: Arc::new(request),
            ending: None,
            timing: Timing::default(),
        })));
    }

    pub(crate) fn end(&mut self, (ending, timing): (Ending, Timing)) {
        let tries = self.steps.iter_mut().filter_map(|s| if let ExchangeStep::Try(a) = s { Some(a) } else { None });
        if let Some(attempt) = tries.last() {
            let attempt = Arc::make_mut(attempt);
            (attempt.ending, attempt.timing) = (Some(ending), timing);
        }
    }

    pub(crate) fn wait(&mut self, now: Moment, until: Moment, why: Reason) {
        self.steps.push(ExchangeStep::Wait { at: now, until, why });
        self.outcome = Outcome::Waiting;
    }

    pub(crate) fn renewal(&mut self, exchange: ExchangeId, now: Moment) {
        self.steps.push(ExchangeStep::Renewal { exchange, at: now, generation: None, took: None, waiting: 1 });
        self.outcome = Outcome::Waiting;
    }

    /// The renewal that it waited for is over. True if it waited for one.
    pub(crate) fn renewed(&mut self, brought: Option<Generation>, sharing: u32, now: Moment) -> bool {
        let Some(ExchangeStep::Renewal { at, generation, took: took @ None, waiting, .. }) = self.steps.last_mut()
        else {
            return false;
        };
        (*generation, *took, *waiting) = (brought, Some(now.since(*at)), sharing);
        true
    }

    pub(crate) fn waits_for_renewal(&self) -> bool {
        matches!(self.steps.last(), Some(ExchangeStep::Renewal { took: None, .. }))
    }

    pub(crate) fn finish(&mut self, outcome: Outcome, now: Moment) {
        self.outcome = outcome;
        self.took = Some(now.since(self.started));
    }

    pub(crate) fn tries(&self) -> u32 {
        u32::try_from(self.attempts().count()).unwrap_or(u32::MAX)
    }
}
