//! Highlighting of JSON, a line at a time: what each piece of an already laid-out line means. Allocates nothing.

use std::ops::Range;

use crate::tui::theme::StyleRole;

/// The pieces of a line of laid-out JSON, in order, covering all of it. `inside` says that the line begins inside of a
/// string (a long one that was wrapped).
pub const fn pieces(line: &str, inside: bool) -> Pieces<'_> {
    Pieces { line, at: 0, inside }
}

/// See [`pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'l> {
    line: &'l str,
    at: usize,
    inside: bool,
}

impl Iterator for Pieces<'_> {
    type Item = (Range<usize>, StyleRole);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.line.get(self.at..)?;
        let first = rest.chars().next()?;
        let (len, role) = if self.inside || first == '"' {
            let opened = usize::from(!self.inside);
            self.inside = false;
            let len = opened + rest.get(opened..).map_or(0, string_end);
            let is_name = rest.get(len..).is_some_and(|after| after.trim_start().starts_with(':'));
            (len, if is_name { StyleRole::Name } else { StyleRole::Text })
        } else if first.is_ascii_digit() || first == '-' {
            let end = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
            (end.unwrap_or(rest.len()), StyleRole::Text)
        } else if first.is_alphabetic() {
            let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let known = matches!(rest.get(..len), Some("true" | "false" | "null"));
            (len, if known { StyleRole::Strong } else { StyleRole::Text })
        } else {
            let end = rest.find(|c: char| c == '"' || c == '-' || c.is_alphanumeric());
            (end.unwrap_or(rest.len()), StyleRole::Text)
        };
        let from = self.at;
        self.at += len.max(first.len_utf8());
        Some((from..self.at.min(self.line.len()), role))
    }
}

/// Bytes up to and including the quote that ends a string, or all of them.
fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/view/json.rs"]
mod tests;
