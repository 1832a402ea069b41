//! A pass as it is written: cases and steps. The file is TOML; `guestwire run --schema` prints its JSON Schema, and the
//! files in `assets/passes/` teach it by example.
//!
//! ```text
//! Pass ─► Case ─► Step ─┬─ set up    clear_faults, fault, advance (the built-in sandbox's), renew (the token)
//!                       ├─ send      a text, a choice, wrongly on purpose
//!                       ├─ expect    outcome, cause, status, headers, body, tries, renewals, reply, silence
//!                       ├─ capture   parts of the answer, for the texts that follow
//!                       └─ judge     what a person must look at
//! ```

mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Spot;
use crate::model::fault::Fault;
use crate::model::words;
use crate::model::{Attachment, Author, Cause, Confidence, Variation};
use crate::text::capitalised;

/// How long an outcome is waited for, where nothing else is said.
pub const OUTCOME_WITHIN: Duration = Duration::from_secs(30);
/// How long a reply is waited for, where nothing else is said.
pub const REPLY_WITHIN: Duration = Duration::from_secs(10);
/// Larger than any pass should be.
pub const MAX_BYTES: u64 = 256 << 10;

/// A pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: Option<String>,
    /// The cases, in order; at least one.
    pub cases: Vec<PassCase>,
}

/// Steps that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct PassCase {
    /// Unique in the pass: `--only` and reports name it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: Option<String>,
    /// The conversation of its steps; `None`: the one that is open, or that `--to` names.
    pub conversation: Option<Spot<String>>,
    /// The steps, in order; at least one.
    pub steps: Vec<PassStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct PassStep {
    /// Unique in its case.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What a person is to do or to know.
    pub instruction: Option<String>,
    /// Another conversation than the case's.
    pub conversation: Option<Spot<String>>,
    /// Lift all faults of the sandbox first.
    pub clear_faults: bool,
    /// Then set this fault of the sandbox.
    pub fault: Option<Fault>,
    /// Then put the sandbox's clock forward.
    pub advance: Option<Duration>,
    /// Then get a new token.
    pub renew: bool,
    /// Then send.
    pub send: Option<StepMessage>,
    /// What is expected by itself.
    pub expect: ExpectSection,
    /// What is kept of the answer.
    pub captures: Vec<Capture>,
    /// What a person must judge.
    pub judge: Option<String>,
    /// How long the outcome may take.
    pub within: Duration,
}

/// What a step sends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepMessage {
    /// The text, with variables; empty where a choice says it all.
    pub text: String,
    /// Wrongly on purpose, in this way.
    pub sent_as: Option<Variation>,
    /// Take the choice of this label that was offered last.
    pub choice: Option<String>,
    /// Participant data, with variables.
    pub attributes: BTreeMap<String, String>,
    /// Files.
    pub attachments: Vec<Attachment>,
}

words! {
    /// What becomes of a message.
    pub enum ExpectedOutcome: word {
        /// The server says yes.
        Accepted = "accepted";
        /// It says no.
        Refused = "refused";
        /// Nobody knows.
        Unknown = "unknown";
    }
}

/// What a step expects by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpectSection {
    /// What becomes of the message.
    pub outcome: Option<ExpectedOutcome>,
    /// Why it is refused.
    pub cause: Option<Cause>,
    /// At least as sure as this.
    pub confidence: Option<Confidence>,
    /// HTTP status of the newest try.
    pub status: Option<u16>,
    /// Headers of the answer: there, or with this value.
    pub headers: Vec<(String, Option<String>)>,
    /// Values in the answer's JSON body, by JSON pointer.
    pub body: Vec<(String, serde_json::Value)>,
    /// How many tries it takes.
    pub tries: Option<u32>,
    /// How many new tokens are got while the step runs.
    pub renewals: Option<u32>,
    /// What the other side says.
    pub reply: Option<ExpectedReply>,
    /// The other side says nothing for so long.
    pub silence: Option<Duration>,
}

/// A reply that is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedReply {
    /// Its text holds this, whatever the case of the letters.
    pub contains: Option<String>,
    /// Its text matches this.
    pub matches: Option<Pattern>,
    /// It offers these choices (and maybe more).
    pub choices: Vec<String>,
    /// Who says it.
    pub from: Option<Author>,
    /// How long it may take.
    pub within: Duration,
}

/// A regular expression and how it was written.
#[derive(Clone, Debug)]
pub struct Pattern(pub regex::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// A part of the answer that later texts may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Used as `{{name}}`.
    pub name: String,
    /// Where it is.
    pub source: CaptureSource,
}

/// Where a capture is.
#[derive(Clone, Debug, PartialEq)]
pub enum CaptureSource {
    /// In the answer's JSON body, by JSON pointer.
    Body(String),
    /// The value of a header of the answer.
    Header(String),
    /// In a reply: the first group of the pattern, or all that matches.
    Reply(Pattern, Duration),
}

impl PassStep {
    /// Whether something leaves this machine.
    pub const fn sends(&self) -> bool {
        self.send.is_some()
    }

    /// Whether it changes the sandbox.
    pub const fn needs_sandbox(&self) -> bool {
        self.fault.is_some() || self.advance.is_some()
    }

    /// What it does, in words.
    pub fn deed(&self) -> String {
        let send = self.send.as_ref().map(|send| {
            let how = send.sent_as.map(|v| format!(" as {v}")).unwrap_or_default();
            match &send.choice {
                Some(label) => format!("choose “{label}”{how}"),
                None => format!("send “{}”{how}", send.text),
            }
        });
        let parts = [
            self.clear_faults.then(|| "clear the sandbox's faults".to_owned()),
            self.fault.as_ref().map(|fault| format!("turn on the sandbox fault “{}”", fault.words())),
            self.advance.map(|by| format!("advance the sandbox's clock by {}", span(by))),
            self.renew.then(|| "get a new token".to_owned()),
            send,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match &self.judge {
            _ if !parts.is_empty() => capitalised(&parts.join(", then ")),
            Some(judge) => format!("Judge: {judge}"),
            None => "Wait".to_owned(),
        }
    }

    /// What a person reads while it is open.
    pub fn words(&self) -> String {
        self.instruction.clone().unwrap_or_else(|| self.deed())
    }
}

/// A span of time in few characters: `800 ms`, `10 s`, `2 m`.
pub fn span(time: Duration) -> String {
    let ms = time.as_millis();
    match ms {
        0..1000 => format!("{ms} ms"),
        _ if !ms.is_multiple_of(1000) => format!("{:.1} s", time.as_secs_f64()),
        _ if ms.is_multiple_of(60_000) => format!("{} m", ms / 60_000),
        _ => format!("{} s", ms / 1000),
    }
}
