//! A run without a screen: reports in, lines and an exit code out. Lanes are played side by side, waves one
//! after the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent};
use crate::app::exit::Exit;
use crate::app::output::{OutputLine, bar};
use crate::engine::Report;
use crate::model::{Cause, ExchangeKind, Moment, TokenStatus};
use crate::pass::Pass;
use crate::pass::file::span;
use crate::pass::result::{CaseResult, ExpectationState, PassRun, StepResult, Tally, Verdict};
use crate::pass::runner::{Mode, RunSetup, RunStart, Runner, RunnerEvent};
use crate::session::local::LocalAnswer;
use crate::session::{Changes, Session};
use crate::text::counted;

/// How long the engine may take to get a token before the run goes on without.
const SIGNING_IN: Duration = Duration::from_secs(20);

pub struct RunFrontEnd {
    pass: Arc<Pass>,
    setup: RunSetup,
    mode: Mode,
    waiting: VecDeque<Vec<Vec<(usize, u32)>>>,
    lanes: Vec<Runner>,
    begin: RunStart,
    /// The whole run; the cases of lanes are put into it as they come.
    pub whole: PassRun,
    pub(crate) session: Session,
    /// The ids of the steps whose line has been said.
    told: BTreeSet<String>,
    /// A step cannot begin before it is known whether there is a token.
    signing: Option<Moment>,
    /// A step was blocked because nobody is signed in.
    unsigned: bool,
    interrupted: bool,
}

impl RunFrontEnd {
    pub fn new(
        pass: Arc<Pass>,
        begin: RunStart,
        setup: RunSetup,
        waves: Vec<Vec<Vec<(usize, u32)>>>,
        fail_fast: bool,
        session: Session,
    ) -> Self {
        let mode = Mode::Alone { fail_fast };
        let whole = Runner::new(Arc::clone(&pass), begin.clone(), setup.clone(), mode).run().clone();
        Self {
            pass,
            setup,
            mode,
            waiting: waves.into(),
            lanes: Vec::new(),
            begin,
            whole,
            session,
            told: BTreeSet::new(),
            signing: None,
            unsigned: false,
            interrupted: false,
        }
    }

    fn go_on(&mut self, now: Moment, effects: &mut Vec<FrontEndEffect>) {
        loop {
            self.gather();
            self.say_finished_steps(now, effects);
            let unsigned = matches!(self.session.sign_in.status, TokenStatus::SignedOut | TokenStatus::Getting);
            let waits = unsigned && self.signing.is_none_or(|until| !until.left(now).is_zero());
            if !self.lanes.iter().all(Runner::is_over) || !self.interrupted && waits {
                return;
            }
            self.signing = None;
            let Some(wave) = self.waiting.pop_front() else { break };
            let captures = self.whole.captures.clone();
            self.lanes = wave.into_iter().map(|plan| self.new_lane(now, plan, &captures)).collect();
            // What the engine said of the token before counts from the start; with it the lanes begin.
            let token = Report::Token(self.session.sign_in.status.clone());
            self.each_lane(now, RunnerEvent::Report(&token), effects);
        }
        if self.interrupted {
            self.cut_short(now);
            self.say_finished_steps(now, effects);
        }
        self.whole.ended = Some(now.wall);
        let (line, exit) = self.last_line(now);
        effects.extend([FrontEndEffect::Say(line), FrontEndEffect::Finish(exit)]);
    }

    /// No report shows an interrupted run as green: the steps under way are blocked, or the first that had yet to come.
    fn cut_short(&mut self, now: Moment) {
        let steps = || self.whole.steps().filter(|step| step.counts().is_none());
        let begun: Vec<String> = steps().filter(|step| step.runs > 0).map(|step| step.id.clone()).collect();
        let cut = if begun.is_empty() { steps().take(1).map(|step| step.id.clone()).collect() } else { begun };
        for step in self.whole.cases.iter_mut().flat_map(|case| &mut case.steps).filter(|step| cut.contains(&step.id)) {
            step.suggested = Some(Verdict::Blocked);
            step.why = Some("the run was interrupted".to_owned());
            step.ended = Some(now.wall);
        }
    }

    fn new_lane(&self, now: Moment, plan: Vec<(usize, u32)>, captures: &BTreeMap<String, String>) -> Runner {
        let run = PassRun { captures: captures.clone(), ..self.begin.run.clone() };
        let begin = RunStart { run, at: now, plan };
        // A lane that begins later begins with what is known by then.
        let mut setup = self.setup.clone();
        for conversation in &mut setup.conversations {
            if let Some(item) = self.session.conversations.get(conversation.key) {
                conversation.readable.clone_from(&item.readable);
            }
        }
        Runner::new(Arc::clone(&self.pass), begin, setup, self.mode)
    }

    fn each_lane(&mut self, now: Moment, event: RunnerEvent<'_>, effects: &mut Vec<FrontEndEffect>) {
        let mut changes = Changes::default();
        for runner in &mut self.lanes {
            for effect in runner.on(now, event, &self.session.runner_context()) {
                self.session.run_pass_effect(runner, effect, now, &mut changes);
            }
        }
        effects.extend(changes.0.into_iter().filter_map(|change| FrontEndEffect::of(change, drop)));
    }

    fn gather(&mut self) {
        for lane in &self.lanes {
            let run = lane.run();
            for case in &run.cases {
                let same = |c: &&mut CaseResult| c.id == case.id && c.round == case.round;
                if let Some(place) = self.whole.cases.iter_mut().find(same)
                    && place != case
                {
                    place.clone_from(case);
                }
            }
            self.whole.captures.extend(run.captures.clone());
            self.unsigned |= lane.lacked_a_token();
        }
    }

    fn say_finished_steps(&mut self, now: Moment, effects: &mut Vec<FrontEndEffect>) {
        let steps = self.whole.cases.iter().flat_map(|case| case.steps.iter().map(move |step| (case, step)));
        for (case, step) in steps.filter(|(_, step)| step.ended.is_some()) {
            if self.told.insert(step.id.clone()) {
                effects.push(FrontEndEffect::Say(step_line(now, case, step)));
            }
        }
    }

    fn first_line(&self, now: Moment) -> OutputLine {
        let steps = self.whole.steps().count();
        let PassRun { id, name, file, profile, region, sandbox, .. } = &self.whole;
        let fields = json!({
            "id": id, "name": name, "file": file, "profile": profile, "region": region, "sandbox": sandbox, "steps": steps,
        });
        let (place, cases) = (self.whole.place_word(), counted(self.whole.cases.len(), "case"));
        let text = format!("{name}: {cases}, {}, {profile} ({place})", counted(steps, "step"));
        OutputLine::new("begin", now.wall, fields).reports(text)
    }

    fn last_line(&self, now: Moment) -> (OutputLine, Exit) {
        let Tally { pass, fail, blocked, skipped, open } = self.whole.tally();
        let exit = match (fail, self.unsigned) {
            (0, true) => self.session.sign_in.trouble().map_or(Exit::NotSignedIn, Into::into),
            (0, false) if blocked == 0 && !self.interrupted => Exit::Done,
            _ => Exit::Refused,
        };
        let took = Duration::try_from(self.whole.began.duration_until(now.wall)).unwrap_or_default();
        let mut counts = vec![format!("{pass} passed"), format!("{fail} failed")];
        let others = [(blocked, "blocked"), (skipped, "skipped"), (open, "not run")];
        counts.extend(others.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
        let rest = if self.interrupted { ", interrupted" } else { "" };
        let ms = millis(took);
        let took_text = span(Duration::from_millis(if ms < 1000 { ms } else { ms / 100 * 100 }));
        let message = format!("{}: {} in {took_text}{rest}", self.whole.name, counts.join(", "));
        let fields = json!({
            "verdict": if exit == Exit::Done { "passed" } else { "failed" },
            "passed": pass, "failed": fail, "blocked": blocked, "skipped": skipped, "not_run": open,
            "duration_ms": ms,
            "message": message,
        });
        (OutputLine::new("end", now.wall, fields).says(message), exit)
    }

    fn standing(&self) -> String {
        let done = self.whole.steps().filter(|s| s.ended.is_some()).count();
        let open: Vec<&str> = self.lanes.iter().filter_map(Runner::open_result).map(|s| s.id.as_str()).collect();
        bar(done, self.whole.steps().count(), &open)
    }
}

impl FrontEnd for RunFrontEnd {
    fn on(&mut self, now: Moment, input: FrontEndEvent) -> Vec<FrontEndEffect> {
        if self.whole.ended.is_some() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        match input {
            FrontEndEvent::Begin => {
                self.signing = Some(now.after(SIGNING_IN));
                effects.push(FrontEndEffect::Say(self.first_line(now)));
            }
            FrontEndEvent::Report(report) => {
                self.session.apply((*report).clone(), now);
                self.each_lane(now, RunnerEvent::Report(&report), &mut effects);
            }
            // What asks for the sandbox is played by itself: there is one lane.
            FrontEndEvent::Local(LocalAnswer::SandboxSet(done)) => {
                let done = done.as_ref().copied().map_err(String::as_str);
                self.each_lane(now, RunnerEvent::Sandbox(done), &mut effects);
            }
            FrontEndEvent::Due => self.each_lane(now, RunnerEvent::Due, &mut effects),
            FrontEndEvent::Signal(_) | FrontEndEvent::Ended => {
                self.waiting.clear();
                let again = std::mem::replace(&mut self.interrupted, true);
                if again || matches!(input, FrontEndEvent::Ended) {
                    self.lanes.clear();
                }
                self.each_lane(now, RunnerEvent::Stop, &mut effects);
            }
            FrontEndEvent::Journal(_) | FrontEndEvent::Line(_) | FrontEndEvent::Local(_) => {}
        }
        self.go_on(now, &mut effects);
        // Before the last line, so that the bar is gone when it is said.
        effects.insert(0, FrontEndEffect::Progress(self.standing()));
        effects
    }

    fn due(&self) -> Option<Moment> {
        self.lanes.iter().filter_map(Runner::due).chain(self.signing).min()
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn step_line(now: Moment, case: &CaseResult, step: &StepResult) -> OutputLine {
    let verdict = step.counts().map_or("not run", Verdict::name);
    let took = millis(step.open);
    let expectations: Vec<Value> =
        step.expectations.iter().map(|e| json!({ "what": e.what, "met": e.met.word(), "detail": e.detail })).collect();
    let sent = step.evidence.exchanges.iter().rev().find(|x| x.exchange.kind == ExchangeKind::Send);
    let request_id = sent.and_then(|x| x.exchange.request_id()).map(|(_, id)| id);
    let fields = json!({
        "id": step.id,
        "case": case.name,
        "round": case.round,
        "name": step.name,
        "verdict": verdict,
        "why": step.why,
        "cause": step.caused_by(),
        "expectations": expectations,
        "status": sent.and_then(|x| x.exchange.status()),
        "request_id": request_id,
        "duration_ms": took,
    });
    let ran = step.runs > 0;
    let span = if ran { format!("  {}", span(Duration::from_millis(took))) } else { String::new() };
    let mut text = vec![format!("{verdict:<8} {}  {}{span}", step.id, step.name)];
    text.extend(step.why.clone());
    let cause = step.caused_by().filter(|cause| ran && *cause != Cause::Unknown.name());
    text.extend(cause.map(|cause| format!("cause {cause}")));
    for unmet in step.expectations.iter().filter(|e| e.met == ExpectationState::No) {
        let detail = unmet.detail.as_ref().map(|d| format!(": {d}")).unwrap_or_default();
        text.push(format!("expected {}{detail}", unmet.what));
    }
    let id = request_id.filter(|_| step.counts() == Some(Verdict::Fail));
    text.extend(id.map(|id| format!("request id {id}")));
    OutputLine::new("step", now.wall, fields).reports(text.join("\n         "))
}
