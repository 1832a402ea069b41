//! What the demo tells of the engine's reports, in plain words.

use crate::model::{Author, ConversationKey, Exchange, MessageId};
use crate::tui::Action;
use crate::tui::state::State;
use crate::tui::state::demo::words;

pub fn token(state: &mut State) {
    let status = &state.session.sign_in.status;
    if let Some(text) = state.demo.live().and_then(|present| present.note_token(status)) {
        narrate(state, text);
    }
}

/// An exchange went on: a refusal that was healed is worth a word.
pub fn exchange(state: &mut State, exchange: &Exchange) {
    if state.demo.live().is_some_and(|present| present.note_healing(exchange)) {
        narrate(state, "Access had just run out: the program renewed it by itself, and the message was accepted.");
    }
}

/// A message of ours went on; the thread has it already.
pub fn message(state: &mut State, id: MessageId) {
    let Some(message) = state.session.threads.message(id) else { return };
    let entry = message.exchange.and_then(|e| state.session.log.entry_of(e));
    let took = entry.and_then(|e| e.exchange()?.took);
    let cause = entry.and_then(|e| Some(e.diagnosis()?.cause()));
    let Some(present) = state.demo.live() else { return };
    present.note_delivery(id, &message.delivery, state.now);
    if let Some(text) = words::message(&message.delivery, cause, took, message.sent_as.is_some()) {
        narrate(state, text);
    }
}

/// Messages came into a conversation; the thread has them already. `before`: how many of the other side there were.
pub fn messages_arrived(state: &mut State, key: ConversationKey, before: usize) {
    let all = replies(state, key);
    if all <= before || state.session.conversations.active() != Some(key) {
        return;
    }
    let entries = state.session.threads.messages(key);
    let is_sent = entries.iter().any(|entry| entry.delivery().is_some());
    let Some(newest) = entries.iter().rev().find(|entry| entry.author() != Author::Guest) else { return };
    let Some(present) = state.demo.live() else { return };
    // What was said before anything was sent is no answer: the first read brings it.
    if present.note_reply(key, all, newest.text()) || before > 0 || is_sent {
        narrate(state, words::arrived(newest.author()));
    }
}

pub fn replies(state: &State, key: ConversationKey) -> usize {
    state.session.threads.messages(key).iter().filter(|entry| entry.author() != Author::Guest).count()
}

/// How the demo goes on, by the live key: `Press Space to start.`
pub(super) fn key_hint(state: &State, to: &str) -> String {
    format!("Press {} to {to}.", state.keys.map.key(Action::PresentNext))
}

/// Tells what happened.
pub(super) fn narrate(state: &mut State, text: impl Into<String>) {
    let open = state.session.conversations.active();
    let messages = open.map_or(0, |key| state.session.threads.messages(key).len());
    if let Some(present) = &mut state.demo.present {
        present.narrate(state.now, text.into(), messages);
    }
}
