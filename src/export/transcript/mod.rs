//! What was said, for people: as lines, as Markdown, or as one HTML page. Pure; the texts must be masked already.
//!
//! ```text
//! journal, or what the console holds ─► Transcript ─┬─► text   lines, for reading and grep
//!                                                   ├─► md     for tickets and wikis
//!                                                   └─► html   one page that needs nothing else, also on paper
//! ```

use std::path::Path;

use clap::ValueEnum;

mod content;
mod html;
mod markdown;
mod text;

pub use content::{ConversationText, Transcript, TranscriptExchange, TranscriptLine};

/// How a transcript is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TranscriptForm {
    /// One line for each message
    Text,
    /// Markdown, with request ids, marks and comments
    #[value(name = "md")]
    Markdown,
    /// One self-contained HTML page
    Html,
}

impl TranscriptForm {
    /// The form that a file's name asks for: its ending; lines where that says nothing.
    pub fn of(path: &Path) -> Self {
        let is = |form: &Self| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(form.extension()));
        [Self::Markdown, Self::Html].into_iter().find(is).unwrap_or(Self::Text)
    }

    /// How its files usually end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }
}

impl Transcript {
    /// The transcript in that form.
    pub fn write(&self, form: TranscriptForm) -> String {
        match form {
            TranscriptForm::Text => text::text(self),
            TranscriptForm::Markdown => markdown::markdown(self),
            TranscriptForm::Html => html::html(self),
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/export/transcript.rs"]
mod tests;
