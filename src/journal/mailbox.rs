//! The way to the journal's thread: two bounded lanes, so that what a send waits for never stands behind what a flood of
//! exchanges brings. Putting something in never waits.
//!
//! ```text
//! prompt ─┐
//! soon ───┴─► urgent, in order ─► taken as soon as something prompt is there, or after SOON
//! bulk ─────► bulk ─────────────► taken once nothing urgent is, and it is FULL or waits since LATER
//! ```
//! Nobody waits for what comes of a message, so it is written together with the next intent; nor for exchanges, which
//! are written many at a time. So a commit is shared by as much as can share it, and the thread is not woken for each.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most that a lane holds.
const BOUND: usize = 65_536;
/// Bulk that is taken without waiting for more of it.
const FULL: usize = 256;
/// How long urgent work that nobody waits for may wait for company.
const SOON: Duration = Duration::from_millis(20);
/// How long bulk may.
const LATER: Duration = Duration::from_millis(100);

/// How soon work is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Somebody waits for it, or a person would miss it.
    Prompt,
    /// In order with what is prompt, but it may wait for that.
    Soon,
    /// When there is nothing else.
    Bulk,
}

/// What became of waiting for work.
#[derive(Debug)]
pub enum Next<T> {
    /// Work, in order. Urgent work is never mixed with other.
    Group(Vec<T>),
    /// There is none.
    Idle,
    /// There is none, and none will come.
    Closed,
}

#[expect(clippy::struct_excessive_bools, reason = "independent wishes of the two sides")]
#[derive(Debug)]
struct Lanes<T> {
    urgent: VecDeque<T>,
    bulk: VecDeque<T>,
    /// Pieces of the urgent lane that somebody waits for.
    prompt: bool,
    /// Since when the oldest piece of a lane waits.
    urgent_since: Option<Instant>,
    bulk_since: Option<Instant>,
    /// Nothing is to wait for company now.
    hurry: bool,
    /// Work was taken out, and more was not asked for since.
    busy: bool,
    /// There is work for a time of leisure.
    leisure: bool,
    closed: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Mailbox<T> {
    lanes: Mutex<Lanes<T>>,
    more: Condvar,
    rest: Condvar,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let lanes = Lanes {
            urgent: VecDeque::new(),
            bulk: VecDeque::new(),
            prompt: false,
            urgent_since: None,
            bulk_since: None,
            hurry: false,
            busy: false,
            leisure: true,
            closed: false,
        };
        Self { lanes: Mutex::new(lanes), more: Condvar::new(), rest: Condvar::new() }
    }
}

impl<T> Mailbox<T> {
    fn lanes(&self) -> MutexGuard<'_, Lanes<T>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work in. Gives it back where the lane is full or the mailbox closed.
    pub fn put(&self, work: T, haste: Haste) -> Result<(), T> {
        let mut guard = self.lanes();
        let lanes = &mut *guard;
        let bulk = haste == Haste::Bulk;
        let (lane, since) =
            if bulk { (&mut lanes.bulk, &mut lanes.bulk_since) } else { (&mut lanes.urgent, &mut lanes.urgent_since) };
        if lanes.closed || lane.len() >= BOUND {
            return Err(work);
        }
        let first = lane.is_empty();
        if first {
            *since = Some(Instant::now());
        }
        lane.push_back(work);
        // The thread knows when to look at what can wait, once it knows that there is some.
        let wake = first || haste == Haste::Prompt && !lanes.prompt || bulk && lane.len() == FULL;
        lanes.prompt |= haste == Haste::Prompt;
        drop(guard);
        if wake {
            self.more.notify_one();
        }
        Ok(())
    }

    /// No more will be put in; what is there is still taken out.
    pub fn close(&self) {
        self.lanes().closed = true;
        self.more.notify_all();
    }

    /// The next pieces of work, at most `most`. Waits for them, but no longer than `bound`.
    pub fn take(&self, most: usize, bound: Option<Duration>) -> Next<T> {
        let until = bound.map(|bound| Instant::now() + bound);
        let mut guard = self.lanes();
        guard.busy = false;
        guard.leisure = bound.is_some();
        loop {
            let lanes = &mut *guard;
            let now = Instant::now();
            let rush = lanes.closed || lanes.hurry;
            let ripe = |since: Option<Instant>, wait: Duration| since.map(|since| since + wait);
            let urgent = ripe(lanes.urgent_since, SOON);
            let bulk = ripe(lanes.bulk_since, LATER);
            if urgent.is_some_and(|at| rush || lanes.prompt || at <= now) {
                let count = lanes.urgent.len().min(most);
                let group = lanes.urgent.drain(..count).collect();
                // What is left behind is as good as prompt: nobody remembers what it was.
                lanes.prompt = !lanes.urgent.is_empty();
                lanes.urgent_since = lanes.prompt.then_some(now);
                lanes.busy = true;
                return Next::Group(group);
            }
            if bulk.is_some_and(|at| rush || lanes.bulk.len() >= FULL || at <= now) {
                let count = lanes.bulk.len().min(most);
                let group = lanes.bulk.drain(..count).collect();
                if lanes.bulk.is_empty() {
                    lanes.bulk_since = None;
                }
                lanes.busy = true;
                return Next::Group(group);
            }
            if urgent.is_none() && bulk.is_none() {
                lanes.hurry = false;
                self.rest.notify_all();
                if lanes.closed {
                    return Next::Closed;
                }
            }
            if until.is_some_and(|until| until <= now) {
                return Next::Idle;
            }
            guard = match [urgent, bulk, until].into_iter().flatten().min() {
                Some(at) => self.more.wait_timeout(guard, at - now).unwrap_or_else(PoisonError::into_inner).0,
                None => self.more.wait(guard).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Waits until all that was put in has been dealt with; `all`: and what is done at leisure too.
    pub fn rest(&self, all: bool) {
        let mut guard = self.lanes();
        while guard.busy || !guard.urgent.is_empty() || !guard.bulk.is_empty() || all && guard.leisure {
            guard.hurry = true;
            self.more.notify_all();
            guard = self.rest.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
