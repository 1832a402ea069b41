//! `guestwire send` after its start: reports in, lines and an exit code out.
//!
//! ```text
//! Begin ─► (--choice N: what is offered?) ─► under way ──► accepted ─► (a reply within the time?) ─► outcome, exit
//!              ├───────► refused, cancelled ─────────────────────► outcome, exit
//!              ├───────► unknown ─► (is it in the conversation?) ─► outcome, exit
//!              └─ Ctrl-C: take it back; what was on the wire is unknown
//! ```

mod outcome;

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
    Choice, ConversationKey, DeliveryStatus, Diagnosis, Exchange, ExchangeKind, ExchangeStep, Extras, MessageId,
    Moment, Probe, RemoteMessage, RepliesReadable, TokenStatus, Unreadable, Variation, WebSession,
};
use crate::pass::runner::replies::ReplyTracker;
use crate::session::{Change, Notice, Session, SignInTrouble};

/// How long the exchange of a finished message may lag behind it.
const LAG: Duration = Duration::from_millis(500);
const TAKING_BACK: Duration = Duration::from_secs(3);
/// How long a read that settles a diagnosis may take.
const PROBING: Duration = Duration::from_secs(5);
/// How long the read at the end of the wait for a reply may take.
const LAST_READ: Duration = Duration::from_secs(5);
/// How long a message whose answer was lost is looked for: the engine reads the conversation four times until then.
const LOOKING_UP: Duration = Duration::from_secs(10);
/// How long it is looked for what is offered.
const LOOKING: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    pub conversation: ConversationKey,
    pub text: String,
    pub extras: Extras,
    pub reply_within: Option<Duration>,
    pub sent_as: Option<Variation>,
    /// The number of the choice that is taken, from 1: of the offer that the extras name, else of the newest.
    pub pick: Option<usize>,
}

#[derive(Debug)]
pub struct SendFrontEnd {
    pub(crate) session: Session,
    sending: Sending,
    now: Moment,
    effects: Vec<FrontEndEffect>,
    begun: Moment,
    message: MessageId,
    delivery: DeliveryStatus,
    /// How many steps of its exchange have been said.
    told: usize,
    replied: bool,
    interrupted: bool,
    stage: Stage,
    until: Option<Moment>,
    /// Why the conversation cannot be reached, as the engine said when it stopped trying.
    unreachable: Option<String>,
    replies: ReplyTracker,
    /// The message that offers what is chosen from.
    offer: Option<RemoteMessage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What is offered is looked for; nothing is sent yet.
    Choosing,
    UnderWay,
    /// Ctrl-C was pressed; the engine says what became of the message.
    TakingBack,
    /// Finished; the rest of its exchange comes.
    Lagging,
    /// Refused, and the refusal alone does not say why: the conversation is read.
    Probing,
    Listening,
    /// The time for a reply is over. The conversation is read once more, from this moment on: what came since the last
    /// read counts.
    LastRead(Moment),
    /// The answer to it was lost: reads look for it in the conversation.
    LookingUp,
    Over,
}

impl SendFrontEnd {
    /// A send that has not started. `heard`: the messages of the conversation that the journal has.
    pub fn new(mut sending: Sending, session: Session, heard: &[RemoteMessage]) -> Self {
        if let (Some(choice), Some(answers)) = (&mut sending.extras.choice, &sending.extras.offer_id) {
            // A choice that was written out is answered as its offer asks for, where the offer is kept.
            let mut offered = heard.iter().filter(|message| message.id == *answers).flat_map(|m| &m.choices);
            let same = |offered: &&Choice| offered.payload == choice.payload || offered.label == choice.label;
            if let Some(offered) = offered.find(same) {
                (choice.kind, choice.words) = (offered.kind, offered.words.clone());
            }
        }
        let mut front_end = Self {
            session,
            sending,
            now: Moment::ZERO,
            effects: Vec::new(),
            begun: Moment::ZERO,
            message: MessageId::default(),
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
        front_end.offer = front_end.offer_in(heard);
        front_end
    }

    fn say(&mut self, line: OutputLine) {
        self.effects.push(FrontEndEffect::Say(line));
    }

    fn ask(&mut self, command: Command) {
        self.effects.push(FrontEndEffect::Ask(command));
    }

    fn stay(&mut self, stage: Stage, at_most: Duration) {
        (self.stage, self.until) = (stage, Some(self.now.after(at_most)));
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

    fn carrier(&self) -> Option<&Arc<Exchange>> {
        self.session.log.exchange_of(self.message)
    }

    fn replies_readable(&self) -> &RepliesReadable {
        let item = self.session.conversations.get(self.sending.conversation);
        item.map_or(&RepliesReadable::NotYetKnown, |item| &item.readable)
    }

    fn token(&mut self, before: &TokenStatus) {
        let status = &self.session.sign_in.status;
        let changed = std::mem::discriminant(before) != std::mem::discriminant(status);
        if changed || matches!(status, TokenStatus::Expired(..)) {
            self.say(token_line(self.now, status, None));
        }
        self.give_up();
    }

    /// The guest's socket needs no token.
    fn wants_token(&self) -> bool {
        !self.session.has_sessions(self.sending.conversation)
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
    fn session_moved(&mut self) {
        let item = self.session.conversations.get(self.sending.conversation);
        match item.map(|item| &item.live.session) {
            Some(WebSession::Unreachable(why)) => self.unreachable = Some(why.to_string()),
            Some(WebSession::Reconnecting(at, why)) => self.say(waiting_line(self.now, *at, why)),
            _ => {}
        }
        self.give_up();
    }

    /// Without a token or a connection and without a prospect of one, a message that is not on the wire is taken back.
    fn give_up(&mut self) {
        if let (Stage::Choosing, Some(trouble)) = (self.stage, self.trouble().cloned()) {
            return self.unchosen(Exit::from(&trouble), &format!("not signed in: {}", trouble.why));
        }
        let waiting = matches!(self.delivery, DeliveryStatus::Queued | DeliveryStatus::Waiting { .. });
        if self.stage == Stage::UnderWay && waiting && (self.trouble().is_some() || self.unreachable.is_some()) {
            self.ask(Command::Cancel(self.message));
            self.outcome();
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        if exchange.message != Some(self.message) {
            let read = exchange.kind == ExchangeKind::Read && exchange.outcome.is_finished();
            return match self.stage {
                Stage::Choosing => self.look_failed(exchange),
                Stage::Probing if read => self.outcome(),
                _ => {}
            };
        }
        for step in exchange.steps.iter().skip(self.told) {
            match step {
                ExchangeStep::Try(attempt) if attempt.ending.is_none() => break,
                ExchangeStep::Try(attempt) => self.say(attempt_line(self.now, attempt)),
                ExchangeStep::Wait { until, why, .. } => self.say(waiting_line(self.now, *until, why)),
                ExchangeStep::Renewal { .. } => {}
            }
            self.told += 1;
        }
        if self.stage == Stage::Lagging {
            self.message_finished();
        }
    }

    fn message_moved(&mut self, delivery: DeliveryStatus) {
        let remote_id = self.session.threads.message(self.message).and_then(|message| message.remote_id.as_deref());
        self.replies.ours_moved(remote_id, delivery.is_finished());
        if self.delivery.word() != delivery.word() || matches!(delivery, DeliveryStatus::Sending { .. }) {
            let fields = json!({ "state": delivery.word(), "id": remote_id });
            self.say(OutputLine::new("message", self.now.wall, fields));
        }
        self.replied |= delivery == DeliveryStatus::Answered;
        self.delivery = delivery;
        let open = matches!(self.stage, Stage::UnderWay | Stage::TakingBack | Stage::LookingUp);
        if open && self.delivery.is_finished() {
            self.stay(Stage::Lagging, LAG);
            self.message_finished();
        } else {
            self.give_up();
        }
    }

    /// The message is finished: is its exchange, too?
    fn message_finished(&mut self) {
        // A message that was refused before it was sent has no exchange, and none is waited for.
        let needs_exchange =
            matches!(self.delivery, DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Unknown(_));
        if self.carrier().map_or(!needs_exchange, |carrier| carrier.outcome.is_finished()) {
            self.after_message();
        }
    }

    fn after_message(&mut self) {
        match (self.sending.reply_within, &self.delivery) {
            (Some(time), DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received)
                if !self.interrupted =>
            {
                self.stay(Stage::Listening, time);
                self.say(OutputLine::new("accepted", self.now.wall, json!({})).says(self.accepted_text()));
                if self.replied {
                    self.outcome();
                }
            }
            (_, DeliveryStatus::Unknown(_)) if !self.interrupted && !self.is_final() => {
                self.stay(Stage::LookingUp, LOOKING_UP);
                self.say(reading_line(self.now, "the answer was lost; looking for the message in the conversation"));
            }
            (_, DeliveryStatus::Refused(_)) if self.wants_a_probe() => {
                self.stay(Stage::Probing, PROBING);
                self.say(reading_line(self.now, "refused; reading the conversation to find out why"));
                self.ask(Command::Read(self.sending.conversation));
            }
            _ => self.outcome(),
        }
    }

    /// Whether a read, which changes nothing, would say why.
    fn wants_a_probe(&self) -> bool {
        let asks = |d: Diagnosis| d.is_undecided() && d.deciding.iter().any(|s| s.probe == Probe::Conversation);
        !self.interrupted && self.stage != Stage::Probing && self.diagnosis().is_some_and(asks)
    }

    fn interrupt(&mut self) {
        let again = std::mem::replace(&mut self.interrupted, true);
        if again || self.stage != Stage::UnderWay {
            return self.outcome();
        }
        self.stay(Stage::TakingBack, TAKING_BACK);
        self.say(OutputLine::new("interrupt", self.now.wall, json!({})).warns("taking the message back"));
        self.ask(Command::Cancel(self.message));
    }

    fn due_now(&mut self) {
        match self.stage {
            Stage::Choosing => self.nothing_offered(&format!(" within {} s", LOOKING.as_secs())),
            Stage::Lagging => self.after_message(),
            Stage::Listening if self.wants_token() && !self.is_final() => {
                self.stay(Stage::LastRead(self.now), LAST_READ);
                self.ask(Command::Read(self.sending.conversation));
            }
            Stage::LastRead(..) => {
                if self.replies_readable().unreadable().is_none() {
                    let readable = RepliesReadable::No(Unreadable::NotReadInTime);
                    self.session.conversations.set_readable(self.sending.conversation, readable);
                }
                self.outcome();
            }
            Stage::TakingBack | Stage::Listening | Stage::Probing | Stage::LookingUp => self.outcome(),
            Stage::UnderWay | Stage::Over => {}
        }
    }

    fn report(&mut self, report: Report) {
        let here = self.sending.conversation;
        // Which messages answer ours is read from the report itself.
        let told = report.clone();
        for change in self.session.apply(report, self.now).0 {
            let Change::Notice(notice) = change else { continue };
            match notice {
                Notice::Token { before, .. } => self.token(&before),
                Notice::Exchange(exchange) => self.exchange(&exchange),
                Notice::Message { id, delivery, .. } if id == self.message => self.message_moved(delivery),
                Notice::WebSession(key, _) if key == here => self.session_moved(),
                Notice::Said(text) => self.say(OutputLine::message("notice", self.now.wall, text)),
                _ => {}
            }
        }
        match told {
            Report::Conversation { key, messages, .. } if key == here => self.brought(&messages, true),
            Report::MessagesArrived(key, messages) if key == here => self.brought(&messages, false),
            Report::RepliesReadable(key, _, as_of) if key == here => self.readable(as_of),
            _ => {}
        }
    }
}

impl FrontEnd for SendFrontEnd {
    fn on(&mut self, now: Moment, input: FrontEndEvent) -> Vec<FrontEndEffect> {
        self.now = now;
        match input {
            _ if self.stage == Stage::Over => {}
            FrontEndEvent::Begin => self.choose(),
            FrontEndEvent::Report(report) => self.report(*report),
            FrontEndEvent::Signal(_) => self.interrupt(),
            FrontEndEvent::Due => self.due_now(),
            FrontEndEvent::Ended => self.outcome(),
            _ => {}
        }
        std::mem::take(&mut self.effects)
    }

    fn due(&self) -> Option<Moment> {
        self.until
    }
}

#[cfg(test)]
#[path = "../../../../tests/unit/cli/send/front_end/mod.rs"]
mod tests;
