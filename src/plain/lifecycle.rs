//! The course of a session: how it begins, what a script does not wait for, how it ends; and the token.

use std::collections::btree_map::Entry;

use super::sentences::span;
use super::{AwaitedReply, Outstanding, Plain, Signing};
use crate::app::exit::Exit;
use crate::engine::Command;
use crate::journal::JournalReport;
use crate::model::{ConversationKey, DeliveryStatus, Message, MessageId, TokenStatus};
use crate::session::sign_in::{SignIn, facts_text};
use crate::session::{Leftovers, OLD_QUEUE, Session, place_words};
use crate::text::{clause, counted};

impl Plain {
    pub(super) fn begin(&mut self) {
        let facts = &self.session.profile.facts;
        let whom = format!("guestwire, profile {}, region {}.", facts.name, facts.region);
        let sandbox = self.session.profile.sandbox;
        self.say(if sandbox { "This is a sandbox; nothing leaves this machine." } else { &whom });
        if self.session.profile.production {
            self.say("This is production: guestwire asks before it sends a message.");
        }
        self.say("Type .help to list the commands.");
        if self.interactive {
            if sandbox {
                self.say("To reach a real organisation, leave and run guestwire init.");
            }
            self.list();
        }
        self.session.conversations.step(isize::MIN);
        match self.session.conversations.selected() {
            Some(key) => self.open_key(key),
            None => self.say(
                "This profile has no conversation. Type .add and a conversation id, or add one to the config file.",
            ),
        }
        self.dialogue.prompt_due = true;
    }

    pub(super) fn end_of_lines(&mut self) {
        if self.dialogue.no_more_lines {
            return;
        }
        self.dialogue.no_more_lines = true;
        if self.dialogue.block.take().is_some() {
            self.wrong("Not sent: the input ended before .end.");
        }
        if self.dialogue.question.take().is_some() {
            self.say_end(Exit::Refused, "Not done: the input ended before the answer.");
        }
        if self.interactive && self.is_busy() {
            self.say("guestwire ends when every message is settled. Ctrl-C ends it now.");
        }
    }

    /// Ctrl-C: what is being written or asked, then what is under way, then out. A script is not read on.
    pub(super) fn interrupt(&mut self) {
        if self.dialogue.block.take().is_some() {
            self.say("Dropped; nothing was sent.");
            self.dialogue.prompt_due = true;
        } else if self.dialogue.question.take().is_some() {
            self.say_end(Exit::Refused, "Not done.");
        } else if self.is_busy() && !self.interrupted {
            self.interrupted = true;
            self.waiting_over("Stopped waiting for a reply.");
            self.asked = Outstanding::default();
            self.session.stop_probes("the checks were interrupted");
            self.passes.let_go = true;
            self.cancel_all();
        } else {
            self.left = true;
        }
        self.dialogue.no_more_lines |= !self.interactive;
    }

    pub(super) fn afterwards(&mut self) {
        self.give_up();
        self.check_wait();
        self.check_session_wait();
        if self.left || self.is_busy() {
            return;
        }
        self.interrupted = false;
        if self.dialogue.no_more_lines && self.dialogue.question.is_none() {
            self.left = true;
            return;
        }
        let listens = self.dialogue.question.is_none() && self.dialogue.block.is_none();
        if self.interactive && listens && std::mem::take(&mut self.dialogue.prompt_due) {
            match self.session.conversations.active() {
                Some(key) => self.say(format!("{}. Type a message or a dot command:", self.spoken(key))),
                None => self.say("No conversation is open. Type .open and a number, or another dot command:"),
            }
        }
    }

    /// A script does not wait for a token that will not come; with the one that there is, others than the messages that
    /// were refused for it go on.
    pub(super) fn give_up(&mut self) {
        if self.interactive {
            return;
        }
        let sign_in = &self.session.sign_in;
        let Some(trouble) = sign_in.no_other() else { return };
        let (exit, why, for_all) = (Exit::from(trouble), trouble.why.clone(), sign_in.trouble().is_some());
        self.give_up_held(exit, &format!("not signed in: {why}"), |session, held| {
            let tried = || session.log.exchange_of(held.id).is_some_and(|x| x.attempts().next().is_some());
            !session.has_sessions(held.conversation) && (for_all || tried())
        });
        if !for_all {
            return;
        }
        let because = format!("because guestwire is not signed in: {}.", clause(&why));
        for key in std::mem::take(&mut self.asked.reading) {
            self.say_end(exit, format!("{}: not read, {because}", self.spoken(key)));
        }
        if self.asked.page.take().is_some() {
            self.say_end(exit, format!("Active conversations are not listed, {because}"));
        }
    }

    pub(super) fn give_up_held(&mut self, exit: Exit, why: &str, hopeless: impl Fn(&Session, &Message) -> bool) {
        // None of these is on the wire.
        let is_held = |m: &&Message| matches!(m.delivery, DeliveryStatus::Queued | DeliveryStatus::Waiting { .. });
        let held = self.session.under_way().filter(is_held).filter(|held| hopeless(&self.session, held));
        let held: Vec<MessageId> = held.map(|held| held.id).collect();
        for id in held {
            if let Entry::Vacant(place) = self.given_up.entry(id) {
                place.insert((exit, why.to_owned()));
                self.ask(Command::Cancel(id));
            }
        }
    }

    pub(super) fn check_wait(&mut self) {
        let Some(AwaitedReply { message, until, span: patience }) = self.asked.waiting else { return };
        let delivery = self.session.threads.message(message).map(|m| m.delivery.clone());
        let sent = |to: &DeliveryStatus| matches!(to, DeliveryStatus::Accepted | DeliveryStatus::Received);
        match delivery.filter(|to| to.is_finished() && !sent(to)) {
            Some(DeliveryStatus::Answered) => {
                self.asked.waiting = None;
                self.ends(Exit::Done, Some(message));
            }
            Some(delivery) => {
                // The outcome was told, and its exit code stays.
                self.asked.waiting = None;
                self.say(format!("Stopped waiting for a reply: the message is {}.", delivery.word()));
            }
            None if until.left(self.now).is_zero() => {
                let waited = span(patience);
                self.waiting_over(&format!(
                    "No reply was received within {waited}. Type .wait to wait longer, or .read."
                ));
            }
            None => {}
        }
    }

    pub(super) fn waiting_over(&mut self, sentence: &str) {
        if self.asked.waiting.take().is_some() {
            self.say_end(Exit::Refused, sentence);
        }
    }

    pub(super) fn journal(&mut self, report: JournalReport) {
        if let JournalReport::History(found) = report {
            return self.searched(found);
        }
        self.with_session(|session, now, changes| session.apply_journal(report, false, now, changes));
    }

    pub(super) fn show_leftovers(&mut self, left: &Leftovers) {
        if left.unknown > 0 {
            let messages = counted(left.unknown, "message");
            let how = "guestwire looks them up where it can. .thread shows them, .settle settles one.";
            self.say(format!("{messages} of an earlier session with an unknown outcome: {how}"));
        }
        if left.paused {
            let messages = counted(left.queued, "queued message");
            let how = "Type .resume to send them, or .cancel to take them back.";
            self.say(format!("{messages} not sent yet: {OLD_QUEUE}. {how}"));
        }
        if let Some(run) = &left.pass {
            self.say(format!("The test run {} stopped at {}. Type .pass to continue it.", run.name, place_words(run)));
        }
        if left.homeless > 0 {
            let messages = counted(left.homeless, "message");
            let place = "conversations that this profile no longer has";
            self.say(format!("{messages} not settled in {place}: kept, not sent."));
        }
    }

    pub(super) fn resume(&mut self) {
        if self.with_session(|session, _, changes| session.resume(changes)) == 0 {
            self.say("No queued message waits.");
        }
    }

    /// Takes back what an earlier session left queued. True if there was any.
    pub(super) fn take_back_paused(&mut self) -> bool {
        let paused: Vec<MessageId> = self.session.journal.paused.keys().copied().collect();
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
        self.say_end(Exit::Refused, sentence);
        true
    }

    pub(super) fn token_moved(&mut self, was: &TokenStatus, in_trouble: bool) {
        let status = self.session.sign_in.status.clone();
        let before = was.facts().map(|f| f.generation);
        let mended = matches!(was, TokenStatus::RenewFailed(..)) || in_trouble;
        match &status {
            TokenStatus::Valid(facts) => {
                let lasts = match facts.expires {
                    Some(end) => format!("the token lasts {}", span(end.left(self.now))),
                    None => "it is not known when the token ends".to_owned(),
                };
                match before {
                    None => self.say(format!("Signed in; {lasts}.")),
                    Some(old) if old != facts.generation || mended => self.say(format!("New token; {lasts}.")),
                    Some(_) => {}
                }
            }
            TokenStatus::RenewFailed(_, retry, why) => {
                let (left, why) = (span(retry.left(self.now)), clause(why));
                let stays = "the token that there is stays in use";
                self.say(format!("The renewal failed, and {stays}: {why}. The next try is in {left}."));
            }
            TokenStatus::Expired(Some(retry), why) => {
                let left = span(retry.left(self.now));
                self.say(format!("No token: {}. The next try is in {left}; messages wait until then.", clause(why)));
            }
            TokenStatus::Expired(None, why) => {
                let how = "Put a new token in its place and start guestwire again.";
                self.say(format!("The token has expired and cannot be renewed: {}. {how}", clause(why)));
            }
            TokenStatus::Refused(_, why) => {
                self.say(format!("No token: {}. Type .signin to try again.", clause(why)));
            }
            TokenStatus::BadClient(why) => {
                let how = "Fix client_id or client_secret in the profile, then type .signin.";
                self.say(format!("Client id or secret refused: {}. {how}", clause(why)));
            }
            TokenStatus::NoSecret(why) => self.say(format!("{}. Type .signin to try again.", clause(why))),
            TokenStatus::Limited(until, _) => {
                let left = span(until.left(self.now));
                self.say(format!("The token endpoint asks guestwire to wait {left}; guestwire tries again by itself."));
            }
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => {}
        }
        self.signing_moved();
    }

    pub(super) fn signing_moved(&mut self) {
        let Some(Signing { than, tell }) = self.asked.signing else { return };
        let pending = match &self.session.sign_in.status {
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => true,
            TokenStatus::Valid(facts) => Some(facts.generation) <= than,
            _ => false,
        };
        if pending {
            return;
        }
        self.asked.signing = None;
        let exit = match self.session.sign_in.trouble() {
            Some(trouble) => trouble.into(),
            None if matches!(self.session.sign_in.status, TokenStatus::Valid(_)) => Exit::Done,
            None => Exit::NotSignedIn,
        };
        self.ends(exit, None);
        if tell {
            self.show_token();
        }
    }

    pub(super) fn show_token(&mut self) {
        let status = &self.session.sign_in.status;
        let said = match status {
            TokenStatus::SignedOut => "No token yet. Type .signin to get one.".to_owned(),
            TokenStatus::Getting => "guestwire is getting a token.".to_owned(),
            TokenStatus::Limited(until, None) => {
                format!("No token yet; the next try is in {}.", span(until.left(self.now)))
            }
            TokenStatus::Expired(_, why)
            | TokenStatus::Refused(_, why)
            | TokenStatus::BadClient(why)
            | TokenStatus::NoSecret(why) => format!("No token: {}. Type .signin to try again.", clause(why)),
            _ => status.facts().map_or_else(|| "No token.".to_owned(), |facts| facts_text(facts, self.now)),
        };
        self.say_each(said.lines());
    }

    pub(super) fn token(&mut self) {
        let pending = matches!(self.session.sign_in.status, TokenStatus::Getting | TokenStatus::SignedOut);
        if pending && !self.interactive {
            self.asked.signing = Some(Signing { than: None, tell: true });
            return;
        }
        self.show_token();
        // This asks nothing of the server: what a message came to stays the end.
        if let Some(trouble) = self.session.sign_in.trouble() {
            self.ends(trouble.into(), None);
        }
    }

    pub(super) fn renew(&mut self) {
        let facts = self.session.sign_in.status.facts();
        if facts.is_some_and(|facts| facts.pasted) {
            self.say_end(Exit::Refused, "No new token: a pasted token cannot be renewed.");
        } else {
            self.asked.signing = Some(Signing { than: facts.map(|facts| facts.generation), tell: false });
            self.ask(Command::Renew);
        }
    }

    pub(super) fn sign_in(&mut self) {
        if self.session.sign_in.status.facts().is_some() {
            self.say("Signed in already. Type .renew for a new token.");
        } else {
            self.asked.signing = Some(Signing { than: None, tell: false });
            // What was said before is no answer to a new try.
            self.session.sign_in = SignIn::default();
            self.ask(Command::SignIn);
        }
    }
}
