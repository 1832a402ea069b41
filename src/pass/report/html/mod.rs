//! One HTML page that needs nothing else: what counted, what did not pass, where person and expectations disagree, how
//! long exchanges took, and every step with its transcript and evidence. Readable without its script, which only filters.

mod step;

use std::fmt::Write as _;

use crate::export::escape::{markup, page};
use crate::model::Exchange;
use crate::pass::{CaseResult, PassRun, StepResult, Verdict};
use crate::text::counted;

use super::words;
use step::{anchor, chip, class_of, exchange_anchor};

const SCRIPT: &str = include_str!("../../../../assets/report/filter.js");

/// The report of a run that is masked already.
pub fn html(run: &PassRun) -> String {
    let mut body = String::new();
    head(&mut body, run);
    tiles(&mut body, run);
    attention(&mut body, run);
    timings(&mut body, run);
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
    let counts = run.tally().counts().map(|(count, word)| (count, word, word));
    for (count, class, word) in counts.into_iter().chain([differ]) {
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

/// The drawing's own units.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 56.0;
const BASE: f64 = 150.0;
const TOP: f64 = 14.0;

/// How long exchanges took: a bar each, in the order in which they began, as SVG inside the page. Each leads to its exchange;
/// the highest, the median and the slowest twentieth are said in words too.
fn timings(out: &mut String, run: &PassRun) {
    let mut all: Vec<(&Exchange, u64)> = run
        .steps()
        .flat_map(|s| &s.evidence.exchanges)
        .filter_map(|one| Some((&one.exchange, one.exchange.took_ms()?)))
        .collect();
    if all.is_empty() {
        return;
    }
    all.sort_by_key(|(exchange, _)| exchange.started.wall);
    let mut sorted: Vec<u64> = all.iter().map(|(_, ms)| *ms).collect();
    sorted.sort_unstable();
    let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len() - 1)).copied().unwrap_or(0);
    let (median, slow, most) = (at(50), at(95), at(100));
    let (top, step) = scale(most);
    let _ = writeln!(
        out,
        "<h2>Timings</h2>\n<p class=\"dim small\">{} · median {median} ms · 95 % within {slow} ms · slowest {most} ms</p>",
        counted(all.len(), "exchange")
    );
    let _ = writeln!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Milliseconds of each exchange in order\">"
    );
    let y = |ms: u64| BASE - (BASE - TOP) * ms as f64 / top as f64;
    for line in (0..=top).step_by(step as usize) {
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{line} ms</text>",
            y(line),
            LEFT - 6.0,
            y(line) + 4.0
        );
    }
    let room = (WIDTH - LEFT) / all.len() as f64;
    let bar = (room * 0.8).min(28.0);
    for (number, (exchange, ms)) in all.iter().enumerate() {
        let class = class_of(&exchange.outcome);
        let x = LEFT + room * number as f64 + (room - bar) / 2.0;
        // What took no time at all can be seen still.
        let height = (BASE - y(*ms)).max(1.5);
        let _ = writeln!(
            out,
            "<a href=\"#{}\"><rect class=\"{class}\" x=\"{x:.2}\" y=\"{:.2}\" width=\"{bar:.2}\" height=\"{height:.2}\">\
             <title>{}</title></rect></a>",
            exchange_anchor(exchange),
            BASE - height,
            markup(&format!("{} {} {} {ms} ms", exchange.kind.word(), exchange.outcome.word(), exchange.what)),
        );
    }
    let [first, last] = [all.first(), all.last()]
        .map(|one| one.map(|(e, _)| e.started.wall.strftime("%H:%M:%S").to_string()).unwrap_or_default());
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{0}\">{first}</text><text x=\"{WIDTH}\" y=\"{0}\" text-anchor=\"end\">{last}</text>\n</svg>",
        HEIGHT - 4.0,
    );
}

/// A round height above `most`, and the distance of its lines: 1, 2 or 5 times a power of ten, at most five lines.
fn scale(most: u64) -> (u64, u64) {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|factor| factor * 10_u64.saturating_pow(power)));
    let step = steps.into_iter().find(|step| step.saturating_mul(4) >= most).unwrap_or(most);
    (most.div_ceil(step).max(1) * step, step)
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

#[cfg(test)]
#[path = "../../../../tests/unit/pass/report/html.rs"]
mod tests;
