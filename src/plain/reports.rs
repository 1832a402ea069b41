//! What the engine reports, as sentences.

use std::sync::Arc;

use super::sentences::{self, attempt, span, with_id, with_status};
use super::{FrontEndEffect, Plain};
use jiff::Timestamp;

use crate::app::exit::Exit;
use crate::engine::Report;
use crate::journal::job::not_on_disk;
use crate::model::{
    ConversationKey, DeliveryStatus, Exchange, ExchangeId, ExchangeKind, ExchangeStep, MessageId, Moment, Outcome,
    RemoteState, TokenStatus, Unreadable,
};
use crate::session::Session;
use crate::session::log::LogEntry;
use crate::session::thread::EntryId;
use crate::session::{Changes, Notice};
use crate::text::{clause, counted};

impl Plain {
    pub(super) fn report(&mut self, report: Report) {
        if let Report::Discovered { page, found, more } = report {
            return self.discovered(page, found, more);
        }
        let changes = self.session.apply(report, self.now);
        self.carry_out(changes);
    }

    pub(super) fn with_session<R>(&mut self, change: impl FnOnce(&mut Session, Moment, &mut Changes) -> R) -> R {
        let mut changes = Changes::default();
        let result = change(&mut self.session, self.now, &mut changes);
        self.carry_out(changes);
        result
    }

    pub(super) fn carry_out(&mut self, changes: Changes) {
        for change in changes.0 {
            let effect = FrontEndEffect::of(change, |notice| self.show_notice(notice));
            self.acts.extend(effect);
        }
    }

    fn show_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Token { before, in_trouble } => self.token_moved(&before, in_trouble),
            Notice::Exchange(exchange) => self.steps(&exchange),
            Notice::Message { id, before, delivery, exchange } => {
                self.message_moved(id, before.is_settled(), &delivery, exchange);
            }
            Notice::Sent(id) => self.keep_draft(id),
            Notice::WaitsBehindPaused(_) => {
                self.say("The message waits behind older messages. Type .resume to send them all.");
            }
            Notice::NotOnDisk(why) => self.say(not_on_disk(&why)),
            Notice::Read { key, before, since, news } => self.was_read(key, before, since, &news),
            Notice::Arrived(key, news) => self.show_news(key, &news),
            Notice::Replies { key, changed } => self.replies(key, changed),
            Notice::WebSession(key, before) => self.web_session_moved(key, &before),
            Notice::ConversationId { key, new: true } => self.show_conversation_id(key),
            Notice::ClockSkew(seconds) => {
                let side = if seconds > 0 { "ahead of" } else { "behind" };
                self.say(format!("The server's clock is {} seconds {side} this machine's.", seconds.unsigned_abs()));
            }
            Notice::EngineSaid(text) | Notice::JournalSaid(text) => self.say(format!("Notice: {text}")),
            Notice::Stopped => self.leave(),
            Notice::JournalTrouble(trouble) => self.say(trouble.sentence),
            Notice::JournalWell => self.say("The journal keeps everything again."),
            Notice::JournalFree => self.say("The journal is free now: this guestwire keeps everything and can send."),
            Notice::Drafts(drafts) => self.drafts = drafts,
            Notice::Restored(left) => self.show_leftovers(&left),
            Notice::Probed(finding) => self.show_finding(&finding),
            Notice::ProbesOver(verdict) => self.probes_over(&verdict),
            Notice::Pass { was_over } => self.pass_moved(was_over),
            // Nothing is opened here but by a word, and nothing is watched for.
            Notice::ConversationId { .. } | Notice::Reopened { .. } | Notice::OutcomeKnown(..) => {}
        }
    }

    // ---- exchanges ------------------------------------------------------------------------------------------------

    /// Whether replies can be read: said when it changes, and to whoever asked for a read.
    fn replies(&mut self, key: ConversationKey, changed: bool) {
        let why = self.session.conversations.get(key).and_then(|item| item.readable.unreadable()).cloned();
        let Some(why) = why else { return };
        let asked = self.asked.reading.remove(&key);
        let waited_for = self.asked.greeting.remove(&key) || asked;
        // Where there is a session, what happened to the socket was said with it.
        if waited_for || changed && !self.session.has_sessions(key) {
            let of_read = |x: &&Arc<Exchange>| x.kind == ExchangeKind::Read && x.conversation == Some(key);
            let newest = self.session.log.entries().rev().filter_map(|entry| entry.exchange()).find(of_read);
            let id = newest.map(|exchange| with_id(exchange)).unwrap_or_default();
            self.say(format!("{}, {}{id}. Type .read to try again.", self.spoken(key), why.sentence()));
        }
        if asked {
            let network = matches!(why, Unreadable::NoAnswer(_));
            self.ends(if network { Exit::Network } else { Exit::Refused }, None);
        }
    }

    /// Tells what happened between the tries of a send. How it ended is told with the message.
    fn steps(&mut self, exchange: &Exchange) {
        if exchange.kind != ExchangeKind::Send || exchange.message.is_none() {
            return;
        }
        let mut told = self.told.remove(&exchange.id).unwrap_or(0);
        if exchange.outcome.is_settled() {
            return;
        }
        let number = self.session.log.number_of(exchange.id);
        let name = number.map_or_else(|| "The message".to_owned(), |n| format!("Message {n}"));
        for step in exchange.steps.iter().skip(told) {
            match step {
                ExchangeStep::Try(a) if a.ending.is_none() => break,
                ExchangeStep::Try(a) => self.say(format!("{name}, try {}, {}.", a.number, attempt(a))),
                ExchangeStep::Wait { until, why, .. } => {
                    let left = span(until.left(self.now));
                    self.say(format!("{name} waits {left}: {why}. Type .cancel to take it back."));
                }
                ExchangeStep::Renewal { took: None, .. } => break,
                ExchangeStep::Renewal { generation: Some(_), .. } => {
                    self.say(format!("{name} is sent again with the new token."));
                }
                ExchangeStep::Renewal { .. } => self.say(format!("{name} got no new token.")),
            }
            told += 1;
        }
        self.told.insert(exchange.id, told);
    }

    // ---- messages -------------------------------------------------------------------------------------------------

    fn message_moved(&mut self, id: MessageId, settled: bool, delivery: &DeliveryStatus, exchange: Option<ExchangeId>) {
        let Some(key) = self.session.threads.message(id).map(|m| m.conversation) else { return };
        let entry = exchange.and_then(|x| self.session.log.entry_of(x));
        let (number, exchange) = (entry.map(LogEntry::number), entry.and_then(LogEntry::exchange).cloned());
        let n = number.map(|n| format!(" {n}")).unwrap_or_default();
        let here = self.session.conversations.active() == Some(key);
        let name = format!("Message{n}{}", if here { String::new() } else { format!(" to {}", self.name(key)) });
        let exchange = exchange.as_deref();
        let tried = exchange.is_some_and(|x| x.attempts().next().is_some());
        let (status, end) = (exchange.map(with_status).unwrap_or_default(), exchange.map(with_id).unwrap_or_default());
        let (said, exit) = match delivery {
            DeliveryStatus::Queued => {
                let hopeless = !self.session.has_sessions(key)
                    && self.session.sign_in.status.facts().is_none()
                    && !matches!(self.session.sign_in.status, TokenStatus::SignedOut | TokenStatus::Getting);
                if hopeless && self.interactive {
                    self.say("The message waits for a token. Type .signin to try again, or .cancel to take it back.");
                    self.dialogue.prompt_due = false;
                }
                return;
            }
            DeliveryStatus::Waiting { until, why } => {
                // Where the exchange has a step for it, that was told.
                if exchange.is_none() {
                    let left = span(until.left(self.now));
                    self.say(format!("{name} waits {left}: {why}. Type .cancel to take it back."));
                }
                return;
            }
            DeliveryStatus::Sending { .. } | DeliveryStatus::Answered => return,
            DeliveryStatus::Accepted => {
                let took = exchange.and_then(|x| x.took).map(|d| format!(" in {}", span(d))).unwrap_or_default();
                (format!("{name} accepted{status}{took}{end}."), Exit::Done)
            }
            DeliveryStatus::Refused(why) if matches!(exchange.map(|x| &x.outcome), Some(Outcome::Failed(_))) => {
                let exit = if tried { Exit::Network } else { why.into() };
                let why = clause(why);
                (format!("{name} not sent, nothing was written: {why}. Type .resend{n} to try again."), exit)
            }
            DeliveryStatus::Refused(why) if !tried => (format!("{name} not sent: {}.", clause(why)), Exit::Refused),
            DeliveryStatus::Refused(why) => {
                let cause = sentences::cause(exchange.and_then(|x| self.session.log.why_of(x.id)));
                let cause = cause.map(|cause| format!(" Cause {cause}.")).unwrap_or_default();
                let how = format!("Type .why{n}, .ids{n}, .headers{n}, .body{n} or .resend{n}.");
                (format!("{name} refused: {}{end}.{cause} {how}", clause(why)), Exit::Refused)
            }
            DeliveryStatus::Unknown(why) => {
                let unknown = format!("{name}: it is not known whether it was received: {}{end}.", clause(why));
                (format!("{unknown} Type .read, or .settle{n}."), Exit::Unknown)
            }
            DeliveryStatus::Cancelled => match self.asked.given_up.remove(&id) {
                Some((exit, why)) => (format!("{name} not sent, {}.", clause(&why)), exit),
                None => (format!("{name} taken back before anything was sent."), Exit::Refused),
            },
            DeliveryStatus::Landed => (format!("{name} was received after all."), Exit::Done),
            DeliveryStatus::Lost => (format!("{name} is marked as not received."), Exit::Refused),
        };
        self.say(said);
        self.asked.given_up.remove(&id);
        // A message that is settled later changes the end only where nothing was asked for since.
        if !settled || self.last.1 == Some(id) {
            self.ends(exit, Some(id));
        }
        self.dialogue.prompt_due = true;
    }

    pub(super) fn name(&self, key: ConversationKey) -> &str {
        self.session.conversations.get(key).map_or("", |item| item.name())
    }

    // ---- conversations --------------------------------------------------------------------------------------------

    fn was_read(&mut self, key: ConversationKey, before: RemoteState, since: Option<Timestamp>, news: &[EntryId]) {
        let Some(state) = self.session.conversations.get(key).map(|item| item.remote) else { return };
        let asked = self.asked.reading.remove(&key);
        if self.asked.greeting.remove(&key) || asked {
            let count = counted(self.session.threads.messages(key).len(), "message");
            let since = since.filter(|_| state == RemoteState::Connected).map(|at| at.to_zoned(self.zone.clone()));
            let since = since.map(|at| format!(" since {}", at.strftime("%H:%M"))).unwrap_or_default();
            self.say(format!("{}, {}{since}, {count}. Type .thread to show them.", self.spoken(key), state.word()));
        } else if before != state && matches!(state, RemoteState::Ended | RemoteState::Missing) {
            self.say(format!("{}, is {}.", self.spoken(key), state.word()));
        }
        if asked {
            self.ends(Exit::Done, None);
        }
        self.show_news(key, news);
    }
}
