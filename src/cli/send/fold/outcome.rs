//! What became of the message: what answers it, the last lines, and the exit code.

use serde_json::json;

use crate::model::{AsOf, Cause, DeliveryStatus, Moment, Outcome, RemoteMessage, Unreadable};

use super::{SendFold, Stage};
use crate::app::drive::CommandEffect;
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::cli::send::lines::{diagnosis_line, reply_line};

impl SendFold {
    /// Messages were read, or came by themselves: those that were said after ours are replies. Before ours is on the wire
    /// nothing can be.
    pub(super) fn brought(&mut self, now: Moment, messages: &[RemoteMessage], read: bool) -> Vec<CommandEffect> {
        if !matches!(self.delivery, DeliveryStatus::Sending { .. }) && !self.delivery.is_settled() {
            return Vec::new();
        }
        let answers = if read { self.replies.read(messages) } else { self.replies.heard(messages) };
        let new = self.replies.fresh.iter().skip(self.replies.fresh.len().saturating_sub(answers));
        let mut acts: Vec<CommandEffect> = new.map(|reply| CommandEffect::Say(reply_line(now, reply))).collect();
        self.replied |= !acts.is_empty();
        if matches!(self.stage, Stage::Listening(_) | Stage::LastRead(..)) && !acts.is_empty() {
            acts.extend(self.outcome(now));
        }
        acts
    }

    /// A read ended, or the socket opened or was lost.
    pub(super) fn readable(&mut self, now: Moment, as_of: AsOf) -> Vec<CommandEffect> {
        let over = match (self.stage, as_of) {
            (Stage::LastRead(from, _), AsOf::ReadAt(began)) => began.mono >= from.mono,
            (Stage::LookingUp(_), _) => self.is_final(),
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
        let status = self.carrier().and_then(|e| e.status()).map(|s| format!(" with {s}"));
        let took = self.carrier().and_then(|e| e.took).unwrap_or_else(|| now.since(self.begun));
        let id = self.request_id().map(|id| format!(", request id {id}"));
        let (status, id) = (status.unwrap_or_default(), id.unwrap_or_default());
        format!("accepted{status} in {} ms{id}", took.as_millis())
    }

    fn request_id(&self) -> Option<String> {
        Some(self.carrier()?.request_id()?.1)
    }

    /// What became of it: the word, the sentence and the exit code.
    pub(super) fn verdict(&self, now: Moment) -> (&'static str, String, Exit) {
        let failed = matches!(self.carrier().map(|e| &e.outcome), Some(Outcome::Failed(_)));
        let tried = self.carrier().is_some_and(|e| e.attempts().next().is_some());
        if let Some((exit, message)) = &self.unchosen {
            return ("refused", message.clone(), *exit);
        }
        match &self.delivery {
            DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed => {
                match self.sending.reply_within {
                    Some(_) if self.replied => {
                        ("accepted", "accepted, and a reply was received".to_owned(), Exit::Done)
                    }
                    Some(_) if self.interrupted => {
                        ("accepted", "accepted; waiting for a reply was interrupted".to_owned(), Exit::Refused)
                    }
                    Some(time) => {
                        let seconds = time.as_secs_f64();
                        let silence = || format!("no reply was received within {seconds} s");
                        let what = self.replies_readable().unreadable().map_or_else(silence, Unreadable::sentence);
                        ("accepted", format!("accepted, but {what}"), Exit::Refused)
                    }
                    None if self.delivery == DeliveryStatus::Landed => {
                        let how = "its answer left that open, but the message was found in the conversation";
                        ("accepted", format!("accepted: {how}"), Exit::Done)
                    }
                    None => ("accepted", self.accepted_text(now), Exit::Done),
                }
            }
            DeliveryStatus::Refused(why) if !tried && self.trouble().is_some() => {
                let exit = self.trouble().map_or(Exit::NotSignedIn, Exit::from);
                ("refused", format!("not sent, not signed in: {why}"), exit)
            }
            // What never left this machine was refused by nobody.
            DeliveryStatus::Refused(why) if failed || !tried => {
                let exit = if tried { Exit::Network } else { Exit::from(why) };
                ("refused", format!("not sent: {why}"), exit)
            }
            DeliveryStatus::Refused(why) => ("refused", format!("refused: {why}"), Exit::Refused),
            DeliveryStatus::Unknown(why) => {
                ("unknown", format!("it is not known whether it was received: {why}"), Exit::Unknown)
            }
            DeliveryStatus::Lost => ("refused", "it was not received".to_owned(), Exit::Refused),
            DeliveryStatus::Sending { .. } => {
                let why = "guestwire was interrupted while the message was on the wire";
                ("unknown", format!("it is not known whether it was received: {why}"), Exit::Unknown)
            }
            DeliveryStatus::Queued | DeliveryStatus::Waiting { .. } | DeliveryStatus::Cancelled => match self.trouble()
            {
                Some(trouble) if !self.interrupted => {
                    ("refused", format!("not sent, not signed in: {}", trouble.why), Exit::from(trouble))
                }
                None if !self.interrupted && self.unreachable.is_some() => {
                    let why = self.unreachable.as_deref().unwrap_or_default();
                    ("refused", format!("not sent, the conversation cannot be reached: {why}"), Exit::Network)
                }
                _ if self.interrupted => {
                    ("refused", "not sent: the message was taken back in time".to_owned(), Exit::Refused)
                }
                _ => ("refused", "not sent: the message was taken back".to_owned(), Exit::Refused),
            },
        }
    }

    pub(super) fn outcome(&mut self, now: Moment) -> Vec<CommandEffect> {
        if self.stage == Stage::Over {
            return Vec::new();
        }
        let listened = matches!(self.stage, Stage::Listening(_) | Stage::LastRead(..));
        self.stage = Stage::Over;
        let (word, message, exit) = self.verdict(now);
        let exchange = self.carrier().cloned();
        let diagnosis = self.diagnosis();
        let mut acts = Vec::new();
        if let Some(diagnosis) = &diagnosis {
            acts.push(CommandEffect::Say(diagnosis_line(now, diagnosis)));
        }
        let mut fields = json!({
            "outcome": word,
            "status": exchange.as_ref().and_then(|e| e.status()),
            "request_id": self.request_id(),
            // A cause that is only possible is no cause: the diagnosis before says which ones fit. What was accepted in
            // the end has none, whatever became of its answer.
            "cause": diagnosis.as_ref().filter(|_| word != "accepted").map(|d| if d.is_undecided() { Cause::Unknown } else { d.cause() }.as_str()),
            "attempts": exchange.as_ref().map_or(0, |e| e.attempts().count()),
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
        acts.extend([CommandEffect::Say(line), CommandEffect::Finish(exit)]);
        acts
    }
}
