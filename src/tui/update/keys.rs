//! From a key to what it does; and what the composer's keys do.

use crossterm::event::KeyEvent;

use crate::engine::Command;
use crate::model::WebSession;
use crate::tui::Effect;
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::KeyMeaning;
use crate::tui::state::composer::editor::Editor;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay, PromptPurpose};
use crate::tui::state::{Pane, State};

use super::dialogs::KeyFollowUp;
use super::{conversations, demo, dialogs, global, log, pass, prompt, sending};

pub fn key(state: &mut State, key: KeyEvent) {
    let armed = state.keys.quit_armed;
    dispatch(state, key);
    // "Press again" means the very next key.
    if state.keys.quit_armed == armed {
        global::disarm_quit(state);
    }
}

/// Applies a key, or the one that Alt came with.
fn dispatch(state: &mut State, key: KeyEvent) {
    let chord = Chord::of(key);
    if state.overlay.is_none() && demo::ignores(state, chord) {
        return;
    }
    demo::pressed(state, chord);
    if state.overlay.is_some() {
        return match dialogs::key(state, key, chord) {
            Some(KeyFollowUp::Key(key)) => dispatch(state, key),
            Some(KeyFollowUp::Act(action)) => act(state, action),
            None => {}
        };
    }
    let context = state.context();
    if let Some(action) = judged_while_typing(state, chord) {
        return act(state, action);
    }
    if let Some((first, _)) = state.keys.first.take() {
        return match meaning(state, Some(first), chord) {
            KeyMeaning::Act(action) => act(state, action),
            KeyMeaning::Prefix | KeyMeaning::Unbound if takes_back(state, chord) => {}
            KeyMeaning::Prefix | KeyMeaning::Unbound => {
                state.status.info(format!("{first} {chord} is not bound here; {first} alone waits for a second key."));
            }
        };
    }
    if resolve(state, chord) {
        return;
    }
    if let Some(c) = chord.typed().filter(|_| context == Context::Composer) {
        state.composer.edited().insert_char(c);
    } else if let Some(plain) = chord.without_alt() {
        // Esc and then K arrive as Alt-K when they come fast, on every terminal: both lead to the same.
        act(state, if context == Context::Composer { Action::LeaveComposer } else { Action::Back });
        resolve(state, plain);
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
    [state.context(), Context::Global].iter().any(|context| {
        matches!(
            state.keys.map.resolve(*context, None, chord),
            KeyMeaning::Act(Action::Back | Action::LeaveComposer | Action::Interrupt | Action::InterruptText)
        )
    })
}

/// What a key means here, else everywhere. In a text field what is not bound is text.
fn meaning(state: &State, first: Option<Chord>, chord: Chord) -> KeyMeaning {
    let context = state.context();
    match state.keys.map.resolve(context, first, chord) {
        KeyMeaning::Unbound if context != Context::Composer => state.keys.map.resolve(Context::Global, first, chord),
        meaning => meaning,
    }
}

/// Does what a key is bound to here, or everywhere. False where it is bound to nothing.
fn resolve(state: &mut State, chord: Chord) -> bool {
    match meaning(state, None, chord) {
        KeyMeaning::Act(action) if demo::everywhere(state, action) => {}
        KeyMeaning::Act(action) => act(state, action),
        KeyMeaning::Prefix => state.keys.first = Some((chord, state.now)),
        KeyMeaning::Unbound => return false,
    }
    true
}

/// Does what an action says, whoever asked: a key, the palette, or a dialog.
fn act(state: &mut State, action: Action) {
    match log::named_by_status(state, action) {
        Some(number) => state.on_entry(number, |state| act_here(state, action)),
        None => act_here(state, action),
    }
}

fn act_here(state: &mut State, action: Action) {
    match action.spec().context {
        Context::Global => global::act(state, action),
        Context::Picker => conversations::act(state, action),
        Context::Log if state.arrangement.focus == Pane::Thread => log::act_on_thread(state, action),
        Context::Log => log::act(state, action),
        Context::Composer => act_in_composer(state, action),
        Context::Present => demo::act(state, action),
        Context::Pass => pass::act(state, action),
        // Asked for by name while nothing is on top: there is nothing to confirm or to close.
        Context::Dialog => {}
    }
}

fn act_in_composer(state: &mut State, action: Action) {
    let composer = &mut state.composer;
    match action {
        Action::Send => sending::send(state),
        Action::NewLine => composer.edited().insert_char('\n'),
        Action::EditUp => composer.up(),
        Action::EditDown => composer.down(),
        Action::EditLeft => composer.editor.left(),
        Action::EditRight => composer.editor.right(),
        Action::WordLeft => composer.editor.word_left(),
        Action::WordRight => composer.editor.word_right(),
        Action::LineStart => composer.editor.line_start(),
        Action::LineEnd => composer.editor.line_end(),
        Action::DeleteBack => composer.edited().backspace(),
        Action::DeleteForward => composer.edited().delete(),
        Action::DeleteWord => composer.kill(Editor::cut_word_back),
        Action::KillToStart => composer.kill(Editor::cut_to_start),
        Action::KillToEnd => composer.kill(Editor::cut_to_end),
        Action::Yank => composer.yank(),
        Action::Undo if !composer.edited().undo() => state.status.info("Nothing to undo."),
        Action::Redo if !composer.edited().redo() => state.status.info("Nothing to redo."),
        Action::HistorySearch => {
            state.prompt(PromptPurpose::History, "");
            prompt::changed(state);
        }
        Action::Snippets => {
            let names: Vec<String> = state.composer.snippets.iter().map(|s| s.name.clone()).collect();
            if names.is_empty() {
                return state.status.info("No snippets: add them to [composer.snippets] in config.toml. {{seq}} {{uuid}} {{now}} {{run}} work in any message.");
            }
            let items = names.into_iter().map(|n| (n.clone(), MenuChoice::Snippet(n))).collect();
            state.overlay = Some(Overlay::Menu(Menu::new("Snippets", items)));
        }
        Action::Editor => state.request(Effect::Edit(state.composer.text().to_owned())),
        Action::LeaveComposer => {
            state.arrangement.zoomed = false;
            state.focus(state.beside_composer());
        }
        _ => {
            if let Some(twin) = action.in_panes() {
                act_here(state, twin);
            }
        }
    }
}

/// Something was typed: the other side is told, where a person wants that and the conversation is live.
pub fn typed(state: &mut State) {
    if !state.look.tells_typing || state.composer.text().is_empty() {
        return;
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let key = item.conversation.key;
    let typing = item.conversation.channel().capabilities().typing;
    let live = typing && item.session().is_none_or(|session| matches!(session, WebSession::Open { .. }));
    if live && state.session.conversations.typing_is_due(key, state.now) {
        state.request(Effect::Engine(Command::Typing(key)));
    }
}
