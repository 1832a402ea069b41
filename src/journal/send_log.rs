//! The engine's seam: intents are on the disk before the first byte, statuses before they are told as final.

use std::sync::atomic::Ordering;

use secrecy::SecretString;
use tokio::sync::oneshot;

use super::Journal;
use super::guest_tokens::Guest;
use super::job::{Recorded, Work};
use crate::engine::send_log::{GuestTokenAnswer, Intent, Recording, SendLog, Unrecorded};
use crate::model::{ConversationKey, DeliveryStatus, MessageId};

const STOPPED: &str = "the journal has stopped";

impl Journal {
    fn record(&self, work: impl FnOnce(Recorded) -> Work) -> Recording {
        let (done, recorded) = oneshot::channel();
        self.put(work(done));
        // Work that found no room is dropped, and with it the one who answers.
        Box::pin(async move { recorded.await.unwrap_or_else(|_| Err(Unrecorded::NotNow(STOPPED.to_owned()))) })
    }
}

impl SendLog for Journal {
    fn intent(&self, intent: Intent) -> Recording {
        self.record(|done| Work::Intent(intent, done))
    }

    fn outcome(&self, message: MessageId, delivery: &DeliveryStatus, remote_id: Option<&str>) -> Recording {
        let (delivery, remote_id) = (delivery.clone(), remote_id.map(str::to_owned));
        self.record(|done| Work::Outcome { message, delivery, remote_id, done: Some(done) })
    }

    fn read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    fn guest_token(
        &self,
        conversation: ConversationKey,
        configured: Option<SecretString>,
        renew: bool,
    ) -> GuestTokenAnswer {
        let (done, answered) = oneshot::channel();
        self.put(Work::Guest(Guest { conversation, configured, renew, done }));
        Box::pin(async move { answered.await.unwrap_or_else(|_| Err(STOPPED.to_owned())) })
    }
}
