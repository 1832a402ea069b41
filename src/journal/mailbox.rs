//! The way to the journal's thread: two bounded lanes, so that what a send waits for never stands behind what a flood of
//! exchanges brings. Putting something in never waits.
//!
//! ```text
//! prompt ─┐
//! out ────┼─► urgent, in order ─► taken as soon as somebody waits for some of it and its company is there, or after SOON
//! back ───┘
//! bulk ───────► bulk ─────────────► taken while urgent work is not, once it is a BITE or waits since LATER
//! ```
//! Nobody waits for what comes of a message, so it is written together with the next intent; nor for exchanges, which
//! are written many at a time.
//!
//! Messages that wait to go out share commits: while more are under way than wait, the next are waited for, but for no
//! more than shared the last commit, and no longer than that one took. So what is alone waits for nobody; what comes in
//! numbers pays for the disk once, and half of it is on the wire while the other half is written.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most that a lane holds.
const BOUND: usize = 65_536;
/// Bulk that is taken without waiting for more of it, and the most that is taken in one go: urgent work waits for no more.
const BITE: usize = 64;
/// How long urgent work that nobody waits for may wait for company.
const SOON: Duration = Duration::from_millis(20);
/// How long bulk may.
const LATER: Duration = Duration::from_millis(100);
/// The longest that those who wait are kept waiting for company, however slow the disk.
const PATIENCE: Duration = Duration::from_millis(5);

/// How soon work is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Somebody waits for it, or a person would miss it.
    Prompt,
    /// The same, for a message that goes out, once [`Mailbox::together`] says that all that go with it are there.
    Out,
    /// In order with what is prompt, but it may wait for that: what came of a message.
    Back,
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
    /// Pieces of the urgent lane that somebody waits for; since when, once all of a turn is there.
    awaited: usize,
    awaited_since: Option<Instant>,
    /// Messages that went out and did not come back, as far as is known here.
    abroad: usize,
    /// So many waited for the last commit; so long it took, or [`PATIENCE`].
    company: usize,
    patience: Duration,
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
    /// Somebody waits. True where the thread has to know.
    fn wait_begins(&mut self) -> bool {
        let first = self.awaited_since.is_none();
        self.awaited_since.get_or_insert_with(Instant::now);
        first || self.has_company()
    }

    fn has_company(&self) -> bool {
        self.awaited >= self.company.min(self.abroad)
    }

    /// When those who wait have waited enough for others.
    fn awaited_until(&self) -> Option<Instant> {
        let since = self.awaited_since?;
        Some(if self.has_company() { since } else { since + self.patience })
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let lanes = Lanes {
            urgent: VecDeque::new(),
            bulk: VecDeque::new(),
            awaited: 0,
            awaited_since: None,
            abroad: 0,
            company: 0,
            patience: Duration::ZERO,
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
        let full = bulk && lane.len() == BITE;
        let wake = match haste {
            Haste::Prompt => {
                lanes.awaited += 1;
                lanes.wait_begins()
            }
            Haste::Out => {
                lanes.awaited += 1;
                false
            }
            // The thread knows when to look at what can wait, once it knows that there is some.
            Haste::Back => {
                lanes.abroad = lanes.abroad.saturating_sub(1);
                first
            }
            Haste::Bulk => first || full,
        };
        self.call(guard, wake);
        Ok(())
    }

    /// What was put in to be written together is all there, and somebody waits for it.
    pub fn together(&self) {
        let mut lanes = self.lanes();
        let wake = lanes.awaited > 0 && lanes.wait_begins();
        self.call(lanes, wake);
    }

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
            guard.patience = taken.elapsed().min(PATIENCE);
        }
        guard.busy = false;
        guard.leisure = bound.is_some();
        loop {
            let lanes = &mut *guard;
            let now = Instant::now();
            let rush = lanes.closed || lanes.hurry;
            let ripe = |since: Option<Instant>, wait: Duration| since.map(|since| since + wait);
            let urgent = [ripe(lanes.urgent_since, SOON), lanes.awaited_until()].into_iter().flatten().min();
            let bulk = ripe(lanes.bulk_since, LATER);
            if urgent.is_some_and(|at| rush || at <= now) {
                let count = lanes.urgent.len().min(most);
                let group = lanes.urgent.drain(..count).collect();
                lanes.company = std::mem::take(&mut lanes.awaited);
                lanes.abroad += lanes.company;
                // What is left behind is as good as awaited: nobody remembers what it was.
                lanes.awaited = lanes.urgent.len();
                lanes.urgent_since = (lanes.awaited > 0).then_some(now);
                lanes.awaited_since = lanes.urgent_since;
                lanes.taken = Some(now);
                lanes.busy = true;
                return Next::Group(group);
            }
            if bulk.is_some_and(|at| rush || lanes.bulk.len() >= BITE || at <= now) {
                let count = lanes.bulk.len().min(most).min(BITE);
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

    fn out(mailbox: &Mailbox<u32>, work: u32) {
        assert_eq!(mailbox.put(work, Haste::Out), Ok(()));
    }

    #[test]
    fn what_goes_out_in_a_turn_is_taken_together_with_what_came_back_before() {
        let mailbox = Mailbox::default();
        assert_eq!(mailbox.put(1, Haste::Back), Ok(()));
        out(&mailbox, 2);
        out(&mailbox, 3);
        assert_eq!(mailbox.lanes().awaited_until(), None, "the turn is not over");
        mailbox.together();
        assert_eq!(taken(&mailbox), [1, 2, 3]);
    }

    #[test]
    fn what_is_alone_waits_for_nobody() {
        let mailbox = Mailbox::default();
        for work in 0..3 {
            out(&mailbox, work);
            mailbox.together();
            {
                let lanes = mailbox.lanes();
                assert_eq!(lanes.awaited_until(), lanes.awaited_since, "message {work}");
            }
            // What came of the one before goes with it.
            assert_eq!(taken(&mailbox).last(), Some(&work));
            assert_eq!(mailbox.put(100 + work, Haste::Back), Ok(()));
        }
    }

    #[test]
    fn company_is_waited_for_while_more_are_under_way_than_wait_but_not_for_long() {
        let mailbox = Mailbox::default();
        for work in 0..4 {
            out(&mailbox, work);
        }
        mailbox.together();
        assert_eq!(taken(&mailbox), [0, 1, 2, 3]);
        // One of four comes back and sends again: three may follow it.
        mailbox.lanes().patience = PATIENCE;
        assert_eq!(mailbox.put(4, Haste::Back), Ok(()));
        out(&mailbox, 5);
        mailbox.together();
        {
            let lanes = mailbox.lanes();
            assert_eq!(lanes.awaited_until(), lanes.awaited_since.map(|since| since + PATIENCE));
        }
        // With the second, as many wait as are under way.
        assert_eq!(mailbox.put(6, Haste::Back), Ok(()));
        out(&mailbox, 7);
        {
            let lanes = mailbox.lanes();
            assert_eq!(lanes.awaited_until(), lanes.awaited_since);
        }
        assert_eq!(taken(&mailbox), [4, 5, 6, 7]);
    }

    #[test]
    fn bulk_is_taken_in_bites_and_after_what_is_urgent() {
        let mailbox = Mailbox::default();
        let many = 2 * u32::try_from(BITE).unwrap_or(0);
        for work in 0..many {
            assert_eq!(mailbox.put(work, Haste::Bulk), Ok(()));
        }
        assert_eq!(mailbox.put(many, Haste::Prompt), Ok(()));
        assert_eq!(taken(&mailbox), [many]);
        assert_eq!(taken(&mailbox).len(), BITE);
        assert_eq!(taken(&mailbox).len(), BITE);
    }
}
