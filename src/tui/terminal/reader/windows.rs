//! Reads the console's events, on Windows: it tells keys, not bytes.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind, poll, read};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use crate::tui::terminal::decoder::{DecodedInput, Decoder};

/// Passes on what was read. A key that is let go of is no key.
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
    /// What was read; closed when the console is gone.
    pub arrives: UnboundedReceiver<Event>,
    task: Option<JoinHandle<()>>,
}

impl EventReader {
    /// Begins to read.
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
