//! Why something was refused, as the screen tells it: the hint on the status line, the card and its keys.

use crossterm::event::{KeyCode, KeyEvent};

use crate::diagnosis::render;
use crate::engine::Command;
use crate::model::ExchangeId;
use crate::session::log::Entry;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::overlay::{Card, Overlay};
use crate::tui::state::{Pane, State};

use super::{doctor, global, log, sending};

/// The end of the status line of a refused message: cause and what to press.
pub fn hint(state: &State, exchange: Option<ExchangeId>) -> Option<String> {
    let number = state.session.log.number_of(exchange?)?;
    let diagnosis = state.session.log.entry(number)?.diagnosis()?;
    let words = if diagnosis.suspects.is_empty() {
        diagnosis.said.clone()
    } else if diagnosis.is_undecided() {
        diagnosis.sentence()
    } else {
        format!("{} ({}): {}", diagnosis.cause(), diagnosis.confidence().word(), diagnosis.sentence())
    };
    let keys = [(Action::Why, "why"), (Action::CopyTicket, "ticket")]
        .map(|(action, words)| format!("{} {words}", state.keymap.key(action)));
    Some(format!("{words} — {}", keys.join(" · ")))
}

/// `d`: the card of the chosen entry.
pub fn open(state: &mut State) {
    match state.session.log.why().map(Entry::number) {
        Some(number) => {
            state.session.log.select_number(number);
            state.overlay = Some(Overlay::Card(Card { number, scroll: 0, copying: false }));
        }
        None => state.status.info("Nothing has been refused, so there is nothing to explain."),
    }
}

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
            log::act(state, what, effects);
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
                Some(number) => {
                    card = Card { number, scroll: 0, copying: false };
                    state.session.log.select_number(number);
                }
                None => state.status.info("There is no other."),
            }
        }
        (None, KeyCode::Char('r')) => {
            global::focus(state, Pane::Log);
            sending::ask_resend(state, effects);
            return;
        }
        (None, KeyCode::Char('R')) => global::act(state, Action::Renew, effects),
        (None, KeyCode::Char('D')) => doctor::begin(state, Some(card.number), effects),
        (None, KeyCode::Char('C')) => {
            compare_accepted(state);
            return;
        }
        (None, KeyCode::F(5)) => {
            let conversation =
                state.session.log.entry(card.number).and_then(|e| e.exchange()).and_then(|x| x.conversation);
            if let Some(key) = conversation {
                effects.push(Effect::Engine(Command::Read(key)));
                state.status.info("Reading the conversation; the card follows.");
            }
        }
        _ => {}
    }
    state.overlay = Some(Overlay::Card(card));
}

/// `y t`, `y a`: a text made from the diagnosis of the chosen entry.
pub fn copy(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let text = state.session.log.why().and_then(|entry| {
        let (exchange, diagnosis) = (entry.exchange()?, entry.diagnosis()?);
        let conversation =
            exchange.conversation.and_then(|key| state.session.conversations.get(key)).map(|item| item.name());
        let text = match action {
            Action::CopyTicket => render::ticket(diagnosis, exchange, &state.session.profile.facts, conversation),
            _ => render::note(diagnosis, exchange, &state.session.profile.facts, conversation),
        };
        Some(crate::text::screen::visible_lines(&text).collect::<Vec<_>>().join("\n"))
    });
    match text {
        Some(text) => effects.push(Effect::Copy(text)),
        None => state.status.info("Nothing has been refused, so there is nothing to write."),
    }
}

/// `C`: what changed since it last worked.
pub fn compare_accepted(state: &mut State) {
    let Some(number) = state.shown_log().selected().map(Entry::number) else {
        state.status.info("No log entry is chosen.");
        return;
    };
    match state.shown_log().accepted_beside(number) {
        Some(accepted) => log::show_differences(state, accepted, number),
        None => state.status.info("No message of this conversation has been accepted in this session."),
    }
}
