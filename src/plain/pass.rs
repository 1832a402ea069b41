//! Regression passes in lines: the same runner, the same files and the same journal as the console's.
//!
//! ```text
//! .pass ─► FindPasses ─► what can be opened, numbered     .pass open ─► ReadPass ─► Runner ─► sends, reads, faults
//! .pass go, pass, fail, note … ─► Runner ─┬─► told: the step, what was seen, what is suggested
//!                                         └─► journal, at each change
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::parser::{Done, PlainQuestion};
use super::{Plain, sentences};
use crate::app::exit::Exit;
use crate::model::variables::uuid_from;
use crate::pass::file::PassStep;
use crate::pass::result::{ExpectationState, Tally};
use crate::pass::runner::{Runner, RunnerEvent, StepStage};
use crate::pass::{Pass, Verdict, builtin};
use crate::session::local::LocalRequest;
use crate::session::{FoundPass, place_words, reports_dir};
use crate::text::counted;

const WORDS: [&str; 13] =
    ["open", "go", "pass", "fail", "blocked", "skip", "again", "undo", "note", "next", "previous", "reports", "stop"];

const ONLY_YOU: &str = "Your verdict is needed: .pass pass, fail, blocked or skip.";

impl Plain {
    pub(super) fn pass(&mut self, rest: &str) -> Done {
        let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let rest = rest.trim();
        if !matches!(word, "" | "open" | "note" | "reports") && !rest.is_empty() {
            return Err(format!("Nothing follows .pass {word}; nothing was done."));
        }
        self.passes.let_go &= word == "open" || !WORDS.contains(&word) || self.session.pass.runner.is_none();
        match word {
            "" if self.session.pass.is_running() => {
                self.show_step();
                self.say(format!("After .pass, type one of: {}.", WORDS.join(", ")));
            }
            "" => self.ask_machine(LocalRequest::FindPasses),
            "open" => return self.open_pass(rest),
            _ if !WORDS.contains(&word) => {
                let (near, words) = (sentences::nearest_to(word, "", WORDS), WORDS.join(", "));
                return Err(format!("There is no command .pass {word}.{near} Type .pass and one of: {words}."));
            }
            _ if self.session.pass.runner.is_none() => {
                let how = "Type .pass to list the pass files, or .pass open and a name.";
                return Err(format!("No test run is open. {how}"));
            }
            "go" => return self.pass_go(),
            "again" => self.pass_again(),
            "pass" => self.pass_verdict(Verdict::Pass),
            "fail" => self.pass_verdict(Verdict::Fail),
            "blocked" => self.pass_verdict(Verdict::Blocked),
            "skip" => self.pass_verdict(Verdict::Skip),
            "undo" => {
                self.passes.said_step = None;
                self.pass_event(RunnerEvent::Undo);
            }
            "note" => {
                let at = self.session.pass.runner.as_ref().map_or((0, 0), |runner| runner.run().at);
                self.pass_event(RunnerEvent::Note(at, rest));
                self.say(if rest.is_empty() { "The step has no note." } else { "The step has the note." });
            }
            "next" => self.pass_event(RunnerEvent::Case(1)),
            "previous" => self.pass_event(RunnerEvent::Case(-1)),
            "reports" => self.pass_reports(rest),
            _ => self.ask_pass_stop(),
        }
        Ok(())
    }

    /// Runs a step that waits; accepts what is suggested of one that is decided.
    fn pass_go(&mut self) -> Done {
        let Some(runner) = &self.session.pass.runner else { return Ok(()) };
        match (runner.stage(), runner.open_result().and_then(|r| r.suggested)) {
            (StepStage::Ready, _) => self.pass_again(),
            (StepStage::Judging, Some(suggested)) => self.pass_verdict(suggested),
            (StepStage::Judging, None) => return Err(format!("guestwire suggests no verdict here. {ONLY_YOU}")),
            (StepStage::Preparing(_) | StepStage::Watching, _) => {
                self.say("The step still runs. Your verdict ends it at once.");
            }
            (StepStage::Over, _) => self.say("The test run is finished. Type .pass reports, or .pass open and a name."),
        }
        Ok(())
    }

    /// Runs the open step; after a question where it speaks to real customers, or has sent its message already.
    fn pass_again(&mut self) {
        let Some(step) = self.open_step() else { return self.say("The test run is finished; no step is open.") };
        let (sends, task) = (step.sends(), step.task());
        let ran = self.session.pass.runner.as_ref().and_then(Runner::open_result).is_some_and(|r| r.runs > 0);
        let sentence = match self.production() {
            Some(production) if sends => format!("{production}Run this step? {task}."),
            None if sends && ran => format!("The step has run before; its message is sent once more. Do it? {task}."),
            _ => return self.run_step(),
        };
        self.put(PlainQuestion::PassStep, &sentence);
    }

    /// Runs the open step now. Its conversation is the open one, so that it is heard and read.
    pub(super) fn run_step(&mut self) {
        let sends = self.open_step().is_some_and(PassStep::sends);
        let key = self.session.pass.runner.as_ref().and_then(|r| r.open_conversation().ok()).map(|c| c.key);
        if let Some(key) = key {
            if sends && self.journal_objects(key) {
                return;
            }
            if self.session.conversations.active() != Some(key) {
                self.say(format!("{}, is open.", self.spoken(key)));
                self.open_quietly(key);
            }
        }
        self.passes.said_step = None;
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

    fn pass_reports(&mut self, rest: &str) {
        let Some(run) = self.session.pass.runner.as_ref().map(|r| Arc::new(r.run().clone())) else { return };
        let dir = if rest.is_empty() { reports_dir(&self.session.profile.data_dir, &run) } else { PathBuf::from(rest) };
        self.ask_machine(LocalRequest::Reports(run, dir));
    }

    fn open_step(&self) -> Option<&PassStep> {
        self.session.pass.runner.as_ref()?.open_step()
    }

    pub(super) fn pass_event(&mut self, event: RunnerEvent<'_>) {
        self.with_session(|session, now, changes| session.pass_event(event, now, changes));
    }

    pub(super) fn pass_moved(&mut self, was_over: bool) {
        let Some(runner) = &self.session.pass.runner else { return };
        let judging = *runner.stage() == StepStage::Judging;
        let here = (runner.run().at, judging);
        let exit = |bad: bool| if bad { Exit::Refused } else { Exit::Done };
        if runner.is_over() && !was_over {
            let Tally { pass, fail, blocked, skipped, open } = runner.run().tally();
            let open = if open > 0 { format!(", {open} to do") } else { String::new() };
            let counts = format!("{pass} passed, {fail} failed, {blocked} blocked, {skipped} skipped{open}");
            let sentence = format!("The test run is finished: {counts}. Type .pass reports to write them.");
            self.say_end(exit(fail + blocked > 0), sentence);
        } else if !runner.is_over() && !self.session.pass.runs_step() && self.passes.said_step != Some(here) {
            if judging {
                let suggested = runner.open_result().and_then(|r| r.suggested);
                self.ends(exit(matches!(suggested, Some(Verdict::Fail | Verdict::Blocked))), None);
            }
            self.show_step();
        }
    }

    /// Lists what can be opened by a number: an unfinished run, the files here, and the built-in ones.
    pub(super) fn passes(&mut self, found: Vec<FoundPass>) {
        let mut offered = Vec::new();
        if let Some(run) = &self.session.pass.unfinished {
            offered.push((format!("continue {}, {}", run.name, place_words(run)), None));
        }
        let mut wrong = Vec::new();
        for FoundPass { path, name } in found {
            match name {
                Ok(name) => offered.push((format!("{name}, {}", path.display()), Some(path))),
                Err(why) => {
                    // Some end with a question: did you mean …?
                    let end = if why.ends_with('?') { "" } else { "." };
                    wrong.push(format!("Mistakes in a pass file: {why}{end}"));
                }
            }
        }
        for (name, text) in builtin::ALL {
            let about = Pass::parse(Path::new(name), text).ok().and_then(|p| p.about).unwrap_or_default();
            let about = about.trim_end_matches('.');
            offered.push((format!("built-in {name}: {about}"), Some(PathBuf::from(name))));
        }
        let (lines, offered): (Vec<String>, Vec<Option<PathBuf>>) = offered.into_iter().unzip();
        self.passes.offered = offered;
        self.say_each((1..).zip(lines).map(|(n, line)| format!("{n}, {line}.")));
        self.say_each(wrong);
        self.say("Type .pass open and a number, a built-in name, or a file.");
    }

    pub(super) fn open_pass(&mut self, rest: &str) -> Done {
        if let Some(run) = self.session.pass.runner.as_ref().filter(|r| !r.is_over()).map(Runner::run) {
            return Err(format!("The test run {} is open. Type .pass stop to end it first.", run.name));
        }
        if rest.is_empty() {
            return Err("Type .pass open and a number, a built-in name, or a file; .pass lists them.".to_owned());
        }
        let chosen = match rest.parse::<usize>() {
            Ok(n) => n.checked_sub(1).and_then(|at| self.passes.offered.get(at)).cloned().ok_or_else(|| {
                let count = self.passes.offered.len();
                format!("There is no number {rest}; {count} were listed. Type .pass to list them.")
            })?,
            Err(_) => Some(PathBuf::from(rest)),
        };
        let Some(path) = chosen else { return self.resume_pass() };
        match builtin::ALL.into_iter().find(|(name, _)| path == Path::new(name)) {
            Some((name, text)) => self.begin_pass(&format!("{}{name}", builtin::PREFIX), text),
            None => {
                self.ask_machine(LocalRequest::ReadPass(path));
                Ok(())
            }
        }
    }

    pub(super) fn pass_read(&mut self, path: &Path, text: Result<String, String>) {
        if let Err(sentence) = text.and_then(|text| self.begin_pass(&path.display().to_string(), &text)) {
            self.wrong(sentence);
        }
    }

    fn begin_pass(&mut self, file: &str, text: &str) -> Done {
        self.passes.begun += 1;
        self.passes.said_step = None;
        let id = uuid_from(self.passes.seed, self.passes.begun);
        let opened = self.with_session(|session, now, changes| session.open_pass(file, text, id, now, changes));
        opened.map_err(|problems| {
            let mistakes = problems.to_string().lines().count();
            format!("Mistakes in the pass file {file}, {}:\n{problems}", counted(mistakes, "line"))
        })
    }

    fn resume_pass(&mut self) -> Done {
        if let Some(resumed) = self.session.resume_pass(self.now) {
            resumed.map_err(|name| format!("{name} cannot be continued: its record cannot be read."))?;
            self.passes.said_step = None;
            self.pass_event(RunnerEvent::Pause(false));
        }
        Ok(())
    }

    pub(super) fn show_step(&mut self) {
        let Some(runner) = &self.session.pass.runner else { return };
        let judging = *runner.stage() == StepStage::Judging;
        self.passes.said_step = Some((runner.run().at, judging));
        self.say_each(lines(runner));
        self.dialogue.prompt_due = true;
    }
}

fn lines(runner: &Runner) -> Vec<String> {
    let Some(step) = runner.open_result() else { return vec!["The test run is finished.".to_owned()] };
    let mut lines = Vec::new();
    if *runner.stage() == StepStage::Judging {
        for expectation in &step.expectations {
            let unmet = matches!(expectation.met, ExpectationState::No | ExpectationState::Blocked);
            let seen = expectation.detail.as_ref().filter(|_| unmet);
            let seen = seen.map(|detail| format!(", but: {detail}")).unwrap_or_default();
            lines.push(format!("{}, {}{seen}.", expectation.met.word(), expectation.what));
        }
        lines.extend(step.why.iter().map(|why| format!("Why: {why}.")));
    } else {
        lines.push(format!("Test run {}, {}: {}", runner.run().name, place_words(runner.run()), step.instruction));
        let expected: Vec<&str> = step.expectations.iter().map(|e| e.what.as_str()).collect();
        lines.extend((!expected.is_empty()).then(|| format!("Expected: {}.", expected.join("; "))));
    }
    lines.extend(step.judge.iter().map(|judge| format!("To check: {judge}")));
    lines.extend(step.note.iter().map(|note| format!("Note: {note}")));
    lines.push(match (runner.stage(), step.suggested) {
        (StepStage::Judging, Some(suggested)) => {
            let how = "Type .pass go to accept it, or .pass pass, fail, blocked or skip.";
            format!("Suggested: {}. {how}", suggested.name())
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
