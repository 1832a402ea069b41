//! Keys while the card stands on top that says why something was refused.

use crossterm::event::{KeyCode, KeyEvent};

use crate::engine::Command;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::{Card, Overlay};

use super::{global, log, sending};

/// A key while the card is open.
pub fn key(state: &mut State, mut card: Card, action: Option<Action>, key: KeyEvent, effects: &mut Vec<Effect>) {
    if std::mem::take(&mut card.copying) {
        let what = match key.code {
            KeyCode::Char('t') => Some(Action::CopyTicket),
            KeyCode::Char('a') => Some(Action::CopyNote),
            KeyCode::Char('c') => Some(Action::CopyCurl),
            KeyCode::Char('i') => Some(Action::CopyIds),
            _ => None,
        };
        if let Some(what) = what {
            log::on_entry(state, card.number, |state| log::act(state, what, effects));
        }
        state.overlay = Some(Overlay::Card(card));
        return;
    }
    match (action, key.code) {
        (Some(Action::Dismiss | Action::Confirm), _) | (None, KeyCode::Char('q' | 'd')) => return,
        (Some(Action::DialogUp), _) | (None, KeyCode::Char('k')) => card.scroll = card.scroll.saturating_sub(1),
        (Some(Action::DialogDown), _) | (None, KeyCode::Char('j')) => card.scroll = card.scroll.saturating_add(1),
        (Some(Action::DialogPageUp), _) => card.scroll = card.scroll.saturating_sub(8),
        (Some(Action::DialogPageDown), _) => card.scroll = card.scroll.saturating_add(8),
        (None, KeyCode::Char('y')) => card.copying = true,
        (None, KeyCode::Char(c @ ('n' | 'N' | ']' | '['))) => {
            match state.session.log.why_beside(card.number, matches!(c, 'n' | ']')) {
                Some(number) => card = Card { number, scroll: 0, copying: false },
                None => state.status.info("There is no other refusal in this direction."),
            }
        }
        (None, KeyCode::Char('r')) => {
            log::on_entry(state, card.number, |state| sending::ask_resend(state, effects));
            return;
        }
        (None, KeyCode::Char('R')) => global::act(state, Action::Renew, effects),
        (None, KeyCode::Char('D')) => log::probe(state, Some(card.number), effects),
        (None, KeyCode::Char('C')) => {
            log::on_entry(state, card.number, log::compare_accepted);
            return;
        }
        (None, KeyCode::F(5)) => {
            let conversation =
                state.session.log.entry(card.number).and_then(|e| e.exchange()).and_then(|x| x.conversation);
            if let Some(key) = conversation {
                effects.push(Effect::Engine(Command::Read(key)));
                state.status.info("Reading the conversation: the card is updated with what is found.");
            }
        }
        _ => {}
    }
    state.overlay = Some(Overlay::Card(card));
}
