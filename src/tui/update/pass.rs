//! The pass pane: what its keys do, which pass is opened (an unfinished one, a built-in one, one of the files here, or one
//! that is named), and what is written: its reports, and a session as a pass file.
//!
//! ```text
//! T ─► menu (go on, built-in, files here, a path) ─► ReadPass ─► Runner ─┬─► Effect: send, read, fault … ─► engine, sandbox
//!                                                        ▲               └─► Job::Pass at each change
//!                                keys, reports, time ────┘
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::notices::with_session;
use super::{journal, sending};
use crate::pass::file::PassStep;
use crate::pass::result::StepResult;
use crate::pass::runner::{Runner, RunnerEvent, StepStage};
use crate::pass::{Pass, Verdict, builtin};
use crate::session::local::LocalRequest;
use crate::session::{FoundPass, place_words, reports_dir};
use crate::text::counted;
use crate::tui::state::key_hints::group;
use crate::tui::state::{Consent, DialogQuestion, Menu, MenuChoice, Overlay, Pane, PromptPurpose, State};
use crate::tui::{Action, Effect};

pub fn act(state: &mut State, action: Action) {
    let Some(runner) = &state.session.pass.runner else {
        state.status.info("No test run is open.");
        return state.status.offer(&[(Action::Pass, "choose one")]);
    };
    let (open, paused) = (runner.run().at, runner.is_paused());
    let judged = state.pass_pane.replace_judged(None);
    match action {
        Action::PassGo => go(state),
        Action::PassAgain => ask_again(state),
        Action::VerdictPass => verdict(state, Verdict::Pass),
        Action::VerdictFail => verdict(state, Verdict::Fail),
        Action::VerdictBlocked => verdict(state, Verdict::Blocked),
        Action::VerdictSkip => verdict(state, Verdict::Skip),
        Action::PassUndo => {
            pass_event(state, RunnerEvent::Undo);
            state.status.info("The last verdict is undone.");
        }
        Action::PassNote => {
            // Right after a verdict its step is meant, although the next one is open already.
            ask_note(state, judged.unwrap_or(open), judged.and_then(|at| result(state, at)?.verdict));
        }
        Action::NextCase => pass_event(state, RunnerEvent::Case(1)),
        Action::PreviousCase => pass_event(state, RunnerEvent::Case(-1)),
        Action::PassPause => pass_event(state, RunnerEvent::Pause(!paused)),
        Action::PassReports => ask_reports(state),
        Action::PassStop => stop(state),
        _ => {}
    }
}

fn result(state: &State, at: (usize, usize)) -> Option<&StepResult> {
    state.session.pass.runner.as_ref()?.run().cases.get(at.0)?.steps.get(at.1)
}

/// Asks for a note on a step; `verdict`: to say why it has this one.
fn ask_note(state: &mut State, at: (usize, usize), verdict: Option<Verdict>) {
    let note = result(state, at).and_then(|step| step.note.clone()).unwrap_or_default();
    state.prompt(PromptPurpose::PassNote(at, verdict), &note);
}

/// `T`: the pass in and out of the log's place; or a pass is chosen.
pub fn toggle(state: &mut State) {
    let in_it = state.shows_pass() && state.arrangement.focus == Pane::Pass;
    match &state.session.pass.runner {
        Some(runner) if in_it && !runner.is_over() => state.hide_pass(),
        Some(_) if !in_it => state.show_pass(),
        // Asks for the files here; the menu comes with the answer.
        Some(_) | None => {
            state.status.info("Looking for pass files in this folder…");
            state.request(Effect::Local(LocalRequest::FindPasses));
        }
    }
}

/// Enter: runs a step that waits, accepts what is suggested of one that is decided.
fn go(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    let said = match (runner.stage(), runner.open_result().and_then(|result| result.suggested)) {
        // One that was interrupted may have been received.
        (StepStage::Ready, _) if runner.open_result().is_some_and(|r| r.runs > 0) => return ask_again(state),
        (StepStage::Ready, _) => return run_step(state),
        (StepStage::Judging, Some(suggested)) => {
            state.session.screen_for_pass(&state.look.zone);
            return pass_event(state, RunnerEvent::Verdict(suggested));
        }
        (StepStage::Judging, None) => "Only you can judge this step.",
        (StepStage::Preparing(_) | StepStage::Watching, _) => {
            "The step is still running; you can already give a verdict."
        }
        (StepStage::Over, _) => return ask_reports(state),
    };
    state.status.info(said);
    state.status.offer(group("verdicts"));
}

/// Asks first where the step speaks to real customers.
fn run_step(state: &mut State) {
    let Some(step) = state.session.pass.runner.as_ref().and_then(Runner::open_step) else { return };
    if step.sends() && state.asks_before_sending() {
        let lines = vec![step.task(), format!("region  {}", state.session.profile.facts.region)];
        state.ask(DialogQuestion::PassStep, "PROD: run this step?", lines, "run it", state.consent());
    } else {
        run_step_now(state);
    }
}

pub fn run_step_now(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    let sends = runner.open_step().is_some_and(PassStep::sends);
    let conversation = runner.open_conversation().ok().map(|c| c.key);
    if sends && sending::is_forbidden(state) {
        return;
    }
    // The step's conversation is the open one, so that it is seen and read.
    if let Some(key) = conversation.filter(|key| state.session.conversations.active() != Some(*key)) {
        let focus = state.arrangement.focus;
        journal::show(state, key);
        state.arrangement.focus = focus;
        state.keep_focus_visible();
    }
    state.status.clear();
    pass_event(state, RunnerEvent::Go);
}

/// `!`: runs the step again; asks where its message was sent already.
fn ask_again(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    if runner.open_step().is_some_and(PassStep::sends) && runner.open_result().is_some_and(|r| r.runs > 0) {
        let mut lines = vec!["Its message is sent again, and the result so far is replaced.".to_owned()];
        lines.extend(state.production_line());
        state.ask(DialogQuestion::PassStep, "Run this step again?", lines, "run it again", state.consent());
    } else {
        run_step(state);
    }
}

fn verdict(state: &mut State, verdict: Verdict) {
    state.session.screen_for_pass(&state.look.zone);
    let at = state.session.pass.runner.as_ref().map(|runner| runner.run().at);
    state.status.clear();
    pass_event(state, RunnerEvent::Verdict(verdict));
    state.pass_pane.replace_judged(at);
    // Who types to the guest is not interrupted.
    let asks = matches!(verdict, Verdict::Fail | Verdict::Blocked) && state.arrangement.focus == Pane::Pass;
    if let Some(at) = at.filter(|_| asks) {
        ask_note(state, at, Some(verdict));
    }
}

fn stop(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    if runner.is_over() {
        return state.status.info("The test run is finished already.");
    }
    // What is only suggested is no verdict.
    let open = runner.run().steps().filter(|step| step.verdict.is_none()).count();
    let lines = vec![
        format!("{open} step{} no verdict.", if open == 1 { " has" } else { "s have" }),
        "To continue later, leave it open: it is kept.".to_owned(),
    ];
    state.ask(DialogQuestion::PassStop, "End this test run?", lines, "end it", Consent::Enter);
}

pub fn pass_event(state: &mut State, event: RunnerEvent<'_>) {
    with_session(state, |session, now, changes| session.pass_event(event, now, changes));
}

pub fn found(state: &mut State, found: Vec<FoundPass>) {
    state.status.clear();
    let mut items = Vec::new();
    if let Some(run) = &state.session.pass.unfinished {
        items.push((format!("continue {}: {}", run.name, place_words(run)), MenuChoice::PassUnfinished));
    }
    items.extend(found.into_iter().map(|found| match found.name {
        Ok(name) => (format!("{name}  {}", found.path.display()), MenuChoice::PassFile(found.path)),
        Err(why) => (format!("WRONG {why}"), MenuChoice::Wrong(why)),
    }));
    for (name, text) in builtin::ALL {
        let about = Pass::parse(Path::new(name), text).ok().and_then(|p| p.about).unwrap_or_default();
        items.push((format!("built-in {name}: {about}"), MenuChoice::PassBuiltin(name, text)));
    }
    items.push(("another file …".to_owned(), MenuChoice::PassPath));
    state.overlay = Some(Overlay::Menu(Menu::new("Which pass file?", items)));
}

pub fn path_given(state: &mut State, path: PathBuf) {
    if !path.as_os_str().is_empty() {
        state.pass_pane.begin_reading(&path);
        state.request(Effect::Local(LocalRequest::ReadPass(path)));
    }
}

/// The file's text is there, or why the path that was typed cannot be used.
pub fn read(state: &mut State, path: &Path, text: Result<String, String>) -> Result<(), String> {
    if state.pass_pane.was_read(path) {
        let text = text?;
        let asked = state.files.path_known();
        if !open(state, &path.display().to_string(), &text) {
            // It is opened again once it is mended.
            state.pass_pane.set_mistaken(asked.map(|(_, typed)| typed).unwrap_or_default());
        }
    }
    Ok(())
}

/// Begins a pass from its text; false where that has mistakes.
pub fn open(state: &mut State, file: &str, text: &str) -> bool {
    let id = state.composer.values.new_uuid();
    let opened = with_session(state, |session, now, changes| session.open_pass(file, text, id, now, changes));
    if let Err(problems) = opened {
        let lines: Vec<String> = problems.to_string().lines().map(str::to_owned).collect();
        let mistakes = counted(lines.len(), "mistake");
        state.status.error(format!("{file} has {mistakes}: fix the file, then open it again."));
        state.overlay = Some(Overlay::lines("Mistakes in the pass file", lines));
        return false;
    }
    state.pass_pane.set_mistaken(String::new());
    state.show_pass();
    state.status.info("Run each step, then accept the suggested verdict or give your own.");
    state.status.offer(&[(Action::PassGo, "run")]);
    true
}

pub fn resume(state: &mut State) {
    match state.session.resume_pass(state.now) {
        None => {}
        Some(Err(name)) => state.status.error(format!("“{name}” cannot be continued: its record cannot be read.")),
        Some(Ok(run)) => {
            state.show_pass();
            state.status.info(format!("Paused at {}.", place_words(&run)));
            state.status.offer(&[(Action::PassGo, "run the step"), (Action::PassPause, "start the timer")]);
        }
    }
}

fn ask_reports(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    let dir = reports_dir(&state.session.profile.data_dir, runner.run());
    state.prompt(PromptPurpose::Reports, &dir.display().to_string());
}

pub fn write_reports(state: &mut State, dir: &str) {
    let Some(runner) = state.session.pass.runner.as_ref().filter(|_| !dir.is_empty()) else { return };
    let run = Arc::new(runner.run().clone());
    state.request(Effect::Local(LocalRequest::Reports(run, PathBuf::from(dir))));
}

/// A session that was driven by hand becomes a pass file: asks where to; says where there is nothing to write.
pub fn ask_session(state: &mut State) {
    if state.session.as_pass(state.now, &state.look.zone).is_none() {
        return state.status.info("Nothing was sent in this session yet: there is nothing to write into a pass file.");
    }
    let file = format!("pass-{}.toml", state.now.wall.strftime("%Y%m%d-%H%M%S"));
    state.prompt(PromptPurpose::SessionPass, &file);
}

pub fn write_session(state: &mut State, path: &str) {
    if let Some(contents) = state.session.as_pass(state.now, &state.look.zone).filter(|_| !path.is_empty()) {
        let (path, what) = (PathBuf::from(path), "pass file".to_owned());
        state.request(Effect::Local(LocalRequest::Write { path, contents, what }));
    }
}
