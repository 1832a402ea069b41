//! What the composer's keys do.

use crate::engine::Command;
use crate::model::WebSession;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay, PromptPurpose};

use super::focus::focus;
use super::{conversations, global, prompt, sending};

/// Applies an action of the composer.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let composer = &mut state.composer;
    match action {
        Action::Send => sending::send(state, effects),
        Action::NewLine => composer.newline(),
        Action::EditUp => composer.up(),
        Action::EditDown => composer.down(),
        Action::EditLeft => composer.moved().left(),
        Action::EditRight => composer.moved().right(),
        Action::WordLeft => composer.moved().word_left(),
        Action::WordRight => composer.moved().word_right(),
        Action::LineStart => composer.moved().line_start(),
        Action::LineEnd => composer.moved().line_end(),
        Action::DeleteBack => composer.edited().backspace(),
        Action::DeleteForward => composer.edited().delete(),
        Action::DeleteWord => composer.delete_word_back(),
        Action::KillToStart => composer.kill_to_start(),
        Action::KillToEnd => composer.kill_to_end(),
        Action::Yank => composer.yank(),
        Action::Undo => {
            if !composer.edited().undo() {
                state.status.info("Nothing to undo.");
            }
        }
        Action::Redo => {
            if !composer.edited().redo() {
                state.status.info("Nothing to redo.");
            }
        }
        Action::HistorySearch => {
            state.prompt(PromptPurpose::History, "");
            prompt::changed(state);
        }
        Action::Snippets => {
            let names: Vec<String> = state.composer.snippets().iter().map(|s| s.name.clone()).collect();
            if names.is_empty() {
                state.status.info("No snippets: add them to [composer.snippets] in config.toml. {{seq}} {{uuid}} {{now}} {{run}} work in any message.");
                return;
            }
            let items = names.into_iter().map(|n| (n.clone(), MenuChoice::Snippet(n))).collect();
            state.overlay = Some(Overlay::Menu(Menu::new("Snippets", items)));
        }
        Action::Editor => effects.push(Effect::Edit(state.composer.text().to_owned())),
        Action::LeaveComposer => {
            state.arrangement.zoomed = false;
            focus(state, state.beside_composer());
        }
        Action::NextPaneText => global::act(state, Action::NextPane, effects),
        Action::PreviousPaneText => global::act(state, Action::PreviousPane, effects),
        Action::ChooseText => global::act(state, Action::Choose, effects),
        Action::ExtrasText => global::act(state, Action::Extras, effects),
        Action::SessionText => global::act(state, Action::Session, effects),
        Action::HelpText => global::act(state, Action::Help, effects),
        Action::PaletteText => global::act(state, Action::Palette, effects),
        Action::RefreshText => conversations::refresh(state, effects),
        Action::InterruptText => global::interrupt(state, effects),
        Action::SuspendText => effects.push(Effect::Suspend),
        Action::RedrawText => effects.push(Effect::Redraw),
        _ => {}
    }
}

/// Something was typed: the other side is told, where a person wants that and the conversation is live.
pub fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.look.manners.tells_typing || state.composer.is_empty() {
        return;
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let key = item.conversation.key;
    let typing = item.conversation.channel().capabilities().typing;
    let live = typing && item.session().is_none_or(|session| matches!(session, WebSession::Open { .. }));
    if live && state.session.conversations.typing_is_due(key, state.now) {
        effects.push(Effect::Engine(Command::Typing(key)));
    }
}
