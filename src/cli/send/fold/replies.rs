//! What the other side says, and which of it answers ours.

use crate::model::{AsOf, Author, DeliveryStatus, Moment, RemoteMessage, Unreadable};

use super::{SendFold, Stage};
use crate::app::drive::Act;
use crate::cli::send::lines::reply_line;

impl SendFold {
    /// A read brought new messages: what stands below ours is a reply, and what was said before ours is none.
    pub(super) fn conversation(&mut self, now: Moment, messages: &[RemoteMessage]) -> Vec<Act> {
        if !matches!(self.life, DeliveryStatus::Sending { .. }) && !self.life.is_settled() {
            return Vec::new();
        }
        let by_id = |m: &RemoteMessage| self.remote_id() == Some(m.id.as_str());
        let by_text = |m: &RemoteMessage| m.author == Author::Guest && m.text == self.sending.text;
        let found = || messages.iter().rposition(by_id).or_else(|| messages.iter().rposition(by_text));
        let from = match (self.said, found()) {
            // It was found before: all that comes is a reply.
            (Some(_), _) => 0,
            (None, Some(ours)) => {
                self.said = messages.get(ours).map(|m| m.at);
                ours + 1
            }
            (None, None) => return Vec::new(),
        };
        let acts = messages.iter().skip(from).filter_map(|reply| self.reply(now, reply)).collect();
        self.after_replies(now, acts)
    }

    /// Messages came by themselves, ours among them: what the other side says after ours is a reply. A page of earlier
    /// messages may be read while ours is on its way: until ours is accepted, only what was said since then may answer it.
    pub(super) fn heard(&mut self, now: Moment, messages: &[RemoteMessage]) -> Vec<Act> {
        let settled = self.life.is_settled();
        let sent = matches!(self.life, DeliveryStatus::Sending { .. }) || settled;
        let mut acts = Vec::new();
        for message in messages {
            let ours = self.remote_id() == Some(message.id.as_str())
                || (message.author == Author::Guest && message.text == self.sending.text);
            if !sent {
                continue;
            }
            if ours {
                self.said = Some(message.at);
            } else if self.said.map_or(settled || message.at >= self.begun.wall, |said| message.at >= said) {
                acts.extend(self.reply(now, message));
            }
        }
        self.after_replies(now, acts)
    }

    /// A read ended, or the socket opened or was lost.
    pub(super) fn readable(&mut self, now: Moment, as_of: AsOf) -> Vec<Act> {
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

    fn reply(&mut self, now: Moment, message: &RemoteMessage) -> Option<Act> {
        let reply = matches!(message.author, Author::Bot | Author::Agent);
        self.replied |= reply;
        reply.then(|| Act::Say(reply_line(now, message)))
    }

    fn after_replies(&mut self, now: Moment, mut acts: Vec<Act>) -> Vec<Act> {
        if matches!(self.stage, Stage::Listening(_) | Stage::LastRead(..)) && !acts.is_empty() {
            acts.extend(self.outcome(now));
        }
        acts
    }
}
