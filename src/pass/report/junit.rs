//! JUnit XML, as CI servers read it: a suite a case, a testcase a step. A blocked step is an error (it says nothing about
//! what was to be tested), an open or skipped one is skipped. Jenkins' xUnit plugin refuses a file that does not fit its
//! schema (`junit-10.xsd`): a testcase has no properties there, so that what is known of a step stands in `system-out`.

use std::fmt::Write as _;

use crate::export::escape::markup;
use crate::pass::{CaseResult, PassRun, StepResult, Tally, Verdict};

use super::words;

/// The report of a run that is masked already.
pub fn junit(run: &PassRun) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {} time=\"{:.3}\">\n",
        markup(&run.name),
        counts(&run.tally()),
        words::took(run).as_secs_f64(),
    );
    for case in &run.cases {
        let began = case.steps.iter().filter_map(|s| s.began).min().unwrap_or(run.began);
        let open: f64 = case.steps.iter().map(|s| s.open.as_secs_f64()).sum();
        let tally = Tally::of(case.steps.iter());
        let round = if case.round > 1 { format!(" (round {})", case.round) } else { String::new() };
        let suite = format!("{}{round}", case.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"{open:.3}\" timestamp=\"{}\">\n    <properties>",
            markup(&suite),
            counts(&tally),
            tally.skipped + tally.open,
            // The format has no zone: UTC.
            began.strftime("%Y-%m-%dT%H:%M:%S"),
        );
        for (name, value) in facts(run, case) {
            let _ = writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", markup(value));
        }
        out.push_str("    </properties>\n");
        for step in &case.steps {
            testcase(&mut out, run, case, step);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts(tally: &Tally) -> String {
    format!("tests=\"{}\" failures=\"{}\" errors=\"{}\"", tally.all(), tally.fail, tally.blocked)
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

fn testcase(out: &mut String, run: &PassRun, case: &CaseResult, step: &StepResult) {
    let class = format!("{}.{}", run.name, case.id);
    let _ = writeln!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3}\">",
        markup(&step.name),
        markup(&class),
        step.open.as_secs_f64()
    );
    let reason = words::reason(step);
    match step.counts() {
        Some(Verdict::Fail) => {
            let cause = step.caused_by().map(|cause| format!("cause {cause}"));
            let found = |detail: &Option<String>| detail.clone().unwrap_or_else(|| "nothing".to_owned());
            let unmet = step.unmet().map(|e| format!("expected {}, found: {}", e.what, found(&e.detail)));
            let detail: Vec<String> = cause.into_iter().chain(unmet).collect();
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
            let cause = markup(step.caused_by().unwrap_or_default());
            let _ = writeln!(out, "      <error message=\"{message}\" type=\"{cause}\"/>");
        }
        Some(Verdict::Skip) => {
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", markup(&one_line(&reason, "skipped")));
        }
        None if step.runs == 0 => out.push_str("      <skipped message=\"not run\"/>\n"),
        None => out.push_str("      <skipped message=\"not judged\"/>\n"),
        Some(Verdict::Pass) => {}
    }
    let _ = writeln!(out, "      <system-out>{}</system-out>\n    </testcase>", markup(&system_out(step)));
}

fn one_line(reason: &str, otherwise: &str) -> String {
    if reason.is_empty() { otherwise.to_owned() } else { reason.replace('\n', " ") }
}

fn system_out(step: &StepResult) -> String {
    let mut lines = vec![format!("step: {}", step.id)];
    lines.extend(step.verdict.map(|verdict| format!("verdict: {}", verdict.word())));
    lines.extend(step.note.as_ref().map(|note| format!("note: {note}")));
    lines.extend(step.disagrees().then(|| words::disagreement(step)));
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
