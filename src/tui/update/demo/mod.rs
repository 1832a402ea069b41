//! Demo mode: its keys. A rehearsal never asks the engine for anything: see [`silence`].

mod narration;
mod playing;

use crossterm::event::KeyCode;

use crate::pass::{Pass, builtin};
use crate::session::local::LocalRequest;
use crate::tui::Effect;
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::KeyMeaning;
use crate::tui::state::State;
use crate::tui::state::demo::aliases::Aliases;
use crate::tui::state::demo::script::DemoScript;
use crate::tui::state::demo::tape::Tape;
use crate::tui::state::demo::{LARGEST, Present};
use crate::tui::state::overlay::MenuChoice;

use super::focus::keep_focus_visible;
use narration::{press, say};
use playing::rest;

pub use narration::{count, exchange, message, messages_arrived, token};
pub use playing::{cue, deadline};

/// `P`: begins or leaves the demo.
pub fn toggle(state: &mut State) {
    if state.demo.present.is_some() {
        leave(state);
        return;
    }
    // In the sandbox there is a story to tell; elsewhere nothing is sent that nobody has chosen.
    match builtin::named(builtin::DEMO).and_then(|text| Pass::parse(std::path::Path::new(builtin::DEMO), text).ok()) {
        Some(pass) if state.session.profile.sandbox && has_all_of(state, &pass) => play(state, &pass),
        _ => begin(state),
    }
}

/// Whether the conversations that a pass names are here.
fn has_all_of(state: &State, pass: &Pass) -> bool {
    let here = |name: &str| state.session.conversations.items().any(|item| item.conversation.name == name);
    pass.cases.iter().filter_map(|case| case.conversation.as_ref()).all(|named| here(&named.value))
}

/// Begins a demo of the open conversation.
pub fn begin(state: &mut State) {
    let conversations: Vec<_> = state.session.conversations.items().map(|item| item.conversation.clone()).collect();
    let host = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned();
    let (api, login) = (host(&state.session.profile.facts.api), host(&state.session.profile.facts.token_host));
    let profile = if state.session.profile.sandbox { "" } else { state.session.profile.facts.name.as_str() };
    let others = [
        (api.as_str(), "api"),
        (login.as_str(), "login"),
        (state.session.profile.facts.region.as_str(), "the region"),
        (profile, "the organisation"),
    ];
    let mut present = Present::new(Aliases::new(conversations.iter(), &others), state.arrangement.focus);
    present.token = state.session.sign_in.status.facts().map(|f| f.generation);
    state.demo.present = Some(present);
    state.arrangement.zoomed = false;
    rest(state);
    say(state, press(state, "start"));
}

/// Leaves it; everything is as before.
pub fn leave(state: &mut State) {
    if let Some(present) = state.demo.present.take() {
        state.arrangement.focus = present.before;
        keep_focus_visible(state);
        if present.tape.is_some() {
            state.status.info("The rehearsal has ended: messages are sent again from now on.");
        }
    }
}

/// Plays a pass that came with the program, or that was read before the console opened.
pub fn play(state: &mut State, pass: &Pass) {
    let script = DemoScript::of(pass, state.session.profile.sandbox);
    if state.demo.present.is_none() {
        begin(state);
    }
    let said = format!("{}. {}", pass.name, press(state, "start"));
    if let Some(present) = &mut state.demo.present {
        present.script = script;
        present.tape = None;
        present.typing = None;
        present.awaited = None;
    }
    say(state, said);
}

/// Shows a tape: nothing is sent until it is left.
pub fn rehearse(state: &mut State, tape: Tape) {
    if state.demo.present.is_none() {
        begin(state);
    }
    if let Some(present) = &mut state.demo.present {
        present.script = DemoScript::default();
        present.typing = None;
        present.awaited = None;
        present.beats.clear();
        present.at = None;
        present.tape = Some(tape);
    }
    say(state, format!("A rehearsal of a recorded conversation: nothing is sent. {}", press(state, "start")));
}

/// A line of the menu.
pub fn chosen(state: &mut State, choice: &MenuChoice) {
    match choice {
        MenuChoice::Play(name) => {
            // A test parses each of them.
            let parsed = builtin::named(name).and_then(|text| Pass::parse(std::path::Path::new(name), text).ok());
            if let Some(pass) = parsed {
                play(state, &pass);
            }
        }
        MenuChoice::Rehearse => {
            let tape = state
                .session
                .conversations
                .active()
                .map(|key| Tape::of(state.session.threads.messages(key)))
                .unwrap_or_default();
            if tape.lines.is_empty() {
                say(state, "This conversation has no messages yet: there is nothing to rehearse.");
            } else {
                rehearse(state, tape);
            }
        }
        _ => {}
    }
}

/// Applies an action of the demo.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let Some(present) = &mut state.demo.present else { return };
    match action {
        Action::PresentNext => playing::next(state, effects),
        Action::PresentLeave => leave(state),
        Action::PresentBack => present.back(),
        Action::Blank => present.choice.blank = !present.choice.blank,
        Action::PresentLog => present.choice.log = !present.choice.log,
        Action::Larger => present.choice.size = (present.choice.size + 1).min(LARGEST),
        Action::Smaller => present.choice.size = present.choice.size.saturating_sub(1).max(1),
        Action::KeyDisplay => present.choice.keys = !present.choice.keys,
        _ => {}
    }
}

/// Whether an action that works everywhere works here: nothing that would show what is hidden.
pub const fn allows(action: Action) -> bool {
    matches!(
        action,
        Action::Help | Action::GoComposer | Action::Redraw | Action::Suspend | Action::Record | Action::Present
    )
}

/// What the keys that work everywhere do while the demo is shown. False: what they always do.
pub fn everywhere(state: &mut State, action: Action) -> bool {
    let Some(present) = &state.demo.present else { return false };
    match action {
        Action::Back | Action::Quit | Action::Interrupt => leave(state),
        Action::Palette => {
            let leave = state.keys.map.key(Action::PresentLeave);
            say(state, format!("Commands work outside the demo: press {leave} twice to leave it."));
            if let Some(present) = &mut state.demo.present {
                present.deaf = true;
            }
        }
        // What would show what is hidden, or take the screen away.
        Action::PaletteText | Action::HistorySearch | Action::Editor | Action::ExtrasText | Action::InterruptText => {
            rest(state);
        }
        action if action.spec().context != Context::Global => return false,
        Action::GoComposer if present.tape.is_some() => say(state, "This is a rehearsal: nothing can be sent."),
        action => return !allows(action),
    }
    true
}

/// Whether a key is part of a command that is being typed although the demo takes none. Its letters are keys of the
/// demo, and one of them leads to the composer. Enter or Esc ends it.
pub fn ignores(state: &mut State, chord: Chord) -> bool {
    let leaves = state.keys.map.resolve(Context::Present, None, chord) == KeyMeaning::Act(Action::PresentLeave);
    let Some(present) = state.demo.present.as_mut().filter(|present| present.deaf) else { return false };
    present.deaf = !leaves && !matches!(chord.event().code, KeyCode::Enter | KeyCode::Esc);
    true
}

/// Shows a chord, unless it is text.
pub fn pressed(state: &mut State, chord: Chord) {
    let text = state.context() == Context::Composer && chord.typed().is_some();
    let asked = state.overlay.is_some();
    if let Some(present) = state.demo.present.as_mut().filter(|_| !text && !asked) {
        present.press(chord.to_string());
    }
}

/// While a rehearsal is shown, nothing is asked of the engine, whatever key was pressed.
pub fn silence(state: &State, effects: &mut Vec<Effect>) {
    if state.demo.offline || state.demo.present.as_ref().is_some_and(|p| p.tape.is_some()) {
        let sandbox = |asked: &LocalRequest| matches!(asked, LocalRequest::Fault(_) | LocalRequest::SetUpSandbox(_));
        effects.retain(|effect| match effect {
            Effect::Engine(_) => false,
            Effect::Local(asked) => !sandbox(asked),
            _ => true,
        });
    }
}
