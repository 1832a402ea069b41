//! Masking JSON fields by name without rewriting the rest: a scanner, not a parser, so that text which is cut short,
//! malformed, or JSON only in part is masked as well, and what is shown is what came.

use std::borrow::Cow;

use super::Redactor;

/// JSON inside a JSON string inside … is followed this deep.
const DEEPEST: u8 = 4;

/// Where the scanner stands.
struct Scan<'t> {
    out: String,
    depth: usize,
    /// The hint of a secret name whose value comes next.
    pending: Option<&'t str>,
    /// Inside the object or array of a secret name, from this depth on.
    inside: Option<(usize, &'t str)>,
}

impl Redactor {
    /// `text` with the values of secret fields masked, at every depth.
    pub(super) fn json(&self, text: &str, nested: u8) -> String {
        let mut scan = Scan { out: String::with_capacity(text.len()), depth: 0, pending: None, inside: None };
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = rest.split_at(c.len_utf8()).1;
            rest = match c {
                '"' => self.string(&mut scan, after, nested),
                '{' | '[' => {
                    scan.depth += 1;
                    // An object behind `code` is no code.
                    let label = scan.pending.take().filter(|l| *l != "code");
                    if let (None, Some(label)) = (scan.inside, label) {
                        scan.inside = Some((scan.depth, label));
                    }
                    scan.out.push(c);
                    after
                }
                '}' | ']' => {
                    if scan.inside.is_some_and(|(depth, _)| depth == scan.depth) {
                        scan.inside = None;
                    }
                    scan.depth = scan.depth.saturating_sub(1);
                    scan.pending = None;
                    scan.out.push(c);
                    after
                }
                '-' | '0'..='9' => number(&mut scan, rest),
                c => {
                    if c == ',' || c.is_alphabetic() {
                        scan.pending = None;
                    }
                    scan.out.push(c);
                    after
                }
            };
        }
        scan.out
    }

    /// One string, `rest` standing behind its opening quote; gives what is left behind it.
    fn string<'t>(&self, scan: &mut Scan<'_>, rest: &'t str, nested: u8) -> &'t str {
        let (raw, closed, after) = split_string(rest);
        scan.out.push('"');
        if closed && after.trim_start().starts_with(':') {
            scan.out.push_str(&self.plain(raw, nested));
            scan.pending = if raw.contains('\\') {
                self.label(&unescaped(raw).unwrap_or_else(|| raw.to_owned()))
            } else {
                self.label(raw)
            };
        } else {
            match scan.pending.take().or(scan.inside.map(|(_, label)| label)) {
                Some("code") if is_error_code(raw) => scan.out.push_str(&self.plain(raw, nested)),
                Some(label) if !raw.is_empty() => {
                    scan.out.push('«');
                    scan.out.push_str(label);
                    scan.out.push('»');
                }
                _ => scan.out.push_str(&self.plain(raw, nested)),
            }
        }
        if closed {
            scan.out.push('"');
        }
        after
    }

    /// The inside of a string that is no secret by its name: masked by value and form, seen through its escapes.
    fn plain<'r>(&self, raw: &'r str, nested: u8) -> Cow<'r, str> {
        if raw.contains('\\')
            && let Some(value) = unescaped(raw)
        {
            let inner = value.trim_start();
            let fields = if nested < DEEPEST && inner.starts_with(['{', '[']) {
                self.json(&value, nested + 1)
            } else {
                value.clone()
            };
            let masked = self.text(&fields);
            if masked == value {
                return Cow::Borrowed(raw);
            }
            let escaped = serde_json::Value::from(&*masked).to_string();
            return Cow::Owned(
                escaped.strip_prefix('"').and_then(|e| e.strip_suffix('"')).unwrap_or_default().to_owned(),
            );
        }
        self.text(raw)
    }
}

/// A number is masked behind a secret name; behind `code` it is a status.
fn number<'t>(scan: &mut Scan<'_>, rest: &'t str) -> &'t str {
    let length =
        rest.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E')).count();
    let (digits, after) = rest.split_at(length);
    match scan.pending.take().or(scan.inside.map(|(_, label)| label)).filter(|l| *l != "code") {
        Some(label) => {
            scan.out.push_str("\"«");
            scan.out.push_str(label);
            scan.out.push_str("»\"");
        }
        None => scan.out.push_str(digits),
    }
    after
}

/// Splits behind the closing quote: the raw inside, whether it was closed, the rest.
fn split_string(rest: &str) -> (&str, bool, &str) {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (raw, after) = rest.split_at(at);
                return (raw, true, after.strip_prefix('"').unwrap_or_default());
            }
            _ => {}
        }
    }
    (rest, false, "")
}

fn unescaped(raw: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{raw}\"")).ok()
}

/// In JSON `code` is an error's name nearly always, and an authorization code or a JWT now and then. A name is words of
/// letters, joined by dots, hyphens, underscores or spaces.
fn is_error_code(raw: &str) -> bool {
    raw.len() <= 80
        && raw.split(['.', '_', '-', ' ']).all(|word| {
            word.len() <= 24
                && word.bytes().all(|b| b.is_ascii_alphabetic())
                && (word.bytes().skip(1).all(|b| b.is_ascii_lowercase())
                    || word.bytes().all(|b| b.is_ascii_uppercase()))
        })
}
