//! Everything that happens to the console.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::engine::Report;
use crate::journal::JournalPage;
use crate::model::Signal;
use crate::model::{Attachment, ConversationKey};
use crate::session::open_pass::FoundPass;

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
    /// The faults of the embedded sandbox that wait for a request, or hold, in words.
    Faults(Vec<String>),
    /// Something asked of the outside (a copy, a file) is done or failed: one sentence for the status line.
    Done(Result<String, String>),
    /// A fault of the embedded sandbox is set or cleared, or why not: one sentence for the status line.
    FaultSet(Result<String, String>),
    /// A file is written, or why not: one sentence for the status line.
    Written(Result<String, String>),
    /// A path that was being typed, as far as the names there allow, and those names where there are several.
    PathCompleted {
        /// As it was typed.
        typed: String,
        /// Completed.
        completed: String,
        /// The names that fit.
        names: Vec<String>,
    },
    /// The passes that were found where guestwire was started.
    Passes(Vec<FoundPass>),
    /// A pass file's text, or why it cannot be read, one sentence.
    PassRead(PathBuf, Result<String, String>),
    /// A file that is to go with the next message of a conversation can be read; or one sentence why not.
    FileSeen(ConversationKey, Attachment, Result<(), String>),
    /// The sandbox did what a pass asked for, or one sentence why not.
    Arranged(Result<(), String>),
    /// The recording could not be begun, or not be gone on with: one sentence.
    RecordingFailed(String),
}
