//! What the demo tells of the engine's reports, in plain words.

use crate::model::{Author, ConversationKey, DeliveryStatus, Exchange, ExchangeStep, MessageId, Outcome, TokenStatus};
use crate::pass::file::CaptureSource;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::demo::narrate;

/// Whether reports are put into words: a rehearsal is about something else.
fn narrates(state: &State) -> bool {
    state.demo.present.as_ref().is_some_and(|p| p.tape.is_none())
}

/// Signing in went on.
pub fn token(state: &mut State, status: &TokenStatus) {
    if !narrates(state) {
        return;
    }
    let Some(present) = &mut state.demo.present else { return };
    match status.facts() {
        Some(facts) if present.token != Some(facts.generation) => {
            let first = present.token.replace(facts.generation).is_none();
            say(state, narrate::token(facts, first));
        }
        _ => {
            if let Some(said) = narrate::no_token(status) {
                say(state, said);
            }
        }
    }
}

/// An exchange went on: a refusal that was healed is worth a word.
pub fn exchange(state: &mut State, exchange: &Exchange) {
    let healed = exchange.outcome == Outcome::Accepted
        && exchange.message.is_some()
        && exchange.steps.iter().any(|s| matches!(s, ExchangeStep::Renewal { generation: Some(_), .. }));
    if narrates(state)
        && healed
        && let Some(present) = &mut state.demo.present
        && present.healed.replace(exchange.id) != Some(exchange.id)
    {
        say(state, narrate::HEALED);
    }
}

/// A message of ours went on; the thread has it already.
pub fn message(state: &mut State, id: MessageId) {
    if !narrates(state) {
        return;
    }
    let Some(message) = state.session.threads.message(id) else { return };
    let (delivery, purpose) = (message.delivery.clone(), message.sent_as.is_some());
    let entry = message.exchange.and_then(|e| state.session.log.entry_of(e));
    let took = entry.and_then(|e| e.exchange()?.took);
    let cause = entry.and_then(|e| Some(e.diagnosis()?.cause()));
    let now = state.now;
    if let Some(present) = &mut state.demo.present
        && let Some(awaited) = present.awaited.as_mut().filter(|a| a.message == id)
    {
        match &delivery {
            DeliveryStatus::Accepted | DeliveryStatus::Landed => awaited.until = Some(now.after(awaited.within)),
            DeliveryStatus::Answered => present.awaited = None,
            delivery if delivery.is_settled() => present.awaited = None,
            _ => {}
        }
    }
    if let Some(said) = narrate::message(&delivery, cause, took, purpose) {
        say(state, said);
    }
}

/// Messages came into a conversation; the thread has them already. `before`: how many of the other side there were.
pub fn messages_arrived(state: &mut State, key: ConversationKey, before: usize) {
    if !narrates(state) || state.session.conversations.active() != Some(key) {
        return;
    }
    let all = heard(state, key);
    if all <= before {
        return;
    }
    let newest = state.session.threads.messages(key).iter().rev().find(|e| e.author() != Author::Guest);
    let Some((author, text)) = newest.map(|e| (e.author(), e.text().to_owned())) else { return };
    let answered = state
        .demo
        .present
        .as_ref()
        .and_then(|p| p.awaited.as_ref())
        .is_some_and(|a| a.conversation == key && all > a.heard);
    // What was said before anything was sent is no answer: the first read brings it.
    if !answered && before == 0 && !state.session.threads.messages(key).iter().any(|e| e.delivery().is_some()) {
        return;
    }
    if let Some(present) = state.demo.present.as_mut().filter(|_| answered) {
        present.awaited = None;
        let cue = present.script.next.checked_sub(1).and_then(|at| present.script.cues.get(at));
        for kept in cue.into_iter().flat_map(|cue| &cue.step.captures) {
            if let CaptureSource::Reply(pattern, _) = &kept.source
                && let Some(found) = pattern.0.captures(&text)
                && let Some(part) = found.get(1).or_else(|| found.get(0))
            {
                present.captures.insert(kept.name.clone(), part.as_str().to_owned());
            }
        }
    }
    say(state, narrate::heard(author));
}

/// How many messages of the other side there are, before a report is applied.
pub fn count(state: &State, key: ConversationKey) -> usize {
    if state.demo.present.is_some() { heard(state, key) } else { 0 }
}

/// Messages of the other side.
pub(super) fn heard(state: &State, key: ConversationKey) -> usize {
    state.session.threads.messages(key).iter().filter(|e| e.author() != Author::Guest).count()
}

/// The messages that the demo shows.
fn messages(state: &State) -> usize {
    match state.demo.present.as_ref().and_then(|p| p.tape.as_ref()) {
        Some(tape) => tape.shown,
        None => state.session.conversations.active().map_or(0, |key| state.session.threads.messages(key).len()),
    }
}

/// How the demo goes on, by the live key: `Press Space to start.`
pub(super) fn press(state: &State, to: &str) -> String {
    format!("Press {} to {to}.", state.keys.map.key(Action::PresentNext))
}

/// Says something on the demo's own line.
pub(super) fn say(state: &mut State, said: impl Into<String>) {
    let (now, messages) = (state.now, messages(state));
    if let Some(present) = &mut state.demo.present {
        present.say(now, said, messages);
    }
}
