//! What a front end asks of this machine: files, the config file, the embedded sandbox; and the answers. Screen and line
//! mode ask alike, and `app::local` does it. Also files and attributes that go with a message, as they are typed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::state::FoundPass;
use crate::model::fault::{Fault, SandboxRequest};
use crate::model::{Attachment, Attachments, Channel, Conversation, ConversationKey, FileSource};
use crate::pass::PassRun;

/// What is asked of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalRequest {
    /// Write a file that must not exist yet (mode 0600), masked on the way.
    Write {
        /// Where to.
        path: PathBuf,
        /// The whole file.
        contents: String,
        /// The same in a word or two: `4 exchanges`. Empty where it need not be said.
        what: String,
    },
    /// Write the reports of a run into a directory, masked on the way.
    Reports(Arc<PassRun>, PathBuf),
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
    /// The faults that wait for a request, or hold.
    Faults(Vec<Fault>),
    /// Of [`LocalRequest::SetUpSandbox`].
    SandboxSet(Result<(), String>),
    /// Of [`LocalRequest::FindPasses`].
    Passes(Vec<FoundPass>),
    /// A pass file's text.
    PassRead(PathBuf, Result<String, String>),
    /// Whether the file can be read.
    FileSeen(ConversationKey, Attachment, Result<(), String>),
    /// A path as it was typed, that path as far as the names there complete it, and those names where there are several.
    PathCompleted(String, String, Vec<String>),
}

/// Why messages of a channel can carry nothing beside their text; `None` where they can.
pub fn carries_nothing(channel: Channel) -> Option<&'static str> {
    let can = channel.capabilities();
    let nothing = !can.attributes && matches!(can.attachments, Attachments::None);
    nothing.then_some("guest-api messages carry text only")
}

/// A file as typed: an `https` or `http` address, or a path on this machine. The error is a sentence that says why it is
/// neither.
pub fn attachment(typed: &str) -> Result<Attachment, String> {
    let typed = typed.trim();
    let file = |place, name: Option<String>| {
        let mime = mime(name.as_deref().unwrap_or_default()).to_owned();
        Ok(Attachment { place, mime, name })
    };
    if let Some((scheme, rest)) = typed.split_once("://") {
        if !matches!(scheme, "https" | "http") {
            return Err(format!("{scheme}:// is not taken: only http:// and https:// addresses, or a path."));
        }
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let name = path.split_once('/').and_then(|(_, path)| path.rsplit(['/', '\\']).next());
        return file(FileSource::Url(typed.to_owned()), name.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    match Path::new(typed).file_name().filter(|_| !typed.ends_with(['/', '\\'])) {
        Some(name) => file(FileSource::File(PathBuf::from(typed)), Some(name.to_string_lossy().into_owned())),
        None => Err(format!("“{typed}” names no file.")),
    }
}

/// An attribute as typed, `name=value`. The error is a sentence, where there is no name or no `=`.
pub fn attribute(typed: &str) -> Result<(String, String), String> {
    match typed.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("An attribute is written name=value, as in testRun=42.".to_owned()),
    }
}

fn mime(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let mut types = include_str!("../../assets/media-types.txt").lines().filter_map(|line| line.split_once(' '));
    types.find(|(of, _)| *of == ending).map_or("application/octet-stream", |(_, mime)| mime)
}
