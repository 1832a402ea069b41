//! A pass in sentences: the open step, what was seen, what is suggested, how it ended.

use crate::app::exit::Exit;
use crate::pass::result::ExpectationState;
use crate::pass::runner::{Runner, StepStage};
use crate::session::open_pass::place_words;

use crate::plain::Plain;

/// What can be said of a step that only a person can judge.
pub(super) const ONLY_YOU: &str = "Your verdict is needed: .pass pass, fail, blocked or skip.";

impl Plain {
    /// The open step: what it does, what is expected, and how it stands.
    pub(super) fn show_step(&mut self) {
        let Some(runner) = &self.session.pass.runner else { return };
        let judging = *runner.stage() == StepStage::Judging;
        self.passes.told = Some((runner.run().at, judging));
        self.say_each(lines(runner));
        self.dialogue.prompt_due = true;
    }

    /// The pass is over.
    pub(super) fn show_pass_end(&mut self) {
        let Some(run) = self.session.pass.runner.as_ref().map(Runner::run) else { return };
        let tally = run.tally();
        let open = if tally.open > 0 { format!(", {} to do", tally.open) } else { String::new() };
        let sentence = format!(
            "The test run is finished: {} passed, {} failed, {} blocked, {} skipped{open}. Type .pass reports to write them.",
            tally.pass, tally.fail, tally.blocked, tally.skipped
        );
        let bad = tally.fail + tally.blocked > 0;
        self.say(sentence);
        self.ends(if bad { Exit::Refused } else { Exit::Done }, None);
    }
}

fn lines(runner: &Runner) -> Vec<String> {
    let Some(step) = runner.open_result() else { return vec!["The test run is finished.".to_owned()] };
    let judging = *runner.stage() == StepStage::Judging;
    let mut lines = Vec::new();
    if judging {
        lines.extend(step.expectations.iter().map(|expectation| {
            let seen = expectation
                .detail
                .as_ref()
                .filter(|_| matches!(expectation.met, ExpectationState::No | ExpectationState::Blocked));
            let seen = seen.map(|detail| format!(", but: {detail}")).unwrap_or_default();
            format!("{}, {}{seen}.", expectation.met.word(), expectation.what)
        }));
        lines.extend(step.why.iter().map(|why| format!("Why: {why}.")));
    } else {
        lines.push(format!("Test run {}, {}: {}", runner.run().name, place_words(runner.run()), step.instruction));
        let expected: Vec<&str> = step.expectations.iter().map(|e| e.what.as_str()).collect();
        if !expected.is_empty() {
            lines.push(format!("Expected: {}.", expected.join("; ")));
        }
    }
    lines.extend(step.judge.iter().map(|judge| format!("To check: {judge}")));
    lines.extend(step.note.iter().map(|note| format!("Note: {note}")));
    lines.push(match (runner.stage(), step.suggested) {
        (StepStage::Judging, Some(suggested)) => {
            format!(
                "Suggested: {}. Type .pass go to accept it, or .pass pass, fail, blocked or skip.",
                suggested.word()
            )
        }
        (StepStage::Judging, None) => ONLY_YOU.to_owned(),
        (StepStage::Ready, _) if step.runs > 0 => {
            "The step was not finished. Type .pass go to run it again.".to_owned()
        }
        (StepStage::Ready, _) => "Type .pass go to run it, or .pass skip.".to_owned(),
        (StepStage::Preparing(_) | StepStage::Watching, _) => "The step runs. Your verdict ends it at once.".to_owned(),
        (StepStage::Over, _) => return lines,
    });
    lines
}
