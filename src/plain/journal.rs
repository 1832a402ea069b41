//! What plain mode keeps, and what it finds again.
//!
//! Lines wait until the journal is open, so that nothing is sent before it is known what an earlier session left. A queue
//! of more than ten minutes waits for `.resume`; nothing is sent past it into the same conversation.

use crate::app::exit::Exit;
use crate::journal::{Job, JournalPage};
use crate::model::{ConversationKey, MessageId};
use crate::session::changes::Leftovers;
use crate::session::journal_status::JournalMode;
use crate::session::open_pass::place_words;
use crate::text::counted;

use super::{Plain, PlainEffect};

impl Plain {
    /// Whether lines wait for the journal.
    pub(super) fn opening(&self) -> bool {
        self.session.journal.keeping == JournalMode::Opening
    }

    /// What the journal tells.
    pub(super) fn journal(&mut self, page: JournalPage) {
        if let JournalPage::History(found) = page {
            return self.searched(found);
        }
        let changes = self.session.page(page, false, self.now);
        self.carry_out(changes);
    }

    /// What an earlier session left.
    pub(super) fn show_leftovers(&mut self, left: &Leftovers) {
        if left.unknown > 0 {
            let messages = counted(left.unknown, "message");
            self.say(format!(
                "{messages} of an earlier session with an unknown outcome: guestwire looks them up where it can. .thread shows them, .settle \
                 settles one."
            ));
        }
        if left.paused {
            let messages = counted(left.queued, "queued message");
            self.say(format!(
                "{messages} from more than ten minutes ago. Type .resume to send them, or .cancel to take them back."
            ));
        }
        if let Some(run) = &left.pass {
            self.say(format!("The test run {} stopped at {}. Type .pass to continue it.", run.name, place_words(run)));
        }
        if left.homeless > 0 {
            let messages = counted(left.homeless, "message");
            self.say(format!(
                "{messages} not settled in conversations that this profile no longer has: kept, not sent."
            ));
        }
    }

    /// Sends what an earlier session left queued.
    pub(super) fn resume(&mut self) {
        if self.with_session(|session, _, changes| session.resume(changes)) == 0 {
            self.say("No queued message waits.");
        }
    }

    /// Takes back what an earlier session left queued. True if there was any.
    pub(super) fn take_back_paused(&mut self) -> bool {
        let paused: Vec<MessageId> = self.session.journal.paused.iter().copied().collect();
        for id in &paused {
            self.with_session(|session, _, changes| session.take_back_paused(*id, changes));
        }
        if !paused.is_empty() {
            let messages = counted(paused.len(), "queued message");
            self.say(format!("{messages} of an earlier session taken back; nothing was sent."));
        }
        !paused.is_empty()
    }

    /// Why a text cannot be sent into a conversation now; then it is told.
    pub(super) fn journal_objects(&mut self, key: ConversationKey) -> bool {
        let sentence = match self.session.journal.forbids_sending() {
            Some(why) => format!("Not sent. {why}"),
            None if self.session.has_paused(key) => {
                "Not sent: older messages of this conversation wait. Type .resume to send them, or .cancel to take them back."
                    .to_owned()
            }
            None => return false,
        };
        self.say(sentence);
        self.ends(Exit::Refused, None);
        true
    }

    /// A message was handed over: the journal forgets the draft with it, but what stands in the console's composer was not
    /// what was sent.
    pub(super) fn keep_draft(&mut self, id: MessageId) {
        let key = self.session.threads.message(id).map(|message| message.conversation);
        let draft = key.and_then(|key| Some((key, self.drafts.get(&key).cloned()?)));
        if let Some((conversation, (text, cursor))) = draft.filter(|_| self.session.journal.keeps()) {
            self.acts.push(PlainEffect::Keep(Box::new(Job::Draft { conversation, text, cursor })));
        }
    }
}
