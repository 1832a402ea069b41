//! What a run of a pass leaves, finished or not. Plain data: kept in the journal as it is, and all that a report is
//! made of. The evidence is made from what was captured, so secrets are out of it already; its bodies are bounded,
//! since a run of fifty steps is kept whole.
//!
//! ```text
//! PassRun ─► CaseResult ─► StepResult ─┬─ expectations   what was looked at by itself, and what it showed
//!                                      ├─ suggested      what follows from them
//!                                      ├─ verdict        what a person says; it counts where there is one
//!                                      ├─ note           why, in the person's words
//!                                      └─ evidence       exchanges, messages, the screen as text
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::model::{
    Attempt, Body, Cause, Confidence, Diagnosis, Ending, Exchange, ExchangeStep, Outcome, RemoteMessage, words,
};
use crate::text::screen::head;

words! {
    /// What is said of a step.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Verdict: name {
        /// It is as it should be.
        Pass = "passed";
        /// It is not.
        Fail = "failed";
        /// It could not be tried: something before it, or around it, is broken.
        Blocked = "blocked";
        /// It was left out, on purpose or because nobody was there to judge it.
        Skip = "skipped";
    }
}

/// How an expectation stands. It is given up at `until`, by the wall clock; it is blocked where what would show it
/// could not be observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectationState {
    Open,
    Waiting { until: Timestamp },
    Yes,
    No,
    Blocked,
}

impl ExpectationState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting { .. } => "waiting",
            Self::Yes => "ok",
            Self::No => "wrong",
            Self::Blocked => "blocked",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectationResult {
    /// What was expected, in words: `refused: token-expired`, `reply contains "Welcome"`.
    pub what: String,
    pub met: ExpectationState,
    /// What met the expectation, or what was seen instead. One line.
    pub detail: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// `case/step`, the same in every report and run of the pass; with a `#2` behind it in the second round.
    pub id: String,
    pub name: String,
    /// What it does, or what a person is to do, in words.
    pub instruction: String,
    /// What a person must judge. `None`: the expectations say it all.
    pub judge: Option<String>,
    pub expectations: Vec<ExpectationResult>,
    /// What follows from the expectations. Also [`Verdict::Skip`] and [`Verdict::Blocked`], with the reason in `why`.
    pub suggested: Option<Verdict>,
    /// Why it was skipped or is blocked, where guestwire itself says so.
    pub why: Option<String>,
    /// The cause of its being blocked, by its fixed name, where guestwire itself knows it.
    #[serde(default)]
    pub cause: Option<String>,
    /// What a person says. It counts more than what is suggested.
    pub verdict: Option<Verdict>,
    pub note: Option<String>,
    pub began: Option<Timestamp>,
    /// When it was last left with a verdict.
    pub ended: Option<Timestamp>,
    /// How long it was open in all. The timer stands while the pass is paused or another step is open.
    pub open: Duration,
    /// How often it was run.
    pub runs: u32,
    pub evidence: StepEvidence,
}

impl StepResult {
    /// What counts: the person's verdict, else the suggested one.
    pub fn counts(&self) -> Option<Verdict> {
        self.verdict.or(self.suggested)
    }

    /// Why it failed or is blocked, by the cause's fixed name. What is said of the newest exchange that was not
    /// accepted counts where the step itself has no cause; a blocked step of which nothing is known has `unknown`.
    pub fn caused_by(&self) -> Option<&str> {
        let refused = self.evidence.exchanges.iter().rev().filter(|x| x.exchange.outcome != Outcome::Accepted);
        let told = refused.filter_map(|x| x.cause.as_ref()).find(|c| c.confidence != Confidence::Possible.name());
        let known = self.cause.as_deref().or_else(|| told.map(|c| c.cause.as_str()));
        match self.counts()? {
            Verdict::Fail => known,
            Verdict::Blocked => Some(known.unwrap_or(Cause::Unknown.name())),
            Verdict::Pass | Verdict::Skip => None,
        }
    }

    pub fn disagrees(&self) -> bool {
        matches!((self.verdict, self.suggested), (Some(said), Some(suggested)) if said != suggested)
    }

    pub fn unmet(&self) -> impl Iterator<Item = &ExpectationResult> {
        self.expectations.iter().filter(|e| e.met == ExpectationState::No)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    pub id: String,
    pub name: String,
    pub about: Option<String>,
    /// Which round it is of, from 1.
    pub round: u32,
    /// The conversation that its steps speak in, unless they say otherwise.
    pub conversation: Option<String>,
    pub steps: Vec<StepResult>,
}

impl CaseResult {
    /// What counts for the case as a whole: the worst of its steps; `None` while one has nothing.
    pub fn counts(&self) -> Option<Verdict> {
        let worst = [Some(Verdict::Fail), Some(Verdict::Blocked), None, Some(Verdict::Pass)];
        let there = |verdict: &Option<Verdict>| self.steps.iter().any(|step| step.counts() == *verdict);
        worst.into_iter().find(there).unwrap_or(Some(Verdict::Skip))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub pass: usize,
    pub fail: usize,
    pub blocked: usize,
    pub skipped: usize,
    pub open: usize,
}

impl Tally {
    pub fn of<'s>(steps: impl Iterator<Item = &'s StepResult> + Clone) -> Self {
        let count = |verdict| steps.clone().filter(|step| step.counts() == verdict).count();
        let [pass, fail, blocked, skipped] = Verdict::ALL.map(|verdict| count(Some(verdict)));
        Self { pass, fail, blocked, skipped, open: count(None) }
    }

    pub const fn counts(&self) -> [(usize, &'static str); 5] {
        let Self { pass, fail, blocked, skipped, open } = *self;
        [(pass, "passed"), (fail, "failed"), (blocked, "blocked"), (skipped, "skipped"), (open, "open")]
    }

    pub const fn all(&self) -> usize {
        self.pass + self.fail + self.blocked + self.skipped + self.open
    }
}

/// Everything about one run of a pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassRun {
    /// A UUID, given when it began.
    pub id: String,
    pub(crate) name: String,
    pub(crate) about: Option<String>,
    /// The file as it was named, or `built-in:smoke`.
    pub(crate) file: String,
    /// The file's text when the run began: what is resumed is what was begun.
    pub(crate) source: String,
    pub(crate) profile: String,
    pub(crate) region: String,
    /// Against a sandbox; otherwise a real organisation was spoken to.
    pub(crate) sandbox: bool,
    pub(crate) version: String,
    pub(crate) began: Timestamp,
    /// When it was ended; `None` while it can go on.
    pub ended: Option<Timestamp>,
    /// Its cases; with several rounds, each round's after the other's.
    pub cases: Vec<CaseResult>,
    /// What was captured from answers, by name: secrets are masked in it as everywhere.
    pub(crate) captures: BTreeMap<String, String>,
    /// How many messages it has sent: the next `{{seq}}`.
    pub(crate) sent: u64,
    /// Where it stands: the open case and step. Past the last case once all was gone through.
    pub at: (usize, usize),
}

impl PassRun {
    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &StepResult> + Clone {
        self.cases.iter().flat_map(|c| &c.steps)
    }

    pub(crate) fn tally(&self) -> Tally {
        Tally::of(self.steps())
    }

    pub(crate) fn disagreements(&self) -> impl Iterator<Item = &StepResult> {
        self.steps().filter(|s| s.disagrees())
    }

    pub(crate) const fn place_word(&self) -> &'static str {
        if self.sandbox { "SANDBOX" } else { "LIVE" }
    }
}

pub const BODY_KEPT: usize = 16 << 10;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvidence {
    pub exchanges: Vec<ExchangeEvidence>,
    /// The messages of both sides, in the order in which they became known.
    pub said: Vec<SaidMessage>,
    /// The conversation as the screen showed it when the step was judged. `None` without a screen.
    pub screen: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidMessage {
    /// `guest`, `bot`, `agent` or `system`.
    pub author: String,
    pub text: String,
    /// When: ours by this machine's clock, theirs by the remote side's.
    pub at: Timestamp,
    /// Where ours stands (`accepted`, `refused` …); `None` for theirs.
    #[serde(rename = "life")]
    pub delivery: Option<String>,
    pub remote_id: Option<String>,
    pub choices: Vec<String>,
    pub sent_as: Option<String>,
}

impl SaidMessage {
    pub fn from_remote(message: &RemoteMessage) -> Self {
        Self {
            author: message.author.name().to_owned(),
            text: message.text.clone(),
            at: message.at,
            remote_id: Some(message.id.clone()),
            choices: message.choices.iter().map(|c| c.label.clone()).collect(),
            ..Self::default()
        }
    }
}

/// An exchange, with its conversation's name and its cause, which the exchange itself does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeEvidence {
    /// What happened, with bodies of at most [`BODY_KEPT`].
    pub exchange: Exchange,
    pub conversation: Option<String>,
    pub cause: Option<CauseRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseRecord {
    pub cause: String,
    /// `sure`, `likely` or `possible`.
    pub confidence: String,
    pub because: String,
}

impl ExchangeEvidence {
    pub fn of(exchange: &Exchange, conversation: Option<String>, diagnosis: Option<&Diagnosis>) -> Self {
        // What is kept means the same to another process.
        let mut exchange = Exchange { conversation: None, message: None, ..exchange.clone() };
        for step in &mut exchange.steps {
            if let ExchangeStep::Try(attempt) = step {
                bound(attempt);
            }
        }
        let cause = diagnosis.map(|diagnosis| CauseRecord {
            cause: diagnosis.cause().name().to_owned(),
            confidence: diagnosis.confidence().name().to_owned(),
            because: diagnosis.sentence(),
        });
        Self { exchange, conversation, cause }
    }
}

fn bound(attempt: &mut Arc<Attempt>) {
    let long = |body: &Body| body.text.len() > BODY_KEPT;
    if long(&attempt.request.body) || attempt.response().is_some_and(|response| long(&response.body)) {
        let attempt = Arc::make_mut(attempt);
        let request = &mut Arc::make_mut(&mut attempt.request).body;
        let response = match &mut attempt.ending {
            Some(Ending::Answered(response)) => Some(response),
            Some(Ending::Failed(failure)) => failure.partial.as_deref_mut(),
            None => None,
        };
        for body in std::iter::once(request).chain(response.map(|response| &mut response.body)) {
            body.truncated |= long(body);
            body.text.truncate(head(&body.text, BODY_KEPT).len());
        }
    }
}

/// A run that was kept, in whatever form; `None` where it cannot be read any more. Earlier builds left each exchange in
/// a form of its own, which is made an [`Exchange`] again here: journals of all earlier builds stay readable.
pub fn kept_run(progress: &str) -> Option<PassRun> {
    let mut run: Value = serde_json::from_str(progress).ok()?;
    for case in run.get_mut("cases")?.as_array_mut()? {
        for step in case.get_mut("steps")?.as_array_mut()? {
            let exchanges = step.pointer_mut("/evidence/exchanges").and_then(Value::as_array_mut);
            for record in exchanges.into_iter().flatten().filter(|record| record.get("exchange").is_none()) {
                let exchange = older_exchange(record);
                *record =
                    json!({ "exchange": exchange, "conversation": record["conversation"], "cause": record["cause"] });
            }
        }
    }
    serde_json::from_value(run).ok()
}

fn older_exchange(record: &Value) -> Value {
    let outcome = match record["outcome"].as_str().unwrap_or_default() {
        "sending" => "open",
        "WAIT" => "waiting",
        "ok" => "accepted",
        "ERR" => "refused",
        "CANC" => "cancelled",
        _ => "unknown",
    };
    let renewal = json!({ "renewal":
        { "exchange": 0, "at": micros(&record["at"]), "generation": null, "took": null, "waiting": 1 } });
    let renewals = usize::try_from(record["renewals"].as_u64().unwrap_or(0)).unwrap_or(0);
    let tries = record["tries"].as_array().into_iter().flatten().map(|one| json!({ "try": older_attempt(one) }));
    let steps: Vec<Value> = std::iter::repeat_n(renewal, renewals).chain(tries).collect();
    json!({
        "id": record["id"], "kind": record["kind"], "what": record["what"], "sent_as": record["sent_as"],
        "began": micros(&record["at"]), "took": record["took_ms"].as_u64().map(|ms| ms * 1_000),
        "outcome": [outcome, record["reason"]], "steps": steps,
    })
}

fn older_attempt(one: &Value) -> Value {
    let response = (!one["status"].is_null()).then(|| {
        json!({ "status": one["status"], "version": "", "headers": one["response_headers"],
            "body": older_body(&one["response_body"]), "remote": null })
    });
    let ending = match (&one["failure"], response) {
        (Value::Null, None) => Value::Null,
        (Value::Null, Some(response)) => json!({ "answered": response }),
        (why, partial) => json!({ "failed":
            { "kind": 5, "phase": 4, "detail": why, "wrote": true, "partial": partial } }),
    };
    let timing = ["resolve_us", "connect_us", "tls_us", "first_byte_us", "total_us"].map(|part| &one["timing"][part]);
    json!({
        "number": one["number"], "at": micros(&one["at"]), "generation": one["generation"], "token_age": null,
        "method": one["method"], "url": one["url"], "headers": one["request_headers"],
        "body": older_body(&one["request_body"]), "ending": ending, "timing": [timing, one["timing"]["reused"]],
    })
}

fn older_body(record: &Value) -> Value {
    let mut body = record.as_object().cloned().unwrap_or_else(Map::new);
    body.insert("form".to_owned(), json!(3));
    Value::Object(body)
}

fn micros(at: &Value) -> i64 {
    at.as_str().and_then(|at| at.parse().ok()).map_or(0, Timestamp::as_microsecond)
}
