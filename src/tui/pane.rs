//! The panes that can have the focus.

use super::action::Context;

/// A pane that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The conversations.
    Picker,
    /// The log.
    Log,
    /// The messages of the open conversation.
    Thread,
    /// The composer.
    Composer,
    /// The regression pass.
    Pass,
}

impl Pane {
    /// Where its keys are resolved. The thread moves by the log's keys.
    pub const fn context(self) -> Context {
        match self {
            Self::Picker => Context::Picker,
            Self::Log | Self::Thread => Context::Log,
            Self::Composer => Context::Composer,
            Self::Pass => Context::Pass,
        }
    }
}
