//! The status line: one sentence that stays until another takes its place, so that a failure never disappears, or until
//! what it speaks of is over. The keys beside it act on what it names, and are shown as they work where the focus is.

use crate::model::{ConversationKey, MessageId};
use crate::tui::action::Action;
use crate::tui::theme::StyleRole;

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
            Self::Info => "",
            Self::Warning | Self::Error => "!",
        }
    }

    /// The line's colour.
    pub const fn role(self) -> StyleRole {
        match self {
            Self::Info => StyleRole::Text,
            Self::Warning => StyleRole::Warning,
            Self::Error => StyleRole::Error,
        }
    }
}

/// What the line speaks of. When that is over, so is the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A message of ours.
    Message(MessageId),
    /// The token that is being asked for, or why there is none.
    Token,
    /// The guest session of a web conversation.
    Session(ConversationKey),
    /// "Press again to leave".
    Leaving,
    /// The entry that waits to be compared with another.
    Comparison,
    /// Messages that an earlier session left queued.
    Queue,
    /// What stands in the composer, or was cleared from it.
    Draft,
    /// What the newest message of the open conversation offers to answer with.
    Choices,
    /// How the next message is sent.
    NextMessage,
    /// A fault of the sandbox that is on.
    Fault,
    /// The read of a conversation that a person asked for.
    Reading(ConversationKey),
}

/// The sticky line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// How bad it is.
    pub severity: Severity,
    /// What happened and why. May hold outside text: the view makes it visible.
    pub text: String,
    /// What can be done about it, each with a word or two.
    pub keys: Vec<(Action, &'static str)>,
    /// What it speaks of.
    pub about: Option<Subject>,
}

impl StatusLine {
    /// Says something that went well, or that is good to know.
    pub fn info(&mut self, text: impl Into<String>) {
        *self = Self { severity: Severity::Info, text: text.into(), ..Self::default() };
    }

    /// Says something that needs a look.
    pub fn warn(&mut self, text: impl Into<String>) {
        *self = Self { severity: Severity::Warning, text: text.into(), ..Self::default() };
    }

    /// Says something that failed.
    pub fn error(&mut self, text: impl Into<String>) {
        *self = Self { severity: Severity::Error, text: text.into(), ..Self::default() };
    }

    /// Puts keys beside what was just said.
    pub fn offer(&mut self, keys: &[(Action, &'static str)]) {
        self.keys = keys.to_vec();
    }

    /// Says what the line just said speaks of.
    pub const fn about(&mut self, subject: Subject) {
        self.about = Some(subject);
    }

    /// `subject` is over, or something new is known of it: a line that speaks of it goes.
    pub fn over(&mut self, subject: Subject) {
        if self.about == Some(subject) {
            self.clear();
        }
    }

    /// The message that the keys beside the line act on: where one of them does what `action` does.
    pub fn meant(&self, action: Action) -> Option<MessageId> {
        match self.about {
            Some(Subject::Message(id)) if self.keys.iter().any(|(key, _)| *key == action) => Some(id),
            _ => None,
        }
    }

    /// A person has chosen a log entry: its keys act on that one from now on, and not on what the line names.
    pub fn let_go_of_message(&mut self) {
        if matches!(self.about, Some(Subject::Message(_))) {
            self.keys.clear();
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
