//! Sends as the journal sees them: kept before they go, held until it is open, paused where an earlier session left them.

use crate::engine::{Command, SendRequest};
use crate::journal::Job;
use crate::model::{ConversationKey, DeliveryStatus, Message, MessageId};
use crate::session::journal_status::Keeping;
use crate::session::thread::Thread;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;

use super::keep;

/// The key that sends what an earlier session left queued.
pub fn resume(state: &mut State, effects: &mut Vec<Effect>) {
    let paused = std::mem::take(&mut state.session.journal.paused);
    if paused.is_empty() {
        state.status.info("No queued message waits for a key.");
        return;
    }
    let count = paused.len();
    // By conversation they stand in the thread in the order in which they were asked for.
    let keys: Vec<ConversationKey> = state.session.names().into_iter().map(|(key, _)| key).collect();
    for key in keys {
        let waiting: Vec<SendRequest> = state
            .session
            .threads
            .get(key)
            .into_iter()
            .flat_map(Thread::ours)
            .filter(|m| paused.contains(&m.id))
            .map(SendRequest::of)
            .collect();
        effects.extend(waiting.into_iter().map(|request| Effect::Engine(Command::Send(request))));
    }
    state.status.info(format!("{count} queued message{} on.", if count == 1 { " goes" } else { "s go" }));
}

/// Takes a message back that no engine knows of yet. True if it was one.
pub fn take_back_paused(state: &mut State, id: MessageId, effects: &mut Vec<Effect>) -> bool {
    if !state.session.journal.paused.remove(&id) {
        return false;
    }
    state.session.open_sends.remove(&id);
    if let Some(key) = state.session.threads.life(id, DeliveryStatus::Cancelled, None, None) {
        state.session.conversations.set_counts(key, state.session.threads.counts(key));
    }
    keep(state, Job::Status { message: id, life: DeliveryStatus::Cancelled }, effects);
    true
}

/// Asks for a send, now or once the journal is open or the older ones of its conversation go.
pub fn send(state: &mut State, message: &Message, effects: &mut Vec<Effect>) {
    let request = SendRequest::of(message);
    keep(state, Job::Queue(Box::new(message.clone())), effects);
    if message.resend_of.is_none() {
        // The draft goes in the same step as the message comes.
        state.session.journal.drafts.remove(&message.conversation);
        state.session.journal.unsaved = None;
    }
    let behind = state
        .session
        .journal
        .paused
        .iter()
        .any(|id| state.session.threads.message(*id).is_some_and(|m| m.conversation == message.conversation));
    if behind {
        state.session.journal.paused.insert(message.id);
        let key = state.keymap.key(Action::ResumeQueue);
        state.status.warn(format!("It waits behind older ones of this conversation: {key} sends them all."));
    } else if state.session.journal.keeping == Keeping::Opening {
        state.session.journal.held.push(Command::Send(request));
    } else {
        effects.push(Effect::Engine(Command::Send(request)));
    }
}
