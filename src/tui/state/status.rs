//! The status line: one sentence that stays until another takes its place or what it speaks of is over, and its keys.

use crate::model::{ConversationKey, MessageId};
use crate::tui::{Action, StyleRole};

/// What the line speaks of. When that is over, so is the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Message(MessageId),
    /// The token that is being asked for, or why there is none.
    Token,
    Session(ConversationKey),
    /// "Press again to leave".
    Leaving,
    Comparison,
    /// Messages that an earlier session left queued.
    Queue,
    /// What stands in the composer, or was cleared from it.
    Draft,
    /// What the newest message of the open conversation offers to answer with.
    Choices,
    NextMessage,
    Fault,
    /// The read of a conversation that a person asked for.
    Reading(ConversationKey),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// How bad it is: a warning and an error begin with a mark, which colour only repeats.
    pub role: StyleRole,
    /// What happened and why. May hold outside text: the view makes it visible.
    pub text: String,
    /// What can be done about it, each with a word or two.
    pub keys: Vec<(Action, &'static str)>,
    pub about: Option<Subject>,
}

impl StatusLine {
    pub fn info(&mut self, text: impl Into<String>) {
        *self = Self { text: text.into(), ..Self::default() };
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        *self = Self { role: StyleRole::Warning, text: text.into(), ..Self::default() };
    }

    pub fn error(&mut self, text: impl Into<String>) {
        *self = Self { role: StyleRole::Error, text: text.into(), ..Self::default() };
    }

    /// More is known of what the line says: the same line says it in other words.
    pub fn reword(&mut self, text: String) {
        self.text = text;
    }

    pub fn offer(&mut self, keys: &[(Action, &'static str)]) {
        self.keys = keys.to_vec();
    }

    /// Says what the line just said speaks of, with the keys that go with it.
    pub fn about(&mut self, subject: Subject, keys: &[(Action, &'static str)]) {
        (self.about, self.keys) = (Some(subject), keys.to_vec());
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

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
