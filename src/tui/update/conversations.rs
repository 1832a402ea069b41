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

use super::ids;
use super::journal::{self, keep, open};
use super::notices::with_session;

/// Conversations of a page turn.
const PAGE: isize = 10;

pub fn act(state: &mut State, action: Action) {
    match action {
        Action::PickerUp => state.session.conversations.step(-1),
        Action::PickerDown => state.session.conversations.step(1),
        Action::PickerPageUp => state.session.conversations.step(-PAGE),
        Action::PickerPageDown => state.session.conversations.step(PAGE),
        Action::PickerFirst => state.session.conversations.step(isize::MIN),
        Action::PickerLast => state.session.conversations.step(isize::MAX),
        Action::Open => {
            if let Some(key) = state.session.conversations.selected() {
                open(state, key);
            }
        }
        Action::NextUnread if state.session.conversations.next_unread().is_none() => {
            state.status.info("Nothing is unread.");
        }
        Action::Pin => {
            if let Some(key) = state.session.conversations.selected() {
                state.session.conversations.pin(key);
                keep(state, key);
            }
        }
        Action::Nickname => {
            if let Some(item) = state.session.conversations.selected_item() {
                let (key, name) = (item.conversation.key, item.name().to_owned());
                state.prompt(PromptPurpose::Nickname(key), &name);
            }
        }
        Action::IdCard => ids::open(state),
        Action::Add => state.prompt(PromptPurpose::Add, ""),
        Action::Remove => ask_remove(state),
        Action::KeepInConfig => keep_in_config(state),
        Action::Discover => ask_page(state, 1),
        Action::Refresh => refresh(state),
        Action::Sort => {
            state.session.conversations.toggle_sort();
            state.status.info(format!("Conversations in order: {}.", state.session.conversations.order_word()));
        }
        _ => {}
    }
}

/// Asks whether the selected conversation goes, where it can.
fn ask_remove(state: &mut State) {
    let Some(item) = state.session.conversations.selected_item() else { return };
    let (key, name) = (item.conversation.key, item.name().to_owned());
    if let Some(why) = state.session.not_removable(key) {
        return state.status.info(format!("“{name}” stays: {why}."));
    }
    let shows = format!("{} shows all conversations", state.key(Action::LogScope));
    let lines = vec![format!("What was said in it stays in the log ({shows}). It can be added again.")];
    let title = format!("Remove “{name}” from the list?");
    state.ask(DialogQuestion::Remove(key), title, lines, "remove it", Consent::Enter);
}

pub fn remove(state: &mut State, key: ConversationKey) {
    let name = state.session.conversations.name(key);
    if state.composer.active() == Some(key) {
        state.composer.set_text("");
        journal::watch(state);
    }
    if with_session(state, |session, _, changes| session.remove_conversation(key, changes)) {
        state.status.info(format!("“{name}” is removed from the list."));
        state.focus(Pane::Picker);
    }
}

/// Has the selected conversation written into the config file.
fn keep_in_config(state: &mut State) {
    let Some(item) = state.session.conversations.selected_item() else { return };
    let conversation = Conversation { name: item.name().to_owned(), ..item.conversation.clone() };
    state.request(Effect::Local(LocalRequest::KeepInConfig(Box::new(conversation))));
}

/// Reads the conversation that one stands on (picker) or that is open (elsewhere).
pub fn refresh(state: &mut State) {
    let selected = state.session.conversations.selected().filter(|_| state.arrangement.focus == Pane::Picker);
    if let Some(key) = selected.or(state.session.conversations.active()) {
        state.request(Effect::Engine(Command::Read(key)));
    }
}

// ── conversations that are active on the remote side ───────────────────────────────────────────────────────────

pub fn ask_page(state: &mut State, page: u32) {
    state.questions.discover(page);
    state.status.info(if page == 1 {
        "Asking which conversations are active…".to_owned()
    } else {
        format!("Asking for page {page}…")
    });
}

pub fn page_arrived(state: &mut State, page: u32, found: Result<Vec<DiscoveredConversation>, String>, more: bool) {
    if !state.questions.discovered(page) {
        return;
    }
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            let why = clause(&why);
            let said = format!("Active conversations cannot be listed: {why}. You can still add one by its id.");
            state.status.error(said);
            return state.status.offer(&[(Action::Add, "add by id")]);
        }
    };
    if state.overlay.is_some() {
        state.status.info(format!("{} active conversations found.", found.len()));
        return state.status.offer(&[(Action::Discover, "show them")]);
    }
    if found.is_empty() {
        let none = if page == 1 { "No conversation is active." } else { "There are no more active conversations." };
        return state.status.info(none);
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
pub fn picked(state: &mut State, found: DiscoveredConversation) {
    let DiscoveredConversation { conversation_id: conversation, participant_id: participant, .. } = found;
    ids::add_one(state, Candidate { conversation, participant, swapped: None });
}
