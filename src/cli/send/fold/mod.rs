//! `guestwire send` as a fold: reports in, lines and an exit code out.
//!
//! ```text
//! Begin ─► (--choice N: what is offered?) ─► under way ──► accepted ─► (a reply within the time?) ─► outcome, exit
//!              ├───────► refused, cancelled ─────────────────────► outcome, exit
//!              ├───────► unknown ─► (is it in the conversation?) ─► outcome, exit
//!              └─ Ctrl-C: take it back; what was on the wire is unknown
//! ```

mod choice;
pub mod outcome;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::lines::{attempt_line, reading_line, waiting_line};
use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent};
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::cli::token::token_line;
use crate::engine::{Command, Report};
use crate::model::{
    Channel, Choice, ConversationKey, DeliveryStatus, Diagnosis, Exchange, ExchangeKind, ExchangeStep, Extras,
    MessageId, Moment, Probe, RemoteMessage, RepliesReadable, TokenStatus, Unreadable, Variation, WebSession,
};
use crate::pass::runner::replies::ReplyTracker;
use crate::session::changes::{Change, Notice};
use crate::session::{Changes, OutgoingMessage, Session, SignInTrouble};

/// How long the exchange of a settled message may lag behind it.
const LAG: Duration = Duration::from_millis(500);
/// How long the engine may take to take a message back.
const TAKING_BACK: Duration = Duration::from_secs(3);
/// How long a read that settles a diagnosis may take.
const PROBING: Duration = Duration::from_secs(5);
/// How long the read at the end of the wait for a reply may take.
const LAST_READ: Duration = Duration::from_secs(5);
/// How long a message whose answer was lost is looked for: the engine reads the conversation four times until then.
const LOOKING_UP: Duration = Duration::from_secs(10);
/// How long it is looked for what is offered.
const LOOKING: Duration = Duration::from_secs(15);
/// Under which id the one message goes.
const MESSAGE: MessageId = MessageId(1);

/// What is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// What it carries beside that.
    pub extras: Extras,
    /// How long a reply is waited for.
    pub reply_within: Option<Duration>,
    /// How it is wrong on purpose.
    pub sent_as: Option<Variation>,
    /// Which of the choices on offer is taken.
    pub pick: Option<NumberedChoice>,
}

/// A choice by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedChoice {
    /// From 1.
    pub number: usize,
    /// The message that offers it, by the remote side's id; the newest that offers any where none is named.
    pub of: Option<String>,
}

/// The account of one send.
#[derive(Debug)]
pub struct SendFold {
    pub(crate) session: Session,
    sending: Sending,
    begun: Moment,
    /// Where the message stands, as the engine told it last.
    delivery: DeliveryStatus,
    /// How many steps of the exchange have been told of.
    told: usize,
    replied: bool,
    interrupted: bool,
    stage: Stage,
    /// When the stage ends at the latest.
    until: Option<Moment>,
    /// Why the conversation cannot be reached, as the engine said when it stopped trying.
    unreachable: Option<String>,
    /// Which messages answer ours.
    replies: ReplyTracker,
    /// The message that offers what is chosen from.
    offer: Option<RemoteMessage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What is offered is looked for; nothing is sent yet.
    Choosing,
    /// Not settled.
    UnderWay,
    /// Ctrl-C was pressed; the engine says what became of the message.
    TakingBack,
    /// Settled; the rest of its exchange comes.
    Lagging,
    /// Refused, and the refusal alone does not say why: the conversation is read.
    Probing,
    /// Accepted; a reply may come.
    Listening,
    /// The time for a reply is over. The conversation is read once more, from this moment on: what came since the last read
    /// counts.
    LastRead(Moment),
    /// The answer to it was lost: reads look for it in the conversation.
    LookingUp,
    /// Said.
    Over,
}

impl SendFold {
    /// An account of a send that has not begun. `heard`: what is kept of the conversation.
    pub fn new(mut sending: Sending, session: Session, heard: &[RemoteMessage]) -> Self {
        if let (Some(choice), Some(answers)) = (&mut sending.extras.choice, &sending.extras.answers) {
            // A choice that was written out is answered as its offer asks for, where the offer is kept.
            let offered = heard.iter().filter(|message| message.id == *answers).flat_map(|m| &m.choices);
            let same = |offered: &&Choice| offered.payload == choice.payload || offered.label == choice.label;
            if let Some(offered) = offered.into_iter().find(same) {
                (choice.kind, choice.words) = (offered.kind, offered.words.clone());
            }
        }
        let mut fold = Self {
            session,
            sending,
            begun: Moment::ZERO,
            delivery: DeliveryStatus::Queued,
            told: 0,
            replied: false,
            interrupted: false,
            stage: Stage::UnderWay,
            until: None,
            unreachable: None,
            replies: ReplyTracker::default(),
            offer: None,
        };
        fold.offer = fold.offer_in(heard);
        fold
    }

    fn stay(&mut self, stage: Stage, until: Moment) {
        (self.stage, self.until) = (stage, Some(until));
    }

    /// Why it was refused, as far as that can be told: the message's own exchange, else the token's or the socket's.
    fn diagnosis(&self) -> Option<Diagnosis> {
        // Without a token of its own, it goes through the guest's socket: what opens that carries no message.
        let kind = if self.wants_token() { ExchangeKind::Token } else { ExchangeKind::Frame };
        let opens = |x: &Exchange| x.kind == kind && x.message.is_none() && x.outcome.is_error();
        let trouble = self.session.log.newest(opens);
        let own = self.carrier().map(|x| (x.attempts().next().is_some(), self.session.diagnose(x)));
        let found = match own {
            Some((true, diagnosis)) => diagnosis,
            Some((false, Some(diagnosis))) if !diagnosis.suspects.is_empty() => Some(diagnosis),
            own => trouble.and_then(|x| self.session.diagnose(x)).or(own.and_then(|(_, diagnosis)| diagnosis)),
        };
        found.filter(|diagnosis| !diagnosis.healed)
    }

    /// The exchange that carries the message.
    fn carrier(&self) -> Option<&Arc<Exchange>> {
        self.session.log.exchange_of(MESSAGE)
    }

    fn channel(&self) -> Option<Channel> {
        self.session.conversations.channel(self.sending.conversation)
    }

    /// Whether replies can be read.
    fn replies_readable(&self) -> &RepliesReadable {
        let item = self.session.conversations.get(self.sending.conversation);
        item.map_or(&RepliesReadable::NotYetKnown, |item| &item.readable)
    }

    /// The remote side's id of the message.
    fn remote_id(&self) -> Option<&str> {
        self.session.threads.message(MESSAGE)?.remote_id.as_deref()
    }

    fn send(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        self.begun = now;
        let Sending { conversation, text, extras, reply_within, sent_as, .. } = self.sending.clone();
        let watch = reply_within.map(|_| FrontEndEffect::Ask(Command::Watch(Some(conversation))));
        let outgoing = OutgoingMessage { extras, ..OutgoingMessage::text(conversation, text) }.varied(sent_as);
        self.replies.said(&outgoing.text, now.wall);
        let mut changes = Changes::default();
        self.session.submit(outgoing, now, &mut changes);
        watch.into_iter().chain(changes.commands().map(FrontEndEffect::Ask)).collect()
    }

    fn token(&mut self, now: Moment, before: &TokenStatus) -> Vec<FrontEndEffect> {
        let status = &self.session.sign_in.status;
        let changed = std::mem::discriminant(before) != std::mem::discriminant(status);
        let news = changed || matches!(status, TokenStatus::Expired { .. });
        let line = news.then(|| FrontEndEffect::Say(token_line(now, status)));
        line.into_iter().chain(self.give_up(now)).collect()
    }

    /// Whether sending needs a token at all: the guest's socket does not.
    fn wants_token(&self) -> bool {
        self.channel().is_none_or(|channel| !channel.has_sessions())
    }

    /// Why it is no use to wait for a token longer, where one is needed.
    fn trouble(&self) -> Option<&SignInTrouble> {
        let sign_in = &self.session.sign_in;
        // A message that was tried, and waits again, had its token refused.
        let refused = self.told > 0 && self.delivery == DeliveryStatus::Queued;
        let trouble = if refused { sign_in.no_other() } else { sign_in.trouble() };
        trouble.filter(|_| self.wants_token())
    }

    /// The session moved on. Nobody is here to connect later, so that a message is not held for that.
    fn session_moved(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        let item = self.session.conversations.get(self.sending.conversation);
        let mut acts = Vec::new();
        match item.map(|item| &item.live.session) {
            Some(WebSession::Unreachable { why }) => self.unreachable = Some(why.to_string()),
            Some(WebSession::Reconnecting { at, why }) => acts.push(FrontEndEffect::Say(waiting_line(now, *at, why))),
            _ => {}
        }
        acts.extend(self.give_up(now));
        acts
    }

    /// Without a token or a connection and without a prospect of one, a message that is not on the wire is taken back.
    fn give_up(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        if let (Stage::Choosing, Some(trouble)) = (self.stage, self.trouble().cloned()) {
            return self.unchosen(now, Exit::from(&trouble), &format!("not signed in: {}", trouble.why));
        }
        let waiting = matches!(self.delivery, DeliveryStatus::Queued | DeliveryStatus::Waiting { .. });
        if self.stage != Stage::UnderWay || !waiting || (self.trouble().is_none() && self.unreachable.is_none()) {
            return Vec::new();
        }
        let cancel = [FrontEndEffect::Ask(Command::Cancel(MESSAGE))];
        cancel.into_iter().chain(self.outcome(now)).collect()
    }

    fn exchange(&mut self, now: Moment, exchange: &Exchange) -> Vec<FrontEndEffect> {
        if exchange.message != Some(MESSAGE) {
            let read = exchange.kind == ExchangeKind::Read && exchange.outcome.is_settled();
            return match self.stage {
                Stage::Choosing => self.look_failed(now, exchange),
                Stage::Probing if read => self.outcome(now),
                _ => Vec::new(),
            };
        }
        let mut acts = Vec::new();
        for step in exchange.steps.iter().skip(self.told) {
            match step {
                ExchangeStep::Try(attempt) if attempt.ending.is_none() => break,
                ExchangeStep::Try(attempt) => acts.push(FrontEndEffect::Say(attempt_line(now, attempt))),
                ExchangeStep::Wait { until, why, .. } => {
                    acts.push(FrontEndEffect::Say(waiting_line(now, *until, why)));
                }
                ExchangeStep::Renewal { .. } => {}
            }
            self.told += 1;
        }
        if self.stage == Stage::Lagging {
            acts.extend(self.settled(now));
        }
        acts
    }

    fn message(&mut self, now: Moment, delivery: DeliveryStatus) -> Vec<FrontEndEffect> {
        let fields = json!({ "state": delivery.word(), "id": self.remote_id() });
        let mut acts = Vec::new();
        if self.delivery.word() != delivery.word() || matches!(delivery, DeliveryStatus::Sending { .. }) {
            acts.push(FrontEndEffect::Say(OutputLine::new("message", now.wall, fields)));
        }
        let remote_id = self.session.threads.message(MESSAGE).and_then(|message| message.remote_id.as_deref());
        self.replies.ours_moved(remote_id, delivery.is_settled());
        self.replied |= delivery == DeliveryStatus::Answered;
        self.delivery = delivery;
        let open = matches!(self.stage, Stage::UnderWay | Stage::TakingBack | Stage::LookingUp);
        if open && self.delivery.is_settled() {
            self.stay(Stage::Lagging, now.after(LAG));
            acts.extend(self.settled(now));
        } else {
            acts.extend(self.give_up(now));
        }
        acts
    }

    /// The message is settled: is its exchange, too?
    fn settled(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        if self.carrier().is_some_and(|e| !e.outcome.is_settled()) {
            return Vec::new();
        }
        // A message that was refused before it was sent has no exchange, and none is waited for.
        let needs_exchange =
            matches!(self.delivery, DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Unknown(_));
        if self.carrier().is_none() && needs_exchange {
            return Vec::new();
        }
        self.after_settling(now)
    }

    fn after_settling(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        match (self.sending.reply_within, &self.delivery) {
            (Some(time), DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed)
                if !self.interrupted =>
            {
                self.stay(Stage::Listening, now.after(time));
                let line = OutputLine::new("accepted", now.wall, json!({})).says(self.accepted_text(now));
                let mut acts = vec![FrontEndEffect::Say(line)];
                if self.replied {
                    acts.extend(self.outcome(now));
                }
                acts
            }
            (_, DeliveryStatus::Unknown(_)) if !self.interrupted && !self.is_final() => {
                self.stay(Stage::LookingUp, now.after(LOOKING_UP));
                vec![reading_line(now, "the answer was lost; looking for the message in the conversation")]
            }
            (_, DeliveryStatus::Refused(_)) if self.wants_a_probe() => {
                self.stay(Stage::Probing, now.after(PROBING));
                let line = reading_line(now, "refused; reading the conversation to find out why");
                vec![line, FrontEndEffect::Ask(Command::Read(self.sending.conversation))]
            }
            _ => self.outcome(now),
        }
    }

    /// Whether a read, which changes nothing, would say why.
    fn wants_a_probe(&self) -> bool {
        let asks = |d: Diagnosis| d.is_undecided() && d.settles.iter().any(|s| s.probe == Probe::Conversation);
        !self.interrupted && self.stage != Stage::Probing && self.diagnosis().is_some_and(asks)
    }

    fn interrupt(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        let again = std::mem::replace(&mut self.interrupted, true);
        match self.stage {
            Stage::UnderWay if !again => {
                self.stay(Stage::TakingBack, now.after(TAKING_BACK));
                let line = OutputLine::new("interrupt", now.wall, json!({})).warns("taking the message back");
                vec![FrontEndEffect::Say(line), FrontEndEffect::Ask(Command::Cancel(MESSAGE))]
            }
            _ => self.outcome(now),
        }
    }

    fn due_now(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        match self.stage {
            Stage::Choosing => self.nothing_offered(now, &format!(" within {} s", LOOKING.as_secs())),
            Stage::Lagging => self.after_settling(now),
            Stage::Listening if self.wants_token() && !self.is_final() => {
                self.stay(Stage::LastRead(now), now.after(LAST_READ));
                vec![FrontEndEffect::Ask(Command::Read(self.sending.conversation))]
            }
            Stage::LastRead(..) => {
                if self.replies_readable().unreadable().is_none() {
                    let readable = RepliesReadable::No(Unreadable::NotReadInTime);
                    self.session.conversations.set_readable(self.sending.conversation, readable);
                }
                self.outcome(now)
            }
            Stage::TakingBack | Stage::Listening | Stage::Probing | Stage::LookingUp => self.outcome(now),
            Stage::UnderWay | Stage::Over => Vec::new(),
        }
    }

    fn report(&mut self, now: Moment, report: Report) -> Vec<FrontEndEffect> {
        let here = self.sending.conversation;
        // Which messages answer ours is read from the report itself.
        let mut acts = Vec::new();
        let (brought, as_of) = match &report {
            Report::Conversation { key, messages, .. } if *key == here => (Some((messages.clone(), true)), None),
            Report::MessagesArrived { key, messages } if *key == here => (Some((messages.clone(), false)), None),
            Report::RepliesReadable { key, as_of, .. } if *key == here => (None, Some(*as_of)),
            _ => (None, None),
        };
        let changes = self.session.apply(report, now);
        for change in changes {
            let Change::Notice(notice) = change else { continue };
            acts.extend(match notice {
                Notice::Token { before, .. } => self.token(now, &before),
                Notice::Exchange(exchange) => self.exchange(now, &exchange),
                Notice::Message { id: MESSAGE, delivery, .. } => self.message(now, delivery),
                Notice::WebSession(key, _) if key == here => self.session_moved(now),
                Notice::EngineNotice(text) => vec![FrontEndEffect::message("notice", now, text)],
                _ => Vec::new(),
            });
        }
        match (brought, self.stage) {
            (Some((messages, all)), Stage::Choosing) => acts.extend(self.offered(now, &messages, all)),
            (Some((messages, read)), _) => acts.extend(self.brought(now, &messages, read)),
            (None, _) => {}
        }
        acts.extend(as_of.map(|as_of| self.readable(now, as_of)).unwrap_or_default());
        acts
    }
}

impl FrontEnd for SendFold {
    fn on(&mut self, now: Moment, input: FrontEndEvent) -> Vec<FrontEndEffect> {
        if self.stage == Stage::Over {
            return Vec::new();
        }
        match input {
            FrontEndEvent::Begin => self.choose(now),
            FrontEndEvent::Report(report) => self.report(now, *report),
            FrontEndEvent::Signal(_) => self.interrupt(now),
            FrontEndEvent::Due => self.due_now(now),
            FrontEndEvent::Ended => self.outcome(now),
            _ => Vec::new(),
        }
    }

    fn due(&self) -> Option<Moment> {
        self.until
    }
}

#[cfg(test)]
#[path = "../../../../tests/unit/cli/send/fold/mod.rs"]
mod tests;
