//! A status is reported once its row is on the disk: in the order in which the statuses came, and where the row cannot be
//! written yet, with the word that it is not.

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::engine::Report;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::model::{DeliveryStatus, MessageId};

use super::context::Context;

/// Statuses that are being recorded, as what is reported once they are.
#[derive(Default)]
pub struct Recordings(FuturesOrdered<Pin<Box<dyn Future<Output = Vec<Report>> + Send>>>);

impl Recordings {
    /// What the next status that is recorded has to report; `None` at once where none is under way.
    pub async fn next(&mut self) -> Option<Vec<Report>> {
        self.0.next().await
    }

    /// Records what became of a message, then reports it, with its exchange. `on_disk`: the status that the next start is
    /// to find, where that is another.
    pub fn record(
        &mut self,
        (message, delivery): (MessageId, DeliveryStatus),
        on_disk: Option<DeliveryStatus>,
        record: Option<&ExchangeBuilder>,
        remote_id: Option<String>,
        cx: &Context,
    ) {
        let on_disk = on_disk.as_ref().unwrap_or(&delivery);
        let recording = cx.options.send_log.outcome(message, on_disk, remote_id.as_deref());
        let exchange = record.map(ExchangeBuilder::id);
        let told =
            [record.map(ExchangeBuilder::report), Some(Report::Message { id: message, delivery, exchange, remote_id })];
        let mut reports = Box::pin(async move {
            let not_on_disk = recording.await.err().map(|e| Report::NotOnDisk { message, why: e.why() });
            [not_on_disk].into_iter().chain(told).flatten().collect::<Vec<_>>()
        });
        // What needs no disk is reported at once, but never before an earlier status.
        match self.0.is_empty().then(|| (&mut reports).now_or_never()).flatten() {
            Some(reports) => cx.report_all(reports),
            None => self.0.push_back(reports),
        }
    }
}
