//! What became of the message: what answers it, the last lines, and the exit code.

use serde_json::{Value, json};

use super::{SendFold, Stage};
use crate::app::drive::FrontEndEffect;
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::model::exchange::header;
use crate::model::{
    AsOf, Attempt, Cause, DeliveryStatus, Diagnosis, Ending, Moment, Outcome, Reason, RemoteMessage, Unreadable,
};

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
        if matches!(self.stage, Stage::Listening(_) | Stage::LastRead(..)) && !acts.is_empty() {
            acts.extend(self.outcome(now));
        }
        acts
    }

    /// A read ended, or the socket opened or was lost.
    pub(super) fn readable(&mut self, now: Moment, as_of: AsOf) -> Vec<FrontEndEffect> {
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

    pub(super) fn outcome(&mut self, now: Moment) -> Vec<FrontEndEffect> {
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
            acts.push(FrontEndEffect::Say(diagnosis_line(now, diagnosis)));
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
        acts.extend([FrontEndEffect::Say(line), FrontEndEffect::Finish(exit)]);
        acts
    }
}

/// A reply, with what it offers to answer with.
pub fn reply_line(now: Moment, reply: &RemoteMessage) -> OutputLine {
    let (author, said) = (reply.author.word(), reply.at.to_string());
    let mut fields = json!({ "author": author, "text": reply.text, "id": reply.id, "said_at": said });
    let mut text = format!("{author}: {}", reply.text);
    if !reply.choices.is_empty() {
        let choices: Vec<Value> =
            reply.choices.iter().map(|c| json!({ "label": c.label, "payload": c.payload })).collect();
        fields["choices"] = choices.into();
        let labels: Vec<String> = (1..).zip(&reply.choices).map(|(n, c)| format!("{n} {}", c.label)).collect();
        text.push_str(&format!(" [{}]", labels.join(" | ")));
    }
    OutputLine::new("reply", now.wall, fields).says(text)
}

/// What is waited for, and how long.
pub fn waiting_line(now: Moment, until: Moment, why: &Reason) -> OutputLine {
    let fields = json!({ "until": until.wall.to_string(), "why": why.to_string() });
    let seconds = until.left(now).as_secs_f64().ceil();
    OutputLine::new("waiting", now.wall, fields).warns(format!("waiting {seconds} s: {why}"))
}

/// Why, for people and programs.
pub fn diagnosis_line(now: Moment, diagnosis: &Diagnosis) -> OutputLine {
    let open: Vec<Value> =
        diagnosis.suspects.iter().skip(1).map(|s| json!({ "cause": s.cause.as_str(), "because": s.because })).collect();
    let excluded: Vec<&str> = diagnosis.excluded.iter().map(|e| e.cause.as_str()).collect();
    let settles: Vec<&str> = diagnosis.settles.iter().map(|s| s.probe.name()).collect();
    let cause = diagnosis.cause();
    let fields = json!({
        "cause": cause.as_str(),
        "confidence": diagnosis.confidence().word(),
        "because": diagnosis.sentence(),
        "open": open,
        "excluded": excluded,
        "settled_by": settles,
    });
    let words = diagnosis.confidence().word();
    let text = if diagnosis.suspects.is_empty() {
        format!("no known cause fits: {}", diagnosis.said)
    } else if diagnosis.is_undecided() {
        let names: Vec<&str> = diagnosis.suspects.iter().map(|s| s.cause.as_str()).collect();
        let how = "run `guestwire doctor` for the same conversation to find out";
        format!("cause: {}; possible: {}; {how}", diagnosis.sentence(), names.join(", "))
    } else {
        format!("cause: {cause} ({words}): {}; run `guestwire explain {cause}` for more", diagnosis.sentence())
    };
    OutputLine::new("diagnosis", now.wall, fields).warns(text)
}

/// A try, for programs.
pub fn attempt_line(now: Moment, attempt: &Attempt) -> OutputLine {
    let (error, phase) = match &attempt.ending {
        Some(Ending::Failed(failure)) => (Some(failure.detail.as_str()), Some(failure.phase.word())),
        _ => (None, None),
    };
    let id = attempt.response().and_then(|response| {
        ["inin-correlation-id", "genesys-correlation-id", "x-request-id"]
            .iter()
            .find_map(|name| header(&response.headers, name))
    });
    let fields = json!({
        "number": attempt.number,
        "status": attempt.status(),
        "error": error,
        "phase": phase,
        "generation": attempt.generation.map(|g| g.0),
        "request_id": id,
        "duration_ms": attempt.timing.total.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
    });
    OutputLine::new("attempt", now.wall, fields)
}
