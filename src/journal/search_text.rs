//! Full-text search: which text of an entry is found, and how a query as typed becomes one that the index understands.
//! Pure.
//!
//! One index of runs of three characters, over text without case and accents: it finds parts of words, and scripts
//! without blanks. The index says which entries *may* have a term; each is then looked at. Terms that are shorter are
//! only looked for.

use std::fmt::Write as _;

use jiff::Zoned;

use crate::model::Exchange;
use crate::text::dates::{self, Period};
pub use crate::text::fold::fold;
use crate::text::screen::head;

/// Of a longer body only the beginning is found, in bytes.
const BODY_MAX: usize = 16 * 1024;
/// Terms that the index is asked for; more are only looked for in what these find.
const INDEXED_TERMS: usize = 16;
/// Keys of the log pane's filter that this search does not have. As plain words they would never be found.
const KEYS_OF_THE_FILTER: [&str; 5] = ["status", "kind", "conv", "id", "is"];
/// Characters of a term that the index is asked for.
const INDEXED_CHARS: usize = 32;

/// What is found of an exchange, without case and accents.
pub fn of_exchange(exchange: &Exchange, comment: Option<&str>) -> String {
    let mut text = exchange.what.clone();
    for said in exchange.outcome.words().as_deref().into_iter().chain(comment) {
        let _ = write!(text, "\n{said}");
    }
    for attempt in exchange.attempts() {
        let (request, response) = (&attempt.request, attempt.response());
        let _ = write!(text, "\n{} {}", request.method, request.url);
        for header in request.headers.iter().chain(response.map_or(&[][..], |r| &r.headers)) {
            let _ = write!(text, "\n{}: {}", header.name, header.value);
        }
        for body in std::iter::once(&request.body).chain(response.map(|r| &r.body)) {
            let _ = write!(text, "\n{}", head(&body.text, BODY_MAX));
        }
        if let Some(response) = response {
            let _ = write!(text, "\n{}", response.status);
        }
    }
    fold(&text)
}

pub fn of_note(text: &str, comment: Option<&str>) -> String {
    fold(&format!("{text}\n{}", comment.unwrap_or_default()))
}

/// A query as typed, taken apart: words, `"words beside each other"`, and `on:`, `since:` and `until:` with a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) terms: Vec<String>,
    /// When what is looked for began.
    pub within: Period,
}

impl Query {
    /// Takes a query apart; days count from `now`. `None` where there is nothing to look for in it.
    /// The error is a sentence: which time cannot be read, or what is no search, and what to write.
    pub fn parse(text: &str, now: &Zoned) -> Result<Option<Self>, String> {
        let (mut terms, mut within) = (Vec::new(), Period::default());
        let mut dated = false;
        for (at, part) in text.split('"').enumerate() {
            if at % 2 == 1 {
                terms.push(fold(part.trim()));
                continue;
            }
            for word in part.split_whitespace() {
                let key = word.split_once(':').map(|(key, value)| (key.to_ascii_lowercase(), value));
                if key.as_ref().is_some_and(|(key, _)| KEYS_OF_THE_FILTER.contains(&key.as_str())) {
                    return Err(format!(
                        "{word} is for the filter of the console's log pane; here words, ids, and times after on:, since: \
                         and until: are looked for; put quotes around it to look for it as it stands"
                    ));
                }
                let Some((key, value)) = key.filter(|(key, _)| matches!(key.as_str(), "on" | "since" | "until")) else {
                    terms.push(fold(word));
                    continue;
                };
                let named = Period::named(&key, value, now);
                within = within.and(named.ok_or_else(|| format!("{word} names no time; {}", dates::FORMS))?);
                dated = true;
            }
        }
        terms.retain(|t| t.chars().any(char::is_alphanumeric));
        terms.sort_unstable();
        terms.dedup();
        Ok((dated || !terms.is_empty()).then_some(Self { terms, within }))
    }

    /// The query for the index: runs of three characters, all of which an entry must have. `None` where every term is
    /// shorter. Each run is quoted, so that no character of the query means anything else.
    pub fn indexed(&self) -> Option<String> {
        let mut out = String::new();
        for term in self.terms.iter().filter(|t| t.chars().nth(2).is_some()).take(INDEXED_TERMS) {
            let chars: Vec<char> = term.chars().take(INDEXED_CHARS).collect();
            for run in chars.windows(3) {
                let run: String = run.iter().collect();
                let and = if out.is_empty() { "" } else { " AND " };
                let _ = write!(out, "{and}\"{}\"", run.replace('"', "\"\""));
            }
        }
        (!out.is_empty()).then_some(out)
    }

    pub fn stands_in(&self, folded: &str) -> bool {
        self.terms.iter().all(|term| folded.contains(term.as_str()))
    }
}
