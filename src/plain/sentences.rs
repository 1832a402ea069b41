//! How things are said, in sentences for the ear, without columns, marks or abbreviations; and what the engine reports, in
//! such sentences.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{FrontEndEffect, Plain};
use crate::app::exit::Exit;
use crate::engine::Report;
use crate::journal::job::not_on_disk;
use crate::model::{
    Attempt, ConversationKey, DeliveryStatus, Diagnosis, Ending, Exchange, ExchangeId, ExchangeKind, ExchangeStep,
    MessageId, Moment, Outcome, RemoteState, TokenStatus, Unreadable,
};
use crate::session::log::LogEntry;
use crate::session::thread::EntryId;
use crate::session::{Changes, Notice, Session};
use crate::text::{clause, counted, dates, nearest};

/// The end of an id, letter by letter: `ends 8 9 6 8`. A short one is said whole.
pub fn ending(id: &str) -> String {
    let clusters: Vec<&str> = id.graphemes(true).collect();
    let from = clusters.len().saturating_sub(4);
    let tail = clusters.get(from..).unwrap_or_default().join(" ");
    if from == 0 { format!("is {tail}") } else { format!("ends {tail}") }
}

/// A length of time: `190 milliseconds`, `1.5 seconds`, `3 minutes`.
pub fn span(length: Duration) -> String {
    let (millis, seconds) = (length.subsec_millis() as usize, length.as_secs() as usize);
    match seconds {
        0 => counted(millis, "millisecond"),
        1..10 if millis >= 100 => format!("{seconds}.{} seconds", millis / 100),
        1..120 => counted(seconds, "second"),
        120..7_200 => counted(seconds / 60, "minute"),
        _ if seconds % 3600 < 360 => counted(seconds / 3600, "hour"),
        _ => format!("{}.{} hours", seconds / 3600, seconds % 3600 / 360),
    }
}

/// ` Did you mean .open?`: the known word that is nearest, if one is near, with what is typed before it.
pub fn nearest_to<'n>(word: &str, before: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(word, known).map(|near| format!(" Did you mean {before}{near}?")).unwrap_or_default()
}

/// Only a message is accepted.
const fn outcome(exchange: &Exchange) -> &'static str {
    match exchange.outcome {
        Outcome::Open => "under way",
        Outcome::Waiting => "waiting",
        Outcome::Accepted if exchange.message.is_none() => "ok",
        Outcome::Accepted => "accepted",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown(_) => "outcome unknown",
        Outcome::Failed(_) => "failed",
        Outcome::Cancelled => "cancelled",
    }
}

pub fn attempt(attempt: &Attempt) -> String {
    match &attempt.ending {
        Some(Ending::Answered(response)) => {
            let id = response.request_ids().into_iter().next();
            let id = id.map(|(_, id)| format!(", id {}", ending(&id))).unwrap_or_default();
            format!("was answered with {}{id}", response.status)
        }
        Some(Ending::Failed(failure)) => format!("failed: {}", failure.line()),
        None => "is under way".to_owned(),
    }
}

/// ` with 200`, where a status came.
pub fn with_status(exchange: &Exchange) -> String {
    exchange.status().map(|status| format!(" with {status}")).unwrap_or_default()
}

/// `, id ends 8 9 6 8`, where an id came.
pub fn with_id(exchange: &Exchange) -> String {
    exchange.request_id().map(|(_, id)| format!(", id {}", ending(&id))).unwrap_or_default()
}

/// A cause, where one is likely: `scope-stripped, likely: the token …`.
pub fn cause(diagnosis: Option<&Diagnosis>) -> Option<String> {
    let found = diagnosis.filter(|d| !d.suspects.is_empty() && !d.is_undecided())?;
    Some(format!("{}, {}: {}", found.cause(), found.confidence().name(), clause(&found.sentence())))
}

/// An entry of the log as one sentence. `delivery` is the status of its message, where it carries one; `to` the name of its
/// conversation.
pub fn entry(entry: &LogEntry, delivery: Option<&str>, to: Option<&str>, now: Timestamp, zone: &TimeZone) -> String {
    let (at, today) = (entry.at().wall.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let day = if at.date() == today { String::new() } else { format!("{}, ", dates::day(at.date(), today)) };
    let kind = match entry.kind() {
        ExchangeKind::Hook => "webhook".to_owned(),
        ExchangeKind::Sys => "notice".to_owned(),
        kind => kind.name().to_lowercase(),
    };
    let mut said = format!("{}, {day}{}, {kind}", entry.number(), at.strftime("%H:%M:%S"));
    if let Some(exchange) = entry.exchange() {
        let word = delivery.unwrap_or_else(|| outcome(exchange));
        said.extend([to, Some(word)].into_iter().flatten().flat_map(|part| [", ", part]));
        said.push_str(&with_status(exchange));
        said.extend(entry.duration().map(|d| format!(" in {}", span(d))));
        said.extend((entry.tries() > 1).then(|| format!(" after {} tries", entry.tries())));
        said.push_str(&with_id(exchange));
    }
    said.push_str(if entry.kept.marked { ", marked: " } else { ": " });
    said.push_str(entry.what());
    let reason = entry.exchange().and_then(|x| x.outcome.reason()).map(clause);
    let comment = entry.comment().map(|text| format!("comment: {text}"));
    let cause = cause(entry.diagnosis()).map(|cause| format!("cause {cause}"));
    // What kept a message here is the cause.
    let reason = reason.filter(|why| cause.as_ref().is_none_or(|cause| !cause.contains(why)));
    said.extend([reason, cause, comment].into_iter().flatten().map(|part| format!("; {part}")));
    said
}

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
            self.effects.extend(effect);
        }
    }

    fn show_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Token { before, in_trouble } => self.token_moved(&before, in_trouble),
            Notice::Exchange(exchange) => self.steps(&exchange),
            Notice::Message { id, before, delivery, exchange } => {
                self.message_moved(id, before.is_finished(), &delivery, exchange);
            }
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
            Notice::Said(text) => self.say(format!("Notice: {text}")),
            Notice::JournalTrouble(trouble) => self.say(trouble.sentence),
            Notice::JournalWell => self.say("The journal keeps everything again."),
            Notice::JournalFree => self.say("The journal is free now: this guestwire keeps everything and can send."),
            Notice::Restored(left) => self.show_leftovers(&left),
            Notice::Probed(finding) => self.show_finding(&finding),
            Notice::ProbesOver(verdict) => self.probes_over(&verdict),
            Notice::Pass { was_over } => self.pass_moved(was_over),
            // Drafts stay the console's own, nothing is opened here but by a word, and nothing is watched for.
            Notice::Sent(_)
            | Notice::Drafts(_)
            | Notice::ConversationId { .. }
            | Notice::Reopened { .. }
            | Notice::OutcomeKnown(..) => {}
        }
    }

    /// Whether replies can be read: said when it changes, and to whoever asked for a read.
    fn replies(&mut self, key: ConversationKey, changed: bool) {
        let why = self.session.conversations.get(key).and_then(|item| item.readable.unreadable()).cloned();
        let Some(why) = why else { return };
        let asked = self.asked.reading.remove(&key);
        let waited_for = self.dialogue.greeting.remove(&key) || asked;
        // Where there is a session, what happened to the socket was said with it.
        if waited_for || changed && !self.session.has_sessions(key) {
            let newest = self.session.log.newest(|x| x.kind == ExchangeKind::Read && x.conversation == Some(key));
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
        let mut said = self.said_tries.remove(&exchange.id).unwrap_or(0);
        if exchange.outcome.is_finished() {
            return;
        }
        let number = self.session.log.number_of(exchange.id);
        let name = number.map_or_else(|| "The message".to_owned(), |n| format!("Message {n}"));
        for step in exchange.steps.iter().skip(said) {
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
            said += 1;
        }
        self.said_tries.insert(exchange.id, said);
    }

    fn message_moved(&mut self, id: MessageId, ended: bool, delivery: &DeliveryStatus, exchange: Option<ExchangeId>) {
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
                let in_vain = exchange.and_then(|x| match x.last_attempt()?.ending.as_ref()? {
                    Ending::Failed(failure) => failure.in_vain(),
                    Ending::Answered(_) => None,
                });
                let how = in_vain
                    .map_or_else(|| "not sent, nothing was written".to_owned(), |how| format!("not taken, {how}"));
                (format!("{name} {how}: {}. Type .resend{n} to try again.", clause(why)), exit)
            }
            DeliveryStatus::Refused(why) if !tried => (format!("{name} not sent: {}.", clause(why)), Exit::Refused),
            DeliveryStatus::Refused(why) => {
                let cause = cause(exchange.and_then(|x| self.session.log.why_of(x.id)));
                let cause = cause.map(|cause| format!(" Cause {cause}.")).unwrap_or_default();
                let how = format!("Type .why{n}, .ids{n}, .headers{n}, .body{n} or .resend{n}.");
                (format!("{name} refused: {}{end}.{cause} {how}", clause(why)), Exit::Refused)
            }
            DeliveryStatus::Unknown(why) => {
                let unknown = format!("{name}: it is not known whether it was received: {}{end}.", clause(why));
                (format!("{unknown} Type .read, or .settle{n}."), Exit::Unknown)
            }
            DeliveryStatus::Cancelled => match self.given_up.remove(&id) {
                Some((exit, why)) => (format!("{name} not sent, {}.", clause(&why)), exit),
                None => (format!("{name} taken back before anything was sent."), Exit::Refused),
            },
            DeliveryStatus::Received => (format!("{name} was received after all."), Exit::Done),
            DeliveryStatus::NotReceived => (format!("{name} is marked as not received."), Exit::Refused),
        };
        self.say(said);
        self.given_up.remove(&id);
        // What is learned of a message that had ended changes the end only where nothing was asked for since.
        if !ended || self.last.1 == Some(id) {
            self.ends(exit, Some(id));
        }
        self.dialogue.prompt_due = true;
    }

    pub(super) fn name(&self, key: ConversationKey) -> &str {
        self.session.conversations.get(key).map_or("", |item| item.name())
    }

    fn was_read(&mut self, key: ConversationKey, before: RemoteState, since: Option<Timestamp>, news: &[EntryId]) {
        let Some(state) = self.session.conversations.get(key).map(|item| item.remote) else { return };
        let asked = self.asked.reading.remove(&key);
        if self.dialogue.greeting.remove(&key) || asked {
            let count = counted(self.session.threads.messages(key).len(), "message");
            let since = since.filter(|_| state == RemoteState::Connected).map(|at| at.to_zoned(self.zone.clone()));
            let since = since.map(|at| format!(" since {}", at.strftime("%H:%M"))).unwrap_or_default();
            self.say(format!("{}, {}{since}, {count}. Type .thread to show them.", self.spoken(key), state.name()));
        } else if before != state && matches!(state, RemoteState::Ended | RemoteState::Missing) {
            self.say(format!("{}, is {}.", self.spoken(key), state.name()));
        }
        if asked {
            self.ends(Exit::Done, None);
        }
        self.show_news(key, news);
    }
}
