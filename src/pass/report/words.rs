//! Words and figures that all reports share.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Cause, Exchange};
use crate::pass::{PassRun, StepResult, Tally, Verdict};
use crate::text::counted;

/// `1.204 s`, `2 m 05 s`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds >= 60 {
        return format!("{} m {:02} s", seconds / 60, seconds % 60);
    }
    format!("{seconds}.{:03} s", span.subsec_millis())
}

/// `2026-11-23 14:03:20 UTC`.
pub fn time(at: Timestamp) -> String {
    at.strftime("%F %T UTC").to_string()
}

/// How long the run took, as far as it has come.
pub fn took(run: &PassRun) -> Duration {
    let ended = run.ended.or_else(|| run.steps().filter_map(|s| s.ended).max()).unwrap_or(run.began);
    Duration::try_from(ended.duration_since(run.began)).unwrap_or_default()
}

/// `passed`, `failed`, `blocked`, `skipped`, or `open`.
pub fn verdict(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("open", Verdict::word)
}

/// `12 steps: 9 passed, 1 failed, 2 skipped`.
pub fn tally(tally: &Tally) -> String {
    let parts: Vec<String> =
        tally.counts().iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    format!("{}: {}", counted(tally.all(), "step"), parts.join(", "))
}

/// Why a step counts as it does, one line: a person's note, what guestwire says, the cause, and the
/// expectations that were not met.
pub fn reason(step: &StepResult) -> String {
    let mut parts: Vec<String> = step.note.iter().chain(&step.why).cloned().collect();
    let cause = step.caused_by().filter(|cause| *cause != Cause::Unknown.as_str());
    parts.extend(cause.map(|cause| format!("cause {cause}")));
    parts.extend(step.unmet().map(|e| match &e.detail {
        Some(detail) => format!("expected {}, found: {detail}", e.what),
        None => format!("expected {}", e.what),
    }));
    if step.disagrees() {
        parts.push(disagreement(step));
    }
    parts.join("; ")
}

/// `the verdict is passed, but the expectations suggest fail`.
pub fn disagreement(step: &StepResult) -> String {
    format!("the verdict is {}, but the expectations suggest {}", verdict(step.verdict), verdict(step.suggested))
}

/// `SEND "hello" ok 200 182 ms x-request-id e42c…`: an exchange in a line.
pub fn exchange(exchange: &Exchange) -> String {
    let (kind, outcome) = (exchange.kind.word(), exchange.outcome.word());
    let head = format!("{} {kind} {outcome} “{}”", time(exchange.started.wall), exchange.what);
    let status = exchange.status().map(|s| s.to_string());
    let took = exchange.took_ms().map(|ms| format!("{ms} ms"));
    let id = exchange.request_id().map(|(name, id)| format!("{name} {id}"));
    let purpose = exchange.sent_as.map(|how| format!("wrongly on purpose: {how}"));
    let parts = [Some(head), status, took, exchange.outcome.words(), purpose, id];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
