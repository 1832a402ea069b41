//! Demo mode: the conversation large, what happens on the wire in plain words, and nothing that could embarrass.
//!
//! ```text
//!            ┌─ live ──────── thread of the open conversation ◄── engine         LIVE, SANDBOX, PROD
//! Present ───┤
//!            └─ rehearsal ─── what was recorded, revealed a message at a time    REHEARSAL: nothing is ever sent
//!
//! Space: [typing ─► sent ─► waits for the answer] ─► [typing …     (a script: the send steps of a pass)
//! narration: what happened, one sentence each; Left goes back through it, Right forward again
//! ```

pub mod script;
pub mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::Pane;
use crate::model::variables::{Values, expand};
use crate::model::{
    Author, ConversationKey, DeliveryStatus, Exchange, ExchangeId, ExchangeStep, Generation, MessageId, Moment,
    Outcome, TokenStatus,
};
use crate::pass::file::CaptureSource;
use crate::tui::{Action, Chord};
use script::{DemoScript, Rehearsal, Typing};
use words::Aliases;

/// Sentences of the narration that are kept.
const MAX_NARRATION: usize = 500;
/// Chords that are shown.
const MAX_CHORDS: usize = 5;
/// How large the bubbles can be.
const LARGEST: u8 = 3;

#[derive(Debug, Default)]
pub struct Demo {
    /// The demo, while it is shown instead of the panes.
    pub present: Option<Present>,
    /// The engine is asked for nothing: a rehearsal is all that is shown, and the program ends with it.
    pub offline: bool,
}

impl Demo {
    pub(crate) const fn go_offline(&mut self) {
        self.offline = true;
    }

    pub(crate) fn begin(&mut self, present: Present) {
        self.present = Some(present);
    }

    /// The demo is left: as it was.
    pub(crate) const fn leave(&mut self) -> Option<Present> {
        self.present.take()
    }

    /// The demo, where it shows what happens now: a rehearsal is about something else.
    pub(crate) fn live(&mut self) -> Option<&mut Present> {
        self.present.as_mut().filter(|present| present.rehearsal.is_none())
    }

    /// Whether nothing may be sent.
    pub(crate) fn is_silent(&self) -> bool {
        self.offline || self.present.as_ref().is_some_and(|present| present.rehearsal.is_some())
    }
}

/// What happened, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NarrationLine {
    pub at: Moment,
    pub text: String,
    /// How many messages there were then.
    pub messages: usize,
}

/// The answer without which a script does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedAnswer {
    /// The message that is to be answered.
    message: MessageId,
    conversation: ConversationKey,
    /// Messages of the other side before it.
    replies_before: usize,
    /// How long an answer is waited for once the message was accepted.
    within: Duration,
    /// When the wait ends; `None` before the message was accepted.
    until: Option<Moment>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct DemoChoice {
    pub blank: bool,
    /// The calm log stands beside the conversation.
    pub log: bool,
    /// The chords that were pressed are shown.
    pub keys: bool,
    /// How large the bubbles are, from 1 to [`LARGEST`].
    pub size: u8,
}

#[derive(Clone, Debug, Default)]
pub struct Present {
    pub choice: DemoChoice,
    /// The last chords, the oldest first. Never what is typed as text.
    pub chords: Vec<String>,
    pub narration: Vec<NarrationLine>,
    /// The line of the narration that is looked at; `None`: the newest, and going on.
    pub looked_at: Option<usize>,
    pub script: DemoScript,
    pub typing: Option<Typing>,
    pub awaited: Option<AwaitedAnswer>,
    pub rehearsal: Option<Rehearsal>,
    pub aliases: Aliases,
    captures: BTreeMap<String, String>,
    /// A command is being typed, which the demo does not take: it is not obeyed letter by letter either.
    pub(crate) ignoring_command: bool,
    /// The pane that had the focus before the demo.
    pub(crate) focus_before: Pane,
    /// The newest token, once it was told of.
    narrated_token: Option<Generation>,
    /// The newest healed exchange, once it was told of.
    narrated_healing: Option<ExchangeId>,
}

impl Present {
    /// `token`: the newest one, of which nothing is to be told any more.
    pub fn new(aliases: Aliases, focus_before: Pane, token: Option<Generation>) -> Self {
        let choice = DemoChoice { blank: false, log: false, keys: true, size: 2 };
        Self { choice, aliases, focus_before, narrated_token: token, ..Self::default() }
    }

    pub fn play(&mut self, script: DemoScript) {
        (self.script, self.rehearsal, self.typing, self.awaited) = (script, None, None, None);
    }

    pub fn rehearse(&mut self, rehearsal: Rehearsal) {
        self.play(DemoScript::default());
        (self.rehearsal, self.looked_at) = (Some(rehearsal), None);
        self.narration.clear();
    }

    /// Does what a key says that changes only the demo itself.
    pub(crate) fn change(&mut self, action: Action) {
        let choice = &mut self.choice;
        match action {
            Action::PresentBack => {
                let here = self.looked_at.unwrap_or(self.narration.len().saturating_sub(1));
                self.looked_at = here.checked_sub(1).or(self.looked_at);
            }
            Action::Blank => choice.blank = !choice.blank,
            Action::PresentLog => choice.log = !choice.log,
            Action::Larger => choice.size = (choice.size + 1).min(LARGEST),
            Action::Smaller => choice.size = choice.size.saturating_sub(1).max(1),
            Action::KeyDisplay => choice.keys = !choice.keys,
            Action::Palette => self.ignoring_command = true,
            _ => {}
        }
    }

    pub(crate) fn show_chord(&mut self, chord: Chord) {
        self.chords.push(chord.to_string());
        self.chords.drain(..self.chords.len().saturating_sub(MAX_CHORDS));
    }

    /// Whether a key is part of a command that is being typed although the demo takes none. Its letters are keys of the
    /// demo, and one of them leads to the composer. Enter, Esc, or the key that `leaves` the demo ends the command.
    pub(crate) fn ignores_key(&mut self, chord: Chord, leaves: bool) -> bool {
        let ends = leaves || matches!(chord.event().code, KeyCode::Enter | KeyCode::Esc);
        let ignored = self.ignoring_command;
        self.ignoring_command &= !ends;
        ignored
    }

    /// Begins to type the next message of the script, filled in; the variables that were used. `None` where the message
    /// needs an answer that did not come.
    pub(crate) fn type_scripted(&mut self, values: &Values, now: Moment, calm: bool) -> Option<Vec<&'static str>> {
        let send = &mut self.script.messages.get_mut(self.script.next)?.send;
        let fill = |text: &str| Some(expand(text, values, &self.captures)).filter(|filled| filled.unknown.is_empty());
        let filled = |(name, text): (&String, &String)| Some((name.clone(), fill(text)?.text));
        send.attributes = send.attributes.iter().map(filled).collect::<Option<_>>()?;
        let filled = fill(&send.text)?;
        self.typing = Some(Typing::begin(filled.text, now, calm));
        Some(filled.used)
    }

    /// The next message of the rehearsal: ours is typed, another one appears. Who wrote it; `None` at the end.
    pub(crate) fn reveal(&mut self, now: Moment, calm: bool) -> Option<Author> {
        let rehearsal = self.rehearsal.as_mut()?;
        let message = rehearsal.next()?;
        let author = message.author;
        if author == Author::Guest {
            self.typing = Some(Typing::begin(message.text.clone(), now, calm));
        } else {
            rehearsal.advance();
        }
        Some(author)
    }

    /// Types all that is left at once; false where nothing is being typed.
    pub(crate) fn finish_typing(&mut self, now: Moment) -> bool {
        self.typing.as_mut().map(|typing| typing.finish(now)).is_some()
    }

    /// Types what is due; the text once all of it stands there. `renewing`: a token is on its way, and what is sent waits.
    pub(crate) fn type_on(&mut self, now: Moment, renewing: bool) -> Option<String> {
        let waits = renewing && self.rehearsal.is_none();
        self.typing.take_if(|typing| typing.go_on(now, waits)).map(|typing| typing.text)
    }

    /// The message was sent; the script goes on once it is answered.
    pub(crate) fn await_answer(&mut self, message: MessageId, key: ConversationKey, replies: usize, within: Duration) {
        let (conversation, replies_before) = (key, replies);
        self.awaited = Some(AwaitedAnswer { message, conversation, replies_before, within, until: None });
    }

    /// Waits no longer; false where the answer has still time, or none is awaited.
    pub(crate) fn give_up_waiting(&mut self, now: Moment) -> bool {
        self.awaited.take_if(|awaited| awaited.until.is_some_and(|until| until.left(now).is_zero())).is_some()
    }

    /// A message went on; if it is the one whose answer is awaited, the wait has an end once it was accepted.
    pub(crate) fn note_delivery(&mut self, message: MessageId, delivery: &DeliveryStatus, now: Moment) {
        let Some(awaited) = self.awaited.as_mut().filter(|awaited| awaited.message == message) else { return };
        match delivery {
            DeliveryStatus::Accepted | DeliveryStatus::Received => awaited.until = Some(now.after(awaited.within)),
            delivery if delivery.is_finished() => self.awaited = None,
            _ => {}
        }
    }

    /// The other side has said so much by now, `text` last. True where that is the answer that was awaited: what the
    /// script captures of it is kept.
    pub(crate) fn note_reply(&mut self, conversation: ConversationKey, replies: usize, text: &str) -> bool {
        let answers = |a: &mut AwaitedAnswer| a.conversation == conversation && replies > a.replies_before;
        if self.awaited.take_if(answers).is_none() {
            return false;
        }
        let sent = self.script.next.checked_sub(1).and_then(|at| self.script.messages.get(at));
        for kept in sent.into_iter().flat_map(|message| message.step.captures()) {
            if let CaptureSource::Reply(pattern, _) = &kept.source
                && let Some(found) = pattern.captures(text)
                && let Some(part) = found.get(1).or_else(|| found.get(0))
            {
                self.captures.insert(kept.name.clone(), part.as_str().to_owned());
            }
        }
        true
    }

    /// What is told of the token's status; `None` where nobody needs to know.
    pub(crate) fn note_token(&mut self, status: &TokenStatus) -> Option<String> {
        match status.facts() {
            Some(facts) if self.narrated_token != Some(facts.generation) => {
                let first = self.narrated_token.replace(facts.generation).is_none();
                Some(words::token(facts, first))
            }
            _ => words::word("token", status.word()).map(str::to_owned),
        }
    }

    /// Whether a refusal was healed by a new token, and that was not told of yet.
    pub(crate) fn note_healing(&mut self, exchange: &Exchange) -> bool {
        let is_healed = exchange.outcome == Outcome::Accepted
            && exchange.message.is_some()
            && exchange.steps.iter().any(|s| matches!(s, ExchangeStep::Renewal { generation: Some(_), .. }));
        is_healed && self.narrated_healing.replace(exchange.id) != Some(exchange.id)
    }

    /// Tells what happened. The same twice in a row is told once. `live`: messages of the open conversation.
    pub(crate) fn narrate(&mut self, at: Moment, text: String, live: usize) {
        let messages = self.rehearsal.as_ref().map_or(live, |rehearsal| rehearsal.shown);
        if let Some(last) = self.narration.last_mut().filter(|last| last.text == text) {
            last.messages = messages;
            return;
        }
        self.narration.push(NarrationLine { at, text, messages });
        let over = self.narration.len().saturating_sub(MAX_NARRATION);
        self.narration.drain(..over);
        self.looked_at = self.looked_at.map(|at| at.saturating_sub(over));
    }

    /// The line of the narration that is looked at.
    pub fn line(&self) -> Option<&NarrationLine> {
        self.looked_at.map_or(self.narration.last(), |at| self.narration.get(at))
    }

    /// How many of the messages are shown: all, or those that there were at the line that is looked at.
    pub fn shown(&self, all: usize) -> usize {
        self.looked_at.and_then(|at| self.narration.get(at)).map_or(all, |line| line.messages.min(all))
    }

    /// Ends a blank screen, else goes a step forward; false where the newest line is looked at already.
    pub(crate) fn forward(&mut self) -> bool {
        if std::mem::take(&mut self.choice.blank) {
            return true;
        }
        let Some(at) = self.looked_at else { return false };
        self.looked_at = (at + 2 < self.narration.len()).then_some(at + 1);
        true
    }

    pub fn next_deadline(&self) -> Option<Moment> {
        let awaited = self.awaited.as_ref().and_then(|awaited| awaited.until);
        self.typing.as_ref().map(|typing| typing.due).into_iter().chain(awaited).min()
    }
}
