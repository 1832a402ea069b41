//! What the demo tells of the engine's reports, in plain words.

use crate::model::{Author, ConversationKey, Exchange, ExchangeStep, MessageId, Outcome, TokenStatus};
use crate::pass::file::CaptureSource;
use crate::tui::Action;
use crate::tui::state::demo::words;
use crate::tui::state::{Present, State};

/// The demo, where reports are put into words: a rehearsal is about something else.
fn told(state: &mut State) -> Option<&mut Present> {
    state.demo.present.as_mut().filter(|present| present.tape.is_none())
}

pub fn token(state: &mut State, status: &TokenStatus) {
    let Some(present) = told(state) else { return };
    let said = match status.facts() {
        Some(facts) if present.token != Some(facts.generation) => {
            Some(words::token(facts, present.token.replace(facts.generation).is_none()))
        }
        _ => words::word("token", status.word()).map(str::to_owned),
    };
    if let Some(said) = said {
        say(state, said);
    }
}

/// An exchange went on: a refusal that was healed is worth a word.
pub fn exchange(state: &mut State, exchange: &Exchange) {
    let healed = exchange.outcome == Outcome::Accepted
        && exchange.message.is_some()
        && exchange.steps.iter().any(|s| matches!(s, ExchangeStep::Renewal { generation: Some(_), .. }));
    if healed && told(state).is_some_and(|present| present.healed.replace(exchange.id) != Some(exchange.id)) {
        say(state, words::HEALED);
    }
}

/// A message of ours went on; the thread has it already.
pub fn message(state: &mut State, id: MessageId) {
    let Some(message) = state.session.threads.message(id) else { return };
    let (delivery, purpose) = (message.delivery.clone(), message.sent_as.is_some());
    let entry = message.exchange.and_then(|e| state.session.log.entry_of(e));
    let took = entry.and_then(|e| e.exchange()?.took);
    let cause = entry.and_then(|e| Some(e.diagnosis()?.cause()));
    let now = state.now;
    let Some(present) = told(state) else { return };
    present.went_on(id, &delivery, now);
    if let Some(said) = words::message(&delivery, cause, took, purpose) {
        say(state, said);
    }
}

/// Messages came into a conversation; the thread has them already. `before`: how many of the other side there were.
pub fn messages_arrived(state: &mut State, key: ConversationKey, before: usize) {
    let all = heard(state, key);
    if all <= before || state.session.conversations.active() != Some(key) {
        return;
    }
    let entries = state.session.threads.messages(key);
    let spoken = entries.iter().any(|e| e.delivery().is_some());
    let newest = entries.iter().rev().find(|e| e.author() != Author::Guest);
    let Some((author, text)) = newest.map(|e| (e.author(), e.text().to_owned())) else { return };
    let Some(present) = told(state) else { return };
    if present.awaited.take_if(|a| a.conversation == key && all > a.heard).is_some() {
        let cue = present.script.next.checked_sub(1).and_then(|at| present.script.cues.get(at));
        for kept in cue.into_iter().flat_map(|cue| cue.step.captures()) {
            if let CaptureSource::Reply(pattern, _) = &kept.source
                && let Some(found) = pattern.captures(&text)
                && let Some(part) = found.get(1).or_else(|| found.get(0))
            {
                present.captures.insert(kept.name.clone(), part.as_str().to_owned());
            }
        }
    } else if before == 0 && !spoken {
        // What was said before anything was sent is no answer: the first read brings it.
        return;
    }
    say(state, words::word("heard", author.word()).unwrap_or_default());
}

pub fn heard(state: &State, key: ConversationKey) -> usize {
    state.session.threads.messages(key).iter().filter(|e| e.author() != Author::Guest).count()
}

/// How the demo goes on, by the live key: `Press Space to start.`
pub(super) fn press(state: &State, to: &str) -> String {
    format!("Press {} to {to}.", state.keys.map.key(Action::PresentNext))
}

pub(super) fn say(state: &mut State, said: impl Into<String>) {
    let open = state.session.conversations.active();
    if let Some(present) = &mut state.demo.present {
        let shown = match &present.tape {
            Some(tape) => tape.shown,
            None => open.map_or(0, |key| state.session.threads.messages(key).len()),
        };
        present.say(state.now, said, shown);
    }
}
