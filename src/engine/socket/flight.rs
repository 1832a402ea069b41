//! What is on the wire and waits for its answer, and which frame of theirs that is. Pure.
//!
//! Frames of theirs carry the tracing id of the frame that they answer. Those that carry none are matched where only one
//! thing can be meant: an echo by its text, an answer by its class, an error where just one answer is awaited (or just
//! one message, if the code speaks of messages).

use crate::genesys::web_messaging::{GuestSocketMessage, Ours, Theirs};
use crate::model::Moment;

/// A frame of ours under way.
#[derive(Debug)]
pub struct Waiting<T> {
    pub tracing: String,
    pub ours: Ours,
    /// No longer than this.
    pub until: Moment,
    /// Whose it is.
    pub of: T,
}

impl<T> Waiting<T> {
    /// What somebody else says is no echo, even where it names the message that it replies to.
    fn is_answered_by(&self, frame: &Theirs) -> bool {
        let reply = matches!(&frame.said, GuestSocketMessage::Message(message) if message.author.is_named());
        !(reply && matches!(self.ours, Ours::Message(_)))
    }
}

#[derive(Debug)]
pub struct Flight<T>(pub Vec<Waiting<T>>);

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Flight<T> {
    /// What `frame` answers; it waits no more.
    pub fn answered(&mut self, frame: &Theirs) -> Option<Waiting<T>> {
        let at = match &frame.tracing {
            Some(tracing) => self.0.iter().position(|w| w.tracing == *tracing && w.is_answered_by(frame))?,
            None => self.untraced(frame)?,
        };
        Some(self.0.remove(at))
    }

    fn untraced(&self, frame: &Theirs) -> Option<usize> {
        let find = |wanted: &dyn Fn(&Ours) -> bool| self.0.iter().position(|w| wanted(&w.ours));
        match &frame.said {
            GuestSocketMessage::Session(session) => find(&|ours| *ours == Ours::Close && !session.connected)
                .or_else(|| find(&|ours| matches!(ours, Ours::Configure { .. }))),
            GuestSocketMessage::Jwt { .. } => find(&|ours| *ours == Ours::Jwt),
            GuestSocketMessage::Presigned { .. } => find(&|ours| matches!(ours, Ours::Upload { .. })),
            GuestSocketMessage::Deleted => find(&|ours| matches!(ours, Ours::Delete { .. })),
            GuestSocketMessage::Message(message) if message.by_guest && message.events.is_empty() => {
                find(&|ours| matches!(ours, Ours::Message(ours) if ours.text == message.text))
            }
            GuestSocketMessage::Error { code, .. } => {
                let about_messages = matches!(code, 409 | 4011 | 4013 | 4029);
                let could = |w: &&Waiting<T>| !about_messages || matches!(w.ours, Ours::Message(_));
                (self.0.iter().filter(could).count() == 1).then(|| self.0.iter().position(|w| could(&w)))?
            }
            _ => None,
        }
    }

    /// What has waited for too long at `now`; it waits no more.
    pub fn late(&mut self, now: Moment) -> Vec<Waiting<T>> {
        self.0.extract_if(.., |w| now.mono >= w.until.mono).collect()
    }

    /// When the next one will have waited for too long.
    pub fn due(&self) -> Option<Moment> {
        self.0.iter().map(|w| w.until).min_by_key(|m| m.mono)
    }

    /// The one that `wanted` picks; it waits no more.
    pub fn take(&mut self, wanted: impl Fn(&T) -> bool) -> Option<Waiting<T>> {
        let at = self.0.iter().position(|w| wanted(&w.of))?;
        Some(self.0.remove(at))
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/engine/socket/flight.rs"]
mod tests;
