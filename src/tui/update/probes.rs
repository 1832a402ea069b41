//! How a series of probes ended: on the status line, on the card that it began from, or on a page.

use crate::diagnosis::doctor::{DoctorVerdict, Finding, ProbeResult};
use crate::model::Cause;
use crate::tui::state::overlay::{Card, Overlay};
use crate::tui::state::{Pane, State};

/// The series has ended.
pub fn over(state: &mut State, verdict: &DoctorVerdict) {
    let said = match verdict.cause {
        None => "Checks: all is well.".to_owned(),
        Some(cause) => format!("Checks: {cause}, {}: {}.", verdict.confidence.word(), verdict.because),
    };
    if verdict.cause.is_none() {
        state.status.info(said);
    } else {
        state.status.warn(said);
    }
    let Some(probes) = &state.session.probes else { return };
    // Who types meanwhile is not interrupted.
    let free = match &state.overlay {
        None => state.arrangement.focus != Pane::Composer,
        Some(Overlay::Card(card)) => Some(card.number) == probes.number,
        Some(_) => false,
    };
    if !free {
        return;
    }
    state.overlay = Some(match probes.number {
        Some(number) => Overlay::Card(Card { number, scroll: 0, prefix: None }),
        None => Overlay::lines("Checks", page(&probes.findings, verdict)),
    });
}

fn page(findings: &[Finding], verdict: &DoctorVerdict) -> Vec<String> {
    let mut lines: Vec<String> = findings.iter().map(finding_line).collect();
    lines.push(String::new());
    match verdict.cause {
        None => lines.push(format!("All is well: {}.", verdict.because)),
        Some(cause) => {
            lines.push(format!("{cause} ({}): {}.", verdict.confidence.word(), verdict.because));
            if cause != Cause::Unknown {
                lines.push(format!("guestwire explain {cause} says what to do."));
            }
        }
    }
    lines
}

fn finding_line(finding: &Finding) -> String {
    let mark = match finding.result {
        ProbeResult::Pass => "pass",
        ProbeResult::Fail => "FAIL",
        ProbeResult::Skip => "skip",
    };
    format!("{mark}  {:<13} {}", finding.name, finding.detail)
}
