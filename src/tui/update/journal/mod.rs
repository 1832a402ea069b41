//! What the journal brings, and the drafts, places and marks that it is told.

mod history;
mod persist;

use crate::journal::JournalPage;
use crate::tui::Effect;
use crate::tui::state::{Pane, State};

use super::notices::carry_out;

pub use history::{close, find, look_above, look_below, oldest};
pub use persist::{conversation, leaving, marked, watch};

/// Applies a page.
pub fn page(state: &mut State, page: JournalPage, effects: &mut Vec<Effect>) {
    if let JournalPage::History(found) = page {
        return history::found(state, found);
    }
    let reopen = !something_is_begun(state);
    let changes = state.session.page(page, reopen, state.now);
    carry_out(state, changes, effects);
}

/// Whether a person has begun something: what is typed stays where it was begun, so no other conversation is opened.
fn something_is_begun(state: &State) -> bool {
    let active = state.session.conversations.active();
    let first = state.session.conversations.items().first().map(|item| item.conversation.key);
    state.overlay.is_some()
        || state.present.is_some()
        || !state.session.journal.held.is_empty()
        || !state.composer.is_empty()
        || active.is_some() && (active != first || state.focus == Pane::Picker)
}
