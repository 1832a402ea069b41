//! Keys of the real terminal. [`Reader`] waits for input, [`Decoder`] makes keys of bytes, and [`Bursts`] finds the pastes
//! that the terminal did not mark: what arrives faster than anybody types. A paste is text: it goes into the composer,
//! never sends, and is never a command. A burst that could be a person's (a key that is held down, a line and its Enter)
//! stays keys.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::time::{Instant, timeout_at};

use super::decoder::{DecodedInput, Decoder};
use super::event_loop::Input;
use super::reader::{self, Reader};
use super::screen;

const LINE_FEED: Event = Event::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL));
const ENTER: Event = Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));

/// Reads the terminal.
#[derive(Debug)]
pub struct TerminalKeys {
    reader: Option<Reader>,
    decoder: Decoder,
    bursts: Bursts,
    ready: VecDeque<Event>,
    /// When bytes that wait for more are taken for what they are.
    settles: Option<Instant>,
    /// The terminal sends a line feed for Enter.
    line_feed_is_enter: bool,
}

impl TerminalKeys {
    /// Begins to read. Looks at the environment for what the terminal is known to do.
    ///
    /// # Errors
    /// The terminal cannot be read.
    pub fn new() -> io::Result<Self> {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let inside_tmux = !variable("TMUX").is_empty();
        Ok(Self {
            reader: Some(Reader::start()?),
            decoder: Decoder::new(inside_tmux),
            bursts: Bursts::new(&variable("TERM")),
            ready: VecDeque::new(),
            settles: None,
            line_feed_is_enter: variable("TERM_PROGRAM").contains("Warp"),
        })
    }

    fn take(&mut self, inputs: VecDeque<DecodedInput>) {
        let mut events = Vec::with_capacity(inputs.len());
        for input in inputs {
            match input {
                DecodedInput::KittyKeyboard => screen::ask_for_distinct_keys(),
                DecodedInput::Event(event) if self.line_feed_is_enter && event == LINE_FEED => events.push(ENTER),
                DecodedInput::Event(event) => events.push(event),
            }
        }
        if self.decoder.marks_pastes() {
            self.ready.extend(self.bursts.end());
            self.ready.extend(events);
        } else {
            self.ready.extend(self.bursts.take(events, Instant::now()));
        }
    }
}

impl Input for TerminalKeys {
    async fn next(&mut self) -> Option<io::Result<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let Some(reader) = &mut self.reader else { return pending().await };
            let wakes = [self.settles, self.bursts.ends_at()].into_iter().flatten().min();
            let read = match wakes {
                Some(at) => timeout_at(at, reader.arrives.recv()).await,
                None => Ok(reader.arrives.recv().await),
            };
            match read {
                Ok(Some(read)) => {
                    let mut inputs = VecDeque::new();
                    reader::decode(read, &mut self.decoder, &mut inputs);
                    self.settles = self.decoder.patience().map(|patience| Instant::now() + patience);
                    self.take(inputs);
                }
                Ok(None) => return None,
                Err(_) => {
                    let now = Instant::now();
                    if self.settles.is_some_and(|at| at <= now) {
                        self.settles = None;
                        let mut inputs = VecDeque::new();
                        self.decoder.settle(&mut inputs);
                        self.take(inputs);
                    }
                    if self.bursts.ends_at().is_some_and(|at| at <= now) {
                        self.ready.extend(self.bursts.end());
                    }
                }
            }
        }
    }

    fn pause(&mut self) {
        self.reader = None;
    }

    fn resume(&mut self) {
        // What was typed at somebody else, and late replies to somebody else's questions, are no keys for us.
        reader::forget_unread();
        self.decoder.reset();
        self.ready.clear();
        self.settles = None;
        let _ = self.bursts.end();
        // A terminal that cannot be read any more is one that is gone: `next` says so.
        self.reader = Reader::start().ok().or_else(|| Some(Reader::ended()));
    }
}

// ── bursts ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// Keys that come closer together than this are no typing.
const GAP: Duration = Duration::from_millis(5);
/// From so many keys on a burst can be a paste.
const KEYS: usize = 3;
/// From so many different keys in one read on it is one, wherever it comes from.
const LONG: usize = 32;

/// Collects what arrives together. Pure but for the moments that are given.
#[derive(Debug)]
struct Bursts {
    /// The terminal is known not to mark pastes.
    unmarked: bool,
    burst: Vec<Event>,
    ends_at: Option<Instant>,
}

impl Bursts {
    /// `term` is the value of `TERM`: these few are known not to mark pastes, and the Windows console marks none.
    fn new(term: &str) -> Self {
        let unmarked = cfg!(windows)
            || ["linux", "ansi", "cygwin", "dumb", "sun"].contains(&term)
            || ["vt", "screen"].iter().any(|family| term.starts_with(family));
        Self { unmarked, burst: Vec::new(), ends_at: None }
    }

    /// When the burst that is being collected is over, unless more arrives.
    fn ends_at(&self) -> Option<Instant> {
        self.ends_at
    }

    /// Takes what one read brought at `now`; what of it is decided already.
    fn take(&mut self, events: Vec<Event>, now: Instant) -> Vec<Event> {
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
    fn end(&mut self) -> Vec<Event> {
        self.ends_at = None;
        let burst = std::mem::take(&mut self.burst);
        let mut after_a_line = burst.iter().skip_while(|e| text_of(e) != Some('\n'));
        let more_than_a_line = after_a_line.any(|e| text_of(e).is_some_and(|c| c != '\n'));
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
#[path = "../../../tests/unit/tui/terminal/input.rs"]
mod tests;
