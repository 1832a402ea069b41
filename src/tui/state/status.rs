//! The status line: one sentence that stays until another takes its place, so that a failure never disappears.

use crate::tui::theme::Role;

/// How bad it is; the line begins with the mark, colour only repeats it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// News.
    #[default]
    Info,
    /// Something waits, is missing, or needs an answer.
    Warning,
    /// Something was refused or failed.
    Error,
}

impl Severity {
    /// The mark at the line's start.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Info => " ",
            Self::Warning | Self::Error => "!",
        }
    }

    /// The line's colour.
    pub const fn role(self) -> Role {
        match self {
            Self::Info => Role::Text,
            Self::Warning => Role::Warning,
            Self::Error => Role::Error,
        }
    }
}

/// The sticky line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// How bad it is.
    pub severity: Severity,
    /// What happened, why, what to press. May hold outside text: the view makes it visible.
    pub text: String,
}

impl StatusLine {
    /// Says something that went well, or that is good to know.
    pub fn info(&mut self, text: impl Into<String>) {
        *self = Self { severity: Severity::Info, text: text.into() };
    }

    /// Says something that needs a look.
    pub fn warn(&mut self, text: impl Into<String>) {
        *self = Self { severity: Severity::Warning, text: text.into() };
    }

    /// Says something that failed.
    pub fn error(&mut self, text: impl Into<String>) {
        *self = Self { severity: Severity::Error, text: text.into() };
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
