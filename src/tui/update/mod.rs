//! The only code that changes the console's state: events in, effects out. No clock, no I/O, no randomness.

mod conversations;
pub mod demo;
mod dialogs;
mod global;
mod journal;
mod log;
mod next_message;
mod notices;
mod pass;
mod prompt;
mod sending;
mod web_session;

use crossterm::event::KeyEvent;

use crate::engine::{Command, Report};
use crate::model::{Moment, ProbeQuestion, Signal, WebSession};
use crate::pass::runner::RunnerEvent;
use crate::session::Session;
use crate::session::local::{LocalAnswer, LocalRequest};
use crate::text::sentence;
use crate::tui::state::key_hints::group;
use crate::tui::state::overlay::paste_line;
use crate::tui::state::status::Subject;
use crate::tui::state::{Confirmation, Consent, Editor, Menu, MenuChoice, Overlay, Pane, PromptPurpose, State};
use crate::tui::{Action, Chord, Context, Effect, Event, KeyMeaning};

use notices::{carry_out, say_what_is_known_now, with_session};

pub use journal::leaving;

/// Applies an event that happened `at`. Events that come late (a report about something that is gone) change nothing.
pub fn update(state: &mut State, at: Moment, event: Event) -> Vec<Effect> {
    state.now = at;
    let draft = (state.composer.active(), state.composer.text().len());
    let of_draft = state.status.about == Some(Subject::Draft);
    let types = matches!(event, Event::Key(_) | Event::Paste(_));
    match event {
        Event::Key(pressed) => key(state, pressed),
        Event::Paste(text) => paste(state, &text),
        Event::Resize(size) => {
            state.arrangement.size = size;
            state.keep_focus_visible();
            state.fit();
        }
        Event::Engine(report) => apply_report(state, *report),
        Event::Deadline => {
            deadline(state);
            demo::deadline(state);
            with_session(state, Session::due);
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
            state.status.about(Subject::Draft, &[(Action::Send, "send")]);
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
        typed(state);
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
    let effects = state.requests.take_requests();
    demo::silenced(state, effects)
}

fn local(state: &mut State, answer: LocalAnswer) {
    match answer {
        LocalAnswer::Kept(Ok(said)) => state.status.info(said),
        LocalAnswer::Kept(Err(why)) | LocalAnswer::FaultSet(Err(why)) => state.status.error(sentence(&why)),
        LocalAnswer::FaultSet(Ok(said)) => {
            state.status.info(said);
            state.status.about(Subject::Fault, &[(Action::FaultBench, "faults")]);
        }
        LocalAnswer::Faults(left) => {
            if state.requests.faults_told(left) {
                state.status.over(Subject::Fault);
            }
        }
        LocalAnswer::SandboxSet(done) => {
            pass::pass_event(state, RunnerEvent::Sandbox(done.as_ref().copied().map_err(String::as_str)));
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
        Some(Overlay::Ask(Confirmation { consent: Consent::Word { typed, .. }, .. })) => paste_line(typed, text),
        Some(Overlay::Ask(_) | Overlay::Page(_) | Overlay::Menu(_) | Overlay::Card(_)) => {}
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
            return conversations::answered(state, asked, &result);
        }
        // Where nothing is to move by itself, nothing is shown of it.
        Report::Typing(..) if state.look.calm => return,
        report => report,
    };
    let before = match &report {
        Report::Conversation { key, .. } | Report::MessagesArrived(key, _) => Some((*key, demo::replies(state, *key))),
        _ => None,
    };
    let changes = state.session.apply(report, state.now);
    carry_out(state, changes);
    say_what_is_known_now(state);
    if let Some((key, before)) = before {
        demo::messages_arrived(state, key, before);
    }
}

fn key(state: &mut State, key: KeyEvent) {
    let armed = state.keys.quit_armed;
    dispatch(state, key);
    // "Press again" means the very next key.
    if state.keys.quit_armed == armed {
        global::disarm_quit(state);
    }
}

/// Applies a key, or the one that Alt came with.
fn dispatch(state: &mut State, key: KeyEvent) {
    let chord = Chord::of(key);
    if demo::ignores_key(state, chord) {
        return;
    }
    if state.overlay.is_some() {
        let action = state.keys.map.action(Context::Dialog, chord);
        if let Some(plain) = chord.without_alt().filter(|_| action.is_none()) {
            // Esc and then a key, come fast: closes what is on top, then does what the key does.
            dialogs::key(state, key, chord, Some(Action::Dismiss));
            return dispatch(state, plain.event());
        }
        let chosen = dialogs::key(state, key, chord, action);
        return chosen.map_or((), |action| act(state, action));
    }
    let context = state.context();
    if let Some(action) = judged_while_typing(state, chord) {
        return act(state, action);
    }
    if let Some((first, _)) = state.keys.first.take() {
        return match meaning(state, Some(first), chord) {
            KeyMeaning::Act(action) => act(state, action),
            _ if takes_back(state, chord) => {}
            _ => {
                state.status.info(format!("{first} {chord} is not bound here; {first} alone waits for a second key."));
            }
        };
    }
    if resolve(state, chord) {
        return;
    }
    if let Some(c) = chord.typed().filter(|_| context == Context::Composer) {
        state.composer.edited().insert_char(c);
    } else if let Some(plain) = chord.without_alt() {
        // Esc and then K arrive as Alt-K when they come fast, on every terminal: both lead to the same.
        act(state, if context == Context::Composer { Action::LeaveComposer } else { Action::Back });
        resolve(state, plain);
    }
}

/// While a pass runs, Alt and a verdict's key decide the step without leaving the text.
fn judged_while_typing(state: &State, chord: Chord) -> Option<Action> {
    if state.arrangement.focus != Pane::Composer || !state.session.pass.is_running() {
        return None;
    }
    let action = state.keys.map.action(Context::Pass, chord.without_alt()?);
    action.filter(|action| group("verdicts").iter().any(|(verdict, _)| verdict == action))
}

/// Whether a key after the first of two only takes the first back.
fn takes_back(state: &State, chord: Chord) -> bool {
    let actions = [state.context(), Context::Global].map(|context| state.keys.map.action(context, chord));
    let takes_back = [Action::Back, Action::LeaveComposer, Action::Interrupt, Action::InterruptText];
    actions.into_iter().flatten().any(|action| takes_back.contains(&action))
}

/// What a key means here, else everywhere. In a text field what is not bound is text.
fn meaning(state: &State, first: Option<Chord>, chord: Chord) -> KeyMeaning {
    let context = state.context();
    match state.keys.map.resolve(context, first, chord) {
        KeyMeaning::Unbound if context != Context::Composer => state.keys.map.resolve(Context::Global, first, chord),
        meaning => meaning,
    }
}

/// Does what a key is bound to here, or everywhere. False where it is bound to nothing.
fn resolve(state: &mut State, chord: Chord) -> bool {
    match meaning(state, None, chord) {
        KeyMeaning::Act(action) if demo::handles_global(state, action) => {}
        KeyMeaning::Act(action) => act(state, action),
        KeyMeaning::Prefix => state.keys.first = Some((chord, state.now)),
        KeyMeaning::Unbound => return false,
    }
    true
}

/// Does what an action says, whoever asked: a key, the palette, or a dialog.
fn act(state: &mut State, action: Action) {
    // The message that the status line names is meant, where the key for this stands beside it.
    let meant = state.status.meant(action).and_then(|id| state.session.threads.message(id)?.exchange);
    match meant.and_then(|exchange| state.session.log.number_of(exchange)) {
        Some(number) => state.on_entry(number, |state| act_here(state, action)),
        None => act_here(state, action),
    }
}

fn act_here(state: &mut State, action: Action) {
    match action.spec().context {
        Context::Global => global::act(state, action),
        Context::Picker => conversations::act(state, action),
        Context::Log if state.arrangement.focus == Pane::Thread => log::act_on_thread(state, action),
        Context::Log => log::act(state, action),
        Context::Composer => act_in_composer(state, action),
        Context::Present => demo::act(state, action),
        Context::Pass => pass::act(state, action),
        // Asked for by name while nothing is on top: there is nothing to confirm or to close.
        Context::Dialog => {}
    }
}

fn act_in_composer(state: &mut State, action: Action) {
    let composer = &mut state.composer;
    match action {
        Action::Send => sending::send(state),
        Action::NewLine => composer.edited().insert_char('\n'),
        Action::EditUp => composer.up(),
        Action::EditDown => composer.down(),
        Action::EditLeft => composer.editor.left(),
        Action::EditRight => composer.editor.right(),
        Action::WordLeft => composer.editor.word_left(),
        Action::WordRight => composer.editor.word_right(),
        Action::LineStart => composer.editor.line_start(),
        Action::LineEnd => composer.editor.line_end(),
        Action::DeleteBack => composer.edited().backspace(),
        Action::DeleteForward => composer.edited().delete(),
        Action::DeleteWord => composer.kill(Editor::cut_word_back),
        Action::KillToStart => composer.kill(Editor::cut_to_start),
        Action::KillToEnd => composer.kill(Editor::cut_to_end),
        Action::Yank => composer.yank(),
        Action::Undo if !composer.edited().undo() => state.status.info("Nothing to undo."),
        Action::Redo if !composer.edited().redo() => state.status.info("Nothing to redo."),
        Action::HistorySearch => {
            state.prompt(PromptPurpose::History, "");
            prompt::changed(state);
        }
        Action::Snippets => {
            let snippets = &state.composer.snippets;
            if snippets.is_empty() {
                return state.status.info("No snippets: add them to [composer.snippets] in config.toml. {{seq}} {{uuid}} {{now}} {{run}} work in any message.");
            }
            let items = snippets.iter().map(|(name, text)| (name, MenuChoice::Insert(text.clone())));
            state.overlay = Some(Overlay::Menu(Menu::new("Snippets", items)));
        }
        Action::Editor => state.request(Effect::Edit(state.composer.text().to_owned())),
        Action::LeaveComposer => {
            state.arrangement.zoomed = false;
            state.focus(state.beside_composer());
        }
        _ => {
            if let Some(twin) = action.spec().twin {
                act_here(state, twin);
            }
        }
    }
}

/// Something was typed: the other side is told, where a person wants that and the conversation is live.
fn typed(state: &mut State) {
    if !state.look.tells_typing || state.composer.text().is_empty() {
        return;
    }
    let Some(item) = state.session.conversations.active_item() else { return };
    let key = item.conversation.key;
    let typing = item.conversation.channel().capabilities().typing;
    let live = typing && item.session().is_none_or(|session| matches!(session, WebSession::Open { .. }));
    if live && state.session.conversations.typing_is_due(key, state.now) {
        state.request(Effect::Engine(Command::Typing(key)));
    }
}
