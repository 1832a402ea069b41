//! Which pass is opened: an unfinished one, a built-in one, one of the files here, or one that is named. And what is written:
//! its reports, and a session as a pass file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::pass::{Pass, builtin};
use crate::session::local::LocalRequest;
use crate::session::open_pass::{FoundPass, place_words, reports_dir};
use crate::text::counted;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay, PassChoice, PromptPurpose};

use super::super::focus::show_pass;
use super::super::notices::with_session;

/// Asks for the files here; the menu comes with the answer.
pub fn offer(state: &mut State, effects: &mut Vec<Effect>) {
    state.status.info("Looking for pass files in this folder…");
    effects.push(Effect::Local(LocalRequest::FindPasses));
}

/// The files are there: a pass can be chosen.
pub fn found(state: &mut State, found: Vec<FoundPass>) {
    state.status.clear();
    let mut items = Vec::new();
    if let Some(run) = &state.session.pass.unfinished {
        items.push((format!("continue {}: {}", run.name, place_words(run)), MenuChoice::Pass(PassChoice::Unfinished)));
    }
    for found in found {
        let file = found.path.display();
        items.push(match &found.name {
            Ok(name) => (format!("{name}  {file}"), MenuChoice::Pass(PassChoice::File(found.path.clone()))),
            Err(why) => (format!("WRONG {why}"), MenuChoice::Pass(PassChoice::Wrong(why.clone()))),
        });
    }
    for (name, text) in builtin::ALL {
        let about = Pass::parse(Path::new(name), text).ok().and_then(|p| p.about).unwrap_or_default();
        items.push((format!("built-in {name}: {about}"), MenuChoice::Pass(PassChoice::Builtin(name))));
    }
    items.push(("another file …".to_owned(), MenuChoice::Pass(PassChoice::Path)));
    state.overlay = Some(Overlay::Menu(Menu::new("Which pass file?", items)));
}

/// A line of the menu was taken.
pub fn chosen(state: &mut State, choice: PassChoice, effects: &mut Vec<Effect>) {
    match choice {
        PassChoice::Unfinished => resume(state),
        PassChoice::Builtin(name) => {
            if let Some(text) = builtin::named(name) {
                open(state, &format!("{}{name}", builtin::PREFIX), text, effects);
            }
        }
        PassChoice::File(path) => ask_for(state, path, effects),
        PassChoice::Wrong(why) => state.status.error(why),
        PassChoice::Path => {
            let mistaken = state.pass_pane.mistaken.clone();
            state.prompt(PromptPurpose::PassFile, &mistaken);
        }
    }
}

/// A path was typed.
pub fn path_given(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if !text.is_empty() {
        ask_for(state, PathBuf::from(text), effects);
    }
}

fn ask_for(state: &mut State, path: PathBuf, effects: &mut Vec<Effect>) {
    state.pass_pane.reading = Some(path.clone());
    effects.push(Effect::Local(LocalRequest::ReadPass(path)));
}

/// The file's text is there, or why the path that was typed cannot be used.
///
/// # Errors
/// That reason.
pub fn read(
    state: &mut State,
    path: &Path,
    text: Result<String, String>,
    effects: &mut Vec<Effect>,
) -> Result<(), String> {
    if state.pass_pane.reading.take_if(|p| p == path).is_some() {
        let text = text?;
        let asked = state.files.asked_path.take();
        if !open(state, &path.display().to_string(), &text, effects) {
            // It is opened again once it is mended.
            state.pass_pane.mistaken = asked.map(|(_, typed)| typed).unwrap_or_default();
        }
    }
    Ok(())
}

/// Begins a pass from its text; false where that has mistakes.
fn open(state: &mut State, file: &str, text: &str, effects: &mut Vec<Effect>) -> bool {
    let id = state.composer.new_uuid();
    let marked = state.pass_pane.marked.take();
    let opened = with_session(state, effects, |session, now, changes| session.open_pass(file, text, id, now, changes));
    if let Err(problems) = opened {
        state.pass_pane.marked = marked;
        let lines: Vec<String> = problems.to_string().lines().map(str::to_owned).collect();
        let mistakes = counted(lines.len(), "mistake");
        state.status.error(format!("{file} has {mistakes}: fix the file, then open it again."));
        state.overlay = Some(Overlay::lines("Mistakes in the pass file", lines));
        return false;
    }
    state.pass_pane.mistaken.clear();
    show_pass(state);
    state.status.info("Run each step, then accept the suggested verdict or give your own.");
    state.status.offer(&[(Action::PassGo, "run")]);
    true
}

/// Goes on where an earlier session stopped.
fn resume(state: &mut State) {
    match state.session.resume_pass(state.now) {
        None => {}
        Some(Err(name)) => {
            state.status.error(format!("“{name}” cannot be continued: its record cannot be read."));
        }
        Some(Ok(run)) => {
            state.pass_pane.marked = None;
            show_pass(state);
            state.status.info(format!("Paused at {}.", place_words(&run)));
            state.status.offer(&[(Action::PassGo, "run the step"), (Action::PassPause, "start the timer")]);
        }
    }
}

/// Where the reports go.
pub(super) fn ask_reports(state: &mut State) {
    let Some(runner) = &state.session.pass.runner else { return };
    let dir = reports_dir(&state.session.profile.data_dir, runner.run());
    state.prompt(PromptPurpose::Reports, &dir.display().to_string());
}

/// Writes them there.
pub fn write_reports(state: &mut State, dir: &str, effects: &mut Vec<Effect>) {
    let Some(runner) = state.session.pass.runner.as_ref().filter(|_| !dir.is_empty()) else { return };
    let run = Arc::new(runner.run().clone());
    effects.push(Effect::Local(LocalRequest::Reports { run, dir: PathBuf::from(dir) }));
}

/// A session that was driven by hand becomes a pass file: asks where to; says where there is nothing to write.
pub fn ask_session(state: &mut State) {
    if state.session.as_pass(state.now, &state.look.zone).is_none() {
        state.status.info("Nothing was sent in this session yet: there is nothing to write into a pass file.");
        return;
    }
    let file = format!("pass-{}.toml", state.now.wall.strftime("%Y%m%d-%H%M%S"));
    state.prompt(PromptPurpose::SessionPass, &file);
}

/// Writes the session as a pass file.
pub fn write_session(state: &mut State, path: &str, effects: &mut Vec<Effect>) {
    if let Some(contents) = state.session.as_pass(state.now, &state.look.zone).filter(|_| !path.is_empty()) {
        let (path, what) = (PathBuf::from(path), "pass file".to_owned());
        effects.push(Effect::Local(LocalRequest::Write { path, contents, what }));
    }
}
