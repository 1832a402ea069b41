//! Everything that happens to the console.

use crossterm::event::KeyEvent;

use crate::engine::Report;
use crate::journal::JournalPage;
use crate::model::Signal;
use crate::session::local::LocalAnswer;

/// Everything that happens. The moment at which it happened stands beside it (`update`'s second argument).
#[derive(Clone, Debug)]
pub enum Event {
    /// A key (never a release).
    Key(KeyEvent),
    /// A bracketed paste, or a burst of keys recognised as one; line ends are `\n`.
    Paste(String),
    /// The terminal's size, in cells. The same size again means: redraw everything.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The engine says something. Boxed: a report is many times the size of a key.
    Engine(Box<Report>),
    /// The journal says something.
    Journal(JournalPage),
    /// The deadline that the state asked for has come.
    Deadline,
    /// A signal arrived.
    Signal(Signal),
    /// An external editor ended: the text that it left, or why there is none.
    Edited(Result<String, String>),
    /// A copy is done, or failed, or a text could not be shown: one sentence for the status line.
    Done(Result<String, String>),
    /// This machine answers.
    Local(LocalAnswer),
    /// The recording could not be begun, or not be gone on with: one sentence.
    RecordingFailed(String),
}
