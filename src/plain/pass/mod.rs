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
use crate::engine::{Command, Report};
use crate::journal::Job;
use crate::model::{ConversationKey, Moment};
use crate::pass::file::Step;
use crate::pass::runner::{Effect, Event, Known, Runner, Stage};
use crate::pass::{Run, Verdict};
use crate::session::open_pass::reports_dir;
use crate::session::sandbox_request::SandboxRequest;
use crate::text::suggest::nearest;

use super::questions::Question;
use super::{Act, Plain, sentences};
use files::Offered;

/// How many messages of the conversation go with a step as evidence.
const SCREEN_MESSAGES: usize = 20;

/// The words after `.pass`.
const WORDS: [&str; 13] =
    ["open", "go", "pass", "fail", "blocked", "skip", "again", "undo", "note", "next", "previous", "reports", "stop"];

/// What is known of passes.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// The pass that is open, also when it is over.
    runner: Option<Runner>,
    /// One that an earlier session left unfinished.
    unfinished: Option<Arc<Run>>,
    /// The run as the journal was told of it last.
    kept: Option<Arc<Run>>,
    /// What can be opened, in the order in which it was told.
    offered: Vec<Offered>,
    /// The step that was told last, and whether with its result.
    told: Option<((usize, usize), bool)>,
    /// Files are looked for, read or written.
    outside: bool,
    /// Ctrl-C was pressed while the step ran: it is waited for no more.
    let_go: bool,
    /// Passes that were begun.
    begun: u64,
}

impl Desk {
    /// Whether a pass is open that is not over.
    pub(super) fn plays(&self) -> bool {
        self.runner.as_ref().is_some_and(|r| !r.is_over())
    }

    /// Whether the open step runs.
    fn runs(&self) -> bool {
        self.runner.as_ref().is_some_and(|r| matches!(r.stage(), Stage::Preparing(_) | Stage::Watching))
    }

    /// Whether something that was asked for is not settled.
    pub(super) fn is_busy(&self) -> bool {
        self.outside || (self.runs() && !self.let_go)
    }

    /// The step that runs is waited for no more.
    pub(super) fn let_go(&mut self) {
        self.let_go = true;
    }

    pub(super) fn due(&self) -> Option<Moment> {
        self.runner.as_ref()?.due()
    }

    fn open_step(&self) -> Option<&Step> {
        self.runner.as_ref()?.open_step()
    }
}

impl Plain {
    /// `.pass`, `.pass go`, `.pass note it flickers`
    pub(super) fn pass(&mut self, rest: &str) -> Result<(), String> {
        let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let rest = rest.trim();
        if !matches!(word, "" | "open" | "note" | "reports") && !rest.is_empty() {
            return Err(format!("Nothing follows .pass {word}; nothing was done."));
        }
        match word {
            "" if self.desk.plays() => {
                self.tell_step();
                self.say(format!("After .pass say one of: {}.", WORDS.join(", ")));
                return Ok(());
            }
            "" => {
                self.find_passes();
                return Ok(());
            }
            "open" => return self.open_pass(rest),
            _ if !WORDS.contains(&word) => {
                let near = nearest(word, WORDS).map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
                return Err(format!("{word} is no word for a pass.{near} Say one of: {}.", WORDS.join(", ")));
            }
            _ if self.desk.runner.is_none() => {
                return Err("No pass is open. Say .pass to hear which there are, or .pass open and a name.".to_owned());
            }
            _ => {}
        }
        self.desk.let_go = false;
        match word {
            "go" => return self.pass_go(),
            "again" => self.pass_again(),
            "pass" => self.pass_verdict(Verdict::Pass),
            "fail" => self.pass_verdict(Verdict::Fail),
            "blocked" => self.pass_verdict(Verdict::Blocked),
            "skip" => self.pass_verdict(Verdict::Skip),
            "undo" => {
                self.desk.told = None;
                self.tell_pass(Event::Undo);
            }
            "note" => {
                self.tell_pass(Event::Note(rest));
                self.say(if rest.is_empty() { "The step has no note." } else { "The note goes with the step." });
            }
            "next" | "previous" => self.tell_pass(Event::Case(if word == "next" { 1 } else { -1 })),
            "reports" => self.pass_reports(rest),
            _ => self.ask_pass_stop(),
        }
        Ok(())
    }

    // ---- the open step --------------------------------------------------------------------------------------------

    /// Runs a step that waits; accepts what is suggested of one that is decided.
    fn pass_go(&mut self) -> Result<(), String> {
        let Some(runner) = &self.desk.runner else { return Ok(()) };
        let suggested = runner.open_result().and_then(|r| r.suggested);
        match runner.stage() {
            Stage::Ready => self.pass_again(),
            Stage::Judging if suggested.is_some() => {
                self.take_screen();
                self.tell_pass(Event::Accept);
            }
            Stage::Judging => return Err(format!("Nothing is suggested here. {}", pass_sentences::ONLY_YOU)),
            Stage::Preparing(_) | Stage::Watching => self.say("The step still runs. A verdict decides it at once."),
            Stage::Over => self.say("The pass is over. Say .pass reports, or .pass open and a name."),
        }
        Ok(())
    }

    /// Runs the open step; after a question where it speaks to real customers, or has sent its message already.
    fn pass_again(&mut self) {
        let Some(step) = self.desk.open_step() else { return self.say("The pass is over; no step is open.") };
        let (sends, deed) = (step.sends(), step.deed());
        let ran = self.desk.runner.as_ref().and_then(Runner::open_result).is_some_and(|r| r.runs > 0);
        let sentence = match (sends, self.production, ran) {
            (true, true, _) => format!("Production, region {}. Run this step? {deed}.", self.region),
            (true, false, true) => format!("The step has run before; its message goes out once more. Do it? {deed}."),
            _ => return self.run_step(),
        };
        self.put(Question::PassStep, &sentence);
    }

    /// Runs the open step now. Its conversation is the open one, so that it is heard and read.
    pub(super) fn run_step(&mut self) {
        let sends = self.desk.open_step().is_some_and(Step::sends);
        let key = self.desk.runner.as_ref().and_then(|r| r.open_player().ok()).map(|player| player.key);
        if let Some(key) = key {
            if sends && self.journal_objects(key) {
                return;
            }
            if self.picker.active() != Some(key) {
                self.picker.select(key);
                self.picker.open();
                let name = self.spoken(key);
                self.say(format!("{name}, is open."));
                self.opened(key);
            }
        }
        self.desk.told = None;
        self.tell_pass(Event::Go);
    }

    fn pass_verdict(&mut self, verdict: Verdict) {
        if self.desk.open_step().is_none() {
            return self.say("The pass is over; .pass undo takes the newest verdict back.");
        }
        self.take_screen();
        self.tell_pass(Event::Verdict(verdict));
    }

    /// What the open conversation holds goes with the step.
    fn take_screen(&mut self) {
        let Some(key) = self.picker.active() else { return };
        let text = self.threads.as_text(key, SCREEN_MESSAGES, &self.zone);
        if let Some(runner) = &mut self.desk.runner {
            runner.screen(text);
        }
    }

    fn ask_pass_stop(&mut self) {
        let Some(run) = self.desk.runner.as_ref().filter(|r| !r.is_over()).map(Runner::run) else {
            return self.say("The pass is over already.");
        };
        let open = sentences::count(run.tally().open as u128, "step");
        let later = "To go on later, leave it open: it is kept.";
        self.put(Question::PassStop, &format!("{open} without a verdict. {later} End the pass?"));
    }

    pub(super) fn pass_stop(&mut self) {
        self.tell_pass(Event::Stop);
    }

    fn pass_reports(&mut self, rest: &str) {
        let Some(run) = self.desk.runner.as_ref().map(|r| Arc::new(r.run().clone())) else { return };
        let dir = if rest.is_empty() { reports_dir(&self.data_dir, &run) } else { PathBuf::from(rest) };
        self.desk.outside = true;
        self.acts.push(Act::Reports { run, dir });
    }

    // ---- the runner -----------------------------------------------------------------------------------------------

    /// The engine has said something, and the rest knows it.
    pub(super) fn pass_report(&mut self, report: &Report) {
        self.tell_pass(Event::Report(report));
    }

    pub(super) fn pass_due(&mut self) {
        if self.desk.due().is_some_and(|at| at.left(self.now).is_zero()) {
            self.tell_pass(Event::Due);
        }
    }

    /// The sandbox did what it was asked for, or not.
    pub(super) fn arranged(&mut self, done: &Result<(), String>) {
        self.tell_pass(Event::Sandbox(match done {
            Ok(()) => Ok(()),
            Err(why) => Err(why),
        }));
    }

    /// Another conversation was opened: a pass of which no step ran yet speaks there.
    pub(super) fn pass_follows(&mut self, key: ConversationKey) {
        if self.desk.runner.as_mut().is_some_and(|runner| runner.speak_in(key)) {
            self.keep_pass();
        }
    }

    /// Tells the runner, carries out what it wants, keeps what changed, and says where it stands now.
    fn tell_pass(&mut self, event: Event<'_>) {
        let known = Known { facts: &self.facts, past: &self.past };
        let Some(runner) = &mut self.desk.runner else { return };
        let was_over = runner.is_over();
        for wish in runner.on(self.now, event, &known) {
            self.carry_out(wish);
        }
        self.keep_pass();
        let Some(runner) = &self.desk.runner else { return };
        let judging = *runner.stage() == Stage::Judging;
        let here = (runner.run().at, judging);
        if runner.is_over() {
            if !was_over {
                self.tell_end();
            }
        } else if !self.desk.runs() && self.desk.told != Some(here) {
            if judging {
                let bad =
                    matches!(runner.open_result().and_then(|r| r.suggested), Some(Verdict::Fail | Verdict::Blocked));
                self.came_to(if bad { Exit::Refused } else { Exit::Done }, None);
            }
            self.tell_step();
        }
    }

    fn carry_out(&mut self, wish: Effect) {
        match wish {
            Effect::Send(send) => {
                let sent = self.submit_as(send.conversation, send.text, None, send.extras, send.sent_as);
                if let (Some(id), Some(runner)) = (sent, &mut self.desk.runner) {
                    runner.sent(id);
                }
            }
            Effect::Cancel(message) => self.ask(Command::Cancel(message)),
            Effect::Read(key) => self.ask(Command::Read(key)),
            Effect::Renew => self.ask(Command::Renew),
            Effect::Fault(fault) => self.acts.push(Act::Arrange(SandboxRequest::Fault(fault))),
            Effect::Advance(by) => self.acts.push(Act::Arrange(SandboxRequest::Advance(by))),
            Effect::Tidy => self.acts.push(Act::Tidy),
        }
    }

    /// The journal is told what changed.
    fn keep_pass(&mut self) {
        let Some(runner) = &self.desk.runner else { return };
        if self.desk.kept.as_deref() != Some(runner.run()) {
            let run = Arc::new(runner.run().clone());
            self.desk.kept = Some(Arc::clone(&run));
            self.tell_journal(Job::Pass(run));
        }
    }
}
