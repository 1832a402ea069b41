//! What the other side says, and which of it answers ours.

use crate::model::{AsOf, DeliveryStatus, Moment, RemoteMessage, Unreadable};

use super::{SendFold, Stage};
use crate::app::drive::CommandEffect;
use crate::cli::send::lines::reply_line;

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
}
