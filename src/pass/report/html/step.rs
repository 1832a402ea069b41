//! One step of the page: what was expected, what was said, and the exchanges behind it, each to be opened.

use std::fmt::Write as _;
use std::time::Duration;

use crate::export::escape::markup;
use crate::model::{Attempt, Body, Ending, Exchange, ExchangeStep, Header, Outcome, Timing};
use crate::pass::{ExchangeEvidence, ExpectationState, PassRun, SaidMessage, StepResult, Verdict};
use crate::text::json;

use super::words;

/// A verdict as a word in a frame.
pub(super) fn chip(verdict: Option<Verdict>) -> String {
    let word = words::verdict(verdict);
    format!("<span class=\"chip {word}\">{word}</span>")
}

/// A step's id as a place to jump to.
pub(super) fn anchor(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { ':' };
    format!("s-{}", id.chars().map(safe).collect::<String>())
}

/// The place of an exchange: ids are given anew in each process, so the moment is part of it.
pub(super) fn exchange_anchor(exchange: &Exchange) -> String {
    format!("x-{}-{}", exchange.started.wall.as_millisecond(), exchange.id)
}

pub(super) fn step(out: &mut String, run: &PassRun, step: &StepResult) {
    let word = words::verdict(step.counts());
    let also = if step.disagrees() { " disagreement" } else { "" };
    // Who reads or prints a report looks for what did not pass.
    let folded = step.counts() == Some(Verdict::Pass) && !step.disagrees();
    let (open, close) = if folded {
        ("<details>\n<summary class=\"head\">", "</summary>")
    } else {
        ("<header class=\"head\">", "</header>")
    };
    let _ = writeln!(
        out,
        "<article class=\"step is-{word}\" id=\"{}\" data-is=\"{word}{also}\">\n{open}{} <h3>{}</h3> \
         <span class=\"id\">{}</span> <span class=\"right dim small\">{}</span>{close}",
        anchor(&step.id),
        chip(step.counts()),
        markup(&step.name),
        markup(&step.id),
        words::span(step.open),
    );
    if !step.instruction.is_empty() {
        let _ = writeln!(out, "<p class=\"keep\">{}</p>", markup(&step.instruction));
    }
    if let Some(judge) = &step.judge {
        let _ = writeln!(out, "<p class=\"keep\"><span class=\"dim\">A person judges:</span> {}</p>", markup(judge));
    }
    judged(out, step);
    expectations(out, step);
    said(out, &step.evidence.said);
    if !step.evidence.exchanges.is_empty() {
        let _ = writeln!(out, "<h4>Exchanges {}</h4>", step.evidence.exchanges.len());
        for one in &step.evidence.exchanges {
            let failed = step.counts() == Some(Verdict::Fail) && one.exchange.outcome != Outcome::Accepted;
            exchange_of(out, run, one, failed);
        }
    }
    if let Some(screen) = &step.evidence.screen {
        let _ = writeln!(
            out,
            "<details><summary class=\"small dim\">The screen at the verdict</summary><pre>{}</pre></details>",
            markup(screen)
        );
    }
    out.push_str(if folded { "</details>\n</article>\n" } else { "</article>\n" });
}

fn judged(out: &mut String, step: &StepResult) {
    let mut parts = Vec::new();
    if step.verdict.is_some() {
        parts.push(format!("Verdict: <b>{}</b>", words::verdict(step.verdict)));
        let differ = if step.disagrees() { " class=\"warn\"" } else { "" };
        parts.push(format!("<span{differ}>the expectations suggest {}</span>", words::verdict(step.suggested)));
    }
    if step.runs > 1 {
        parts.push(format!("run {} times, the newest is shown", step.runs));
    }
    parts.extend(step.why.as_ref().map(|why| markup(why)));
    if !parts.is_empty() {
        let _ = writeln!(out, "<p class=\"small\">{}.</p>", parts.join(" · "));
    }
    if let Some(note) = &step.note {
        let _ = writeln!(out, "<p class=\"keep\"><span class=\"dim\">Note:</span> {}</p>", markup(note));
    }
}

fn expectations(out: &mut String, step: &StepResult) {
    if step.expectations.is_empty() {
        return;
    }
    out.push_str("<h4>Expected</h4>\n<ul class=\"expected\">\n");
    for expectation in &step.expectations {
        let class = match expectation.met {
            ExpectationState::Yes => "passed",
            ExpectationState::No => "failed",
            ExpectationState::Blocked => "blocked",
            ExpectationState::Open | ExpectationState::Waiting { .. } => "open",
        };
        let detail = expectation.detail.as_deref().map(markup).unwrap_or_default();
        let _ = writeln!(
            out,
            "<li><b class=\"{class}\">{}</b>{} <span class=\"dim small\">{detail}</span></li>",
            expectation.met.word(),
            markup(&expectation.what),
        );
    }
    out.push_str("</ul>\n");
}

fn said(out: &mut String, all: &[SaidMessage]) {
    if all.is_empty() {
        return;
    }
    out.push_str("<h4>Said</h4>\n<div class=\"said\">\n");
    for one in all {
        let class = match one.author.as_str() {
            "guest" => "guest",
            "system" => "system",
            _ => "other-side",
        };
        let delivery = one.delivery.as_deref().map(|delivery| format!(" · {}", markup(delivery))).unwrap_or_default();
        let purpose = one.sent_as.as_deref().map(purpose).unwrap_or_default();
        let labels: Vec<String> = one.choices.iter().map(|c| format!("[{}]", markup(c))).collect();
        let offers = (!labels.is_empty()).then(|| format!("<div class=\"meta\">offers {}</div>", labels.join(" ")));
        let choices = offers.unwrap_or_default();
        let _ = writeln!(
            out,
            "<div class=\"bubble {class}\"><div class=\"meta\">{} {}{delivery}{purpose}</div><div class=\"text\">{}</div>{choices}</div>",
            markup(&one.author),
            one.at.strftime("%H:%M:%S"),
            markup(&one.text),
        );
    }
    out.push_str("</div>\n");
}

fn purpose(how: &str) -> String {
    format!(" · <span class=\"warn\">wrongly on purpose: {}</span>", markup(how))
}

/// The class of what became of an exchange: its colour.
pub(super) const fn class_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "passed",
        Outcome::Refused(_) | Outcome::Failed(_) => "failed",
        _ => "blocked",
    }
}

fn exchange_of(out: &mut String, run: &PassRun, one: &ExchangeEvidence, open: bool) {
    let exchange = &one.exchange;
    let class = class_of(&exchange.outcome);
    let open = if open { " open" } else { "" };
    let status = exchange.status().map(|s| format!(" {s}")).unwrap_or_default();
    let took = exchange.took_ms().map(|ms| format!(" · {ms} ms")).unwrap_or_default();
    let purpose = exchange.sent_as.map(|how| purpose(how.as_str())).unwrap_or_default();
    let _ = writeln!(
        out,
        "<details class=\"exchange\" id=\"{}\"{open}><summary><span class=\"id\">{}</span> {} <b class=\"{class}\">{}{status}</b> <bdi>{}</bdi>\
         <span class=\"dim\">{took}</span>{purpose}</summary>\n<div class=\"exchange-body\">",
        exchange_anchor(exchange),
        exchange.started.wall.strftime("%H:%M:%S%.3f"),
        exchange.kind.word(),
        exchange.outcome.word(),
        markup(&exchange.what),
    );
    let mut facts: Vec<(&str, String)> = Vec::new();
    facts.extend(exchange.outcome.words().map(|why| ("reason", markup(&why))));
    let cause = one.cause.as_ref().map(|c| format!("{} ({}): {}", c.cause, c.confidence, c.because));
    facts.extend(cause.map(|cause| ("cause", markup(&cause))));
    facts.extend(exchange.request_id().map(|(name, id)| {
        ("request id", format!("<code>{}</code> <span class=\"dim\">{}</span>", markup(&id), markup(name)))
    }));
    facts.extend(one.conversation.as_ref().map(|name| ("conversation", markup(name))));
    let renewals = exchange.steps.iter().filter(|step| matches!(step, ExchangeStep::Renewal { .. })).count();
    facts.extend((renewals > 0).then(|| ("renewals", renewals.to_string())));
    let since = exchange.started.wall.duration_since(run.began);
    facts.push(("since the start", format!("{:.3} s", since.as_secs_f64())));
    let _ = writeln!(out, "{}", table(facts));
    for attempt in exchange.attempts() {
        attempt_of(out, attempt, exchange.attempts().count());
    }
    out.push_str("</div></details>\n");
}

fn table<'f>(facts: impl IntoIterator<Item = (&'f str, String)>) -> String {
    let row = |(name, value)| format!("<tr><th>{}</th><td>{value}</td></tr>\n", markup(name));
    format!("<table>\n{}</table>", facts.into_iter().map(row).collect::<Vec<_>>().concat())
}

fn attempt_of(out: &mut String, attempt: &Attempt, of: usize) {
    let number = if of > 1 { format!(" · try {} of {of}", attempt.number) } else { String::new() };
    let _ = writeln!(
        out,
        "<h4>Request{number}</h4>\n<p><code>{} {}</code></p>",
        markup(&attempt.request.method),
        markup(&attempt.request.url)
    );
    let token = attempt.generation.map(|generation| ("token", format!("generation {generation}")));
    let failure = match &attempt.ending {
        Some(Ending::Failed(failure)) => Some(("failure", markup(&failure.line()))),
        _ => None,
    };
    let facts = token.into_iter().chain([("timing", timing(&attempt.timing))]).chain(failure);
    let _ = writeln!(out, "{}", table(facts));
    headers(out, "Request headers", &attempt.request.headers);
    body(out, &attempt.request.body);
    if let Some(response) = attempt.response() {
        let _ = writeln!(out, "<h4>Response {}</h4>", response.status);
        headers(out, "Response headers", &response.headers);
        body(out, &response.body);
    }
}

fn timing(timing: &Timing) -> String {
    let part = |(name, took): (&str, Duration)| {
        let us = took.as_micros();
        format!("{name} {}.{} ms", us / 1000, us % 1000 / 100)
    };
    let mut parts: Vec<String> = timing.parts().map(part).collect();
    if timing.reused {
        parts.push("connection reused".to_owned());
    }
    if parts.is_empty() { "not measured".to_owned() } else { parts.join(" · ") }
}

fn headers(out: &mut String, title: &str, headers: &[Header]) {
    if headers.is_empty() {
        return;
    }
    let values = headers.iter().map(|h| (h.name.as_str(), format!("<code>{}</code>", markup(&h.value))));
    let _ = writeln!(
        out,
        "<details><summary class=\"small\">{title} {}</summary>\n{}</details>",
        headers.len(),
        table(values)
    );
}

fn body(out: &mut String, body: &Body) {
    if body.total == 0 && body.text.is_empty() {
        return;
    }
    let mime = body.mime.as_deref().unwrap_or("no content type");
    let cut = if body.truncated { format!(", {} B kept", body.text.len()) } else { String::new() };
    let _ = writeln!(out, "<p class=\"small dim\">Body {} B, {}{cut}</p>", body.total, markup(mime));
    if !body.text.is_empty() {
        let _ = writeln!(out, "<pre>{}</pre>", markup(&pretty(&body.text)));
    }
}

/// JSON a field a line; anything else as it is.
fn pretty(text: &str) -> String {
    json::read(text.as_bytes())
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}
