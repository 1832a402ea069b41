//! Why something was refused, as the screen tells it: the hint on the status line, the card and its keys, and the probes.

use crossterm::event::{KeyCode, KeyEvent};

use crate::diagnosis::doctor::{DoctorVerdict, Finding, ProbeResult};
use crate::diagnosis::render;
use crate::engine::Command;
use crate::model::{Cause, ExchangeId};
use crate::session::log::LogEntry;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::overlay::{Card, Overlay};
use crate::tui::state::{Pane, State};

use super::notices::with_session;
use super::{global, log, sending};

/// What the status line says of a refused message that was diagnosed: `#19 refused: scope-stripped, likely. The token …`.
pub fn refusal(state: &State, exchange: Option<ExchangeId>) -> Option<String> {
    let number = state.session.log.number_of(exchange?)?;
    let entry = state.session.log.entry(number)?;
    let diagnosis = entry.diagnosis()?;
    let said = diagnosis.said.trim_end_matches('.');
    // What never left this machine was refused by nobody.
    if diagnosis.suspects.is_empty() && entry.exchange().is_some_and(|x| x.last_attempt().is_none()) {
        return Some(format!("#{number} not sent: {said}."));
    }
    let sentence = capitalised(diagnosis.sentence().trim_end_matches('.'));
    Some(if diagnosis.suspects.is_empty() {
        format!("#{number} refused: {said}.")
    } else if diagnosis.is_undecided() {
        let status = entry.status().map_or_else(String::new, |status| format!(" with {status}"));
        format!("#{number} refused{status}: the cause is not certain yet.")
    } else {
        format!("#{number} refused: {}, {}. {sentence}.", diagnosis.cause(), diagnosis.confidence().word())
    })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `d`: the card of the chosen entry.
pub fn open(state: &mut State) {
    match state.session.log.why().map(LogEntry::number) {
        Some(number) => state.overlay = Some(Overlay::Card(Card { number, scroll: 0, copying: false })),
        None => state.status.info("Nothing was refused in this session, so there is nothing to explain."),
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
        (None, KeyCode::Char('D')) => probe(state, Some(card.number), effects),
        (None, KeyCode::Char('C')) => {
            log::on_entry(state, card.number, compare_accepted);
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

/// `y t`, `y a`: a text made from the diagnosis of the chosen entry.
pub fn copy(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let text = state.session.log.why().and_then(|entry| {
        let (exchange, diagnosis) = (entry.exchange()?, entry.diagnosis()?);
        let conversation =
            exchange.conversation.and_then(|key| state.session.conversations.get(key)).map(|item| item.name());
        let text = match action {
            Action::CopyTicket => {
                render::ticket(diagnosis, exchange, &state.session.profile.facts, conversation, &state.zone)
            }
            _ => render::note(diagnosis, exchange, &state.session.profile.facts, conversation, &state.zone),
        };
        Some(crate::text::screen::visible_lines(&text).collect::<Vec<_>>().join("\n"))
    });
    match text {
        Some(text) => effects.push(Effect::Copy(text)),
        None => state.status.info("Nothing was refused in this session, so there is nothing to copy."),
    }
}

/// `C`: what changed since it last worked.
pub fn compare_accepted(state: &mut State) {
    let Some(number) = state.shown_log().selected().map(LogEntry::number) else {
        state.status.info("The log is empty: there is nothing to compare.");
        return;
    };
    match state.shown_log().accepted_beside(number) {
        Some(accepted) => log::show_differences(state, accepted, number),
        None => state
            .status
            .info("No message of this conversation was accepted in this session: there is nothing to compare with."),
    }
}

/// Begins a series: about the chosen refusal, else about the open conversation.
pub fn probe(state: &mut State, number: Option<u64>, effects: &mut Vec<Effect>) {
    if state.session.is_probing() {
        state.status.info("A series of probes is under way; each is an entry of the log.");
        return;
    }
    state.status.info("Probing: nothing is changed, and each question is an entry of the log.");
    with_session(state, effects, |session, now, changes| session.probe(number, now, changes));
}

/// The series has ended.
pub fn probes_over(state: &mut State, verdict: &DoctorVerdict) {
    let said = match verdict.cause {
        None => "Probes: all is well.".to_owned(),
        Some(cause) => format!("Probes: {cause} ({}): {}.", verdict.confidence.word(), verdict.because),
    };
    if verdict.cause.is_none() {
        state.status.info(said);
    } else {
        state.status.warn(said);
    }
    let Some(probes) = &state.session.probes else { return };
    // Who types meanwhile is not interrupted.
    let free = match &state.overlay {
        None => state.focus != Pane::Composer,
        Some(Overlay::Card(card)) => Some(card.number) == probes.number,
        Some(_) => false,
    };
    if !free {
        return;
    }
    state.overlay = Some(match probes.number {
        Some(number) => Overlay::Card(Card { number, scroll: 0, copying: false }),
        None => Overlay::Page { title: "Probes".to_owned(), lines: probes_page(&probes.findings, verdict), scroll: 0 },
    });
}

fn probes_page(findings: &[Finding], verdict: &DoctorVerdict) -> Vec<String> {
    let mut lines: Vec<String> = findings.iter().map(finding_line).collect();
    lines.push(String::new());
    match verdict.cause {
        None => lines.push(format!("All is well: {}.", verdict.because)),
        Some(cause) => {
            lines.push(format!("{cause} ({}): {}.", verdict.confidence.word(), verdict.because));
            if cause != Cause::Unknown {
                lines.push(format!("guestwire explain {cause} says what to do."));
            }
        }
    }
    lines
}

fn finding_line(finding: &Finding) -> String {
    let mark = match finding.result {
        ProbeResult::Pass => "pass",
        ProbeResult::Fail => "FAIL",
        ProbeResult::Skip => "skip",
    };
    format!("{mark}  {:<13} {}", finding.name, finding.detail)
}
