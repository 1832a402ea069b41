//! What a series asks, finds and ends with.

use crate::diagnosis::case::{Case, ProfileFacts};
use crate::diagnosis::evidence::history::PastExchanges;
use crate::diagnosis::evidence::request::authority;
use crate::model::words::words;
use crate::model::{
    Attempt, Cause, Channel, Confidence, ConversationKey, Diagnosis, Exchange, ExchangeId, Outcome, ProbeQuestion,
    TokenFacts,
};
use crate::text::one_line;

words! {
    /// How a probe came out.
    pub enum ProbeResult: word {
        /// As it should.
        Pass = "pass";
        /// Not as it should.
        Fail = "fail";
        /// It was not asked, or could not tell.
        Skip = "skip";
    }
}

/// What one probe showed. One exchange may show several things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name: `names tls token scopes region clock conversation participant replies integration deployment domains
    /// origin limits send`.
    pub name: &'static str,
    /// How it came out.
    pub result: ProbeResult,
    /// What was seen, one line.
    pub detail: String,
    /// The exchange that shows it.
    pub exchange: Option<ExchangeId>,
    /// The request id of its answer.
    pub request_id: Option<String>,
}

/// How far the series got when it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoctorStage {
    /// The hosts.
    Hosts,
    /// Getting a token.
    Token,
    /// Everything after that.
    Beyond,
}

/// What the series ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorVerdict {
    /// The cause; `None`: all is well.
    pub cause: Option<Cause>,
    /// How sure.
    pub confidence: Confidence,
    /// Why, one sentence without a full stop.
    pub because: String,
    /// How far the series got.
    pub stage: DoctorStage,
    /// The test message may or may not have been received.
    pub send_unknown: bool,
}

impl DoctorVerdict {
    pub(super) fn new(cause: Option<Cause>, confidence: Confidence, because: impl Into<String>) -> Self {
        Self { cause, confidence, because: because.into(), stage: DoctorStage::Beyond, send_unknown: false }
    }

    /// Of a series that was stopped before anything was decided.
    pub fn undecided(why: &str, send_unknown: bool) -> Self {
        Self { send_unknown, ..Self::new(Some(Cause::Unknown), Confidence::Possible, why) }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoctorStep {
    /// Ask the engine.
    Ask(ProbeQuestion),
    /// Send a test message into this conversation.
    Send(ConversationKey),
    /// It is over.
    Over(DoctorVerdict),
}

/// What answers are judged with.
#[derive(Clone, Copy, Debug)]
pub struct DoctorEvidence<'e> {
    /// The profile.
    pub profile: &'e ProfileFacts,
    /// What exchanges showed, that of the answer included.
    pub history: &'e PastExchanges,
    /// The token in use.
    pub token: Option<&'e TokenFacts>,
    /// A proxy leads to the organisation's hosts.
    pub proxied: bool,
}

/// An exchange shows that all is well there.
pub(super) fn pass(name: &'static str, detail: impl Into<String>, exchange: &Exchange) -> Finding {
    let request_id = exchange.request_id().map(|(_, id)| id);
    Finding { name, result: ProbeResult::Pass, detail: detail.into(), exchange: Some(exchange.id), request_id }
}

/// An exchange shows that it is not.
pub(super) fn fail(name: &'static str, detail: impl Into<String>, exchange: &Exchange) -> Finding {
    Finding { result: ProbeResult::Fail, ..pass(name, detail, exchange) }
}

/// An exchange does not tell.
pub(super) fn skip(name: &'static str, detail: impl Into<String>, exchange: &Exchange) -> Finding {
    Finding { result: ProbeResult::Skip, ..pass(name, detail, exchange) }
}

/// Why an exchange did not come out well, in one line.
pub(super) fn reason(exchange: &Exchange, unknown: &str) -> String {
    one_line(&exchange.outcome.words().unwrap_or_else(|| unknown.to_owned()))
}

/// What the clocks' difference is called.
pub(super) fn skew_words(seconds: i64) -> String {
    let side = if seconds > 0 { "ahead of" } else { "behind" };
    format!("the server's clock is {} s {side} this machine's", seconds.abs())
}

/// What came of the test message.
pub(super) fn test_message(exchange: &Exchange) -> Finding {
    match &exchange.outcome {
        Outcome::Accepted => pass("send", "the test message was accepted", exchange),
        Outcome::Cancelled => skip("send", "the test message was cancelled", exchange),
        _ => fail("send", reason(exchange, "no outcome"), exchange),
    }
}

pub(super) fn diagnose(
    exchange: &Exchange,
    channel: Option<Channel>,
    evidence: &DoctorEvidence<'_>,
) -> Option<Diagnosis> {
    crate::diagnosis::diagnose(&Case { exchange, channel, profile: evidence.profile, history: evidence.history })
}

/// A finding that no exchange shows.
pub(super) fn plain(name: &'static str, result: ProbeResult, detail: impl Into<String>) -> Finding {
    Finding { name, result, detail: detail.into(), exchange: None, request_id: None }
}

fn within(took: Option<std::time::Duration>) -> String {
    took.map_or_else(String::new, |d| format!(" in {} ms", d.as_millis()))
}

/// The host's name has an address.
pub(super) fn named(attempt: &Attempt, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Finding {
    let host = authority(&attempt.request.url);
    if evidence.proxied {
        return skip("names", format!("{host}: the proxy looks up its name"), exchange);
    }
    let timing = &attempt.timing;
    let how = if timing.reused { " (by an open connection)".to_owned() } else { within(timing.resolve) };
    pass("names", format!("{host}{how}"), exchange)
}

/// The host has an address, its certificate is good, and it answers.
pub(super) fn answered(exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
    let Some(attempt) = exchange.last_attempt() else { return Vec::new() };
    let host = authority(&attempt.request.url);
    let status = attempt.status().unwrap_or(0);
    let tls = if attempt.request.url.starts_with("https:") {
        let how = within(attempt.timing.connect);
        let detail = format!("{host}: the certificate is accepted, connected{how}; it answers {status}");
        pass("tls", detail, exchange)
    } else {
        let detail = format!("{host} is plain http on this machine; it answers {status}");
        skip("tls", detail, exchange)
    };
    vec![named(attempt, exchange, evidence), tls]
}
