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

use regex::Regex;
use serde_json::Value;

use crate::config::Located;
use crate::model::fault::Fault;
use crate::model::{Attachment, Author, Cause, Confidence, Variation, words};
use crate::text::capitalised;

/// How long the outcome of a message is waited for, where the pass file names no time.
pub const OUTCOME_WITHIN: Duration = Duration::from_secs(30);
/// How long a reply is waited for, where the expectation names no time.
pub const REPLY_WITHIN: Duration = Duration::from_secs(10);
pub const MAX_BYTES: u64 = 256 << 10;

/// A pass.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: Option<String>,
    /// The cases, in order; at least one.
    pub cases: Vec<PassCase>,
}

#[derive(Clone, Debug)]
pub struct PassCase {
    /// Unique in the pass: `--only` and reports name it.
    pub id: String,
    pub name: String,
    pub about: Option<String>,
    /// The conversation of its steps; `None`: the one that is open, or that `--to` names.
    pub conversation: Option<Located<String>>,
    /// In order; at least one.
    pub steps: Vec<PassStep>,
}

/// What a step does, from `clear_faults` on in the order in which it does it.
#[derive(Clone, Debug, Default)]
pub struct PassStep {
    /// Unique in its case.
    pub id: String,
    pub name: String,
    /// What a person is to do or to know.
    pub instruction: Option<String>,
    /// Another conversation than the case's.
    pub conversation: Option<Located<String>>,
    pub clear_faults: bool,
    pub fault: Option<Fault>,
    pub advance: Option<Duration>,
    pub renew: bool,
    pub send: Option<StepMessage>,
    /// In the order in which it is shown.
    pub expect: Vec<Expectation>,
    pub judge: Option<String>,
    pub within: Duration,
}

#[derive(Clone, Debug, Default)]
pub struct StepMessage {
    /// The text, with variables; empty where a choice says it all.
    pub text: String,
    pub sent_as: Option<Variation>,
    /// Take the choice of this label that was offered last.
    pub choice: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub attachments: Vec<Attachment>,
}

words! {
    pub enum ExpectedOutcome: name {
        Accepted = "accepted";
        Refused = "refused";
        Unknown = "unknown";
    }
}

#[derive(Clone, Debug)]
pub enum Expectation {
    /// The step's set-up is done; for steps that expect nothing else.
    Done,
    Outcome(ExpectedOutcome),
    /// Why the message is refused, and at least how sure that must be.
    Cause(Cause, Option<Confidence>),
    /// Of the newest try.
    Status(u16),
    /// A header of the answer is there, or has this value.
    Header(String, Option<String>),
    /// The value at this JSON pointer of the answer's body.
    Body(String, Value),
    Tries(u32),
    /// New tokens that are got while the step runs.
    Renewals(u32),
    Reply(ExpectedReply),
    /// The other side says nothing for so long.
    Silence(Duration),
    Capture(Capture),
}

#[derive(Clone, Debug, Default)]
pub struct ExpectedReply {
    /// Its text holds this, whatever the case of the letters.
    pub contains: Option<String>,
    pub matches: Option<Regex>,
    pub choices: Vec<String>,
    pub from: Option<Author>,
    pub within: Duration,
}

#[derive(Clone, Debug)]
pub struct Capture {
    /// Used as `{{name}}`.
    pub name: String,
    pub source: CaptureSource,
}

#[derive(Clone, Debug)]
pub enum CaptureSource {
    Body(String),
    Header(String),
    /// In a reply: the first group of the pattern, or all that matches.
    Reply(Regex, Duration),
}

impl PassStep {
    pub const fn sends(&self) -> bool {
        self.send.is_some()
    }

    pub const fn needs_sandbox(&self) -> bool {
        self.fault.is_some() || self.advance.is_some()
    }

    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.expect.iter().filter_map(|one| if let Expectation::Capture(capture) = one { Some(capture) } else { None })
    }

    pub fn task(&self) -> String {
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
