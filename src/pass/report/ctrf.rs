//! Common Test Report Format, <https://ctrf.io>, specification 0.0.0: a test a step. `blocked` has no word of its own
//! there: it is `other`, with the word in `rawStatus`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::pass::{CaseResult, ExchangeEvidence, ExpectationState, PassRun, StepResult, Verdict};

use super::view;
use crate::export::escape::unseen_as_escapes;
use crate::text::json::dense;

pub fn ctrf(run: &PassRun) -> String {
    let tally = run.tally();
    let stop = run.began.saturating_add(view::took(run)).unwrap_or(run.began);
    let tests: Vec<Value> =
        run.cases.iter().flat_map(|case| case.steps.iter().map(|step| test(run, case, step))).collect();
    let disagreements: Vec<Value> =
        run.disagreements().map(|step| json!({ "testId": step.id, "what": view::disagreement(step) })).collect();
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
        Some(Verdict::Pass) => "passed",
        Some(Verdict::Fail) => "failed",
        Some(Verdict::Blocked) => "other",
        Some(Verdict::Skip) => "skipped",
        None => "pending",
    }
}

fn test(run: &PassRun, case: &CaseResult, step: &StepResult) -> Value {
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let (start, stop) = millis(step.began).zip(millis(step.ended)).unzip();
    let reason = view::reason(step);
    let exchanges: Vec<String> = step.evidence.exchanges.iter().map(|one| view::in_a_line(&one.exchange)).collect();
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
        "rawStatus": view::verdict(step.counts()),
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
        "suggested": step.suggested.map(Verdict::word),
        "verdict": step.verdict.map(Verdict::word),
        "disagreement": step.disagrees(),
        "cause": step.caused_by(),
        "note": step.note,
        "round": case.round,
        "conversation": case.conversation,
        "exchanges": exchanges,
    })
}
