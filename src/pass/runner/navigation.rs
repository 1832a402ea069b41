//! From step to step: verdicts, undo, notes, jumps, pauses, and the way through a run that nobody watches.

use super::{Mode, Runner, RunnerEffect, StepStage};
use crate::pass::result::{ExpectationState, StepResult, Verdict};

impl Runner {
    /// A person's verdict; the next step that has none is open then.
    pub(super) fn verdict(&mut self, verdict: Verdict, effects: &mut Vec<RunnerEffect>) {
        if self.stage == StepStage::Over {
            return;
        }
        self.pause(false);
        let wall = self.wall();
        if let Some(result) = self.open_mut() {
            (result.verdict, result.ended) = (Some(verdict), Some(wall));
            result.began.get_or_insert(wall);
            stop_waiting(result);
        }
        self.leave(effects);
        self.next_open(effects);
    }

    /// The person agrees with the suggestion.
    pub(super) fn accept(&mut self, effects: &mut Vec<RunnerEffect>) {
        if self.stage == StepStage::Judging
            && let Some(verdict) = self.open_result().and_then(|r| r.suggested)
        {
            self.verdict(verdict, effects);
        }
    }

    /// Takes the newest verdict back and opens its step as it was.
    pub(super) fn undo(&mut self, effects: &mut Vec<RunnerEffect>) {
        let newest = self.places().into_iter().filter_map(|(at, step)| Some((step.verdict.and(step.ended)?, at))).max();
        let Some((_, at)) = newest else { return };
        self.leave(effects);
        self.run.ended = None;
        self.open(at);
        if let Some(result) = self.open_mut() {
            (result.verdict, result.ended) = (None, None);
        }
        self.reopen();
    }

    /// A person's note; empty takes it back.
    pub(super) fn note(&mut self, (case, step): (usize, usize), text: &str) {
        let noted = self.run.cases.get_mut(case).and_then(|case| case.steps.get_mut(step));
        if let Some(result) = noted {
            result.note = Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        }
    }

    /// Opens the next case, or the one before, at its first step without a verdict.
    pub(super) fn case(&mut self, by: isize, effects: &mut Vec<RunnerEffect>) {
        let last = self.run.cases.len().saturating_sub(1);
        let from = self.run.at.0.min(last);
        let case = from.saturating_add_signed(by).min(last);
        if case == from && self.stage != StepStage::Over {
            return;
        }
        self.leave(effects);
        let steps = self.run.cases.get(case).map(|c| c.steps.as_slice()).unwrap_or_default();
        let step = steps.iter().position(|s| s.verdict.is_none()).unwrap_or(0);
        self.open((case, step));
        self.reopen();
    }

    /// The timer of the open step stands, or goes on.
    pub(super) fn pause(&mut self, paused: bool) {
        if paused {
            self.stop_timer();
        } else if self.opened.is_none() && self.stage != StepStage::Over {
            self.opened = Some(self.now);
        }
        self.paused = paused;
    }

    /// It is over: what is open stays without a verdict.
    pub(super) fn stop(&mut self, effects: &mut Vec<RunnerEffect>) {
        self.leave(effects);
        self.stage = StepStage::Over;
        self.run.at = (self.run.cases.len(), 0);
        self.run.ended = Some(self.wall());
        self.clear_faults(effects);
    }

    fn stop_timer(&mut self) {
        let now = self.now;
        if let Some(since) = self.opened.take()
            && let Some(result) = self.open_mut()
        {
            result.open += now.since(since);
        }
    }

    /// Leaves the open step: nothing of it is waited for any more.
    fn leave(&mut self, effects: &mut Vec<RunnerEffect>) {
        self.take_back(effects);
        self.stop_timer();
        if let Some(result) = self.open_mut() {
            stop_waiting(result);
        }
    }

    /// Where the open step stands, from what is known of it: after an undo, a jump, or a crash.
    pub(super) fn reopen(&mut self) {
        let over = self.open_result().is_none();
        let decided =
            self.open_result().is_some_and(|r| r.runs > 0 && (r.suggested.is_some() || r.expectations.is_empty()));
        self.stage = match (over, decided) {
            (true, _) => StepStage::Over,
            (false, true) => StepStage::Judging,
            (false, false) => StepStage::Ready,
        };
        if self.stage == StepStage::Ready
            && let Some(result) = self.open_mut()
        {
            stop_waiting(result);
        }
        if !self.paused && self.opened.is_none() && !over {
            self.opened = Some(self.now);
        }
    }

    fn open(&mut self, at: (usize, usize)) {
        self.run.at = at;
        self.opened = (!self.paused).then_some(self.now);
    }

    fn places(&self) -> Vec<((usize, usize), &StepResult)> {
        let cases = self.run.cases.iter().enumerate();
        cases.flat_map(|(c, case)| case.steps.iter().enumerate().map(move |(s, step)| ((c, s), step))).collect()
    }

    /// The next step without a verdict: behind the open one, else the first of all; none: it is over.
    fn next_open(&mut self, effects: &mut Vec<RunnerEffect>) {
        let from = self.run.at;
        let open =
            |step: &StepResult| step.verdict.is_none() && (self.mode == Mode::Person || step.suggested.is_none());
        let places = self.places();
        let behind = places.iter().find(|(at, step)| *at > from && open(step));
        let next = behind.or_else(|| places.iter().find(|(_, step)| open(step))).map(|(at, _)| *at);
        if next.is_none_or(|at| at.0 != from.0) {
            self.clear_faults(effects);
        }
        match next {
            Some(at) => {
                self.open(at);
                self.reopen();
            }
            None => {
                self.run.at = (self.run.cases.len(), 0);
                self.run.ended = Some(self.wall());
                self.stage = StepStage::Over;
                self.opened = None;
            }
        }
    }

    /// Faults end with the case that set them.
    fn clear_faults(&mut self, effects: &mut Vec<RunnerEffect>) {
        if std::mem::take(&mut self.faulty) {
            effects.push(RunnerEffect::ClearFaults);
        }
    }

    // ── alone ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Opens a step by itself, or leaves it out.
    pub(super) fn go_alone(&mut self, fail_fast: bool, effects: &mut Vec<RunnerEffect>) {
        if fail_fast && self.failed {
            return self.decide(Verdict::Skip, "skipped after the first failure".to_owned());
        }
        let (case, step) = self.run.at;
        let before = self.run.cases.get(case).map(|c| c.steps.as_slice()).unwrap_or_default();
        let broken = |s: &&StepResult| matches!(s.suggested, Some(Verdict::Fail | Verdict::Blocked));
        if let Some(broken) = before.iter().take(step).find(broken) {
            let cause = broken.caused_by().map(str::to_owned);
            self.decide(Verdict::Blocked, "an earlier step of the case did not pass".to_owned());
            if let Some(result) = self.open_mut() {
                result.cause = cause;
            }
            return;
        }
        self.go(effects);
    }

    /// What is suggested counts; what only a person could say is skipped.
    pub(super) fn judge_alone(&mut self, effects: &mut Vec<RunnerEffect>) {
        let wall = self.wall();
        let mut failed = false;
        if let Some(result) = self.open_mut() {
            result.ended = Some(wall);
            if let Some(judge) = result.judge.clone()
                && matches!(result.suggested, Some(Verdict::Pass) | None)
            {
                result.suggested = Some(Verdict::Skip);
                result.why = Some(format!("a person must judge: {judge}"));
            }
            failed = matches!(result.suggested, Some(Verdict::Fail | Verdict::Blocked));
        }
        self.failed |= failed;
        self.leave(effects);
        self.next_open(effects);
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
