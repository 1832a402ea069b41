//! What the journal brings back at a start, everything where it stood; its trouble; and what it is told to keep while the
//! session lasts, each thing when it changed.

use super::state::JournalMode;
use super::thread::Thread;
use super::{Changes, Leftovers, Notice, Session};
use crate::engine::Command;
use crate::journal::job::{KeptConversation, KeptEntry, Restored, is_kept};
use crate::journal::{Job, JournalReport};
use crate::model::{
    ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Message, Moment, OutgoingMessage, SessionAsk,
};

impl Session {
    /// Applies a report of the journal. `reopen`: the conversation that was open last may be opened again.
    pub fn apply_journal(&mut self, report: JournalReport, reopen: bool, now: Moment, changes: &mut Changes) {
        match report {
            JournalReport::Restored(restored) => self.restore(*restored, reopen, now, changes),
            JournalReport::Trouble(trouble) => {
                if self.journal.fares(Some(trouble.clone())) {
                    self.log.note(now, ExchangeKind::Sys, trouble.sentence.as_str());
                    changes.notice(Notice::JournalTrouble(trouble));
                }
                self.release_held(changes);
            }
            JournalReport::Well => {
                self.journal.fares(None);
                changes.notice(Notice::JournalWell);
            }
            JournalReport::Notice(text) => {
                self.note(None, &text, now, changes);
                changes.notice(Notice::Said(text));
            }
            // An answer to whoever turned the page.
            JournalReport::History(_) => {}
        }
    }

    fn restore(&mut self, mut restored: Restored, reopen: bool, now: Moment, changes: &mut Changes) {
        let takes_over = self.journal.restored(&restored);
        if takes_over {
            changes.notice(Notice::JournalFree);
        }
        self.log.set_base(restored.last_number);
        // What is selected stays so.
        let selected = self.conversations.selected();
        for conversation in std::mem::take(&mut restored.added) {
            if conversation.key == self.conversations.free_key() {
                self.conversations.add(conversation.clone());
                changes.engine(Command::Add(conversation));
            }
        }
        if let Some(key) = selected {
            self.conversations.select(key);
        }
        let recalled = restored.recalled();
        if !recalled.is_empty() {
            changes.engine(Command::Recall(recalled));
        }
        for (key, heard) in &restored.remote_messages {
            changes.engine(Command::RecallRemote(*key, heard.clone()));
        }
        let active = self.conversations.active();
        if takes_over {
            // Its session could not be opened before.
            if let Some(key) = active.filter(|key| self.has_sessions(*key)) {
                changes.engine(Command::Session(key, SessionAsk::Connect));
            }
        } else {
            self.journal.open_kept(restored.open.or(active));
            if let Some(key) = restored.open.filter(|key| reopen && active != Some(*key)) {
                let first = self.conversations.active().is_none();
                self.conversations.open_key(key);
                changes.notice(Notice::Reopened { key, first });
                // A channel that needs a token for reading is read when the first token comes.
                if self.has_sessions(key) || self.sign_in.status.facts().is_some() {
                    self.look_at(key, changes);
                }
            }
        }
        self.threads.all().for_each(|thread| thread.session_began(now.wall));
        self.restore_conversations(&mut restored, changes);
        let leftovers = self.restore_messages(&mut restored, now, changes);
        for (key, heard) in restored.remote_messages {
            // A front end that prints every message has printed the stored ones: nothing of them is unread.
            let kept = self.journal.conversations.get(&key).filter(|_| !self.reports_every_message);
            let unread = kept.map_or(0, |kept| kept.unread);
            self.threads.of(key).recall(heard, unread);
        }
        changes.notice(Notice::Restored(leftovers));
        self.release_held(changes);
        for exchange in self.log.entries().filter_map(|entry| entry.exchange()) {
            self.keep_exchange(exchange, changes);
        }
    }

    /// Looks at an open conversation: its replies are watched for, and it is read.
    pub fn look_at(&self, key: ConversationKey, changes: &mut Changes) {
        changes.engine(Command::Watch(Some(key)));
        // A web conversation is opened by looking at it, and its session brings what was missed.
        if self.conversations.get(key).is_some_and(|item| item.session().is_none()) {
            changes.engine(Command::Read(key));
        }
    }

    fn restore_conversations(&mut self, restored: &mut Restored, changes: &mut Changes) {
        for kept in std::mem::take(&mut restored.conversations) {
            if let Some(name) = &kept.nickname {
                self.conversations.set_nickname(kept.key, name);
            }
            if kept.pinned && self.conversations.get(kept.key).is_some_and(|item| !item.pinned) {
                self.conversations.pin(kept.key);
            }
            if let Some(until) = kept.seen {
                self.threads.of(kept.key).was_seen(until);
            }
            if self.conversations.active() != Some(kept.key) {
                self.conversations.set_unread(kept.key, kept.unread);
            }
            self.journal.conversation_kept(kept);
        }
        // What begins in a sandbox begins anew, with other ids, when that is started anew.
        if !self.profile.sandbox {
            for (key, conversation_id) in std::mem::take(&mut restored.learned) {
                changes.engine(Command::Learn(key, conversation_id));
            }
        }
        self.log.set_names(self.names());
        let drafts = std::mem::take(&mut restored.drafts);
        for (key, text, _) in &drafts {
            self.journal.draft_kept(*key, text);
            self.conversations.set_draft(*key, true);
        }
        if !drafts.is_empty() {
            changes.notice(Notice::Drafts(drafts));
        }
    }

    /// Our messages: a queue goes on, unless it is old; what is unknown is looked up where that is possible.
    fn restore_messages(&mut self, restored: &mut Restored, now: Moment, changes: &mut Changes) -> Leftovers {
        let paused = restored.queue_is_old(now.wall);
        for (message, _) in &restored.messages {
            let id = message.id;
            if self.threads.message(id).is_none() {
                // The id of the remote side is tied as a report of it would be.
                self.threads.sent(Message { remote_id: None, ..message.clone() });
            }
            let remote_id = message.remote_id.clone();
            self.threads.of(message.conversation).delivery(id, message.delivery.clone(), None, remote_id);
            if message.delivery == DeliveryStatus::Queued {
                if paused {
                    self.journal.paused.insert(id, message.conversation);
                } else {
                    changes.engine(Command::Send(message.id, OutgoingMessage::of(message)));
                }
            }
        }
        self.conversations.keys().collect::<Vec<_>>().into_iter().for_each(|key| self.count_messages(key));
        if self.pass.runner.is_none() {
            self.pass.unfinished.clone_from(&restored.pass);
        }
        let count = |wanted: fn(&DeliveryStatus) -> bool| {
            restored.messages.iter().filter(|(message, _)| wanted(&message.delivery)).count()
        };
        Leftovers {
            unknown: count(|delivery| matches!(delivery, DeliveryStatus::Unknown(_))),
            queued: count(|delivery| *delivery == DeliveryStatus::Queued),
            paused,
            homeless: restored.homeless,
            pass: restored.pass.take(),
        }
    }

    pub(crate) fn keep(&self, job: Job, changes: &mut Changes) {
        if self.journal.keeping != JournalMode::Off {
            changes.journal(job);
        }
    }

    /// A sentence of guestwire itself, of one conversation where it is about one, in the log and in the journal.
    pub fn note(&mut self, about: Option<ConversationKey>, text: &str, now: Moment, changes: &mut Changes) {
        self.log.note_about(about, now, ExchangeKind::Sys, text.to_owned());
        if self.journal.keeps()
            && let Some(entry) = self.log.entries().next_back()
        {
            changes.journal(Job::Entry(entry.number(), entry.kept.source.clone()));
        }
    }

    /// An exchange went on: it is kept once it is no longer open, or carries a message.
    pub(super) fn keep_exchange(&self, exchange: &Exchange, changes: &mut Changes) {
        let keeps = self.journal.keeps() && is_kept(exchange);
        let Some(entry) = self.log.entry_of(exchange.id).filter(|_| keeps) else { return };
        let KeptEntry { number, source, marked, comment, .. } = entry.kept.clone();
        changes.journal(Job::Entry(number, source));
        if marked {
            changes.journal(Job::Mark(number, marked, comment));
        }
    }

    /// Stores what a person decided about a conversation and how far it was looked at, if that changed.
    pub fn keep_conversation(&mut self, key: ConversationKey, changes: &mut Changes) {
        // A front end that prints every message has no read position: the screen's stays as it is.
        if !self.journal.keeps() || self.reports_every_message {
            return;
        }
        let Some(item) = self.conversations.get(key) else { return };
        let before = self.journal.conversations.get(&key);
        let looked_at = self.threads.get(key).and_then(Thread::seen);
        let kept = KeptConversation {
            key,
            nickname: item.nickname.clone(),
            pinned: item.pinned,
            seen: looked_at.max(before.and_then(|b| b.seen)),
            unread: item.unread,
            place: self.journal.places.get(&key).cloned().flatten(),
        };
        if self.journal.conversation_kept(kept.clone()) {
            changes.journal(Job::Conversation(kept));
        }
    }
}
