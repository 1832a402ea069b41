//! The console's loop: it owns terminal, inputs and timers, feeds `update`, carries out effects, and draws what
//! changed. Nothing runs at rest. Keys ([`Input`]), screen ([`Screen`]) and [`Platform`] are parameters, so that tests
//! run this loop.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyEvent, KeyEventKind};
use ratatui::layout::Size;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::recorder::Recorder;
use crate::clock::Clock;
use crate::engine::{Command, Report};
use crate::journal::{Job, JournalReport};
use crate::model::{Moment, Signal};
use crate::session::local::{LocalAnswer, LocalRequest};
use crate::tui::state::State;
use crate::tui::{Effect, Event, update};

/// Reports are drawn at most this often; a key is drawn at once.
const FRAME: Duration = Duration::from_millis(16);
/// Reports taken in one go: a key waits for no more in a flood of them. A refusal is diagnosed as it comes, and others of
/// before again: some tenth of a millisecond each.
pub const BATCH: usize = 32;

/// Where keys come from. Dropped and taken up again around an editor, which needs the terminal for itself.
pub trait Input {
    /// The next event; `None` when the terminal is gone.
    fn next(&mut self) -> impl Future<Output = Option<io::Result<TerminalEvent>>>;
    /// Stops reading the terminal.
    fn pause(&mut self);
    /// Reads again.
    fn resume(&mut self);
}

/// Where frames go.
pub trait Screen {
    /// Draws the state.
    fn draw(&mut self, state: &State) -> io::Result<()>;
    /// Forgets what the terminal shows, so that the next draw writes every cell.
    fn forget(&mut self) -> io::Result<()>;
    /// Sets the window title.
    fn title(&mut self, title: &str) -> io::Result<()>;
    /// The size that it has now, in cells.
    fn size(&self) -> Size;
}

/// A program of somebody else at work, off the loop; what came of it, one sentence.
pub type Work<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// Everything outside the process that an effect may need, but the engine.
pub trait Platform {
    /// Puts text on the clipboard, within a bound; a sentence that says what was done, or why not.
    fn copy(&mut self, text: &str) -> Work<String>;
    /// Gives the terminal to another program.
    fn give_terminal(&mut self);
    /// Takes the terminal back, or takes it anew where another program changed its modes.
    fn take_terminal(&mut self) -> io::Result<()>;
    /// Opens the editor on `text`, on a terminal that was given away; the text that it left.
    fn edit(&mut self, text: String) -> Work<String>;
    /// Shows `text` in the pager, on a terminal that was given away.
    fn page(&mut self, text: String) -> Work<()>;
    /// Does what is asked of this machine; `mask` hides secrets in what is written.
    fn local(&mut self, request: LocalRequest, mask: &dyn Fn(&str) -> String) -> LocalAnswer;
    /// Stops the process until [`Signal::Resumed`]. `false` where no program can be stopped.
    fn stop(&mut self) -> io::Result<bool>;
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopEnd {
    /// A person left.
    Quit,
    /// The signal of this number asked for it.
    Terminated(u8),
    /// The terminal or the engine is gone.
    Lost,
}

/// What the loop runs on.
pub struct EventLoop<I, S, O> {
    /// Keys.
    pub input: I,
    /// Frames.
    pub screen: S,
    /// The platform.
    pub platform: O,
    /// Time.
    pub clock: Clock,
    /// Asks the engine.
    pub engine: Box<dyn Fn(Command) + Send>,
    /// Masks what leaves as text: see [`crate::engine::EngineHandle::mask`].
    pub mask: Box<dyn Fn(&str) -> String + Send>,
    /// What the engine says.
    pub reports: Receiver<Report>,
    /// Asks the journal.
    pub journal: Box<dyn Fn(Job) + Send>,
    /// What the journal says. May be closed: then there is none.
    pub journal_reports: UnboundedReceiver<JournalReport>,
    /// Signals.
    pub signals: UnboundedReceiver<Signal>,
}

/// Who has the terminal. While it is not the console, nothing is drawn, and no key is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TerminalOwner {
    Console,
    /// An editor or a pager, which deals with signals by itself.
    Program,
    /// The console is stopped, and the signal that continues it gives the terminal back.
    Shell,
}

struct LoopState {
    dirty: bool,
    next_frame: Instant,
    exit: Option<LoopEnd>,
    title: String,
    recorder: Option<Recorder>,
    holder: TerminalOwner,
    /// What programs of others bring back; the second half says that the terminal comes with it.
    answers: UnboundedReceiver<(Option<Event>, bool)>,
    answer: UnboundedSender<(Option<Event>, bool)>,
}

impl<I: Input, S: Screen, O: Platform> EventLoop<I, S, O> {
    /// Runs until someone leaves. The state keeps what it was, for whoever wants to look at it afterwards.
    pub async fn run(&mut self, state: &mut State) -> io::Result<LoopEnd> {
        let (answer, answers) = unbounded_channel();
        let mut turn = LoopState {
            holder: TerminalOwner::Console,
            answers,
            answer,
            dirty: true,
            next_frame: Instant::now(),
            exit: None,
            title: String::new(),
            recorder: None,
        };
        // It may have changed before anybody listened for that.
        self.measure(state, &mut turn)?;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if let Some(exit) = turn.exit {
                return Ok(exit);
            }
            let deadline = state.next_deadline().map(|at| Instant::from_std(self.clock.instant(at)));
            tokio::select! { biased;
                event = self.input.next() => match event {
                    Some(Ok(event)) => self.on_terminal(state, &mut turn, event)?,
                    Some(Err(_)) | None => return Ok(LoopEnd::Lost),
                },
                () = until(turn.next_frame), if turn.dirty && turn.holder == TerminalOwner::Console => self.draw(state, &mut turn)?,
                count = self.reports.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return Ok(LoopEnd::Lost);
                    }
                    for report in batch.drain(..) {
                        self.apply(state, &mut turn, Event::Engine(Box::new(report)))?;
                    }
                },
                Some(report) = self.journal_reports.recv() => self.apply(state, &mut turn, Event::Journal(report))?,
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.apply(state, &mut turn, Event::Deadline)?;
                },
                Some((event, back)) = turn.answers.recv() => {
                    if back {
                        self.take_terminal_back(state, &mut turn)?;
                    }
                    if let Some(event) = event {
                        self.apply(state, &mut turn, event)?;
                    }
                },
                signal = self.signals.recv() => match signal {
                    Some(Signal::Terminate(number)) => return Ok(LoopEnd::Terminated(number)),
                    Some(Signal::Interrupt) if turn.holder != TerminalOwner::Program => {
                        return Ok(LoopEnd::Terminated(Signal::INTERRUPT));
                    }
                    // It is stopped with us.
                    Some(Signal::Suspend) if turn.holder == TerminalOwner::Program => {
                        self.platform.stop()?;
                    },
                    Some(_) if turn.holder == TerminalOwner::Program => {}
                    Some(Signal::Resized) => self.measure(state, &mut turn)?,
                    Some(Signal::Resumed) => {
                        self.take_terminal_back(state, &mut turn)?;
                        self.apply(state, &mut turn, Event::Signal(Signal::Resumed))?;
                    },
                    Some(signal) => self.apply(state, &mut turn, Event::Signal(signal))?,
                    None => return Ok(LoopEnd::Lost),
                },
            }
        }
    }

    fn on_terminal(&mut self, state: &mut State, turn: &mut LoopState, event: TerminalEvent) -> io::Result<()> {
        let event = match event {
            // Windows and the kitty protocol also report releases: crossterm issue 797.
            TerminalEvent::Key(KeyEvent { kind: KeyEventKind::Release, .. }) => return Ok(()),
            TerminalEvent::Key(key) => Event::Key(key),
            TerminalEvent::Paste(text) => Event::Paste(text.replace("\r\n", "\n").replace('\r', "\n")),
            TerminalEvent::Resize(width, height) => {
                if state.arrangement.size == (Size { width, height }) {
                    // Some multiplexers say "redraw" by a resize to the same size.
                    self.screen.forget()?;
                }
                Event::Resize(Size { width, height })
            }
            TerminalEvent::FocusGained | TerminalEvent::FocusLost | TerminalEvent::Mouse(_) => return Ok(()),
        };
        turn.next_frame = Instant::now();
        self.apply(state, turn, event)
    }

    /// Reads the terminal's size again: it may have changed hands, or its window its size.
    fn measure(&mut self, state: &mut State, turn: &mut LoopState) -> io::Result<()> {
        let Size { width, height } = self.screen.size();
        self.on_terminal(state, turn, TerminalEvent::Resize(width, height))
    }

    /// The terminal was somebody else's, and may be any size and show anything now.
    fn take_terminal_back(&mut self, state: &mut State, turn: &mut LoopState) -> io::Result<()> {
        turn.holder = TerminalOwner::Console;
        self.platform.take_terminal()?;
        self.input.pause();
        self.input.resume();
        self.measure(state, turn)?;
        self.screen.forget()
    }

    /// Lets another program have the terminal until `work` is done; the loop goes on meanwhile.
    fn give_terminal<T: Send + 'static>(
        &mut self,
        turn: &mut LoopState,
        work: impl FnOnce(&mut O) -> Work<T>,
        event: impl FnOnce(Result<T, String>) -> Option<Event> + Send + 'static,
    ) {
        self.input.pause();
        self.platform.give_terminal();
        turn.holder = TerminalOwner::Program;
        let (work, answer) = (work(&mut self.platform), turn.answer.clone());
        tokio::spawn(async move {
            let _ = answer.send((event(work.await), true));
        });
    }

    fn apply(&mut self, state: &mut State, turn: &mut LoopState, event: Event) -> io::Result<()> {
        turn.dirty = true;
        for effect in update(state, self.clock.now(), event) {
            self.carry_out(state, turn, effect)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, state: &mut State, turn: &mut LoopState, effect: Effect) -> io::Result<()> {
        let mut answer = None;
        match effect {
            Effect::Engine(command) => (self.engine)(command),
            Effect::Journal(job) => (self.journal)(job),
            Effect::Quit => turn.exit = Some(LoopEnd::Quit),
            Effect::Redraw => {
                if state.arrangement.size != self.screen.size() {
                    self.measure(state, turn)?;
                }
                self.screen.forget()?;
            }
            Effect::Record(None) => turn.recorder = None,
            Effect::Record(Some(path)) => match Recorder::begin(&path, state.arrangement.size, self.clock.now()) {
                Ok(recorder) => turn.recorder = Some(recorder),
                Err(why) => {
                    answer = Some(Event::RecordingFailed(format!("No recording in {}: {why}.", path.display())));
                }
            },
            Effect::Marker(label) => {
                let label = (self.mask)(&label);
                self.record(state, turn, |recorder, _, now| recorder.marker(&label, now))?;
            }
            Effect::Copy(text) => {
                let (copying, answer) = (self.platform.copy(&(self.mask)(&text)), turn.answer.clone());
                tokio::spawn(async move {
                    let _ = answer.send((Some(Event::Done(copying.await)), false));
                });
            }
            Effect::Local(request) => answer = Some(Event::Local(self.platform.local(request, &self.mask))),
            Effect::Edit(text) => {
                self.give_terminal(turn, |platform| platform.edit(text), |edited| Some(Event::Edited(edited)));
            }
            Effect::Page(text) => {
                let text = (self.mask)(&text);
                self.give_terminal(turn, |o| o.page(text), |shown| shown.err().map(|why| Event::Done(Err(why))));
            }
            Effect::Suspend => {
                self.input.pause();
                self.platform.give_terminal();
                if self.platform.stop()? {
                    // Taken back twice, the terminal would lose the keys that were typed in between.
                    turn.holder = TerminalOwner::Shell;
                } else {
                    self.take_terminal_back(state, turn)?;
                    answer = Some(Event::Signal(Signal::Resumed));
                }
            }
        }
        // The one question that an answer leads to (TellFaults) has an answer that leads to none, so this ends.
        answer.map_or(Ok(()), |answer| self.apply(state, turn, answer))
    }

    /// Writes to the recording, if there is one; one that cannot be written ends, and that is said.
    fn record(
        &mut self,
        state: &mut State,
        turn: &mut LoopState,
        write: impl FnOnce(&mut Recorder, &State, Moment) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(recorder) = &mut turn.recorder else { return Ok(()) };
        let Err(why) = write(recorder, state, self.clock.now()) else { return Ok(()) };
        turn.recorder = None;
        self.apply(state, turn, Event::RecordingFailed(format!("The recording ended early: {why}.")))
    }

    fn draw(&mut self, state: &mut State, turn: &mut LoopState) -> io::Result<()> {
        turn.dirty = false;
        state.fit();
        self.screen.draw(state)?;
        self.record(state, turn, Recorder::frame)?;
        turn.next_frame = Instant::now() + FRAME;
        let title = state.title();
        if title != turn.title {
            self.screen.title(&title)?;
            turn.title = title;
        }
        Ok(())
    }
}

/// Not at all where it has come: a timer that is due already would cost its resolution, three times what a frame takes.
async fn until(instant: Instant) {
    if instant > Instant::now() {
        sleep_until(instant).await;
    }
}
