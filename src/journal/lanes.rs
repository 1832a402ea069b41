//! The way to the journal's thread: two bounded lanes, so that nothing that somebody waits for (intents, statuses, drafts)
//! stands behind what a flood of exchanges brings. Putting work in never waits.

use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, WeakSender, channel};

use super::job::Work;

/// The most that a lane holds.
const LANE: usize = 8_192;
/// The most that is taken, and so committed, in one go: urgent work never waits for more bulk than that.
const GROUP: usize = 64;

/// The writers' end.
#[derive(Debug)]
pub struct Lanes {
    urgent: Sender<Work>,
    bulk: Sender<Work>,
}

/// The journal's end.
#[derive(Debug)]
pub struct Inbox {
    urgent: Receiver<Work>,
    bulk: Receiver<Work>,
    /// A way into the urgent lane that does not keep it open.
    pub way_back: WeakSender<Work>,
}

/// What waiting for work brought.
#[derive(Debug)]
pub enum NextJob {
    /// Work of one lane, in order.
    Group(Vec<Work>),
    /// Nothing, for as long as was waited.
    Idle,
    /// There is none, and none will come.
    Closed,
}

pub fn lanes() -> (Lanes, Inbox) {
    let ((urgent, urgent_end), (bulk, bulk_end)) = (channel(LANE), channel(LANE));
    let way_back = urgent.downgrade();
    (Lanes { urgent, bulk }, Inbox { urgent: urgent_end, bulk: bulk_end, way_back })
}

impl Lanes {
    /// Puts work in; false where its lane is full, or nobody takes anything any more.
    pub fn put(&self, work: Work) -> bool {
        if work.is_bulk() { &self.bulk } else { &self.urgent }.try_send(work).is_ok()
    }
}

impl Inbox {
    /// The next group of work. Waits for it, but no longer than `bound`.
    pub async fn next(&mut self, bound: Option<Duration>) -> NextJob {
        let (first, lane) = tokio::select! { biased;
            work = self.urgent.recv() => match work {
                Some(work) => (work, &mut self.urgent),
                // Both lanes are closed together: what is left is in the other.
                None => match self.bulk.recv().await {
                    Some(work) => (work, &mut self.bulk),
                    None => return NextJob::Closed,
                },
            },
            Some(work) = self.bulk.recv() => (work, &mut self.bulk),
            () = tokio::time::sleep(bound.unwrap_or_default()), if bound.is_some() => return NextJob::Idle,
        };
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(work) = lane.try_recv()
        {
            group.push(work);
        }
        NextJob::Group(group)
    }
}

#[cfg(test)]
#[path = "../../tests/unit/journal/lanes.rs"]
mod tests;
