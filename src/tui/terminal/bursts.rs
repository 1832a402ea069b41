//! Finds pastes among keys, where the terminal does not mark them: what arrives faster than anybody types. Pure but for
//! the moments that are given.
//!
//! A paste is text: it goes into the composer, never sends, and is never a command. A burst that could be a person's
//! (a key that is held down, a line and its Enter) stays keys.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::time::Instant;

/// Keys that come closer together than this are no typing.
const GAP: Duration = Duration::from_millis(5);
/// From so many keys on a burst can be a paste.
const KEYS: usize = 3;
/// From so many different keys in one read on it is one, wherever it comes from.
const LONG: usize = 32;

/// Collects what arrives together.
#[derive(Debug)]
pub struct Bursts {
    /// The terminal is known not to mark pastes.
    unmarked: bool,
    burst: Vec<Event>,
    ends_at: Option<Instant>,
}

impl Bursts {
    /// `term` is the value of `TERM`: these few are known not to mark pastes, and the Windows console marks none.
    pub fn new(term: &str) -> Self {
        let unmarked = cfg!(windows)
            || ["linux", "ansi", "cygwin", "dumb", "sun"].contains(&term)
            || ["vt", "screen"].iter().any(|family| term.starts_with(family));
        Self { unmarked, burst: Vec::new(), ends_at: None }
    }

    /// When the burst that is being collected is over, unless more arrives.
    pub fn ends_at(&self) -> Option<Instant> {
        self.ends_at
    }

    /// Takes what one read brought at `now`; what of it is decided already.
    pub fn take(&mut self, events: Vec<Event>, now: Instant) -> Vec<Event> {
        let breaks = |event: &Event| text_of(event) == Some('\n');
        let undecided = self.unmarked || events.len() >= KEYS && events.iter().any(breaks);
        if self.burst.is_empty() && !undecided {
            return if events.len() >= LONG { as_paste(events, LONG) } else { events };
        }
        self.burst.extend(events);
        self.ends_at = Some(now + GAP);
        Vec::new()
    }

    /// The burst is over: what it was.
    pub fn end(&mut self) -> Vec<Event> {
        self.ends_at = None;
        let burst = std::mem::take(&mut self.burst);
        let more_than_a_line = burst.iter().rposition(|e| text_of(e) == Some('\n')).is_some_and(|_| {
            let first = burst.iter().position(|e| text_of(e) == Some('\n')).unwrap_or_default();
            burst.iter().skip(first + 1).any(|e| text_of(e).is_some_and(|c| c != '\n'))
        });
        if self.unmarked || more_than_a_line { as_paste(burst, KEYS) } else { burst }
    }
}

/// One paste, where all of `events` are text, at least `least` of them, and not one key that is held down.
fn as_paste(events: Vec<Event>, least: usize) -> Vec<Event> {
    let text: Option<String> = events.iter().map(text_of).collect();
    let held = events.windows(2).all(|pair| matches!(pair, [one, other] if one == other));
    match text {
        Some(text) if events.len() >= least && !held => vec![Event::Paste(text)],
        _ => events,
    }
}

/// The character that a key stands for in a paste.
fn text_of(event: &Event) -> Option<char> {
    let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return None };
    match code {
        KeyCode::Char('j') if *modifiers == KeyModifiers::CONTROL => Some('\n'),
        KeyCode::Char(c) if modifiers.difference(KeyModifiers::SHIFT).is_empty() => Some(*c),
        KeyCode::Tab if modifiers.is_empty() => Some('\t'),
        KeyCode::Enter if modifiers.is_empty() => Some('\n'),
        _ => None,
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/bursts.rs"]
mod tests;
