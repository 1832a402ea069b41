//! Runs a pass: a state machine without I/O, shared by the console and the command line.
//!
//! ```text
//!          Go                 answers of the sandbox            expectations decided        verdict
//!  Ready ─────► Preparing ─────────────────────────► Watching ──────────────────────► Judging ──────► next step: Ready
//!    ▲             └──(refused, or not to be had)─────────────────────────────────────────▲              │
//!    └── repeat, jump, undo, resume ◄─────────────────────────────────────────────────────┴──────────────┘
//! ```
//! In the console a person presses Go and says the verdict. Alone (`guestwire run`) each step goes by itself and what
//! is suggested counts; what only a person could judge is skipped. Everything that is known of the run is in
//! [`PassRun`], which is kept at each change: [`Runner::resume`] goes on from it.

mod expectation;
mod navigation;
mod observe;
mod prepare;
pub mod replies;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::file::{Pass, PassStep};
use super::result::{PassRun, StepResult, Verdict};
use crate::config::Located;
use crate::diagnosis::{PastExchanges, ProfileFacts};
use crate::engine::{Command, Report};
use crate::model::fault::SandboxRequest;
use crate::model::{Channel, ConversationKey, Generation, MessageId, Moment, OutgoingMessage, RepliesReadable};
use crate::text::{alike, nearest};

use expectation::StepProgress;
pub use navigation::RunStart;
use replies::ReplyTracker;

/// Of one step, as its evidence.
const EXCHANGES_KEPT: usize = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassConversation {
    pub name: String,
    pub key: ConversationKey,
    pub channel: Channel,
    /// Whether replies could be read in it when the run began.
    pub readable: RepliesReadable,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSetup {
    pub conversations: Vec<PassConversation>,
    /// The one that steps speak in which name none.
    pub default_conversation: Option<ConversationKey>,
    pub sandbox: bool,
}

impl RunSetup {
    fn conversation(&self, key: ConversationKey) -> Option<&PassConversation> {
        self.conversations.iter().find(|c| c.key == key)
    }

    pub fn default_conversation(&self) -> Option<&PassConversation> {
        self.conversation(self.default_conversation?)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A person: starts each step, and says the verdict.
    Person,
    /// Nobody: what is suggested counts. With `fail_fast` the rest is left out after the first failure.
    Alone { fail_fast: bool },
}

#[derive(Clone, Copy, Debug)]
pub struct RunnerContext<'k> {
    pub facts: &'k ProfileFacts,
    pub past: &'k PastExchanges,
    /// Why waiting for a token is of no use, if so; and for another one, where the one that there is was refused.
    pub no_token: [Option<&'k str>; 2],
}

#[derive(Clone, Copy, Debug)]
pub enum RunnerEvent<'e> {
    Report(&'e Report),
    /// The sandbox did what it was asked for, or could not, and why.
    Sandbox(Result<(), &'e str>),
    /// The moment that [`Runner::due`] named has come.
    Due,
    /// Run the open step, also once more.
    Go,
    Verdict(Verdict),
    Undo,
    /// A person's note on a step, by the places of its case and itself; empty takes it back.
    Note((usize, usize), &'e str),
    /// The next case (1), or the one before (-1).
    Case(isize),
    /// The step timer stands, or goes on.
    Pause(bool),
    Stop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunnerEffect {
    /// Send this; the message's id is told with [`Runner::sent`] at once.
    Send(OutgoingMessage),
    Cancel(MessageId),
    Ask(Command),
    /// Set the sandbox up; answered with [`RunnerEvent::Sandbox`].
    Sandbox(SandboxRequest),
    /// Lift all faults: the case that set them is over. Not answered.
    ClearFaults,
}

/// Where the open step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepStage {
    /// It waits to be run.
    Ready,
    /// The sandbox, a token or a session is got ready; what is still to be done before the step sends.
    Preparing(VecDeque<RunnerEffect>),
    /// It was sent; the expectations are looked at.
    Watching,
    /// They are decided; a verdict is awaited.
    Judging,
    /// There is no further step.
    Over,
}

#[derive(Clone, Debug, Default)]
struct SignInSeen {
    generation: Option<Generation>,
    /// Why there is none, and none to be waited for; and why there will be no other.
    trouble: [Option<String>; 2],
    /// A step was blocked for want of a token.
    blocked: bool,
}

#[derive(Clone, Debug)]
pub struct Runner {
    pass: Arc<Pass>,
    /// Which case of the file each case of the run is.
    plan: Vec<usize>,
    setup: RunSetup,
    mode: Mode,
    run: PassRun,
    stage: StepStage,
    watch: Option<StepProgress>,
    trackers: BTreeMap<ConversationKey, ReplyTracker>,
    sign_in: SignInSeen,
    /// The open step waits for a newer token than this before it sends, until then at the latest.
    renewing: Option<(Option<Generation>, Moment)>,
    /// Since when the open step's timer runs. `None`: it stands.
    opened: Option<Moment>,
    paused: bool,
    /// The open case has set a fault of the sandbox.
    faulty: bool,
    now: Moment,
    effects: Vec<RunnerEffect>,
}

impl Runner {
    pub const fn run(&self) -> &PassRun {
        &self.run
    }

    pub const fn stage(&self) -> &StepStage {
        &self.stage
    }

    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    pub const fn is_renewing(&self) -> bool {
        self.renewing.is_some()
    }

    /// Until when the open step waits for its conversation's session; `None`: it does not.
    pub fn opening(&self) -> Option<Moment> {
        self.watch.as_ref()?.opening
    }

    pub fn is_over(&self) -> bool {
        self.stage == StepStage::Over
    }

    pub const fn lacked_a_token(&self) -> bool {
        self.sign_in.blocked
    }

    /// A step as it is written, by the places of its case in the run and of itself.
    pub fn step(&self, (case, step): (usize, usize)) -> Option<&PassStep> {
        self.pass.cases.get(*self.plan.get(case)?)?.steps.get(step)
    }

    pub fn open_step(&self) -> Option<&PassStep> {
        self.step(self.run.at)
    }

    pub fn open_result(&self) -> Option<&StepResult> {
        let (case, step) = self.run.at;
        self.run.cases.get(case)?.steps.get(step)
    }

    /// The conversation that the open step speaks in, by name; or why there is none.
    pub fn open_conversation(&self) -> Result<&PassConversation, String> {
        let wanted = self.open_step().and_then(|s| s.conversation.as_ref());
        let case = self.plan.get(self.run.at.0).and_then(|at| self.pass.cases.get(*at));
        let Some(Located { value: name, .. }) = wanted.or_else(|| case?.conversation.as_ref()) else {
            let none = || "no conversation is open, and the pass names none".to_owned();
            return self.setup.default_conversation().ok_or_else(none);
        };
        self.setup.conversations.iter().find(|p| p.name == *name).ok_or_else(|| missing_conversation(&self.setup, name))
    }

    pub fn open_for(&self, now: Moment) -> Duration {
        let before = self.open_result().map_or(Duration::ZERO, |s| s.open);
        before + self.opened.map_or(Duration::ZERO, |since| now.since(since))
    }

    /// Until the first step ran, steps that name no conversation speak in this one. Whether that changed something.
    pub fn set_default_conversation(&mut self, key: ConversationKey) -> bool {
        let ran = self.run.cases.iter().flat_map(|case| &case.steps).any(|step| step.runs > 0);
        let Some(name) = self.setup.conversation(key).map(|c| c.name.clone()) else { return false };
        if ran || self.setup.default_conversation == Some(key) {
            return false;
        }
        self.setup.default_conversation = Some(key);
        for (result, case) in self.run.cases.iter_mut().zip(&self.plan) {
            if self.pass.cases.get(*case).is_some_and(|case| case.conversation.is_none()) {
                result.conversation = Some(name.clone());
            }
        }
        true
    }

    pub fn sent(&mut self, message: MessageId) {
        if let Some(watch) = &mut self.watch {
            watch.message = Some(message);
        }
    }

    /// What the screen shows of the conversation goes with the open step.
    pub fn screen(&mut self, text: String) {
        if let Some(result) = self.open_mut().filter(|_| !text.is_empty()) {
            result.evidence.screen = Some(text);
        }
    }

    pub fn on(&mut self, now: Moment, event: RunnerEvent<'_>, known: &RunnerContext<'_>) -> Vec<RunnerEffect> {
        self.now = now;
        self.sign_in.trouble = known.no_token.map(|why| why.map(|why| format!("not signed in: {why}")));
        match event {
            RunnerEvent::Report(report) => {
                self.report(report, known);
                self.renewed();
                if let Report::Session(key, session) = report {
                    self.session_moved(*key, session);
                }
                self.give_up_opening();
            }
            RunnerEvent::Sandbox(done) => self.prepared(done),
            RunnerEvent::Due => {
                self.renewed();
                self.give_up_opening();
                self.read_when_due();
            }
            RunnerEvent::Go => self.go(),
            RunnerEvent::Verdict(verdict) => self.verdict(verdict),
            RunnerEvent::Undo => self.undo(),
            RunnerEvent::Note(at, text) => self.note(at, text),
            RunnerEvent::Case(by) => self.case(by),
            RunnerEvent::Pause(paused) => self.pause(paused),
            RunnerEvent::Stop => self.stop(),
        }
        self.advance(known);
        std::mem::take(&mut self.effects)
    }

    fn open_mut(&mut self) -> Option<&mut StepResult> {
        let (case, step) = self.run.at;
        self.run.cases.get_mut(case)?.steps.get_mut(step)
    }
}

pub fn missing_conversation(setup: &RunSetup, name: &str) -> String {
    let near = nearest(name, setup.conversations.iter().map(|p| p.name.as_str()));
    let near = near.map_or_else(String::new, |near| match alike::difference(near, name) {
        Some(difference) => format!("; it has “{near}”: {difference}"),
        None => format!("; did you mean “{near}”?"),
    });
    format!("the profile has no conversation “{name}”{near}")
}

#[cfg(test)]
#[path = "../../../tests/unit/pass/runner/mod.rs"]
mod tests;
