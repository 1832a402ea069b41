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
mod tests {
    use super::*;

    #[test]
    fn looks_come_now_and_after_growing_pauses_and_end() {
        let mut looking = OutcomeWatch::new(MessageId(1), ConversationKey(0), true, Moment::ZERO);
        let mut at = Vec::new();
        let mut now = Moment::ZERO;
        while let Some(next) = looking.next {
            now = next;
            assert!(looking.is_due(now));
            assert!(!looking.is_due(now), "once");
            at.push(now.since(Moment::ZERO).as_secs());
        }
        assert_eq!(at.get(..5), Some(&[0, 5, 15, 35, 55][..]));
        assert_eq!(at.len(), LOOKS);
        assert!(!OutcomeWatch::new(MessageId(1), ConversationKey(0), false, now).is_due(now));
    }
}
