//! What is typed and said in turn: the question that waits, texts that are not ended, and passes that were offered.

use std::path::PathBuf;

use crate::model::{ConversationKey, MessageId, SessionAsk};
use crate::session::OutgoingMessage;

/// What waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainQuestion {
    /// Production: send this?
    Send(Box<OutgoingMessage>),
    /// Ask something of a session that cannot be taken back?
    Session {
        /// Of which conversation.
        key: ConversationKey,
        /// What.
        ask: SessionAsk,
    },
    /// Send a message again?
    Resend(MessageId),
    /// Send a message again of which nobody knows whether it was received?
    Again(MessageId),
    /// What became of this message? By number.
    Settle(MessageId),
    /// From which site comes the guest of this web deployment?
    Site(String),
    /// Run the open step of a pass?
    PassStep,
    /// End the pass?
    PassStop,
    /// Leave with messages under way?
    Quit,
}

impl PlainQuestion {
    /// What can be said.
    pub(super) const fn how(&self) -> &'static str {
        match self {
            Self::Send(_) | Self::Session { .. } | Self::Resend(_) | Self::PassStep | Self::PassStop | Self::Quit => {
                "Type yes or no."
            }
            Self::Again(_) => "Type again to send it again, or no.",
            Self::Settle(_) => "Type 1, 2, 3 or 4.",
            Self::Site(_) => "Type a site that the deployment allows, like https://shop.example, or no.",
        }
    }
}

/// What is typed and said in turn.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    pub question: Option<PlainQuestion>,
    /// The lines of a text that was begun and not ended.
    pub block: Option<Vec<String>>,
    /// A Messenger's snippet that goes on in the next line.
    pub snippet: Option<String>,
    pub no_more_lines: bool,
    pub prompt_due: bool,
}

/// What can be opened by its number.
#[derive(Clone, Debug)]
pub(super) enum Offered {
    Unfinished,
    File(PathBuf),
    BuiltIn(&'static str),
}

/// What is told of passes.
#[derive(Debug)]
pub(super) struct Passes {
    /// What can be opened, in the order in which it was told.
    pub offered: Vec<Offered>,
    /// The step that was told last, and whether with its result.
    pub told: Option<((usize, usize), bool)>,
    /// Ctrl-C was pressed while the step ran: it is waited for no more.
    pub let_go: bool,
    /// Runs that were begun, and what their ids grow from.
    pub begun: u64,
    pub seed: u128,
}

impl Passes {
    pub const fn new(seed: u128) -> Self {
        Self { offered: Vec::new(), told: None, let_go: false, begun: 0, seed }
    }
}
