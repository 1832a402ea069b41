//! What is a secret by the name that stands before it: `"name":"value"`, `name=value`, `Name: value`, `<name>value`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use super::decoded::{self, DecodedText};

/// How a name of `assets/secret-names.txt` is compared, the name as [`normalized`] writes it, and its hint.
static KNOWN: LazyLock<Vec<(&str, &str, &str)>> = LazyLock::new(|| {
    let rows = include_str!("../../../assets/secret-names.txt").lines().filter(|row| !row.starts_with('#'));
    let columns = |row: &'static str| {
        let mut columns = row.splitn(3, ' ');
        Some((columns.next()?, columns.next()?, columns.next()?))
    };
    rows.filter_map(columns).collect()
});
const LONGEST: usize = 64; // the end of a longer name is looked at

/// Names compare without case, `_`, `-` and `.`: `clientSecret`, `client_secret` and `Client-Secret` are one.
fn normalized(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

struct Before<'t> {
    name: &'t str,
    at: usize,    // where it begins
    quoted: bool, // it stands in quotation marks
}

impl Before<'_> {
    /// The name, also where some of its letters are written as escapes of JSON.
    fn unescaped(&self, text: &str) -> Cow<'_, str> {
        let here = text.get(..self.at).filter(|here| self.quoted && here.ends_with('\\'));
        let whole = here.and_then(|here| text.get(here.rfind(['"', '\''])? + 1..self.at + self.name.len()));
        let decoded = whole.and_then(|whole| DecodedText::whole(whole).decoded());
        decoded.map_or(Cow::Borrowed(self.name), |view| Cow::Owned(view.text.into_owned()))
    }
}

#[derive(Debug)]
pub(super) struct Spot<'r> {
    pub start: usize,
    pub end: usize,
    pub why: Why,
    pub label: &'r str,
    pub quote: bool, // a bare value of JSON: the mask needs quotation marks to be JSON still
}

/// Of two reasons for the same place, the first gives the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    Name,
    Value,
    Form,
    Look,
}

#[derive(Clone)]
pub(super) struct SecretNames(Arc<HashSet<String>>);

impl SecretNames {
    pub fn new(extra: &[String]) -> Self {
        Self(Arc::new(extra.iter().map(|name| normalized(name)).collect()))
    }

    pub fn label(&self, name: &str) -> Option<&'static str> {
        let name = normalized(name);
        let fits = |how: &str, known: &str| if how == "is" { name == known } else { name.ends_with(known) };
        let row = KNOWN.iter().find(|(how, known, _)| fits(how, known)).filter(|(how, ..)| *how != "never");
        row.map(|(.., hint)| *hint).or_else(|| self.0.contains(&name).then_some("redacted"))
    }

    /// Adds what is masked by its name. `form`: the text is a form, and begins with a name.
    pub fn named<'r>(&'r self, view: &DecodedText<'_>, part: Range<usize>, form: bool, spots: &mut Vec<Spot<'r>>) {
        let Some(text) = view.text.get(part.clone()) else { return };
        let place = |at: usize| view.place(part.start + at);
        let (mut done, mut done_raw) = (0, 0);
        // The strings of JSON are pieces of their own: what one says ends with it.
        let whole = view.is_whole() && text.len() == view.raw.len();
        let mut strings = decoded::Strings::new(text, whole);
        for (at, byte) in text.bytes().enumerate() {
            if strings.inside(byte)
                || at < done
                || !matches!(byte, b':' | b'=' | b'>')
                || (done_raw > 0 && place(at) < done_raw)
            {
                continue;
            }
            let Some(before) = name_before(text, at) else { continue };
            let Some(label) = self.label(&before.unescaped(text)) else { continue };
            let field = matches!(text.get(..before.at).and_then(|t| t.bytes().next_back()), Some(b'?' | b'&'));
            let code_counts = before.quoted || field || (form && before.at == 0);
            if label == "code" && !code_counts {
                continue;
            }
            let Some((mut spot, bare)) = value_after(text, at + 1, byte, &before, label) else { continue };
            done = spot.end;
            (spot.start, spot.end) = (place(spot.start), place(spot.end));
            spot.quote &= whole;
            if bare && !view.is_whole() {
                // A blank that was encoded is part of the value.
                let raw = view.raw.get(spot.start..).unwrap_or_default();
                spot.end = spot.end.max(spot.start + raw.find(is_value_end).unwrap_or(raw.len()));
            }
            done_raw = spot.end;
            spots.push(spot);
        }
    }
}

fn name_before(text: &str, at: usize) -> Option<Before<'_>> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied();
    let mut end = at;
    let element = byte(at) == Some(b'>');
    for _ in 0..3 {
        if !element && end > 0 && matches!(byte(end - 1), Some(b' ' | b'\t')) {
            end -= 1;
        }
    }
    let quote = end.checked_sub(1).and_then(byte).filter(|b| !element && matches!(b, b'"' | b'\'' | b']'));
    end -= usize::from(quote.is_some());
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let length = bytes.get(..end)?.iter().rev().take(LONGEST).take_while(|b| is_name(**b)).count();
    let start = end - length;
    if length == 0 || (element && start.checked_sub(1).and_then(byte) != Some(b'<')) {
        return None;
    }
    Some(Before { name: text.get(start..end)?, at: start, quoted: matches!(quote, Some(b'"' | b'\'')) })
}

/// The value behind the separator `sep`, if it has to be masked; and whether it stands there bare, with no sign around it.
fn value_after(
    text: &str,
    from: usize,
    sep: u8,
    before: &Before<'_>,
    label: &'static str,
) -> Option<(Spot<'static>, bool)> {
    let rest = text.get(from..)?;
    let value = rest.trim_start_matches(|c| matches!(c, ' ' | '\t') || (before.quoted && matches!(c, '\r' | '\n')));
    let start = text.len() - value.len();
    if is_masked(value) {
        return None;
    }
    let first = value.chars().next()?;
    let mut found = Spot { start, end: start, why: Why::Name, label, quote: false };
    let mut is_bare = false;
    match first {
        '"' | '\'' if sep != b'>' => {
            let inner = value.split_at(1).1;
            let length = quoted(inner, first).or((first == '"').then_some(inner.len()))?;
            let inside = inner.get(..length).filter(|inside| !inside.is_empty() && !is_masked(inside))?;
            if label == "code" && is_error_code(inside) {
                return None;
            }
            (found.start, found.end) = (start + 1, start + 1 + length);
        }
        '{' | '[' if before.quoted => {
            if label == "code" {
                return None;
            }
            found.end = start + container(value);
            found.quote = true;
        }
        _ if sep == b'>' => found.end = start + value.find('<').unwrap_or(value.len()),
        _ if matches!(label, "authorization" | "cookie") && sep == b':' && !before.quoted => {
            let skip = if label == "cookie" {
                let sign = value.find(|c| matches!(c, '=' | ':') || is_line_end(c))?;
                value.get(sign..)?.starts_with('=').then_some(0)?
            } else if looks_secret(value) {
                0
            } else {
                let scheme = value.find(|c: char| !(c.is_ascii_alphabetic() || c == '-'))?;
                let rest = value.get(scheme..)?;
                let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                (blanks > 0 && looks_secret(rest.get(blanks..)?)).then_some(scheme + blanks)?
            };
            let line = value.get(..value.find(is_line_end).unwrap_or(value.len()))?;
            (found.start, found.end) = (start + skip, start + line.trim_end().len());
            if label == "authorization" {
                // A label that names the token's owner, where it is known, says more than `token`.
                (found.label, found.why) = ("token", Why::Look);
            }
        }
        _ => {
            // Prose has "token: expired"; what is no prose has a digit in it.
            if sep == b':' && !before.quoted && !looks_secret(value) {
                return None;
            }
            let length = value.find(is_value_end).unwrap_or(value.len());
            let bare = value.get(..length).filter(|bare| !bare.is_empty())?;
            if before.quoted && (label == "code" || matches!(bare, "null" | "true" | "false")) {
                return None;
            }
            found.end = start + length;
            is_bare = true;
            found.quote = before.quoted;
        }
    }
    (found.end > found.start).then_some((found, is_bare))
}

/// Whether `label` is one that masks have: a name's hint, or a longer one such as `webhook secret`.
pub(super) fn is_label(label: &str) -> bool {
    label == "redacted"
        || label.split_once(' ').is_some_and(|(secret, _)| secret == "token")
        || KNOWN.iter().any(|(.., hint)| label.strip_suffix(hint).is_some_and(|b| b.is_empty() || b.ends_with(' ')))
}

fn is_masked(value: &str) -> bool {
    value.strip_prefix('«').is_some_and(|rest| rest.chars().take(40).any(|c| c == '»'))
}

/// How long what stands in quotation marks is, up to the closing one.
fn quoted(inner: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    inner.bytes().position(|b| {
        let ends = !escaped && char::from(b) == mark;
        escaped = !escaped && b == b'\\';
        ends
    })
}

/// How long the object or list is that begins here; what is cut goes to the end.
fn container(value: &str) -> usize {
    let (mut depth, mut strings) = (0_usize, decoded::Strings::new(value, true));
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            _ if strings.inside(byte) => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    value.len()
}

fn is_value_end(c: char) -> bool {
    // The quotation marks are also those in which guestwire's own sentences quote what was said.
    c.is_whitespace()
        || matches!(c, '“' | '”' | '‘' | '’' | '&' | '?' | '#' | ';' | ',' | '"' | '\'' | '<' | '>' | '(' | ')')
        || matches!(c, '\\' | '{' | '}' | '[' | ']')
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\r' | '\n' | '"' | '\\' | '<')
}

/// Whether the first word is none of a sentence: long enough, and with a digit, a sign, or capitals in the middle.
fn looks_secret(text: &str) -> bool {
    let word = text.split(|c| c == ':' || is_value_end(c)).next().unwrap_or_default();
    let inner_capital =
        word.as_bytes().windows(2).any(|w| matches!(w, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    word.len() >= 6 && (inner_capital || word.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'+' | b'/' | b'=')))
}

/// In JSON `code` is an error's name nearly always, and an authorization code or a JWT now and then. A name is words of
/// letters, joined by dots, hyphens, underscores or spaces; with dots, some digits too. A number may stand as a text: a
/// status, or a code of the guest socket.
fn is_error_code(raw: &str) -> bool {
    let digits = raw.bytes().filter(u8::is_ascii_digit).count();
    if digits == raw.len() {
        return matches!(digits, 3..=4);
    }
    raw.len() <= 80
        && digits <= if raw.contains('.') { 3 } else { 0 }
        && raw.split(['.', '_', '-', ' ']).all(|word| {
            word.len() <= 32
                && word.bytes().all(|b| b.is_ascii_alphanumeric())
                && (is_capitalised(word) || word.bytes().all(|b| !b.is_ascii_lowercase()))
        })
}

/// Whether each capital letter begins a word: `MessageNotAllowed`, and not `mEssAgE`.
fn is_capitalised(words: &str) -> bool {
    let capitals = words.match_indices(|c: char| c.is_ascii_uppercase());
    let mut rest = capitals.filter(|(at, _)| *at > 0).map(|(at, _)| words.as_bytes().get(at + 1..at + 3));
    rest.all(|next| next.is_some_and(|next| next.iter().all(u8::is_ascii_lowercase)))
}
