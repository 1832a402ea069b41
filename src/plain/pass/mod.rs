//! Regression passes in lines: the same runner, the same files and the same journal as the console's.
//!
//! ```text
//! .pass ─► FindPasses ─► what can be opened, numbered     .pass open ─► ReadPass ─► Runner ─► sends, reads, faults
//! .pass go, pass, fail, note … ─► Runner ─┬─► told: the step, what was seen, what is suggested
//!                                         └─► journal, at each change
//! ```

mod files;
pub mod pass_sentences;

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::exit::Exit;
use crate::model::Moment;
use crate::pass::Verdict;
use crate::pass::file::PassStep;
use crate::pass::runner::{Runner, RunnerEvent, StepStage};
use crate::session::local::LocalRequest;
use crate::session::open_pass::reports_dir;
use crate::text::counted;

use super::dialogue::PlainQuestion;
use super::parser::Done;
use super::{Plain, sentences};

/// The words after `.pass`.
const WORDS: [&str; 13] =
    ["open", "go", "pass", "fail", "blocked", "skip", "again", "undo", "note", "next", "previous", "reports", "stop"];

impl Plain {
    /// `.pass`, `.pass go`, `.pass note it flickers`
    pub(super) fn pass(&mut self, rest: &str) -> Done {
        let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let rest = rest.trim();
        if !matches!(word, "" | "open" | "note" | "reports") && !rest.is_empty() {
            return Err(format!("Nothing follows .pass {word}; nothing was done."));
        }
        match word {
            "" if self.session.pass.is_running() => {
                self.show_step();
                self.say(format!("After .pass, type one of: {}.", WORDS.join(", ")));
                return Ok(());
            }
            "" => {
                self.ask_machine(LocalRequest::FindPasses);
                return Ok(());
            }
            "open" => return self.open_pass(rest),
            _ if !WORDS.contains(&word) => {
                let near = sentences::nearest_to(word, "", WORDS);
                return Err(format!(
                    "There is no command .pass {word}.{near} Type .pass and one of: {}.",
                    WORDS.join(", ")
                ));
            }
            _ if self.session.pass.runner.is_none() => {
                return Err(
                    "No test run is open. Type .pass to list the pass files, or .pass open and a name.".to_owned()
                );
            }
            _ => {}
        }
        self.passes.let_go = false;
        match word {
            "go" => return self.pass_go(),
            "again" => self.pass_again(),
            "pass" => self.pass_verdict(Verdict::Pass),
            "fail" => self.pass_verdict(Verdict::Fail),
            "blocked" => self.pass_verdict(Verdict::Blocked),
            "skip" => self.pass_verdict(Verdict::Skip),
            "undo" => {
                self.passes.told = None;
                self.pass_event(RunnerEvent::Undo);
            }
            "note" => {
                let at = self.session.pass.runner.as_ref().map_or((0, 0), |runner| runner.run().at);
                self.pass_event(RunnerEvent::Note(at, rest));
                self.say(if rest.is_empty() { "The step has no note." } else { "The step has the note." });
            }
            "next" | "previous" => self.pass_event(RunnerEvent::Case(if word == "next" { 1 } else { -1 })),
            "reports" => self.pass_reports(rest),
            _ => self.ask_pass_stop(),
        }
        Ok(())
    }

    // ---- the open step --------------------------------------------------------------------------------------------

    /// Runs a step that waits; accepts what is suggested of one that is decided.
    fn pass_go(&mut self) -> Done {
        let Some(runner) = &self.session.pass.runner else { return Ok(()) };
        let suggested = runner.open_result().and_then(|r| r.suggested);
        match runner.stage() {
            StepStage::Ready => self.pass_again(),
            StepStage::Judging if suggested.is_some() => {
                self.session.screen_for_pass(&self.zone);
                self.pass_event(RunnerEvent::Accept);
            }
            StepStage::Judging => {
                return Err(format!("guestwire suggests no verdict here. {}", pass_sentences::ONLY_YOU));
            }
            StepStage::Preparing(_) | StepStage::Watching => {
                self.say("The step still runs. Your verdict ends it at once.");
            }
            StepStage::Over => self.say("The test run is finished. Type .pass reports, or .pass open and a name."),
        }
        Ok(())
    }

    /// Runs the open step; after a question where it speaks to real customers, or has sent its message already.
    fn pass_again(&mut self) {
        let Some(step) = self.open_step() else { return self.say("The test run is finished; no step is open.") };
        let (sends, deed) = (step.sends(), step.deed());
        let ran = self.session.pass.runner.as_ref().and_then(Runner::open_result).is_some_and(|r| r.runs > 0);
        let sentence = match (sends, self.session.profile.production, ran) {
            (true, true, _) => {
                format!("Production, region {}. Run this step? {deed}.", self.session.profile.facts.region)
            }
            (true, false, true) => format!("The step has run before; its message is sent once more. Do it? {deed}."),
            _ => return self.run_step(),
        };
        self.put(PlainQuestion::PassStep, &sentence);
    }

    /// Runs the open step now. Its conversation is the open one, so that it is heard and read.
    pub(super) fn run_step(&mut self) {
        let sends = self.open_step().is_some_and(PassStep::sends);
        let key = self.session.pass.runner.as_ref().and_then(|r| r.open_player().ok()).map(|player| player.key);
        if let Some(key) = key {
            if sends && self.journal_objects(key) {
                return;
            }
            if self.session.conversations.active() != Some(key) {
                self.session.conversations.open_key(key);
                self.say(format!("{}, is open.", self.spoken(key)));
                self.opened(key);
            }
        }
        self.passes.told = None;
        self.pass_event(RunnerEvent::Go);
    }

    fn pass_verdict(&mut self, verdict: Verdict) {
        if self.open_step().is_none() {
            return self.say("The test run is finished; .pass undo takes the newest verdict back.");
        }
        self.session.screen_for_pass(&self.zone);
        self.pass_event(RunnerEvent::Verdict(verdict));
    }

    fn ask_pass_stop(&mut self) {
        let Some(run) = self.session.pass.runner.as_ref().filter(|r| !r.is_over()).map(Runner::run) else {
            return self.say("The test run is finished already.");
        };
        let open = counted(run.tally().open, "step");
        let later = "To continue later, leave it open: guestwire keeps it.";
        self.put(PlainQuestion::PassStop, &format!("{open} without a verdict. {later} End the test run?"));
    }

    pub(super) fn pass_stop(&mut self) {
        self.pass_event(RunnerEvent::Stop);
    }

    fn pass_reports(&mut self, rest: &str) {
        let Some(run) = self.session.pass.runner.as_ref().map(|r| Arc::new(r.run().clone())) else { return };
        let dir = if rest.is_empty() { reports_dir(&self.session.profile.data_dir, &run) } else { PathBuf::from(rest) };
        self.ask_machine(LocalRequest::Reports { run, dir });
    }

    // ---- the runner

    /// Whether something that was asked of a pass is not settled.
    pub(super) fn pass_is_busy(&self) -> bool {
        self.session.pass.runs_step() && !self.passes.let_go
    }

    /// When something of the pass is due.
    pub(super) fn pass_due(&self) -> Option<Moment> {
        self.session.pass.runner.as_ref()?.due()
    }

    fn open_step(&self) -> Option<&PassStep> {
        self.session.pass.runner.as_ref()?.open_step()
    }

    fn pass_event(&mut self, event: RunnerEvent<'_>) {
        self.with_session(|session, now, changes| session.pass_event(event, now, changes));
    }

    /// The pass was told something: where it stands now is said.
    pub(super) fn pass_moved(&mut self, was_over: bool) {
        let Some(runner) = &self.session.pass.runner else { return };
        let judging = *runner.stage() == StepStage::Judging;
        let here = (runner.run().at, judging);
        if runner.is_over() {
            if !was_over {
                self.show_pass_end();
            }
        } else if !self.session.pass.runs_step() && self.passes.told != Some(here) {
            if judging {
                let bad =
                    matches!(runner.open_result().and_then(|r| r.suggested), Some(Verdict::Fail | Verdict::Blocked));
                self.ends(if bad { Exit::Refused } else { Exit::Done }, None);
            }
            self.show_step();
        }
    }
}
