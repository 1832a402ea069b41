//! The console. `state`, `update` and `view` are pure: `update(&mut State, at, Event) -> Vec<Effect>` and everything it
//! changes, without clock, I/O, randomness or `await`. `terminal` and `start` are what stands around them.

pub mod action;
pub(crate) mod chord;
pub(crate) mod keymap;
mod layout;
pub mod start;
pub mod state;
pub mod terminal;
pub(crate) mod theme;
pub mod update;
pub mod view;

pub use action::{Action, Context};
pub use chord::{Chord, KeySequence};
pub(crate) use keymap::KeyMeaning;
pub use keymap::Keymap;
pub(crate) use layout::PaneArea;
pub(crate) use theme::StyleRole;
pub use theme::{Depth, Theme, named as theme_named, names as theme_names};
pub use update::update;

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use ratatui::layout::Size;

use crate::engine::{Command, Report};
use crate::journal::{Job, JournalReport};
use crate::model::Signal;
use crate::session::local::{LocalAnswer, LocalRequest};

/// Everything that happens. The moment at which it happened stands beside it (`update`'s second argument).
#[derive(Clone, Debug)]
pub enum Event {
    /// A key (never a release).
    Key(KeyEvent),
    /// A bracketed paste, or a burst of keys recognised as one; line ends are `\n`.
    Paste(String),
    /// The terminal's size, in cells. The same size again means: redraw everything.
    Resize(Size),
    /// The engine says something. Boxed: a report is many times the size of a key.
    Engine(Box<Report>),
    /// The journal says something.
    Journal(JournalReport),
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

/// Everything that the console asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the engine.
    Engine(Command),
    /// Ask the journal.
    Journal(Job),
    /// Put text on the clipboard (OSC 52, then whatever config names). Already masked.
    Copy(String),
    /// Open `$VISUAL`/`$EDITOR` on this text; the answer is [`Event::Edited`].
    Edit(String),
    /// Show text in `$PAGER`. Already masked and safe for a terminal.
    Page(String),
    /// Ask this machine; the answer is [`Event::Local`].
    Local(LocalRequest),
    /// Record what is drawn as an asciinema cast into this file, which must not exist yet (mode 0600); `None` ends it.
    Record(Option<PathBuf>),
    /// Put a marker into the recording, if there is one. Already masked.
    Marker(String),
    /// Stop the process as Ctrl-Z does, and come back.
    Suspend,
    /// Draw every cell anew.
    Redraw,
    /// Leave.
    Quit,
}

#[cfg(test)]
#[path = "../../tests/unit/tui/mod.rs"]
mod tests;
