//! What the event loop needs of the outside. The real ones are [`super::input`], [`super::screen`] and
//! [`super::platform`]; tests have their own.

use std::io;
use std::pin::Pin;

use crossterm::event::Event as TerminalEvent;
use ratatui::layout::Size;

use crate::session::local::{LocalAnswer, LocalRequest};
use crate::tui::state::State;

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
pub trait Outside {
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
    /// Stops the process, and comes back when it is continued: [`Signal::Resumed`](crate::model::Signal::Resumed)
    /// follows. `false` where no program can be stopped.
    fn stop(&mut self) -> io::Result<bool>;
}
