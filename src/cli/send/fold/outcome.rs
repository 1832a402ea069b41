//! What became of the message: what answers it, the last lines, and the exit code.

use serde_json::json;

use super::{SendFold, Stage};
use crate::app::drive::FrontEndEffect;
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::cli::send::lines::{diagnosis_line, reply_line};
use crate::model::{AsOf, Cause, DeliveryStatus, Moment, Outcome, RemoteMessage, Unreadable};

impl SendFold {
    /// Messages were read, or came by themselves: those that were said after ours are replies. Before ours is on the wire
    /// nothing can be.
    pub(super) fn brought(&mut self, now: Moment, messages: &[RemoteMessage], read: bool) -> Vec<FrontEndEffect> {
        if !matches!(self.delivery, DeliveryStatus::Sending { .. }) && !self.delivery.is_settled() {
            return Vec::new();
        }
        let answers = if read { self.replies.read(messages) } else { self.replies.heard(messages) };
        let new = self.replies.fresh.iter().skip(self.replies.fresh.len().saturating_sub(answers));
        let mut acts: Vec<FrontEndEffect> = new.map(|reply| FrontEndEffect::Say(reply_line(now, reply))).collect();
        self.replied |= !acts.is_empty();
        if matches!(self.stage, Stage::Listening | Stage::LastRead(_)) && !acts.is_empty() {
            acts.extend(self.outcome(now));
        }
        acts
    }

    /// A read ended, or the socket opened or was lost.
    pub(super) fn readable(&mut self, now: Moment, as_of: AsOf) -> Vec<FrontEndEffect> {
        let over = match (self.stage, as_of) {
            (Stage::LastRead(from), AsOf::ReadAt(began)) => began.mono >= from.mono,
            (Stage::LookingUp, _) => self.is_final(),
            _ => false,
        };
        if over { self.outcome(now) } else { Vec::new() }
    }

    /// Whether reading again would not help.
    pub(super) fn is_final(&self) -> bool {
        let why = self.replies_readable().unreadable();
        why.is_some_and(|w| {
            matches!(w, Unreadable::Refused { .. } | Unreadable::NoToken | Unreadable::NoConversationId)
        })
    }

    pub(super) fn accepted_text(&self, now: Moment) -> String {
        let status = self.carrier().and_then(|e| e.status()).map(|s| format!(" with {s}")).unwrap_or_default();
        let took = self.carrier().and_then(|e| e.took).unwrap_or_else(|| now.since(self.begun));
        let id = self.request_id().map(|id| format!(", request id {id}")).unwrap_or_default();
        format!("accepted{status} in {} ms{id}", took.as_millis())
    }

    fn request_id(&self) -> Option<String> {
        Some(self.carrier()?.request_id()?.1)
    }

    /// Says what became of it, and ends.
    pub(super) fn outcome(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        if self.stage == Stage::Over {
            return Vec::new();
        }
        let (word, message, exit) = self.verdict(now);
        self.end(now, word, message, exit)
    }

    /// What became of it: the word, the sentence and the exit code.
    fn verdict(&self, now: Moment) -> (&'static str, String, Exit) {
        let accepted = |message: String, exit| ("accepted", message, exit);
        let refused = |message: String, exit| ("refused", message, exit);
        let unknown = |why: &str| ("unknown", format!("it is not known whether it was received: {why}"), Exit::Unknown);
        let failed = matches!(self.carrier().map(|e| &e.outcome), Some(Outcome::Failed(_)));
        let tried = self.carrier().is_some_and(|e| e.attempts().next().is_some());
        let trouble = self.trouble();
        match (&self.delivery, self.sending.reply_within) {
            (DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed, Some(time)) => {
                if self.replied {
                    accepted("accepted, and a reply was received".to_owned(), Exit::Done)
                } else if self.interrupted {
                    accepted("accepted; waiting for a reply was interrupted".to_owned(), Exit::Refused)
                } else {
                    let silence = || format!("no reply was received within {} s", time.as_secs_f64());
                    let what = self.replies_readable().unreadable().map_or_else(silence, Unreadable::sentence);
                    accepted(format!("accepted, but {what}"), Exit::Refused)
                }
            }
            (DeliveryStatus::Landed, None) => {
                let how = "its answer left that open, but the message was found in the conversation";
                accepted(format!("accepted: {how}"), Exit::Done)
            }
            (DeliveryStatus::Accepted | DeliveryStatus::Answered, None) => {
                accepted(self.accepted_text(now), Exit::Done)
            }
            (DeliveryStatus::Refused(why), _) => match trouble.filter(|_| !tried) {
                Some(trouble) => refused(format!("not sent, not signed in: {why}"), trouble.into()),
                // What never left this machine was refused by nobody.
                None if !tried => refused(format!("not sent: {why}"), why.into()),
                None if failed => refused(format!("not sent: {why}"), Exit::Network),
                None => refused(format!("refused: {why}"), Exit::Refused),
            },
            (DeliveryStatus::Unknown(why), _) => unknown(&why.to_string()),
            (DeliveryStatus::Lost, _) => refused("it was not received".to_owned(), Exit::Refused),
            (DeliveryStatus::Sending { .. }, _) => {
                unknown("guestwire was interrupted while the message was on the wire")
            }
            (DeliveryStatus::Queued | DeliveryStatus::Waiting { .. } | DeliveryStatus::Cancelled, _) => {
                match (trouble, &self.unreachable) {
                    _ if self.interrupted => {
                        refused("not sent: the message was taken back in time".to_owned(), Exit::Refused)
                    }
                    (Some(trouble), _) => refused(format!("not sent, not signed in: {}", trouble.why), trouble.into()),
                    (None, Some(why)) => {
                        refused(format!("not sent, the conversation cannot be reached: {why}"), Exit::Network)
                    }
                    (None, None) => refused("not sent: the message was taken back".to_owned(), Exit::Refused),
                }
            }
        }
    }

    /// The last lines.
    pub(super) fn end(&mut self, now: Moment, word: &'static str, message: String, exit: Exit) -> Vec<FrontEndEffect> {
        let listened = matches!(self.stage, Stage::Listening | Stage::LastRead(_));
        (self.stage, self.until) = (Stage::Over, None);
        let diagnosis = self.diagnosis();
        let exchange = self.carrier();
        // A cause that is only possible is no cause: the diagnosis before says which ones fit. What was accepted in the end
        // has none, whatever became of its answer.
        let told = diagnosis.as_ref().filter(|_| word != "accepted");
        let cause = told.map(|found| if found.is_undecided() { Cause::Unknown } else { found.cause() });
        let mut fields = json!({
            "outcome": word,
            "status": exchange.and_then(|e| e.status()),
            "request_id": self.request_id(),
            "cause": cause.map(Cause::as_str),
            "attempts": exchange.map_or(0, |e| e.attempts().count()),
            "message": message,
            "replies_readable": self.replies_readable().known(),
        });
        if let Some(why) = self.replies_readable().unreadable() {
            fields["replies_cause"] = json!(Cause::RepliesUnreadable.as_str());
            fields["replies_detail"] = json!(why.words());
        }
        let line = OutputLine::new("outcome", now.wall, fields);
        let line = match exit {
            // The acceptance and the reply have been said already.
            Exit::Done if listened => line,
            Exit::Done => line.says(message),
            _ => {
                let id = self.request_id().map(|id| format!(" (request id {id})")).unwrap_or_default();
                line.warns(format!("{message}{id}"))
            }
        };
        let why = diagnosis.map(|diagnosis| diagnosis_line(now, &diagnosis));
        why.into_iter().chain([line]).map(FrontEndEffect::Say).chain([FrontEndEffect::Finish(exit)]).collect()
    }
}
