//! Pieces that several parts of the page use: verdicts in a frame, places to jump to.

use crate::model::Exchange;
use crate::pass::Verdict;

use super::super::words;

/// A verdict as a word in a frame.
pub(super) fn chip(verdict: Option<Verdict>) -> String {
    let word = words::verdict(verdict);
    format!("<span class=\"chip {word}\">{word}</span>")
}

/// A step's id as a place to jump to.
pub(super) fn anchor(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { ':' };
    format!("s-{}", id.chars().map(safe).collect::<String>())
}

/// The place of an exchange: ids are given anew in each process, so the moment is part of it.
pub(super) fn exchange_anchor(exchange: &Exchange) -> String {
    format!("x-{}-{}", exchange.started.wall.as_millisecond(), exchange.id)
}
