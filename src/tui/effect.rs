//! Everything that the console asks for. Plain, comparable data.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Command;
use crate::journal::Job;
use crate::model::fault::SandboxRequest;
use crate::model::{Attachment, Conversation, ConversationKey};
use crate::pass::PassRun;

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
    /// Write a file that must not exist yet (mode 0600). Already masked; the answer is [`super::Event::Written`].
    Write {
        /// Where.
        path: PathBuf,
        /// What.
        contents: String,
        /// The same in a word or two: `4 exchanges`.
        what: String,
    },
    /// Record what is drawn as an asciinema cast into this file, which must not exist yet (mode 0600); `None` ends it.
    Record(Option<PathBuf>),
    /// Put a marker into the recording, if there is one. Already masked.
    Marker(String),
    /// Set (or, with `None`, clear) a fault of the embedded sandbox, as JSON of its control API; the answer is
    /// [`super::Event::FaultSet`].
    SandboxFault(Option<String>),
    /// Ask which faults of the embedded sandbox still wait or hold; the answer is [`super::Event::Faults`].
    AskFaults,
    /// Set the embedded sandbox up for a pass; the answer is [`super::Event::Arranged`].
    SetUpSandbox(SandboxRequest),
    /// Look for passes where guestwire was started; the answer is [`super::Event::Passes`].
    FindPasses,
    /// Complete a path that is being typed, as a shell's Tab does; the answer is [`super::Event::PathCompleted`].
    CompletePath(String),
    /// Read a pass file; the answer is [`super::Event::PassRead`].
    ReadPass(PathBuf),
    /// Look whether a file can be read, to go with the next message of a conversation; the answer is
    /// [`super::Event::FileSeen`].
    SeeFile {
        /// Of which conversation.
        conversation: ConversationKey,
        /// The file.
        file: Attachment,
        /// Where it is.
        path: PathBuf,
    },
    /// Write the reports of a run into a directory; the answer is [`super::Event::Written`]. Masked on the way.
    Reports {
        /// The run.
        run: Arc<PassRun>,
        /// Where to.
        dir: PathBuf,
    },
    /// Write a conversation into the config file; the answer is [`super::Event::Done`].
    KeepInConfig(Box<Conversation>),
    /// Stop the process as Ctrl-Z does, and come back.
    Suspend,
    /// Draw every cell anew.
    Redraw,
    /// Leave.
    Quit,
}
