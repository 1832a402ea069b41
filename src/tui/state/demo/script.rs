//! What a demo plays: the send steps of a pass, typed at human speed; or a rehearsal of what was said, which is never sent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::{Author, Moment};
use crate::pass::Pass;
use crate::pass::file::{Expectation, ExpectedOutcome, PassCase, PassStep, StepMessage};
use crate::session::thread::ThreadEntry;

/// How long an answer is waited for where the pass does not say.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Between two letters.
const PACE: Duration = Duration::from_millis(45);
/// Added by the letter's place: nobody types like a clock.
const UNEVEN: [u64; 7] = [0, 22, 9, 40, 4, 31, 15];
/// After the last letter, before the message goes out.
const PAUSE: Duration = Duration::from_millis(350);
/// Until it is looked again whether the token is there that a message waits for.
const HOLD: Duration = Duration::from_millis(100);
/// A long text is typed in about this time all the same.
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub struct ScriptedMessage {
    /// The part of the story that it belongs to: the case's name.
    pub title: String,
    /// In another conversation than the open one, by name.
    pub conversation: Option<String>,
    pub send: StepMessage,
    pub step: PassStep,
}

impl ScriptedMessage {
    /// How long its answer is waited for.
    pub fn within(&self) -> Duration {
        self.step.expect.iter().fold(ANSWER_WITHIN, |usual, one| match one {
            Expectation::Outcome(ExpectedOutcome::Refused | ExpectedOutcome::Unknown) => Duration::ZERO,
            Expectation::Reply(reply) => reply.within,
            _ => usual,
        })
    }
}

#[derive(Clone, Debug, Default)]
pub struct DemoScript {
    pub messages: Vec<ScriptedMessage>,
    /// The place of the message that comes next.
    pub next: usize,
}

impl DemoScript {
    /// The send steps of a pass without choices and files; outside of a sandbox also without its faults.
    pub fn of(pass: &Pass, sandbox: bool) -> Self {
        let is_shown =
            |step: &PassStep| step.advance.is_none() && (sandbox || (step.fault.is_none() && !step.clear_faults));
        let steps = pass.cases.iter().flat_map(|case| case.steps.iter().map(move |step| (case, step)));
        let messages = steps.filter(|(_, step)| is_shown(step)).filter_map(|(case, step)| scripted(case, step));
        Self { messages: messages.collect(), next: 0 }
    }

    /// The part of the story that is being shown: that of the newest message, or of the first to come.
    pub fn title(&self) -> &str {
        self.messages.get(self.next.saturating_sub(1)).map_or("", |message| message.title.as_str())
    }

    pub fn next_message(&self) -> Option<&ScriptedMessage> {
        self.messages.get(self.next)
    }

    /// Goes on past the next message, which is given back.
    pub(crate) fn advance(&mut self) -> Option<&ScriptedMessage> {
        self.next += 1;
        self.messages.get(self.next - 1)
    }
}

fn scripted(case: &PassCase, step: &PassStep) -> Option<ScriptedMessage> {
    let mut step = step.clone();
    let send = step.send.take().filter(|send| send.choice.is_none() && send.attachments.is_empty())?;
    let conversation = step.conversation.as_ref().or(case.conversation.as_ref()).map(|named| named.value.clone());
    Some(ScriptedMessage { title: case.name.clone(), conversation, send, step })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    pub text: String,
    /// Bytes of it that stand there.
    pub done: usize,
    /// When the next letter comes, or the message goes out.
    pub due: Moment,
    letters: u32,
}

impl Typing {
    /// Begins to type. `calm`: all at once, since nothing is to move by itself.
    pub fn begin(text: String, now: Moment, calm: bool) -> Self {
        let letters = u32::try_from(text.graphemes(true).count().max(1)).unwrap_or(u32::MAX);
        let (done, wait) = if calm { (text.len(), PAUSE) } else { (0, PACE) };
        Self { text, done, due: now.after(wait), letters }
    }

    pub fn finish(&mut self, now: Moment) {
        self.done = self.text.len();
        self.due = now;
    }

    /// Types what is due. True once all is typed and the pause after it is over; not while the message `waits` for a token.
    pub fn go_on(&mut self, now: Moment, waits: bool) -> bool {
        while self.due.left(now).is_zero() {
            let Some(letter) = self.text.get(self.done..).and_then(|rest| rest.graphemes(true).next()) else {
                if waits {
                    self.due = now.after(HOLD);
                }
                return !waits;
            };
            self.done += letter.len();
            let uneven = UNEVEN.get(self.done % UNEVEN.len()).copied().unwrap_or(0);
            let pace = (PACE + Duration::from_millis(uneven)).min(LONGEST / self.letters);
            self.due = self.due.after(if self.done >= self.text.len() { PAUSE } else { pace });
        }
        false
    }
}

/// A message as a demo shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoMessage {
    pub author: Author,
    pub text: String,
    /// The delivery status of ours, in its own word.
    pub delivery: Option<String>,
    /// The labels of the choices that it offers.
    pub choices: Vec<String>,
}

impl DemoMessage {
    pub fn of(entry: &ThreadEntry) -> Self {
        Self {
            author: entry.author(),
            text: entry.text().to_owned(),
            delivery: entry.delivery().map(|delivery| delivery.word().to_owned()),
            choices: entry.choices().iter().map(|choice| choice.label.clone()).collect(),
        }
    }
}

/// A conversation that was recorded, and how many of its messages are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    pub(crate) messages: Vec<DemoMessage>,
    pub(crate) shown: usize,
}

impl Rehearsal {
    /// What a conversation holds now.
    pub fn of(entries: &[ThreadEntry]) -> Self {
        Self { messages: entries.iter().map(DemoMessage::of).collect(), shown: 0 }
    }

    /// From what `guestwire export session` wrote: the conversation in which most was said. The error is a sentence.
    pub fn parse(json: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(json)
            .map_err(|e| format!("it is not JSON (line {}, column {})", e.line(), e.column()))?;
        let Some(messages) = document["messages"].as_array() else {
            return Err("it has no messages: `guestwire export session --out FILE` writes such a file".to_owned());
        };
        let mut conversations: BTreeMap<&str, Vec<DemoMessage>> = BTreeMap::new();
        for kept in messages {
            let (Some(conversation), Some(text)) = (kept["conversation"].as_str(), kept["text"].as_str()) else {
                return Err("a message in it has no conversation or no text".to_owned());
            };
            let choices = kept["choices"].as_array().into_iter().flatten();
            let message = DemoMessage {
                author: kept["author"].as_str().and_then(Author::named).unwrap_or_default(),
                text: text.to_owned(),
                delivery: kept["life"].as_str().map(str::to_owned),
                choices: choices.filter_map(Value::as_str).map(str::to_owned).collect(),
            };
            conversations.entry(conversation).or_default().push(message);
        }
        let longest = conversations.into_values().max_by_key(Vec::len);
        let messages = longest.ok_or_else(|| "it has no conversation with a message".to_owned())?;
        Ok(Self { messages, shown: 0 })
    }

    pub(crate) fn next(&self) -> Option<&DemoMessage> {
        self.messages.get(self.shown)
    }

    /// Shows one more message, which is given back.
    pub(crate) fn advance(&mut self) -> Option<&DemoMessage> {
        self.shown += 1;
        self.messages.get(self.shown - 1)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../../../tests/unit/tui/state/demo/script.rs"]
mod tests;
