//! A frame of theirs, masked where it comes in: in the socket's own task, since that takes as long as a megabyte wants.

use crate::engine::client::capture;
use crate::engine::redact::Redactor;
use crate::genesys::web_messaging::{GuestSocketMessage, Theirs};
use crate::model::Body;

/// A frame of theirs, masked where it came in.
#[derive(Debug)]
pub struct Frame {
    /// What it says; `None`: nothing that is known.
    pub theirs: Option<Theirs>,
    /// How it stands in the log.
    pub body: Body,
}

impl Frame {
    /// Masks a frame and reads it.
    pub fn new(text: &str, redactor: &Redactor) -> Self {
        let body = capture::frame(text, redactor);
        let theirs = Theirs::read(&body.text).and_then(|theirs| match theirs.said {
            // These are for the session itself, and for nobody to see.
            GuestSocketMessage::Jwt { .. } | GuestSocketMessage::Presigned { .. } => Theirs::read(text),
            _ => Some(theirs),
        });
        Self { theirs, body }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/engine/socket/frame.rs"]
mod tests;
