//! An access token as people paste it: out of a header, a shell, an editor, or the token endpoint's whole answer.

use secrecy::SecretString;
use serde_json::Value;

use crate::text::json;

/// Why a text cannot be used as a token. Never repeats the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAToken {
    #[error("there is no token in it")]
    Empty,
    #[error("it is JSON without an \"access_token\"; paste the token endpoint's whole answer, or only the token")]
    NoAccessToken,
    #[error("it is the token endpoint's refusal ({0}), not a token")]
    Refusal(String),
    /// `Basic …`.
    #[error("it begins with \"Basic\": that is a client's id and secret, not a token")]
    Basic,
    /// Blanks, quotes, control characters, letters beyond ASCII.
    #[error("it contains {0}, which no token contains; copy the token again")]
    Character(&'static str),
}

/// The token in `text`. Taken off are: a byte order mark, blanks and line ends around it, quotes around it, `Bearer` and
/// `Authorization:` before it, and the JSON of a token answer around it. Of several lines the first is read.
/// Where what is left cannot be a token, with the reason. [RFC 6750, 2.1: the characters of a bearer token]
pub fn read(text: &str) -> Result<SecretString, NotAToken> {
    let text = trim(text);
    if text.starts_with('{') {
        let value = json::read(text.as_bytes()).ok_or(NotAToken::NoAccessToken)?;
        let field = |name: &str| value.get(name).and_then(Value::as_str);
        return match (field("access_token"), field("error")) {
            (Some(token), _) => alone(token),
            (None, Some(error)) => {
                Err(NotAToken::Refusal(error.chars().filter(|c| !c.is_control()).take(60).collect()))
            }
            (None, None) => Err(NotAToken::NoAccessToken),
        };
    }
    alone(text.lines().next().unwrap_or_default())
}

fn alone(text: &str) -> Result<SecretString, NotAToken> {
    let mut text = trim(text);
    loop {
        let bare = without_word(text, "Authorization:");
        let bare = without_word(bare, "Bearer");
        let bare = trim(without_quotes(bare));
        if bare == text {
            break;
        }
        text = bare;
    }
    if text.is_empty() || text.eq_ignore_ascii_case("bearer") {
        return Err(NotAToken::Empty);
    }
    if without_word(text, "Basic") != text {
        return Err(NotAToken::Basic);
    }
    match text.chars().find_map(strange) {
        Some(what) => Err(NotAToken::Character(what)),
        None => Ok(SecretString::from(text)),
    }
}

/// What a character is called that no token has.
fn strange(c: char) -> Option<&'static str> {
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' | '+' | '/' | '=' => None,
        '"' | '\'' | '`' => Some("a quotation mark"),
        c if c.is_whitespace() => Some("a blank or a line end"),
        c if c.is_control() => Some("a control character"),
        c if c.is_ascii() => Some("a punctuation mark"),
        _ => Some("a character beyond ASCII"),
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// `text` after `word`, in any case; a blank follows it, unless it ends with a colon.
fn without_word<'t>(text: &'t str, word: &str) -> &'t str {
    match text.split_at_checked(word.len()) {
        Some((head, rest))
            if head.eq_ignore_ascii_case(word) && (word.ends_with(':') || rest.starts_with([' ', '\t'])) =>
        {
            trim(rest)
        }
        _ => text,
    }
}

fn without_quotes(text: &str) -> &str {
    [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('‘', '’'), ('«', '»')]
        .into_iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(text)
}

#[cfg(test)]
#[path = "../../tests/unit/config/pasted_token.rs"]
mod tests;
