//! What the picker's keys do.

use crate::console::Effect;
use crate::console::action::Action;
use crate::console::state::overlay::{Overlay, Prompt, Purpose};
use crate::console::state::{Pane, State};
use crate::engine::Command;
use crate::model::ConversationKey;

use super::global;

/// Applies an action of the picker.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::PickerUp => state.picker.up(1),
        Action::PickerDown => state.picker.down(1),
        Action::PickerPageUp => state.picker.page_up(),
        Action::PickerPageDown => state.picker.page_down(),
        Action::PickerFirst => state.picker.first(),
        Action::PickerLast => state.picker.last(),
        Action::Open => {
            if let Some(key) = state.picker.open() {
                opened(state, key, effects);
                global::focus(state, Pane::Composer);
            }
        }
        Action::NextUnread => {
            if !state.picker.next_unread() {
                state.status.info("Nothing is unread.");
            }
        }
        Action::Pin => state.picker.toggle_pin(),
        Action::Nickname => {
            if let Some((key, name)) = state.picker.selected().map(|item| (item.key(), item.name().to_owned())) {
                state.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Nickname(key), &name)));
            }
        }
        Action::IdCard => id_card(state),
        Action::Add => state.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Add, ""))),
        Action::Refresh => refresh(state, effects),
        Action::Sort => {
            state.picker.toggle_sort();
            state.status.info(state.picker.order_words());
        }
        _ => {}
    }
}

/// After a conversation was opened: its draft, its thread, its replies.
pub fn opened(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    state.composer.switch(key);
    state.threads.show(key);
    state.threads.mark_read(key);
    state.picker.set_unread(key, 0);
    effects.push(Effect::Engine(Command::Watch(Some(key))));
    effects.push(Effect::Engine(Command::Read(key)));
}

/// Reads the conversation that one stands on (picker) or that is open (elsewhere).
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let selected = state.picker.selected().map(|item| item.key()).filter(|_| state.focus == Pane::Picker);
    if let Some(key) = selected.or(state.picker.active()) {
        effects.push(Effect::Engine(Command::Read(key)));
    }
}

fn id_card(state: &mut State) {
    if let Some(item) = state.picker.selected() {
        state.overlay =
            Some(Overlay::Page { title: item.name().to_owned(), lines: state.picker.id_card(item.key()), scroll: 0 });
    }
}
