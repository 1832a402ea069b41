//! The way to the journal's thread: two bounded lanes, so that what a send waits for never stands behind what a flood of
//! exchanges brings. Putting something in never waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most that a lane holds.
const BOUND: usize = 65_536;

/// What became of waiting for work.
#[derive(Debug)]
pub enum Next<T> {
    /// Work, in order. Urgent work is never mixed with other.
    Group(Vec<T>),
    /// There is none, and nobody needs waiting for.
    Idle,
    /// There is none, and none will come.
    Closed,
}

#[derive(Debug)]
struct Lanes<T> {
    urgent: VecDeque<T>,
    bulk: VecDeque<T>,
    closed: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Mailbox<T> {
    lanes: Mutex<Lanes<T>>,
    more: Condvar,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let lanes = Lanes { urgent: VecDeque::new(), bulk: VecDeque::new(), closed: false };
        Self { lanes: Mutex::new(lanes), more: Condvar::new() }
    }
}

impl<T> Mailbox<T> {
    fn lanes(&self) -> MutexGuard<'_, Lanes<T>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work in. Gives it back where the lane is full or the mailbox closed.
    pub fn put(&self, work: T, urgent: bool) -> Result<(), T> {
        let mut lanes = self.lanes();
        let closed = lanes.closed;
        let lane = if urgent { &mut lanes.urgent } else { &mut lanes.bulk };
        if closed || lane.len() >= BOUND {
            return Err(work);
        }
        lane.push_back(work);
        drop(lanes);
        self.more.notify_one();
        Ok(())
    }

    /// No more will be put in; what is there is still taken out.
    pub fn close(&self) {
        self.lanes().closed = true;
        self.more.notify_all();
    }

    /// The first piece of work and up to `more` others of its lane. Waits for it, unless there is other work to do
    /// meanwhile (`wait` false).
    pub fn take(&self, more: usize, wait: bool) -> Next<T> {
        let mut lanes = self.lanes();
        loop {
            for urgent in [true, false] {
                let lane = if urgent { &mut lanes.urgent } else { &mut lanes.bulk };
                if !lane.is_empty() {
                    let count = lane.len().min(more + 1);
                    return Next::Group(lane.drain(..count).collect());
                }
            }
            if lanes.closed {
                return Next::Closed;
            }
            if !wait {
                return Next::Idle;
            }
            lanes = self.more.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until something is there, at most for `time`. For pauses that work cuts short.
    pub fn doze(&self, time: Duration) {
        let lanes = self.lanes();
        if lanes.urgent.is_empty() && lanes.bulk.is_empty() && !lanes.closed {
            drop(self.more.wait_timeout(lanes, time).unwrap_or_else(PoisonError::into_inner));
        }
    }
}
