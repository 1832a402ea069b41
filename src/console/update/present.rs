//! Demo mode: its keys, what it tells of reports, and the script that it plays. A rehearsal never asks the engine for
//! anything: see [`silence`].

use crossterm::event::KeyCode;

use crate::console::Effect;
use crate::console::action::{Action, Context};
use crate::console::chord::Chord;
use crate::console::state::overlay::{Ask, Choice, Menu, Overlay, Question};
use crate::console::state::present::alias::Aliases;
use crate::console::state::present::script::{Script, Typing};
use crate::console::state::present::tape::Tape;
use crate::console::state::present::{Awaited, LARGEST, Present, narrate};
use crate::console::state::{Pane, State};
use crate::engine::Command;
use crate::model::{Author, ConversationKey, Exchange, Extras, Life, MessageId, Outcome, Step, TokenStatus};
use crate::pass::runner::fill::fill;
use crate::pass::{Pass, builtin};

use super::{picker, sending};

/// What is said where nothing has happened yet.
const WELCOME: &str = "Space begins.";

/// `P`: begins or leaves the demo.
pub fn toggle(state: &mut State) {
    if state.present.is_some() {
        leave(state);
        return;
    }
    begin(state);
}

/// Begins a demo of the open conversation.
pub fn begin(state: &mut State) {
    let conversations: Vec<_> = state.picker.items().iter().map(|item| item.conversation.clone()).collect();
    let host = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned();
    let (api, login) = (host(&state.place.api), host(&state.place.login));
    let profile = if state.place.sandbox { "" } else { state.place.profile.as_str() };
    let others = [
        (api.as_str(), "api"),
        (login.as_str(), "login"),
        (state.place.region.as_str(), "the region"),
        (profile, "the organisation"),
    ];
    let mut present = Present::new(Aliases::new(conversations.iter(), &others), state.focus);
    present.token = state.token.facts().map(|f| f.generation);
    state.present = Some(present);
    state.zoomed = false;
    rest(state);
    say(state, WELCOME);
}

/// Puts the focus where no text is typed: the demo's own keys work there.
fn rest(state: &mut State) {
    state.focus = Pane::Log;
    super::global::keep_focus_visible(state);
}

/// Leaves it; everything is as before.
pub fn leave(state: &mut State) {
    if let Some(present) = state.present.take() {
        state.focus = present.before;
        super::global::keep_focus_visible(state);
        if present.tape.is_some() {
            state.status.info("The rehearsal is over: what is sent from now on is sent.");
        }
    }
}

/// Plays a pass that came with the program, or that was read before the console opened.
pub fn play(state: &mut State, pass: &Pass) {
    let script = Script::of(pass, state.place.sandbox);
    if state.present.is_none() {
        begin(state);
    }
    let said = format!("{}: {} messages. Space sends the first.", pass.name, script.cues.len());
    if let Some(present) = &mut state.present {
        present.script = script;
        present.tape = None;
        present.typing = None;
        present.awaited = None;
    }
    say(state, said);
}

/// Shows a tape: nothing is sent until it is left.
pub fn rehearse(state: &mut State, tape: Tape) {
    if state.present.is_none() {
        begin(state);
    }
    if let Some(present) = &mut state.present {
        present.script = Script::default();
        present.typing = None;
        present.awaited = None;
        present.beats.clear();
        present.at = None;
        present.tape = Some(tape);
    }
    say(state, "A rehearsal of what was said once: nothing is sent. Space begins.");
}

/// The choices where nothing is played yet.
fn menu(state: &mut State) {
    let passes = builtin::ALL.iter().map(|(name, _)| (format!("play the pass “{name}”"), Choice::Play(name)));
    let mut items: Vec<(String, Choice)> = passes.collect();
    items.push(("rehearse what was said in this conversation: nothing is sent".to_owned(), Choice::Rehearse));
    let mut menu = Menu::new("What is shown?", items);
    menu.intro = vec![format!("Or type yourself: {}.", state.key(Action::GoComposer))];
    state.overlay = Some(Overlay::Menu(menu));
}

/// A line of the menu.
pub fn chosen(state: &mut State, choice: &Choice) {
    match choice {
        Choice::Play(name) => {
            // A test parses each of them.
            let parsed = builtin::named(name).and_then(|text| Pass::parse(std::path::Path::new(name), text).ok());
            if let Some(pass) = parsed {
                play(state, &pass);
            }
        }
        Choice::Rehearse => {
            let tape = state.picker.active().map(|key| Tape::of(state.threads.messages(key))).unwrap_or_default();
            if tape.lines.is_empty() {
                say(state, "Nothing was said here yet: there is nothing to rehearse.");
            } else {
                rehearse(state, tape);
            }
        }
        _ => {}
    }
}

/// Applies an action of the demo.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    if state.present.is_none() {
        // Asked for by name: the demo is what it is about.
        begin(state);
        return;
    }
    match action {
        Action::PresentNext => next(state, effects),
        Action::PresentLeave => leave(state),
        _ => {
            let Some(present) = &mut state.present else { return };
            match action {
                Action::PresentBack => present.back(),
                Action::Blank => present.blank = !present.blank,
                Action::PresentLog => present.log = !present.log,
                Action::Larger => present.size = (present.size + 1).min(LARGEST),
                Action::Smaller => present.size = present.size.saturating_sub(1).max(1),
                Action::KeyDisplay => present.keys = !present.keys,
                _ => {}
            }
        }
    }
}

/// Whether an action that works everywhere works here: nothing that would show what is hidden.
pub const fn allows(action: Action) -> bool {
    matches!(
        action,
        Action::Help | Action::GoComposer | Action::Redraw | Action::Suspend | Action::Record | Action::Present
    )
}

/// What the keys that work everywhere do while the demo is shown. False: what they always do.
pub fn everywhere(state: &mut State, action: Action) -> bool {
    let Some(present) = &state.present else { return false };
    match action {
        Action::Back | Action::Quit | Action::Interrupt => leave(state),
        Action::Palette => {
            say(state, "Commands are found outside the demo: Esc twice leaves it.");
            if let Some(present) = &mut state.present {
                present.deaf = true;
            }
        }
        // What would show what is hidden, or take the screen away.
        Action::PaletteText | Action::HistorySearch | Action::Editor | Action::ExtrasText | Action::InterruptText => {
            rest(state);
        }
        action if action.spec().context != Context::Global => return false,
        Action::GoComposer if present.tape.is_some() => say(state, "This is a rehearsal: nothing can be sent."),
        action => return !allows(action),
    }
    true
}

/// Whether a key is part of a command that is being typed although the demo takes none. Its letters are keys of the
/// demo, and one of them leads to the composer. Enter or Esc ends it.
pub fn ignores(state: &mut State, chord: Chord) -> bool {
    let Some(present) = state.present.as_mut().filter(|present| present.deaf) else { return false };
    present.deaf = !matches!(chord.event().code, KeyCode::Enter | KeyCode::Esc);
    true
}

/// Shows a chord, unless it is text.
pub fn pressed(state: &mut State, chord: Chord) {
    let text = state.context() == Context::Composer && chord.typed().is_some();
    let asked = state.overlay.is_some();
    if let Some(present) = state.present.as_mut().filter(|_| !text && !asked) {
        present.press(chord.to_string());
    }
}

/// Space: forward through what happened, then the next message of the script or the tape.
fn next(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(present) = &mut state.present else { return };
    if present.blank {
        present.blank = false;
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
        say(state, "The answer is on its way: the demo waits for it.");
    } else if present.script.cues.is_empty() {
        menu(state);
    } else if present.script.is_over() {
        say(state, "That was all of it.");
    } else if state.asks_before_sending() {
        state.overlay = Some(Overlay::Ask(Ask {
            question: Question::Play,
            title: "PROD: send the next message of the script?".to_owned(),
            lines: vec![format!("to      {}", state.shown_name())],
            yes: "send it".to_owned(),
            word: None,
        }));
    } else {
        cue(state, effects);
    }
}

/// Begins the next message of the script: what it needs is set up, then it is typed.
pub fn cue(state: &mut State, effects: &mut Vec<Effect>) {
    let calm = state.manners.calm;
    let Some(present) = &state.present else { return };
    let Some(cue) = present.script.cues.get(present.script.next).cloned() else { return };
    if let Some(name) = &cue.conversation {
        let wanted =
            state.picker.items().iter().find(|item| item.conversation.name == *name).map(|i| i.conversation.key);
        match wanted {
            Some(key) if state.picker.active() != Some(key) => {
                picker::open(state, key, effects);
                rest(state);
            }
            Some(_) => {}
            None => return skip(state, "This message has no conversation here, and is left out."),
        }
    }
    let values = state.composer.values(state.now);
    let Some(present) = &mut state.present else { return };
    let Ok((text, seq)) = fill(&cue.text, &values, &present.captures) else {
        return skip(state, "This message needs an answer that did not come, and is left out.");
    };
    present.typing = Some(Typing::begin(text, state.now, calm));
    state.composer.used(seq);
    if cue.clear_faults {
        state.faults.clear();
        effects.push(Effect::SandboxFault(None));
    }
    if let Some(fault) = &cue.fault {
        effects.push(Effect::SandboxFault(Some(fault.clone())));
        effects.push(Effect::AskFaults);
    }
    if cue.renew {
        effects.push(Effect::Engine(Command::Renew));
    }
    say(state, format!("{}.", cue.caption));
}

fn skip(state: &mut State, why: &str) {
    if let Some(present) = &mut state.present {
        present.script.next += 1;
    }
    say(state, why);
}

/// The next message of the tape: ours is typed, theirs appears.
fn reveal(state: &mut State) {
    let calm = state.manners.calm;
    let Some(present) = &mut state.present else { return };
    let Some(tape) = &mut present.tape else { return };
    match tape.next() {
        None => say(state, "That was all that was said."),
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
    let Some(present) = &mut state.present else { return };
    if present.typing.is_some() {
        typed(state, effects);
    } else if present.awaited.as_ref().is_some_and(|a| a.until.is_some_and(|until| until.left(now).is_zero())) {
        present.awaited = None;
        say(state, "No answer came. Space goes on.");
    }
}

/// Types on; sends what is typed to its end.
fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(present) = &mut state.present else { return };
    if !present.typing.as_mut().is_some_and(|typing| typing.go_on(now)) {
        return;
    }
    let Some(text) = present.typing.take().map(|typing| typing.text) else { return };
    if let Some(tape) = &mut present.tape {
        let life = tape.next().and_then(|line| line.life.clone());
        tape.shown += 1;
        say(state, narrate::kept(life.as_deref()));
        return;
    }
    let Some(cue) = present.script.cues.get(present.script.next).cloned() else { return };
    present.script.next += 1;
    send(state, text, &cue, effects);
}

fn send(state: &mut State, text: String, cue: &crate::console::state::present::script::Cue, effects: &mut Vec<Effect>) {
    let Some(key) = state.picker.active() else { return };
    let heard = heard(state, key);
    let sent = sending::send_text(state, key, text, cue.sent_as, Extras::default(), effects);
    match (sent, &mut state.present) {
        (Ok(message), Some(present)) => {
            let (conversation, within) = (key, cue.within);
            present.awaited = Some(Awaited { message, conversation, heard, within, until: None });
        }
        (Err(_), _) => say(state, "This message cannot be sent from here, and is left out."),
        _ => {}
    }
}

/// Messages of the other side.
fn heard(state: &State, key: ConversationKey) -> usize {
    state.threads.messages(key).iter().filter(|e| e.author() != Author::Guest).count()
}

/// The messages that the demo shows.
fn messages(state: &State) -> usize {
    match state.present.as_ref().and_then(|p| p.tape.as_ref()) {
        Some(tape) => tape.shown,
        None => state.picker.active().map_or(0, |key| state.threads.messages(key).len()),
    }
}

fn say(state: &mut State, said: impl Into<String>) {
    let (now, messages) = (state.now, messages(state));
    if let Some(present) = &mut state.present {
        present.say(now, said, messages);
    }
}

/// Whether reports are told: a rehearsal is about something else.
fn tells(state: &State) -> bool {
    state.present.as_ref().is_some_and(|p| p.tape.is_none())
}

/// Signing in went on.
pub fn token(state: &mut State, status: &TokenStatus) {
    if !tells(state) {
        return;
    }
    let Some(present) = &mut state.present else { return };
    match status.facts() {
        Some(facts) if present.token != Some(facts.generation) => {
            let first = present.token.replace(facts.generation).is_none();
            say(state, narrate::token(facts, first));
        }
        _ => {
            if let Some(said) = narrate::no_token(status) {
                say(state, said);
            }
        }
    }
}

/// An exchange went on: a refusal that was healed is worth a word.
pub fn exchange(state: &mut State, exchange: &Exchange) {
    let healed = exchange.outcome == Outcome::Accepted
        && exchange.message.is_some()
        && exchange.steps.iter().any(|s| matches!(s, Step::Renewal { generation: Some(_), .. }));
    if tells(state)
        && healed
        && let Some(present) = &mut state.present
        && present.healed.replace(exchange.id) != Some(exchange.id)
    {
        say(state, narrate::HEALED);
    }
}

/// A message of ours went on; the thread has it already.
pub fn message(state: &mut State, id: MessageId) {
    if !tells(state) {
        return;
    }
    let Some(message) = state.threads.message(id) else { return };
    let (life, purpose) = (message.life.clone(), message.sent_as.is_some());
    let entry = message.exchange.and_then(|e| state.log.entry_of(e));
    let took = entry.and_then(|e| e.exchange()?.duration());
    let cause = entry.and_then(|e| Some(e.diagnosis()?.cause()));
    let now = state.now;
    if let Some(present) = &mut state.present
        && let Some(awaited) = present.awaited.as_mut().filter(|a| a.message == id)
    {
        match &life {
            Life::Accepted | Life::Landed => awaited.until = Some(now.after(awaited.within)),
            Life::Answered => present.awaited = None,
            life if life.is_settled() => present.awaited = None,
            _ => {}
        }
    }
    if let Some(said) = narrate::message(&life, cause, took, purpose) {
        say(state, said);
    }
}

/// Messages came into a conversation; the thread has them already. `before`: how many of the other side there were.
pub fn came(state: &mut State, key: ConversationKey, before: usize) {
    if !tells(state) || state.picker.active() != Some(key) {
        return;
    }
    let all = heard(state, key);
    if all <= before {
        return;
    }
    let newest = state.threads.messages(key).iter().rev().find(|e| e.author() != Author::Guest);
    let Some((author, text)) = newest.map(|e| (e.author(), e.text().to_owned())) else { return };
    let answered =
        state.present.as_ref().and_then(|p| p.awaited.as_ref()).is_some_and(|a| a.conversation == key && all > a.heard);
    // What was said before anything was sent is no answer: the first read brings it.
    if !answered && before == 0 && !state.threads.messages(key).iter().any(|e| e.life().is_some()) {
        return;
    }
    if let Some(present) = state.present.as_mut().filter(|_| answered) {
        present.awaited = None;
        let cue = present.script.next.checked_sub(1).and_then(|at| present.script.cues.get(at));
        for (name, pattern) in cue.into_iter().flat_map(|cue| &cue.captures) {
            if let Some(part) = pattern.captures(&text).and_then(|found| found.get(1).or_else(|| found.get(0))) {
                present.captures.insert(name.clone(), part.as_str().to_owned());
            }
        }
    }
    say(state, narrate::heard(author));
}

/// How many messages of the other side there are, before a report is applied.
pub fn count(state: &State, key: ConversationKey) -> usize {
    if state.present.is_some() { heard(state, key) } else { 0 }
}

/// While a rehearsal is shown, nothing is asked of the engine, whatever key was pressed.
pub fn silence(state: &State, effects: &mut Vec<Effect>) {
    if state.offline || state.present.as_ref().is_some_and(|p| p.tape.is_some()) {
        effects.retain(|effect| !matches!(effect, Effect::Engine(_) | Effect::SandboxFault(_) | Effect::Arrange(_)));
    }
}
