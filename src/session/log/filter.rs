//! Finding entries: text whatever its case and its accents, and the filter's language, as one types it.
//!
//! ```text
//! filter = term (" " term)*                all of them must hold
//! term   = ["-"] (word | "quoted text" | key ":" value | (">" | "<") duration)
//! key    = status (401, 4xx, none) · kind (send, token, …) · conv (part of its name) · id (part of a request id)
//!          is (error, marked, healed, unknown, refused, failed, waiting, retried, quiet)
//!          on, since, until (today, yesterday, 2026-11-27, 14:30; 2h and 3d: so long ago)
//! ```

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::entry::LogEntry;
use crate::model::{Attempt, ConversationKey, ExchangeKind, Outcome, Response};
use crate::text::dates::{self, Period};
use crate::text::fold::{MappedText, fold};
use crate::text::nearest;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct FilterError {
    pub message: String,
    /// The character at which it is wrong, from 1.
    pub column: usize,
}

type Property = fn(&LogEntry) -> bool;

const IS: &[(&str, Property)] = &[
    ("error", LogEntry::is_error),
    ("marked", |entry| entry.kept.marked),
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

/// Keys, each with a value as an example.
const KEYS: &str = "status:401 kind:send conv:bill id:e42c is:error on:yesterday since:yesterday until:yesterday";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Text(Needle),
    Status(Option<(u16, u16)>),
    Kind(ExchangeKind),
    Conversation(Needle),
    Took(Ordering, Duration),
    Id(String),
    /// By its place in [`IS`].
    Is(usize),
    Within(Period),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    /// Each with whether it must not hold.
    terms: Vec<(Test, bool)>,
}

impl Filter {
    /// Reads a filter. Blank text is no filter. `now` is what “yesterday” counts from.
    pub fn parse(text: &str, now: &Zoned) -> Result<Option<Self>, FilterError> {
        let terms: Vec<_> = words(text).iter().map(|word| term(word, now)).collect::<Result<_, _>>()?;
        Ok((!terms.is_empty()).then(|| Self { text: text.trim().to_owned(), terms }))
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn shows(&self, entry: &LogEntry, names: &Names) -> bool {
        self.terms.iter().all(|(test, negated)| holds(test, entry, names) != *negated)
    }
}

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

fn term(word: &Word, now: &Zoned) -> Result<(Test, bool), FilterError> {
    let column = word.column + usize::from(word.negated);
    let said = word.text.as_str();
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic());
    let key = said.split_once(':').filter(|(key, value)| is_key(key) && !value.starts_with("//"));
    let test = if word.quoted {
        Needle::new(said).map(Test::Text)
    } else if let Some(rest) = said.strip_prefix(['<', '>']) {
        let (order, sign) = if said.starts_with('>') { (Ordering::Greater, '>') } else { (Ordering::Less, '<') };
        let message = || format!("a duration follows {sign}, as in {sign}500ms or {sign}2s");
        let than = duration(rest).ok_or_else(|| FilterError { message: message(), column: column + 1 })?;
        Some(Test::Took(order, than))
    } else if let Some((key, value)) = key {
        key_test(key, value, now).map_err(|(message, in_value)| {
            let key = if in_value { key.chars().count() + 1 } else { 0 };
            FilterError { message, column: column + key }
        })?
    } else {
        Needle::new(said).map(Test::Text)
    };
    let missing = || FilterError { message: "something to look for is missing here".to_owned(), column };
    Ok((test.ok_or_else(missing)?, word.negated))
}

/// The test that `key:value` asks for; the error says what is wrong, and whether that is the value.
fn key_test(key: &str, value: &str, now: &Zoned) -> Result<Option<Test>, (String, bool)> {
    let lower = key.to_ascii_lowercase();
    let keys = KEYS.split(' ').filter_map(|key| key.split_once(':'));
    let Some((key, example)) = keys.clone().find(|(known, _)| *known == lower) else {
        let keys: Vec<&str> = keys.map(|(known, _)| known).collect();
        let near = nearest(&lower, keys.iter().copied())
            .map_or_else(|| format!("the keys are {}", keys.join(", ")), |near| format!("did you mean {near}: ?"));
        let how = "(to look for the text itself, put quotes around it)";
        return Err((format!("there is no {lower}: here; {near} {how}"), false));
    };
    if value.is_empty() {
        return Err((format!("{key}: wants a value, as in {key}:{example}"), true));
    }
    let test = match key {
        "status" => status(value)
            .ok_or_else(|| format!("status:{value} is no status; write status:401, status:4xx or status:none")),
        "kind" => ExchangeKind::named(&value.to_ascii_uppercase()).map(Test::Kind).ok_or_else(|| {
            let kinds = ExchangeKind::ALL.map(|kind| kind.name().to_ascii_lowercase());
            format!("there is no kind {value:?}; {}", nearest_named("kind", value, kinds.iter().map(String::as_str)))
        }),
        "is" => {
            let known = IS.iter().position(|(name, _)| name.eq_ignore_ascii_case(value));
            known.map(Test::Is).ok_or_else(|| {
                format!("is:{value} is not known; {}", nearest_named("is", value, IS.iter().map(|(name, _)| *name)))
            })
        }
        "conv" => return Ok(Needle::new(value).map(Test::Conversation)),
        "id" => Ok(Test::Id(value.to_ascii_lowercase())),
        _ => Period::named(key, value, now)
            .map(Test::Within)
            .ok_or_else(|| format!("{key}:{value} names no time; {}", dates::FORMS)),
    };
    test.map(Some).map_err(|why| (why, true))
}

fn nearest_named<'n>(key: &str, name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(&name.to_ascii_lowercase(), known.clone()) {
        Some(near) => format!("did you mean {key}:{near}?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn status(value: &str) -> Option<Test> {
    if value.eq_ignore_ascii_case("none") {
        return Some(Test::Status(None));
    }
    let bytes = value.as_bytes();
    let (&class, rest) = bytes.split_first()?;
    if bytes.len() == 3 && (b'1'..=b'9').contains(&class) && rest.eq_ignore_ascii_case(b"xx") {
        let first = u16::from(class - b'0') * 100;
        return Some(Test::Status(Some((first, first + 99))));
    }
    let exact = value.parse().ok().filter(|s| (100..=999).contains(s))?;
    Some(Test::Status(Some((exact, exact))))
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
        Test::Status(None) => entry.status().is_none(),
        Test::Status(Some((first, last))) => entry.status().is_some_and(|s| (*first..=*last).contains(&s)),
        Test::Kind(kind) => entry.kind() == *kind,
        Test::Conversation(needle) => {
            let name = entry.conversation().and_then(|key| names.get(&key));
            name.is_some_and(|name| needle.is_in(name))
        }
        Test::Took(order, than) => entry.duration().is_some_and(|took| took.cmp(than) == *order),
        Test::Id(part) => entry.has_id(part),
        Test::Is(at) => IS.get(*at).is_some_and(|(_, holds)| holds(entry)),
        Test::Within(period) => period.contains(entry.at().wall),
    }
}

impl LogEntry {
    /// Whether text, reason, ids, URLs or bodies of a try, the conversation's name or the comment contain it.
    pub(super) fn mentions(&self, needle: &Needle, names: &Names) -> bool {
        let name = self.conversation().and_then(|key| names.get(&key));
        if needle.is_in(self.what())
            || self.comment().into_iter().chain(name.map(String::as_str)).any(|t| needle.is_in(t))
        {
            return true;
        }
        let Some(exchange) = self.exchange() else { return false };
        let answered = |response: &Response| {
            needle.is_in(&response.body.text) || response.request_ids().iter().any(|(_, id)| needle.is_in(id))
        };
        let tried = |attempt: &Arc<Attempt>| {
            let request = &attempt.request;
            needle.is_in(&request.url) || needle.is_in(&request.body.text) || attempt.response().is_some_and(answered)
        };
        exchange.outcome.words().is_some_and(|why| needle.is_in(&why)) || exchange.attempts().any(tried)
    }

    /// Whether any request id contains `part` (lower case); `e42c…8968` and `e42c..8968` are found by both ends.
    fn has_id(&self, part: &str) -> bool {
        let Some(exchange) = self.exchange() else { return false };
        let ends = part.split_once('…').or_else(|| part.split_once("...")).or_else(|| part.split_once(".."));
        let fits = |id: &str| match ends {
            Some((head, tail)) => id.starts_with(head) && id.ends_with(tail),
            None => id.contains(part),
        };
        let mut ids = exchange.attempts().filter_map(|a| a.response()).flat_map(Response::request_ids);
        ids.any(|(_, id)| fits(&id.to_ascii_lowercase()))
    }
}

/// What is looked for, folded; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle(String);

impl Needle {
    /// `None` for a text of which nothing is left to look for: it would be found everywhere.
    pub fn new(text: &str) -> Option<Self> {
        let folded = fold(text);
        (!folded.is_empty()).then_some(Self(folded))
    }

    pub fn is_in(&self, hay: &str) -> bool {
        fold(hay).contains(&self.0)
    }

    /// Where it is in `hay`, at most `most` times, without overlaps.
    pub fn places(&self, hay: &str, most: usize) -> Vec<Range<usize>> {
        if !self.is_in(hay) {
            return Vec::new();
        }
        let folded = MappedText::new(hay, fold);
        let found = folded.text.match_indices(&self.0);
        let mut places: Vec<_> = found.map(|(at, found)| folded.original(&(at..at + found.len()))).collect();
        places.dedup_by(|next, last| next.start < last.end);
        places.truncate(most);
        places
    }
}

/// Names of conversations, for `conv:` and the summary.
pub(super) type Names = HashMap<ConversationKey, String>;

#[cfg(test)]
#[path = "../../../tests/unit/session/log/filter.rs"]
mod tests;
