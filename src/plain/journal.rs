//! What plain mode keeps, and what it finds again: the same journal and the same rules as the console's.
//!
//! Lines wait until the journal is open, so that nothing is sent before it is known what an earlier session left. A queue
//! of more than ten minutes waits for `.resume`; nothing is sent past it into the same conversation.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::exit::Exit;
use crate::engine::{Command, SendRequest};
use crate::journal::job::{KeptMessage, Restored, is_kept};
use crate::journal::{Job, Page, Trouble};
use crate::model::{ConversationKey, DeliveryStatus, Exchange, Kind, Message, MessageId, Moment, RemoteMessage};
use crate::session::journal_status::Keeping;

use super::{Act, Plain, sentences};

/// What is known of the journal.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Whether anything is kept.
    pub keeping: Keeping,
    /// Why nothing may be sent, if so.
    pub forbids: Option<String>,
    /// Queued messages of an earlier session that wait for a word, in order.
    paused: Vec<MessageId>,
    /// Drafts of the console: they stay its own.
    drafts: BTreeMap<ConversationKey, (String, usize)>,
}

impl Plain {
    /// A journal is being opened: lines wait for it. Message ids are given from `first` on.
    pub fn keep(&mut self, first: u64) {
        self.kept.keeping = Keeping::Opening;
        self.next_message = first;
    }

    /// Whether lines wait for the journal.
    pub(super) fn opening(&self) -> bool {
        self.kept.keeping == Keeping::Opening
    }

    pub(super) fn tell_journal(&mut self, job: Job) {
        if self.kept.keeping == Keeping::On {
            self.acts.push(Act::Keep(Box::new(job)));
        }
    }

    /// What the journal tells.
    pub(super) fn journal(&mut self, page: Page) {
        match page {
            Page::Restored(restored) => self.restored(*restored),
            Page::Trouble(trouble) => self.trouble(trouble),
            Page::Well => self.say("The journal keeps everything again."),
            Page::Notice(text) => self.notice(self.now, &text),
            // Nothing here asks for history: `guestwire log` does.
            Page::History(_) => {}
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        if self.opening() {
            self.kept.keeping = Keeping::ReadOnly;
        }
        self.kept.forbids = (!trouble.sending).then(|| trouble.sentence.clone());
        self.say(trouble.sentence);
    }

    fn restored(&mut self, restored: Restored) {
        let takes_over = self.kept.keeping == Keeping::ReadOnly && !restored.read_only;
        self.kept.keeping = if restored.read_only { Keeping::ReadOnly } else { Keeping::On };
        if takes_over {
            self.kept.forbids = None;
            self.say("The journal is free: this guestwire keeps everything now, and sends.");
        }
        self.log.set_base(restored.last_number);
        for conversation in &restored.added {
            if conversation.key == self.picker.free_key() {
                self.picker.add(conversation.clone());
                self.ask(Command::Add(conversation.clone()));
            }
        }
        self.threads.earlier_until(self.now.wall);
        for kept in &restored.conversations {
            if let Some(name) = &kept.nickname {
                self.picker.set_nickname(kept.key, name);
            }
            if let Some(seen) = kept.seen {
                self.threads.seen_until(kept.key, seen);
            }
        }
        // What begins in a sandbox begins anew, with other ids, when that is started anew.
        if !self.sandbox {
            for (key, conversation_id) in restored.learned.iter().cloned() {
                self.ask(Command::Learn { key, conversation_id });
            }
        }
        self.kept.drafts = restored.drafts.iter().map(|(key, text, at)| (*key, (text.clone(), *at))).collect();
        let recalled = restored.recalled();
        let old = restored.queue_is_old(self.now.wall);
        let mut unknown = 0;
        for kept in &restored.messages {
            unknown += usize::from(matches!(kept.life, DeliveryStatus::Unknown(_)));
            self.message_again(kept, old);
        }
        if !recalled.is_empty() {
            self.ask(Command::Recall(recalled));
        }
        for (key, heard) in restored.heard {
            self.threads.recall(key, heard, 0);
        }
        if unknown > 0 {
            let messages = sentences::count(unknown as u128, "message");
            self.say(format!("{messages} of unknown outcome from before: looked up where that is possible; .thread tells them, .settle settles."));
        }
        if !self.kept.paused.is_empty() {
            let messages = sentences::count(self.kept.paused.len() as u128, "queued message");
            self.say(format!(
                "{messages} from more than ten minutes ago. Say .resume to send, or .cancel to take back."
            ));
        }
        self.pass_restored(restored.pass);
        if restored.homeless > 0 {
            let messages = sentences::count(restored.homeless as u128, "message");
            self.say(format!("{messages} not settled in conversations that this profile has no more: kept, not sent."));
        }
    }

    fn message_again(&mut self, kept: &KeptMessage, old: bool) {
        if self.threads.message(kept.id).is_none() {
            self.threads.sent(kept.message());
        }
        self.threads.life(kept.id, kept.life.clone(), None, None);
        if let Some(remote) = kept.remote_id.clone() {
            self.threads.life(kept.id, kept.life.clone(), None, Some(remote));
        }
        self.picker.set_counts(kept.conversation, self.threads.counts(kept.conversation));
        if kept.life != DeliveryStatus::Queued {
            return;
        }
        if old {
            self.kept.paused.push(kept.id);
        } else {
            self.open.insert(kept.id, kept.conversation);
            self.ask(Command::Send(SendRequest::of(&kept.message())));
        }
    }

    /// Sends what an earlier session left queued.
    pub(super) fn resume(&mut self) {
        let paused = std::mem::take(&mut self.kept.paused);
        if paused.is_empty() {
            self.say("No queued message waits.");
        }
        for id in paused {
            let Some(message) = self.threads.message(id) else { continue };
            let request = SendRequest::of(message);
            self.open.insert(id, request.conversation);
            self.ask(Command::Send(request));
        }
    }

    /// Takes back what an earlier session left queued. True if there was any.
    pub(super) fn take_back_paused(&mut self) -> bool {
        let paused = std::mem::take(&mut self.kept.paused);
        for id in &paused {
            self.threads.life(*id, DeliveryStatus::Cancelled, None, None);
            self.tell_journal(Job::Status { message: *id, life: DeliveryStatus::Cancelled });
        }
        if !paused.is_empty() {
            let messages = sentences::count(paused.len() as u128, "queued message");
            self.say(format!("{messages} of an earlier session taken back; nothing was sent."));
        }
        !paused.is_empty()
    }

    /// Why a text cannot be sent into a conversation now; then it is told.
    pub(super) fn journal_objects(&mut self, key: ConversationKey) -> bool {
        let behind = self.kept.paused.iter().filter_map(|id| self.threads.message(*id)).any(|m| m.conversation == key);
        let sentence = match &self.kept.forbids {
            Some(why) => format!("Not sent. {why}"),
            None if behind => {
                "Not sent: older messages of this conversation wait. Say .resume to send them, or .cancel to take them back."
                    .to_owned()
            }
            None => return false,
        };
        self.say(sentence);
        self.came_to(Exit::Refused, None);
        self.prompt_due = true;
        true
    }

    /// A message was asked for.
    pub(super) fn queued(&mut self, message: &Message) {
        self.tell_journal(Job::Queue(Box::new(message.clone())));
        // What stands in the console's composer was not what was sent.
        if let Some((text, cursor)) = self.kept.drafts.get(&message.conversation).cloned() {
            self.tell_journal(Job::Draft { conversation: message.conversation, text, cursor });
        }
    }

    /// An exchange went on.
    pub(super) fn keep_exchange(&mut self, exchange: &Arc<Exchange>) {
        if is_kept(exchange)
            && let Some(number) = self.number(exchange.id)
        {
            self.tell_journal(Job::Exchange { number, exchange: Arc::clone(exchange) });
        }
    }

    /// A sentence of guestwire's own, told and kept.
    pub(super) fn notice(&mut self, at: Moment, text: &str) {
        self.log.note(at, Kind::Sys, text);
        if let Some(number) = self.log.last_number() {
            self.tell_journal(Job::Note { number, at, kind: Kind::Sys, text: text.to_owned() });
        }
        self.say(format!("Notice: {text}"));
    }

    /// A conversation's id became known.
    pub(super) fn keep_learned(&mut self, key: ConversationKey, id: &str) {
        self.tell_journal(Job::ConversationIdKnown { conversation: key, id: id.to_owned() });
    }

    /// What was said.
    pub(super) fn keep_heard(&mut self, key: ConversationKey, messages: &[RemoteMessage]) {
        if !messages.is_empty() {
            self.tell_journal(Job::RemoteMessages { conversation: key, messages: messages.to_vec() });
        }
    }
}
