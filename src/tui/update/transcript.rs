//! Saves what was said in the open conversation: `:transcript`.

use crate::export::transcript::TranscriptForm;
use crate::session::local::LocalRequest;
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

/// Saves it. The shell masks what is written.
pub fn save(state: &mut State, form: TranscriptForm, effects: &mut Vec<Effect>) {
    let Some(transcript) = state.session.transcript(state.session.conversations.active(), &state.look.zone) else {
        return;
    };
    let path = state.new_export_path(form.extension());
    let (contents, what) = (transcript.write(form), "transcript".to_owned());
    effects.push(Effect::Local(LocalRequest::Write { path, contents, what }));
}
