//! Saves what was said in the open conversation: `:transcript`.

use std::collections::BTreeMap;

use crate::export::transcript::{Talk, Transcript, TranscriptExchange, TranscriptForm, TranscriptLine};
use crate::model::MessageId;
use crate::session::log::LogEntry;
use crate::tui::Effect;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay};

/// Asks for the form.
pub fn ask(state: &mut State) {
    let empty = state.session.conversations.active().is_none_or(|key| state.session.threads.messages(key).is_empty());
    if empty {
        state.status.info("Nothing was said here yet: there is nothing to save.");
        return;
    }
    let items = vec![
        (
            "one HTML page: bubbles, light and dark, prints well".to_owned(),
            MenuChoice::Transcript(TranscriptForm::Html),
        ),
        ("Markdown, with request ids, marks and comments".to_owned(), MenuChoice::Transcript(TranscriptForm::Markdown)),
        ("lines of text".to_owned(), MenuChoice::Transcript(TranscriptForm::Text)),
    ];
    state.overlay = Some(Overlay::Menu(Menu::new("Save what was said as", items)));
}

/// Saves it. The shell masks what is written; what `[redact]` names is masked here already.
pub fn save(state: &mut State, form: TranscriptForm, effects: &mut Vec<Effect>) {
    let Some(key) = state.session.conversations.active() else { return };
    let mut carried: BTreeMap<MessageId, TranscriptExchange> = BTreeMap::new();
    for entry in state.session.log.entries() {
        if let Some((message, facts)) = facts(entry) {
            carried.insert(message, facts);
        }
    }
    let lines = state.session.threads.messages(key).iter().map(|entry| {
        let message = entry.message();
        TranscriptLine {
            at: entry.at(),
            author: entry.author(),
            text: entry.text().to_owned(),
            life: entry.life().map(|life| (life.word().to_owned(), why(life))),
            sent_as: message.and_then(|m| m.sent_as).map(|v| v.to_string()),
            again: message.is_some_and(|m| m.resend_of.is_some()),
            choices: entry.choices().iter().map(|choice| choice.label.clone()).collect(),
            carried: message.and_then(|m| carried.remove(&m.id)),
        }
    });
    let talk = Talk { name: state.active_name().to_owned(), lines: lines.collect() };
    let transcript = Transcript {
        profile: state.session.profile.profile.clone(),
        zone: state.zone.clone(),
        conversations: vec![talk],
    };
    let masks = state.session.profile.masks.clone();
    let contents = transcript.masked(&|text| masks.text(text).into_owned()).write(form);
    effects.push(Effect::Write { path: state.new_export_path(form.extension()), contents });
}

fn why(life: &crate::model::DeliveryStatus) -> Option<String> {
    use crate::model::DeliveryStatus;
    match life {
        DeliveryStatus::Refused(why) | DeliveryStatus::Unknown(why) if !why.is_empty() => Some(why.clone()),
        _ => None,
    }
}

/// The message that an entry carried, and what is known of it.
fn facts(entry: &LogEntry) -> Option<(MessageId, TranscriptExchange)> {
    let exchange = entry.exchange()?;
    let facts = TranscriptExchange {
        number: entry.number(),
        status: exchange.status(),
        took_ms: exchange.duration().and_then(|d| u64::try_from(d.as_millis()).ok()),
        request_id: exchange.request_id().map(|(_, id)| id),
        marked: entry.is_marked(),
        comment: entry.comment().map(str::to_owned),
    };
    Some((exchange.message?, facts))
}
