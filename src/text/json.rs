//! The one reader of text and JSON from outside: answers, frames, webhooks, tokens.
//!
//! ```text
//! bytes ─► text: BOM, charset, UTF-16, bad bytes as U+FFFD ─► read: as it is, else mended ─► Value
//! ```
//! One bad place must not hide the rest: a page of messages is read although one of them has half an emoji in it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde_json::Value;

/// Longer documents are not read. Bodies are cut long before.
pub(crate) const LONGEST: usize = 8 << 20;
/// What is nested deeper is read as `null`: no answer of the service is nested so deep, and reading recurses.
const DEEPEST: usize = 100;

/// Reads a JSON document; `None` where it is none.
///
/// A byte order mark is skipped, UTF-16 is recognised, bad bytes and unpaired surrogate escapes become U+FFFD. What
/// is no JSON but often written (raw control characters, `NaN`), numbers out of range and what is nested too deep are
/// read as what is nearest. Of two fields with the same name the last counts.
pub fn read(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > LONGEST {
        return None;
    }
    serde_json::from_slice(bytes).ok().or_else(|| serde_json::from_str(&mended(&text(bytes, None))).ok())
}

/// An object without the fields that are null.
pub fn dense(mut json: Value) -> Value {
    if let Some(map) = json.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    json
}

/// An object with the fields of another one too.
pub fn with(mut json: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (json.as_object_mut(), more) {
        fields.extend(more);
    }
    json
}

/// Whether `text` is a JSON document, as [`read`] understands it.
pub fn is(text: &str) -> bool {
    let whole = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    whole(text) || (text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) && whole(&mended(text)))
}

/// `bytes` as text. The byte order mark says how they are encoded, else `charset` (a label as in `Content-Type`), else
/// they are UTF-8, or UTF-16 where every other of the first bytes is zero.
pub fn text<'b>(bytes: &'b [u8], charset: Option<&str>) -> Cow<'b, str> {
    let (encoding, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None => (utf16(bytes).or_else(|| Encoding::for_label(charset?.as_bytes())).unwrap_or(UTF_8), bytes),
    };
    encoding.decode_without_bom_handling(rest).0
}

/// UTF-16 without a byte order mark: all that we read begins with ASCII.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, 1..=255, ..] if bytes.get(2).is_none_or(|b| *b == 0) => Some(UTF_16BE),
        [1..=255, 0, ..] if bytes.get(3).is_none_or(|b| *b == 0) => Some(UTF_16LE),
        _ => None,
    }
}

/// `text` with all that the parser would refuse replaced by what is nearest, in one pass.
fn mended(text: &str) -> String {
    let mut out = Out { text: String::with_capacity(text.len()), depth: 0 };
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(c) = rest.chars().next() {
        let (here, after) = rest.split_at(c.len_utf8());
        rest = match c {
            '"' => string(after, &mut out),
            '{' | '[' => {
                out.depth += 1;
                if out.depth == DEEPEST + 1 {
                    out.text.push_str("null");
                }
                out.push(here);
                after
            }
            '}' | ']' => {
                out.push(here);
                out.depth = out.depth.saturating_sub(1);
                after
            }
            '-' | '+' | '.' | '0'..='9' | 'a'..='z' | 'A'..='Z' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')));
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                // `1e999`, `NaN`, `-Infinity`.
                out.push(if word.parse().is_ok_and(|n: f64| !n.is_finite()) { "null" } else { word });
                after
            }
            _ => {
                out.push(here);
                after
            }
        };
    }
    out.text
}

struct Out {
    text: String,
    depth: usize,
}

impl Out {
    fn push(&mut self, part: &str) {
        if self.depth <= DEEPEST {
            self.text.push_str(part);
        }
    }
}

/// One string from behind its opening quote; gives what is left behind the closing one.
fn string<'t>(mut rest: &'t str, out: &mut Out) -> &'t str {
    out.push("\"");
    loop {
        let stop = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
        let (plain, here) = rest.split_at(stop);
        out.push(plain);
        let Some(first) = here.chars().next() else { return "" };
        let after = here.split_at(1).1;
        rest = match first {
            '"' => {
                out.push("\"");
                return after;
            }
            '\\' => escape(here, out),
            control => {
                out.push(&format!("\\u{:04x}", u32::from(control)));
                after
            }
        };
    }
}

/// One escape, with the other half of its pair where it has one; gives what is left behind.
fn escape<'t>(here: &'t str, out: &mut Out) -> &'t str {
    let length = match (here.as_bytes().get(1), unit(here)) {
        (_, Some(0xd800..=0xdbff)) => match here.get(6..).and_then(unit) {
            Some(0xdc00..=0xdfff) => 12,
            _ => 0,
        },
        (_, Some(0xdc00..=0xdfff)) => 0,
        (_, Some(_)) => 6,
        (Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'), None) => 2,
        _ => {
            // No escape at all: the backslash stands for itself.
            out.push("\\\\");
            return here.split_at(1).1;
        }
    };
    let (kept, after) = here.split_at(if length == 0 { 6 } else { length });
    out.push(if length == 0 { "\u{fffd}" } else { kept });
    after
}

/// The UTF-16 unit of an escape (`\u00e4`) at the beginning.
fn unit(here: &str) -> Option<u16> {
    let digits = here.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}
