//! Keys of the real terminal: [`Reader`] waits, [`Decoder`] makes keys of bytes, and [`Bursts`] finds the pastes that
//! the terminal did not mark: what arrives faster than anybody types, unless a person could have typed it.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::decoder::{DecodedInput, Decoder};
use super::event_loop::Input;
use super::screen;
#[cfg(unix)]
use unix::{ByteReader as Reader, decode, forget_unread};
#[cfg(windows)]
use windows::{EventReader as Reader, decode, forget_unread};

const LINE_FEED: Event = Event::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL));
const ENTER: Event = Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));

#[derive(Debug)]
pub struct TerminalKeys {
    reader: Option<Reader>,
    decoder: Decoder,
    bursts: Bursts,
    ready: VecDeque<Event>,
    /// When bytes that wait for more are taken for what they are.
    flush_at: Option<Instant>,
    /// The terminal sends a line feed for Enter.
    line_feed_is_enter: bool,
}

impl TerminalKeys {
    pub fn new() -> io::Result<Self> {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let inside_tmux = !variable("TMUX").is_empty();
        Ok(Self {
            reader: Some(Reader::start()?),
            decoder: Decoder::new(inside_tmux),
            bursts: Bursts::new(&variable("TERM")),
            ready: VecDeque::new(),
            flush_at: None,
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
        if self.decoder.marks_pastes {
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
            let wakes = [self.flush_at, self.bursts.ends_at].into_iter().flatten().min();
            let read = match wakes {
                Some(at) => timeout_at(at, reader.arrives.recv()).await,
                None => Ok(reader.arrives.recv().await),
            };
            match read {
                Ok(Some(read)) => {
                    let mut inputs = VecDeque::new();
                    decode(read, &mut self.decoder, &mut inputs);
                    self.flush_at = self.decoder.patience().map(|patience| Instant::now() + patience);
                    self.take(inputs);
                }
                Ok(None) => return None,
                Err(_) => {
                    let now = Instant::now();
                    if self.flush_at.take_if(|at| *at <= now).is_some() {
                        let mut inputs = VecDeque::new();
                        self.decoder.flush_pending(&mut inputs);
                        self.take(inputs);
                    }
                    if self.bursts.ends_at.is_some_and(|at| at <= now) {
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
        forget_unread();
        self.decoder.reset();
        self.ready.clear();
        self.flush_at = None;
        let _ = self.bursts.end();
        // A terminal that cannot be read any more is one that is gone: `next` says so.
        self.reader = Reader::start().ok().or_else(|| Some(Reader::ended()));
    }
}

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
    /// When the burst that is being collected is over, unless more arrives.
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

#[cfg(unix)]
mod unix {
    use std::os::fd::OwnedFd;
    use std::thread::JoinHandle;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::termios::{QueueSelector, tcflush};
    use tokio::sync::mpsc::UnboundedSender;

    use super::{DecodedInput, Decoder, UnboundedReceiver, VecDeque, io, unbounded_channel};

    pub fn decode(read: Vec<u8>, decoder: &mut Decoder, inputs: &mut VecDeque<DecodedInput>) {
        decoder.feed(&read, inputs);
    }

    /// Drops what the terminal holds and nobody has read.
    pub fn forget_unread() {
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    }

    #[derive(Debug)]
    pub struct ByteReader {
        pub arrives: UnboundedReceiver<Vec<u8>>,
        /// Closing it stops the thread.
        stop: Option<OwnedFd>,
        thread: Option<JoinHandle<()>>,
    }

    impl ByteReader {
        pub fn start() -> io::Result<Self> {
            let (sender, arrives) = unbounded_channel();
            // One that programs of others do not inherit: a clipboard helper that stays would keep it open.
            let (stopped, stop) = io::pipe()?;
            let (stopped, stop) = (OwnedFd::from(stopped), OwnedFd::from(stop));
            let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || read(&sender, &stopped))?;
            Ok(Self { arrives, stop: Some(stop), thread: Some(thread) })
        }

        /// A reader of a terminal that is gone.
        pub fn ended() -> Self {
            Self { arrives: unbounded_channel().1, stop: None, thread: None }
        }
    }

    impl Drop for ByteReader {
        fn drop(&mut self) {
            drop(self.stop.take());
            if let Some(thread) = self.thread.take() {
                let _ = thread.join();
            }
        }
    }

    /// Reads until `stopped` is closed, nobody listens, or the terminal is gone: dropping the sender says so.
    fn read(chunks: &UnboundedSender<Vec<u8>>, stopped: &OwnedFd) {
        let input = io::stdin();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let mut wanted = [PollFd::new(&input, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
            match poll(&mut wanted, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            let [terminal, stopped] = wanted.map(|fd| fd.revents());
            if !stopped.is_empty() || !terminal.contains(PollFlags::IN) && !terminal.is_empty() {
                return;
            }
            match rustix::io::read(&input, &mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default().to_vec();
                    if chunks.send(bytes).is_err() {
                        return;
                    }
                }
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(_) => return,
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::time::Duration;

    use crossterm::event::{Event, EventStream, KeyEventKind, poll, read};
    use futures_util::StreamExt as _;
    use tokio::task::JoinHandle;

    use super::{DecodedInput, Decoder, UnboundedReceiver, VecDeque, io, unbounded_channel};

    pub fn decode(read: Event, _: &mut Decoder, inputs: &mut VecDeque<DecodedInput>) {
        if !matches!(&read, Event::Key(key) if key.kind == KeyEventKind::Release) {
            inputs.push_back(DecodedInput::Event(read));
        }
    }

    /// Drops what the console holds and nobody has read.
    pub fn forget_unread() {
        while poll(Duration::ZERO).unwrap_or(false) && read().is_ok() {}
    }

    /// A task that reads the console until it is dropped, or the console is gone.
    #[derive(Debug)]
    pub struct EventReader {
        pub arrives: UnboundedReceiver<Event>,
        task: Option<JoinHandle<()>>,
    }

    impl EventReader {
        #[expect(clippy::unnecessary_wraps, reason = "on Unix this can fail")]
        pub fn start() -> io::Result<Self> {
            let (sender, arrives) = unbounded_channel();
            let mut events = EventStream::new();
            let task = tokio::spawn(async move {
                while let Some(Ok(event)) = events.next().await {
                    if sender.send(event).is_err() {
                        return;
                    }
                }
            });
            Ok(Self { arrives, task: Some(task) })
        }

        /// A reader of a console that is gone.
        pub fn ended() -> Self {
            Self { arrives: unbounded_channel().1, task: None }
        }
    }

    impl Drop for EventReader {
        fn drop(&mut self) {
            if let Some(task) = self.task.take() {
                task.abort();
            }
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/input.rs"]
mod tests;
