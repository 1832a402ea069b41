//! What Space plays: the messages of a script, typed and sent, or those of a tape, shown again.

use std::time::Duration;

use crate::engine::Command;
use crate::model::variables::expand;
use crate::model::{Author, Extras, TokenStatus};
use crate::pass::builtin;
use crate::tui::Effect;
use crate::tui::action::Action;
use crate::tui::state::demo::script::{Cue, DemoScript, Typing};
use crate::tui::state::demo::{Awaited, narrate};
use crate::tui::state::overlay::{DialogQuestion, Menu, MenuChoice, Overlay};
use crate::tui::state::{Pane, State};

use super::super::focus::keep_focus_visible;
use super::super::{faults, open_conversation, sending};
use super::narration::{heard, press, say};

/// A typed message waits in such steps for the token that is being renewed.
const RENEWING: Duration = Duration::from_millis(100);

/// Space: forward through what happened, then the next message of the script or the tape.
pub fn next(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(present) = &mut state.demo.present else { return };
    if present.choice.blank {
        present.choice.blank = false;
        return;
    }
    if present.forward() {
        return;
    }
    if let Some(typing) = &mut present.typing {
        typing.finish(now);
        typed(state, effects);
        return;
    }
    if present.tape.is_some() {
        reveal(state);
    } else if present.awaited.is_some() {
        say(state, "The demo waits for the answer.");
    } else if present.script.cues.is_empty() {
        menu(state);
    } else if present.script.is_over() {
        present.script = DemoScript::default();
        say(state, format!("End of the demo. {}", press(state, "choose another")));
    } else if state.asks_before_sending() {
        state.ask(
            DialogQuestion::Play,
            "PROD: send the next message of the demo?",
            vec![format!("to      {}", state.shown_name())],
            "send it",
            state.consent(),
        );
    } else {
        cue(state, effects);
    }
}

/// Begins the next message of the script: what it needs is set up, then it is typed.
pub fn cue(state: &mut State, effects: &mut Vec<Effect>) {
    let calm = state.look.manners.calm;
    let Some(present) = &state.demo.present else { return };
    let Some(cue) = present.script.cues.get(present.script.next).cloned() else { return };
    if let Some(name) = &cue.conversation {
        let wanted = state
            .session
            .conversations
            .items()
            .find(|item| item.conversation.name == *name)
            .map(|i| i.conversation.key);
        match wanted {
            Some(key) if state.session.conversations.active() != Some(key) => {
                open_conversation::open(state, key, effects);
                rest(state);
            }
            Some(_) => {}
            None => return skip(state, "The conversation of this message is not here: the message is skipped."),
        }
    }
    let values = state.composer.values(state.now);
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
    present.typing = Some(Typing::begin(filled.text, state.now, calm));
    state.composer.used(filled.used.contains(&"seq"));
    if cue.step.clear_faults {
        faults::set(state, None, effects);
    }
    if let Some(fault) = &cue.step.fault {
        faults::set(state, Some(fault.to_json().to_string()), effects);
    }
    if cue.step.renew {
        effects.push(Effect::Engine(Command::Renew));
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
    let calm = state.look.manners.calm;
    let Some(present) = &mut state.demo.present else { return };
    let Some(tape) = &mut present.tape else { return };
    match tape.next() {
        None => say(state, "End of the rehearsal."),
        Some(line) if line.author == Author::Guest => {
            present.typing = Some(Typing::begin(line.text.clone(), state.now, calm));
            say(state, narrate::heard(Author::Guest));
        }
        Some(line) => {
            let said = narrate::heard(line.author);
            tape.shown += 1;
            say(state, said);
        }
    }
}

/// What is due: a letter, a message that is typed to its end, an answer that does not come.
pub fn deadline(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(present) = &mut state.demo.present else { return };
    if present.typing.is_some() {
        typed(state, effects);
    } else if present.awaited.as_ref().is_some_and(|a| a.until.is_some_and(|until| until.left(now).is_zero())) {
        present.awaited = None;
        say(state, format!("No answer came. {}", press(state, "continue")));
    }
}

/// Types on; sends what is typed to its end.
fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(present) = &mut state.demo.present else { return };
    if !present.typing.as_mut().is_some_and(|typing| typing.go_on(now)) {
        return;
    }
    // A message that is to go with a new token does not go with the old one.
    let renewing = matches!(state.session.sign_in.status, TokenStatus::Getting | TokenStatus::Renewing(_));
    if let (true, Some(typing)) = (renewing && present.tape.is_none(), &mut present.typing) {
        typing.due = now.after(RENEWING);
        return;
    }
    let Some(text) = present.typing.take().map(|typing| typing.text) else { return };
    if let Some(tape) = &mut present.tape {
        let delivery = tape.next().and_then(|line| line.delivery.clone());
        tape.shown += 1;
        say(state, narrate::kept(delivery.as_deref()));
        return;
    }
    let Some(cue) = present.script.cues.get(present.script.next).cloned() else { return };
    present.script.next += 1;
    send(state, text, &cue, effects);
}

fn send(state: &mut State, text: String, cue: &Cue, effects: &mut Vec<Effect>) {
    let Some(key) = state.session.conversations.active() else { return };
    let heard = heard(state, key);
    let extras = Extras { attributes: cue.send.attributes.clone(), ..Extras::default() };
    let sent = sending::send_text(state, key, text, cue.send.sent_as, extras, effects);
    match (sent, &mut state.demo.present) {
        (Ok(message), Some(present)) => {
            present.awaited = Some(Awaited { message, conversation: key, heard, within: cue.within(), until: None });
        }
        (Err(_), _) => say(state, "This message cannot be sent from here: it is skipped."),
        _ => {}
    }
}

/// The choices where nothing is played yet.
fn menu(state: &mut State) {
    let passes = builtin::ALL.iter().map(|(name, _)| (format!("play “{name}”"), MenuChoice::Play(name)));
    let mut items: Vec<(String, MenuChoice)> = passes.collect();
    items.push(("rehearse this conversation: nothing is sent".to_owned(), MenuChoice::Rehearse));
    let mut menu = Menu::new("What to show?", items);
    menu.intro = vec![format!("Or type yourself: {}.", state.key(Action::GoComposer))];
    state.overlay = Some(Overlay::Menu(menu));
}

/// Puts the focus where no text is typed: the demo's own keys work there.
pub(super) fn rest(state: &mut State) {
    state.arrangement.focus = Pane::Log;
    keep_focus_visible(state);
}
