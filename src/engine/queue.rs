//! Order: one first-in-first-out lane a conversation, one message of it on the wire, several conversations side by side.
//! Pure.
//!
//! ```text
//! push ─► lane: [ head, …, … ]      start ─► flying ─┬─ settle ─► gone, the next is head
//!           the head may be held until a moment      └─ hold ───► head again, held
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use crate::model::{ConversationKey, MessageId, Moment};

#[derive(Clone, Debug, Default)]
struct Lane {
    waiting: VecDeque<MessageId>,
    /// The head goes no earlier.
    not_before: Option<Moment>,
    flying: Option<MessageId>,
}

/// What taking a message back found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was waiting, and is gone.
    Waiting,
    /// It is on the wire.
    Flying,
    /// Nobody waits under this id.
    Absent,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Queue {
    lanes: BTreeMap<ConversationKey, Lane>,
    /// Lanes with a head and nothing on the wire: the only ones that are looked at when something may start.
    heads: BTreeSet<ConversationKey>,
    parallel: usize,
    flying: usize,
    /// Whose turn was last, so that a busy conversation does not hold up the others.
    last: ConversationKey,
}

impl Queue {
    /// A queue that lets up to `parallel` (at least one) conversations send side by side.
    pub fn new(parallel: usize) -> Self {
        Self {
            lanes: BTreeMap::new(),
            heads: BTreeSet::new(),
            parallel: parallel.max(1),
            flying: 0,
            last: ConversationKey(u32::MAX),
        }
    }

    /// Puts a message at the end of its conversation's lane.
    pub fn push(&mut self, conversation: ConversationKey, message: MessageId) {
        self.lanes.entry(conversation).or_default().waiting.push_back(message);
        self.mark(conversation);
    }

    /// Makes `heads` true for a lane, and drops a lane in which nothing is.
    fn mark(&mut self, key: ConversationKey) {
        let (free, empty) = self.lanes.get(&key).map_or((false, false), |l| (l.flying.is_none(), l.waiting.is_empty()));
        if free && empty {
            self.lanes.remove(&key);
        }
        if free && !empty {
            self.heads.insert(key);
        } else {
            self.heads.remove(&key);
        }
    }

    /// The next message that may go at `now`, now flying. `may` is asked about each head (has it a token?).
    pub fn start(&mut self, now: Moment, mut may: impl FnMut(MessageId) -> bool) -> Option<MessageId> {
        if self.flying >= self.parallel {
            return None;
        }
        let after = self.heads.range((Bound::Excluded(self.last), Bound::Unbounded));
        let before = self.heads.range(..=self.last);
        let key = after.chain(before).copied().find(|key| {
            self.lanes.get(key).is_some_and(|lane| {
                lane.not_before.is_none_or(|at| now.mono >= at.mono) && lane.waiting.front().is_some_and(|m| may(*m))
            })
        })?;
        let lane = self.lanes.get_mut(&key)?;
        let message = lane.waiting.pop_front()?;
        lane.not_before = None;
        lane.flying = Some(message);
        self.flying += 1;
        self.last = key;
        self.heads.remove(&key);
        Some(message)
    }

    /// A flying message is done.
    pub fn settle(&mut self, conversation: ConversationKey, message: MessageId) {
        self.land(conversation, message);
    }

    /// A flying message goes back to the head of its lane, held until `until` where given.
    pub fn hold(&mut self, conversation: ConversationKey, message: MessageId, until: Option<Moment>) {
        if self.land(conversation, message) {
            let lane = self.lanes.entry(conversation).or_default();
            lane.waiting.push_front(message);
            lane.not_before = until;
            self.mark(conversation);
        }
    }

    fn land(&mut self, conversation: ConversationKey, message: MessageId) -> bool {
        let Some(lane) = self.lanes.get_mut(&conversation) else { return false };
        if lane.flying != Some(message) {
            return false;
        }
        lane.flying = None;
        self.flying -= 1;
        self.mark(conversation);
        true
    }

    /// Takes a message back, unless it is flying.
    pub fn take(&mut self, conversation: ConversationKey, message: MessageId) -> Taken {
        let Some(lane) = self.lanes.get_mut(&conversation) else { return Taken::Absent };
        if lane.flying == Some(message) {
            return Taken::Flying;
        }
        let Some(at) = lane.waiting.iter().position(|m| *m == message) else { return Taken::Absent };
        lane.waiting.remove(at);
        if at == 0 {
            // The hold was the head's.
            lane.not_before = None;
        }
        self.mark(conversation);
        Taken::Waiting
    }

    /// When the next held head may go; nothing where no more may fly anyway.
    pub fn next_due(&self) -> Option<Moment> {
        if self.flying >= self.parallel {
            return None;
        }
        self.heads.iter().filter_map(|key| self.lanes.get(key)?.not_before).min_by_key(|m| m.mono)
    }

    /// How many are on the wire.
    pub const fn flying(&self) -> usize {
        self.flying
    }

    /// The messages that go next: of each conversation with nothing on the wire and no hold, the first.
    pub fn heads(&self, now: Moment) -> impl Iterator<Item = (ConversationKey, MessageId)> + '_ {
        let free = move |l: &&Lane| l.flying.is_none() && l.not_before.is_none_or(|at| now.mono >= at.mono);
        self.lanes.iter().filter(move |(_, lane)| free(lane)).filter_map(|(key, l)| Some((*key, *l.waiting.front()?)))
    }

    /// Messages that wait, in no particular order between conversations.
    pub fn waiting(&self) -> impl Iterator<Item = (ConversationKey, MessageId)> + '_ {
        self.lanes.iter().flat_map(|(key, lane)| lane.waiting.iter().map(|m| (*key, *m)))
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
