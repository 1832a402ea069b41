//! How long exchanges took: a bar each, in the order in which they began, as SVG inside the page. Each leads to its
//! exchange; the highest, the median and the slowest twentieth are said in words too.

use std::fmt::Write as _;

use crate::export::escape::markup;
use crate::model::Exchange;
use crate::pass::PassRun;
use crate::text::counted;

use super::step::{class_of, exchange_anchor};

/// The drawing's own units.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 56.0;
const BASE: f64 = 150.0;
const TOP: f64 = 14.0;

pub(super) fn plot(out: &mut String, run: &PassRun) {
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
    let mut line = 0;
    while line <= top {
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{line} ms</text>",
            y(line),
            LEFT - 6.0,
            y(line) + 4.0
        );
        line += step;
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
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{0}\">{1}</text><text x=\"{WIDTH}\" y=\"{0}\" text-anchor=\"end\">{2}</text>\n</svg>",
        HEIGHT - 4.0,
        all.first().map(|(e, _)| e.started.wall.strftime("%H:%M:%S").to_string()).unwrap_or_default(),
        all.last().map(|(e, _)| e.started.wall.strftime("%H:%M:%S").to_string()).unwrap_or_default(),
    );
}

/// A round height above `most`, and the distance of its lines: 1, 2 or 5 times a power of ten, at most five lines.
fn scale(most: u64) -> (u64, u64) {
    let mut step = 1;
    'found: loop {
        for factor in [1, 2, 5] {
            if step * factor * 4 >= most {
                step *= factor;
                break 'found;
            }
        }
        step *= 10;
    }
    (most.div_ceil(step).max(1) * step, step)
}

#[cfg(test)]
#[path = "../../../../tests/unit/pass/report/html/plot.rs"]
mod tests;
