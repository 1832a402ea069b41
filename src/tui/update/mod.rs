//! The only code that changes the console's state: events in, effects out. No clock, no I/O, no randomness.

pub mod attachments;
mod composer;
pub mod conversations;
pub mod demo;
pub mod diagnosis;
pub mod dialogs;
mod discover;
pub mod faults;
pub mod global;
mod ids;
mod journal;
mod keys;
mod log;
mod notices;
mod pass;
mod recording;
pub mod reports;
mod sending;
mod transcript;
mod typing;
pub mod unknown_outcome;
pub mod web_session;

use crate::model::Moment;

use super::state::State;
use super::state::overlay::{Overlay, paste_line};
use super::{Effect, Event};
use crate::app::signals::Signal;

pub use journal::leaving;

/// Applies an event that happened `at`. Events that come late (a report about something that is gone) change nothing.
pub fn update(state: &mut State, at: Moment, event: Event) -> Vec<Effect> {
    state.now = at;
    let mut effects = Vec::new();
    let draft = (state.composer.active(), state.composer.text().len());
    let types = matches!(event, Event::Key(_) | Event::Paste(_));
    match event {
        Event::Key(key) => keys::key(state, key, &mut effects),
        Event::Paste(text) => paste(state, &text),
        Event::Resize { width, height } => {
            state.size = ratatui::layout::Size { width, height };
            global::keep_focus_visible(state);
            state.fit();
        }
        Event::Engine(report) => {
            reports::report(state, *report, &mut effects);
        }
        Event::Deadline => {
            deadline(state);
            demo::deadline(state, &mut effects);
            let changes = state.session.due(at);
            notices::carry_out(state, changes, &mut effects);
        }
        Event::Journal(page) => {
            journal::page(state, page, &mut effects);
            state.fit();
        }
        Event::Signal(Signal::Resumed | Signal::Resized) => effects.push(Effect::Redraw),
        Event::Signal(Signal::Suspend) => effects.push(Effect::Suspend),
        Event::Signal(Signal::Terminate | Signal::Interrupt) => effects.push(Effect::Quit),
        Event::Edited(Ok(text)) => {
            state.composer.set_text(crate::text::typed::cleaned(&text).trim_end_matches('\n'));
            state.status.info("The editor's text stands in the composer; Enter sends it.");
        }
        Event::Edited(Err(why)) | Event::Done(Err(why)) => state.status.error(why),
        Event::Faults(left) => state.faults = left,
        Event::Done(Ok(said)) => state.status.info(said),
        Event::Written(Ok(said)) => {
            state.asked_path = None;
            state.status.info(said);
        }
        Event::Written(Err(why)) => dialogs::path_refused(state, why),
        Event::PathCompleted { typed, completed, names } => dialogs::path_completed(state, &typed, &completed, &names),
        Event::Passes(passes) => pass::found(state, passes),
        Event::PassRead(path, text) => pass::read(state, &path, text, &mut effects),
        Event::FileSeen(key, file, Ok(())) => attachments::attached(state, key, file),
        Event::FileSeen(_, _, Err(why)) => dialogs::path_refused(state, why),
        Event::Arranged(done) => {
            let changes = state.session.sandbox_answered(&done, at);
            notices::carry_out(state, changes, &mut effects);
            effects.push(Effect::AskFaults);
        }
        Event::RecordingFailed(why) => {
            state.recording = None;
            state.status.error(why);
        }
    }
    if let Some(key) = state.session.conversations.active() {
        state.session.conversations.set_draft(key, !state.composer.is_empty());
    }
    // A text of another length in the same conversation was typed; one that comes back from elsewhere was not.
    if types && draft.0 == state.composer.active() && draft.1 != state.composer.text().len() {
        typing::typed(state, &mut effects);
    }
    unknown_outcome::watch(state, &mut effects);
    journal::watch(state, &mut effects);
    demo::silence(state, &mut effects);
    if state.offline && state.present.is_none() {
        effects.push(Effect::Quit);
    }
    effects
}

fn paste(state: &mut State, text: &str) {
    state.prefix = None;
    global::disarm_quit(state);
    match &mut state.overlay {
        None => {
            // A paste is text wherever one stands: it goes to the composer and never sends.
            if global::focus(state, super::state::Pane::Composer) {
                state.composer.paste(text);
            }
        }
        Some(Overlay::Prompt(prompt)) => {
            paste_line(&mut prompt.input, text);
            dialogs::prompt_changed(state);
        }
        Some(Overlay::Palette(palette)) => {
            paste_line(&mut palette.input, text);
            dialogs::palette_changed(state);
        }
        Some(Overlay::Ask(ask)) => {
            if let Some(typed) = ask.typed() {
                paste_line(typed, text);
            }
        }
        Some(
            Overlay::Help { .. }
            | Overlay::Status { .. }
            | Overlay::Page { .. }
            | Overlay::Menu(_)
            | Overlay::Card(_)
            | Overlay::Ids { .. },
        ) => {}
    }
}

fn deadline(state: &mut State) {
    if !global::quit_is_armed(state) {
        global::disarm_quit(state);
    }
    if state.armed_until.is_some_and(|until| until.left(state.now).is_zero()) {
        state.armed_until = None;
        state.status.warn("PROD: each send is asked for again.");
    }
}
