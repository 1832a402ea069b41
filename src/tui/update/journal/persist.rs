//! What is told to the journal while the console runs, each thing when it changed.

use std::sync::Arc;

use crate::journal::Job;
use crate::journal::job::{KeptConversation, is_kept};
use crate::model::{ConversationKey, Exchange, RemoteMessage};
use crate::session::journal_status::SAVE_AFTER;
use crate::session::thread::Thread;
use crate::tui::Effect;
use crate::tui::state::State;

use super::keep;

/// An exchange went on.
pub fn exchanged(state: &State, exchange: &Arc<Exchange>, effects: &mut Vec<Effect>) {
    if !state.session.journal.keeps() || !is_kept(exchange) {
        return;
    }
    if let Some(number) = state.session.log.number_of(exchange.id) {
        keep_exchange(number, exchange, effects);
        if let Some(entry) = state.session.log.entry(number).filter(|e| e.is_marked()) {
            let comment = entry.comment().map(str::to_owned);
            effects.push(Effect::Journal(Job::Mark { number, marked: true, comment }));
        }
    }
}

/// Keeps an exchange that is no longer open, or carries a message.
pub fn keep_exchange(number: u64, exchange: &Arc<Exchange>, effects: &mut Vec<Effect>) {
    if is_kept(exchange) {
        effects.push(Effect::Journal(Job::Exchange { number, exchange: Arc::clone(exchange) }));
    }
}

/// The mark or comment of the chosen entry changed.
pub fn marked(state: &mut State, number: u64, effects: &mut Vec<Effect>) {
    let Some(entry) = state.shown_log().entry(number) else { return };
    let (marked, comment) = (entry.is_marked(), entry.comment().map(str::to_owned));
    if let Some(history) = &mut state.history {
        history.marked(number, marked, comment.clone());
    }
    if state.session.journal.keeps() {
        effects.push(Effect::Journal(Job::Mark { number, marked, comment }));
    }
}

/// What a person decided about a conversation, or what was looked at, may have changed.
pub fn conversation(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    if !state.session.journal.keeps() {
        return;
    }
    let Some(item) = state.session.conversations.get(key) else { return };
    let before = state.session.journal.conversations.get(&key);
    let looked_at = state.session.threads.get(key).and_then(Thread::seen);
    let kept = KeptConversation {
        key,
        nickname: item.nickname.clone(),
        pinned: item.pinned,
        seen: looked_at.max(before.and_then(|b| b.seen)),
        unread: item.unread,
        place: state.session.threads.place(key),
    };
    if before != Some(&kept) {
        state.session.journal.conversations.insert(key, kept.clone());
        effects.push(Effect::Journal(Job::Conversation(kept)));
    }
}

/// The remote side's id of a conversation became known.
pub fn learned(state: &mut State, key: ConversationKey, id: String, effects: &mut Vec<Effect>) {
    keep(state, Job::ConversationIdKnown { conversation: key, id }, effects);
}

/// A read brought messages.
pub fn heard(state: &State, key: ConversationKey, messages: &[RemoteMessage], effects: &mut Vec<Effect>) {
    if state.session.journal.keeps() && !messages.is_empty() {
        effects.push(Effect::Journal(Job::RemoteMessages { conversation: key, messages: messages.to_vec() }));
    }
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
            conversation(state, left, effects);
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
    let kept = state.session.journal.conversations.get(&key).and_then(|kept| kept.place.as_ref());
    if kept == state.session.threads.place(key).as_ref() {
        state.session.journal.moved = None;
    } else if state.now.since(*state.session.journal.moved.get_or_insert(state.now)) >= SAVE_AFTER {
        conversation(state, key, effects);
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
        let keys: Vec<ConversationKey> = state.session.names().into_iter().map(|(key, _)| key).collect();
        for key in keys {
            save_draft(state, key, &mut effects);
            conversation(state, key, &mut effects);
        }
    }
    effects
}
