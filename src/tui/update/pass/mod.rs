//! The pass pane: what its keys do, and what the runner wants done.
//!
//! ```text
//! T ─► menu (go on, built-in, files here, a path) ─► ReadPass ─► Runner ─┬─► Effect: send, read, fault … ─► engine, sandbox
//!                                                        ▲               └─► Job::Pass at each change
//!                                keys, reports, time ────┘
//! ```

mod files;

use crate::pass::Verdict;
use crate::pass::runner::{Runner, RunnerEvent, StepStage};
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::key_hints::VERDICTS;
use crate::tui::state::overlay::{Consent, DialogQuestion, PromptPurpose};
use crate::tui::state::{Pane, State};

use super::focus::{hide_pass, keep_focus_visible, show_pass};
use super::notices::with_session;
use super::{open_conversation, sending};

pub use files::{ask_session, chosen, found, offer, path_given, read, write_reports, write_session};

/// Applies an action of the pass pane.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    if state.session.pass.runner.is_none() {
        state.status.info("No test run is open.");
        state.status.offer(&[(Action::Pass, "choose one")]);
        return;
    }
    let judged = state.pass_pane.judged.take();
    match action {
        Action::PassGo => go(state, effects),
        Action::PassAgain => ask_again(state, effects),
        Action::VerdictPass => verdict(state, Verdict::Pass, effects),
        Action::VerdictFail => verdict(state, Verdict::Fail, effects),
        Action::VerdictBlocked => verdict(state, Verdict::Blocked, effects),
        Action::VerdictSkip => verdict(state, Verdict::Skip, effects),
        Action::PassUndo => {
            pass_event(state, RunnerEvent::Undo, effects);
            state.status.info("The last verdict is undone.");
        }
        Action::PassNote => {
            // Right after a verdict its step is meant, although the next one is open already.
            let open = state.session.pass.runner.as_ref().map(|runner| runner.run().at);
            if let Some(at) = judged.or(open) {
                ask_note(state, at, judged.and_then(|at| verdict_of(state, at)));
            }
        }
        Action::NextCase => pass_event(state, RunnerEvent::Case(1), effects),
        Action::PreviousCase => pass_event(state, RunnerEvent::Case(-1), effects),
        Action::PassPause => {
            let paused = state.session.pass.runner.as_ref().is_some_and(Runner::is_paused);
            pass_event(state, RunnerEvent::Pause(!paused), effects);
        }
        Action::PassReports => files::ask_reports(state),
        Action::PassStop => stop(state),
        _ => {}
    }
}

fn verdict_of(state: &State, at: (usize, usize)) -> Option<Verdict> {
    state.session.pass.runner.as_ref()?.run().cases.get(at.0)?.steps.get(at.1)?.verdict
}

/// Asks for a note on a step; `verdict`: to say why it has this one.
fn ask_note(state: &mut State, at: (usize, usize), verdict: Option<Verdict>) {
    let case = state.session.pass.runner.as_ref().and_then(|runner| runner.run().cases.get(at.0));
    let note = case.and_then(|case| case.steps.get(at.1)).and_then(|step| step.note.clone()).unwrap_or_default();
    state.prompt(PromptPurpose::PassNote { at, verdict }, &note);
}

/// `T`: the pass in and out of the log's place; or a pass is chosen.
pub fn toggle(state: &mut State, effects: &mut Vec<Effect>) {
    match &state.session.pass.runner {
        Some(runner) if state.pass_pane.shown && state.arrangement.focus == Pane::Pass => {
            if runner.is_over() {
                offer(state, effects);
            } else {
                hide_pass(state);
            }
        }
        Some(_) => show_pass(state),
        None => offer(state, effects),
    }
}

/// Enter: runs a step that waits, accepts what is suggested of one that is decided.
fn go(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(runner) = &state.session.pass.runner else { return };
    match runner.stage() {
        // One that was interrupted may have been received.
        StepStage::Ready if runner.open_result().is_some_and(|r| r.runs > 0) => ask_again(state, effects),
        StepStage::Ready => run_step(state, effects),
        StepStage::Judging => {
            if runner.open_result().is_some_and(|r| r.suggested.is_some()) {
                state.session.screen_for_pass(&state.look.zone);
                pass_event(state, RunnerEvent::Accept, effects);
            } else {
                state.status.info("Only you can judge this step.");
                state.status.offer(VERDICTS);
            }
        }
        StepStage::Preparing(_) | StepStage::Watching => {
            state.status.info("The step is still running; you can already give a verdict.");
            state.status.offer(VERDICTS);
        }
        StepStage::Over => files::ask_reports(state),
    }
}

/// Asks first where the step speaks to real customers.
fn run_step(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(step) = state.session.pass.runner.as_ref().and_then(Runner::open_step) else { return };
    if step.sends() && state.asks_before_sending() {
        let lines = vec![step.deed(), format!("region  {}", state.session.profile.facts.region)];
        state.ask(DialogQuestion::PassStep, "PROD: run this step?", lines, "run it", state.consent());
        return;
    }
    run_step_now(state, effects);
}

/// Runs the open step.
pub fn run_step_now(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(runner) = &state.session.pass.runner else { return };
    let sends = runner.open_step().is_some_and(crate::pass::file::PassStep::sends);
    // The step's conversation is the open one, so that it is seen and read.
    let key = runner.open_player().ok().map(|p| p.key);
    if sends && sending::is_forbidden(state) {
        return;
    }
    if let Some(key) = key.filter(|key| state.session.conversations.active() != Some(*key)) {
        let focus = state.arrangement.focus;
        open_conversation::show(state, key, effects);
        state.arrangement.focus = focus;
        keep_focus_visible(state);
    }
    state.status.clear();
    pass_event(state, RunnerEvent::Go, effects);
}

/// `!`: runs the step again; asks where its message was sent already.
fn ask_again(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(runner) = &state.session.pass.runner else { return };
    let sends = runner.open_step().is_some_and(crate::pass::file::PassStep::sends);
    let ran = runner.open_result().is_some_and(|r| r.runs > 0);
    if sends && ran {
        let lines = vec!["Its message is sent again, and the result so far is replaced.".to_owned()]
            .into_iter()
            .chain(state.production_line())
            .collect();
        state.ask(DialogQuestion::PassStep, "Run this step again?", lines, "run it again", state.consent());
        return;
    }
    run_step(state, effects);
}

fn verdict(state: &mut State, verdict: Verdict, effects: &mut Vec<Effect>) {
    state.session.screen_for_pass(&state.look.zone);
    let at = state.session.pass.runner.as_ref().map(|runner| runner.run().at);
    state.status.clear();
    pass_event(state, RunnerEvent::Verdict(verdict), effects);
    state.pass_pane.judged = at;
    // Who types to the guest is not interrupted.
    if let Some(at) =
        at.filter(|_| matches!(verdict, Verdict::Fail | Verdict::Blocked) && state.arrangement.focus == Pane::Pass)
    {
        ask_note(state, at, Some(verdict));
    }
}

fn stop(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    if runner.is_over() {
        state.status.info("The test run is finished already.");
        return;
    }
    // What is only suggested is no verdict.
    let open = runner.run().steps().filter(|step| step.verdict.is_none()).count();
    state.ask(
        DialogQuestion::PassStop,
        "End this test run?",
        vec![
            format!("{open} step{} no verdict.", if open == 1 { " has" } else { "s have" }),
            "To continue later, leave it open: it is kept.".to_owned(),
        ],
        "end it",
        Consent::Enter,
    );
}

/// The run is over, whatever is open.
pub fn stop_now(state: &mut State, effects: &mut Vec<Effect>) {
    pass_event(state, RunnerEvent::Stop, effects);
}

/// A note on a step.
pub fn note(state: &mut State, at: (usize, usize), text: &str, effects: &mut Vec<Effect>) {
    pass_event(state, RunnerEvent::Note(at, text), effects);
}

/// Tells the pass something.
fn pass_event(state: &mut State, event: RunnerEvent<'_>, effects: &mut Vec<Effect>) {
    with_session(state, effects, |session, now, changes| session.pass_event(event, now, changes));
}
