//! Sending: a message is kept before it goes, held until the journal is open, and never passes one that an earlier session
//! left in its conversation. One of unknown outcome is watched for: its conversation is read now and then until somebody
//! knows.

use super::state::{JournalMode, OutcomeWatch};
use super::thread::Thread;
use super::{Changes, Notice, Session};
use crate::engine::Command;
use crate::journal::Job;
use crate::model::{Author, Channel, ConversationKey, DeliveryStatus, Message, MessageId, Moment, OutgoingMessage};

impl Session {
    /// Asks for a send, and shows it as queued. The message's id.
    pub fn submit(&mut self, outgoing: OutgoingMessage, now: Moment, changes: &mut Changes) -> MessageId {
        let OutgoingMessage { conversation, text, resend_of, sent_as, extras } = outgoing;
        self.next_message += 1;
        let id = MessageId(self.next_message);
        let message = Message {
            id,
            conversation,
            author: Author::Guest,
            text,
            at: now,
            delivery: DeliveryStatus::Queued,
            exchange: None,
            remote_id: None,
            resend_of,
            sent_as,
            extras,
        };
        self.threads.sent(message.clone());
        self.conversations.touch(conversation, now);
        self.count_messages(conversation);
        if self.journal.keeps() && self.conversations.get(conversation).is_some_and(|item| !item.draft) {
            // What was the draft goes in the same step as the message comes.
            self.journal.draft_kept(conversation, "");
            changes.journal(Job::Queue(Box::new(message.clone())));
        } else {
            self.keep(Job::QueueBeside(Box::new(message.clone())), changes);
        }
        let request = Command::Send(message.id, OutgoingMessage::of(&message));
        if self.has_paused(conversation) {
            self.journal.paused.insert(id, conversation);
            changes.notice(Notice::WaitsBehindPaused(id));
        } else if self.journal.keeping == JournalMode::Opening {
            self.journal.held.push(request);
        } else {
            changes.engine(request);
        }
        changes.notice(Notice::Sent(id));
        id
    }

    /// Whether queued messages of an earlier session wait for a word in a conversation.
    pub fn has_paused(&self, key: ConversationKey) -> bool {
        self.journal.paused.values().any(|of| *of == key)
    }

    /// Messages that the engine has, and that are not finished.
    pub fn under_way(&self) -> impl Iterator<Item = &Message> {
        self.threads.open().filter(|message| !self.journal.paused.contains_key(&message.id))
    }

    /// Whether messages of a conversation go through a session of the guest's own, which needs no token.
    pub fn has_sessions(&self, key: ConversationKey) -> bool {
        self.conversations.channel(key).is_some_and(Channel::has_sessions)
    }

    /// Sends what an earlier session left queued. How many messages that is.
    pub fn resume(&mut self, changes: &mut Changes) -> usize {
        let paused = std::mem::take(&mut self.journal.paused);
        // By conversation they stand in the thread in the order in which they were asked for.
        for item in self.conversations.items() {
            let ours = self.threads.get(item.conversation.key).into_iter().flat_map(Thread::ours);
            for message in ours.filter(|message| paused.contains_key(&message.id)) {
                changes.engine(Command::Send(message.id, OutgoingMessage::of(message)));
            }
        }
        paused.len()
    }

    /// Takes a message back that no engine knows of yet. True if it was one.
    pub fn take_back_paused(&mut self, id: MessageId, changes: &mut Changes) -> bool {
        let Some(key) = self.journal.paused.remove(&id) else { return false };
        self.threads.of(key).delivery(id, DeliveryStatus::Cancelled, None, None);
        self.count_messages(key);
        self.keep(Job::Status(id, DeliveryStatus::Cancelled), changes);
        true
    }

    pub(super) fn release_held(&mut self, changes: &mut Changes) {
        self.journal.held.drain(..).for_each(|command| changes.engine(command));
    }

    pub(crate) fn watch_outcome(&mut self, id: MessageId, now: Moment) {
        let Some(message) = self.threads.message(id) else { return };
        let item = self.conversations.get(message.conversation);
        let readable = item.is_some_and(|item| item.session().is_some() || item.conversation_id().is_some());
        if self.outcome_watch.is_none_or(|watch| watch.message != id) {
            let next = readable.then_some(now);
            self.outcome_watch = Some(OutcomeWatch { message: id, next, looks: 0 });
        }
    }

    /// Reads the conversation where it is time to, and ends the watch where the outcome is known.
    pub fn look_for_outcome(&mut self, now: Moment, changes: &mut Changes) {
        let Some(watch) = &mut self.outcome_watch else { return };
        match self.threads.message(watch.message) {
            Some(Message { delivery: DeliveryStatus::Unknown(_), conversation, .. }) => {
                if watch.is_due(now) {
                    changes.engine(Command::Read(*conversation));
                }
            }
            message => {
                let delivery = message.map(|message| message.delivery.clone());
                changes.notice(Notice::OutcomeKnown(watch.message, delivery));
                self.outcome_watch = None;
            }
        }
    }
}
