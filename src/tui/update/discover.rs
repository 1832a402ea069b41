//! Conversations that are active on the remote side: asked for a page at a time, shown in a menu, added by a key.

use crate::diagnosis::ids::Candidate;
use crate::engine::{Command, DiscoveredConversation};
use crate::text::screen::short_id;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay};

use super::ids;

/// Asks for a page.
pub fn ask(state: &mut State, page: u32, effects: &mut Vec<Effect>) {
    state.discovering = Some(page);
    state.status.info(if page == 1 {
        "Asking which conversations are active…".to_owned()
    } else {
        format!("Asking for page {page}…")
    });
    effects.push(Effect::Engine(Command::Discover { page }));
}

/// A page came, or a refusal.
pub fn came(state: &mut State, page: u32, found: Result<Vec<DiscoveredConversation>, String>, more: bool) {
    // An answer to a question that nobody has any more.
    if state.discovering.take_if(|asked| *asked == page).is_none() {
        return;
    }
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            let why = why.trim_end().trim_end_matches('.');
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
    menu.intro =
        vec!["Enter adds one as a guest-api conversation, or opens it if it is in the list already.".to_owned()];
    state.overlay = Some(Overlay::Menu(menu));
}

/// `5f0c…a2  since 14:02  webmessaging · in the list: Billing bot`
fn line(state: &State, found: &DiscoveredConversation) -> String {
    let mut text = short_id(&found.conversation_id, state.theme.ascii).into_owned();
    if let Some(began) = found.began {
        let (began, now) = (began.to_zoned(state.zone.clone()), state.now.wall.to_zoned(state.zone.clone()));
        let form = if began.date() == now.date() { "  since %H:%M" } else { "  since %d %b %H:%M" };
        text.push_str(&began.strftime(form).to_string());
    }
    if let Some(via) = &found.via {
        text.push_str("  ");
        text.push_str(via);
    }
    if let Some(item) = state.session.conversations.with_conversation_id(&found.conversation_id) {
        text.push_str(" · in the picker: ");
        text.push_str(item.name());
    }
    text
}

/// One was picked: it is added, or opened where it stands in the picker already.
pub fn picked(state: &mut State, found: DiscoveredConversation, effects: &mut Vec<Effect>) {
    let DiscoveredConversation { conversation_id: conversation, participant_id: participant, .. } = found;
    ids::add_one(state, Candidate { conversation, participant, swapped: None }, effects);
}
