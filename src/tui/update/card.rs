//! Keys while the card stands on top that says why something was refused.

use crate::engine::Command;
use crate::tui::Effect;
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::KeyMeaning;
use crate::tui::state::State;
use crate::tui::state::overlay::{Card, Overlay};
use crate::tui::state::status::Subject;

use super::{global, log, sending};

/// A key while the card is open: the log's keys act on its entry, and scroll it.
pub fn key(state: &mut State, mut card: Card, action: Option<Action>, chord: Chord, effects: &mut Vec<Effect>) {
    let action = action.or_else(|| meant(state, &mut card, chord));
    match action {
        Some(Action::Dismiss | Action::Confirm | Action::Quit | Action::Why) => return,
        Some(Action::DialogUp | Action::LogUp) => card.scroll = card.scroll.saturating_sub(1),
        Some(Action::DialogDown | Action::LogDown) => card.scroll = card.scroll.saturating_add(1),
        Some(Action::DialogPageUp | Action::LogHalfUp) => card.scroll = card.scroll.saturating_sub(8),
        Some(Action::DialogPageDown | Action::LogHalfDown) => card.scroll = card.scroll.saturating_add(8),
        Some(
            copy @ (Action::CopyTicket
            | Action::CopyNote
            | Action::CopyCurl
            | Action::CopyIds
            | Action::CopyHeaders
            | Action::CopyBody
            | Action::CopyLine),
        ) => log::on_entry(state, card.number, |state| log::act(state, copy, effects)),
        Some(way @ (Action::NextMatch | Action::NextError | Action::PreviousMatch | Action::PreviousError)) => {
            let later = matches!(way, Action::NextMatch | Action::NextError);
            match state.log_with(card.number).why_beside(card.number, later) {
                Some(number) => card = Card { number, scroll: 0, prefix: None },
                None => state.status.info("There is no other refusal in this direction."),
            }
        }
        Some(Action::Resend | Action::Renew | Action::Probe | Action::Refresh)
            if state.session.log.entry(card.number).is_none() =>
        {
            state.status.info("This refusal is from an earlier session: send a message again to check it now.");
        }
        Some(Action::Resend) => {
            log::on_entry(state, card.number, |state| sending::ask_resend(state, effects));
            return;
        }
        Some(Action::Renew) => global::act(state, Action::Renew, effects),
        Some(Action::Probe) => log::probe(state, Some(card.number), effects),
        Some(Action::CompareAccepted) => {
            log::on_entry(state, card.number, log::compare_accepted);
            return;
        }
        Some(Action::Refresh) => {
            let conversation =
                state.session.log.entry(card.number).and_then(|e| e.exchange()).and_then(|x| x.conversation);
            if let Some(key) = conversation {
                effects.push(Effect::Engine(Command::Read(key)));
                state.status.info("Reading the conversation: the card is updated with what is found.");
                state.status.about(Subject::Reading(key));
            }
        }
        _ => {}
    }
    state.overlay = Some(Overlay::Card(card));
}

/// What a key means while the card is open: what it means in the log, else in the list, else everywhere.
fn meant(state: &State, card: &mut Card, chord: Chord) -> Option<Action> {
    let first = card.prefix.take();
    for context in [Context::Log, Context::Picker, Context::Global] {
        match state.keys.map.resolve(context, first, chord) {
            KeyMeaning::Act(action) => return Some(action),
            KeyMeaning::Prefix => {
                card.prefix = Some(chord);
                return None;
            }
            KeyMeaning::Unbound => {}
        }
    }
    None
}
