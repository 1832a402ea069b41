//! What the engine reports, as sentences.

use std::sync::Arc;

use crate::app::exit::Exit;
use crate::cli::token_fold::{SignIn, facts_text, missing_scopes};
use crate::engine::{Command, Report};
use crate::journal::job::not_on_disk;
use crate::model::{
    Author, ConversationKey, DeliveryStatus, Exchange, ExchangeId, Kind, MessageId, Outcome, RemoteState,
    RepliesReadable, Step, TokenStatus, Unreadable,
};
use crate::text::screen::visible_lines;

use super::sentences;
use super::sentences::{attempt, clause, span, with_id, with_status};
use super::{Plain, Signing};

impl Plain {
    pub(super) fn report(&mut self, report: Report) {
        // What a pass waits for is told to it once the rest knows it.
        let told = self.desk.plays().then(|| report.clone());
        self.learn(&report);
        self.take(report);
        if let Some(report) = told {
            self.pass_report(&report);
        }
    }

    /// What a diagnosis is made from.
    fn learn(&mut self, report: &Report) {
        match report {
            Report::Exchange(exchange) => drop(self.past.exchange(exchange)),
            Report::Token(status) => {
                if let Some(facts) = status.facts() {
                    self.past.token(facts);
                }
            }
            Report::ClockSkew(seconds) => self.past.skew_told(*seconds),
            _ => {}
        }
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Token(status) => self.token_moved(status),
            Report::Exchange(exchange) => self.exchanged(&exchange),
            Report::Message { id, life, exchange, remote_id } => self.message_moved(id, life, exchange, remote_id),
            Report::NotOnDisk { why, .. } => self.say(not_on_disk(&why)),
            Report::Conversation { key, state, since, messages } => {
                self.keep_heard(key, &messages);
                self.threads.read(key, state, since, messages, self.now);
                self.was_read(key, state, since);
            }
            Report::ClockSkew(seconds) => {
                self.threads.clock_skew(seconds);
                let side = if seconds > 0 { "ahead of" } else { "behind" };
                self.say(format!("The server's clock is {} seconds {side} this machine's.", seconds.unsigned_abs()));
            }
            Report::Notice { at, text } => self.notice(at, &text),
            Report::MessagesArrived { key, messages } => {
                self.keep_heard(key, &messages);
                self.threads.heard(key, messages, self.now);
                self.heard(key);
            }
            Report::RepliesReadable { key, readable, .. } => self.replies_readable(key, readable),
            Report::Session { key, session } => self.session_moved(key, session),
            Report::ConversationIdKnown { key, conversation_id } => {
                self.keep_learned(key, &conversation_id);
                self.learned(key, &conversation_id);
            }
            Report::Discovered { page, found, more } => self.discovered(page, found, more),
            // What a doctor or an agent is told has no line of its own here, and typing would talk over what one reads.
            Report::RateLimit(_)
            | Report::Probe { .. }
            | Report::Metrics { .. }
            | Report::Agent(_)
            | Report::Webhook(_)
            | Report::Typing { .. } => {}
            Report::Stopped => self.leave(),
        }
    }

    // ---- the token ------------------------------------------------------------------------------------------------

    fn token_moved(&mut self, status: TokenStatus) {
        let trouble = self.sign_in.trouble().is_some();
        self.sign_in.status(self.now, &status);
        let before = self.token.facts().map(|f| f.generation);
        let warned = self.token.facts().and_then(missing_scopes);
        let mended = matches!(self.token, TokenStatus::RenewFailed { .. }) || trouble;
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
        self.token = status;
        self.signing_moved();
    }

    /// Whether a token that was asked for is here, or will not come.
    pub(super) fn signing_moved(&mut self) {
        let Some(Signing { than, tell }) = self.signing else { return };
        let generation = self.token.facts().map(|f| f.generation);
        let pending = match &self.token {
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => true,
            TokenStatus::Valid(_) => generation <= than,
            _ => false,
        };
        if pending {
            return;
        }
        self.signing = None;
        let exit = match self.sign_in.trouble() {
            Some((exit, _)) => *exit,
            None if matches!(self.token, TokenStatus::Valid(_)) => Exit::Done,
            None => Exit::NotSignedIn,
        };
        self.came_to(exit, None);
        if tell {
            self.tell_token();
        }
        self.prompt_due = true;
    }

    pub(super) fn tell_token(&mut self) {
        match self.token.facts().cloned() {
            Some(facts) => {
                for line in facts_text(&facts, self.now).lines() {
                    self.say(line);
                }
            }
            None => {
                let said = match &self.token {
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
        self.sign_in = SignIn::default();
        self.ask(Command::SignIn);
    }

    // ---- exchanges ------------------------------------------------------------------------------------------------

    fn exchanged(&mut self, exchange: &Arc<Exchange>) {
        self.sign_in.exchange(exchange);
        self.log.exchange(Arc::clone(exchange));
        self.keep_exchange(exchange);
        if exchange.kind == Kind::Send && exchange.message.is_some() {
            self.steps(exchange);
        }
    }

    /// Whether replies can be read: said when it changes, and to whoever asked for a read.
    fn replies_readable(&mut self, key: ConversationKey, readable: RepliesReadable) {
        let changed = self.picker.set_readable(key, readable.clone());
        let Some(why) = readable.unreadable() else { return };
        let asked = self.reading.remove(&key);
        let waited_for = self.greeting.remove(&key) || asked;
        // Where there is a session, what happened to the socket was said with it.
        if waited_for || changed && !self.has_sessions(key) {
            let of_read = |x: &&Arc<Exchange>| x.kind == Kind::Read && x.conversation == Some(key);
            let newest = self.log.entries().rev().filter_map(|entry| entry.exchange()).find(of_read);
            let id = newest.map(|exchange| with_id(exchange)).unwrap_or_default();
            let said = format!("{}, {}{id}. Say .read to try again.", self.spoken(key), why.sentence());
            self.say(said);
        }
        if asked {
            let network = matches!(why, Unreadable::NoAnswer(_));
            self.came_to(if network { Exit::Network } else { Exit::Refused }, None);
            self.prompt_due = true;
        }
    }

    /// Tells what happened between the tries of a send. How it ended is told with the message.
    fn steps(&mut self, exchange: &Exchange) {
        if exchange.outcome.is_settled() {
            self.told.remove(&exchange.id);
            return;
        }
        let mut told = self.told.get(&exchange.id).copied().unwrap_or(0);
        let name = self.number(exchange.id).map_or_else(|| "The message".to_owned(), |n| format!("Message {n}"));
        for step in exchange.steps.iter().skip(told) {
            match step {
                Step::Try(a) if a.ending.is_none() => break,
                Step::Try(a) => self.say(format!("{name}, try {}, {}.", a.number, attempt(a))),
                Step::Wait { until, why, .. } => {
                    let left = span(until.left(self.now));
                    self.say(format!("{name} waits {left}: {why}. Say .cancel to take it back."));
                }
                Step::Renewal { took: None, .. } => break,
                Step::Renewal { generation: Some(_), .. } => self.say(format!("{name} goes again with the new token.")),
                Step::Renewal { .. } => self.say(format!("{name} got no new token.")),
            }
            told += 1;
        }
        self.told.insert(exchange.id, told);
    }

    /// The log's number of an exchange.
    pub(super) fn number(&self, id: ExchangeId) -> Option<u64> {
        let entry = self.log.entries().rev().find(|e| e.exchange().is_some_and(|x| x.id == id))?;
        Some(entry.number())
    }

    // ---- messages -------------------------------------------------------------------------------------------------

    fn message_moved(
        &mut self,
        id: MessageId,
        life: DeliveryStatus,
        exchange: Option<ExchangeId>,
        remote_id: Option<String>,
    ) {
        let Some(key) = self.threads.message(id).map(|m| m.conversation) else { return };
        self.threads.life(id, life.clone(), exchange, remote_id);
        self.log.set_life(id, &life);
        self.picker.set_counts(key, self.threads.counts(key));
        let carried = exchange.or_else(|| self.threads.message(id)?.exchange);
        let entry = carried.and_then(|x| self.number(x)).and_then(|n| self.log.entry(n));
        let (number, exchange) = (entry.map(|e| e.number()), entry.and_then(|e| e.exchange()).cloned());
        let n = number.map_or_else(String::new, |n| format!(" {n}"));
        let elsewhere =
            if self.picker.active() == Some(key) { String::new() } else { format!(" to {}", self.name(key)) };
        let name = format!("Message{n}{elsewhere}");
        let exchange = exchange.as_deref();
        let (status, end) = (exchange.map(with_status).unwrap_or_default(), exchange.map(with_id).unwrap_or_default());
        let (said, exit) = match &life {
            DeliveryStatus::Queued => {
                let hopeless = !self.has_sessions(key)
                    && self.token.facts().is_none()
                    && !matches!(self.token, TokenStatus::SignedOut | TokenStatus::Getting);
                if hopeless && self.interactive {
                    self.say("The message waits for a token. Say .signin to try again, or .cancel to take it back.");
                    self.prompt_due = false;
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
                (format!("{name} refused before it was sent: {}.", clause(why)), Exit::Refused)
            }
            DeliveryStatus::Refused(why) => (
                format!("{name} refused: {}{end}. Say .ids{n}, .headers{n}, .body{n} or .resend{n}.", clause(why)),
                Exit::Refused,
            ),
            DeliveryStatus::Unknown(why) => (
                format!(
                    "{name}: it is not known whether it was received: {}{end}. Say .read, or .settle{n}.",
                    clause(why)
                ),
                Exit::Unknown,
            ),
            DeliveryStatus::Cancelled => match self.given_up.remove(&id) {
                Some((exit, why)) => (format!("{name} not sent, {}.", clause(&why)), exit),
                None => (format!("{name} cancelled before anything was written."), Exit::Refused),
            },
            DeliveryStatus::Landed => (format!("{name} was received after all."), Exit::Done),
            DeliveryStatus::Lost => (format!("{name} counts as not received."), Exit::Refused),
        };
        self.say(said);
        let was_open = self.open.remove(&id).is_some();
        self.given_up.remove(&id);
        // A message that is settled later changes the end only where nothing was asked for since.
        if was_open || self.last.1 == Some(id) {
            self.came_to(exit, Some(id));
        }
        self.prompt_due = true;
    }

    /// Why a message was given up before it was tried: where a guest's socket takes it, that was refused, or its guest
    /// token could not be had.
    fn untried(&self, key: ConversationKey) -> Exit {
        if !self.has_sessions(key) {
            return Exit::Network;
        }
        let of_socket = |x: &&Exchange| x.kind == Kind::Frame && x.message.is_none() && x.conversation == Some(key);
        let newest = self.log.entries().rev().filter_map(|entry| entry.exchange()).map(|x| &**x).find(of_socket);
        match newest.map(|exchange| &exchange.outcome) {
            Some(Outcome::Failed(_)) => Exit::Network,
            Some(_) => Exit::Refused,
            None => Exit::NotSignedIn,
        }
    }

    pub(super) fn name(&self, key: ConversationKey) -> &str {
        self.picker.get(key).map_or("", |item| item.name())
    }

    // ---- conversations --------------------------------------------------------------------------------------------

    fn was_read(&mut self, key: ConversationKey, state: RemoteState, since: Option<jiff::Timestamp>) {
        let before = self.picker.get(key).map(|item| item.remote);
        self.picker.set_remote(key, state, since);
        self.picker.set_counts(key, self.threads.counts(key));
        let asked = self.reading.remove(&key);
        if self.greeting.remove(&key) || asked {
            let count = sentences::count(self.threads.messages(key).len() as u128, "message");
            let since = since
                .filter(|_| state == RemoteState::Connected)
                .map(|at| format!(" since {}", at.to_zoned(self.zone.clone()).strftime("%H:%M")))
                .unwrap_or_default();
            let name = self.spoken(key);
            self.say(format!("{name}, {}{since}, {count}. Say .thread to hear them.", state.word()));
        } else if before != Some(state) && matches!(state, RemoteState::Ended | RemoteState::Missing) {
            let name = self.spoken(key);
            self.say(format!("{name}, is {}.", state.word()));
        }
        if asked {
            self.came_to(Exit::Done, None);
            self.prompt_due = true;
        }
        self.tell_news(key);
    }

    /// Tells what someone said. Each further line says again whose it is, so that no text can pass for a sentence of ours.
    pub(super) fn tell_said(&mut self, key: ConversationKey, author: Author, text: &str) {
        let elsewhere =
            if self.picker.active() == Some(key) { String::new() } else { format!(" in {}", self.spoken(key)) };
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
