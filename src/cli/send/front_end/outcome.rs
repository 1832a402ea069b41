//! The two ends of a send. Its beginning: which choice `--choice N` is, by the newest message that is kept and offers
//! any; where none is kept, the conversation is read first. Its outcome: the last lines and the exit code.

use serde_json::json;

use super::{LOOKING, SendFrontEnd, Sending, Stage};
use crate::app::drive::FrontEndEffect;
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::cli::send::lines::{diagnosis_line, numbered, reading_line, reply_line};
use crate::engine::Command;
use crate::model::{
    AsOf, Author, Cause, DeliveryStatus, Exchange, ExchangeKind, Outcome, OutgoingMessage, RemoteMessage, Unreadable,
};
use crate::session::Changes;

impl SendFrontEnd {
    pub(super) fn offer_in(&self, messages: &[RemoteMessage]) -> Option<RemoteMessage> {
        self.sending.pick?;
        let offers = |m: &&RemoteMessage| m.author != Author::Guest && !m.choices.is_empty();
        let meant = |m: &&RemoteMessage| self.sending.extras.offer_id.as_ref().is_none_or(|id| *id == m.id);
        messages.iter().rev().find(|m| offers(m) && meant(m)).cloned()
    }

    pub(super) fn choose(&mut self) {
        let Some(number) = self.sending.pick else { return self.send() };
        let Some(RemoteMessage { id, choices, .. }) = self.offer.take() else { return self.look() };
        let Some(choice) = number.checked_sub(1).and_then(|at| choices.get(at)).cloned() else {
            let why = format!("there is no choice {number}; these are offered: {}", numbered(&choices));
            return self.unchosen(Exit::Usage, &why);
        };
        let fields = json!({ "number": number, "label": choice.label, "payload": choice.payload, "answers": id });
        let says = format!("choice {number}: {}", choice.label);
        self.say(OutputLine::new("choice", self.now.wall, fields).says(says));
        if self.sending.text.is_empty() {
            choice.words_or_payload().clone_into(&mut self.sending.text);
        }
        (self.sending.extras.choice, self.sending.extras.offer_id) = (Some(choice), Some(id));
        self.send();
    }

    fn send(&mut self) {
        self.begun = self.now;
        let Sending { conversation, text, extras, reply_within, sent_as, .. } = self.sending.clone();
        if reply_within.is_some() {
            self.ask(Command::Watch(Some(conversation)));
        }
        let outgoing = OutgoingMessage { extras, ..OutgoingMessage::text(conversation, text) }.varied(sent_as);
        self.replies.said(&outgoing.text, self.now.wall);
        let mut changes = Changes::default();
        self.message = self.session.submit(outgoing, self.now, &mut changes);
        self.effects.extend(changes.0.into_iter().filter_map(|change| FrontEndEffect::of(change, drop)));
    }

    fn look(&mut self) {
        self.stay(Stage::Choosing, LOOKING);
        let why = "the choices of this conversation are not known; reading the conversation";
        self.say(reading_line(self.now, why));
        let key = self.sending.conversation;
        // A socket brings what was said when it is opened.
        self.ask(if self.wants_token() { Command::Read(key) } else { Command::Watch(Some(key)) });
    }

    /// Messages came while it was looked for choices. `all`: there are no others.
    fn offered(&mut self, messages: &[RemoteMessage], all: bool) {
        self.offer = self.offer_in(messages);
        if self.offer.is_some() {
            (self.stage, self.until) = (Stage::UnderWay, None);
            self.choose();
        } else if all {
            self.nothing_offered("");
        }
    }

    /// Where nothing can be read, nobody knows what is offered.
    pub(super) fn look_failed(&mut self, exchange: &Exchange) {
        let exit = match (&exchange.outcome, exchange.kind) {
            (_, ExchangeKind::Token) => return self.give_up(),
            (Outcome::Failed(_), _) => Exit::Network,
            _ => Exit::Refused,
        };
        let ended = matches!(exchange.kind, ExchangeKind::Read | ExchangeKind::Frame) && exchange.outcome.is_error();
        if let Some(why) = exchange.outcome.reason().filter(|_| ended) {
            self.unchosen(exit, &format!("the conversation cannot be read, so its choices are not known: {why}"));
        }
    }

    pub(super) fn nothing_offered(&mut self, within: &str) {
        let which = self.sending.extras.offer_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let why = format!("no message{which} that offers choices was found in this conversation{within}");
        self.unchosen(Exit::Refused, &why);
    }

    pub(super) fn unchosen(&mut self, exit: Exit, why: &str) {
        self.end("refused", format!("not sent: {why}"), exit);
    }

    /// Messages were read, or came by themselves: those that were said after ours are replies. Before ours is on the
    /// wire nothing can be.
    pub(super) fn brought(&mut self, messages: &[RemoteMessage], read: bool) {
        if self.stage == Stage::Choosing {
            return self.offered(messages, read);
        }
        if !matches!(self.delivery, DeliveryStatus::Sending { .. }) && !self.delivery.is_finished() {
            return;
        }
        let answers = if read { self.replies.add_read(messages) } else { self.replies.add_pushed(messages) };
        let fresh = self.replies.fresh();
        let new = fresh.iter().skip(fresh.len().saturating_sub(answers));
        self.effects.extend(new.map(|reply| FrontEndEffect::Say(reply_line(self.now, reply))));
        self.replied |= answers > 0;
        if answers > 0 && matches!(self.stage, Stage::Listening | Stage::LastRead(_)) {
            self.outcome();
        }
    }

    pub(super) fn readable(&mut self, as_of: AsOf) {
        match (self.stage, as_of) {
            (Stage::LastRead(from), AsOf::ReadAt(began)) if began.mono >= from.mono => self.outcome(),
            (Stage::LookingUp, _) if self.is_final() => self.outcome(),
            _ => {}
        }
    }

    /// Whether reading again would not help.
    pub(super) fn is_final(&self) -> bool {
        let why = self.replies_readable().unreadable();
        why.is_some_and(|w| matches!(w, Unreadable::Refused(..) | Unreadable::NoToken | Unreadable::NoConversationId))
    }

    pub(super) fn accepted_text(&self) -> String {
        let status = self.carrier().and_then(|e| e.status()).map(|s| format!(" with {s}")).unwrap_or_default();
        let took = self.carrier().and_then(|e| e.took).unwrap_or_else(|| self.now.since(self.begun));
        let id = self.request_id().map(|id| format!(", request id {id}")).unwrap_or_default();
        format!("accepted{status} in {} ms{id}", took.as_millis())
    }

    fn request_id(&self) -> Option<String> {
        Some(self.carrier()?.request_id()?.1)
    }

    pub(super) fn outcome(&mut self) {
        if self.stage != Stage::Over {
            let (word, message, exit) = self.verdict();
            self.end(word, message, exit);
        }
    }

    fn verdict(&self) -> (&'static str, String, Exit) {
        let accepted = |message: &str, exit| ("accepted", message.to_owned(), exit);
        let refused = |message: &str, exit| ("refused", message.to_owned(), exit);
        let unknown = |why: &str| ("unknown", format!("it is not known whether it was received: {why}"), Exit::Unknown);
        let failed = matches!(self.carrier().map(|e| &e.outcome), Some(Outcome::Failed(_)));
        let tried = self.carrier().is_some_and(|e| e.attempts().next().is_some());
        let trouble = self.trouble();
        match (&self.delivery, self.sending.reply_within) {
            (DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received, Some(time)) => {
                if self.replied {
                    accepted("accepted, and a reply was received", Exit::Done)
                } else if self.interrupted {
                    accepted("accepted; waiting for a reply was interrupted", Exit::Refused)
                } else {
                    let silence = || format!("no reply was received within {} s", time.as_secs_f64());
                    let what = self.replies_readable().unreadable().map_or_else(silence, Unreadable::sentence);
                    accepted(&format!("accepted, but {what}"), Exit::Refused)
                }
            }
            (DeliveryStatus::Received, None) => {
                let how = "its answer left that open, but the message was found in the conversation";
                accepted(&format!("accepted: {how}"), Exit::Done)
            }
            (DeliveryStatus::Accepted | DeliveryStatus::Answered, None) => accepted(&self.accepted_text(), Exit::Done),
            (DeliveryStatus::Refused(why), _) => match trouble.filter(|_| !tried) {
                Some(trouble) => refused(&format!("not sent, not signed in: {why}"), trouble.into()),
                // What never left this machine was refused by nobody.
                None if !tried => refused(&format!("not sent: {why}"), why.into()),
                None if failed => refused(&format!("not sent: {why}"), Exit::Network),
                None => refused(&format!("refused: {why}"), Exit::Refused),
            },
            (DeliveryStatus::Unknown(why), _) => unknown(&why.to_string()),
            (DeliveryStatus::NotReceived, _) => refused("it was not received", Exit::Refused),
            (DeliveryStatus::Sending { .. }, _) => {
                unknown("guestwire was interrupted while the message was on the wire")
            }
            (DeliveryStatus::Queued | DeliveryStatus::Waiting { .. } | DeliveryStatus::Cancelled, _) => {
                match (trouble, &self.unreachable) {
                    _ if self.interrupted => refused("not sent: the message was taken back in time", Exit::Refused),
                    (Some(trouble), _) => refused(&format!("not sent, not signed in: {}", trouble.why), trouble.into()),
                    (None, Some(why)) => {
                        refused(&format!("not sent, the conversation cannot be reached: {why}"), Exit::Network)
                    }
                    (None, None) => refused("not sent: the message was taken back", Exit::Refused),
                }
            }
        }
    }

    fn end(&mut self, word: &'static str, message: String, exit: Exit) {
        let listened = matches!(self.stage, Stage::Listening | Stage::LastRead(_));
        (self.stage, self.until) = (Stage::Over, None);
        let diagnosis = self.diagnosis();
        let exchange = self.carrier();
        // A cause that is only possible is no cause: the diagnosis before says which ones fit. What was accepted in the
        // end has none, whatever became of its answer.
        let told = diagnosis.as_ref().filter(|_| word != "accepted");
        let cause = told.map(|found| if found.is_undecided() { Cause::Unknown } else { found.cause() });
        let mut fields = json!({
            "outcome": word,
            "status": exchange.and_then(|e| e.status()),
            "request_id": self.request_id(),
            "cause": cause.map(Cause::name),
            "attempts": exchange.map_or(0, |e| e.attempts().count()),
            "message": message,
            "replies_readable": self.replies_readable().known(),
        });
        if let Some(why) = self.replies_readable().unreadable() {
            fields["replies_cause"] = json!(Cause::RepliesUnreadable.name());
            fields["replies_detail"] = json!(why.words());
        }
        let line = OutputLine::new("outcome", self.now.wall, fields);
        let id = self.request_id().map(|id| format!(" (request id {id})")).unwrap_or_default();
        let line = match exit {
            // The acceptance and the reply have been said already.
            Exit::Done if listened => line,
            Exit::Done => line.says(message),
            _ => line.warns(format!("{message}{id}")),
        };
        if let Some(diagnosis) = diagnosis {
            self.say(diagnosis_line(self.now, &diagnosis));
        }
        self.say(line);
        self.effects.push(FrontEndEffect::Finish(exit));
    }
}
