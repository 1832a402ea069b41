//! Demo mode: what begins and ends it, its keys, and what Space plays: a script, which is sent, or a tape, never sent.

mod narration;

use std::path::Path;
use std::time::Duration;

use crossterm::event::KeyCode;

use crate::engine::Command;
use crate::model::variables::expand;
use crate::model::{Author, Extras, OutgoingMessage, TokenStatus};
use crate::pass::{Pass, builtin};
use crate::session::local::LocalRequest;
use crate::tui::state::demo::script::{Cue, DemoScript, Typing};
use crate::tui::state::demo::words::{self, Aliases};
use crate::tui::state::demo::{Awaited, LARGEST};
use crate::tui::state::{DialogQuestion, Menu, MenuChoice, Overlay, Pane, Present, State, Tape};
use crate::tui::{Action, Chord, Context, Effect};

use super::{journal, sending};
use narration::{press, say};

pub(super) use narration::{exchange, heard, message, messages_arrived, token};

pub(super) fn toggle(state: &mut State) {
    if state.demo.present.is_some() {
        return leave(state);
    }
    // In the sandbox there is a story to tell; elsewhere nothing is sent that nobody has chosen.
    let here = |name: &str| state.session.conversations.items().any(|item| item.conversation.name == name);
    let story = named_pass(builtin::DEMO).filter(|pass| {
        let mut named = pass.cases.iter().filter_map(|case| case.conversation.as_ref());
        state.session.profile.sandbox && named.all(|named| here(&named.value))
    });
    match story {
        Some(pass) => play(state, &pass),
        None => begin(state),
    }
}

/// A built-in pass. A test parses each of them.
fn named_pass(name: &str) -> Option<Pass> {
    Pass::parse(Path::new(name), builtin::named(name)?).ok()
}

fn begin(state: &mut State) {
    let profile = &state.session.profile;
    let host = |url: &'_ str| url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned();
    let others = [
        (host(&profile.facts.api), "api"),
        (host(&profile.facts.token_host), "login"),
        (profile.facts.region.clone(), "the region"),
        (if profile.sandbox { String::new() } else { profile.facts.name.clone() }, "the organisation"),
    ];
    let aliases = Aliases::new(state.session.conversations.items().map(|item| &item.conversation), &others);
    let token = state.session.sign_in.status.facts().map(|facts| facts.generation);
    state.demo.present = Some(Present { token, ..Present::new(aliases, state.arrangement.focus) });
    state.arrangement.zoomed = false;
    rest(state);
    say(state, press(state, "start"));
}

fn leave(state: &mut State) {
    if let Some(present) = state.demo.present.take() {
        state.arrangement.focus = present.before;
        state.keep_focus_visible();
        if present.tape.is_some() {
            state.status.info("The rehearsal has ended: messages are sent again from now on.");
        }
    }
}

fn begun(state: &mut State) -> Option<&mut Present> {
    if state.demo.present.is_none() {
        begin(state);
    }
    state.demo.present.as_mut()
}

/// Plays a pass that came with the program, or that was read before the console opened.
pub fn play(state: &mut State, pass: &Pass) {
    let script = DemoScript::of(pass, state.session.profile.sandbox);
    if let Some(present) = begun(state) {
        present.play(script);
    }
    say(state, format!("{}. {}", pass.name, press(state, "start")));
}

/// Shows a tape: nothing is sent until it is left.
pub fn rehearse(state: &mut State, tape: Tape) {
    if let Some(present) = begun(state) {
        present.rehearse(tape);
    }
    say(state, format!("A rehearsal of a recorded conversation: nothing is sent. {}", press(state, "start")));
}

pub(super) fn play_named(state: &mut State, name: &str) {
    if let Some(pass) = named_pass(name) {
        play(state, &pass);
    }
}

pub(super) fn rehearse_conversation(state: &mut State) {
    let open = state.session.conversations.active();
    let tape = open.map(|key| Tape::of(state.session.threads.messages(key))).unwrap_or_default();
    if tape.lines.is_empty() {
        say(state, "This conversation has no messages yet: there is nothing to rehearse.");
    } else {
        rehearse(state, tape);
    }
}

pub(super) fn act(state: &mut State, action: Action) {
    let Some(present) = &mut state.demo.present else { return };
    let choice = &mut present.choice;
    match action {
        Action::PresentNext => next(state),
        Action::PresentLeave => leave(state),
        Action::PresentBack => present.back(),
        Action::Blank => choice.blank = !choice.blank,
        Action::PresentLog => choice.log = !choice.log,
        Action::Larger => choice.size = (choice.size + 1).min(LARGEST),
        Action::Smaller => choice.size = choice.size.saturating_sub(1).max(1),
        Action::KeyDisplay => choice.keys = !choice.keys,
        _ => {}
    }
}

/// In the demo the keys that work everywhere show nothing that is hidden. False: they do what they always do.
pub(super) fn everywhere(state: &mut State, action: Action) -> bool {
    let Some(present) = &mut state.demo.present else { return false };
    match action {
        Action::Back | Action::Quit | Action::Interrupt => leave(state),
        Action::Palette => {
            present.deaf = true;
            let leave = state.keys.map.key(Action::PresentLeave);
            say(state, format!("Commands work outside the demo: press {leave} twice to leave it."));
        }
        // What would show what is hidden, or take the screen away.
        Action::PaletteText | Action::HistorySearch | Action::Editor | Action::ExtrasText | Action::InterruptText => {
            rest(state);
        }
        action if action.spec().context != Context::Global => return false,
        Action::GoComposer if present.tape.is_some() => say(state, "This is a rehearsal: nothing can be sent."),
        Action::Help | Action::GoComposer | Action::Redraw | Action::Suspend | Action::Record | Action::Present => {
            return false;
        }
        _ => {}
    }
    true
}

/// Whether a key is part of a command that is being typed although the demo takes none. Its letters are keys of the
/// demo, and one of them leads to the composer. Enter or Esc ends it.
pub(super) fn ignores(state: &mut State, chord: Chord) -> bool {
    let leaves = state.keys.map.action(Context::Present, chord) == Some(Action::PresentLeave);
    let Some(present) = state.demo.present.as_mut().filter(|present| present.deaf) else { return false };
    present.deaf = !leaves && !matches!(chord.event().code, KeyCode::Enter | KeyCode::Esc);
    true
}

/// Shows a chord, unless it is text.
pub(super) fn pressed(state: &mut State, chord: Chord) {
    let text = state.context() == Context::Composer && chord.typed().is_some();
    if let Some(present) = state.demo.present.as_mut().filter(|_| !text && state.overlay.is_none()) {
        present.press(chord.to_string());
    }
}

/// What is left of `effects` while a rehearsal is shown: nothing is asked of the engine, whatever key was pressed.
pub(super) fn silenced(state: &State, mut effects: Vec<Effect>) -> Vec<Effect> {
    if state.demo.offline || state.demo.present.as_ref().is_some_and(|p| p.tape.is_some()) {
        let sets = |request: &LocalRequest| matches!(request, LocalRequest::Fault(_) | LocalRequest::SetUpSandbox(_));
        effects.retain(|effect| !matches!(effect, Effect::Engine(_)));
        effects.retain(|effect| !matches!(effect, Effect::Local(request) if sets(request)));
    }
    effects
}

/// Space: forward through what happened, then the next message of the script or the tape.
fn next(state: &mut State) {
    let now = state.now;
    let Some(present) = &mut state.demo.present else { return };
    if present.choice.blank {
        present.choice.blank = false;
    } else if present.forward() {
    } else if let Some(typing) = &mut present.typing {
        typing.finish(now);
        typed(state);
    } else if present.tape.is_some() {
        reveal(state);
    } else if present.awaited.is_some() {
        say(state, "The demo waits for the answer.");
    } else if present.script.cues.is_empty() {
        menu(state);
    } else if present.script.is_over() {
        present.script = DemoScript::default();
        say(state, format!("End of the demo. {}", press(state, "choose another")));
    } else if state.asks_before_sending() {
        let open = state.session.conversations.active();
        let name = open.map_or_else(|| state.active_name().to_owned(), |key| state.shown_name(key));
        let lines = vec![format!("to      {name}")];
        let title = "PROD: send the next message of the demo?";
        state.ask(DialogQuestion::Play, title, lines, "send it", state.consent());
    } else {
        cue(state);
    }
}

/// Begins the next message of the script: what it needs is set up, then it is typed.
pub(super) fn cue(state: &mut State) {
    let Some(cue) = state.demo.present.as_ref().and_then(|present| present.script.cue().cloned()) else { return };
    if let Some(name) = &cue.conversation {
        let named = state.session.conversations.items().find(|item| item.conversation.name == *name);
        let Some(key) = named.map(|item| item.conversation.key) else {
            return skip(state, "The conversation of this message is not here: the message is skipped.");
        };
        if state.session.conversations.active() != Some(key) {
            journal::open(state, key);
            rest(state);
        }
    }
    let values = state.composer.values.next(state.now.wall);
    let Some(present) = &mut state.demo.present else { return };
    let fill = |text: &str| expand(text, &values, &present.captures);
    let filled = fill(&cue.send.text);
    let attributes: Vec<_> = cue.send.attributes.iter().map(|(name, text)| (name.clone(), fill(text))).collect();
    if attributes.iter().map(|(_, value)| value).chain([&filled]).any(|filled| !filled.unknown.is_empty()) {
        return skip(state, "This message needs an answer that did not come: it is skipped.");
    }
    if let Some(next) = present.script.cues.get_mut(present.script.next) {
        next.send.attributes = attributes.into_iter().map(|(name, value)| (name, value.text)).collect();
    }
    present.typing = Some(Typing::begin(filled.text, state.now, state.look.calm));
    state.composer.values.sent(filled.used.contains(&"seq"));
    if cue.step.clear_faults {
        state.questions.set_fault(None);
    }
    if let Some(fault) = &cue.step.fault {
        state.questions.set_fault(Some(fault.to_json().to_string()));
    }
    if cue.step.renew {
        state.request(Effect::Engine(Command::Renew));
    }
    say(state, format!("{}.", cue.step.name));
}

fn skip(state: &mut State, why: &str) {
    if let Some(present) = &mut state.demo.present {
        present.script.next += 1;
    }
    say(state, why);
}

/// The next message of the tape: ours is typed, theirs appears.
fn reveal(state: &mut State) {
    let Some(present) = &mut state.demo.present else { return };
    let Some(tape) = &mut present.tape else { return };
    let Some(line) = tape.next() else { return say(state, "End of the rehearsal.") };
    let said = words::word("heard", line.author.word()).unwrap_or_default();
    if line.author == Author::Guest {
        present.typing = Some(Typing::begin(line.text.clone(), state.now, state.look.calm));
    } else {
        tape.shown += 1;
    }
    say(state, said);
}

/// What is due: a letter, a message that is typed to its end, an answer that does not come.
pub(super) fn deadline(state: &mut State) {
    let now = state.now;
    let Some(present) = &mut state.demo.present else { return };
    if present.typing.is_some() {
        typed(state);
    } else if present.awaited.take_if(|a| a.until.is_some_and(|until| until.left(now).is_zero())).is_some() {
        say(state, format!("No answer came. {}", press(state, "continue")));
    }
}

fn typed(state: &mut State) {
    let now = state.now;
    let Some(present) = &mut state.demo.present else { return };
    let Some(typing) = &mut present.typing else { return };
    if !typing.go_on(now) {
        return;
    }
    // A message that is to go with a new token does not go with the old one.
    let renewing = matches!(state.session.sign_in.status, TokenStatus::Getting | TokenStatus::Renewing(_));
    if renewing && present.tape.is_none() {
        typing.due = now.after(Duration::from_millis(100));
        return;
    }
    let Some(text) = present.typing.take().map(|typing| typing.text) else { return };
    if let Some(tape) = &mut present.tape {
        let kept = tape.next().and_then(|line| words::word("kept", line.delivery.as_deref()?));
        tape.shown += 1;
        say(state, kept.unwrap_or("The guest writes."));
    } else if let Some(cue) = present.script.cue().cloned() {
        present.script.next += 1;
        send(state, text, &cue);
    }
}

fn send(state: &mut State, text: String, cue: &Cue) {
    let Some(key) = state.session.conversations.active() else { return };
    if state.session.journal.forbids_sending().is_some() {
        return say(state, "This message cannot be sent from here: it is skipped.");
    }
    let heard = heard(state, key);
    let extras = Extras { attributes: cue.send.attributes.clone(), ..Extras::default() };
    let outgoing = OutgoingMessage { extras, ..OutgoingMessage::text(key, text) }.varied(cue.send.sent_as);
    let message = sending::submit(state, outgoing);
    if let Some(present) = &mut state.demo.present {
        present.awaited = Some(Awaited { message, conversation: key, heard, within: cue.within(), until: None });
    }
}

fn menu(state: &mut State) {
    let passes = builtin::ALL.iter().map(|(name, _)| (format!("play “{name}”"), MenuChoice::Play(name)));
    let rehearse = ("rehearse this conversation: nothing is sent".to_owned(), MenuChoice::Rehearse);
    let mut menu = Menu::new("What to show?", passes.chain([rehearse]));
    menu.intro = vec![format!("Or type yourself: {}.", state.key(Action::GoComposer))];
    state.overlay = Some(Overlay::Menu(menu));
}

/// Puts the focus where no text is typed: the demo's own keys work there.
fn rest(state: &mut State) {
    state.focus(Pane::Log);
}
