//! Waits for input of the terminal: bytes on Unix, on a thread; events of the console on Windows, which tells keys.

use std::collections::VecDeque;
use std::io;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::decoder::{DecodedInput, Decoder};

#[cfg(unix)]
pub use unix::{ByteReader as Reader, decode, forget_unread};
#[cfg(windows)]
pub use windows::{EventReader as Reader, decode, forget_unread};

#[cfg(unix)]
mod unix {
    use std::os::fd::OwnedFd;
    use std::thread::JoinHandle;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::termios::{QueueSelector, tcflush};
    use tokio::sync::mpsc::UnboundedSender;

    use super::{DecodedInput, Decoder, UnboundedReceiver, VecDeque, io, unbounded_channel};

    /// Makes keys of what was read.
    pub fn decode(read: Vec<u8>, decoder: &mut Decoder, inputs: &mut VecDeque<DecodedInput>) {
        decoder.feed(&read, inputs);
    }

    /// Drops what the terminal holds and nobody has read.
    pub fn forget_unread() {
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    }

    /// A thread that reads the terminal until it is told to stop, or the terminal is gone.
    #[derive(Debug)]
    pub struct ByteReader {
        /// What was read; closed when the terminal is gone.
        pub arrives: UnboundedReceiver<Vec<u8>>,
        /// Closing it stops the thread.
        stop: Option<OwnedFd>,
        thread: Option<JoinHandle<()>>,
    }

    impl ByteReader {
        /// Begins to read.
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

    /// Reads until `stopped` is closed at its other end, nobody listens, or the terminal is gone (end of input, an error, a
    /// hang-up): dropping the sender says so.
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
}
