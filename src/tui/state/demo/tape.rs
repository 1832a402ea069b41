//! What was said once, to be shown again: from an export of a session, or from what the console holds. Nothing of it is
//! sent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Author;
use crate::session::thread::ThreadEntry;

/// One message of the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeLine {
    /// Who said it.
    pub author: Author,
    /// What it says.
    pub text: String,
    /// How ours fared, as it was kept.
    pub delivery: Option<String>,
    /// The choices that it offers.
    pub choices: Vec<String>,
}

/// A conversation that was recorded, and how much of it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    /// All of it, oldest first.
    pub lines: Vec<TapeLine>,
    /// How many of them are shown.
    pub shown: usize,
}

impl Tape {
    /// What a conversation holds now.
    pub fn of(entries: &[ThreadEntry]) -> Self {
        let line = |entry: &ThreadEntry| TapeLine {
            author: entry.author(),
            text: entry.text().to_owned(),
            delivery: entry.delivery().map(|delivery| delivery.word().to_owned()),
            choices: entry.choices().iter().map(|choice| choice.label.clone()).collect(),
        };
        Self { lines: entries.iter().map(line).collect(), shown: 0 }
    }

    /// From what `guestwire export session` wrote: the conversation in which most was said.
    ///
    /// # Errors
    /// A sentence: it is no such file, or it has no conversation with a message.
    pub fn parse(json: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(json)
            .map_err(|e| format!("it is not JSON (line {}, column {})", e.line(), e.column()))?;
        let Some(messages) = document.get("messages").and_then(Value::as_array) else {
            return Err("it has no messages: `guestwire export session --out FILE` writes such a file".to_owned());
        };
        let mut conversations: BTreeMap<&str, Vec<TapeLine>> = BTreeMap::new();
        for message in messages {
            let field = |name: &str| message.get(name).and_then(Value::as_str);
            let author = field("author").and_then(Author::named).unwrap_or_default();
            let (Some(conversation), Some(text)) = (field("conversation"), field("text")) else {
                return Err("a message in it has no conversation or no text".to_owned());
            };
            let choices = message.get("choices").and_then(Value::as_array).into_iter().flatten();
            let line = TapeLine {
                author,
                text: text.to_owned(),
                delivery: field("life").map(str::to_owned),
                choices: choices.filter_map(Value::as_str).map(str::to_owned).collect(),
            };
            conversations.entry(conversation).or_default().push(line);
        }
        let lines = conversations.into_values().max_by_key(Vec::len).unwrap_or_default();
        if lines.is_empty() {
            Err("it has no conversation with a message".to_owned())
        } else {
            Ok(Self { lines, shown: 0 })
        }
    }

    /// The message that comes next.
    pub fn next(&self) -> Option<&TapeLine> {
        self.lines.get(self.shown)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../../../tests/unit/tui/state/demo/tape.rs"]
mod tests;
