//! The world under its lock, and the way out for what it wants to send.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::Inner;
use super::world::World;
use super::world::web::{ConnectionId, Out};
use crate::model::Moment;

/// Where the frames of each open socket go.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<ConnectionId, mpsc::UnboundedSender<Out>>>);

/// The world, locked. When it is given back, frames and pushes are on their way, in the order in which they came about.
pub(super) struct Locked<'i> {
    world: MutexGuard<'i, World>,
    inner: &'i Inner,
    next_due: Option<Moment>,
}

impl<'i> Locked<'i> {
    pub(super) fn of(inner: &'i Inner) -> Self {
        let world = inner.world.lock().unwrap_or_else(PoisonError::into_inner);
        let next_due = world.next_due();
        Self { world, inner, next_due }
    }
}

impl Deref for Locked<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if !self.world.web.outbox.is_empty() {
            let lines = self.inner.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (to, out) in self.world.web.outbox.drain(..) {
                // A socket that is closing takes no more.
                let _ = lines.get(&to).map(|line| line.send(out));
            }
        }
        for push in self.world.pushes.drain(..) {
            let _ = self.inner.pushes.send(push);
        }
        if self.world.next_due() != self.next_due {
            self.inner.sooner.notify_one();
        }
    }
}

impl Inner {
    /// A socket is open: its frames go to `line`.
    pub(super) fn connect(&self, id: ConnectionId, line: mpsc::UnboundedSender<Out>) {
        self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, line);
    }

    /// A socket is gone.
    pub(super) fn disconnect(&self, id: ConnectionId) {
        self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.world().hung_up(id);
    }
}
