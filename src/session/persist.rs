//! What the journal is told while a session lasts, each thing when it changed.

use std::sync::Arc;

use crate::journal::Job;
use crate::journal::job::{KeptConversation, is_kept};
use crate::model::{ConversationKey, Exchange, ExchangeKind, Moment, RemoteMessage};

use super::changes::Changes;
use super::journal_status::JournalMode;
use super::thread::Thread;
use super::{Attention, Session};

impl Session {
    /// Tells the journal, where there is one.
    pub(crate) fn keep(&self, job: Job, changes: &mut Changes) {
        if self.journal.keeping != JournalMode::Off {
            changes.journal(job);
        }
    }

    /// A sentence of guestwire itself, of one conversation where it is about one, in the log and in the journal.
    pub fn note(&mut self, about: Option<ConversationKey>, text: &str, now: Moment, changes: &mut Changes) {
        self.log.note_about(about, now, ExchangeKind::Sys, text);
        if self.journal.keeps()
            && let Some(number) = self.log.last_number()
        {
            changes.journal(Job::Note { number, at: now, kind: ExchangeKind::Sys, text: text.to_owned(), about });
        }
    }

    /// An exchange went on: it is kept once it is no longer open, or carries a message.
    pub(super) fn keep_exchange(&self, exchange: &Arc<Exchange>, changes: &mut Changes) {
        if !self.journal.keeps() || !is_kept(exchange) {
            return;
        }
        let Some(number) = self.log.number_of(exchange.id) else { return };
        changes.journal(Job::Exchange { number, exchange: Arc::clone(exchange) });
        if let Some(entry) = self.log.entry(number).filter(|entry| entry.is_marked()) {
            changes.journal(Job::Mark { number, marked: true, comment: entry.comment().map(str::to_owned) });
        }
    }

    /// Messages were read, or came.
    pub(super) fn keep_remote_messages(
        &self,
        conversation: ConversationKey,
        messages: &[RemoteMessage],
        changes: &mut Changes,
    ) {
        if self.journal.keeps() && !messages.is_empty() {
            changes.journal(Job::RemoteMessages(conversation, messages.to_vec()));
        }
    }

    /// What a person decided about a conversation, or what was looked at, may have changed.
    pub fn keep_conversation(&mut self, key: ConversationKey, changes: &mut Changes) {
        // Who is told everything as it comes looks at nothing: what the screen counts as unread stays so.
        if !self.journal.keeps() || self.attention == Attention::Everywhere {
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
            place: self.threads.place(key).cloned(),
        };
        if before != Some(&kept) {
            self.journal.conversations.insert(key, kept.clone());
            changes.journal(Job::Conversation(kept));
        }
    }
}
