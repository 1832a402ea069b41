//! From a key to what it does.

use crossterm::event::KeyEvent;

use crate::tui::Effect;
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::KeyMeaning;
use crate::tui::state::{Pane, State};

use super::dialogs::KeyFollowUp;
use super::{composer, conversations, demo, dialogs, global, log, pass};

/// Applies a key.
pub fn key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    let armed = state.keys.quit_armed();
    dispatch(state, key, effects);
    // "Press again" means the very next key.
    if state.keys.quit_armed() == armed {
        global::disarm_quit(state);
    }
}

/// Applies a key, or the one that Alt came with.
fn dispatch(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    let chord = Chord::of(key);
    if state.overlay.is_none() && demo::ignores(state, chord) {
        return;
    }
    demo::pressed(state, chord);
    if state.overlay.is_some() {
        match dialogs::key(state, key, chord, effects) {
            Some(KeyFollowUp::Key(key)) => dispatch(state, key, effects),
            Some(KeyFollowUp::Act(action)) => act(state, action, effects),
            None => {}
        }
        return;
    }
    let context = state.context();
    if let Some(action) = judged_while_typing(state, chord) {
        act(state, action, effects);
        return;
    }
    if let Some(first) = state.keys.take_first() {
        let mut meaning = state.keys.map.resolve(context, Some(first), chord);
        if meaning == KeyMeaning::Unbound && context != Context::Composer {
            meaning = state.keys.map.resolve(Context::Global, Some(first), chord);
        }
        match meaning {
            KeyMeaning::Act(action) => act(state, action, effects),
            KeyMeaning::Prefix | KeyMeaning::Unbound if takes_back(state, chord) => {}
            KeyMeaning::Prefix | KeyMeaning::Unbound => {
                state.status.info(format!("{first} {chord} is not bound here; {first} alone waits for a second key."));
            }
        }
        return;
    }
    if resolve(state, chord, effects) {
        return;
    }
    if let Some(c) = chord.typed().filter(|_| context == Context::Composer) {
        state.composer.edited().insert_char(c);
    } else if let Some(plain) = chord.without_alt() {
        // Esc and then K arrive as Alt-K when they come fast, on every terminal: both lead to the same.
        let leave = if context == Context::Composer { Action::LeaveComposer } else { Action::Back };
        act(state, leave, effects);
        resolve(state, plain, effects);
    }
}

/// While a pass runs, Alt and a verdict's key decide the step without leaving the text.
fn judged_while_typing(state: &State, chord: Chord) -> Option<Action> {
    if state.arrangement.focus != Pane::Composer || !state.session.pass.is_running() {
        return None;
    }
    match state.keys.map.resolve(Context::Pass, None, chord.without_alt()?) {
        KeyMeaning::Act(
            action @ (Action::VerdictPass | Action::VerdictFail | Action::VerdictBlocked | Action::VerdictSkip),
        ) => Some(action),
        _ => None,
    }
}

/// Whether a key after the first of two only takes the first back.
fn takes_back(state: &State, chord: Chord) -> bool {
    let meaning = |context| state.keys.map.resolve(context, None, chord);
    [meaning(state.context()), meaning(Context::Global)].iter().any(|m| {
        matches!(m, KeyMeaning::Act(Action::Back | Action::LeaveComposer | Action::Interrupt | Action::InterruptText))
    })
}

/// Does what a key is bound to here, or everywhere. False where it is bound to nothing.
fn resolve(state: &mut State, chord: Chord, effects: &mut Vec<Effect>) -> bool {
    let context = state.context();
    let mut meaning = state.keys.map.resolve(context, None, chord);
    // In a text field what is not bound is text.
    if meaning == KeyMeaning::Unbound && context != Context::Composer {
        meaning = state.keys.map.resolve(Context::Global, None, chord);
    }
    match meaning {
        KeyMeaning::Act(action) if demo::everywhere(state, action) => {}
        KeyMeaning::Act(action) => act(state, action, effects),
        KeyMeaning::Prefix => state.keys.wait_for_second(chord, state.now),
        KeyMeaning::Unbound => return false,
    }
    true
}

/// Does what an action says, whoever asked: a key, the palette, or a dialog.
fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match log::named_by_status(state, action) {
        Some(number) => log::on_entry(state, number, |state| act_here(state, action, effects)),
        None => act_here(state, action, effects),
    }
}

fn act_here(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action.spec().context {
        Context::Global => global::act(state, action, effects),
        Context::Picker => conversations::act(state, action, effects),
        Context::Log if state.arrangement.focus == Pane::Thread => log::act_on_thread(state, action, effects),
        Context::Log => log::act(state, action, effects),
        Context::Composer => composer::act(state, action, effects),
        Context::Present => demo::act(state, action, effects),
        // Asked for by name while nothing is on top: there is nothing to confirm or to close.
        Context::Pass => pass::act(state, action, effects),
        Context::Dialog => {}
    }
}
