//! What others read of a run: forms of the same [`PassRun`], with the same ids. Pure: a run in, text out.
//!
//! ```text
//! PassRun ─► masked (the one redactor, over every text) ─┬─► junit     for CI
//!                                                        ├─► ctrf      for dashboards
//!                                                        ├─► markdown  for tickets and wikis
//!                                                        └─► html      for people: one page that needs nothing else
//! ```
//! A step's id (`case/step`) stands in each of them. What a person said and what the expectations suggested are both
//! kept, and where they differ is listed.

mod data;

#[cfg(test)]
#[path = "../../../tests/unit/pass/report.rs"]
mod tests;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::export::escape::{fill, page, unseen_as_escapes};
use crate::model::words;
use crate::pass::result::{CaseResult, ExchangeEvidence, ExpectationState, PassRun, StepResult, Verdict};
use crate::text::json::dense;

words! {
    /// A form of report, as `--report NAME=FILE` says it, and how its files usually end.
    pub enum ReportFormat: name, extension {
        /// JUnit XML.
        Junit = "junit", "xml";
        /// Common Test Report Format.
        Ctrf = "ctrf", "json";
        /// Markdown.
        Markdown = "md", "md";
        /// One HTML page.
        Html = "html", "html";
    }
}

impl ReportFormat {
    /// The report of a run, which must be [`masked`] already.
    pub fn write(self, run: &PassRun) -> Result<String, String> {
        if self == Self::Ctrf {
            return Ok(ctrf(run));
        }
        let filled = fill(&format!("run.{}", self.extension()), &data::of(run))?;
        if self != Self::Html {
            return Ok(filled);
        }
        let title = format!("{}: {}", run.name, data::tally(&run.tally()));
        page(&title, &filled, include_str!("../../../assets/report/filter.js"))
    }
}

/// A run as it is kept: masked, but for what is played on from: the file's text, and what was captured.
pub fn without_secrets(run: &PassRun, mask: &dyn Fn(&str) -> String) -> PassRun {
    let PassRun { source, captures, .. } = run.clone();
    PassRun { source, captures, ..masked(run, mask) }
}

/// Each form of a run's report, masked, by its file's name.
pub fn all(run: &PassRun, mask: &dyn Fn(&str) -> String) -> Result<Vec<(String, String)>, String> {
    let masked = masked(run, mask);
    ReportFormat::ALL
        .into_iter()
        .map(|form| Ok((format!("report.{}", form.extension()), form.write(&masked)?)))
        .collect()
}

/// Fields that hold a word out of a list of ours.
const OUR_WORDS: [&str; 5] = ["kind", "sent_as", "suggested", "verdict", "met"];

/// The run with `mask` over every text in it: also over notes, messages and captures, which no exchange has masked yet,
/// and over whatever is added to a run later.
pub fn masked(run: &PassRun, mask: &dyn Fn(&str) -> String) -> PassRun {
    fn walk(value: &mut Value, mask: &dyn Fn(&str) -> String) {
        match value {
            Value::String(text) => *text = mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, mask)),
            Value::Object(fields) => {
                let texts = fields.iter_mut().filter(|(name, _)| !OUR_WORDS.contains(&name.as_str()));
                texts.for_each(|(_, field)| walk(field, mask));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    // A mask that spoils a time or a verdict would spoil the run: such a mask leaves a report without its steps.
    let mut value = serde_json::to_value(run).unwrap_or_default();
    walk(&mut value, mask);
    serde_json::from_value(value).unwrap_or_else(|_| PassRun {
        about: None,
        source: String::new(),
        cases: Vec::new(),
        captures: std::collections::BTreeMap::new(),
        ..run.clone()
    })
}

/// Common Test Report Format, <https://ctrf.io>, specification 0.0.0: a test a step. `blocked` has no word of its own
/// there: it is `other`, with the word in `rawStatus`.
fn ctrf(run: &PassRun) -> String {
    let tally = run.tally();
    let stop = run.began.saturating_add(data::took(run)).unwrap_or(run.began);
    let tests: Vec<Value> =
        run.cases.iter().flat_map(|case| case.steps.iter().map(|step| test(run, case, step))).collect();
    let disagreements: Vec<Value> =
        run.disagreements().map(|step| json!({ "testId": step.id, "what": data::disagreement(step) })).collect();
    let report = json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "runId": run.id,
        "timestamp": stop.to_string(),
        "generatedBy": format!("guestwire {}", run.version),
        "results": {
            "tool": { "name": "guestwire", "version": run.version },
            "summary": {
                "tests": tally.all(),
                "passed": tally.pass,
                "failed": tally.fail,
                "pending": tally.open,
                "skipped": tally.skipped,
                "other": tally.blocked,
                "suites": run.cases.len(),
                "start": run.began.as_millisecond(),
                "stop": stop.as_millisecond(),
            },
            "tests": tests,
            "environment": {
                "reportName": run.name,
                "testEnvironment": run.profile,
                "extra": { "region": run.region, "place": run.place_word(), "file": run.file },
            },
            "extra": { "disagreements": disagreements },
        },
    });
    // A value of our own making always has a text.
    unseen_as_escapes(&serde_json::to_string_pretty(&report).unwrap_or_default()) + "\n"
}

const fn status(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Blocked) => "other",
        Some(verdict) => verdict.name(),
        None => "pending",
    }
}

fn test(run: &PassRun, case: &CaseResult, step: &StepResult) -> Value {
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let (start, stop) = millis(step.began).zip(millis(step.ended)).unzip();
    let reason = data::reason(step);
    let exchanges: Vec<String> = step.evidence.exchanges.iter().map(|one| data::in_a_line(&one.exchange)).collect();
    let met = |met: &ExpectationState| match met {
        ExpectationState::Yes => "passed",
        ExpectationState::No => "failed",
        ExpectationState::Blocked => "other",
        ExpectationState::Open | ExpectationState::Waiting { .. } => "pending",
    };
    let steps = step.expectations.iter();
    let steps: Vec<Value> =
        steps.map(|e| json!({ "name": e.what, "status": met(&e.met), "extra": { "detail": e.detail } })).collect();
    dense(json!({
        "testId": step.id,
        "name": if step.name.is_empty() { &step.id } else { &step.name },
        "status": status(step.counts()),
        "rawStatus": data::verdict(step.counts()),
        "duration": u64::try_from(step.open.as_millis()).unwrap_or(u64::MAX),
        "suite": [run.name, case.name],
        "filePath": run.file,
        "type": if step.judge.is_some() { "manual" } else { "automatic" },
        "start": start,
        "stop": stop,
        "retries": (step.runs > 1).then(|| step.runs - 1),
        "message": (!reason.is_empty()).then_some(reason),
        "stdout": (!exchanges.is_empty()).then_some(exchanges),
        "steps": (!steps.is_empty()).then_some(steps),
        "extra": extra(case, step),
    }))
}

fn extra(case: &CaseResult, step: &StepResult) -> Value {
    let exchange = |one: &ExchangeEvidence| {
        let e = &one.exchange;
        json!({
            "id": e.id, "kind": e.kind, "what": e.what, "status": e.status(), "outcome": e.outcome.word(),
            "tookMs": e.took_ms(), "requestId": e.request_id().map(|(_, id)| id),
            "cause": one.cause.as_ref().map(|c| &c.cause), "sentAs": e.sent_as,
        })
    };
    let exchanges: Vec<Value> = step.evidence.exchanges.iter().map(exchange).collect();
    json!({
        "instruction": step.instruction,
        "judge": step.judge,
        "suggested": step.suggested.map(Verdict::name),
        "verdict": step.verdict.map(Verdict::name),
        "disagreement": step.disagrees(),
        "cause": step.caused_by(),
        "note": step.note,
        "round": case.round,
        "conversation": case.conversation,
        "exchanges": exchanges,
    })
}
