//! A session that was driven by hand becomes a pass file.

use std::path::PathBuf;

use crate::model::{Author, ExchangeKind, Message};
use crate::pass::from_session::{PlayedMessage, toml};
use crate::tui::Effect;
use crate::tui::state::State;
use crate::tui::state::overlay::{Overlay, Prompt, PromptPurpose};

/// Asks where to; says where there is nothing to write.
pub fn ask_session(state: &mut State) {
    if played(state).is_empty() {
        state.status.info("Nothing was sent in this session yet: there is nothing to make a pass of.");
        return;
    }
    let file = format!("pass-{}.toml", state.now.wall.strftime("%Y%m%d-%H%M%S"));
    state.overlay = Some(Overlay::Prompt(Prompt::new(PromptPurpose::SessionPass, &file)));
}

/// Writes it.
pub fn write_session(state: &mut State, path: &str, effects: &mut Vec<Effect>) {
    if path.is_empty() {
        return;
    }
    let day = state.now.wall.to_zoned(state.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let contents = toml(&format!("Session of {day}"), &played(state));
    effects.push(Effect::Write { path: PathBuf::from(path), contents });
}

/// What was sent in this session and has come to an end, in the order of the log.
fn played(state: &State) -> Vec<PlayedMessage> {
    let sends = state.session.log.entries().filter_map(|entry| {
        let exchange = entry.exchange().filter(|x| x.kind == ExchangeKind::Send && x.outcome.is_settled())?;
        let message = state.session.threads.message(exchange.message?)?;
        Some((exchange, message, state.session.log.why_of(exchange.id)))
    });
    sends
        .filter(|(_, message, _)| message.life.is_settled())
        .map(|(exchange, message, why)| PlayedMessage {
            conversation: state
                .session
                .conversations
                .get(message.conversation)
                .map_or_else(String::new, |item| item.conversation.name.clone()),
            text: message.text.clone(),
            sent_as: message.sent_as,
            life: message.life.clone(),
            status: exchange.status(),
            cause: why.filter(|d| !d.is_undecided() && !d.healed).map(|d| d.cause()),
            reply: reply(state, message),
        })
        .collect()
}

/// What the other side said first after it.
fn reply(state: &State, message: &Message) -> Option<String> {
    let entries = state.session.threads.messages(message.conversation);
    let ours = entries.iter().position(
        |e| matches!(&e.source, crate::session::thread::MessageSource::Ours { message: m, .. } if m.id == message.id),
    )?;
    let next = entries.get(ours + 1)?;
    matches!(next.author(), Author::Bot | Author::Agent).then(|| next.text().to_owned())
}
