//! Keys of the real terminal. [`Reader`] waits for input, [`Decoder`] makes keys of bytes, and [`Bursts`] finds the pastes
//! that the terminal did not mark.

use std::collections::VecDeque;
use std::future::pending;
use std::io;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::time::{Instant, timeout_at};

use super::bursts::Bursts;
use super::decoder::{self, Decoder};
use super::interfaces::Input;
use super::reader::{self, Reader};
use super::screen;

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

    fn take(&mut self, inputs: VecDeque<decoder::DecodedInput>) {
        let mut events = Vec::with_capacity(inputs.len());
        for input in inputs {
            match input {
                decoder::DecodedInput::KittyKeyboard => screen::ask_for_distinct_keys(),
                decoder::DecodedInput::Event(Event::Key(key)) if self.line_feed_is_enter && is_line_feed(key) => {
                    events.push(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
                }
                decoder::DecodedInput::Event(event) => events.push(event),
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

fn is_line_feed(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('j') && key.modifiers == KeyModifiers::CONTROL
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
