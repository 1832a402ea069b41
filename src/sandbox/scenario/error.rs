//! What is wrong with a scenario file, as one sentence with its place.

use std::path::Path;

use crate::config::problem::{Problem, position};
use crate::text::suggest::suggestion;

/// A value that cannot be, and the key at which it stands.
pub(super) struct Trouble {
    pub(super) key: &'static str,
    /// Text of the value, to tell lines with the same key apart; may be empty.
    pub(super) value: String,
    pub(super) what: String,
}

/// A problem at a byte offset of `text`.
pub(super) fn at(sentence: String, text: &str, offset: usize, file: &Path) -> Problem {
    Problem::at(file, position(text, &(offset..offset)), sentence)
}

/// A problem at the first line that sets the key of `trouble`.
pub(super) fn at_key(trouble: Trouble, text: &str, file: &Path) -> Problem {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if key.trim() == trouble.key && value.contains(&trouble.value) {
            return at(trouble.what, text, offset + indent, file);
        }
        offset += line.len();
    }
    at(trouble.what, text, 0, file)
}

/// The TOML reader's error in our form: the nearest name in place of the whole list.
pub(super) fn from_toml(error: &toml::de::Error, text: &str, file: &Path) -> Problem {
    let message = error.message();
    let what = match message.split_once(", expected ") {
        Some((unknown, _)) if unknown.starts_with("unknown ") => {
            let name = unknown.split('`').nth(1).unwrap_or_default();
            format!("{unknown}{}", suggestion(name, expected(message)))
        }
        _ => message.lines().collect::<Vec<_>>().join("; "),
    };
    at(what, text, error.span().map_or(0, |span| span.start), file)
}

/// The names that the TOML reader expects: "unknown variant `x`, expected one of `a`, `b`".
fn expected(message: &str) -> Vec<&str> {
    // They stand between backticks: every second piece.
    message.split_once(", expected ").map_or_else(Vec::new, |(_, names)| names.split('`').skip(1).step_by(2).collect())
}
