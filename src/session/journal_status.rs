//! What the console knows of the journal: whether it keeps, what it has been told, and what waits for it.
//!
//! ```text
//! Off (nothing is kept)      Opening ─┬─ Restored ─► On ◄─► trouble
//!                                     └─ Trouble ──► ReadOnly (looking at history may work, nothing is kept)
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::engine::Command;
use crate::journal::Trouble;
use crate::journal::job::KeptConversation;
use crate::model::{ConversationKey, MessageId, Moment};

/// A draft is saved when it has not been for so long.
pub const SAVE_AFTER: Duration = Duration::from_millis(250);

/// Whether anything is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JournalMode {
    /// There is no journal: nothing is kept, on purpose.
    #[default]
    Off,
    /// It is being opened; sends wait for it.
    Opening,
    /// It keeps.
    On,
    /// It could not be opened for writing.
    ReadOnly,
}

/// See the module.
#[derive(Debug, Default)]
pub struct JournalStatus {
    /// Whether anything is kept.
    pub keeping: JournalMode,
    /// What is not being kept, and why.
    pub trouble: Option<Trouble>,
    /// The oldest number in the journal; `None` where there is no history.
    pub oldest: Option<u64>,
    /// Messages that an earlier session left queued, too old to go by themselves; and those queued behind them.
    pub paused: BTreeSet<MessageId>,
    /// Sends that wait until the journal is open.
    pub(crate) held: Vec<Command>,
    /// Since when the draft differs from what was saved.
    pub(crate) unsaved: Option<Moment>,
    /// The conversation whose draft is watched.
    pub(crate) watched: Option<ConversationKey>,
    /// The open conversation as it was kept last.
    pub(crate) opened: Option<ConversationKey>,
    /// Drafts as they were saved last.
    pub(crate) drafts: BTreeMap<ConversationKey, String>,
    /// Conversations as they were kept last.
    pub(crate) conversations: BTreeMap<ConversationKey, KeptConversation>,
    /// Since when one stands elsewhere in the open thread than what was kept.
    pub(crate) moved: Option<Moment>,
    serial: u64,
}

impl JournalStatus {
    /// A journal is being opened.
    pub fn open(&mut self) {
        self.keeping = JournalMode::Opening;
    }

    /// Whether jobs are of use now.
    pub fn keeps(&self) -> bool {
        self.keeping == JournalMode::On
    }

    /// Why nothing may be sent, if so.
    pub fn forbids_sending(&self) -> Option<&str> {
        self.trouble.as_ref().filter(|t| !t.sending).map(|t| t.sentence.as_str())
    }

    /// A number for the next question.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// When a draft or a place is saved next.
    pub fn next_deadline(&self) -> Option<Moment> {
        [self.unsaved, self.moved].into_iter().flatten().map(|since| since.after(SAVE_AFTER)).min()
    }
}
