//! Demo mode: what begins and ends it, its keys, and what Space plays: a script, which is sent, or a rehearsal, which is not.

mod narration;

use std::path::Path;

use super::{journal, sending};
use crate::engine::Command;
use crate::model::{Extras, OutgoingMessage, TokenStatus};
use crate::pass::{Pass, builtin};
use crate::session::local::LocalRequest;
use crate::tui::state::demo::script::{DemoScript, ScriptedMessage};
use crate::tui::state::demo::words::{self, Aliases};
use crate::tui::state::{DialogQuestion, Menu, MenuChoice, Overlay, Pane, Present, Rehearsal, State};
use crate::tui::{Action, Chord, Context, Effect};
use narration::{key_hint, narrate};

pub(super) use narration::{exchange, message, messages_arrived, replies, token};

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

/// Begins the demo, where it is not shown yet.
fn begin(state: &mut State) {
    if state.demo.present.is_some() {
        return;
    }
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
    state.demo.begin(Present::new(aliases, state.arrangement.focus, token));
    state.arrangement.zoomed = false;
    focus_demo(state);
    narrate(state, key_hint(state, "start"));
}

fn leave(state: &mut State) {
    if let Some(present) = state.demo.leave() {
        state.arrangement.focus = present.focus_before;
        state.keep_focus_visible();
        if present.rehearsal.is_some() {
            state.status.info("The rehearsal has ended: messages are sent again from now on.");
        }
    }
}

/// Plays a pass that came with the program, or that was read before the console opened.
pub fn play(state: &mut State, pass: &Pass) {
    let script = DemoScript::of(pass, state.session.profile.sandbox);
    begin(state);
    if let Some(present) = &mut state.demo.present {
        present.play(script);
    }
    narrate(state, format!("{}. {}", pass.name, key_hint(state, "start")));
}

/// Shows a rehearsal: nothing is sent until it is left.
pub fn rehearse(state: &mut State, rehearsal: Rehearsal) {
    begin(state);
    if let Some(present) = &mut state.demo.present {
        present.rehearse(rehearsal);
    }
    narrate(state, format!("A rehearsal of a recorded conversation: nothing is sent. {}", key_hint(state, "start")));
}

pub(super) fn play_named(state: &mut State, name: &str) {
    if let Some(pass) = named_pass(name) {
        play(state, &pass);
    }
}

pub(super) fn rehearse_conversation(state: &mut State) {
    let open = state.session.conversations.active();
    let rehearsal = open.map(|key| Rehearsal::of(state.session.threads.messages(key))).unwrap_or_default();
    if rehearsal.messages.is_empty() {
        narrate(state, "This conversation has no messages yet: there is nothing to rehearse.");
    } else {
        rehearse(state, rehearsal);
    }
}

pub(super) fn act(state: &mut State, action: Action) {
    match action {
        Action::PresentNext => next(state),
        Action::PresentLeave => leave(state),
        _ => {
            if let Some(present) = &mut state.demo.present {
                present.change(action);
            }
        }
    }
}

/// In the demo the keys that work everywhere show nothing that is hidden. False: they do what they always do.
pub(super) fn handles_global(state: &mut State, action: Action) -> bool {
    let Some(present) = &mut state.demo.present else { return false };
    match action {
        Action::Back | Action::Quit | Action::Interrupt => leave(state),
        Action::Palette => {
            present.change(action);
            let leave = state.keys.map.key(Action::PresentLeave);
            narrate(state, format!("Commands work outside the demo: press {leave} twice to leave it."));
        }
        // What would show what is hidden, or take the screen away.
        Action::PaletteText | Action::HistorySearch | Action::Editor | Action::ExtrasText | Action::InterruptText => {
            focus_demo(state);
        }
        action if action.spec().context != Context::Global => return false,
        Action::GoComposer if present.rehearsal.is_some() => {
            narrate(state, "This is a rehearsal: nothing can be sent.");
        }
        Action::Help | Action::GoComposer | Action::Redraw | Action::Suspend | Action::Record | Action::Present => {
            return false;
        }
        _ => {}
    }
    true
}

/// Whether a key is part of a command that is being typed although the demo takes none. Any other key is shown, unless it
/// is text.
pub(super) fn ignores_key(state: &mut State, chord: Chord) -> bool {
    let leaves = state.keys.map.action(Context::Present, chord) == Some(Action::PresentLeave);
    let text = state.context() == Context::Composer && chord.typed().is_some();
    let Some(present) = state.demo.present.as_mut().filter(|_| state.overlay.is_none()) else { return false };
    let ignored = present.ignores_key(chord, leaves);
    if !ignored && !text {
        present.show_chord(chord);
    }
    ignored
}

/// What is left of `effects` while a rehearsal is shown: nothing is asked of the engine, whatever key was pressed.
pub(super) fn silenced(state: &State, mut effects: Vec<Effect>) -> Vec<Effect> {
    if state.demo.is_silent() {
        let sets = |request: &LocalRequest| matches!(request, LocalRequest::Fault(_) | LocalRequest::SetUpSandbox(_));
        effects.retain(|effect| !matches!(effect, Effect::Engine(_)));
        effects.retain(|effect| !matches!(effect, Effect::Local(request) if sets(request)));
    }
    effects
}

/// Space: forward through what happened, then the next message of the script or the rehearsal.
fn next(state: &mut State) {
    let Some(present) = &mut state.demo.present else { return };
    if present.forward() {
        return;
    }
    if present.finish_typing(state.now) {
        type_on(state);
    } else if present.rehearsal.is_some() {
        let author = present.reveal(state.now, state.look.calm);
        narrate(state, author.map_or("End of the rehearsal.", words::arrived));
    } else if present.awaited.is_some() {
        narrate(state, "The demo waits for the answer.");
    } else if present.script.messages.is_empty() {
        menu(state);
    } else if present.script.next_message().is_none() {
        present.play(DemoScript::default());
        narrate(state, format!("End of the demo. {}", key_hint(state, "choose another")));
    } else if state.asks_before_sending() {
        let open = state.session.conversations.active();
        let name = open.map_or_else(|| state.active_name().to_owned(), |key| state.shown_name(key));
        let lines = vec![format!("to      {name}")];
        let title = "PROD: send the next message of the demo?";
        state.ask(DialogQuestion::Play, title, lines, "send it", state.consent());
    } else {
        begin_message(state);
    }
}

/// Begins the next message of the script: what it needs is set up, then it is typed.
pub(super) fn begin_message(state: &mut State) {
    let present = state.demo.present.as_ref();
    let Some(message) = present.and_then(|present| present.script.next_message().cloned()) else { return };
    if let Some(name) = &message.conversation {
        let named = state.session.conversations.items().find(|item| item.conversation.name == *name);
        let Some(key) = named.map(|item| item.conversation.key) else {
            return skip(state, "The conversation of this message is not here: the message is skipped.");
        };
        if state.session.conversations.active() != Some(key) {
            journal::open(state, key);
            focus_demo(state);
        }
    }
    let values = state.composer.values.next(state.now.wall);
    let Some(present) = &mut state.demo.present else { return };
    let Some(variables) = present.type_scripted(&values, state.now, state.look.calm) else {
        return skip(state, "This message needs an answer that did not come: it is skipped.");
    };
    state.composer.values.sent(variables.contains(&"seq"));
    if message.step.clear_faults {
        state.requests.set_fault(None);
    }
    if let Some(fault) = &message.step.fault {
        state.requests.set_fault(Some(fault.to_json().to_string()));
    }
    if message.step.renew {
        state.request(Effect::Engine(Command::Renew));
    }
    narrate(state, format!("{}.", message.step.name));
}

fn skip(state: &mut State, why: &str) {
    if let Some(present) = &mut state.demo.present {
        present.script.advance();
    }
    narrate(state, why);
}

/// What is due: a letter, a message that is typed to its end, an answer that does not come.
pub(super) fn deadline(state: &mut State) {
    type_on(state);
    if state.demo.present.as_mut().is_some_and(|present| present.give_up_waiting(state.now)) {
        narrate(state, format!("No answer came. {}", key_hint(state, "continue")));
    }
}

fn type_on(state: &mut State) {
    // A message that is to go with a new token does not go with the old one.
    let renewing = matches!(state.session.sign_in.status, TokenStatus::Getting | TokenStatus::Renewing(_));
    let Some(present) = &mut state.demo.present else { return };
    let Some(text) = present.type_on(state.now, renewing) else { return };
    if let Some(rehearsal) = &mut present.rehearsal {
        let recorded = rehearsal.advance().and_then(|sent| words::word("recorded", sent.delivery.as_deref()?));
        narrate(state, recorded.unwrap_or("The guest writes."));
    } else if let Some(message) = present.script.advance().cloned() {
        send(state, text, message);
    }
}

fn send(state: &mut State, text: String, scripted: ScriptedMessage) {
    let Some(key) = state.session.conversations.active() else { return };
    if state.session.journal.forbids_sending().is_some() {
        return narrate(state, "This message cannot be sent from here: it is skipped.");
    }
    let (before, within) = (replies(state, key), scripted.within());
    let extras = Extras { attributes: scripted.send.attributes, ..Extras::default() };
    let outgoing = OutgoingMessage { extras, ..OutgoingMessage::text(key, text) }.varied(scripted.send.sent_as);
    let message = sending::submit(state, outgoing);
    if let Some(present) = &mut state.demo.present {
        present.await_answer(message, key, before, within);
    }
}

fn menu(state: &mut State) {
    let passes = builtin::ALL.iter().map(|(name, _)| (format!("play “{name}”"), MenuChoice::Play(name)));
    let rehearse = ("rehearse this conversation: nothing is sent".to_owned(), MenuChoice::Rehearse);
    let intro = vec![format!("Or type yourself: {}.", state.key(Action::GoComposer))];
    state.overlay = Some(Overlay::Menu(Menu { intro, ..Menu::new("What to show?", passes.chain([rehearse])) }));
}

/// Puts the focus where no text is typed: the demo's own keys work there.
fn focus_demo(state: &mut State) {
    state.focus(Pane::Log);
}
