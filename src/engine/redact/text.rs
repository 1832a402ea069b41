//! Masking by value and by form in any text, and `name=value` pairs by name.

use std::borrow::Cow;

use super::Redactor;

/// Shortest part of a JWT, and shortest credentials after `Bearer`, that are taken for a secret.
const SHORTEST_PART: usize = 8;
const SHORTEST_BEARER: usize = 16;

impl Redactor {
    /// `text` with this session's secrets, JWTs, `Bearer …` credentials and secret `name=value` pairs masked.
    /// Borrowed where there was nothing to mask.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        if !self.suspects(text) {
            return out;
        }
        for literal in &self.literals {
            for form in literal.forms.iter() {
                if out.contains(form.as_str()) {
                    out = Cow::Owned(out.replace(form.as_str(), &format!("«{}»", literal.label)));
                }
            }
        }
        if out.contains('=') {
            out = replaced(out, |t| self.pairs(t, false));
        }
        if out.contains("eyJ") {
            out = replaced(out, |t| scan(t, "eyJ", jwt));
        }
        if out.contains("earer ") {
            out = replaced(out, |t| scan(t, "earer ", bearer));
        }
        if !self.masks.is_empty() {
            out = replaced(out, |t| self.masks.text(t));
        }
        out
    }

    /// Whether anything in `text` begins as something that [`Redactor::text`] masks; false is certain. One pass without
    /// an allocation, since nearly every text is innocent.
    pub(super) fn suspects(&self, text: &str) -> bool {
        if !self.masks.is_empty() && !self.masks.find(text).is_empty() {
            return true;
        }
        let bytes = text.as_bytes();
        bytes.iter().enumerate().any(|(at, byte)| {
            if !self.begins.get(usize::from(*byte)).is_none_or(|b| *b) {
                return false;
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let literal = || self.literals.iter().flat_map(|l| l.forms.iter()).any(|f| rest.starts_with(f.as_bytes()));
            *byte == b'=' || rest.starts_with(b"eyJ") || rest.starts_with(b"earer ") || literal()
        })
    }

    /// Masks the values of secret names in `name=value` wherever such a pair stands (forms, queries, prose). `code` is
    /// a secret only where `code` says so: in forms and URLs.
    pub(super) fn pairs<'t>(&self, text: &'t str, code: bool) -> Cow<'t, str> {
        if !text.contains('=') {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut changed = false;
        for piece in text.split_inclusive(is_pair_end) {
            let (pair, end) = match piece.char_indices().next_back() {
                Some((at, c)) if is_pair_end(c) => piece.split_at(at),
                _ => (piece, ""),
            };
            match pair.split_once('=') {
                Some((name, value)) if !value.is_empty() && !value.starts_with('«') => {
                    let plain = percent_decoded(name);
                    match self.label(&plain) {
                        Some("code") if !code => out.push_str(pair),
                        Some(label) => {
                            changed = true;
                            out.push_str(name);
                            out.push_str("=«");
                            out.push_str(label);
                            out.push('»');
                        }
                        None => out.push_str(pair),
                    }
                }
                _ => out.push_str(pair),
            }
            out.push_str(end);
        }
        if changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
    }
}

fn is_pair_end(c: char) -> bool {
    // The quotation marks are those in which guestwire's own sentences quote what was said.
    c.is_whitespace()
        || matches!(c, '“' | '”' | '‘' | '’' | '&' | '?' | '#' | ';' | ',' | '"' | '\'' | '<' | '>' | '(' | ')' | '\\')
}

/// Names may be percent-encoded to hide; only ASCII matters for comparing.
fn percent_decoded(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    let mut parts = name.split('%');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let byte = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii);
        if let (Some(byte), Some(rest)) = (byte, part.get(2..)) {
            out.push(char::from(byte));
            out.push_str(rest);
        } else {
            out.push('%');
            out.push_str(part);
        }
    }
    Cow::Owned(out)
}

fn replaced<'t>(text: Cow<'t, str>, change: impl for<'x> FnOnce(&'x str) -> Cow<'x, str>) -> Cow<'t, str> {
    let next = match change(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(next) => Some(next),
    };
    next.map_or(text, Cow::Owned)
}

/// Looks at each `mark` in `text`: `take` gets what begins with it and says how many bytes of it to keep and how many
/// to mask after that, with the hint.
fn scan<'t>(text: &'t str, mark: &str, take: fn(&str) -> Option<(usize, usize, &'static str)>) -> Cow<'t, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find(mark) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        let (keep, hide, label) = take(here).unwrap_or((mark.len(), 0, ""));
        let (kept, after) = here.split_at(keep);
        out.push_str(kept);
        if hide > 0 {
            changed = true;
            out.push('«');
            out.push_str(label);
            out.push('»');
        }
        rest = after.split_at(hide).1;
    }
    out.push_str(rest);
    if changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// `eyJ….….…`: base64url parts joined by dots; two are enough (a signature may be cut off).
fn jwt(here: &str) -> Option<(usize, usize, &'static str)> {
    let length =
        here.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=')).count();
    let mut parts = here.get(..length)?.split('.');
    let whole = parts.next()?.len() >= SHORTEST_PART && parts.next()?.len() >= SHORTEST_PART / 2;
    // A header part alone, cut at the end of what was kept.
    let cut = length == here.len() && length >= 2 * SHORTEST_PART;
    (whole || cut).then_some((0, length, "jwt"))
}

/// `Bearer xxxxx`: long credentials with a digit in them (prose after "bearer" has none).
fn bearer(here: &str) -> Option<(usize, usize, &'static str)> {
    let keep = "earer ".len();
    let value = here.get(keep..)?;
    let length = value
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'='))
        .count();
    let digits = value.get(..length)?.bytes().any(|b| b.is_ascii_digit());
    (length >= SHORTEST_BEARER && digits).then_some((keep, length, "token"))
}
