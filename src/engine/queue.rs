//! Order: one first-in-first-out lane a conversation, one message of it on the wire, several conversations side by side.
//! Pure.
//!
//! ```text
//! push ─► lane: [ head, …, … ]      start ─► in flight ─┬─ finish ──► gone, the next is head
//!           the head may be held until a moment         └─ requeue ─► head again, held
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use crate::model::{ConversationKey, MessageId, Moment};

#[derive(Clone, Debug, Default)]
struct Lane {
    waiting: VecDeque<MessageId>,
    /// The head goes no earlier.
    not_before: Option<Moment>,
    in_flight: Option<MessageId>,
}

impl Lane {
    fn next(&self, now: Moment) -> Option<MessageId> {
        let free = self.in_flight.is_none() && self.not_before.is_none_or(|at| now.mono >= at.mono);
        self.waiting.front().copied().filter(|_| free)
    }
}

/// What taking a message back found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextSend {
    /// It was waiting, and is gone.
    Waiting,
    /// It is on the wire.
    InFlight,
    /// Nobody waits under this id.
    Absent,
}

#[derive(Clone, Debug)]
pub struct Queue {
    /// Lanes in which something is.
    lanes: BTreeMap<ConversationKey, Lane>,
    parallel: usize,
    in_flight: usize,
    /// Whose turn was last, so that a busy conversation does not hold up the others.
    last: ConversationKey,
}

impl Queue {
    /// A queue that lets up to `parallel` (at least one) conversations send side by side.
    pub fn new(parallel: usize) -> Self {
        Self { lanes: BTreeMap::new(), parallel: parallel.max(1), in_flight: 0, last: ConversationKey(u32::MAX) }
    }

    /// Puts a message at the end of its conversation's lane.
    pub fn push(&mut self, conversation: ConversationKey, message: MessageId) {
        self.lanes.entry(conversation).or_default().waiting.push_back(message);
    }

    /// The next message that may go at `now`, now in flight. `may` is asked about each head (has it a token?).
    pub fn start(&mut self, now: Moment, mut may: impl FnMut(MessageId) -> bool) -> Option<MessageId> {
        if self.in_flight >= self.parallel {
            return None;
        }
        let after = self.lanes.range((Bound::Excluded(self.last), Bound::Unbounded));
        let before = self.lanes.range(..=self.last);
        let next = |(key, lane): (&ConversationKey, &Lane)| Some((*key, lane.next(now).filter(|m| may(*m))?));
        let (key, message) = after.chain(before).find_map(next)?;
        let lane = self.lanes.get_mut(&key)?;
        lane.waiting.pop_front();
        lane.not_before = None;
        lane.in_flight = Some(message);
        self.in_flight += 1;
        self.last = key;
        Some(message)
    }

    /// A message in flight is done. False: it was not in flight.
    pub fn finish(&mut self, conversation: ConversationKey, message: MessageId) -> bool {
        let Some(lane) = self.lanes.get_mut(&conversation).filter(|lane| lane.in_flight == Some(message)) else {
            return false;
        };
        lane.in_flight = None;
        self.in_flight -= 1;
        self.drop_empty(conversation);
        true
    }

    /// A message in flight goes back to the head of its lane, held until `until` where given.
    pub fn requeue(&mut self, conversation: ConversationKey, message: MessageId, until: Option<Moment>) {
        if self.finish(conversation, message) {
            let lane = self.lanes.entry(conversation).or_default();
            lane.waiting.push_front(message);
            lane.not_before = until;
        }
    }

    /// Takes a message back, unless it is in flight.
    pub fn take(&mut self, conversation: ConversationKey, message: MessageId) -> NextSend {
        let Some(lane) = self.lanes.get_mut(&conversation) else { return NextSend::Absent };
        if lane.in_flight == Some(message) {
            return NextSend::InFlight;
        }
        let Some(at) = lane.waiting.iter().position(|m| *m == message) else { return NextSend::Absent };
        lane.waiting.remove(at);
        if at == 0 {
            // The hold was the head's.
            lane.not_before = None;
        }
        self.drop_empty(conversation);
        NextSend::Waiting
    }

    fn drop_empty(&mut self, conversation: ConversationKey) {
        if self.lanes.get(&conversation).is_some_and(|lane| lane.in_flight.is_none() && lane.waiting.is_empty()) {
            self.lanes.remove(&conversation);
        }
    }

    /// When the next held head may go; nothing where no more may fly anyway.
    pub fn next_due(&self) -> Option<Moment> {
        let held = self.lanes.values().filter(|_| self.in_flight < self.parallel).filter_map(|lane| lane.not_before);
        held.min_by_key(|m| m.mono)
    }

    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The messages that go next: of each conversation with nothing on the wire and no hold, the first.
    pub fn heads(&self, now: Moment) -> impl Iterator<Item = MessageId> + '_ {
        self.lanes.values().filter_map(move |lane| lane.next(now))
    }

    /// Messages that wait, in no particular order between conversations.
    pub fn waiting(&self) -> impl Iterator<Item = (ConversationKey, MessageId)> + '_ {
        self.lanes.iter().flat_map(|(key, lane)| lane.waiting.iter().map(|m| (*key, *m)))
    }
}

#[cfg(test)]
#[path = "../../tests/unit/engine/queue.rs"]
mod tests;
