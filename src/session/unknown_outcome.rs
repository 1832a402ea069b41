//! A message of unknown outcome is watched for: its conversation is read now and then until somebody knows.

use crate::engine::Command;
use crate::model::{DeliveryStatus, MessageId, Moment};

use super::Session;
use super::changes::{Changes, Notice};
use super::outcome_watch::OutcomeWatch;

impl Session {
    /// Watches for a message from now on.
    pub fn watch_outcome(&mut self, id: MessageId, now: Moment) {
        let Some(key) = self.threads.message(id).map(|message| message.conversation) else { return };
        let readable = self
            .conversations
            .get(key)
            .is_some_and(|item| item.conversation.channel().has_sessions() || item.conversation_id().is_some());
        if self.outcome_watch.is_none_or(|watch| watch.message != id) {
            self.outcome_watch = Some(OutcomeWatch::new(id, key, readable, now));
        }
    }

    /// Reads the conversation where it is time to, and ends the watch where the outcome is known.
    pub fn look_for_outcome(&mut self, now: Moment) -> Changes {
        let mut changes = Changes::default();
        let Some(watch) = &mut self.outcome_watch else { return changes };
        match self.threads.message(watch.message).map(|message| &message.delivery) {
            Some(DeliveryStatus::Unknown(_)) => {
                if watch.is_due(now) {
                    changes.engine(Command::Read(watch.conversation));
                }
            }
            delivery => {
                changes.notice(Notice::OutcomeKnown(watch.message, delivery.cloned()));
                self.outcome_watch = None;
            }
        }
        changes
    }
}
