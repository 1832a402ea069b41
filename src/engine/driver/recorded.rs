//! A status is reported once its row is on the disk: in the order in which the statuses came, and where the row cannot be
//! written yet, with the word that it is not.

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::engine::Report;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::send_log::Unrecorded;
use crate::model::{DeliveryStatus, MessageId};

use super::context::Context;

/// What is reported once a status is recorded, and whether it was.
pub struct Recorded {
    message: MessageId,
    reports: Vec<Report>,
    kept: Result<(), Unrecorded>,
}

impl Recorded {
    pub fn report(self, cx: &Context) {
        let message = self.message;
        let not_kept = self.kept.err().map(|(Unrecorded::NotNow(why) | Unrecorded::Never(why))| why);
        for report in not_kept.map(|why| Report::NotOnDisk { message, why }).into_iter().chain(self.reports) {
            cx.report(report);
        }
    }
}

/// Statuses that are being recorded.
#[derive(Default)]
pub struct Recordings(FuturesOrdered<Pin<Box<dyn Future<Output = Recorded> + Send>>>);

impl Recordings {
    /// The next status that is recorded; `None` at once where none is under way.
    pub async fn next(&mut self) -> Option<Recorded> {
        self.0.next().await
    }

    /// Records what became of a message, then reports it, with its exchange. `on_disk`: the status that the next start is
    /// to find, where that is another.
    pub fn record(
        &mut self,
        (message, life): (MessageId, DeliveryStatus),
        on_disk: Option<DeliveryStatus>,
        record: Option<&ExchangeBuilder>,
        remote_id: Option<String>,
        cx: &Context,
    ) {
        let mut recording =
            cx.options.send_log.outcome(message, on_disk.as_ref().unwrap_or(&life), remote_id.as_deref());
        let exchange = record.map(ExchangeBuilder::id);
        let mut reports: Vec<Report> = record.map(ExchangeBuilder::report).into_iter().collect();
        reports.push(Report::Message { id: message, life, exchange, remote_id });
        // What needs no disk is reported at once, but never before an earlier status.
        if self.0.is_empty()
            && let Some(kept) = (&mut recording).now_or_never()
        {
            return Recorded { message, reports, kept }.report(cx);
        }
        self.0.push_back(Box::pin(async move { Recorded { message, reports, kept: recording.await } }));
    }
}
