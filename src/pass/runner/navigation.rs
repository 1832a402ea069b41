//! How a run begins: new, or where an earlier session stopped. Then from step to step: verdicts, undo, notes, jumps,
//! pauses, and the way through a run that nobody watches.

use std::sync::Arc;

use super::replies::ReplyTracker;
use super::{Mode, RunSetup, Runner, RunnerEffect, SignInSeen, StepStage};
use crate::model::Moment;
use crate::pass::file::{Expectation, Pass, PassCase, PassStep};
use crate::pass::result::{CaseResult, ExpectationResult, ExpectationState, PassRun, StepResult, Verdict};

#[derive(Clone, Debug)]
pub struct RunStart {
    /// What is known of it before it begins: its id, the file, the profile.
    pub run: PassRun,
    pub at: Moment,
    /// Cases of the file, in order; each as often as it is to be run, with its round.
    pub plan: Vec<(usize, u32)>,
}

impl Runner {
    /// A run that has not begun: its first step is open.
    pub fn new(pass: Arc<Pass>, begin: RunStart, setup: RunSetup, mode: Mode) -> Self {
        let known =
            begin.plan.iter().filter_map(|(at, round)| Some((*at, blank(pass.cases.get(*at)?, *round, &setup))));
        let (plan, cases) = known.unzip();
        let (name, about, version) = (pass.name.clone(), pass.about.clone(), env!("CARGO_PKG_VERSION").to_owned());
        let run = PassRun { name, about, version, began: begin.at.wall, cases, ..begin.run };
        Self::of(pass, plan, setup, mode, run, begin.at)
    }

    fn of(pass: Arc<Pass>, plan: Vec<usize>, setup: RunSetup, mode: Mode, run: PassRun, now: Moment) -> Self {
        let stage = if run.cases.is_empty() { StepStage::Over } else { StepStage::Ready };
        // A socket that is open already is observed from here on.
        let open = setup.conversations.iter().filter(|p| p.channel.has_sessions() && p.readable.known() == Some(true));
        let trackers = open.map(|p| (p.key, ReplyTracker::live_since(now))).collect();
        Self {
            pass,
            plan,
            setup,
            mode,
            run,
            stage,
            watch: None,
            trackers,
            sign_in: SignInSeen::default(),
            renewing: None,
            opened: Some(now),
            paused: false,
            faulty: false,
            now,
            effects: Vec::new(),
        }
    }

    /// Goes on with a run that was kept, paused at the very step. `pass` is what its source says.
    pub fn resume(pass: Arc<Pass>, run: PassRun, setup: RunSetup, now: Moment) -> Option<Self> {
        let find = |case: &CaseResult| pass.cases.iter().position(|c| c.id == case.id);
        let plan: Vec<usize> = run.cases.iter().map(find).collect::<Option<_>>()?;
        let mut runner = Self::of(pass, plan, setup, Mode::Person, run, now);
        runner.paused = true;
        runner.open(runner.run.at);
        Some(runner)
    }

    pub(super) fn verdict(&mut self, verdict: Verdict) {
        if self.stage == StepStage::Over {
            return;
        }
        self.pause(false);
        let wall = self.now.wall;
        if let Some(result) = self.open_mut() {
            (result.verdict, result.ended) = (Some(verdict), Some(wall));
            result.began.get_or_insert(wall);
        }
        self.next_open();
    }

    pub(super) fn undo(&mut self) {
        let newest = self.places().into_iter().filter_map(|(at, step)| Some((step.verdict.and(step.ended)?, at))).max();
        let Some((_, at)) = newest else { return };
        self.leave();
        self.run.ended = None;
        self.open(at);
        if let Some(result) = self.open_mut() {
            (result.verdict, result.ended) = (None, None);
        }
    }

    pub(super) fn note(&mut self, (case, step): (usize, usize), text: &str) {
        if let Some(result) = self.run.cases.get_mut(case).and_then(|case| case.steps.get_mut(step)) {
            result.note = Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        }
    }

    /// Opens the next case, or the one before, at its first step without a verdict.
    pub(super) fn case(&mut self, by: isize) {
        let last = self.run.cases.len().saturating_sub(1);
        let from = self.run.at.0.min(last);
        let case = from.saturating_add_signed(by).min(last);
        if case == from && self.stage != StepStage::Over {
            return;
        }
        self.leave();
        let open = self.run.cases.get(case).and_then(|c| c.steps.iter().position(|s| s.verdict.is_none()));
        self.open((case, open.unwrap_or(0)));
    }

    pub(super) fn pause(&mut self, paused: bool) {
        if paused {
            self.stop_timer();
        } else if self.opened.is_none() && self.stage != StepStage::Over {
            self.opened = Some(self.now);
        }
        self.paused = paused;
    }

    /// It is over: what is open stays without a verdict.
    pub(super) fn stop(&mut self) {
        self.leave();
        self.end();
        self.clear_faults();
    }

    fn stop_timer(&mut self) {
        let now = self.now;
        if let Some(since) = self.opened.take()
            && let Some(result) = self.open_mut()
        {
            result.open += now.since(since);
        }
    }

    fn leave(&mut self) {
        self.take_back();
        self.stop_timer();
        if let Some(result) = self.open_mut() {
            stop_waiting(result);
        }
    }

    /// Opens a step. Where it stands is seen from what is known of it: after an undo, a jump, or a crash.
    fn open(&mut self, at: (usize, usize)) {
        self.run.at = at;
        self.opened = (!self.paused).then_some(self.now);
        let Some(result) = self.open_mut() else {
            self.stage = StepStage::Over;
            return;
        };
        if result.runs > 0 && (result.suggested.is_some() || result.expectations.is_empty()) {
            self.stage = StepStage::Judging;
        } else {
            stop_waiting(result);
            self.stage = StepStage::Ready;
        }
    }

    fn places(&self) -> Vec<((usize, usize), &StepResult)> {
        let cases = self.run.cases.iter().enumerate();
        cases.flat_map(|(c, case)| case.steps.iter().enumerate().map(move |(s, step)| ((c, s), step))).collect()
    }

    /// Leaves the open step for the next one without a verdict: behind it, else the first of all; none: it is over.
    fn next_open(&mut self) {
        self.leave();
        let from = self.run.at;
        let open =
            |step: &StepResult| step.verdict.is_none() && (self.mode == Mode::Person || step.suggested.is_none());
        let places = self.places();
        let behind = places.iter().find(|(at, step)| *at > from && open(step));
        let next = behind.or_else(|| places.iter().find(|(_, step)| open(step))).map(|(at, _)| *at);
        if next.is_none_or(|at| at.0 != from.0) {
            self.clear_faults();
        }
        match next {
            Some(at) => self.open(at),
            None => self.end(),
        }
    }

    fn end(&mut self) {
        self.run.at = (self.run.cases.len(), 0);
        self.run.ended = Some(self.now.wall);
        self.stage = StepStage::Over;
        self.opened = None;
    }

    /// Faults end with the case that set them.
    fn clear_faults(&mut self) {
        if std::mem::take(&mut self.faulty) {
            self.effects.push(RunnerEffect::ClearFaults);
        }
    }

    pub(super) fn go_alone(&mut self, fail_fast: bool) {
        let went_wrong = |step: &StepResult| matches!(step.suggested, Some(Verdict::Fail | Verdict::Blocked));
        if fail_fast && self.run.steps().any(went_wrong) {
            return self.decide(Verdict::Skip, "skipped after the first failure".to_owned());
        }
        let (case, step) = self.run.at;
        let mut before = self.run.cases.get(case).into_iter().flat_map(|c| c.steps.iter().take(step));
        if let Some(broken) = before.find(|step| went_wrong(step)) {
            let cause = broken.caused_by().map(str::to_owned);
            self.decide(Verdict::Blocked, "an earlier step of the case did not pass".to_owned());
            if let Some(result) = self.open_mut() {
                result.cause = cause;
            }
            return;
        }
        self.go();
    }

    /// What is suggested counts; what only a person could say is skipped.
    pub(super) fn judge_alone(&mut self) {
        let wall = self.now.wall;
        if let Some(result) = self.open_mut() {
            result.ended = Some(wall);
            if let Some(judge) = &result.judge
                && matches!(result.suggested, Some(Verdict::Pass) | None)
            {
                result.suggested = Some(Verdict::Skip);
                result.why = Some(format!("a person must judge: {judge}"));
            }
        }
        self.next_open();
    }
}

/// What is still waited for is not looked at to its end.
fn stop_waiting(result: &mut StepResult) {
    for expectation in &mut result.expectations {
        if matches!(expectation.met, ExpectationState::Waiting { .. }) {
            (expectation.met, expectation.detail) =
                (ExpectationState::Open, Some("guestwire did not wait for it".to_owned()));
        }
    }
}

fn blank(case: &PassCase, round: u32, setup: &RunSetup) -> CaseResult {
    let default_conversation = setup.default_conversation().map(|p| p.name.clone());
    let steps = case.steps.iter().map(|step| blank_step(case, step, round)).collect();
    CaseResult {
        id: case.id.clone(),
        name: case.name.clone(),
        about: case.about.clone(),
        round,
        conversation: case.conversation.as_ref().map(|s| s.value.clone()).or(default_conversation),
        steps,
    }
}

fn blank_step(case: &PassCase, step: &PassStep, round: u32) -> StepResult {
    let again = if round > 1 { format!("#{round}") } else { String::new() };
    let expectation =
        |wanted: &Expectation| ExpectationResult { what: wanted.words(), met: ExpectationState::Open, detail: None };
    StepResult {
        id: format!("{}/{}{again}", case.id, step.id),
        name: step.name.clone(),
        instruction: step.instruction.clone().unwrap_or_else(|| step.task()),
        judge: step.judge.clone(),
        expectations: step.expect.iter().map(expectation).collect(),
        ..StepResult::default()
    }
}
