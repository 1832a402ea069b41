//! The threads: what was said in each conversation, ours and theirs merged, with scrolling and unread marks.
//!
//! ```text
//!  sent(message) ───────────┐
//!  delivery(id, …) ─────────┼─► Thread (one list, each message once, oldest first) ─► view
//!  merge_read, merge_pushed ┘        │
//!                                    └─► unread, unknown, counts ─► picker
//! ```

mod merge;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{Choice, ConversationKey, DeliveryStatus, Message, MessageId, Moment};

pub use merge::{EntryId, MessageSource, Thread, ThreadEntry};

impl Thread {
    /// The newest message of the other side, where all of them were looked at.
    pub fn seen(&self) -> Option<Timestamp> {
        let newest = self.entries().iter().filter(|e| e.of_other_side()).map(ThreadEntry::at).max();
        newest.filter(|_| !self.entries().iter().any(|e| e.unread))
    }

    /// The newest message of the other side that offers something to answer with.
    pub fn offer(&self) -> Option<OfferedChoices<'_>> {
        let at = self.entries().iter().rposition(|e| e.of_other_side() && !e.choices().is_empty())?;
        let entry = self.entries().get(at)?;
        let id = entry.remote_id()?;
        let taken = self.ours().rev().find(|m| m.extras.offer_id.as_deref() == Some(id));
        Some(OfferedChoices { id, text: entry.text(), choices: entry.choices(), taken })
    }

    /// What the other side said first to each message of ours, and, where a read showed ours, how long that took.
    pub fn replies(&self) -> Vec<(MessageId, &ThreadEntry, Option<Duration>)> {
        let mut replies = Vec::new();
        let mut asked: Option<(&Message, Option<Timestamp>)> = None;
        for entry in self.entries() {
            if let MessageSource::Ours { message, seen } = &entry.source {
                asked = Some((message, *seen));
            } else if entry.of_other_side()
                && let Some((message, seen)) = asked.take()
            {
                let took = seen.and_then(|seen| Duration::try_from(entry.at().duration_since(seen)).ok());
                replies.push((message.id, entry, took));
            }
        }
        replies
    }

    pub fn ours(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.entries().iter().filter_map(ThreadEntry::message)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct OfferedChoices<'t> {
    /// The remote side's id of the message that offers it.
    pub id: &'t str,
    pub text: &'t str,
    pub choices: &'t [Choice],
    pub taken: Option<&'t Message>,
}

/// How the messages of a conversation fared in this session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Asked for in all.
    pub sends: u32,
    /// Accepted (answered and landed ones included).
    pub ok: u32,
    /// Refused.
    pub refused: u32,
    /// Unknown and not settled.
    pub unknown: u32,
    /// With a try under way.
    pub sending: u32,
    /// Queued or held.
    pub waiting: u32,
}

/// All threads. See the module.
#[derive(Clone, Debug, Default)]
pub struct Threads {
    by_key: BTreeMap<ConversationKey, Thread>,
    /// Whose thread a message of ours is in, so that none is looked for in all of them.
    thread_of: HashMap<MessageId, ConversationKey>,
    /// What a thread begins as.
    blank: Thread,
}

impl Threads {
    /// The newest messages of a conversation as text, a line each: when, who, how it fared, what.
    pub fn as_text(&self, key: ConversationKey, most: usize, zone: &TimeZone) -> String {
        let messages = self.messages(key);
        let newest = messages.iter().skip(messages.len().saturating_sub(most));
        let line = |entry: &ThreadEntry| {
            let at = entry.at().to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
            let delivery = entry.delivery().map(|delivery| format!(" ({})", delivery.word())).unwrap_or_default();
            format!("{at} {}{delivery}: {}", entry.author(), entry.text())
        };
        newest.map(line).collect::<Vec<_>>().join("\n")
    }

    /// A message of ours was asked for.
    pub fn sent(&mut self, message: Message) {
        self.thread_of.insert(message.id, message.conversation);
        self.of(message.conversation).sent(message);
        // What the threads let go is forgotten, not at each message but before it is more than what they hold.
        let held: usize = self.by_key.values().map(|thread| thread.entries().len()).sum();
        if self.thread_of.len() > 2 * held + 64 {
            let ours = self.by_key.iter().flat_map(|(key, thread)| thread.ours().map(|message| (message.id, *key)));
            self.thread_of = ours.collect();
        }
    }

    /// All of them, and what one begins as.
    pub fn all(&mut self) -> impl Iterator<Item = &mut Thread> {
        self.by_key.values_mut().chain([&mut self.blank])
    }

    /// A conversation's thread, to merge what came of it.
    pub fn of(&mut self, key: ConversationKey) -> &mut Thread {
        self.by_key.entry(key).or_insert_with(|| self.blank.clone())
    }

    /// `None` where nothing was sent or read yet.
    pub fn get(&self, key: ConversationKey) -> Option<&Thread> {
        self.by_key.get(&key)
    }

    /// A conversation's messages, oldest first.
    pub fn messages(&self, key: ConversationKey) -> &[ThreadEntry] {
        self.get(key).map_or(&[], Thread::entries)
    }

    /// A message of ours.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.get(*self.thread_of.get(&id)?)?.ours().rev().find(|m| m.id == id)
    }

    /// How our messages fared.
    pub fn counts(&self, key: ConversationKey) -> MessageCounts {
        let mut counts = MessageCounts::default();
        for message in self.get(key).into_iter().flat_map(Thread::ours) {
            counts.sends += 1;
            match message.delivery {
                DeliveryStatus::Queued | DeliveryStatus::Waiting { .. } => counts.waiting += 1,
                DeliveryStatus::Sending { .. } => counts.sending += 1,
                DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => counts.ok += 1,
                DeliveryStatus::Refused(_) => counts.refused += 1,
                DeliveryStatus::Unknown(_) => counts.unknown += 1,
                DeliveryStatus::Cancelled | DeliveryStatus::NotReceived => {}
            }
        }
        counts
    }

    /// Our unknown messages that nobody settled yet, by conversation, oldest first.
    pub fn unknown(&self) -> impl Iterator<Item = &Message> {
        self.by_key.values().flat_map(Thread::ours).filter(|m| matches!(m.delivery, DeliveryStatus::Unknown(_)))
    }

    /// Our messages that are still on their way (also: what quitting would ask about).
    pub fn open(&self) -> impl Iterator<Item = &Message> {
        self.by_key.values().flat_map(Thread::ours).filter(|m| !m.delivery.is_finished())
    }

    /// When a shown countdown of this conversation changes next; `None` where none runs.
    pub fn next_change(&self, key: ConversationKey, now: Moment) -> Option<Moment> {
        let waits = self.get(key)?.ours().filter_map(|message| match &message.delivery {
            DeliveryStatus::Waiting { until, .. } => until.next_second(now),
            _ => None,
        });
        waits.min()
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/session/thread.rs"]
mod tests;
