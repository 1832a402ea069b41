//! Demo mode: the conversation large, what happens on the wire in plain words, and nothing that could embarrass.
//!
//! ```text
//!            ┌─ Live ─── thread of the open conversation ◄── engine        LIVE, SANDBOX, PROD
//! Present ───┤
//!            └─ Tape ─── what was recorded, revealed a line at a time      REHEARSAL: nothing is ever sent
//!
//! Space: [typing ─► sent ─► waits for the answer] ─► [typing …     (a script: the send steps of a pass)
//! beats: what happened, one sentence each; Left goes back through them, Right forward again
//! ```

pub mod script;
pub mod words;

use std::collections::BTreeMap;

use crate::model::{ConversationKey, DeliveryStatus, ExchangeId, Generation, MessageId, Moment};

use super::Pane;
use script::{DemoScript, Tape, Typing};
use words::Aliases;

const BEATS: usize = 500;
const CHORDS: usize = 5;
pub const LARGEST: u8 = 3;

#[derive(Debug, Default)]
pub struct Demo {
    /// The demo, while it is shown instead of the panes.
    pub present: Option<Present>,
    /// Nobody is asked for anything: a rehearsal is all that is shown, and leaving it leaves.
    pub offline: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    pub at: Moment,
    pub said: String,
    /// How many messages there were then.
    pub messages: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    pub message: MessageId,
    pub conversation: ConversationKey,
    /// Messages of the other side before it.
    pub heard: usize,
    /// How long an answer is waited for once the message was taken.
    pub within: std::time::Duration,
    pub until: Option<Moment>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct DemoChoice {
    pub blank: bool,
    /// The calm log stands beside the conversation.
    pub log: bool,
    pub keys: bool,
    /// How large the bubbles are, from 1 to [`LARGEST`].
    pub size: u8,
}

#[derive(Clone, Debug, Default)]
pub struct Present {
    pub choice: DemoChoice,
    /// The last chords, the oldest first. Never what is typed as text.
    pub pressed: Vec<String>,
    pub beats: Vec<Beat>,
    /// The beat that is looked at; `None`: the newest, and going on.
    pub at: Option<usize>,
    pub script: DemoScript,
    pub typing: Option<Typing>,
    pub awaited: Option<Awaited>,
    pub tape: Option<Tape>,
    pub aliases: Aliases,
    pub captures: BTreeMap<String, String>,
    /// A command is being typed, which the demo does not take: it is not obeyed letter by letter either.
    pub(crate) deaf: bool,
    pub(crate) before: Pane,
    /// The newest token that was told of.
    pub(crate) token: Option<Generation>,
    /// The newest healed exchange that was told of.
    pub(crate) healed: Option<ExchangeId>,
}

impl Present {
    pub fn new(aliases: Aliases, before: Pane) -> Self {
        let choice = DemoChoice { blank: false, log: false, keys: true, size: 2 };
        Self { choice, aliases, before, ..Self::default() }
    }

    pub fn play(&mut self, script: DemoScript) {
        (self.script, self.tape, self.typing, self.awaited) = (script, None, None, None);
    }

    pub fn rehearse(&mut self, tape: Tape) {
        self.play(DemoScript::default());
        (self.tape, self.at) = (Some(tape), None);
        self.beats.clear();
    }

    /// A message went on; if it is the one whose answer is waited for, the wait has an end once it was taken.
    pub fn went_on(&mut self, message: MessageId, delivery: &DeliveryStatus, now: Moment) {
        let Some(awaited) = self.awaited.as_mut().filter(|awaited| awaited.message == message) else { return };
        match delivery {
            DeliveryStatus::Accepted | DeliveryStatus::Landed => awaited.until = Some(now.after(awaited.within)),
            delivery if delivery.is_settled() => self.awaited = None,
            _ => {}
        }
    }

    pub fn press(&mut self, chord: String) {
        self.pressed.push(chord);
        self.pressed.drain(..self.pressed.len().saturating_sub(CHORDS));
    }

    /// Says what happened. The same twice in a row is said once.
    pub fn say(&mut self, at: Moment, said: impl Into<String>, messages: usize) {
        let said = said.into();
        if let Some(last) = self.beats.last_mut().filter(|last| last.said == said) {
            last.messages = messages;
            return;
        }
        self.beats.push(Beat { at, said, messages });
        let over = self.beats.len().saturating_sub(BEATS);
        self.beats.drain(..over);
        self.at = self.at.map(|at| at.saturating_sub(over));
    }

    pub fn beat(&self) -> Option<&Beat> {
        self.at.map_or(self.beats.last(), |at| self.beats.get(at))
    }

    /// How many of the messages are shown: all, or those that there were at the beat that is looked at.
    pub fn shown(&self, all: usize) -> usize {
        self.at.and_then(|at| self.beats.get(at)).map_or(all, |beat| beat.messages.min(all))
    }

    pub fn back(&mut self) {
        let here = self.at.unwrap_or(self.beats.len().saturating_sub(1));
        self.at = here.checked_sub(1).or(self.at);
    }

    /// A step forward; false where the newest is looked at already.
    pub fn forward(&mut self) -> bool {
        let Some(at) = self.at else { return false };
        self.at = (at + 2 < self.beats.len()).then_some(at + 1);
        true
    }

    pub fn next_deadline(&self) -> Option<Moment> {
        let awaited = self.awaited.as_ref().and_then(|awaited| awaited.until);
        self.typing.as_ref().map(|typing| typing.due).into_iter().chain(awaited).min()
    }
}
