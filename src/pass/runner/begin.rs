//! How a run begins: new, or where an earlier session stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expectation::{self, Expectation};
use super::replies::ReplyTracker;
use super::{Cast, Mode, Runner, SignInSeen, StepStage};
use crate::model::Moment;
use crate::pass::file::{Pass, PassCase, PassStep};
use crate::pass::result::{CaseResult, ExpectationResult, ExpectationState, PassRun, StepResult};

/// What a run is begun with, beside the pass.
#[derive(Clone, Debug)]
pub struct RunStart {
    /// A UUID.
    pub id: uuid::Uuid,
    /// The file as it was named.
    pub file: String,
    /// Its text.
    pub source: String,
    /// The profile's name.
    pub profile: String,
    /// The profile's region.
    pub region: String,
    /// A sandbox, built in or not.
    pub sandbox: bool,
    /// When.
    pub at: Moment,
    /// Cases of the file, in order; each as often as it is to be run, with its round.
    pub plan: Vec<(usize, u32)>,
}

impl Runner {
    /// A run that has not begun: its first step is open.
    pub fn new(pass: Arc<Pass>, begin: RunStart, cast: Cast, mode: Mode) -> Self {
        let plan: Vec<(usize, u32)> = begin.plan.iter().copied().filter(|(case, _)| *case < pass.cases.len()).collect();
        let cases = plan.iter().filter_map(|(at, round)| Some(blank(pass.cases.get(*at)?, *round, &cast))).collect();
        let run = PassRun {
            id: begin.id.to_string(),
            name: pass.name.clone(),
            about: pass.about.clone(),
            file: begin.file,
            source: begin.source,
            profile: begin.profile,
            region: begin.region,
            sandbox: begin.sandbox,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            began: begin.at.wall,
            ended: None,
            cases,
            captures: BTreeMap::new(),
            sent: 0,
            at: (0, 0),
        };
        let plan = plan.into_iter().map(|(at, _)| at).collect();
        Self::of(pass, plan, cast, mode, run, begin.at)
    }

    /// The first step is open.
    fn of(pass: Arc<Pass>, plan: Vec<usize>, cast: Cast, mode: Mode, run: PassRun, now: Moment) -> Self {
        let stage = if run.cases.is_empty() { StepStage::Over } else { StepStage::Ready };
        // A socket that is open already is observed from here on.
        let open = cast.players.iter().filter(|p| p.channel.has_sessions() && p.readable.known() == Some(true));
        let trackers = open.map(|p| (p.key, ReplyTracker::live_since(now))).collect();
        Self {
            pass,
            plan,
            cast,
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
            failed: false,
            now,
        }
    }

    /// Goes on with a run that was kept, paused at the very step. `pass` is what its source says.
    pub fn resume(pass: Arc<Pass>, run: PassRun, cast: Cast, now: Moment) -> Option<Self> {
        let find = |case: &CaseResult| pass.cases.iter().position(|c| c.id == case.id);
        let plan: Vec<usize> = run.cases.iter().map(find).collect::<Option<_>>()?;
        let mut runner = Self::of(pass, plan, cast, Mode::Person, run, now);
        runner.paused = true;
        runner.opened = None;
        runner.reopen();
        Some(runner)
    }
}

fn blank(case: &PassCase, round: u32, cast: &Cast) -> CaseResult {
    let usual = cast.usual.and_then(|key| cast.player(key)).map(|p| p.name.clone());
    let steps = case.steps.iter().map(|step| blank_step(case, step, round)).collect();
    CaseResult {
        id: case.id.clone(),
        name: case.name.clone(),
        about: case.about.clone(),
        round,
        conversation: case.conversation.as_ref().map(|s| s.value.clone()).or(usual),
        steps,
    }
}

fn blank_step(case: &PassCase, step: &PassStep, round: u32) -> StepResult {
    let again = if round > 1 { format!("#{round}") } else { String::new() };
    let expectation =
        |wanted: Expectation| ExpectationResult { what: wanted.words(), met: ExpectationState::Open, detail: None };
    StepResult {
        id: format!("{}/{}{again}", case.id, step.id),
        name: step.name.clone(),
        instruction: step.words(),
        judge: step.judge.clone(),
        expectations: expectation::all(step).into_iter().map(expectation).collect(),
        ..StepResult::default()
    }
}
