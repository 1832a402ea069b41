//! A status is told once its row is on the disk: in the order in which the statuses came, and where the row cannot be
//! written yet, with the word that it is not.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use crate::engine::Report;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::send_log::Unrecorded;
use crate::model::{DeliveryStatus, MessageId};

use super::Driver;

/// What is told once a status is recorded, and whether it was.
pub struct Recorded {
    message: MessageId,
    reports: Vec<Report>,
    kept: Result<(), Unrecorded>,
}

/// Statuses that are being recorded.
#[derive(Default)]
pub struct Recordings(FuturesOrdered<Pin<Box<dyn Future<Output = Recorded> + Send>>>);

impl Recordings {
    /// The next status that is recorded; `None` at once where none is under way.
    pub async fn next(&mut self) -> Option<Recorded> {
        self.0.next().await
    }
}

impl Driver {
    /// Records what became of a message, then tells it. `on_disk`: the status that the next start is to find, where that
    /// is another.
    pub(super) fn tell_recorded(
        &mut self,
        on_disk: Option<DeliveryStatus>,
        message: MessageId,
        life: DeliveryStatus,
        record: Option<&ExchangeBuilder>,
        remote_id: Option<String>,
    ) {
        let mut recording =
            self.context.tuning.send_log.outcome(message, on_disk.as_ref().unwrap_or(&life), remote_id.as_deref());
        let exchange = record.map(ExchangeBuilder::id);
        let mut reports: Vec<Report> = record.map(ExchangeBuilder::report).into_iter().collect();
        reports.push(Report::Message { id: message, life, exchange, remote_id });
        // What needs no disk is told at once, but never before an earlier status.
        if self.recordings.0.is_empty()
            && let Some(kept) = (&mut recording).now_or_never()
        {
            return self.recorded(Recorded { message, reports, kept });
        }
        let work = async move { Recorded { message, reports, kept: recording.await } };
        self.recordings.0.push_back(Box::pin(work));
    }

    /// Records that a message is back in its queue. A row that cannot be written says that the message was on the wire:
    /// then it is unknown to the next start, which sends nothing twice.
    pub(super) fn record_only(&mut self, message: MessageId, life: &DeliveryStatus) {
        drop(self.context.tuning.send_log.outcome(message, life, None));
    }

    pub(super) fn recorded(&mut self, recorded: Recorded) {
        let Recorded { message, reports, kept } = recorded;
        if let Err(Unrecorded::NotNow(why) | Unrecorded::Never(why)) = kept {
            self.context.tell(Report::NotOnDisk { message, why });
        }
        for report in reports {
            self.context.tell(report);
        }
    }

    /// Tells the statuses that are still being recorded when guestwire leaves.
    pub(super) async fn drain_recordings(&mut self, bound: Duration) {
        let end = Instant::now() + bound;
        while let Ok(Some(recorded)) = timeout_at(end, self.recordings.next()).await {
            self.recorded(recorded);
        }
    }
}
