//! What comes by itself from a live conversation: messages, typing, the state of its session, the id that it was given.
//! And the other way: telling that the guest types.

use crate::engine::Command;
use crate::model::{Author, Channel, ConversationKey, Moment, RemoteMessage, RepliesReadable, Unreadable, WebSession};
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;

use super::{journal, sending};

/// Messages came by themselves.
pub fn heard(state: &mut State, key: ConversationKey, messages: Vec<RemoteMessage>, effects: &mut Vec<Effect>) {
    if state.session.conversations.get(key).is_none() || messages.is_empty() {
        return;
    }
    journal::heard(state, key, &messages, effects);
    let speakers: Vec<Author> = messages.iter().map(|m| m.author).collect();
    let news = state.session.threads.heard(key, messages, state.now);
    // Whoever said something has stopped typing it.
    if let Some((author, _)) = state.session.conversations.get(key).and_then(|item| item.live.typing)
        && speakers.contains(&author)
    {
        state.session.conversations.set_typing(key, author, None);
    }
    brought(state, key, news, effects);
}

/// What follows from messages, however they came: counts, unread marks, a word about choices.
pub fn brought(state: &mut State, key: ConversationKey, news: usize, effects: &mut Vec<Effect>) {
    state.session.conversations.set_counts(key, state.session.threads.counts(key));
    if news > 0 {
        state.session.conversations.touch(key, state.now);
    }
    if state.session.conversations.active() == Some(key) {
        state.session.threads.mark_read(key);
        if news > 0 {
            say_choices(state, key);
        }
    } else if news > 0 {
        state.session.conversations.set_unread(key, state.session.threads.unread(key));
    }
    journal::conversation(state, key, effects);
}

/// The newest message offers choices: how they are taken.
fn say_choices(state: &mut State, key: ConversationKey) {
    let newest = state.session.threads.messages(key).iter().rev().find(|e| e.from_other_side());
    let count = newest.map_or(0, |e| e.choices().len());
    if count > 0 {
        let s = if count == 1 { "" } else { "s" };
        let key = sending::choose_key(state);
        state.status.info(format!("{count} choice{s} to answer with: {key} picks one by its number."));
    }
}

/// Whether replies can be read: a line when they no longer can. Where there is a session, its own line says so.
pub fn readable(state: &mut State, key: ConversationKey, readable: RepliesReadable) {
    let why = readable.unreadable().map(Unreadable::sentence);
    let changed = state.session.conversations.set_readable(key, readable);
    let Some(item) = state.session.conversations.get(key).filter(|item| changed && item.session().is_none()) else {
        return;
    };
    if let Some(why) = why {
        state.status.warn(format!("{}: {why}. Sending goes on.", item.name()));
    }
}

/// Somebody of the other side types, or has stopped. Where nothing is to move by itself, nothing is shown of it.
pub fn typing(state: &mut State, key: ConversationKey, author: Author, until: Option<Moment>) {
    if author != Author::Guest && !state.manners.calm {
        state.session.conversations.set_typing(key, author, until);
    }
}

/// Typing that has ended is forgotten.
pub fn expire(state: &mut State) {
    let over: Vec<(ConversationKey, Author)> = state
        .session
        .conversations
        .items()
        .iter()
        .filter_map(|item| Some((item.conversation.key, item.live.typing?)))
        .filter(|(_, (_, until))| until.left(state.now).is_zero())
        .map(|(key, (author, _))| (key, author))
        .collect();
    for (key, author) in over {
        state.session.conversations.set_typing(key, author, None);
    }
}

/// The session of a web conversation moved on: one sentence, with the key that goes on.
pub fn session(state: &mut State, key: ConversationKey, session: WebSession) {
    let Some(before) = state.session.conversations.set_session(key, session.clone()) else { return };
    if before == session {
        return;
    }
    let here = state.session.conversations.active() == Some(key);
    let name = state.session.conversations.get(key).map(|i| i.name().to_owned()).unwrap_or_default();
    let named = |text: &str| if here { text.to_owned() } else { format!("{name}: {text}") };
    let go_on = state.key(Action::Session);
    let why = |why: &str| why.trim_end().trim_end_matches('.').to_owned();
    match session {
        WebSession::Open { new: true, .. } => state.status.info(named("A new session is open.")),
        WebSession::Open { .. } if matches!(before, WebSession::Reconnecting { .. } | WebSession::Connecting) => {
            state.status.info(named("The session goes on where it was."));
        }
        WebSession::ReadOnly { why: said } => {
            state.status.warn(format!("{name} is read-only; {go_on} starts a new session: {}.", why(&said)));
        }
        WebSession::Ended { why: said } => {
            // A refused upgrade is in the log, and explained there. The keys come first: reasons can be long.
            let explain =
                if explained(state, key) { format!(" · {} why", state.key(Action::Why)) } else { String::new() };
            state.status.error(format!("{name} is over; {go_on} goes on{explain}: {}.", why(&said)));
        }
        WebSession::Reconnecting { why: said, .. } => {
            state.status.warn(named(&format!(
                "The connection broke: {}. It is opened again by itself; what is sent waits.",
                why(&said)
            )));
        }
        WebSession::Unreachable { why: said } => {
            // The log explains what the last attempt met.
            let explain =
                if explained(state, key) { format!(" · {} why", state.key(Action::Why)) } else { String::new() };
            state.status.error(format!(
                "{name} cannot be reached; what is sent waits, {go_on} connects{explain}: {}.",
                why(&said)
            ));
        }
        WebSession::Closed if before != WebSession::Closed => {
            state.status.info(named(&format!("Closed; {go_on} opens it again.")));
        }
        WebSession::Open { .. } | WebSession::Closed | WebSession::Connecting => {}
    }
}

/// Whether the entry that [`Action::Why`] explains is one of this conversation.
fn explained(state: &State, key: ConversationKey) -> bool {
    state.session.log.why().and_then(|e| e.exchange()).is_some_and(|x| x.conversation == Some(key))
}

/// The remote side's conversation id became known.
pub fn learned(state: &mut State, key: ConversationKey, conversation_id: String, effects: &mut Vec<Effect>) {
    state.session.conversations.learned(key, &conversation_id);
    journal::learned(state, key, conversation_id, effects);
}

/// Something was typed: the other side is told, where a person wants that and the conversation is live.
pub fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.manners.tells_typing || state.composer.is_empty() {
        return;
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let key = item.conversation.key;
    let live = match item.conversation.channel() {
        Channel::GuestApi => false,
        Channel::OpenMessaging => true,
        Channel::WebMessaging => matches!(item.live.session, WebSession::Open { .. }),
    };
    if live && state.session.conversations.tell_typing(key, state.now) {
        effects.push(Effect::Engine(Command::Typing(key)));
    }
}
