//! What a demo plays: the send steps of a pass, one at a time, typed at human speed.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::Moment;
use crate::pass::Pass;
use crate::pass::file::{ExpectedOutcome, PassCase, PassStep, StepMessage};

/// How long an answer is waited for where the pass does not say.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Between two letters.
const PACE: Duration = Duration::from_millis(45);
/// Added by the letter's place: nobody types like a clock.
const UNEVEN: [u64; 7] = [0, 22, 9, 40, 4, 31, 15];
/// After the last letter, before the message goes out.
const PAUSE: Duration = Duration::from_millis(350);
/// A long text is typed in about this time all the same.
const LONGEST: Duration = Duration::from_secs(5);

/// One message of the script.
#[derive(Clone, Debug)]
pub struct Cue {
    /// The part of the story that it belongs to: the case's name.
    pub title: String,
    /// In another conversation than the open one, by name.
    pub conversation: Option<String>,
    /// What is sent, with variables and captures to be filled in.
    pub send: StepMessage,
    /// What else there is to its step.
    pub step: PassStep,
}

impl Cue {
    /// How long an answer is waited for once the message was taken.
    pub fn within(&self) -> Duration {
        let taken = matches!(self.step.expect.outcome, None | Some(ExpectedOutcome::Accepted));
        let usual = if taken { ANSWER_WITHIN } else { Duration::ZERO };
        self.step.expect.reply.as_ref().map_or(usual, |reply| reply.within)
    }
}

/// What is played, and how far it has come.
#[derive(Clone, Debug, Default)]
pub struct DemoScript {
    /// What it is called; empty where nothing is played.
    pub name: String,
    /// The messages.
    pub cues: Vec<Cue>,
    /// Which comes next.
    pub next: usize,
}

impl DemoScript {
    /// The send steps of a pass that can be shown: without choices and files, and outside of a sandbox without its
    /// faults.
    pub fn of(pass: &Pass, sandbox: bool) -> Self {
        let cues = pass
            .cases
            .iter()
            .flat_map(|case| case.steps.iter().map(move |step| (case, step)))
            .filter(|(_, step)| step.advance.is_none() && (sandbox || (step.fault.is_none() && !step.clear_faults)))
            .filter_map(|(case, step)| cue(case, step))
            .collect();
        Self { name: pass.name.clone(), cues, next: 0 }
    }

    /// The part of the story that is being shown: that of the newest message, or of the first to come.
    pub fn title(&self) -> &str {
        let cue = self.cues.get(self.next.saturating_sub(1));
        cue.map_or("", |cue| cue.title.as_str())
    }

    /// Whether everything was played.
    pub fn is_over(&self) -> bool {
        self.next >= self.cues.len()
    }
}

fn cue(case: &PassCase, step: &PassStep) -> Option<Cue> {
    let mut step = step.clone();
    let send = step.send.take().filter(|send| send.choice.is_none() && send.attachments.is_empty())?;
    let conversation = step.conversation.as_ref().or(case.conversation.as_ref()).map(|named| named.value.clone());
    Some(Cue { title: case.name.clone(), conversation, send, step })
}

/// A text that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// All of it.
    pub text: String,
    /// Bytes of it that stand there.
    pub done: usize,
    /// When the next letter comes, or the message goes out.
    pub due: Moment,
    letters: u64,
}

impl Typing {
    /// Begins to type. `calm`: all at once, since nothing is to move by itself.
    pub fn begin(text: String, now: Moment, calm: bool) -> Self {
        let letters = text.graphemes(true).count() as u64;
        let done = if calm { text.len() } else { 0 };
        Self { text, done, due: now.after(if calm { PAUSE } else { PACE }), letters }
    }

    /// What stands there.
    pub fn typed(&self) -> &str {
        self.text.get(..self.done).unwrap_or(&self.text)
    }

    /// Everything at once, to be sent at once.
    pub fn finish(&mut self, now: Moment) {
        self.done = self.text.len();
        self.due = now;
    }

    /// Types what is due. True when all stood there, and the pause after it is over.
    pub fn go_on(&mut self, now: Moment) -> bool {
        while self.due.left(now).is_zero() {
            let Some(letter) = self.text.get(self.done..).and_then(|rest| rest.graphemes(true).next()) else {
                return true;
            };
            self.done += letter.len();
            let rest = self.done >= self.text.len();
            self.due = self.due.after(if rest { PAUSE } else { self.pace() });
        }
        false
    }

    fn pace(&self) -> Duration {
        let place = usize::try_from(self.done as u64 % UNEVEN.len() as u64).unwrap_or(0);
        let uneven = Duration::from_millis(UNEVEN.get(place).copied().unwrap_or(0));
        let most = LONGEST / u32::try_from(self.letters.max(1)).unwrap_or(u32::MAX);
        (PACE + uneven).min(most)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../../../tests/unit/tui/state/demo/script.rs"]
mod tests;
