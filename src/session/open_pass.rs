//! The open pass: hands its runner what happens, does what the runner wants, and keeps each change of the run.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::conversations::{ConversationItem, Conversations};
use super::{Change, Changes, Notice, ProfileInfo, Session};
use crate::config::problem::Problems;
use crate::engine::{Command, Report};
use crate::journal::Job;
use crate::model::{ConversationKey, Moment};
use crate::pass::runner::{
    Mode, PassConversation, RunSetup, RunStart, Runner, RunnerContext, RunnerEffect, RunnerEvent,
};
use crate::pass::{Pass, PassRun};

const SCREEN_MESSAGES: usize = 20;

impl Conversations {
    /// The conversations as a pass calls them: by the names of the config, whatever a person calls them.
    pub fn for_pass(&self) -> Vec<PassConversation> {
        let conversation = |ConversationItem { conversation, readable, .. }: &ConversationItem| PassConversation {
            name: conversation.name.clone(),
            key: conversation.key,
            channel: conversation.channel(),
            readable: readable.clone(),
        };
        self.items().map(conversation).collect()
    }
}

impl Session {
    pub(crate) fn open_pass(
        &mut self,
        file: &str,
        text: &str,
        id: uuid::Uuid,
        now: Moment,
        changes: &mut Changes,
    ) -> Result<(), Problems> {
        let pass = Pass::parse(Path::new(file), text)?;
        // Of two unfinished runs only one can be gone on with: the one left behind is over.
        let open = || self.pass.runner.take().map(|runner| Arc::new(runner.run().clone()));
        let left = self.pass.unfinished.take().or_else(open);
        if let Some(left) = left.filter(|run| run.ended.is_none()) {
            self.keep(Job::Pass(Arc::new(PassRun { ended: Some(now.wall), ..(*left).clone() })), changes);
        }
        let run = self.new_run(id, file.to_owned(), text.to_owned());
        let begin = RunStart { run, at: now, plan: (0..pass.cases.len()).map(|case| (case, 1)).collect() };
        let runner = Runner::new(Arc::new(pass), begin, self.setup(), Mode::Person);
        self.install_runner(runner, None, now);
        self.pass_event(RunnerEvent::Pause(false), now, changes);
        Ok(())
    }

    /// A run of a pass in the open profile, before it begins.
    pub(crate) fn new_run(&self, id: uuid::Uuid, file: String, source: String) -> PassRun {
        let ProfileInfo { facts, sandbox, .. } = &self.profile;
        let (profile, region) = (facts.name.clone(), facts.region.clone());
        PassRun { id: id.to_string(), file, source, profile, region, sandbox: *sandbox, ..PassRun::default() }
    }

    /// Takes up the run that an earlier session left unfinished, paused. `None` where there is
    /// none; `Err`: the name of one that cannot be read.
    pub fn resume_pass(&mut self, now: Moment) -> Option<Result<Arc<PassRun>, String>> {
        let run = self.pass.unfinished.take()?;
        let pass = Pass::parse(Path::new(&run.file), &run.source).ok();
        let runner = pass.and_then(|pass| Runner::resume(Arc::new(pass), (*run).clone(), self.setup(), now));
        let Some(runner) = runner else { return Some(Err(run.name.clone())) };
        self.install_runner(runner, Some(Arc::clone(&run)), now);
        Some(Ok(run))
    }

    fn install_runner(&mut self, mut runner: Runner, kept: Option<Arc<PassRun>>, now: Moment) {
        runner.on(now, RunnerEvent::Report(&Report::Token(self.sign_in.status.clone())), &self.runner_context());
        self.pass.runner = Some(runner);
        self.pass.kept = kept;
    }

    pub(crate) fn runner_context(&self) -> RunnerContext<'_> {
        let no_token = [self.sign_in.trouble(), self.sign_in.no_other()].map(|trouble| Some(trouble?.why.as_str()));
        RunnerContext { facts: &self.profile.facts, past: &self.diagnoses.evidence, no_token }
    }

    fn setup(&self) -> RunSetup {
        let conversations = self.conversations.for_pass();
        RunSetup { conversations, default_conversation: self.conversations.active(), sandbox: self.profile.sandbox }
    }

    /// Tells the pass, does what it wants, and keeps what changed.
    pub fn pass_event(&mut self, event: RunnerEvent<'_>, now: Moment, changes: &mut Changes) {
        let Some(mut runner) = self.pass.runner.take() else { return };
        let was_over = runner.is_over();
        let effects = runner.on(now, event, &self.runner_context());
        for effect in effects {
            self.run_pass_effect(&mut runner, effect, now, changes);
        }
        self.pass.runner = Some(runner);
        self.keep_pass(changes);
        changes.notice(Notice::Pass { was_over });
    }

    /// Does what a runner wants, that of the open pass or of a run without a screen.
    pub fn run_pass_effect(&mut self, runner: &mut Runner, effect: RunnerEffect, now: Moment, changes: &mut Changes) {
        match effect {
            RunnerEffect::Send(outgoing) => runner.sent(self.submit(outgoing, now, changes)),
            RunnerEffect::Cancel(message) => {
                if !self.take_back_paused(message, changes) {
                    changes.engine(Command::Cancel(message));
                }
            }
            RunnerEffect::Ask(command) => changes.engine(command),
            RunnerEffect::Sandbox(asked) => changes.0.push(Change::Sandbox(asked)),
            RunnerEffect::ClearFaults => changes.0.push(Change::ClearFaults),
        }
    }

    /// Another conversation was opened by a person: a pass of which no step ran yet speaks there.
    pub fn retarget_pass(&mut self, key: ConversationKey, changes: &mut Changes) {
        if self.pass.runner.as_mut().is_some_and(|runner| runner.set_default_conversation(key)) {
            self.keep_pass(changes);
        }
    }

    pub(crate) fn screen_for_pass(&mut self, zone: &TimeZone) {
        if let (Some(key), Some(runner)) = (self.conversations.active(), &mut self.pass.runner) {
            runner.screen(self.threads.as_text(key, SCREEN_MESSAGES, zone));
        }
    }

    fn keep_pass(&mut self, changes: &mut Changes) {
        let Some(runner) = &self.pass.runner else { return };
        if !self.journal.keeps() || self.pass.kept.as_deref() == Some(runner.run()) {
            return;
        }
        let run = Arc::new(runner.run().clone());
        self.pass.kept = Some(Arc::clone(&run));
        changes.journal(Job::Pass(run));
    }
}
