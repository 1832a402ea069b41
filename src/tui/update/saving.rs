//! Files that the console writes: what was said (`:transcript`), and recordings of the screen (`:rec` begins and ends one,
//! `--record` has begun it before the first key).

use crate::export::transcript::TranscriptForm;
use crate::model::MessageId;
use crate::session::local::LocalRequest;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::{Menu, MenuChoice, Overlay};

/// Asks for the form of a transcript.
pub fn ask_transcript(state: &mut State) {
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

/// Saves what was said in the open conversation, masked on the way.
pub fn save_transcript(state: &mut State, form: TranscriptForm, effects: &mut Vec<Effect>) {
    let Some(transcript) = state.session.transcript(state.session.conversations.active(), &state.look.zone) else {
        return;
    };
    let path = state.new_export_path(form.extension());
    let (contents, what) = (transcript.write(form), "transcript".to_owned());
    effects.push(Effect::Local(LocalRequest::Write { path, contents, what }));
}

/// Begins a recording in a new file, or ends the one that runs.
pub fn toggle_recording(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(path) = state.files.recording.take() {
        state.status.info(format!("Recorded in {}.", path.display()));
        effects.push(Effect::Record(None));
        return;
    }
    let path = state.new_export_path("cast");
    state.status.info(format!("Recording into {}.", path.display()));
    state.status.offer(&[(Action::Record, "stop")]);
    state.files.recording = Some(path.clone());
    effects.push(Effect::Record(Some(path)));
}

/// A message was handed over for sending: a place to jump to.
pub fn mark_sent(state: &State, id: MessageId, effects: &mut Vec<Effect>) {
    let conversation = state.session.threads.message(id).map(|message| message.conversation);
    if state.files.recording.is_some()
        && let Some(conversation) = conversation
        && let Some(item) = state.session.conversations.get(conversation)
    {
        // A recording of a demo names nobody either.
        let to = state
            .demo
            .present
            .as_ref()
            .map_or_else(|| item.name().to_owned(), |p| p.aliases.conversation(conversation));
        effects.push(Effect::Marker(format!("message to {to}")));
    }
}
