//! Keys of the real terminal.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::Input;

/// Keys that come closer together than this are no typing.
const BURST_GAP: Duration = Duration::from_millis(5);
/// From so many keys on, with an Enter among them, a burst is a paste.
const BURST_KEYS: usize = 3;

/// Reads the terminal.
#[derive(Debug)]
pub struct Keys {
    stream: Option<EventStream>,
    /// Whether bursts must be told from typing here, because the terminal does not mark pastes.
    burst: bool,
    ready: VecDeque<Event>,
}

impl Keys {
    /// Begins to read. `term` is the value of `TERM`: of the terminals that do not know bracketed paste only these few
    /// are still met.
    pub fn new(term: &str) -> Self {
        let burst = term == "linux" || term.starts_with("vt") || term == "ansi" || term == "cygwin";
        Self { stream: Some(EventStream::new()), burst, ready: VecDeque::new() }
    }
}

impl Input for Keys {
    async fn next(&mut self) -> Option<io::Result<Event>> {
        if let Some(event) = self.ready.pop_front() {
            return Some(Ok(event));
        }
        let Some(stream) = &mut self.stream else { return pending().await };
        let first = stream.next().await?;
        if !self.burst || !matches!(first, Ok(Event::Key(_))) {
            return Some(first);
        }
        self.ready.extend(first.ok());
        while let Ok(Some(Ok(event))) = timeout(BURST_GAP, stream.next()).await {
            self.ready.push_back(event);
        }
        if let Some(text) = paste_of(&self.ready) {
            self.ready.clear();
            return Some(Ok(Event::Paste(text)));
        }
        self.ready.pop_front().map(Ok)
    }

    fn pause(&mut self) {
        self.stream = None;
    }

    fn resume(&mut self) {
        self.stream = Some(EventStream::new());
    }
}

/// The text of a burst that is a paste: at least three keys, all of them text, an Enter among them.
fn paste_of(events: &VecDeque<Event>) -> Option<String> {
    if events.len() < BURST_KEYS {
        return None;
    }
    let mut text = String::new();
    let mut enter = false;
    for event in events {
        let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
        if *kind == KeyEventKind::Release {
            continue;
        }
        match code {
            KeyCode::Char('j') if *modifiers == KeyModifiers::CONTROL => text.push('\n'),
            KeyCode::Char(c) if modifiers.difference(KeyModifiers::SHIFT).is_empty() => text.push(*c),
            KeyCode::Tab => text.push('\t'),
            KeyCode::Enter => {
                enter = true;
                text.push('\n');
            }
            _ => return None,
        }
    }
    enter.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(codes: &[KeyCode]) -> VecDeque<Event> {
        codes.iter().map(|&c| Event::Key(KeyEvent::new(c, KeyModifiers::NONE))).collect()
    }

    #[test]
    fn a_burst_with_enter_is_a_paste() {
        let burst = keys(&[KeyCode::Char('a'), KeyCode::Enter, KeyCode::Char('b')]);
        assert_eq!(paste_of(&burst).as_deref(), Some("a\nb"));
    }

    #[test]
    fn typing_is_not() {
        assert_eq!(paste_of(&keys(&[KeyCode::Char('a'), KeyCode::Enter])), None);
        assert_eq!(paste_of(&keys(&[KeyCode::Char('a'), KeyCode::Char('b'), KeyCode::Char('c')])), None);
        assert_eq!(paste_of(&keys(&[KeyCode::Char('a'), KeyCode::Up, KeyCode::Enter])), None);
    }
}
