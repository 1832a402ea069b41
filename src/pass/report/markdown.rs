//! Markdown, for tickets and wikis: a summary, what failed first, then every step with its evidence in short.

use std::fmt::Write as _;

use crate::export::escape::{markdown as text, markdown_code, markdown_quote};
use crate::pass::{CaseResult, PassRun, StepResult, Verdict};

use super::words;

/// The report of a run that is masked already.
pub fn markdown(run: &PassRun) -> String {
    let mut out = format!("# {}\n\n", text(&run.name));
    if let Some(about) = &run.about {
        let _ = writeln!(out, "{}\n", text(about));
    }
    let _ = writeln!(out, "**{}** in {}.\n", words::tally(&run.tally()), words::span(words::took(run)));
    if run.ended.is_none() {
        out.push_str("The test run is not finished: it can be continued.\n\n");
    }
    let _ = writeln!(out, "| run | {} |\n|---|---|", text(&run.id));
    let place = format!("{} ({}, {})", run.profile, run.region, run.place_word());
    let rows = [
        ("pass file", run.file.clone()),
        ("place", place),
        ("began", words::time(run.began)),
        ("guestwire", run.version.clone()),
    ];
    for (name, value) in rows {
        let _ = writeln!(out, "| {name} | {} |", text(&value));
    }
    attention(&mut out, run);
    let disagreements: Vec<&StepResult> = run.disagreements().collect();
    if !disagreements.is_empty() {
        out.push_str("\n## Verdict and expectations differ\n\n");
        for step in disagreements {
            let _ = writeln!(out, "- `{}`: {}", code(&step.id), text(&words::disagreement(step)));
        }
    }
    for case in &run.cases {
        case_of(&mut out, case);
    }
    out.push_str("\nSecrets are masked. Times are UTC.\n");
    out
}

/// An id inside backticks: it has none of its own.
fn code(id: &str) -> String {
    id.replace('`', "'")
}

/// Failed and blocked steps, at the top.
fn attention(out: &mut String, run: &PassRun) {
    let bad = |step: &&StepResult| matches!(step.counts(), Some(Verdict::Fail | Verdict::Blocked));
    let bad: Vec<&StepResult> = run.steps().filter(bad).collect();
    if bad.is_empty() {
        return;
    }
    out.push_str("\n## Failed and blocked steps\n\n");
    for step in bad {
        let _ = writeln!(
            out,
            "- **{}** `{}` {}: {}",
            words::verdict(step.counts()),
            code(&step.id),
            text(&step.name),
            text(&words::reason(step))
        );
    }
}

fn case_of(out: &mut String, case: &CaseResult) {
    let round = if case.round > 1 { format!(", round {}", case.round) } else { String::new() };
    let _ = write!(out, "\n## {}{round}: {}\n\n", text(&case.name), words::verdict(case.counts()));
    if let Some(about) = &case.about {
        let _ = writeln!(out, "{}\n", text(about));
    }
    out.push_str("| step | result | person | suggested | time | why |\n|---|---|---|---|---|---|\n");
    for step in &case.steps {
        let _ = writeln!(
            out,
            "| `{}` {} | {} | {} | {} | {} | {} |",
            code(&step.id).replace('|', "\\|"),
            text(&step.name),
            words::verdict(step.counts()),
            words::said(step.verdict),
            words::said(step.suggested),
            words::span(step.open),
            text(&words::reason(step))
        );
    }
    for step in &case.steps {
        evidence(out, step);
    }
}

fn evidence(out: &mut String, step: &StepResult) {
    let shown = &step.evidence;
    if step.expectations.is_empty() && shown.exchanges.is_empty() && shown.said.is_empty() && step.judge.is_none() {
        return;
    }
    let _ = write!(out, "\n### `{}` {}\n\n", code(&step.id), text(&step.name));
    if !step.instruction.is_empty() {
        let _ = writeln!(out, "{}\n", text(&step.instruction));
    }
    if let Some(judge) = &step.judge {
        let _ = writeln!(out, "A person judges: {}\n", text(judge));
    }
    for expectation in &step.expectations {
        let tick = if expectation.met == crate::pass::ExpectationState::Yes { "x" } else { " " };
        let detail = expectation.detail.as_deref().map(|d| format!(": {}", text(d))).unwrap_or_default();
        let _ = writeln!(out, "- [{tick}] {} ({}){detail}", text(&expectation.what), expectation.met.word());
    }
    for said in &shown.said {
        let purpose = said.sent_as.as_ref().map(|how| format!(" · wrongly on purpose: {how}")).unwrap_or_default();
        let delivery = said.delivery.as_deref().map(|l| format!(" · {l}")).unwrap_or_default();
        let head = format!("{} {}{delivery}{purpose}", words::time(said.at), said.author);
        let _ = write!(out, "\n{}\n\n{}\n", text(&head), markdown_quote(&said.text));
    }
    if !shown.exchanges.is_empty() {
        let lines: Vec<String> = shown.exchanges.iter().map(|one| words::exchange(&one.exchange)).collect();
        let _ = write!(out, "\n{}", markdown_code(&lines.join("\n"), "text"));
    }
}
