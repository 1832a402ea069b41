//! The way to the journal's thread: two bounded lanes, so that what a send waits for never stands behind what a flood of
//! exchanges brings. Putting something in never waits.
//!
//! ```text
//! prompt ──┐
//! intent ──┼─► urgent, in order ─► taken at once where it is prompt; intents when their company is there; all after SOON
//! outcome ─┘
//! bulk ────────► bulk ─────────────► taken while urgent work is not, once there is a BULK_GROUP or it waits since LATER
//! ```
//! Nobody waits for what comes of a message, so it is written together with the next intent; nor for exchanges, which
//! are written many at a time.
//!
//! Intents share commits: while more messages are on the wire than wait to go there, the next are waited for, but for no
//! more than shared the last commit, and no longer than that one took. So a message alone waits for nobody; those that
//! come in numbers pay for the disk once, and half of them are on the wire while the other half is written.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most that a lane holds.
const BOUND: usize = 65_536;
/// Bulk that is taken without waiting for more of it, and the most that is taken in one go: urgent work waits for no more.
const BULK_GROUP: usize = 64;
/// How long urgent work that nobody waits for may wait for company.
const SOON: Duration = Duration::from_millis(20);
/// How long bulk may.
const LATER: Duration = Duration::from_millis(100);
/// The longest that those who wait are kept waiting for company, however slow the disk.
const COMPANY_MAX: Duration = Duration::from_millis(5);

/// How soon work is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Somebody waits for it, or a person would miss it.
    Prompt,
    /// A message is to go on the wire: wanted once [`Mailbox::intents_told`] says that all that go with it are there.
    Intent,
    /// What came of a message that was on the wire: in order with what is prompt, but it may wait for that.
    Outcome,
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
    /// Something in the urgent lane is prompt.
    prompt: bool,
    /// Intents in the urgent lane; since when they are wanted, once all of a turn are there.
    intents: usize,
    intents_since: Option<Instant>,
    /// Messages whose intents were taken and whose outcomes were not told, as far as is known here.
    on_the_wire: usize,
    /// So many intents were in the last group; so long it took, at most [`COMPANY_MAX`].
    last_intents: usize,
    last_took: Duration,
    /// When the last group was taken.
    taken: Option<Instant>,
    /// The thread waits, and was not called: calling costs, so it is called once.
    asleep: bool,
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

impl<T> Lanes<T> {
    fn has_company(&self) -> bool {
        self.intents >= self.last_intents.min(self.on_the_wire)
    }

    /// When the intents have waited enough for company.
    fn intents_until(&self) -> Option<Instant> {
        let since = self.intents_since?;
        Some(if self.has_company() { since } else { since + self.last_took })
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let lanes = Lanes {
            urgent: VecDeque::new(),
            bulk: VecDeque::new(),
            prompt: false,
            intents: 0,
            intents_since: None,
            on_the_wire: 0,
            last_intents: 0,
            last_took: Duration::ZERO,
            taken: None,
            asleep: false,
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
        let full = bulk && lane.len() == BULK_GROUP;
        let wake = match haste {
            Haste::Prompt => !std::mem::replace(&mut lanes.prompt, true),
            Haste::Intent => {
                lanes.intents += 1;
                false
            }
            // The thread knows when to look at what can wait, once it knows that there is some.
            Haste::Outcome => {
                lanes.on_the_wire = lanes.on_the_wire.saturating_sub(1);
                first
            }
            Haste::Bulk => first || full,
        };
        self.call(guard, wake);
        Ok(())
    }

    /// All intents of a turn are there, and somebody waits for them.
    pub fn intents_told(&self) {
        let mut guard = self.lanes();
        let lanes = &mut *guard;
        let first = lanes.intents > 0 && lanes.intents_since.is_none();
        if first {
            lanes.intents_since = Some(Instant::now());
        }
        let wake = first || lanes.intents_since.is_some() && lanes.has_company();
        self.call(guard, wake);
    }

    /// Calls the thread where it waits.
    fn call(&self, mut lanes: MutexGuard<'_, Lanes<T>>, wake: bool) {
        let wake = wake && std::mem::take(&mut lanes.asleep);
        drop(lanes);
        if wake {
            self.more.notify_one();
        }
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
        if let Some(taken) = guard.taken.take() {
            guard.last_took = taken.elapsed().min(COMPANY_MAX);
        }
        guard.busy = false;
        guard.leisure = bound.is_some();
        loop {
            let lanes = &mut *guard;
            let now = Instant::now();
            let rush = lanes.closed || lanes.hurry;
            let ripe = |since: Option<Instant>, wait: Duration| since.map(|since| since + wait);
            let prompt = lanes.prompt.then_some(now);
            let urgent = [prompt, lanes.intents_until(), ripe(lanes.urgent_since, SOON)].into_iter().flatten().min();
            let bulk = ripe(lanes.bulk_since, LATER);
            if urgent.is_some_and(|at| rush || at <= now) {
                let count = lanes.urgent.len().min(most);
                let group = lanes.urgent.drain(..count).collect();
                lanes.last_intents = std::mem::take(&mut lanes.intents);
                lanes.on_the_wire += lanes.last_intents;
                lanes.intents_since = None;
                // What is left behind is as good as prompt: nobody remembers what it was.
                lanes.prompt = !lanes.urgent.is_empty();
                lanes.urgent_since = lanes.prompt.then_some(now);
                lanes.taken = Some(now);
                lanes.busy = true;
                return Next::Group(group);
            }
            if bulk.is_some_and(|at| rush || lanes.bulk.len() >= BULK_GROUP || at <= now) {
                let count = lanes.bulk.len().min(most).min(BULK_GROUP);
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
            guard.asleep = true;
            guard = match [urgent, bulk, until].into_iter().flatten().min() {
                Some(at) => self.more.wait_timeout(guard, at - now).unwrap_or_else(PoisonError::into_inner).0,
                None => self.more.wait(guard).unwrap_or_else(PoisonError::into_inner),
            };
            guard.asleep = false;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(mailbox: &Mailbox<u32>) -> Vec<u32> {
        match mailbox.take(256, None) {
            Next::Group(group) => group,
            other => unreachable!("{other:?}"),
        }
    }

    fn put(mailbox: &Mailbox<u32>, work: u32, haste: Haste) {
        assert_eq!(mailbox.put(work, haste), Ok(()));
    }

    #[test]
    fn the_intents_of_a_turn_are_taken_together_with_what_came_before() {
        let mailbox = Mailbox::default();
        put(&mailbox, 1, Haste::Outcome);
        put(&mailbox, 2, Haste::Intent);
        put(&mailbox, 3, Haste::Intent);
        assert_eq!(mailbox.lanes().intents_until(), None, "the turn is not over");
        mailbox.intents_told();
        assert_eq!(taken(&mailbox), [1, 2, 3]);
    }

    #[test]
    fn a_message_alone_waits_for_nobody_whatever_else_is_kept() {
        let mailbox = Mailbox::default();
        for work in 0..3 {
            put(&mailbox, 10 + work, Haste::Prompt);
            put(&mailbox, 20 + work, Haste::Prompt);
            taken(&mailbox);
            put(&mailbox, work, Haste::Intent);
            mailbox.intents_told();
            mailbox.lanes().last_took = COMPANY_MAX;
            {
                let lanes = mailbox.lanes();
                assert_eq!(lanes.intents_until(), lanes.intents_since, "message {work}");
                assert_eq!(lanes.on_the_wire, 0);
            }
            assert_eq!(taken(&mailbox), [work]);
            assert_eq!(mailbox.lanes().on_the_wire, 1);
            put(&mailbox, 100 + work, Haste::Outcome);
        }
    }

    #[test]
    fn company_is_waited_for_while_more_are_on_the_wire_than_wait_but_not_for_long() {
        let mailbox = Mailbox::default();
        for work in 0..4 {
            put(&mailbox, work, Haste::Intent);
        }
        mailbox.intents_told();
        assert_eq!(taken(&mailbox), [0, 1, 2, 3]);
        // One of four comes back and sends again: three may follow it.
        mailbox.lanes().last_took = COMPANY_MAX;
        put(&mailbox, 4, Haste::Outcome);
        put(&mailbox, 5, Haste::Intent);
        mailbox.intents_told();
        {
            let lanes = mailbox.lanes();
            assert_eq!(lanes.intents_until(), lanes.intents_since.map(|since| since + COMPANY_MAX));
        }
        // With the second, as many wait as are on the wire.
        put(&mailbox, 6, Haste::Outcome);
        put(&mailbox, 7, Haste::Intent);
        {
            let lanes = mailbox.lanes();
            assert_eq!(lanes.intents_until(), lanes.intents_since);
        }
        assert_eq!(taken(&mailbox), [4, 5, 6, 7]);
    }

    #[test]
    fn what_is_prompt_takes_intents_along() {
        let mailbox = Mailbox::default();
        put(&mailbox, 1, Haste::Intent);
        put(&mailbox, 2, Haste::Prompt);
        assert_eq!(taken(&mailbox), [1, 2]);
    }

    #[test]
    fn bulk_is_taken_in_bites_and_after_what_is_urgent() {
        let mailbox = Mailbox::default();
        let many = 2 * u32::try_from(BULK_GROUP).unwrap_or(0);
        for work in 0..many {
            assert_eq!(mailbox.put(work, Haste::Bulk), Ok(()));
        }
        assert_eq!(mailbox.put(many, Haste::Prompt), Ok(()));
        assert_eq!(taken(&mailbox), [many]);
        assert_eq!(taken(&mailbox).len(), BULK_GROUP);
        assert_eq!(taken(&mailbox).len(), BULK_GROUP);
    }
}
