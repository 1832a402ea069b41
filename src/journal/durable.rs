//! The engine's seam: intents are on the disk before the first byte, outcomes follow.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::oneshot;

use super::Journal;
use super::guests::Guest;
use super::mailbox::Haste;
use super::writer::Work;
use crate::engine::durable::{Durable, GuestToken, Intent, Keeping, Recording, Unrecorded};
use crate::model::{ConversationKey, Life, MessageId};

impl Durable for Journal {
    fn intent(&self, intent: Intent) -> Recording {
        let (done, recorded) = oneshot::channel();
        let put = self.put(Work::Intent(intent, done), Haste::Intent);
        let mailbox = Arc::clone(&self.mailbox);
        Box::pin(async move {
            if !put {
                return Err(Unrecorded::NotNow("the journal takes no more".to_owned()));
            }
            // The engine awaits when it has told all that one turn of it sends: those share a commit.
            mailbox.intents_told();
            recorded.await.unwrap_or_else(|_| Err(Unrecorded::NotNow("the journal has stopped".to_owned())))
        })
    }

    fn outcome(&self, message: MessageId, life: &Life, remote_id: Option<&str>) {
        self.put(
            Work::Outcome { message, life: life.clone(), remote_id: remote_id.map(str::to_owned) },
            Haste::Outcome,
        );
    }

    fn guest_token(&self, conversation: ConversationKey, made: SecretString, renew: bool) -> Keeping {
        let (done, answered) = oneshot::channel();
        let spare = made.clone();
        self.put(Work::Guest(Guest { conversation, made, renew, done }), Haste::Prompt);
        Box::pin(async move {
            let gone = |_| GuestToken { token: spare, fresh: true, kept: Err("the journal has stopped".to_owned()) };
            answered.await.unwrap_or_else(gone)
        })
    }
}
