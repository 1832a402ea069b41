//! The course of a session: how it begins, what a script does not wait for, how it ends.

use crate::app::exit::Exit;
use crate::engine::Command;
use crate::model::{ConversationKey, DeliveryStatus, MessageId};

use super::{Act, Plain, sentences};

impl Plain {
    pub(super) fn begin(&mut self) {
        if self.sandbox {
            self.say("This is guestwire's built-in sandbox; nothing leaves this machine.");
        } else {
            self.say(format!("guestwire, profile {}, region {}.", self.profile, self.region));
        }
        if self.production {
            self.say("This is production: each message is asked for before it is sent.");
        }
        self.say("Say .help to hear what can be said here.");
        if self.interactive {
            if self.sandbox {
                self.say("To reach a real organisation, leave and run guestwire init.");
            }
            self.list();
        }
        self.picker.first();
        match self.picker.open() {
            Some(key) => {
                if !self.interactive {
                    let name = self.spoken(key);
                    self.say(format!("{name}, is open."));
                }
                self.opened(key);
            }
            None => self.say("This profile has no conversation; guestwire config path tells where to add one."),
        }
        self.prompt_due = true;
    }

    pub(super) fn end_of_lines(&mut self) {
        if self.no_more_lines {
            return;
        }
        self.no_more_lines = true;
        if self.block.take().is_some() {
            self.wrong("Not sent: the input ended before .end.");
        }
        if self.question.take().is_some() {
            self.say("Not done: the input ended before the answer.");
            self.came_to(Exit::Refused, None);
        }
        if self.interactive && self.is_busy() {
            self.say("Leaving as soon as everything is settled. Ctrl-C leaves now.");
        }
    }

    /// Ctrl-C: what is being written or asked, then what is under way, then out. A script is not read on.
    pub(super) fn interrupt(&mut self) {
        if self.block.take().is_some() {
            self.say("Dropped; nothing was sent.");
            self.prompt_due = true;
        } else if self.question.take().is_some() {
            self.say("Not done.");
            self.came_to(Exit::Refused, None);
            self.prompt_due = true;
        } else if self.is_busy() && !self.interrupted {
            self.interrupted = true;
            self.waiting_over("The wait for a reply was ended.");
            self.reading.clear();
            self.signing = None;
            self.session_asked = None;
            self.discovering = None;
            self.desk.let_go();
            self.cancel_all();
        } else {
            self.leave();
        }
        self.no_more_lines |= !self.interactive;
    }

    pub(super) fn leave(&mut self) {
        if !std::mem::replace(&mut self.left, true) {
            self.acts.push(Act::Leave);
        }
    }

    /// After each input: what follows from it whatever it was.
    pub(super) fn afterwards(&mut self) {
        self.give_up();
        self.check_wait();
        if self.left || self.is_busy() {
            return;
        }
        self.interrupted = false;
        if self.no_more_lines && self.question.is_none() {
            self.leave();
        } else if self.interactive
            && self.question.is_none()
            && self.block.is_none()
            && std::mem::take(&mut self.prompt_due)
        {
            self.prompt();
        }
    }

    /// A script does not wait for a token that will not come.
    pub(super) fn give_up(&mut self) {
        if self.interactive {
            return;
        }
        let Some((exit, why)) = self.sign_in.trouble().cloned() else { return };
        for key in std::mem::take(&mut self.reading) {
            let name = self.spoken(key);
            self.say(format!("{name}, was not read, not signed in: {}.", sentences::clause(&why)));
            self.came_to(exit, None);
        }
        if self.discovering.take().is_some() {
            self.say(format!("Active conversations were not asked for, not signed in: {}.", sentences::clause(&why)));
            self.came_to(exit, None);
        }
        let held = |plain: &Self, id: MessageId| {
            let message = plain.threads.message(id);
            let needs_token = message.is_some_and(|m| !plain.has_sessions(m.conversation));
            needs_token
                && matches!(message.map(|m| &m.life), Some(DeliveryStatus::Queued | DeliveryStatus::Waiting { .. }))
        };
        let hopeless: Vec<_> =
            self.open.keys().copied().filter(|id| !self.given_up.contains_key(id) && held(self, *id)).collect();
        for id in hopeless {
            self.given_up.insert(id, (exit, format!("not signed in: {why}")));
            self.ask(Command::Cancel(id));
        }
    }

    /// A script does not wait for a person to connect a conversation that cannot be reached.
    pub(super) fn give_up_unreachable(&mut self, key: ConversationKey, why: &str) {
        if self.interactive {
            return;
        }
        let held = |plain: &Self, id: MessageId| {
            let life = plain.threads.message(id).map(|m| &m.life);
            matches!(life, Some(DeliveryStatus::Queued | DeliveryStatus::Waiting { .. }))
        };
        let hopeless: Vec<_> =
            self.open.iter().filter(|(id, of)| **of == key && held(self, **id)).map(|(id, _)| *id).collect();
        for id in hopeless {
            self.given_up.insert(id, (Exit::Network, format!("the conversation cannot be reached: {why}")));
            self.ask(Command::Cancel(id));
        }
    }

    /// Whether the wait for a reply is over, one way or the other.
    pub(super) fn check_wait(&mut self) {
        let Some(waiting) = self.waiting else { return };
        match self.threads.message(waiting.message).map(|m| m.life.clone()) {
            Some(DeliveryStatus::Answered) => {
                self.waiting = None;
                self.came_to(Exit::Done, Some(waiting.message));
                self.prompt_due = true;
            }
            Some(
                life @ (DeliveryStatus::Refused(_)
                | DeliveryStatus::Unknown(_)
                | DeliveryStatus::Cancelled
                | DeliveryStatus::Lost),
            ) => {
                // The outcome was told, and its exit code stays.
                self.waiting = None;
                self.say(format!("No reply is waited for: the message is {}.", life.word()));
            }
            _ if waiting.until.left(self.now).is_zero() => {
                let span = sentences::span(waiting.span);
                self.waiting_over(&format!("No reply was read within {span}. Say .wait to wait longer, or .read."));
            }
            _ => {}
        }
    }

    pub(super) fn waiting_over(&mut self, sentence: &str) {
        if self.waiting.take().is_some() {
            self.say(sentence);
            self.came_to(Exit::Refused, None);
            self.prompt_due = true;
        }
    }
}
