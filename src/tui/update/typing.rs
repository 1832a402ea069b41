//! Telling the other side that the guest types.

use crate::engine::Command;
use crate::model::WebSession;
use crate::tui::Effect;
use crate::tui::state::State;

/// Something was typed: the other side is told, where a person wants that and the conversation is live.
pub fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.manners.tells_typing || state.composer.is_empty() {
        return;
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let key = item.conversation.key;
    let typing = item.conversation.channel().capabilities().typing;
    let live = typing && item.session().is_none_or(|session| matches!(session, WebSession::Open { .. }));
    if live && state.session.conversations.tell_typing(key, state.now) {
        effects.push(Effect::Engine(Command::Typing(key)));
    }
}
