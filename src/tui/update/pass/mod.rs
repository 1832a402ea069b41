//! The pass pane: what its keys do, and what the runner wants done.
//!
//! ```text
//! T ─► menu (go on, built-in, files here, a path) ─► ReadPass ─► Runner ─┬─► Effect: send, read, fault … ─► engine, sandbox
//!                                                        ▲               └─► Job::Pass at each change
//!                                keys, reports, time ────┘
//! ```

mod files;
mod session;

use std::sync::Arc;

use crate::engine::{Command, Report};
use crate::journal::Job;
use crate::model::ConversationKey;
use crate::pass::Verdict;
use crate::pass::runner::{Effect as Wish, Event, Known, Stage};
use crate::session::sandbox_request::SandboxRequest;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::key_hints::verdict_keys;
use crate::tui::state::overlay::{Ask, Overlay, Prompt, Purpose, Question};
use crate::tui::state::{Pane, State};

use super::{conversations, global, journal, sending};

pub use files::{chosen, found, offer, path_given, read, restored, write_reports};
pub use session::{ask_session, write_session};

/// How many messages of the conversation go with a step.
const SCREEN_MESSAGES: usize = 20;

/// Applies an action of the pass pane.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    if state.session.pass.playing.is_none() {
        let key = state.key(Action::Pass);
        state.status.info(format!("No pass is open: {key} chooses one."));
        return;
    }
    match action {
        Action::PassGo => go(state, effects),
        Action::PassAgain => ask_again(state, effects),
        Action::VerdictPass => verdict(state, Verdict::Pass, effects),
        Action::VerdictFail => verdict(state, Verdict::Fail, effects),
        Action::VerdictBlocked => verdict(state, Verdict::Blocked, effects),
        Action::VerdictSkip => verdict(state, Verdict::Skip, effects),
        Action::PassUndo => {
            tell(state, Event::Undo, effects);
            state.status.info("The newest verdict is taken back.");
        }
        Action::PassNote => {
            let note = playing(state).and_then(|r| r.note.clone()).unwrap_or_default();
            state.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::PassNote, &note)));
        }
        Action::NextCase => tell(state, Event::Case(1), effects),
        Action::PreviousCase => tell(state, Event::Case(-1), effects),
        Action::PassPause => {
            let paused = state.session.pass.playing.as_ref().is_some_and(|p| p.runner.is_paused());
            tell(state, Event::Pause(!paused), effects);
        }
        Action::PassReports => files::ask_reports(state),
        Action::PassStop => stop(state),
        _ => {}
    }
}

fn playing(state: &State) -> Option<&crate::pass::StepResult> {
    state.session.pass.playing.as_ref()?.runner.open_result()
}

/// `T`: the pass in and out of the log's place; or a pass is chosen.
pub fn toggle(state: &mut State, effects: &mut Vec<Effect>) {
    match &mut state.session.pass.playing {
        Some(playing) if playing.shown && state.focus == Pane::Pass => {
            if playing.runner.is_over() {
                offer(state, effects);
            } else {
                hide(state);
            }
        }
        Some(_) => show(state),
        None => offer(state, effects),
    }
}

/// The pass stands in the log's place and has the focus.
pub fn show(state: &mut State) {
    if let Some(playing) = &mut state.session.pass.playing {
        playing.shown = true;
        state.thread_over = false;
        state.focus = Pane::Pass;
        global::keep_focus_visible(state);
    }
}

/// The log comes back; the pass goes on.
pub fn hide(state: &mut State) {
    if let Some(playing) = &mut state.session.pass.playing {
        playing.shown = false;
    }
    if state.focus == Pane::Pass {
        state.focus = Pane::Log;
    }
    global::keep_focus_visible(state);
}

/// Enter: runs a step that waits, accepts what is suggested of one that is decided.
fn go(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(playing) = &state.session.pass.playing else { return };
    match playing.runner.stage() {
        // One that was interrupted may have been received.
        Stage::Ready if playing.runner.open_result().is_some_and(|r| r.runs > 0) => ask_again(state, effects),
        Stage::Ready => run_step(state, effects),
        Stage::Judging => {
            if playing.runner.open_result().is_some_and(|r| r.suggested.is_some()) {
                take_screen(state);
                tell(state, Event::Accept, effects);
            } else {
                let keys = verdict_keys(state);
                state.status.info(format!("Nothing is suggested here: only you can say. {keys}"));
            }
        }
        Stage::Preparing(_) | Stage::Watching => {
            let keys = verdict_keys(state);
            state.status.info(format!("It is still looked at. {keys} decide at once."));
        }
        Stage::Over => files::ask_reports(state),
    }
}

/// Another conversation was opened: a pass of which no step ran yet speaks there.
pub fn follow(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    if state.session.pass.playing.as_mut().is_some_and(|playing| playing.runner.speak_in(key)) {
        keep(state, effects);
    }
}

/// Asks first where the step speaks to real customers.
fn run_step(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(step) = state.session.pass.playing.as_ref().and_then(|p| p.runner.open_step()) else { return };
    if step.sends() && state.asks_before_sending() {
        let lines = vec![step.deed(), format!("region  {}", state.session.profile.region)];
        state.overlay = Some(Overlay::Ask(Ask {
            question: Question::PassStep,
            title: "PROD: run this step?".to_owned(),
            lines,
            yes: "run it".to_owned(),
            word: None,
        }));
        return;
    }
    run_step_now(state, effects);
}

/// Runs the open step.
pub fn run_step_now(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(playing) = &state.session.pass.playing else { return };
    if playing.runner.open_step().is_some_and(crate::pass::file::Step::sends)
        && let Some(why) = state.session.journal.forbids_sending().map(str::to_owned)
    {
        state.status.error(why);
        return;
    }
    // The step's conversation is the open one, so that it is seen and read.
    let key = playing.runner.open_player().ok().map(|p| p.key);
    if let Some(key) = key.filter(|key| state.session.conversations.active() != Some(*key)) {
        let focus = state.focus;
        conversations::show(state, key, effects);
        state.focus = focus;
        global::keep_focus_visible(state);
    }
    state.status.clear();
    tell(state, Event::Go, effects);
}

/// `!`: runs the step again; asks where its message was sent already.
fn ask_again(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(playing) = &state.session.pass.playing else { return };
    let sends = playing.runner.open_step().is_some_and(crate::pass::file::Step::sends);
    let ran = playing.runner.open_result().is_some_and(|r| r.runs > 0);
    if sends && ran {
        let lines = vec!["Its message goes out once more; what came of the step so far is replaced.".to_owned()]
            .into_iter()
            .chain(sending::production_line(state))
            .collect();
        state.overlay = Some(Overlay::Ask(Ask {
            question: Question::PassStep,
            title: "Run this step again?".to_owned(),
            lines,
            yes: "run it again".to_owned(),
            word: None,
        }));
        return;
    }
    run_step(state, effects);
}

fn verdict(state: &mut State, verdict: Verdict, effects: &mut Vec<Effect>) {
    take_screen(state);
    tell(state, Event::Verdict(verdict), effects);
}

/// What the open conversation shows goes with the step.
fn take_screen(state: &mut State) {
    let Some(key) = state.session.conversations.active() else { return };
    let text = state.session.threads.as_text(key, SCREEN_MESSAGES, &state.zone);
    if let Some(playing) = &mut state.session.pass.playing {
        playing.runner.screen(text);
    }
}

fn stop(state: &mut State) {
    let Some(playing) = &state.session.pass.playing else { return };
    if playing.runner.is_over() {
        state.status.info("The pass is over already.");
        return;
    }
    let open = playing.runner.run().tally().open;
    state.overlay = Some(Overlay::Ask(Ask {
        question: Question::PassStop,
        title: "End this pass?".to_owned(),
        lines: vec![
            format!("{open} step{} without a verdict stay so.", if open == 1 { "" } else { "s" }),
            "To go on later, leave it open: it is kept.".to_owned(),
        ],
        yes: "end it".to_owned(),
        word: None,
    }));
}

/// The run is over, whatever is open.
pub fn stop_now(state: &mut State, effects: &mut Vec<Effect>) {
    tell(state, Event::Stop, effects);
}

/// A note on the open step.
pub fn note(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    tell(state, Event::Note(text), effects);
}

/// The engine has said something, and the rest of the state knows it.
pub fn report(state: &mut State, report: &Report, effects: &mut Vec<Effect>) {
    if state.session.pass.is_running() {
        tell(state, Event::Report(report), effects);
    }
}

/// Time has passed.
pub fn due(state: &mut State, effects: &mut Vec<Effect>) {
    let due = state.session.pass.playing.as_ref().and_then(|p| p.runner.due());
    if due.is_some_and(|at| at.left(state.now).is_zero()) {
        tell(state, Event::Due, effects);
    }
}

/// The sandbox did what it was asked for, or not.
pub fn arranged(state: &mut State, done: Result<(), String>, effects: &mut Vec<Effect>) {
    let done = match &done {
        Ok(()) => Ok(()),
        Err(why) => Err(why.as_str()),
    };
    tell(state, Event::Sandbox(done), effects);
}

/// Tells the runner, carries out what it wants, and keeps what changed.
fn tell(state: &mut State, event: Event<'_>, effects: &mut Vec<Effect>) {
    let known = Known { facts: &state.session.profile.facts, past: &state.session.evidence };
    let Some(playing) = &mut state.session.pass.playing else { return };
    let was_over = playing.runner.is_over();
    for wish in playing.runner.on(state.now, event, &known) {
        carry_out(state, wish, effects);
    }
    keep(state, effects);
    let Some(playing) = &mut state.session.pass.playing else { return };
    let run = playing.runner.run();
    let at = run.at;
    if playing.runner.is_over() && !was_over {
        let tally = run.tally();
        let key = state.key(Action::PassReports);
        let words = format!(
            "The pass is over: {} passed, {} failed, {} blocked, {} skipped. {key} writes the reports.",
            tally.pass, tally.fail, tally.blocked, tally.skipped
        );
        state.status.info(words);
    } else if playing.marked != Some(at)
        && let Some(step) = playing.runner.open_result()
    {
        effects.push(Effect::Marker(step.id.clone()));
        playing.marked = Some(at);
    }
}

fn carry_out(state: &mut State, wish: Wish, effects: &mut Vec<Effect>) {
    match wish {
        Wish::Send(send) => {
            let sent = sending::submit(state, send.conversation, send.text, None, send.sent_as, send.extras, effects);
            if let Some(playing) = &mut state.session.pass.playing {
                playing.runner.sent(sent);
            }
        }
        Wish::Cancel(message) => {
            if !journal::take_back_paused(state, message, effects) {
                effects.push(Effect::Engine(Command::Cancel(message)));
            }
        }
        Wish::Read(key) => effects.push(Effect::Engine(Command::Read(key))),
        Wish::Renew => effects.push(Effect::Engine(Command::Renew)),
        Wish::Fault(fault) => effects.push(Effect::Arrange(SandboxRequest::Fault(fault))),
        Wish::Advance(by) => effects.push(Effect::Arrange(SandboxRequest::Advance(by))),
        Wish::Tidy => {
            state.faults.clear();
            effects.push(Effect::SandboxFault(None));
        }
    }
}

/// The journal is told what changed.
fn keep(state: &mut State, effects: &mut Vec<Effect>) {
    let keeps = state.session.journal.keeps();
    let Some(playing) = &mut state.session.pass.playing else { return };
    if !keeps || playing.kept.as_deref() == Some(playing.runner.run()) {
        return;
    }
    let run = Arc::new(playing.runner.run().clone());
    playing.kept = Some(Arc::clone(&run));
    effects.push(Effect::Journal(Job::Pass(run)));
}
