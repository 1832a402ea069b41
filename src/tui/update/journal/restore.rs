//! A start: what was kept stands where it stood.

use crate::engine::{Command, SendRequest};
use crate::journal::job::Restored;
use crate::model::{ConversationKey, DeliveryStatus, SessionAsk};
use crate::session::OpenSend;
use crate::session::journal_status::Keeping;
use crate::tui::Effect;
use crate::tui::state::{Pane, State};

use super::persist::keep_exchange;
use super::{note, release};
use crate::tui::update::{conversations, global, pass};

/// What was kept, once the journal is open.
pub fn restored(state: &mut State, mut restored: Restored, effects: &mut Vec<Effect>) {
    let takes_over = state.session.journal.keeping == Keeping::ReadOnly && !restored.read_only;
    state.session.journal.keeping = if restored.read_only { Keeping::ReadOnly } else { Keeping::On };
    if takes_over {
        state.session.journal.trouble = None;
        state.status.info("The journal is free: this guestwire keeps everything now, and sends.");
    }
    state.session.journal.oldest = (restored.last_number > 0).then_some(restored.first_number);
    state.session.log.set_base(restored.last_number);
    let selected = state.session.conversations.selected();
    for conversation in std::mem::take(&mut restored.added) {
        if conversation.key == state.session.conversations.free_key() {
            state.session.conversations.add(conversation.clone());
            effects.push(Effect::Engine(Command::Add(conversation)));
        }
    }
    // Adding one selects it.
    if let Some(key) = selected {
        state.session.conversations.select(key);
    }
    if takes_over {
        // Its session could not be opened before.
        let web = state
            .session
            .conversations
            .active()
            .filter(|key| state.session.conversations.get(*key).is_some_and(|i| i.session().is_some()));
        effects.extend(web.map(|key| Effect::Engine(Command::Session { key, ask: SessionAsk::Connect })));
    } else {
        reopen(state, restored.open, effects);
    }
    state.session.threads.earlier_until(state.now.wall);
    for kept in std::mem::take(&mut restored.conversations) {
        if let Some(name) = &kept.nickname {
            state.session.conversations.set_nickname(kept.key, name);
        }
        if kept.pinned && state.session.conversations.get(kept.key).is_some_and(|i| !i.pinned) {
            state.session.conversations.pin(kept.key);
        }
        if let Some(seen) = kept.seen {
            state.session.threads.seen_until(kept.key, seen);
        }
        if state.session.conversations.active() != Some(kept.key) {
            state.session.conversations.set_unread(kept.key, kept.unread);
        }
        state.session.journal.conversations.insert(kept.key, kept);
    }
    // What begins in a sandbox begins anew, with other ids, when that is started anew.
    for (key, conversation_id) in
        std::mem::take(&mut restored.learned).into_iter().filter(|_| !state.session.profile.sandbox)
    {
        effects.push(Effect::Engine(Command::Learn { key, conversation_id }));
    }
    state.session.log.set_names(state.session.names());
    for (key, text, cursor) in std::mem::take(&mut restored.drafts) {
        // What was typed before the journal was open stays too.
        let typed = state.composer.draft_of(key).to_owned();
        if typed.is_empty() {
            state.composer.restore_draft(key, &text, cursor);
        } else {
            let both = format!("{text}\n{typed}");
            state.composer.restore_draft(key, &both, both.len());
        }
        state.session.journal.drafts.insert(key, text);
        state.session.conversations.set_draft(key, true);
    }
    let mut said = messages(state, &restored, effects);
    said.extend(pass::restored(state, restored.pass));
    for (key, heard) in restored.heard {
        let unread = state.session.journal.conversations.get(&key).map_or(0, |kept| kept.unread);
        state.session.threads.recall(key, heard, unread);
    }
    for kept in state.session.journal.conversations.values() {
        if let Some(place) = &kept.place {
            state.session.threads.go_to(kept.key, place);
        }
    }
    if !said.is_empty() {
        let text = said.join(" · ") + ".";
        note(state, &text, effects);
        state.status.warn(text);
    }
    release(state, effects);
    if state.session.journal.keeps() {
        let entries: Vec<_> =
            state.session.log.entries().filter_map(|e| Some((e.number(), e.exchange()?.clone()))).collect();
        for (number, exchange) in entries {
            keep_exchange(number, &exchange, effects);
        }
    }
}

/// Opens the conversation that was open last. Not where a person has begun something: what is typed stays where it was
/// begun.
fn reopen(state: &mut State, last: Option<ConversationKey>, effects: &mut Vec<Effect>) {
    let active = state.session.conversations.active();
    state.session.journal.opened = last.or(active);
    let first = state.session.conversations.items().first().map(|item| item.conversation.key);
    let begun = state.overlay.is_some()
        || state.present.is_some()
        || !state.session.journal.held.is_empty()
        || !state.composer.is_empty()
        || active.is_some() && (active != first || state.focus == Pane::Picker);
    let Some(key) = last.filter(|key| !begun && active != Some(*key)) else { return };
    state.session.conversations.open_key(key);
    state.composer.switch(key);
    if active.is_none() {
        global::focus(state, Pane::Composer);
    }
    // What needs a token is looked at once there is one.
    let web = state.session.conversations.get(key).is_some_and(|item| item.session().is_some());
    if web || state.session.sign_in.status.facts().is_some() {
        conversations::look(state, key, effects);
    }
}

/// What there is to say of them.
fn messages(state: &mut State, restored: &Restored, effects: &mut Vec<Effect>) -> Vec<String> {
    let old = restored.queue_is_old(state.now.wall);
    let count = restored.messages.iter().filter(|m| m.life == DeliveryStatus::Queued).count();
    let unknown = restored.messages.iter().filter(|m| matches!(m.life, DeliveryStatus::Unknown(_))).count();
    let (recalled, homeless) = (restored.recalled(), restored.homeless);
    for kept in &restored.messages {
        let (id, conversation) = (kept.id, kept.conversation);
        if state.session.threads.message(id).is_none() {
            state.session.threads.sent(kept.message());
        }
        state.session.threads.life(id, kept.life.clone(), None, kept.remote_id.clone());
        if kept.life == DeliveryStatus::Queued {
            state
                .session
                .open_sends
                .insert(id, OpenSend { conversation, life: DeliveryStatus::Queued, since: state.now });
            if old {
                state.session.journal.paused.insert(id);
            } else {
                effects.push(Effect::Engine(Command::Send(SendRequest::of(&kept.message()))));
            }
        }
    }
    let keys: Vec<ConversationKey> = state.session.names().into_iter().map(|(key, _)| key).collect();
    for key in keys {
        state.session.conversations.set_counts(key, state.session.threads.counts(key));
    }
    if !recalled.is_empty() {
        effects.push(Effect::Engine(Command::Recall(recalled)));
    }
    let mut said = Vec::new();
    if unknown > 0 {
        let s = if unknown == 1 { " is" } else { "s are" };
        said.push(format!(
            "{unknown} message{s} of unknown outcome from before: looked up where that is possible, u settles"
        ));
    }
    if old {
        let s = if count == 1 { "" } else { "s" };
        let key = state.keymap.key(crate::tui::action::Action::ResumeQueue);
        said.push(format!("{count} queued message{s} from more than ten minutes ago: {key} sends, Ctrl-C takes back"));
    } else if count > 0 {
        let s = if count == 1 { " goes" } else { "s go" };
        said.push(format!("{count} queued message{s} on from where the last session ended"));
    }
    if homeless > 0 {
        said.push(format!("{homeless} unsettled of conversations that this profile has no more: kept, not sent"));
    }
    said
}
