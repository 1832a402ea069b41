//! One HTML page that needs nothing else: what counted, what did not pass, where person and expectations disagree, how
//! long exchanges took, and every step with its transcript and evidence. Readable without its script, which only filters.

mod plot;
mod step;

use std::fmt::Write as _;

use crate::export::escape::{markup, page};
use crate::pass::{CaseResult, PassRun, StepResult, Verdict};

use super::words;
use step::{anchor, chip};

const SCRIPT: &str = include_str!("../../../../assets/report/filter.js");

/// The report of a run that is masked already.
pub fn html(run: &PassRun) -> String {
    let mut body = String::new();
    head(&mut body, run);
    tiles(&mut body, run);
    attention(&mut body, run);
    plot::plot(&mut body, run);
    filters(&mut body, run);
    // Failed and blocked steps come first.
    let mut cases: Vec<&CaseResult> = run.cases.iter().collect();
    cases.sort_by_key(|case| case.counts() == Some(Verdict::Pass));
    for case in cases {
        case_of(&mut body, run, case);
    }
    let _ = writeln!(
        body,
        "<footer>Run <span class=\"id\">{}</span>, guestwire {}. Secrets are masked. Times are UTC.</footer>",
        markup(&run.id),
        markup(&run.version)
    );
    page(&format!("{}: {}", run.name, words::tally(&run.tally())), &body, SCRIPT)
}

fn head(out: &mut String, run: &PassRun) {
    let place = run.place_word();
    let _ = write!(
        out,
        "<header>\n<h1>{} <span class=\"badge {}\">{place}</span></h1>\n",
        markup(&run.name),
        place.to_ascii_lowercase()
    );
    if let Some(about) = &run.about {
        let _ = writeln!(out, "<p class=\"keep\">{}</p>", markup(about));
    }
    let state = if run.ended.is_none() { " The test run is not finished: it can be continued." } else { "" };
    let _ = writeln!(
        out,
        "<p class=\"dim small\">{} on profile {} ({}) · began {} · took {} · pass file {}.{state}</p>\n</header>",
        markup(&words::tally(&run.tally())),
        markup(&run.profile),
        markup(&run.region),
        words::time(run.began),
        words::span(words::took(run)),
        markup(&run.file),
    );
}

fn tiles(out: &mut String, run: &PassRun) {
    let disagreements = run.disagreements().count();
    let differ = (disagreements, "blocked", if disagreements == 1 { "disagreement" } else { "disagreements" });
    out.push_str("<div class=\"tiles\">\n");
    for (count, class, word) in
        run.tally().counts().map(|(count, word)| (count, word, word)).into_iter().chain([differ])
    {
        if count > 0 || matches!(word, "passed" | "failed") {
            let _ = writeln!(out, "<div class=\"tile\"><b class=\"{class}\">{count}</b><span>{word}</span></div>");
        }
    }
    out.push_str("</div>\n");
}

fn attention(out: &mut String, run: &PassRun) {
    let list = |out: &mut String, title: &str, steps: &[&StepResult], say: &dyn Fn(&StepResult) -> String| {
        if steps.is_empty() {
            return;
        }
        let _ = writeln!(out, "<h2>{title}</h2>\n<ul>");
        for step in steps {
            let _ = writeln!(
                out,
                "<li><a href=\"#{}\">{}</a> <span class=\"id\">{}</span> {}</li>",
                anchor(&step.id),
                markup(&step.name),
                markup(&step.id),
                say(step)
            );
        }
        out.push_str("</ul>\n");
    };
    let bad: Vec<&StepResult> =
        run.steps().filter(|s| matches!(s.counts(), Some(Verdict::Fail | Verdict::Blocked))).collect();
    list(out, "Failed and blocked steps", &bad, &|step| {
        format!("{} {}", chip(step.counts()), markup(&words::reason(step)))
    });
    let differ: Vec<&StepResult> = run.disagreements().collect();
    list(out, "Verdict and expectations differ", &differ, &|step| markup(&words::disagreement(step)));
}

fn filters(out: &mut String, run: &PassRun) {
    out.push_str("<h2>Steps</h2>\n<div class=\"filters\" hidden>\n<button data-show=\"all\" aria-pressed=\"true\">all</button>\n");
    for (count, word) in run.tally().counts().into_iter().chain([(run.disagreements().count(), "disagreement")]) {
        if count > 0 {
            let _ = writeln!(out, "<button data-show=\"{word}\" aria-pressed=\"false\">{word} {count}</button>");
        }
    }
    out.push_str(
        "<input type=\"search\" placeholder=\"words in a step\" aria-label=\"words in a step\">\n<output class=\"dim small\"></output>\n</div>\n",
    );
}

fn case_of(out: &mut String, run: &PassRun, case: &CaseResult) {
    let round = if case.round > 1 { format!(" · round {}", case.round) } else { String::new() };
    let _ = writeln!(out, "<section class=\"case\">\n<h2>{}{round} {}</h2>", markup(&case.name), chip(case.counts()));
    if let Some(about) = &case.about {
        let _ = writeln!(out, "<p class=\"keep dim\">{}</p>", markup(about));
    }
    for one in &case.steps {
        step::step(out, run, one);
    }
    out.push_str("</section>\n");
}
