//! What a front end asks of this machine: files, the config file, the embedded sandbox; and what comes of it. Both that speak
//! with a person ask alike, and `app::local` does it.

use std::path::PathBuf;
use std::sync::Arc;

use super::open_pass::FoundPass;
use crate::model::fault::SandboxRequest;
use crate::model::{Attachment, Conversation, ConversationKey};
use crate::pass::PassRun;

/// What is asked of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalRequest {
    /// Write a file that must not exist yet (mode 0600), masked on the way.
    Write {
        /// Where.
        path: PathBuf,
        /// What.
        contents: String,
        /// The same in a word or two: `4 exchanges`. Empty where it need not be said.
        what: String,
    },
    /// Write the reports of a run into a directory, masked on the way.
    Reports {
        /// The run.
        run: Arc<PassRun>,
        /// Where to.
        dir: PathBuf,
    },
    /// Write a conversation into the config file.
    KeepInConfig(Box<Conversation>),
    /// Set (or, with `None`, clear) a fault of the embedded sandbox, as JSON of its control API.
    Fault(Option<String>),
    /// Tell which faults of the embedded sandbox still wait or hold.
    TellFaults,
    /// Set the embedded sandbox up for a pass.
    SetUpSandbox(SandboxRequest),
    /// Look for passes where guestwire was started.
    FindPasses,
    /// Read a pass file.
    ReadPass(PathBuf),
    /// Look whether a file can be read, to go with the next message of a conversation.
    SeeFile(ConversationKey, Attachment),
    /// Complete a path that is being typed, as a shell's Tab does.
    CompletePath(String),
}

/// What came of it. An error is one sentence, and so is what was done.
#[derive(Clone, Debug)]
pub enum LocalAnswer {
    /// Of [`LocalRequest::Write`] and [`LocalRequest::Reports`].
    Written(Result<String, String>),
    /// Of [`LocalRequest::KeepInConfig`].
    Kept(Result<String, String>),
    /// Of [`LocalRequest::Fault`].
    FaultSet(Result<String, String>),
    /// The faults that wait for a request, or hold, in words.
    Faults(Vec<String>),
    /// Of [`LocalRequest::SetUpSandbox`].
    SandboxSet(Result<(), String>),
    /// The passes that were found.
    Passes(Vec<FoundPass>),
    /// A pass file's text.
    PassRead(PathBuf, Result<String, String>),
    /// Whether the file can be read.
    FileSeen(ConversationKey, Attachment, Result<(), String>),
    /// A path that was being typed, as far as the names there allow, and those names where there are several.
    PathCompleted {
        /// As it was typed.
        typed: String,
        /// Completed.
        completed: String,
        /// The names that fit.
        names: Vec<String>,
    },
}
