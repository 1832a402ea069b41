//! The data of a run that the templates of its reports show (`assets/report/run.*`). Nothing is
//! escaped here. The page, the Markdown and the JUnit file are made of the same values.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{Attempt, Body, Cause, Ending, Exchange, ExchangeStep, Outcome, Timing};
use crate::pass::result::{CaseResult, ExchangeEvidence, PassRun, SaidMessage, StepResult, Tally, Verdict};
use crate::text::counted;
use crate::text::json::{self, with};

pub(super) fn of(run: &PassRun) -> Value {
    let (counts, took) = (run.tally(), took(run));
    let bad = run.steps().filter(|step| matches!(step.counts(), Some(Verdict::Fail | Verdict::Blocked)));
    json!({
        "id": run.id,
        "name": run.name,
        "about": run.about,
        "file": run.file,
        "profile": run.profile,
        "region": run.region,
        "place": run.place_word(),
        "version": run.version,
        "began": time(run.began),
        "took": span(took),
        "seconds": format!("{:.3}", took.as_secs_f64()),
        "is_finished": run.ended.is_some(),
        "tally": tally(&counts),
        "tests": tests(&counts),
        "counts": counts.counts(),
        "bad": bad.map(summary).collect::<Vec<_>>(),
        "differing": run.disagreements().map(summary).collect::<Vec<_>>(),
        "timings": timings(run),
        "cases": run.cases.iter().map(|one| case(run, one)).collect::<Vec<_>>(),
    })
}

fn tests(tally: &Tally) -> Value {
    with(json!(tally), json!({ "all": tally.all() }))
}

fn case(run: &PassRun, case: &CaseResult) -> Value {
    let began = case.steps.iter().filter_map(|step| step.began).min().unwrap_or(run.began);
    json!({
        "id": case.id,
        "name": case.name,
        "about": case.about,
        "round": case.round,
        "conversation": case.conversation,
        "counts": verdict(case.counts()),
        "tests": tests(&Tally::of(case.steps.iter())),
        "seconds": format!("{:.3}", case.steps.iter().map(|step| step.open.as_secs_f64()).sum::<f64>()),
        // JUnit has no zone: UTC.
        "timestamp": began.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        "steps": case.steps.iter().map(|one| step(run, one)).collect::<Vec<_>>(),
    })
}

fn summary(step: &StepResult) -> Value {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { ':' };
    json!({
        "id": step.id,
        "anchor": format!("s-{}", step.id.chars().map(safe).collect::<String>()),
        "name": step.name,
        "counts": verdict(step.counts()),
        "reason": reason(step),
        "disagreement": disagreement(step),
    })
}

fn step(run: &PassRun, step: &StepResult) -> Value {
    let more = json!({
        "instruction": step.instruction,
        "judge": step.judge,
        "verdict": step.verdict.map(Verdict::name),
        "suggested": step.suggested.map(Verdict::name),
        "disagrees": step.disagrees(),
        // Who reads or prints a report looks for what did not pass.
        "is_folded": step.counts() == Some(Verdict::Pass) && !step.disagrees(),
        "why": step.why,
        "cause": step.caused_by().unwrap_or_default(),
        "note": step.note,
        "runs": step.runs,
        "open": span(step.open),
        "seconds": format!("{:.3}", step.open.as_secs_f64()),
        "expectations": step.expectations.iter().map(|e| with(json!(e), json!({ "met": e.met.word() }))).collect::<Vec<_>>(),
        "said": step.evidence.said.iter().map(said).collect::<Vec<_>>(),
        "exchanges": step.evidence.exchanges.iter().map(|one| exchange(run, one)).collect::<Vec<_>>(),
        "screen": step.evidence.screen,
        "failure": failure(step),
        "output": output(step),
    });
    with(summary(step), more)
}

fn said(said: &SaidMessage) -> Value {
    let clock = said.at.strftime("%H:%M:%S").to_string();
    with(json!(said), json!({"clock": clock, "time": time(said.at), "delivery": said.delivery}))
}

/// What did not come as expected, a line each: what a CI server shows of a failed step.
fn failure(step: &StepResult) -> Vec<String> {
    let found = step.unmet().map(|e| (&e.what, e.detail.as_deref().unwrap_or("nothing")));
    let unmet = found.map(|(what, found)| format!("expected {what}, found: {found}"));
    step.caused_by().map(|cause| format!("cause {cause}")).into_iter().chain(unmet).collect()
}

fn output(step: &StepResult) -> Vec<String> {
    let mut lines = vec![format!("step: {}", step.id)];
    lines.extend(step.verdict.map(|verdict| format!("verdict: {}", verdict.name())));
    lines.extend(step.note.as_ref().map(|note| format!("note: {note}")));
    lines.extend(step.disagrees().then(|| disagreement(step)));
    lines.extend(Some(step.instruction.clone()).filter(|text| !text.is_empty()));
    lines.extend(step.expectations.iter().map(|e| match &e.detail {
        Some(detail) => format!("{} {}: {detail}", e.met.word(), e.what),
        None => format!("{} {}", e.met.word(), e.what),
    }));
    lines.extend(step.evidence.exchanges.iter().map(|one| in_a_line(&one.exchange)));
    lines.extend(step.evidence.said.iter().map(|s| format!("{} {}: {}", time(s.at), s.author, s.text)));
    lines
}

/// The place of an exchange: ids are given anew in each process, so the moment is part of it.
fn anchor(exchange: &Exchange) -> String {
    format!("x-{}-{}", exchange.started.wall.as_millisecond(), exchange.id)
}

const fn class_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "passed",
        Outcome::Refused(_) | Outcome::Failed(_) => "failed",
        _ => "blocked",
    }
}

fn exchange(run: &PassRun, one: &ExchangeEvidence) -> Value {
    let exchange = &one.exchange;
    let renewals = exchange.steps.iter().filter(|step| matches!(step, ExchangeStep::Renewal { .. })).count();
    let since = exchange.started.wall.duration_since(run.began);
    json!({
        "anchor": anchor(exchange),
        "class": class_of(&exchange.outcome),
        "is_accepted": exchange.outcome == Outcome::Accepted,
        "clock": exchange.started.wall.strftime("%H:%M:%S%.3f").to_string(),
        "kind": exchange.kind.name(),
        "outcome": exchange.outcome.word(),
        "reason": exchange.outcome.words(),
        "status": exchange.status(),
        "what": exchange.what,
        "took_ms": exchange.took_ms(),
        "sent_as": exchange.sent_as,
        "cause": one.cause.as_ref().map(|c| format!("{} ({}): {}", c.cause, c.confidence, c.because)),
        "request_id": exchange.request_id().map(|(name, id)| json!({"name": name, "value": id})),
        "conversation": one.conversation,
        "renewals": renewals,
        "since": format!("{:.3} s", since.as_secs_f64()),
        "attempts": exchange.attempts().map(|one| attempt(one)).collect::<Vec<_>>(),
        "line": in_a_line(exchange),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let failure = if let Some(Ending::Failed(failure)) = &attempt.ending { Some(failure.line()) } else { None };
    let response = attempt
        .response()
        .map(|response| json!({"status": response.status, "headers": response.headers, "body": body(&response.body)}));
    json!({
        "number": attempt.number,
        "method": attempt.request.method,
        "url": attempt.request.url,
        "token": attempt.generation.map(|generation| format!("generation {generation}")),
        "timing": timing(&attempt.timing),
        "failure": failure,
        "headers": attempt.request.headers,
        "body": body(&attempt.request.body),
        "response": response,
    })
}

/// JSON a field a line; anything else as it is. `None`: there is no body.
fn body(body: &Body) -> Option<Value> {
    let pretty = || serde_json::to_string_pretty(&json::read(body.text.as_bytes())?).ok();
    (body.total > 0 || !body.text.is_empty()).then(|| {
        json!({
            "total": body.total,
            "mime": body.mime.as_deref().unwrap_or("no content type"),
            "truncated": body.truncated,
            "kept": body.text.len(),
            "text": pretty().unwrap_or_else(|| body.text.clone()),
        })
    })
}

fn timing(timing: &Timing) -> String {
    let part = |(name, took): (&str, Duration)| {
        let us = took.as_micros();
        format!("{name} {}.{} ms", us / 1000, us % 1000 / 100)
    };
    let reused = timing.reused.then(|| "connection reused".to_owned());
    let parts: Vec<String> = timing.parts().map(part).chain(reused).collect();
    if parts.is_empty() { "not measured".to_owned() } else { parts.join(" · ") }
}

/// `1.204 s`, `2 m 05 s`.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds >= 60 {
        return format!("{} m {:02} s", seconds / 60, seconds % 60);
    }
    format!("{seconds}.{:03} s", span.subsec_millis())
}

pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%F %T UTC").to_string()
}

pub(super) fn took(run: &PassRun) -> Duration {
    let ended = run.ended.or_else(|| run.steps().filter_map(|s| s.ended).max()).unwrap_or(run.began);
    Duration::try_from(ended.duration_since(run.began)).unwrap_or_default()
}

/// `passed`, `failed`, `blocked`, `skipped`, or `open`.
pub(super) fn verdict(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("open", Verdict::name)
}

/// `12 steps: 9 passed, 1 failed, 2 skipped`.
pub(super) fn tally(tally: &Tally) -> String {
    let parts: Vec<String> =
        tally.counts().iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    format!("{}: {}", counted(tally.all(), "step"), parts.join(", "))
}

/// Why a step counts as it does, in a line: a person's note, what guestwire says, the cause, unmet expectations.
pub(super) fn reason(step: &StepResult) -> String {
    let mut parts: Vec<String> = step.note.iter().chain(&step.why).cloned().collect();
    let cause = step.caused_by().filter(|cause| *cause != Cause::Unknown.name());
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

/// `the verdict is passed, but the expectations suggest failed`.
pub(super) fn disagreement(step: &StepResult) -> String {
    format!("the verdict is {}, but the expectations suggest {}", verdict(step.verdict), verdict(step.suggested))
}

/// `2026-11-23 14:03:20 UTC SEND ok “hello” · 200 · 182 ms · x-request-id e42c…`: an exchange in a line.
pub(super) fn in_a_line(exchange: &Exchange) -> String {
    let (kind, outcome) = (exchange.kind.name(), exchange.outcome.word());
    let head = format!("{} {kind} {outcome} “{}”", time(exchange.started.wall), exchange.what);
    let status = exchange.status().map(|s| s.to_string());
    let took = exchange.took_ms().map(|ms| format!("{ms} ms"));
    let id = exchange.request_id().map(|(name, id)| format!("{name} {id}"));
    let purpose = exchange.sent_as.map(|how| format!("wrongly on purpose: {how}"));
    let parts = [Some(head), status, took, exchange.outcome.words(), purpose, id];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Where the bars are in the drawing, which is 900 wide and 170 high.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 900.0;
const TOP: f64 = 14.0;
const BASE: f64 = 150.0;

/// How long exchanges took: a bar each, in the order in which they began. `None`: none has ended.
fn timings(run: &PassRun) -> Option<Value> {
    let exchanges = run.steps().flat_map(|step| &step.evidence.exchanges).map(|one| &one.exchange);
    let mut all: Vec<(&Exchange, u64)> = exchanges.filter_map(|one| Some((one, one.took_ms()?))).collect();
    all.sort_by_key(|(exchange, _)| exchange.started.wall);
    let mut sorted: Vec<u64> = all.iter().map(|(_, ms)| *ms).collect();
    sorted.sort_unstable();
    let most = *sorted.last()?;
    let at = |share: usize| sorted.get(sorted.len() * share / 100).copied().unwrap_or(most);
    let (top, distance) = scale(most);
    let y = |ms: u64| BASE - (BASE - TOP) * ms as f64 / top as f64;
    let line = |ms| json!({"ms": ms, "y": format!("{:.1}", y(ms)), "text_y": format!("{:.1}", y(ms) + 4.0)});
    let room = (RIGHT - LEFT) / all.len() as f64;
    let width = (room * 0.8).min(28.0);
    let bar = |(number, (exchange, ms)): (usize, &(&Exchange, u64))| {
        // What took no time at all can be seen still.
        let height = (BASE - y(*ms)).max(1.5);
        json!({
            "anchor": anchor(exchange),
            "class": class_of(&exchange.outcome),
            "x": format!("{:.2}", LEFT + room * number as f64 + (room - width) / 2.0),
            "y": format!("{:.2}", BASE - height),
            "width": format!("{width:.2}"),
            "height": format!("{height:.2}"),
            "title": format!("{} {} {} {ms} ms", exchange.kind.name(), exchange.outcome.word(), exchange.what),
        })
    };
    let clock = |one: Option<&(&Exchange, u64)>| one.map(|(one, _)| one.started.wall.strftime("%H:%M:%S").to_string());
    Some(json!({
        "exchanges": counted(all.len(), "exchange"),
        "median": at(50),
        "slow": at(95),
        "most": most,
        "lines": (0..=top).step_by(distance as usize).map(line).collect::<Vec<_>>(),
        "bars": all.iter().enumerate().map(bar).collect::<Vec<_>>(),
        "first": clock(all.first()),
        "last": clock(all.last()),
    }))
}

/// A round height above `most`, and the distance of its lines: 1, 2 or 5 times a power of ten, at most five lines.
pub(super) fn scale(most: u64) -> (u64, u64) {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|factor| factor * 10_u64.saturating_pow(power)));
    let step = steps.into_iter().find(|step| step.saturating_mul(4) >= most).unwrap_or(most);
    (most.div_ceil(step).max(1) * step, step)
}
