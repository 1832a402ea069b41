//! What the other side says, and which of it answers ours.

use crate::model::{AsOf, Author, Life, Moment, RemoteMessage, RepliesReadable, Unreadable};

use super::super::drive::Act;
use super::super::send_lines::reply_line;
use super::{SendFold, Stage};

impl SendFold {
    /// The conversation was read: what stands below ours is a reply.
    pub(super) fn conversation(&mut self, now: Moment, messages: &[RemoteMessage]) -> Vec<Act> {
        let sent = matches!(self.life, Life::Sending { .. }) || self.life.is_settled();
        if !sent {
            // What was said before ours is no reply to it.
            self.seen.extend(messages.iter().map(|m| m.id.clone()));
            return Vec::new();
        }
        let by_id = self.remote_id.as_ref().and_then(|id| messages.iter().rposition(|m| m.id == *id));
        let ours = by_id.or_else(|| {
            messages
                .iter()
                .rposition(|m| m.author == Author::Guest && m.text == self.sending.text && !self.seen.contains(&m.id))
        });
        let Some(ours) = ours else { return Vec::new() };
        let mut acts = Vec::new();
        for reply in messages.iter().skip(ours + 1) {
            acts.extend(self.reply(now, reply));
        }
        self.after_replies(now, acts)
    }

    /// Messages came by themselves, ours among them: what the other side says after ours is a reply. A page of earlier
    /// messages may be read while ours is on its way: until ours is accepted, only what was said since then may answer it.
    pub(super) fn heard(&mut self, now: Moment, messages: &[RemoteMessage]) -> Vec<Act> {
        let settled = self.life.is_settled();
        let sent = matches!(self.life, Life::Sending { .. }) || settled;
        let mut acts = Vec::new();
        for message in messages {
            let ours = self.remote_id.as_ref() == Some(&message.id)
                || (message.author == Author::Guest && message.text == self.sending.text);
            if !sent {
                self.seen.insert(message.id.clone());
            } else if ours {
                self.said = Some(message.at);
            } else if self.said.map_or(settled || message.at >= self.begun.wall, |said| message.at >= said) {
                acts.extend(self.reply(now, message));
            }
        }
        self.after_replies(now, acts)
    }

    /// A read ended, or the socket opened or was lost.
    pub(super) fn readable(&mut self, now: Moment, readable: RepliesReadable, as_of: AsOf) -> Vec<Act> {
        self.readable = readable;
        let over = match (self.stage, as_of) {
            (Stage::LastRead(from, _), AsOf::ReadAt(began)) => began.mono >= from.mono,
            (Stage::LookingUp(_), _) => self.is_final(),
            _ => false,
        };
        if over { self.outcome(now) } else { Vec::new() }
    }

    /// Whether reading again would not help.
    pub(super) fn is_final(&self) -> bool {
        let why = self.readable.unreadable();
        why.is_some_and(|w| {
            matches!(w, Unreadable::Refused { .. } | Unreadable::NoToken | Unreadable::NoConversationId)
        })
    }

    fn reply(&mut self, now: Moment, message: &RemoteMessage) -> Option<Act> {
        let reply = matches!(message.author, Author::Bot | Author::Agent) && self.seen.insert(message.id.clone());
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
