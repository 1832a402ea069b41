//! What an earlier session left, in the forms in which it goes on. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::job::{KeptMessage, Restored};
use crate::engine::Recalled;
use crate::model::{Author, DeliveryStatus, Message, Moment};

/// A queue that is older waits for a person.
const QUEUE_AGE: i64 = 600;
/// How far ahead of now a message may have been asked for before the clock counts as turned back, in seconds.
const FUTURE: i64 = 60;

impl KeptMessage {
    /// The message as it stands in a thread again: long ago by the clock that does not jump. Its remote id is tied to it
    /// by who knows whether that still means anything.
    pub fn message(&self) -> Message {
        Message {
            id: self.id,
            conversation: self.conversation,
            author: Author::Guest,
            text: self.text.clone(),
            at: Moment::new(Duration::ZERO, self.asked),
            life: self.life.clone(),
            exchange: None,
            remote_id: None,
            resend_of: self.resend_of,
            sent_as: self.sent_as,
            extras: self.extras.clone(),
        }
    }
}

impl Restored {
    /// What the engine is told of earlier messages: the unknown ones, and in their conversations those that were
    /// accepted, so that none of these is taken for one of those.
    pub fn recalled(&self) -> Vec<Recalled> {
        let unknown = |m: &&KeptMessage| matches!(m.life, DeliveryStatus::Unknown(_));
        let doubtful: BTreeSet<_> = self.messages.iter().filter(unknown).map(|m| m.conversation).collect();
        self.messages
            .iter()
            .filter(|m| doubtful.contains(&m.conversation))
            .filter(|m| {
                matches!(
                    m.life,
                    DeliveryStatus::Unknown(_)
                        | DeliveryStatus::Accepted
                        | DeliveryStatus::Answered
                        | DeliveryStatus::Landed
                )
            })
            .map(|m| Recalled {
                message: m.id,
                conversation: m.conversation,
                text: m.text.clone(),
                at: m.begun.unwrap_or(m.asked),
                remote_id: m.remote_id.clone(),
                unknown: matches!(m.life, DeliveryStatus::Unknown(_)),
                key: m.extras.key.clone(),
            })
            .collect()
    }

    /// Whether what is queued is too old to go by itself. A clock that was turned back tells no age: then a person
    /// decides too.
    pub fn queue_is_old(&self, now: Timestamp) -> bool {
        let queued = self.messages.iter().filter(|m| m.life == DeliveryStatus::Queued);
        queued.map(|m| now.duration_since(m.asked).as_secs()).any(|age| !(-FUTURE..=QUEUE_AGE).contains(&age))
    }
}
