//! What the engine reports, as sentences.

use std::sync::Arc;

use crate::app::exit::Exit;
use crate::engine::{Command, Report};
use crate::journal::job::not_on_disk;
use crate::model::{
    Author, ConversationKey, DeliveryStatus, Exchange, ExchangeId, ExchangeKind, ExchangeStep, MessageId, Moment,
    Outcome, RemoteState, TokenStatus, Unreadable,
};
use crate::session::Session;
use crate::session::changes::{Change, Changes, Notice};
use crate::session::log::LogEntry;
use crate::session::sign_in::{facts_text, missing_scopes};
use crate::session::thread::EntryId;
use crate::text::screen::visible_lines;

use super::sentences;
use super::sentences::{attempt, clause, span, with_id, with_status};
use super::{Plain, PlainEffect, Signing};

impl Plain {
    pub(super) fn report(&mut self, report: Report) {
        if let Report::Discovered { page, found, more } = report {
            return self.discovered(page, found, more);
        }
        let changes = self.session.apply(report, self.now);
        self.carry_out(changes);
    }

    /// Lets the session do something, and carries out what it asks for.
    pub(super) fn with_session<R>(&mut self, change: impl FnOnce(&mut Session, Moment, &mut Changes) -> R) -> R {
        let mut changes = Changes::default();
        let result = change(&mut self.session, self.now, &mut changes);
        self.carry_out(changes);
        result
    }

    /// Carries out what the session asks for.
    pub(super) fn carry_out(&mut self, changes: Changes) {
        for change in changes {
            match change {
                Change::Engine(command) => self.ask(command),
                Change::Journal(job) => self.acts.push(PlainEffect::Keep(Box::new(job))),
                Change::Sandbox(request) => self.acts.push(PlainEffect::Arrange(request)),
                Change::LiftFaults => self.acts.push(PlainEffect::Tidy),
                Change::Notice(notice) => self.tell(notice),
            }
        }
    }

    fn tell(&mut self, notice: Notice) {
        match notice {
            Notice::Token { before, in_trouble } => self.token_moved(&before, in_trouble),
            Notice::Exchange(exchange) => {
                if exchange.kind == ExchangeKind::Send && exchange.message.is_some() {
                    self.steps(&exchange);
                }
            }
            Notice::Message { id, before, life, exchange } => self.message_moved(id, &before, &life, exchange),
            Notice::Sent(id) => self.keep_draft(id),
            Notice::WaitsBehindPaused(_) => self.say("It waits behind older ones. Say .resume to send them all."),
            Notice::NotOnDisk(why) => self.say(not_on_disk(&why)),
            Notice::Read { key, before, since, news } => self.was_read(key, before, since, &news),
            Notice::Arrived { key, news } => self.tell_news(key, &news),
            Notice::Replies { key, changed } => self.replies(key, changed),
            Notice::WebSession { key, before } => self.web_session_moved(key, &before),
            Notice::ConversationId { key, new } => {
                if new {
                    self.tell_conversation_id(key);
                }
            }
            Notice::ClockSkew(seconds) => {
                let side = if seconds > 0 { "ahead of" } else { "behind" };
                self.say(format!("The server's clock is {} seconds {side} this machine's.", seconds.unsigned_abs()));
            }
            Notice::EngineNotice(text) | Notice::JournalNotice(text) => self.say(format!("Notice: {text}")),
            Notice::Stopped => self.leave(),
            Notice::JournalTrouble(trouble) => self.say(trouble.sentence),
            Notice::JournalWell => self.say("The journal keeps everything again."),
            Notice::JournalFree => {
                self.say("The journal is free: this guestwire keeps everything now, and sends.");
            }
            Notice::Drafts(drafts) => {
                self.drafts = drafts.into_iter().map(|(key, text, cursor)| (key, (text, cursor))).collect();
            }
            Notice::Restored(left) => self.tell_leftovers(&left),
            Notice::Pass { was_over } => self.pass_moved(was_over),
            // Nothing is opened here but by a word, and nothing is watched for.
            Notice::Reopened { .. } | Notice::OutcomeKnown(..) => {}
        }
    }

    // ---- the token ------------------------------------------------------------------------------------------------

    fn token_moved(&mut self, was: &TokenStatus, in_trouble: bool) {
        let status = self.session.sign_in.status.clone();
        let before = was.facts().map(|f| f.generation);
        let warned = was.facts().and_then(missing_scopes);
        let mended = matches!(was, TokenStatus::RenewFailed { .. }) || in_trouble;
        match &status {
            TokenStatus::Valid(facts) => {
                let lasts = match facts.expires {
                    Some(end) => format!("the token lasts {}", span(end.left(self.now))),
                    None => "when the token ends is not known".to_owned(),
                };
                match before {
                    None => self.say(format!("Signed in; {lasts}.")),
                    Some(old) if old != facts.generation || mended => {
                        self.say(format!("A new token is here; {lasts}."));
                    }
                    Some(_) => {}
                }
            }
            TokenStatus::RenewFailed { retry, why, .. } => {
                let left = span(retry.left(self.now));
                self.say(format!(
                    "The token works still, but renewing it failed: {}. The next try comes in {left}.",
                    clause(why)
                ));
            }
            TokenStatus::Expired { retry: Some(retry), why } => {
                let left = span(retry.left(self.now));
                self.say(format!("No token: {}. The next try comes in {left}; messages wait until then.", clause(why)));
            }
            TokenStatus::Expired { retry: None, why } => {
                self.say(format!(
                    "The token has ended and cannot be renewed: {}. Put a new one in its place and start again.",
                    clause(why)
                ));
            }
            TokenStatus::Refused { why, .. } => {
                self.say(format!("No token: {}. Say .signin to try again.", clause(why)));
            }
            TokenStatus::BadClient { why } => {
                self.say(format!("Client id or secret refused: {}. Mend the profile, then say .signin.", clause(why)));
            }
            TokenStatus::NoSecret { why } => self.say(format!("{}. Say .signin to try again.", clause(why))),
            TokenStatus::Limited { until, .. } => {
                let left = span(until.left(self.now));
                self.say(format!("The token endpoint asks to wait {left}; guestwire tries again by itself."));
            }
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => {}
        }
        let warning = status.facts().and_then(missing_scopes).filter(|w| warned.as_ref() != Some(w));
        if let Some(warning) = warning {
            self.say(format!("Warning: {warning}. Say .token for all that is known."));
        }
        self.signing_moved();
    }

    /// Whether a token that was asked for is here, or will not come.
    pub(super) fn signing_moved(&mut self) {
        let Some(Signing { than, tell }) = self.asked.signing else { return };
        let generation = self.session.sign_in.status.facts().map(|f| f.generation);
        let pending = match &self.session.sign_in.status {
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => true,
            TokenStatus::Valid(_) => generation <= than,
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
        self.came_to(exit, None);
        if tell {
            self.tell_token();
        }
        self.dialogue.prompt_due = true;
    }

    pub(super) fn tell_token(&mut self) {
        match self.session.sign_in.status.facts().cloned() {
            Some(facts) => {
                for line in facts_text(&facts, self.now).lines() {
                    self.say(line);
                }
            }
            None => {
                let said = match &self.session.sign_in.status {
                    TokenStatus::SignedOut => "No token, and none asked for. Say .signin.".to_owned(),
                    TokenStatus::Getting => "A token is being asked for.".to_owned(),
                    TokenStatus::Limited { until, .. } => {
                        format!("No token yet; the next try comes in {}.", span(until.left(self.now)))
                    }
                    TokenStatus::Expired { why, .. }
                    | TokenStatus::Refused { why, .. }
                    | TokenStatus::BadClient { why }
                    | TokenStatus::NoSecret { why } => format!("No token: {}. Say .signin to try again.", clause(why)),
                    _ => "No token.".to_owned(),
                };
                self.say(said);
            }
        }
    }

    /// Tries to sign in anew: what failed before counts no more.
    pub(super) fn sign_in_again(&mut self) {
        self.session.sign_in.begin_anew();
        self.ask(Command::SignIn);
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
            let said = format!("{}, {}{id}. Say .read to try again.", self.spoken(key), why.sentence());
            self.say(said);
        }
        if asked {
            let network = matches!(why, Unreadable::NoAnswer(_));
            self.came_to(if network { Exit::Network } else { Exit::Refused }, None);
            self.dialogue.prompt_due = true;
        }
    }

    /// Tells what happened between the tries of a send. How it ended is told with the message.
    fn steps(&mut self, exchange: &Exchange) {
        if exchange.outcome.is_settled() {
            self.told.remove(&exchange.id);
            return;
        }
        let mut told = self.told.get(&exchange.id).copied().unwrap_or(0);
        let name = self
            .session
            .log
            .number_of(exchange.id)
            .map_or_else(|| "The message".to_owned(), |n| format!("Message {n}"));
        for step in exchange.steps.iter().skip(told) {
            match step {
                ExchangeStep::Try(a) if a.ending.is_none() => break,
                ExchangeStep::Try(a) => self.say(format!("{name}, try {}, {}.", a.number, attempt(a))),
                ExchangeStep::Wait { until, why, .. } => {
                    let left = span(until.left(self.now));
                    self.say(format!("{name} waits {left}: {why}. Say .cancel to take it back."));
                }
                ExchangeStep::Renewal { took: None, .. } => break,
                ExchangeStep::Renewal { generation: Some(_), .. } => {
                    self.say(format!("{name} goes again with the new token."));
                }
                ExchangeStep::Renewal { .. } => self.say(format!("{name} got no new token.")),
            }
            told += 1;
        }
        self.told.insert(exchange.id, told);
    }

    // ---- messages -------------------------------------------------------------------------------------------------

    fn message_moved(
        &mut self,
        id: MessageId,
        before: &DeliveryStatus,
        life: &DeliveryStatus,
        exchange: Option<ExchangeId>,
    ) {
        let Some(key) = self.session.threads.message(id).map(|m| m.conversation) else { return };
        let entry = exchange.and_then(|x| self.session.log.entry_of(x));
        let (number, exchange) = (entry.map(LogEntry::number), entry.and_then(LogEntry::exchange).cloned());
        let n = number.map_or_else(String::new, |n| format!(" {n}"));
        let here = self.session.conversations.active() == Some(key);
        let name = format!("Message{n}{}", if here { String::new() } else { format!(" to {}", self.name(key)) });
        let exchange = exchange.as_deref();
        let (status, end) = (exchange.map(with_status).unwrap_or_default(), exchange.map(with_id).unwrap_or_default());
        let (said, exit) = match life {
            DeliveryStatus::Queued => {
                let hopeless = !self.session.has_sessions(key)
                    && self.session.sign_in.status.facts().is_none()
                    && !matches!(self.session.sign_in.status, TokenStatus::SignedOut | TokenStatus::Getting);
                if hopeless && self.interactive {
                    self.say("The message waits for a token. Say .signin to try again, or .cancel to take it back.");
                    self.dialogue.prompt_due = false;
                }
                return;
            }
            DeliveryStatus::Waiting { until, why } => {
                // Where the exchange has a step for it, that was told.
                if exchange.is_none() {
                    let left = span(until.left(self.now));
                    self.say(format!("{name} waits {left}: {why}. Say .cancel to take it back."));
                }
                return;
            }
            DeliveryStatus::Sending { .. } | DeliveryStatus::Answered => return,
            DeliveryStatus::Accepted => {
                let took =
                    exchange.and_then(Exchange::duration).map(|d| format!(" in {}", span(d))).unwrap_or_default();
                (format!("{name} accepted{status}{took}{end}."), Exit::Done)
            }
            DeliveryStatus::Refused(why) if matches!(exchange.map(|x| &x.outcome), Some(Outcome::Failed(_))) => (
                format!("{name} not sent, nothing was written: {}. Say .resend{n} to try again.", clause(why)),
                if exchange.is_some_and(|x| x.attempts().next().is_none()) { self.untried(key) } else { Exit::Network },
            ),
            DeliveryStatus::Refused(why) if exchange.is_none_or(|x| x.attempts().next().is_none()) => {
                (format!("{name} not sent: {}.", clause(why)), Exit::Refused)
            }
            DeliveryStatus::Refused(why) => (
                {
                    let cause = exchange.and_then(|x| self.session.log.why_of(x.id)).filter(|d| !d.suspects.is_empty());
                    let cause = cause.filter(|d| !d.is_undecided()).map_or_else(String::new, |d| {
                        format!(" Cause {}, {}: {}.", d.cause(), d.confidence().word(), clause(&d.sentence()))
                    });
                    format!(
                        "{name} refused: {}{end}.{cause} Say .why{n}, .ids{n}, .headers{n}, .body{n} or .resend{n}.",
                        clause(why)
                    )
                },
                Exit::Refused,
            ),
            DeliveryStatus::Unknown(why) => (
                format!(
                    "{name}: it is not known whether it was received: {}{end}. Say .read, or .settle{n}.",
                    clause(why)
                ),
                Exit::Unknown,
            ),
            DeliveryStatus::Cancelled => match self.asked.given_up.remove(&id) {
                Some((exit, why)) => (format!("{name} not sent, {}.", clause(&why)), exit),
                None => (format!("{name} cancelled before anything was written."), Exit::Refused),
            },
            DeliveryStatus::Landed => (format!("{name} was received after all."), Exit::Done),
            DeliveryStatus::Lost => (format!("{name} counts as not received."), Exit::Refused),
        };
        self.say(said);
        self.asked.given_up.remove(&id);
        // A message that is settled later changes the end only where nothing was asked for since.
        if !before.is_settled() || self.last.1 == Some(id) {
            self.came_to(exit, Some(id));
        }
        self.dialogue.prompt_due = true;
    }

    /// Why a message was given up before it was tried: where a guest's socket takes it, that was refused, or its guest
    /// token could not be had.
    fn untried(&self, key: ConversationKey) -> Exit {
        if !self.session.has_sessions(key) {
            return Exit::Network;
        }
        match self.session.newest_opening(key) {
            Some(Outcome::Failed(_)) => Exit::Network,
            Some(_) => Exit::Refused,
            None => Exit::NotSignedIn,
        }
    }

    pub(super) fn name(&self, key: ConversationKey) -> &str {
        self.session.conversations.get(key).map_or("", |item| item.name())
    }

    // ---- conversations --------------------------------------------------------------------------------------------

    fn was_read(
        &mut self,
        key: ConversationKey,
        before: RemoteState,
        since: Option<jiff::Timestamp>,
        news: &[EntryId],
    ) {
        let Some(state) = self.session.conversations.get(key).map(|item| item.remote) else { return };
        let asked = self.asked.reading.remove(&key);
        if self.asked.greeting.remove(&key) || asked {
            let count = sentences::count(self.session.threads.messages(key).len() as u128, "message");
            let since = since
                .filter(|_| state == RemoteState::Connected)
                .map(|at| format!(" since {}", at.to_zoned(self.zone.clone()).strftime("%H:%M")))
                .unwrap_or_default();
            let name = self.spoken(key);
            self.say(format!("{name}, {}{since}, {count}. Say .thread to hear them.", state.word()));
        } else if before != state && matches!(state, RemoteState::Ended | RemoteState::Missing) {
            let name = self.spoken(key);
            self.say(format!("{name}, is {}.", state.word()));
        }
        if asked {
            self.came_to(Exit::Done, None);
            self.dialogue.prompt_due = true;
        }
        self.tell_news(key, news);
    }

    /// Tells what someone said. Each further line says again whose it is, so that no text can pass for a sentence of ours.
    pub(super) fn tell_said(&mut self, key: ConversationKey, author: Author, text: &str) {
        let elsewhere = if self.session.conversations.active() == Some(key) {
            String::new()
        } else {
            format!(" in {}", self.spoken(key))
        };
        let who = match author {
            Author::Guest => "Guest",
            Author::Bot => "Bot",
            Author::Agent => "Agent",
            Author::System => "System",
        };
        for (at, line) in visible_lines(text).enumerate() {
            let verb = if at == 0 { "says" } else { "goes on" };
            self.say(format!("{who} {verb}{elsewhere}: {line}"));
        }
    }
}
