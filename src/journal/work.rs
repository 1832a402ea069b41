//! What the journal's thread is given to do, and the way there: two bounded lanes, so that nothing that somebody waits for
//! (intents, statuses, drafts) stands behind what a flood of exchanges brings. Putting work in never waits.

use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc::{Receiver, Sender, WeakSender, channel};
use tokio::sync::oneshot;

use super::Job;
use crate::engine::{GuestToken, Intent, Unrecorded};
use crate::model::{ConversationKey, DeliveryStatus, MessageId};

pub(super) const LANE: usize = 8_192;
/// The most that is taken, and so committed, in one go: urgent work never waits for more bulk than that.
pub(super) const GROUP: usize = 64;

pub type RecordAnswer = oneshot::Sender<Result<(), Unrecorded>>;

#[derive(Debug)]
pub(super) enum Work {
    Job(Job),
    Intent(Intent, RecordAnswer),
    /// Another guestwire has let go of the journal.
    LockIsFree,
    Guest(GuestTokenWork),
    Outcome {
        message: MessageId,
        delivery: DeliveryStatus,
        remote_id: Option<String>,
        /// Who waits for the row; nobody any more, once it was told that the row is not there yet.
        done: Option<RecordAnswer>,
    },
}

#[derive(Debug)]
pub struct GuestTokenWork {
    pub conversation: ConversationKey,
    /// The profile's own token, which is not kept.
    pub configured: Option<SecretString>,
    pub renew: bool,
    pub done: oneshot::Sender<Result<GuestToken, String>>,
}

impl Work {
    /// Whether nobody waits for it: what a flood of exchanges brings.
    pub const fn is_bulk(&self) -> bool {
        matches!(self, Self::Job(Job::Entry(..) | Job::Mark(..) | Job::RemoteMessages(..)))
    }

    /// Whether a power cut must not undo it: a message that comes, and the end of one whose row may say that it is to be
    /// sent. (One that was on the wire is unknown to the next start, should its end be lost.)
    pub const fn survives_power_cut(&self) -> bool {
        use DeliveryStatus::{Cancelled, Refused};
        matches!(
            self,
            Self::Intent(..)
                | Self::Job(Job::Queue(_) | Job::QueueBeside(_))
                | Self::Outcome { delivery: Cancelled | Refused(_), .. }
        )
    }
}

#[derive(Debug)]
pub struct Lanes {
    urgent: Sender<Work>,
    bulk: Sender<Work>,
}

#[derive(Debug)]
pub struct Inbox {
    urgent: Receiver<Work>,
    bulk: Receiver<Work>,
    /// A way into the urgent lane that does not keep it open.
    pub way_back: WeakSender<Work>,
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
    /// The next group of one lane, in order; empty where none came within `bound`. `None` where none will come.
    pub async fn next(&mut self, bound: Option<Duration>) -> Option<Vec<Work>> {
        let (first, lane) = tokio::select! { biased;
            work = self.urgent.recv() => match work {
                Some(work) => (work, &mut self.urgent),
                // Both lanes are closed together: what is left is in the other.
                None => (self.bulk.recv().await?, &mut self.bulk),
            },
            Some(work) = self.bulk.recv() => (work, &mut self.bulk),
            () = tokio::time::sleep(bound.unwrap_or_default()), if bound.is_some() => return Some(Vec::new()),
        };
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(work) = lane.try_recv()
        {
            group.push(work);
        }
        Some(group)
    }
}
