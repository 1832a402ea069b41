//! Frames of ours on the wire that wait for their answers, and which frame of theirs answers which. Pure.
//!
//! An answer carries the tracing id of the frame that it answers. Without one it is matched where only one can be meant: an
//! echo by its text, an answer by its class, an error where one answer (or one message, if the code is about those) is due.

use std::sync::Arc;

use super::client::Gate;
use crate::genesys::web_messaging::{GuestFrame, ServerFrame, ServerFrameContent};
use crate::model::{Exchange, MessageId, Moment};

/// Whose a frame of ours is: a message's (its record is kept with the message), or the session's own.
#[derive(Debug)]
pub enum FrameOwner {
    Message(MessageId),
    Session(Box<Exchange>),
}

#[derive(Debug)]
pub struct FrameInFlight {
    pub tracing: String,
    pub ours: GuestFrame,
    pub until: Moment,
    pub owner: FrameOwner,
    pub gate: Arc<Gate>,
}

impl FrameInFlight {
    /// Whether `frame` is its answer by the tracing id. A reply of somebody else that names the message is no echo.
    fn is_answered_by(&self, frame: &ServerFrame, tracing: &str) -> bool {
        let reply = matches!(&frame.content, ServerFrameContent::Message(message) if message.author.is_named());
        self.tracing == tracing && !(reply && matches!(self.ours, GuestFrame::Message(_)))
    }
}

#[derive(Debug, Default)]
pub struct FramesInFlight(Vec<FrameInFlight>);

impl FramesInFlight {
    pub fn push(&mut self, frame: FrameInFlight) {
        self.0.push(frame);
    }

    pub fn waits_for(&self, ours: &GuestFrame) -> bool {
        self.0.iter().any(|waiting| waiting.ours == *ours)
    }

    pub fn due(&self) -> Option<Moment> {
        self.0.iter().map(|waiting| waiting.until).min()
    }

    pub fn take_all(&mut self) -> Vec<FrameInFlight> {
        std::mem::take(&mut self.0)
    }

    pub fn take_late(&mut self, now: Moment) -> Vec<FrameInFlight> {
        self.0.extract_if(.., |waiting| now.mono >= waiting.until.mono).collect()
    }

    pub fn take_message(&mut self, message: MessageId) -> Option<FrameInFlight> {
        let at = self.0.iter().position(|w| matches!(w.owner, FrameOwner::Message(m) if m == message))?;
        Some(self.0.remove(at))
    }

    pub fn take_answered(&mut self, frame: &ServerFrame) -> Option<FrameInFlight> {
        let flight = &self.0;
        let find = |wanted: &dyn Fn(&GuestFrame) -> bool| flight.iter().position(|w| wanted(&w.ours));
        let at = match (&frame.tracing, &frame.content) {
            (Some(tracing), _) => flight.iter().position(|w| w.is_answered_by(frame, tracing)),
            (None, ServerFrameContent::Session(session)) => {
                find(&|ours| *ours == GuestFrame::Close && !session.connected)
                    .or_else(|| find(&|ours| matches!(ours, GuestFrame::Configure { .. })))
            }
            (None, ServerFrameContent::Jwt { .. }) => find(&|ours| *ours == GuestFrame::Jwt),
            (None, ServerFrameContent::Presigned { .. }) => find(&|ours| matches!(ours, GuestFrame::Upload { .. })),
            (None, ServerFrameContent::Deleted) => find(&|ours| matches!(ours, GuestFrame::Delete { .. })),
            (None, ServerFrameContent::Message(message)) if message.by_guest && message.events.is_empty() => {
                find(&|ours| matches!(ours, GuestFrame::Message(ours) if ours.text == message.text))
            }
            (None, ServerFrameContent::Error { code, .. }) => {
                let about_messages = matches!(code, 409 | 4011 | 4013 | 4029);
                let could = |w: &&FrameInFlight| !about_messages || matches!(w.ours, GuestFrame::Message(_));
                (flight.iter().filter(could).count() == 1).then(|| flight.iter().position(|w| could(&w)))?
            }
            _ => None,
        };
        at.map(|at| self.0.remove(at))
    }
}
