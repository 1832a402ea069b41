//! Everything that the console asks for. Plain, comparable data.

use std::path::PathBuf;

use crate::engine::Command;
use crate::journal::Job;
use crate::session::local::LocalRequest;

/// Everything that the console asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the engine.
    Engine(Command),
    /// Ask the journal.
    Journal(Job),
    /// Put text on the clipboard (OSC 52, then whatever config names). Already masked.
    Copy(String),
    /// Open `$VISUAL`/`$EDITOR` on this text; the answer is [`super::Event::Edited`].
    Edit(String),
    /// Show text in `$PAGER`. Already masked and safe for a terminal.
    Page(String),
    /// Ask this machine; the answer is [`super::Event::Local`].
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
