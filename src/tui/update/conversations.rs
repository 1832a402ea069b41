//! What the picker's keys do; and conversations that are active on the remote side: asked for a page at a time, shown in a
//! menu, added by a key.

use crate::diagnosis::ids::Candidate;
use crate::engine::{Command, DiscoveredConversation};
use crate::model::{Conversation, ConversationKey};
use crate::session::local::LocalRequest;
use crate::text::clause;
use crate::text::screen::short_id;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::overlay::{Consent, DialogQuestion, Menu, MenuChoice, Overlay, PromptPurpose};
use crate::tui::state::{Pane, State};

use super::focus::focus;
use super::ids;
use super::notices::with_session;
use super::open_conversation::{self, keep, open};

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
                keep(state, key, effects);
            }
        }
        Action::Nickname => {
            if let Some((key, name)) =
                state.session.conversations.selected_item().map(|i| (i.conversation.key, i.name().to_owned()))
            {
                state.prompt(PromptPurpose::Nickname(key), &name);
            }
        }
        Action::IdCard => ids::open(state),
        Action::Add => state.prompt(PromptPurpose::Add, ""),
        Action::Remove => ask_remove(state),
        Action::KeepInConfig => keep_in_config(state, effects),
        Action::Discover => ask_page(state, 1, effects),
        Action::Refresh => refresh(state, effects),
        Action::Sort => {
            state.session.conversations.toggle_sort();
            state.status.info(format!("Conversations in order: {}.", state.session.conversations.order().word()));
        }
        _ => {}
    }
}

/// Asks whether the selected conversation goes, where it can.
fn ask_remove(state: &mut State) {
    let Some(item) = state.session.conversations.selected_item() else { return };
    let (key, name) = (item.conversation.key, item.name().to_owned());
    if let Some(why) = state.session.not_removable(key) {
        state.status.info(format!("“{name}” stays: {why}."));
        return;
    }
    state.ask(
        DialogQuestion::Remove(key),
        format!("Remove “{name}” from the list?"),
        vec![format!(
            "What was said in it stays in the log ({} shows all conversations). It can be added again.",
            state.key(Action::LogScope)
        )],
        "remove it",
        Consent::Enter,
    );
}

/// Removes a conversation that was added by hand.
pub fn remove(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let name = state.session.conversations.name(key);
    if state.composer.active() == Some(key) {
        state.composer.clear();
        open_conversation::watch(state, effects);
    }
    if with_session(state, effects, |session, _, changes| session.remove_conversation(key, changes)) {
        state.status.info(format!("“{name}” is removed from the list."));
        focus(state, Pane::Picker);
    }
}

/// Has the selected conversation written into the config file.
fn keep_in_config(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(item) = state.session.conversations.selected_item() else { return };
    let conversation = Conversation { name: item.name().to_owned(), ..item.conversation.clone() };
    effects.push(Effect::Local(LocalRequest::KeepInConfig(Box::new(conversation))));
}

/// Reads the conversation that one stands on (picker) or that is open (elsewhere).
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let selected = state.session.conversations.selected().filter(|_| state.arrangement.focus == Pane::Picker);
    if let Some(key) = selected.or(state.session.conversations.active()) {
        effects.push(Effect::Engine(Command::Read(key)));
    }
}

// ── conversations that are active on the remote side ───────────────────────────────────────────────────────────

/// Asks for a page.
pub fn ask_page(state: &mut State, page: u32, effects: &mut Vec<Effect>) {
    state.questions.discovering = Some(page);
    state.status.info(if page == 1 {
        "Asking which conversations are active…".to_owned()
    } else {
        format!("Asking for page {page}…")
    });
    effects.push(Effect::Engine(Command::Discover { page }));
}

/// A page came, or a refusal.
pub fn page_arrived(state: &mut State, page: u32, found: Result<Vec<DiscoveredConversation>, String>, more: bool) {
    // An answer to a question that nobody has any more.
    if state.questions.discovering.take_if(|asked| *asked == page).is_none() {
        return;
    }
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            let why = clause(&why);
            state
                .status
                .error(format!("Active conversations cannot be listed: {why}. You can still add one by its id."));
            state.status.offer(&[(Action::Add, "add by id")]);
            return;
        }
    };
    if state.overlay.is_some() {
        state.status.info(format!("{} active conversations found.", found.len()));
        state.status.offer(&[(Action::Discover, "show them")]);
        return;
    }
    if found.is_empty() {
        state.status.info(if page == 1 {
            "No conversation is active."
        } else {
            "There are no more active conversations."
        });
        return;
    }
    state.status.clear();
    let mut items: Vec<(String, MenuChoice)> =
        found.into_iter().map(|found| (line(state, &found), MenuChoice::Found(Box::new(found)))).collect();
    if more {
        items.push(("more…".to_owned(), MenuChoice::Page(page + 1)));
    }
    let mut menu = Menu::new(format!("Active conversations, newest first, page {page}"), items);
    menu.intro = vec!["One is added as a guest-api conversation, or opened if it is in the list already.".to_owned()];
    state.overlay = Some(Overlay::Menu(menu));
}

/// `5f0c…a2  since 14:02  webmessaging · in the list: Billing bot`
fn line(state: &State, found: &DiscoveredConversation) -> String {
    let mut text = short_id(&found.conversation_id, state.look.theme.ascii).into_owned();
    if let Some(began) = found.began {
        let (began, now) = (began.to_zoned(state.look.zone.clone()), state.now.wall.to_zoned(state.look.zone.clone()));
        let form = if began.date() == now.date() { "  since %H:%M" } else { "  since %d %b %H:%M" };
        text.push_str(&began.strftime(form).to_string());
    }
    if let Some(via) = &found.via {
        text.push_str("  ");
        text.push_str(via);
    }
    if let Some(item) = state.session.conversations.with_conversation_id(&found.conversation_id) {
        text.push_str(" · in the list: ");
        text.push_str(item.name());
    }
    text
}

/// One was picked: it is added, or opened where it stands in the picker already.
pub fn picked(state: &mut State, found: DiscoveredConversation, effects: &mut Vec<Effect>) {
    let DiscoveredConversation { conversation_id: conversation, participant_id: participant, .. } = found;
    ids::add_one(state, Candidate { conversation, participant, swapped: None }, effects);
}
