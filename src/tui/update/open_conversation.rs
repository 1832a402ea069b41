//! A conversation is opened; and what the journal is told of the open one, and brings: draft, place and marks.

use crate::journal::{Job, JournalPage};
use crate::model::ConversationKey;
use crate::session::journal_status::SAVE_AFTER;
use crate::tui::Effect;
use crate::tui::state::status::Subject;
use crate::tui::state::{Pane, State};

use super::focus::focus;
use super::history;
use super::notices::{carry_out, with_session};

/// Opens a conversation: its draft, its thread, its replies; the keys go to its composer.
pub fn open(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    show(state, key, effects);
    with_session(state, effects, |session, _, changes| session.pass_follows(key, changes));
}

/// The same, where it was not a person who chose it: a pass stays where it is.
pub fn show(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    if with_session(state, effects, |session, _, changes| session.open_conversation(key, changes)) {
        state.composer.switch(key);
        // The key beside it would answer here.
        state.status.over(Subject::Choices);
        focus(state, Pane::Composer);
    }
}

/// Applies a page.
pub fn page(state: &mut State, page: JournalPage, effects: &mut Vec<Effect>) {
    if let JournalPage::History(found) = page {
        history::found(state, found);
        state.learn_causes();
        return;
    }
    let reopen = !something_is_begun(state);
    let changes = state.session.page(page, reopen, state.now);
    carry_out(state, changes, effects);
}

/// Whether a person has begun something: what is typed stays where it was begun, so no other conversation is opened.
fn something_is_begun(state: &State) -> bool {
    let active = state.session.conversations.active();
    let first = state.session.conversations.keys().next();
    state.overlay.is_some()
        || state.demo.present.is_some()
        || !state.session.journal.held.is_empty()
        || !state.composer.is_empty()
        || active.is_some() && (active != first || state.arrangement.focus == Pane::Picker)
}

/// The mark or comment of the chosen entry changed.
pub fn marked(state: &mut State, number: u64, effects: &mut Vec<Effect>) {
    let Some(entry) = state.shown_log().entry(number) else { return };
    let (marked, comment) = (entry.is_marked(), entry.comment().map(str::to_owned));
    if let Some(history) = &mut state.log_pane.history {
        history.marked(number, marked, comment.clone());
    }
    if state.session.journal.keeps() {
        effects.push(Effect::Journal(Job::Mark { number, marked, comment }));
    }
}

/// What a person decided about a conversation, or what was looked at, may have changed.
pub fn keep(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    with_session(state, effects, |session, _, changes| session.keep_conversation(key, changes));
}

/// After each event: tells which conversation is open, and saves the draft, and the place in the thread, that has waited long enough, or whose conversation
/// was left.
pub fn watch(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.session.journal.keeps() {
        return;
    }
    let active = state.composer.active();
    if state.session.journal.watched != active {
        if let Some(left) = state.session.journal.watched {
            save_draft(state, left, effects);
            keep(state, left, effects);
        }
        state.session.journal.watched = active;
        state.session.journal.unsaved = None;
        state.session.journal.moved = None;
    }
    let Some(key) = active else { return };
    if state.session.journal.opened != active {
        state.session.journal.opened = active;
        effects.push(Effect::Journal(Job::Opened(key)));
    }
    watch_place(state, key, effects);
    watch_draft(state, key, effects);
}

fn watch_place(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let place = state.thread.place(key, &state.session.threads);
    state.session.threads.set_place(key, place);
    let kept = state.session.journal.conversations.get(&key).and_then(|kept| kept.place.as_ref());
    if kept == state.session.threads.place(key) {
        state.session.journal.moved = None;
    } else if state.now.since(*state.session.journal.moved.get_or_insert(state.now)) >= SAVE_AFTER {
        keep(state, key, effects);
        state.session.journal.moved = None;
    }
}

fn watch_draft(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let saved = state.session.journal.drafts.get(&key).map_or("", String::as_str);
    if saved == state.composer.text() {
        state.session.journal.unsaved = None;
        return;
    }
    let since = *state.session.journal.unsaved.get_or_insert(state.now);
    if state.now.since(since) >= SAVE_AFTER {
        save_draft(state, key, effects);
        state.session.journal.unsaved = None;
    }
}

fn save_draft(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let text = state.composer.draft_of(key).to_owned();
    if state.session.journal.drafts.get(&key).map_or("", String::as_str) == text {
        return;
    }
    let cursor = state.composer.drafts().find(|(k, ..)| *k == Some(key)).map_or(0, |(_, _, cursor)| cursor);
    if text.is_empty() {
        state.session.journal.drafts.remove(&key);
    } else {
        state.session.journal.drafts.insert(key, text.clone());
    }
    effects.push(Effect::Journal(Job::Draft { conversation: key, text, cursor }));
}

/// The console is being left: what is not saved yet.
pub fn leaving(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.session.journal.keeps() {
        let keys: Vec<_> = state.session.conversations.keys().collect();
        for key in keys {
            save_draft(state, key, &mut effects);
            keep(state, key, &mut effects);
        }
    }
    effects
}
