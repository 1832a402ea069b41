//! Watching for a message of unknown outcome: its conversation is looked at now, then with growing pauses.
//!
//! ```text
//! dialog opened ─► look ─5 s─► look ─10 s─► look ─20 s─► look ─20 s─► …   until it is settled, or LOOKS are over
//! ```

use std::time::Duration;

use crate::model::{ConversationKey, MessageId, Moment};

/// Pauses after each look; the last one is repeated.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(20)];
/// After so many looks (some ten minutes) only a person can tell.
const LOOKS: usize = 32;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeWatch {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationKey,
    /// When it is looked at next; `None` where that is over, or the conversation cannot be read.
    pub next: Option<Moment>,
    looks: usize,
}

impl OutcomeWatch {
    /// Begins now. `readable`: the channel can read the conversation.
    pub fn new(message: MessageId, conversation: ConversationKey, readable: bool, now: Moment) -> Self {
        Self { message, conversation, next: readable.then_some(now), looks: 0 }
    }

    /// How often it was looked at.
    pub const fn looks(&self) -> usize {
        self.looks
    }

    /// Whether a look is due; then it counts as done.
    pub fn is_due(&mut self, now: Moment) -> bool {
        let due = self.next.is_some_and(|next| next.left(now).is_zero());
        if due {
            let pause = PAUSES.get(self.looks).or(PAUSES.last()).copied().unwrap_or_default();
            self.looks += 1;
            self.next = (self.looks < LOOKS).then(|| now.after(pause));
        }
        due
    }
}

#[cfg(test)]
#[path = "../../tests/unit/session/outcome_watch.rs"]
mod tests;
