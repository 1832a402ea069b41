//! The filter's language, as one types it.
//!
//! ```text
//! filter = term (" " term)*                all of them must hold
//! term   = ["-"] (word | "quoted text" | key ":" value | (">" | "<") duration)
//! key    = status (401, 4xx, none) · kind (send, token, …) · conv (part of its name) · id (part of a request id)
//!          is (error, marked, healed, unknown, refused, failed, waiting, retried, quiet)
//!          on, since, until (today, yesterday, 2026-11-27, 14:30, 2h ago)
//! ```

use std::time::Duration;

use jiff::Zoned;

use super::entry::LogEntry;
use super::needle::{Names, Needle};
use crate::model::{ExchangeKind, Outcome};
use crate::text::dates::{self, Period};
use crate::text::suggest::nearest;

/// Why a filter is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct FilterError {
    /// One sentence: what is wrong, and what would be right.
    pub message: String,
    /// The character at which it is wrong, from 1.
    pub column: usize,
}

type TermTest = fn(&LogEntry) -> bool;

/// What an entry can be, and whether it is.
const IS: &[(&str, TermTest)] = &[
    ("error", LogEntry::is_error),
    ("marked", LogEntry::is_marked),
    ("healed", |entry| entry.healed() > 0),
    ("unknown", |entry| matches!(outcome(entry), Some(Outcome::Unknown(_)))),
    ("refused", |entry| matches!(outcome(entry), Some(Outcome::Refused(_)))),
    ("failed", |entry| matches!(outcome(entry), Some(Outcome::Failed(_)))),
    ("waiting", |entry| matches!(outcome(entry), Some(Outcome::Waiting))),
    ("retried", |entry| entry.tries() > 1),
    ("quiet", LogEntry::is_quiet),
];

fn outcome(entry: &LogEntry) -> Option<&Outcome> {
    entry.exchange().map(|exchange| &exchange.outcome)
}

const KINDS: &[(&str, ExchangeKind)] = &[
    ("token", ExchangeKind::Token),
    ("send", ExchangeKind::Send),
    ("read", ExchangeKind::Read),
    ("probe", ExchangeKind::Probe),
    ("frame", ExchangeKind::Frame),
    ("hook", ExchangeKind::Hook),
    ("event", ExchangeKind::Event),
    ("note", ExchangeKind::Note),
    ("sys", ExchangeKind::Sys),
];

/// Keys, each with a value as an example.
const KEYS: &[(&str, &str)] = &[
    ("status", "401"),
    ("kind", "send"),
    ("conv", "bill"),
    ("id", "e42c"),
    ("is", "error"),
    ("on", "yesterday"),
    ("since", "yesterday"),
    ("until", "yesterday"),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Text(Needle),
    /// A status from the first to the last.
    Status(u16, u16),
    NoStatus,
    Kind(ExchangeKind),
    Conversation(Needle),
    Slower(Duration),
    Faster(Duration),
    Id(String),
    /// By its place in [`IS`].
    Is(usize),
    Within(Period),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

/// A filter: the text as typed, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

impl Filter {
    /// Reads a filter. Blank text is no filter. `now` is what “yesterday” counts from.
    pub fn parse(text: &str, now: &Zoned) -> Result<Option<Self>, FilterError> {
        let mut terms = Vec::new();
        for word in words(text) {
            terms.push(term(&word, now)?);
        }
        Ok((!terms.is_empty()).then(|| Self { text: text.trim().to_owned(), terms }))
    }

    /// As it was typed, without the blanks around it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `entry` is to be shown.
    pub(super) fn shows(&self, entry: &LogEntry, names: &Names) -> bool {
        self.terms.iter().all(|term| holds(&term.test, entry, names) != term.negated)
    }
}

/// A word of the filter and where it stands.
struct Word {
    text: String,
    column: usize,
    /// It opened with a quote (after its `-`): plain text, whatever is in it.
    quoted: bool,
    negated: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut word = Word { text: String::new(), column: at + 1, quoted: false, negated: false };
        let mut next = Some(c);
        if c == '-' && chars.peek().is_some_and(|(_, c)| !c.is_whitespace()) {
            word.negated = true;
            next = chars.next().map(|(_, c)| c);
        }
        word.quoted = next == Some('"');
        // An open quote reaches to the end, so that a filter works while it is being typed.
        let mut in_quotes = false;
        while let Some(c) = next {
            match c {
                '"' => in_quotes = !in_quotes,
                c => word.text.push(c),
            }
            next = chars.next_if(|(_, c)| in_quotes || !c.is_whitespace()).map(|(_, c)| c);
        }
        if !word.text.is_empty() {
            out.push(word);
        }
    }
    out
}

fn term(word: &Word, now: &Zoned) -> Result<Term, FilterError> {
    let column = word.column + usize::from(word.negated);
    let said = word.text.as_str();
    let key = said.split_once(':').filter(|(key, value)| is_key(key) && !value.starts_with("//"));
    let test = if word.quoted {
        Needle::new(said).map(Test::Text)
    } else if let Some(rest) = said.strip_prefix(['<', '>']) {
        let (sign, make): (char, fn(Duration) -> Test) =
            if said.starts_with('>') { ('>', Test::Slower) } else { ('<', Test::Faster) };
        let message = || format!("a duration follows {sign}, as in {sign}500ms or {sign}2s");
        Some(make(duration(rest).ok_or_else(|| FilterError { message: message(), column: column + 1 })?))
    } else if let Some((key, value)) = key {
        key_test(key, value, now).map_err(|wrong| match wrong {
            TermProblem::Key(message) => FilterError { message, column },
            TermProblem::Value(message) => FilterError { message, column: column + key.chars().count() + 1 },
        })?
    } else {
        Needle::new(said).map(Test::Text)
    };
    let missing = || FilterError { message: "something to look for is missing here".to_owned(), column };
    Ok(Term { negated: word.negated, test: test.ok_or_else(missing)? })
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic())
}

enum TermProblem {
    Key(String),
    Value(String),
}

fn key_test(key: &str, value: &str, now: &Zoned) -> Result<Option<Test>, TermProblem> {
    let lower = key.to_ascii_lowercase();
    let Some((key, example)) = KEYS.iter().find(|(known, _)| *known == lower) else {
        let keys: Vec<&str> = KEYS.iter().map(|(known, _)| *known).collect();
        let near = nearest(&lower, keys.iter().copied())
            .map_or_else(|| format!("the keys are {}", keys.join(", ")), |near| format!("did you mean {near}: ?"));
        let how = "(to look for the text itself, put quotes around it)";
        return Err(TermProblem::Key(format!("there is no {lower}: here; {near} {how}")));
    };
    if value.is_empty() {
        return Err(TermProblem::Value(format!("{key}: wants a value, as in {key}:{example}")));
    }
    let test = match *key {
        "status" => status(value)
            .ok_or_else(|| format!("status:{value} is no status; write status:401, status:4xx or status:none")),
        "kind" => {
            let at = named("kind", KINDS, value);
            let kind = at.map(|at| KINDS.get(at).map(|(_, kind)| Test::Kind(*kind)));
            return kind.map_err(|hint| TermProblem::Value(format!("there is no kind {value:?}; {hint}")));
        }
        "is" => named("is", IS, value).map(Test::Is).map_err(|hint| format!("is:{value} is not known; {hint}")),
        "conv" => return Ok(Needle::new(value).map(Test::Conversation)),
        "id" => Ok(Test::Id(value.to_ascii_lowercase())),
        _ => Period::named(key, value, now)
            .map(Test::Within)
            .ok_or_else(|| format!("{key}:{value} names no time; {}", dates::FORMS)),
    };
    test.map(Some).map_err(TermProblem::Value)
}

/// The place of a name among those that are known, or a hint with the nearest one.
fn named<T>(key: &str, known: &[(&str, T)], name: &str) -> Result<usize, String> {
    let lower = name.to_ascii_lowercase();
    let names = || known.iter().map(|(name, _)| *name);
    names().position(|name| name == lower).ok_or_else(|| match nearest(&lower, names()) {
        Some(near) => format!("did you mean {key}:{near}?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    })
}

fn status(value: &str) -> Option<Test> {
    if value.eq_ignore_ascii_case("none") {
        return Some(Test::NoStatus);
    }
    let bytes = value.as_bytes();
    let (&class, rest) = bytes.split_first()?;
    if bytes.len() == 3 && (b'1'..=b'9').contains(&class) && rest.eq_ignore_ascii_case(b"xx") {
        let first = u16::from(class - b'0') * 100;
        return Some(Test::Status(first, first + 99));
    }
    let exact = value.parse().ok().filter(|s| (100..=999).contains(s))?;
    Some(Test::Status(exact, exact))
}

fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (text.get(..split)?, text.get(split..)?);
    let number: f64 = number.parse().ok()?;
    let scale = match unit {
        "" | "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * scale).ok()
}

fn holds(test: &Test, entry: &LogEntry, names: &Names) -> bool {
    match test {
        Test::Text(needle) => entry.mentions(needle, names),
        Test::Status(first, last) => entry.status().is_some_and(|s| (*first..=*last).contains(&s)),
        Test::NoStatus => entry.status().is_none(),
        Test::Kind(kind) => entry.kind() == *kind,
        Test::Conversation(needle) => entry
            .exchange()
            .and_then(|x| x.conversation)
            .and_then(|key| names.get(&key))
            .is_some_and(|n| needle.is_in(n)),
        Test::Slower(than) => entry.duration().is_some_and(|d| d > *than),
        Test::Faster(than) => entry.duration().is_some_and(|d| d < *than),
        Test::Id(part) => entry.has_id(part),
        Test::Is(at) => IS.get(*at).is_some_and(|(_, holds)| holds(entry)),
        Test::Within(period) => period.contains(entry.at().wall),
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/session/log/filter.rs"]
mod tests;
