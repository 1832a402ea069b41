//! Outside text inside markup, and the page around it: a text stays text. Controls and invisible characters are made
//! visible first (see [`crate::text::screen`]), then whatever the markup would take for its own is escaped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::text::screen::{visible, visible_lines};

/// Characters that a terminal or an editor would obey rather than show, as JSON escapes: the data stays what it was.
pub fn unseen_as_escapes(json: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut alone = [0; 4];
        let alone: &str = c.encode_utf8(&mut alone);
        if c.is_ascii() || visible(alone) == alone {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// For HTML and XML, as content and as a quoted attribute.
pub fn markup(text: &str) -> String {
    let shown = visible_lines(text).collect::<Vec<_>>().join("\n");
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // XML 1.0 has no place for the last two, escaped or not.
    escaped.replace('"', "&quot;").replace('\'', "&#39;").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// For Markdown, as part of a paragraph or a table's cell. Line ends become spaces.
pub fn markdown(text: &str) -> String {
    visible_lines(text).map(|line| markdown_line(&line)).collect::<Vec<_>>().join(" ")
}

/// For Markdown, as a quotation of as many lines.
pub fn markdown_quote(text: &str) -> String {
    // Two spaces at the end keep the line's end.
    visible_lines(text).map(|line| format!("> {}", markdown_line(&line))).collect::<Vec<_>>().join("  \n")
}

fn markdown_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let trimmed = line.trim_start();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    // `-`, `+`, `=` and `1.` only mean something where a line begins.
    let marker = match trimmed.as_bytes().get(digits) {
        Some(b'-' | b'+' | b'=') if digits == 0 => Some(line.len() - trimmed.len()),
        // A number is a list only with a blank behind it.
        Some(b'.' | b')') if digits > 0 && matches!(trimmed.as_bytes().get(digits + 1), None | Some(b' ')) => {
            Some(line.len() - trimmed.len() + digits)
        }
        Some(b'#') if digits == 0 => Some(line.len() - trimmed.len()),
        _ => None,
    };
    for (at, c) in line.char_indices() {
        let plain_link = c == ':' && line.get(at..).is_some_and(|rest| rest.starts_with("://"));
        let www = c == '.' && line.get(..at).is_some_and(|before| before.to_ascii_lowercase().ends_with("www"));
        let next = line.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' => true,
            '!' => next == Some('['),
            '&' => next.is_some_and(|n| n == '#' || n.is_ascii_alphanumeric()),
            _ => false,
        };
        if special || plain_link || www || marker == Some(at) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// For Markdown, as a block of code that nothing inside can end.
pub fn markdown_code(text: &str, language: &str) -> String {
    let lines: Vec<_> = visible_lines(text).collect();
    let ticks = |line: &str| line.trim_start().bytes().take_while(|b| *b == b'`').count();
    let longest = lines.iter().map(|line| ticks(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// What all pages look like: light and dark, on paper too.
const STYLE: &str = include_str!("../../assets/report/page.css");

/// An HTML page that needs nothing from outside: style and script stand in it, and its own policy forbids the rest. `body`
/// is markup already; `script` may be empty, and the page must be readable without it.
pub fn page(title: &str, body: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
    let (style_hash, script_hash) = (hash(STYLE), hash(script));
    let (script, script_source) = if script.is_empty() {
        (String::new(), "'none'".to_owned())
    } else {
        (format!("<script>{script}</script>\n"), format!("'sha256-{script_hash}'"))
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style_hash}'; \
         script-src {script_source}; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"generator\" content=\"guestwire {version}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n{body}{script}</body>\n</html>\n",
        version = env!("CARGO_PKG_VERSION"),
        title = markup(title),
    )
}

#[cfg(test)]
#[path = "../../tests/unit/export/escape.rs"]
mod tests;
