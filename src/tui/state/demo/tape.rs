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
    pub life: Option<String>,
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
            life: entry.life().map(|life| life.word().to_owned()),
            choices: entry.choices().iter().map(|choice| choice.label.clone()).collect(),
        };
        Self { lines: entries.iter().map(line).collect(), shown: 0 }
    }

    /// From what `guestwire export session` wrote: the conversation in which most was said.
    ///
    /// # Errors
    /// A sentence: it is no such file, or nothing was said in it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(json)
            .map_err(|e| format!("it is no JSON (line {}, column {})", e.line(), e.column()))?;
        let Some(messages) = document.get("messages").and_then(Value::as_array) else {
            return Err(
                "it has no messages: `guestwire export session --out FILE` writes what is wanted here".to_owned()
            );
        };
        let mut conversations: BTreeMap<&str, Vec<TapeLine>> = BTreeMap::new();
        for message in messages {
            let field = |name: &str| message.get(name).and_then(Value::as_str);
            let author = match field("author") {
                Some("guest") => Author::Guest,
                Some("bot") => Author::Bot,
                Some("agent") => Author::Agent,
                _ => Author::System,
            };
            let (Some(conversation), Some(text)) = (field("conversation"), field("text")) else {
                return Err("a message in it has no conversation or no text".to_owned());
            };
            let choices = message.get("choices").and_then(Value::as_array).into_iter().flatten();
            let line = TapeLine {
                author,
                text: text.to_owned(),
                life: field("life").map(str::to_owned),
                choices: choices.filter_map(Value::as_str).map(str::to_owned).collect(),
            };
            conversations.entry(conversation).or_default().push(line);
        }
        let lines = conversations.into_values().max_by_key(Vec::len).unwrap_or_default();
        if lines.is_empty() { Err("nothing was said in it".to_owned()) } else { Ok(Self { lines, shown: 0 }) }
    }

    /// The message that comes next.
    pub fn next(&self) -> Option<&TapeLine> {
        self.lines.get(self.shown)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_exported_session_becomes_a_tape() {
        let json = r#"{"guestwire":"0.1.0","profile":"p","messages":[
            {"conversation":"A","at":"2026-11-23T14:00:00Z","author":"guest","text":"one","life":"answered","why":null},
            {"conversation":"B","at":"2026-11-23T14:00:01Z","author":"bot","text":"other","life":null},
            {"conversation":"A","at":"2026-11-23T14:00:02Z","author":"bot","text":"two","life":null,"choices":["Yes","No"]}],"har":{}}"#;
        let tape = Tape::parse(json).unwrap();
        let line = |author, text: &str, life: Option<&str>, choices: &[&str]| TapeLine {
            author,
            text: text.into(),
            life: life.map(Into::into),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        };
        let one = line(Author::Guest, "one", Some("answered"), &[]);
        assert_eq!(tape.lines, [one, line(Author::Bot, "two", None, &["Yes", "No"])]);
        assert_eq!(tape.next(), tape.lines.first());
    }

    #[test]
    fn what_is_none_is_said() {
        for (json, part) in [
            ("{", "no JSON"),
            ("{}", "no messages"),
            (r#"{"messages":[{}]}"#, "no conversation"),
            (r#"{"messages":[]}"#, "nothing was said"),
        ] {
            assert!(Tape::parse(json).unwrap_err().contains(part), "{json}");
        }
    }
}
