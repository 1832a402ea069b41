//! Who sends next, and when: order, pace, and pauses that grow. Pure.
//!
//! ```text
//! push ─► lane: [ head, …, … ]      start ─► in flight ─┬─ finish ──► gone, the next is head
//!           the head may be held until a moment         └─ requeue ─► head again, held
//! ```
//! [`Queue`] is one first-in-first-out lane a conversation, one message of it on the wire, several conversations side by
//! side. [`Pace`] obeys what the server tells of its own count (`inin-ratelimit-*`, 429); [`Rate`] counts for itself where
//! a limit is documented and never told (messages of a session, frames of a connection).

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::time::Duration;

use fastrand::Rng;

use crate::model::{ConversationKey, MessageId, Moment, RateLimit};

/// The window in which the platform counts requests. [real: documented, "300 requests a minute"]
const WINDOW: Duration = Duration::from_secs(60);
const RESERVE: u32 = 10; // requests of the window that everything else leaves to messages

#[derive(Clone, Debug, Default)]
struct Lane {
    waiting: VecDeque<MessageId>,
    not_before: Option<Moment>, // the head goes no earlier
    in_flight: Option<MessageId>,
}

impl Lane {
    fn next(&self, now: Moment) -> Option<MessageId> {
        let free = self.in_flight.is_none() && self.not_before.is_none_or(|at| now.mono >= at.mono);
        self.waiting.front().copied().filter(|_| free)
    }
}

/// Where a message was that was taken out of its queue, unless it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenFrom {
    Waiting,
    InFlight,
    Nowhere,
}

#[derive(Clone, Debug)]
pub struct Queue {
    lanes: BTreeMap<ConversationKey, Lane>, // lanes in which something is
    parallel: usize,
    pub in_flight: usize,
    last: ConversationKey, // whose turn was last, so that a busy conversation does not hold up the others
}

impl Queue {
    pub fn new(parallel: usize) -> Self {
        Self { lanes: BTreeMap::new(), parallel: parallel.max(1), in_flight: 0, last: ConversationKey(u32::MAX) }
    }

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

    pub fn finish(&mut self, conversation: ConversationKey, message: MessageId) -> bool {
        let Some(lane) = self.lanes.get_mut(&conversation).filter(|lane| lane.in_flight == Some(message)) else {
            return false;
        };
        lane.in_flight = None;
        self.in_flight -= 1;
        self.drop_empty(conversation);
        true
    }

    pub fn requeue(&mut self, conversation: ConversationKey, message: MessageId, until: Option<Moment>) {
        if self.finish(conversation, message) {
            let lane = self.lanes.entry(conversation).or_default();
            lane.waiting.push_front(message);
            lane.not_before = until;
        }
    }

    pub fn take(&mut self, conversation: ConversationKey, message: MessageId) -> TakenFrom {
        let Some(lane) = self.lanes.get_mut(&conversation) else { return TakenFrom::Nowhere };
        if lane.in_flight == Some(message) {
            return TakenFrom::InFlight;
        }
        let Some(at) = lane.waiting.iter().position(|m| *m == message) else { return TakenFrom::Nowhere };
        lane.waiting.remove(at);
        // The hold was the head's.
        lane.not_before = lane.not_before.filter(|_| at > 0);
        self.drop_empty(conversation);
        TakenFrom::Waiting
    }

    fn drop_empty(&mut self, conversation: ConversationKey) {
        if self.lanes.get(&conversation).is_some_and(|lane| lane.in_flight.is_none() && lane.waiting.is_empty()) {
            self.lanes.remove(&conversation);
        }
    }

    /// When the next held head may go; `None` while as many are in flight as may be.
    pub fn next_due(&self) -> Option<Moment> {
        self.lanes.values().filter(|_| self.in_flight < self.parallel).filter_map(|lane| lane.not_before).min()
    }

    /// The messages that go next: of each conversation with nothing on the wire and no hold, the first.
    pub fn heads(&self, now: Moment) -> impl Iterator<Item = MessageId> + '_ {
        self.lanes.values().filter_map(move |lane| lane.next(now))
    }

    pub fn waiting(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.lanes.values().flat_map(|lane| lane.waiting.iter().copied())
    }
}

/// At most so many in any span of time of this length.
///
/// Each message counts from the latest moment at which it may have arrived, which is its answer. The server counts from
/// the arrival, so that its window never holds more than ours.
#[derive(Clone, Debug)]
pub struct Rate {
    allowed: usize,
    per: Duration,
    sent: VecDeque<Moment>, // the newest `allowed` at most, the oldest first
}

impl Rate {
    pub fn new(allowed: u32, per: Duration) -> Self {
        Self { allowed: allowed.max(1) as usize, per, sent: VecDeque::new() }
    }

    /// Until when nothing may go.
    pub fn held(&self, now: Moment) -> Option<Moment> {
        let oldest = self.sent.len().checked_sub(self.allowed).and_then(|at| self.sent.get(at));
        oldest.map(|oldest| oldest.after(self.per)).filter(|free| now.mono < free.mono)
    }

    pub fn spend(&mut self, now: Moment) {
        while self.sent.front().is_some_and(|at| self.sent.len() >= self.allowed || now.since(*at) >= self.per) {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }

    /// The newest has arrived by `now`, and not necessarily earlier.
    pub fn arrived(&mut self, now: Moment) {
        if let Some(newest) = self.sent.back_mut() {
            *newest = now;
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Pace {
    limit: Option<RateLimit>,
    spent: u32,                 // requests that the newest headers may not have counted
    silent: Option<Moment>,     // the server asked for silence until then
    reads_held: Option<Moment>, // the server asked for nothing but messages until then
}

impl Pace {
    /// A 429 asked to wait: it is about the token, so it holds for every conversation.
    pub fn silence(&mut self, until: Moment) {
        // Of two that were under way together, the longer wait holds.
        self.silent = self.silent.max(Some(until));
    }

    /// A 429 of a request that is no message: such requests wait, and messages no longer than the limit's window.
    pub fn hold_reads(&mut self, wait: Duration, now: Moment) {
        self.reads_held = Some(now.after(wait));
        let window = self.limit.map(|l| l.resets).filter(|resets| now.mono < resets.mono);
        self.silence(now.after(wait.min(WINDOW)).min(window.unwrap_or(now.after(WINDOW))));
    }

    pub fn reads_held(&self, now: Moment) -> Option<Moment> {
        self.reads_held.filter(|until| now.mono < until.mono)
    }

    pub fn any_read_held(&self, now: Moment) -> Option<Moment> {
        self.reads_held(now).or_else(|| self.held(now, RESERVE))
    }

    /// An answer told the limit while `in_flight` other requests were under way: they may not be counted in it.
    pub fn observe(&mut self, limit: RateLimit, in_flight: usize) {
        self.limit = Some(limit);
        self.spent = u32::try_from(in_flight).unwrap_or(u32::MAX);
    }

    pub fn spend(&mut self) {
        self.spent = self.spent.saturating_add(1);
    }

    /// Until when a request waits that leaves `reserve` for others.
    pub fn held(&self, now: Moment, reserve: u32) -> Option<Moment> {
        let used = |l: &RateLimit| l.count.saturating_add(self.spent).saturating_add(reserve) >= l.allowed;
        let full = self.limit.filter(used).map(|limit| limit.resets);
        [self.silent, full].into_iter().flatten().find(|until| now.mono < until.mono)
    }
}

/// A random pause up to `most`: enough to keep a team from renewing together.
pub fn up_to(rng: &mut Rng, most: Duration) -> Duration {
    most.mul_f64(rng.f64())
}

/// Doubling pauses with jitter: the `n`th (from 0) lies between a half and the whole of `first * 2^n`, at most `cap`.
pub fn backoff(rng: &mut Rng, first: Duration, cap: Duration, n: u32) -> Duration {
    let whole = first.saturating_mul(1 << n.min(20)).min(cap);
    whole / 2 + up_to(rng, whole / 2)
}
