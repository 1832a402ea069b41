//! Which pass is opened: an unfinished one, a built-in one, one of the files here, or one that is named. And where its
//! reports go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Report;
use crate::journal::Job;
use crate::pass::runner::{Begin, Cast, Event, Known, Mode, Player, Runner};
use crate::pass::{Pass, Run, builtin};
use crate::session::open_pass::{Found, Playing, place_words, reports_dir};
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::key_hints::verdict_keys;
use crate::tui::state::overlay::{Choice, Menu, Overlay, PassChoice, Prompt, Purpose};

use crate::tui::update::journal;

/// Asks for the files here; the menu comes with the answer.
pub fn offer(state: &mut State, effects: &mut Vec<Effect>) {
    state.status.info("Looking for passes here…");
    effects.push(Effect::FindPasses);
}

/// The files are there: a pass can be chosen.
pub fn found(state: &mut State, found: Vec<Found>) {
    state.status.clear();
    state.session.pass.found = found;
    let mut items = Vec::new();
    if let Some(run) = &state.session.pass.unfinished {
        items.push((format!("go on with {}: {}", run.name, place_words(run)), Choice::Pass(PassChoice::Unfinished)));
    }
    for found in &state.session.pass.found {
        let file = found.path.display();
        items.push(match &found.name {
            Ok(name) => (format!("{name}  {file}"), Choice::Pass(PassChoice::File(found.path.clone()))),
            Err(why) => (format!("WRONG {why}"), Choice::Pass(PassChoice::Wrong(why.clone()))),
        });
    }
    for (name, text) in builtin::ALL {
        let about = Pass::parse(Path::new(name), text).ok().and_then(|p| p.about).unwrap_or_default();
        items.push((format!("built-in {name}: {about}"), Choice::Pass(PassChoice::Builtin(name))));
    }
    items.push(("another file …".to_owned(), Choice::Pass(PassChoice::Path)));
    state.overlay = Some(Overlay::Menu(Menu::new("Which pass?", items)));
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
        PassChoice::Path => state.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::PassFile, ""))),
    }
}

/// A path was typed.
pub fn path_given(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if !text.is_empty() {
        ask_for(state, PathBuf::from(text), effects);
    }
}

fn ask_for(state: &mut State, path: PathBuf, effects: &mut Vec<Effect>) {
    state.session.pass.reading = Some(path.clone());
    effects.push(Effect::ReadPass(path));
}

/// The file's text is there, or why not.
pub fn read(state: &mut State, path: &Path, text: Result<String, String>, effects: &mut Vec<Effect>) {
    if state.session.pass.reading.take_if(|p| p == path).is_none() {
        return;
    }
    match text {
        Ok(text) => open(state, &path.display().to_string(), &text, effects),
        Err(why) => state.status.error(why),
    }
}

/// Begins a pass from its text.
fn open(state: &mut State, file: &str, text: &str, effects: &mut Vec<Effect>) {
    let pass = match Pass::parse(Path::new(file), text) {
        Ok(pass) => pass,
        Err(problems) => {
            let lines: Vec<String> = problems.to_string().lines().map(str::to_owned).collect();
            state.status.error(format!("{file} is not a pass: {} to mend.", lines.len()));
            state.overlay = Some(Overlay::Page { title: "This is not a pass yet".to_owned(), lines, scroll: 0 });
            return;
        }
    };
    // Of two unfinished runs only one can be gone on with: the one left behind is over.
    let left = state.session.pass.unfinished.take();
    let left = left.or_else(|| state.session.pass.playing.take().map(|p| Arc::new(p.runner.run().clone())));
    if let Some(left) = left.filter(|run| run.ended.is_none()) {
        let ended = Run { ended: Some(state.now.wall), ..(*left).clone() };
        journal::keep(state, Job::Pass(Arc::new(ended)), effects);
    }
    let plan = (0..pass.cases.len()).map(|case| (case, 1)).collect();
    let begin = Begin {
        id: state.composer.new_uuid(),
        file: file.to_owned(),
        source: text.to_owned(),
        profile: state.session.profile.profile.clone(),
        region: state.session.profile.region.clone(),
        sandbox: state.session.profile.sandbox,
        at: state.now,
        plan,
    };
    let runner = Runner::new(Arc::new(pass), begin, cast(state), Mode::Person);
    play(state, runner);
    super::tell(state, Event::Pause(false), effects);
    let key = state.key(Action::PassGo);
    state.status.info(format!("{key} runs the step, and then accepts what is suggested. {}", verdict_keys(state)));
}

/// Goes on where an earlier session stopped.
fn resume(state: &mut State) {
    let Some(run) = state.session.pass.unfinished.take() else { return };
    let pass = Pass::parse(Path::new(&run.file), &run.source).ok();
    let runner = pass.and_then(|pass| Runner::resume(Arc::new(pass), (*run).clone(), cast(state), state.now));
    let Some(runner) = runner else {
        state.status.error(format!("{} cannot be gone on with: what was kept of it cannot be read.", run.name));
        return;
    };
    let words = place_words(&run);
    play(state, runner);
    if let Some(playing) = &mut state.session.pass.playing {
        playing.kept = Some(run);
    }
    let (go, pause) = (state.key(Action::PassGo), state.key(Action::PassPause));
    state.status.info(format!("Paused at {words}: {go} or {pause} goes on."));
}

fn play(state: &mut State, mut runner: Runner) {
    let known = Known { facts: &state.session.profile.facts, past: &state.session.evidence };
    runner.on(state.now, Event::Report(&Report::Token(state.session.sign_in.status.clone())), &known);
    state.session.pass.playing = Some(Playing { runner, shown: true, kept: None, marked: None });
    super::show(state);
}

fn cast(state: &State) -> Cast {
    // The pass calls conversations as the config does, whatever a person calls them.
    let players = state.session.conversations.items().iter().map(|item| Player {
        name: item.conversation.name.clone(),
        key: item.conversation.key,
        channel: item.conversation.channel(),
        readable: item.readable.clone(),
    });
    let players = players.collect();
    Cast { players, usual: state.session.conversations.active(), sandbox: state.session.profile.sandbox }
}

/// What the journal kept: an unfinished run is offered.
pub fn restored(state: &mut State, run: Option<Arc<Run>>) -> Option<String> {
    let run = run?;
    let key = state.key(Action::Pass);
    let said = format!("the pass {} waits at {}: {key} goes on", run.name, place_words(&run));
    if state.session.pass.playing.is_none() {
        state.session.pass.unfinished = Some(run);
    }
    Some(said)
}

/// Where the reports go.
pub(super) fn ask_reports(state: &mut State) {
    let Some(playing) = &state.session.pass.playing else { return };
    let dir = reports_dir(&state.session.profile.data_dir, playing.runner.run());
    state.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Reports, &dir.display().to_string())));
}

/// Writes them there.
pub fn write_reports(state: &mut State, dir: &str, effects: &mut Vec<Effect>) {
    let Some(playing) = state.session.pass.playing.as_ref().filter(|_| !dir.is_empty()) else { return };
    effects.push(Effect::Reports { run: Arc::new(playing.runner.run().clone()), dir: PathBuf::from(dir) });
}
