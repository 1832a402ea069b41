//! What the picker's keys do.

use crate::engine::Command;
use crate::model::{Conversation, ConversationKey};
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::overlay::{Overlay, Prompt, PromptPurpose};
use crate::tui::state::{Pane, State};

use super::notices::with_session;
use super::{discover, global, ids, journal};

/// Conversations of a page turn.
const PAGE: isize = 10;

/// Applies an action of the picker.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::PickerUp => state.session.conversations.step(-1),
        Action::PickerDown => state.session.conversations.step(1),
        Action::PickerPageUp => state.session.conversations.step(-PAGE),
        Action::PickerPageDown => state.session.conversations.step(PAGE),
        Action::PickerFirst => state.session.conversations.first(),
        Action::PickerLast => state.session.conversations.last(),
        Action::Open => {
            if let Some(key) = state.session.conversations.selected() {
                open(state, key, effects);
            }
        }
        Action::NextUnread => {
            if state.session.conversations.next_unread().is_none() {
                state.status.info("Nothing is unread.");
            }
        }
        Action::Pin => {
            if let Some(key) = state.session.conversations.selected() {
                state.session.conversations.pin(key);
                journal::conversation(state, key, effects);
            }
        }
        Action::Nickname => {
            if let Some((key, name)) =
                state.session.conversations.selected_item().map(|i| (i.conversation.key, i.name().to_owned()))
            {
                state.overlay = Some(Overlay::Prompt(Prompt::new(PromptPurpose::Nickname(key), &name)));
            }
        }
        Action::IdCard => ids::open(state),
        Action::Add => state.overlay = Some(Overlay::Prompt(Prompt::new(PromptPurpose::Add, ""))),
        Action::KeepInConfig => keep_in_config(state, effects),
        Action::Discover => discover::ask(state, 1, effects),
        Action::Refresh => refresh(state, effects),
        Action::Sort => {
            state.session.conversations.toggle_sort();
            state.status.info(format!("Conversations in order: {}.", state.session.conversations.order().word()));
        }
        _ => {}
    }
}

/// Has the selected conversation written into the config file.
fn keep_in_config(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(item) = state.session.conversations.selected_item() else { return };
    let conversation = Conversation { name: item.name().to_owned(), ..item.conversation.clone() };
    effects.push(Effect::KeepInConfig(Box::new(conversation)));
}

/// Opens a conversation: its draft, its thread, its replies; the keys go to its composer.
pub fn open(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    show(state, key, effects);
    with_session(state, effects, |session, _, changes| session.pass_follows(key, changes));
}

/// The same, where it was not a person who chose it: a pass stays where it is.
pub fn show(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    if with_session(state, effects, |session, _, changes| session.open_conversation(key, changes)) {
        state.composer.switch(key);
        global::focus(state, Pane::Composer);
    }
}

/// Reads the conversation that one stands on (picker) or that is open (elsewhere).
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let selected = state.session.conversations.selected().filter(|_| state.focus == Pane::Picker);
    if let Some(key) = selected.or(state.session.conversations.active()) {
        effects.push(Effect::Engine(Command::Read(key)));
    }
}
