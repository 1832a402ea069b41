//! What the event loop needs of the outside. The real ones are [`super::input`], [`super::screen`] and
//! [`super::platform`]; tests have their own.

use std::io;
use std::pin::Pin;

use crossterm::event::Event as TerminalEvent;
use ratatui::layout::Size;

use crate::model::fault::SandboxRequest;
use crate::session::open_pass::FoundPass;
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
    /// Writes a new file.
    fn write(&mut self, path: &std::path::Path, contents: &str) -> Result<String, String>;
    /// Sets up the embedded sandbox.
    fn set_up(&mut self, ask: &SandboxRequest) -> Result<String, String>;
    /// The faults of the embedded sandbox that wait for a request, or hold.
    fn sandbox_faults(&mut self) -> Vec<String>;
    /// The pass files where guestwire was started.
    fn passes(&mut self) -> Vec<FoundPass>;
    /// A path that is being typed, as far as the names there allow, and those names.
    fn complete_path(&mut self, text: &str) -> (String, Vec<String>);
    /// The text of a pass file.
    fn read_pass(&mut self, path: &std::path::Path) -> Result<String, String>;
    /// Whether a file can be read: nothing, or one sentence why not.
    fn see_file(&mut self, path: &std::path::Path) -> Result<(), String>;
    /// Writes a conversation into the config file; a sentence that says where, or why not.
    fn keep_in_config(&mut self, conversation: &crate::model::Conversation) -> Result<String, String>;
    /// Stops the process, and comes back when it is continued: [`Signal::Resumed`](crate::model::Signal::Resumed)
    /// follows. `false` where no program can be stopped.
    fn stop(&mut self) -> io::Result<bool>;
}
