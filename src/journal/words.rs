//! Full-text search: which text of an exchange is found, and how a query as typed becomes one that the index
//! understands. Pure.
//!
//! Two indexes without positions: words of everything (letters folded, accents taken off), and runs of three characters
//! of what was said, which also finds parts of words and scripts without blanks. What an index without positions cannot
//! tell (words beside each other) is looked up in the text itself afterwards.

use std::fmt::Write as _;

use crate::model::{Body, Exchange};

/// Of a longer body only the beginning is found.
const BODY_MAX: usize = 16 * 1024;

/// Text of an exchange for the two indexes.
pub struct Text {
    /// Everything.
    pub words: String,
    /// What was said, and whatever is not ASCII.
    pub grams: String,
}

/// What is found of an exchange.
pub fn of_exchange(exchange: &Exchange, comment: Option<&str>) -> Text {
    let mut words = exchange.what.clone();
    for said in exchange.outcome.reason().into_iter().chain(comment) {
        let _ = write!(words, "\n{said}");
    }
    let mut grams = words.clone();
    for attempt in exchange.attempts() {
        let request = &attempt.request;
        let _ = write!(words, "\n{} {}", request.method, request.url);
        let headers = request.headers.iter().chain(attempt.response().map_or(&[][..], |r| &r.headers));
        for header in headers {
            let _ = write!(words, "\n{}: {}", header.name, header.value);
        }
        for body in std::iter::once(&request.body).chain(attempt.response().map(|r| &r.body)) {
            let text = beginning(body);
            let _ = write!(words, "\n{text}");
            not_ascii(text, &mut grams);
        }
        if let Some(response) = attempt.response() {
            let _ = write!(words, "\n{}", response.status);
        }
    }
    Text { words, grams }
}

fn beginning(body: &Body) -> &str {
    let mut end = BODY_MAX.min(body.text.len());
    while !body.text.is_char_boundary(end) {
        end -= 1;
    }
    body.text.get(..end).unwrap_or_default()
}

/// The words of `text` that hold something that is not ASCII.
fn not_ascii(text: &str, out: &mut String) {
    if text.is_ascii() {
        return;
    }
    for word in text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).filter(|w| !w.is_ascii()) {
        let _ = write!(out, "\n{word}");
    }
}

/// A query as typed, taken apart: words, and `"words beside each other"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    terms: Vec<String>,
}

impl Query {
    /// Takes a query apart. `None` where there is nothing to look for in it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut terms = Vec::new();
        for (at, part) in text.split('"').enumerate() {
            if at % 2 == 1 {
                terms.push(part.trim().to_lowercase());
            } else {
                terms.extend(part.split_whitespace().map(str::to_lowercase));
            }
        }
        terms.retain(|t| t.chars().any(char::is_alphanumeric));
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// For the index of words: all of them, the last of each term may be a beginning. Everything is quoted, so that no
    /// character of the query means anything else.
    pub fn words(&self) -> String {
        let mut out = String::new();
        for term in &self.terms {
            let tokens: Vec<&str> = tokens(term).collect();
            for (at, token) in tokens.iter().enumerate() {
                let begins = if at + 1 == tokens.len() { "*" } else { "" };
                let and = if out.is_empty() { "" } else { " AND " };
                let _ = write!(out, "{and}\"{token}\"{begins}");
            }
        }
        out
    }

    /// For the index of threes; `None` where a term is shorter.
    pub fn grams(&self) -> Option<String> {
        let mut out = String::new();
        for term in &self.terms {
            let chars: Vec<char> = term.chars().collect();
            if chars.len() < 3 {
                return None;
            }
            for three in chars.windows(3) {
                let three: String = three.iter().collect();
                let and = if out.is_empty() { "" } else { " AND " };
                let _ = write!(out, "{and}\"{}\"", three.replace('"', "\"\""));
            }
        }
        Some(out)
    }

    /// Terms too short for the index of threes that the index of words cannot find inside a run of text.
    pub fn needs_scan(&self) -> bool {
        self.terms.iter().any(|t| !t.is_ascii() && t.chars().count() < 3)
    }

    /// Whether a hit of the index of words has to be looked at: a term of several words.
    pub fn words_need_a_look(&self) -> bool {
        self.terms.iter().any(|t| tokens(t).nth(1).is_some())
    }

    /// The longest term, for looking through what was said.
    pub fn longest(&self) -> &str {
        self.terms.iter().max_by_key(|t| t.len()).map_or("", String::as_str)
    }

    /// Whether all terms stand in `text`.
    pub fn stands_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.terms.iter().all(|term| text.contains(term.as_str()))
    }
}

/// The words of a term as the index takes them apart: runs of letters and digits.
fn tokens(term: &str) -> impl Iterator<Item = &str> {
    term.split(|c: char| !is_part_of_word(c)).filter(|t| !t.is_empty())
}

/// What `unicode61` takes for a part of a word: letters, digits, marks, private use. Marks are not told apart by the
/// standard library; those that follow letters are kept by taking whatever is neither ASCII nor blank nor punctuation.
fn is_part_of_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_mark(c) }
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn hostile_queries_are_only_text() {
        for text in
            ["\"", "a\"b", "a* OR b", "NEAR(a b)", "col:x", "^a", "a AND NOT b", "-x", "(((", "'; DROP TABLE words"]
        {
            if let Some(query) = Query::parse(text) {
                let words = query.words();
                assert_eq!(words.matches('"').count() % 2, 0, "{text}: {words}");
                let unquoted: String = words.split('"').step_by(2).collect();
                assert!(unquoted.chars().all(|c| " AND*".contains(c)), "{text}: {words}");
            }
        }
        assert_eq!(Query::parse(" \" - ** "), None);
    }

    #[test]
    fn an_id_is_its_parts_and_looked_at() {
        let query = Query::parse("e42c0b8a-f6e0").unwrap();
        assert_eq!(query.words(), r#""e42c0b8a" AND "f6e0"*"#);
        assert!(query.words_need_a_look());
        assert!(query.stands_in("x-request-id: E42C0B8A-f6e0-4a98"));
        assert!(!query.stands_in("f6e0 e42c0b8a"));
    }

    #[test]
    fn parts_of_scripts_without_blanks_are_found_by_threes() {
        let query = Query::parse("请帮我").unwrap();
        assert_eq!(query.grams().unwrap(), "\"请帮我\"");
        assert!(!query.needs_scan());
        assert!(Query::parse("请帮").unwrap().needs_scan());
    }
}
