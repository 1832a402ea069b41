//! The only code that changes the console's state: events in, effects out. No clock, no I/O, no randomness.

mod conversations;
pub mod demo;
mod dialogs;
mod global;
mod ids;
mod journal;
mod keys;
mod log;
mod next_message;
mod notices;
mod pass;
mod prompt;
mod sending;
mod web_session;

use crate::engine::Report;
use crate::model::{Moment, ProbeQuestion, Signal};
use crate::session::local::{LocalAnswer, LocalRequest};
use crate::text::sentence;

use super::action::Action;
use super::event::{Effect, Event};
use super::state::overlay::{Overlay, paste_line};
use super::state::status::Subject;
use super::state::{Pane, State};
use notices::{carry_out, say_what_is_known_now};

pub use journal::leaving;

/// Applies an event that happened `at`. Events that come late (a report about something that is gone) change nothing.
pub fn update(state: &mut State, at: Moment, event: Event) -> Vec<Effect> {
    state.now = at;
    let draft = (state.composer.active(), state.composer.text().len());
    let of_draft = state.status.about == Some(Subject::Draft);
    let types = matches!(event, Event::Key(_) | Event::Paste(_));
    match event {
        Event::Key(key) => keys::key(state, key),
        Event::Paste(text) => paste(state, &text),
        Event::Resize { width, height } => {
            state.arrangement.size = ratatui::layout::Size { width, height };
            state.keep_focus_visible();
            state.fit();
        }
        Event::Engine(report) => apply_report(state, *report),
        Event::Deadline => {
            deadline(state);
            demo::deadline(state);
            let changes = state.session.due(at);
            carry_out(state, changes);
        }
        Event::Journal(page) => {
            journal::page(state, page);
            state.fit();
        }
        Event::Signal(Signal::Resumed | Signal::Resized) => state.request(Effect::Redraw),
        Event::Signal(Signal::Suspend) => state.request(Effect::Suspend),
        Event::Signal(Signal::Terminate(_) | Signal::Interrupt) => state.request(Effect::Quit),
        Event::Edited(Ok(text)) => {
            state.composer.set_text(crate::text::cleaned(&text).trim_end_matches('\n'));
            state.status.info("The editor's text is in the composer.");
            state.status.offer(&[(Action::Send, "send")]);
            state.status.about(Subject::Draft);
        }
        Event::Edited(Err(why)) | Event::Done(Err(why)) => state.status.error(why),
        Event::Done(Ok(said)) => state.status.info(said),
        Event::Local(answer) => local(state, answer),
        Event::RecordingFailed(why) => {
            state.files.end_recording();
            state.status.error(why);
        }
    }
    if let Some(key) = state.session.conversations.active() {
        state.session.conversations.set_draft(key, !state.composer.text().is_empty());
    }
    // A text of another length in the same conversation was typed; one that comes back from elsewhere was not.
    if types && draft.0 == state.composer.active() && draft.1 != state.composer.text().len() {
        keys::typed(state);
        // What is typed now is another text than the one that was cleared or came from elsewhere.
        if of_draft && !state.composer.text().is_empty() {
            state.status.over(Subject::Draft);
        }
    }
    sending::watch_outcome(state);
    journal::watch(state);
    if state.demo.offline && state.demo.present.is_none() {
        state.request(Effect::Quit);
    }
    let effects = state.questions.take_requests();
    demo::silenced(state, effects)
}

fn local(state: &mut State, answer: LocalAnswer) {
    match answer {
        LocalAnswer::Kept(Ok(said)) => state.status.info(said),
        LocalAnswer::Kept(Err(why)) | LocalAnswer::FaultSet(Err(why)) => state.status.error(sentence(&why)),
        LocalAnswer::FaultSet(Ok(said)) => {
            state.status.info(said);
            state.status.offer(&[(Action::FaultBench, "faults")]);
            state.status.about(Subject::Fault);
        }
        LocalAnswer::Faults(left) => {
            if state.questions.faults_told(left) {
                state.status.over(Subject::Fault);
            }
        }
        LocalAnswer::SandboxSet(done) => {
            let changes = state.session.sandbox_answered(&done, state.now);
            carry_out(state, changes);
            state.request(Effect::Local(LocalRequest::TellFaults));
        }
        LocalAnswer::Written(Ok(said)) => {
            state.files.path_known();
            state.status.info(said);
        }
        LocalAnswer::PathCompleted(typed, completed, names) => {
            prompt::path_completed(state, &typed, &completed, &names);
        }
        LocalAnswer::Passes(passes) => pass::found(state, passes),
        LocalAnswer::PassRead(path, text) => {
            if let Err(why) = pass::read(state, &path, text) {
                prompt::path_refused(state, why);
            }
        }
        LocalAnswer::FileSeen(key, file, Ok(())) => next_message::attached(state, key, file),
        LocalAnswer::Written(Err(why)) | LocalAnswer::FileSeen(_, _, Err(why)) => prompt::path_refused(state, why),
    }
}

fn paste(state: &mut State, text: &str) {
    state.keys.first = None;
    global::disarm_quit(state);
    match &mut state.overlay {
        None => {
            // A paste is text wherever one stands: it goes to the composer and never sends.
            state.focus(Pane::Composer);
            if state.arrangement.focus == Pane::Composer {
                state.composer.paste(text);
            }
        }
        Some(Overlay::Prompt(prompt)) => {
            paste_line(&mut prompt.input, text);
            prompt::changed(state);
        }
        Some(Overlay::Palette(palette)) => {
            paste_line(&mut palette.input, text);
            global::palette_changed(state);
        }
        Some(Overlay::Ask(ask)) => {
            if let Some(typed) = ask.typed() {
                paste_line(typed, text);
            }
        }
        Some(Overlay::Page(_) | Overlay::Menu(_) | Overlay::Card(_)) => {}
    }
}

fn deadline(state: &mut State) {
    if !state.keys.quit_is_armed(state.now) {
        global::disarm_quit(state);
    }
    if state.next_send.disarm(state.now) {
        state.status.warn("PROD: guestwire asks again before each send.");
    }
}

fn apply_report(state: &mut State, report: Report) {
    let report = match report {
        Report::Discovered { page, found, more } => return conversations::page_arrived(state, page, found, more),
        Report::Probe(asked @ ProbeQuestion::Id(..), result) => {
            return ids::answered(state, asked, &result);
        }
        // Where nothing is to move by itself, nothing is shown of it.
        Report::Typing(..) if state.look.calm => return,
        report => report,
    };
    if let Report::Token(status) = &report {
        demo::token(state, status);
    }
    let before = match &report {
        Report::Conversation { key, .. } | Report::MessagesArrived(key, _) => Some((*key, demo::heard(state, *key))),
        _ => None,
    };
    let changes = state.session.apply(report, state.now);
    carry_out(state, changes);
    say_what_is_known_now(state);
    if let Some((key, before)) = before {
        demo::messages_arrived(state, key, before);
    }
}
