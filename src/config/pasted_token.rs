//! An access token as people paste it: out of a header, a shell, an editor, or the token endpoint's whole answer.

use secrecy::SecretString;
use serde_json::Value;

use crate::text::json;

/// The token in `text`. Taken off are: a byte order mark, blanks and line ends around it, quotes around it, `Bearer` and
/// `Authorization:` before it, and the JSON of a token answer around it. Of several lines the first is read.
/// `None` where nothing is left. Why what is left cannot be a token is said without it. [RFC 6750, 2.1: the characters of
/// a bearer token]
pub fn read(text: &str) -> Result<Option<SecretString>, String> {
    let text = trim(text);
    if !text.starts_with('{') {
        return alone(text.lines().next().unwrap_or_default());
    }
    let value = json::read(text.as_bytes()).unwrap_or_default();
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    match (field("access_token"), field("error")) {
        (Some(token), _) => alone(token),
        (None, Some(error)) => {
            let error: String = error.chars().filter(|c| !c.is_control()).take(60).collect();
            Err(format!("it is the token endpoint's refusal ({error}), not a token"))
        }
        (None, None) => {
            let how = "paste the token endpoint's whole answer, or only the token";
            Err(format!("it is JSON without an \"access_token\"; {how}"))
        }
    }
}

fn alone(text: &str) -> Result<Option<SecretString>, String> {
    let mut text = trim(text);
    loop {
        let bare = without_word(without_word(text, "Authorization:"), "Bearer");
        let bare = trim(without_quotes(bare));
        if bare == text {
            break;
        }
        text = bare;
    }
    if text.is_empty() || text.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    if without_word(text, "Basic") != text {
        return Err("it begins with \"Basic\": that is a client's id and secret, not a token".to_owned());
    }
    match text.chars().find_map(strange) {
        Some(what) => Err(format!("it contains {what}, which no token contains; copy the token again")),
        None => Ok(Some(SecretString::from(text))),
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
