//! JUnit XML, as CI servers read it: a suite a case, a testcase a step. A blocked step is an error (it says nothing about
//! what was to be tested), an open or skipped one is skipped.

use std::fmt::Write as _;

use crate::export::escape::markup;
use crate::pass::{CaseResult, PassRun, StepResult, Tally, Verdict};

use super::words;

/// The report of a run that is masked already.
pub fn junit(run: &PassRun) -> String {
    let counts = |steps: &mut dyn Iterator<Item = &StepResult>| {
        let tally = Tally::of(steps);
        let (tests, skipped, Tally { fail, blocked, .. }) = (tally.all(), tally.skipped + tally.open, tally);
        format!("tests=\"{tests}\" failures=\"{fail}\" errors=\"{blocked}\" skipped=\"{skipped}\"")
    };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {} time=\"{:.3}\" timestamp=\"{}\">\n",
        markup(&run.name),
        counts(&mut run.steps()),
        words::took(run).as_secs_f64(),
        stamp(run.began),
    );
    for case in &run.cases {
        let began = case.steps.iter().filter_map(|s| s.began).min().unwrap_or(run.began);
        let open: f64 = case.steps.iter().map(|s| s.open.as_secs_f64()).sum();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" {} time=\"{open:.3}\" timestamp=\"{}\">",
            markup(&suite(case)),
            counts(&mut case.steps.iter()),
            stamp(began),
        );
        properties(&mut out, "    ", &facts(run, case));
        for step in &case.steps {
            testcase(&mut out, run, case, step);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(case: &CaseResult) -> String {
    if case.round > 1 { format!("{} (round {})", case.name, case.round) } else { case.name.clone() }
}

/// The format has no zone: UTC.
fn stamp(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn facts<'r>(run: &'r PassRun, case: &'r CaseResult) -> Vec<(&'static str, &'r str)> {
    let mut facts = vec![
        ("run", run.id.as_str()),
        ("case", case.id.as_str()),
        ("profile", run.profile.as_str()),
        ("region", run.region.as_str()),
        ("place", run.place_word()),
        ("guestwire", run.version.as_str()),
    ];
    facts.extend(case.conversation.as_deref().map(|name| ("conversation", name)));
    facts
}

fn properties(out: &mut String, indent: &str, facts: &[(&str, &str)]) {
    let _ = writeln!(out, "{indent}<properties>");
    for (name, value) in facts {
        let _ = writeln!(out, "{indent}  <property name=\"{name}\" value=\"{}\"/>", markup(value));
    }
    let _ = writeln!(out, "{indent}</properties>");
}

fn testcase(out: &mut String, run: &PassRun, case: &CaseResult, step: &StepResult) {
    let class = format!("{}.{}", run.name, case.id);
    let _ = writeln!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3}\">",
        markup(&step.name),
        markup(&class),
        step.open.as_secs_f64()
    );
    let mut facts = vec![("id", step.id.as_str())];
    facts.extend(step.suggested.map(|v| ("suggested", v.word())));
    facts.extend(step.verdict.map(|v| ("verdict", v.word())));
    facts.extend(step.note.as_deref().map(|note| ("note", note)));
    let disagreement = words::disagreement(step);
    if step.disagrees() {
        facts.push(("disagreement", &disagreement));
    }
    let ids: Vec<_> = step.evidence.exchanges.iter().filter_map(|one| one.exchange.request_id()).collect();
    facts.extend(ids.iter().map(|(_, id)| ("request-id", id.as_str())));
    properties(out, "      ", &facts);
    let reason = words::reason(step);
    match step.counts() {
        Some(Verdict::Fail) => {
            let detail: Vec<String> = step
                .unmet()
                .map(|e| format!("expected {}, found: {}", e.what, e.detail.as_deref().unwrap_or("nothing")))
                .collect();
            let _ = writeln!(
                out,
                "      <failure message=\"{}\" type=\"{}\">{}</failure>",
                markup(&one_line(&reason, "failed")),
                if step.verdict.is_some() { "judged" } else { "expectation" },
                markup(&detail.join("\n"))
            );
        }
        Some(Verdict::Blocked) => {
            let message = markup(&one_line(&reason, "blocked"));
            let cause = markup(step.blocked_by().unwrap_or_default());
            let _ = writeln!(out, "      <error message=\"{message}\" type=\"{cause}\"/>");
        }
        Some(Verdict::Skip) => {
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", markup(&one_line(&reason, "skipped")));
        }
        None if step.runs == 0 => out.push_str("      <skipped message=\"not run\"/>\n"),
        None => out.push_str("      <skipped message=\"not judged\"/>\n"),
        Some(Verdict::Pass) => {}
    }
    let said = system_out(step);
    if !said.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", markup(&said));
    }
    out.push_str("    </testcase>\n");
}

fn one_line(reason: &str, otherwise: &str) -> String {
    if reason.is_empty() { otherwise.to_owned() } else { reason.replace('\n', " ") }
}

fn system_out(step: &StepResult) -> String {
    let mut lines = Vec::new();
    if !step.instruction.is_empty() {
        lines.push(step.instruction.clone());
    }
    lines.extend(step.expectations.iter().map(|e| match &e.detail {
        Some(detail) => format!("{} {}: {detail}", e.met.word(), e.what),
        None => format!("{} {}", e.met.word(), e.what),
    }));
    lines.extend(step.evidence.exchanges.iter().map(|one| words::exchange(&one.exchange)));
    lines.extend(step.evidence.said.iter().map(|s| format!("{} {}: {}", words::time(s.at), s.author, s.text)));
    lines.join("\n")
}
