//! What the journal brings, and what it is told.

use crate::console::Effect;
use crate::console::state::history::{History, NEAR, PAGE};
use crate::console::state::kept::{Keeping, SAVE_AFTER};
use crate::console::state::{OpenSend, State};
use crate::engine::{Command, SendRequest};
use crate::journal::job::{Ask, History as Found, KeptConversation, Restored, Want};
use crate::journal::{Job, Page, Trouble};
use crate::model::{ConversationKey, Exchange, Kind, Life, Message, MessageId, Outcome};

/// Applies a page.
pub fn page(state: &mut State, page: Page, effects: &mut Vec<Effect>) {
    match page {
        Page::Restored(restored) => self::restored(state, *restored, effects),
        Page::Trouble(trouble) => self::trouble(state, trouble, effects),
        Page::Well => {
            state.kept.trouble = None;
            state.status.info("The journal keeps everything again.");
        }
        Page::Notice(text) => {
            note(state, text.as_str(), effects);
            state.status.warn(text);
        }
        Page::History(found) => history(state, found),
    }
}

/// Tells the journal, where there is one.
pub fn keep(state: &State, job: Job, effects: &mut Vec<Effect>) {
    if state.kept.keeping != Keeping::Off {
        effects.push(Effect::Journal(job));
    }
}

/// A sentence of guestwire itself, in the log and in the journal.
pub fn note(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    state.log.note(state.now, Kind::Sys, text);
    if state.kept.keeps()
        && let Some(number) = state.log.last_number()
    {
        let job = Job::Note { number, at: state.now, kind: Kind::Sys, text: text.to_owned() };
        effects.push(Effect::Journal(job));
    }
}

fn trouble(state: &mut State, trouble: Trouble, effects: &mut Vec<Effect>) {
    let before = state.kept.trouble.as_ref().map(|t| t.sentence.clone());
    if before.as_ref() != Some(&trouble.sentence) {
        state.log.note(state.now, Kind::Sys, trouble.sentence.as_str());
        state.status.error(trouble.sentence.clone());
    }
    state.kept.trouble = Some(trouble);
    if state.kept.keeping == Keeping::Opening {
        state.kept.keeping = Keeping::Lame;
        release(state, effects);
    }
}

/// What waited for the journal goes.
fn release(state: &mut State, effects: &mut Vec<Effect>) {
    effects.extend(std::mem::take(&mut state.kept.held).into_iter().map(Effect::Engine));
}

// ── a start ────────────────────────────────────────────────────────────────────────────────────────────────────

fn restored(state: &mut State, mut restored: Restored, effects: &mut Vec<Effect>) {
    let lame = state.kept.keeping == Keeping::Lame;
    if !lame {
        state.kept.keeping = Keeping::On;
    }
    state.kept.oldest = (restored.last_number > 0).then_some(restored.first_number);
    state.log.set_base(restored.last_number);
    for conversation in std::mem::take(&mut restored.added) {
        if conversation.key == state.picker.free_key() {
            state.picker.add(conversation.clone());
            effects.push(Effect::Engine(Command::Add(conversation)));
        }
    }
    state.threads.earlier_until(state.now.wall);
    for kept in std::mem::take(&mut restored.conversations) {
        if let Some(name) = &kept.nickname {
            state.picker.set_nickname(kept.key, name);
        }
        if kept.pinned && state.picker.get(kept.key).is_some_and(|i| !i.pinned) {
            state.picker.pin(kept.key);
        }
        if let Some(seen) = kept.seen {
            state.threads.seen_until(kept.key, seen);
        }
        if state.picker.active() != Some(kept.key) {
            state.picker.set_unread(kept.key, kept.unread);
        }
        state.kept.conversations.insert(kept.key, kept);
    }
    // What begins in a sandbox begins anew, with other ids, when that is started anew.
    for (key, conversation_id) in std::mem::take(&mut restored.learned).into_iter().filter(|_| !state.place.sandbox) {
        effects.push(Effect::Engine(Command::Learn { key, conversation_id }));
    }
    state.log.set_names(state.names());
    for (key, text, cursor) in std::mem::take(&mut restored.drafts) {
        // What was typed before the journal was open stays too.
        let typed = state.composer.draft_of(key).to_owned();
        if typed.is_empty() {
            state.composer.restore_draft(key, &text, cursor);
        } else {
            let both = format!("{text}\n{typed}");
            state.composer.restore_draft(key, &both, both.len());
        }
        state.kept.drafts.insert(key, text);
        state.picker.set_draft(key, true);
    }
    let mut said = messages(state, &restored, effects);
    said.extend(super::pass::restored(state, restored.pass));
    for (key, heard) in restored.heard {
        let unread = state.kept.conversations.get(&key).map_or(0, |kept| kept.unread);
        state.kept.heard.entry(key).or_default().extend(heard.iter().map(|m| m.id.clone()));
        state.threads.recall(key, heard, unread);
    }
    for kept in state.kept.conversations.values() {
        if let Some(place) = &kept.place {
            state.threads.go_to(kept.key, place);
        }
    }
    if !said.is_empty() {
        let text = said.join(" · ") + ".";
        note(state, &text, effects);
        state.status.warn(text);
    }
    release(state, effects);
    if state.kept.keeps() {
        let entries: Vec<_> = state.log.entries().filter_map(|e| Some((e.number(), e.exchange()?.clone()))).collect();
        for (number, exchange) in entries {
            keep_exchange(number, &exchange, effects);
        }
    }
}

/// What there is to say of them.
fn messages(state: &mut State, restored: &Restored, effects: &mut Vec<Effect>) -> Vec<String> {
    let old = restored.queue_is_old(state.now.wall);
    let count = restored.messages.iter().filter(|m| m.life == Life::Queued).count();
    let unknown = restored.messages.iter().filter(|m| matches!(m.life, Life::Unknown(_))).count();
    let (recalled, homeless) = (restored.recalled(), restored.homeless);
    for kept in &restored.messages {
        let (id, conversation) = (kept.id, kept.conversation);
        state.threads.sent(kept.message());
        if let Some(remote) = kept.remote_id.clone() {
            state.threads.life(id, kept.life.clone(), None, Some(remote));
        }
        if kept.life == Life::Queued {
            state.open_sends.insert(id, OpenSend { conversation, life: Life::Queued, since: state.now });
            if old {
                state.kept.paused.insert(id);
            } else {
                effects.push(Effect::Engine(Command::Send(SendRequest::of(&kept.message()))));
            }
        }
    }
    let keys: Vec<ConversationKey> = state.names().into_iter().map(|(key, _)| key).collect();
    for key in keys {
        state.picker.set_counts(key, state.threads.counts(key));
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
        let key = state.keymap.key(crate::console::action::Action::ResumeQueue);
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

/// The key that sends what an earlier session left queued.
pub fn resume(state: &mut State, effects: &mut Vec<Effect>) {
    let paused = std::mem::take(&mut state.kept.paused);
    if paused.is_empty() {
        state.status.info("No queued message waits for a key.");
        return;
    }
    let count = paused.len();
    // By conversation they stand in the thread in the order in which they were asked for.
    let keys: Vec<ConversationKey> = state.names().into_iter().map(|(key, _)| key).collect();
    for key in keys {
        let waiting: Vec<SendRequest> = state
            .threads
            .get(key)
            .into_iter()
            .flat_map(crate::console::state::thread::Thread::ours)
            .filter(|m| paused.contains(&m.id))
            .map(SendRequest::of)
            .collect();
        effects.extend(waiting.into_iter().map(|request| Effect::Engine(Command::Send(request))));
    }
    state.status.info(format!("{count} queued message{} on.", if count == 1 { " goes" } else { "s go" }));
}

/// Takes a message back that no engine knows of yet. True if it was one.
pub fn take_back_paused(state: &mut State, id: MessageId, effects: &mut Vec<Effect>) -> bool {
    if !state.kept.paused.remove(&id) {
        return false;
    }
    state.open_sends.remove(&id);
    if let Some(key) = state.threads.life(id, Life::Cancelled, None, None) {
        state.picker.set_counts(key, state.threads.counts(key));
    }
    keep(state, Job::Life { message: id, life: Life::Cancelled }, effects);
    true
}

/// Asks for a send, now or once the journal is open or the older ones of its conversation go.
pub fn send(state: &mut State, message: &Message, effects: &mut Vec<Effect>) {
    let request = SendRequest::of(message);
    keep(state, Job::Queue(Box::new(message.clone())), effects);
    if message.resend_of.is_none() {
        // The draft goes in the same step as the message comes.
        state.kept.drafts.remove(&message.conversation);
        state.kept.unsaved = None;
    }
    let behind = state
        .kept
        .paused
        .iter()
        .any(|id| state.threads.message(*id).is_some_and(|m| m.conversation == message.conversation));
    if behind {
        state.kept.paused.insert(message.id);
        let key = state.keymap.key(crate::console::action::Action::ResumeQueue);
        state.status.warn(format!("It waits behind older ones of this conversation: {key} sends them all."));
    } else if state.kept.keeping == Keeping::Opening {
        state.kept.held.push(Command::Send(request));
    } else {
        effects.push(Effect::Engine(Command::Send(request)));
    }
}

// ── while it runs ──────────────────────────────────────────────────────────────────────────────────────────────

/// An exchange went on.
pub fn exchanged(state: &State, exchange: &std::sync::Arc<Exchange>, effects: &mut Vec<Effect>) {
    if !state.kept.keeps() || exchange.outcome == Outcome::Open {
        return;
    }
    if let Some(number) = state.log.number_of(exchange.id) {
        keep_exchange(number, exchange, effects);
        if let Some(entry) = state.log.entry(number).filter(|e| e.is_marked()) {
            let comment = entry.comment().map(str::to_owned);
            effects.push(Effect::Journal(Job::Mark { number, marked: true, comment }));
        }
    }
}

fn keep_exchange(number: u64, exchange: &std::sync::Arc<Exchange>, effects: &mut Vec<Effect>) {
    if exchange.outcome != Outcome::Open {
        effects.push(Effect::Journal(Job::Exchange { number, exchange: std::sync::Arc::clone(exchange) }));
    }
}

/// The mark or comment of the chosen entry changed.
pub fn marked(state: &mut State, number: u64, effects: &mut Vec<Effect>) {
    let Some(entry) = state.shown_log().entry(number) else { return };
    let (marked, comment) = (entry.is_marked(), entry.comment().map(str::to_owned));
    if let Some(history) = &mut state.history {
        history.marked(number, marked, comment.clone());
    }
    if state.kept.keeps() {
        effects.push(Effect::Journal(Job::Mark { number, marked, comment }));
    }
}

/// What a person decided about a conversation, or what was looked at, may have changed.
pub fn conversation(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    if !state.kept.keeps() {
        return;
    }
    let Some(item) = state.picker.get(key) else { return };
    let before = state.kept.conversations.get(&key);
    let looked_at = state.threads.get(key).and_then(crate::console::state::thread::Thread::seen);
    let kept = KeptConversation {
        key,
        nickname: item.nickname.clone(),
        pinned: item.pinned,
        seen: looked_at.max(before.and_then(|b| b.seen)),
        unread: item.unread,
        place: state.threads.place(key),
    };
    if before != Some(&kept) {
        state.kept.conversations.insert(key, kept.clone());
        effects.push(Effect::Journal(Job::Conversation(kept)));
    }
}

/// The remote side's id of a conversation became known.
pub fn learned(state: &mut State, key: ConversationKey, id: String, effects: &mut Vec<Effect>) {
    keep(state, Job::Learned { conversation: key, id }, effects);
}

/// A read brought messages.
pub fn heard(
    state: &mut State,
    key: ConversationKey,
    messages: &[crate::model::RemoteMessage],
    effects: &mut Vec<Effect>,
) {
    if !state.kept.keeps() {
        return;
    }
    let known = state.kept.heard.entry(key).or_default();
    let new: Vec<_> = messages.iter().filter(|m| known.insert(m.id.clone())).cloned().collect();
    if !new.is_empty() {
        effects.push(Effect::Journal(Job::Heard { conversation: key, messages: new }));
    }
}

/// After each event: saves the draft, and the place in the thread, that has waited long enough, or whose conversation
/// was left.
pub fn watch(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.kept.keeps() {
        return;
    }
    let active = state.composer.active();
    if state.kept.watched != active {
        if let Some(left) = state.kept.watched {
            save_draft(state, left, effects);
            conversation(state, left, effects);
        }
        state.kept.watched = active;
        state.kept.unsaved = None;
        state.kept.moved = None;
    }
    let Some(key) = active else { return };
    watch_place(state, key, effects);
    watch_draft(state, key, effects);
}

fn watch_place(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let kept = state.kept.conversations.get(&key).and_then(|kept| kept.place.as_ref());
    if kept == state.threads.place(key).as_ref() {
        state.kept.moved = None;
    } else if state.now.since(*state.kept.moved.get_or_insert(state.now)) >= SAVE_AFTER {
        conversation(state, key, effects);
        state.kept.moved = None;
    }
}

fn watch_draft(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let saved = state.kept.drafts.get(&key).map_or("", String::as_str);
    if saved == state.composer.text() {
        state.kept.unsaved = None;
        return;
    }
    let since = *state.kept.unsaved.get_or_insert(state.now);
    if state.now.since(since) >= SAVE_AFTER {
        save_draft(state, key, effects);
        state.kept.unsaved = None;
    }
}

fn save_draft(state: &mut State, key: ConversationKey, effects: &mut Vec<Effect>) {
    let text = state.composer.draft_of(key).to_owned();
    if state.kept.drafts.get(&key).map_or("", String::as_str) == text {
        return;
    }
    let cursor = state.composer.drafts().find(|(k, ..)| *k == Some(key)).map_or(0, |(_, _, cursor)| cursor);
    if text.is_empty() {
        state.kept.drafts.remove(&key);
    } else {
        state.kept.drafts.insert(key, text.clone());
    }
    effects.push(Effect::Journal(Job::Draft { conversation: key, text, cursor }));
}

/// The console is being left: what is not saved yet.
pub fn leaving(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.kept.keeps() {
        let keys: Vec<ConversationKey> = state.names().into_iter().map(|(key, _)| key).collect();
        for key in keys {
            save_draft(state, key, &mut effects);
            conversation(state, key, &mut effects);
        }
    }
    effects
}

// ── history ────────────────────────────────────────────────────────────────────────────────────────────────────

fn ask(state: &mut State, want: Want, effects: &mut Vec<Effect>) {
    if state.asked.is_some() {
        return;
    }
    let serial = state.kept.next_serial();
    state.asked = Some(serial);
    effects.push(Effect::Journal(Job::History(Ask { serial, want, limit: PAGE })));
}

/// Asks for what stands above, where one is near the top of what is in memory. `top`: one stood at the very top before
/// the key.
pub fn look_above(state: &mut State, top: bool, effects: &mut Vec<Effect>) {
    if state.kept.keeping == Keeping::Off {
        return;
    }
    match &state.history {
        Some(history) if history.older && history.log.entries_above() < NEAR => {
            let before = history.log.first_number();
            let want = match &history.query {
                Some(query) => Want::Found { query: query.clone(), before },
                None => Want::Before(before),
            };
            ask(state, want, effects);
        }
        Some(_) => {}
        None => {
            let before = state.log.first_number();
            let older = state.kept.oldest.is_some_and(|oldest| oldest < before);
            let evicted = state.kept.keeps() && state.log.evicted() > 0;
            if top && (older || evicted) {
                ask(state, Want::Before(before), effects);
            }
        }
    }
}

/// Asks for what stands below. `bottom`: one stood at the very bottom before the key; then one comes back to what happens
/// now.
pub fn look_below(state: &mut State, bottom: bool, effects: &mut Vec<Effect>) {
    let Some(history) = &state.history else { return };
    if history.newer && history.log.entries_below() < NEAR {
        let Some(last) = history.log.last_number() else { return };
        ask(state, Want::After(last), effects);
    } else if bottom && !history.newer && history.query.is_none() {
        let last = history.log.last_number();
        close(state);
        if let Some(last) = last {
            state.log.place(last + 1, 0, 0);
        }
    }
}

/// The very beginning of what is kept.
pub fn oldest(state: &mut State, effects: &mut Vec<Effect>) {
    if state.history.as_ref().is_some_and(|h| h.query.is_none() && h.older)
        || (state.history.is_none() && state.kept.oldest.is_some_and(|oldest| oldest < state.log.first_number()))
    {
        ask(state, Want::After(0), effects);
    }
}

/// Looks for words in all that is kept.
pub fn find(state: &mut State, query: &str, effects: &mut Vec<Effect>) {
    if state.kept.keeping == Keeping::Off {
        state.status.info("Nothing is kept here: this searches what a journal keeps. Ctrl-F searches the log.");
        return;
    }
    state.asked = None;
    state.status.info(format!("Looking for “{query}” in all that is kept…"));
    ask(state, Want::Found { query: query.to_owned(), before: u64::MAX }, effects);
}

/// Back to what happens now.
pub fn close(state: &mut State) {
    state.history = None;
    state.asked = None;
}

fn history(state: &mut State, found: Found) {
    // An answer to a question that nobody has any more.
    if state.asked.take_if(|serial| *serial == found.serial).is_none() {
        return;
    }
    if let Some(problem) = found.problem {
        state.status.error(problem);
        return;
    }
    let live_first = state.log.first_number();
    match (found.want, &mut state.history) {
        (Want::Before(_), Some(history)) => history.prepend(&state.log, found.entries, found.more),
        (Want::Before(before), None) => {
            if found.entries.is_empty() {
                state.status.info("Nothing older is kept.");
                return;
            }
            let at = found.entries.last().map_or(before, |e| e.number);
            let mut entries = found.entries;
            entries.extend(state.log.oldest_as_kept(PAGE / 4));
            let mut history = History::new(&state.log, entries, None, found.more, false);
            history.log.place(at, 0, 0);
            state.history = Some(history);
        }
        // From the beginning.
        (Want::After(0), _) => {
            let first = found.entries.first().map_or(0, |e| e.number);
            let newer = found.more;
            let mut history = History::new(&state.log, found.entries, None, false, newer);
            history.log.place(first, 0, 0);
            state.history = Some(history);
        }
        (Want::After(_), Some(history)) => {
            // Where the journal ends, the log in memory goes on.
            let count = found.entries.len();
            let entries: Vec<_> = found.entries.into_iter().filter(|e| e.number < live_first).collect();
            let reached = !found.more || entries.len() < count;
            history.append(&state.log, entries, !reached);
        }
        (Want::After(_), None) => {}
        (Want::Found { query, before }, open) => match open {
            Some(history) if before != u64::MAX && history.query.as_deref() == Some(query.as_str()) => {
                history.prepend(&state.log, found.entries, found.more);
            }
            _ if found.entries.is_empty() => {
                state.status.info(format!("“{query}” is nowhere in what is kept."));
            }
            _ => {
                let count = found.entries.len();
                let more = if found.more { " (and more above)" } else { "" };
                state.status.info(format!("{count} found{more}, the newest last. Esc comes back to the log."));
                state.history = Some(History::new(&state.log, found.entries, Some(query), found.more, false));
            }
        },
    }
}
