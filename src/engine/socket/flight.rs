//! What is on the wire and waits for its answer, and which frame of theirs that is. Pure.
//!
//! Frames of theirs carry the tracing id of the frame that they answer. Those that carry none are matched where only one
//! thing can be meant: an echo by its text, an answer by its class, an error where just one answer is awaited (or just
//! one message, if the code speaks of messages).

use crate::genesys::web_messaging::{GuestSocketMessage, Theirs};
use crate::model::Moment;

/// What kind of answer is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// `SessionResponse`.
    Session,
    /// Whatever says that the session was closed.
    Closing,
    /// The echo of this text.
    Echo(String),
    /// The echo of a health check.
    Health,
    /// `JwtResponse`.
    Jwt,
    /// `PresignedUrlResponse`.
    Place,
    /// `AttachmentDeletedResponse`.
    Deletion,
    /// The echo of an event.
    Event,
}

/// A frame of ours under way.
#[derive(Debug)]
pub struct Waiting<T> {
    /// Its tracing id.
    pub tracing: String,
    /// What it waits for.
    pub awaits: Awaits,
    /// No longer than this.
    pub until: Moment,
    /// Whose it is.
    pub of: T,
}

/// See the module.
#[derive(Debug)]
pub struct Flight<T>(Vec<Waiting<T>>);

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Flight<T> {
    /// A frame was handed over for writing.
    pub fn put(&mut self, waiting: Waiting<T>) {
        self.0.push(waiting);
    }

    /// What `frame` answers; it waits no more.
    pub fn answered(&mut self, frame: &Theirs) -> Option<Waiting<T>> {
        let at = match &frame.tracing {
            Some(tracing) => self.0.iter().position(|w| w.tracing == *tracing)?,
            None => self.untraced(frame)?,
        };
        Some(self.0.remove(at))
    }

    fn untraced(&self, frame: &Theirs) -> Option<usize> {
        let find = |wanted: &dyn Fn(&Awaits) -> bool| self.0.iter().position(|w| wanted(&w.awaits));
        match &frame.said {
            GuestSocketMessage::Session(session) if !session.connected => {
                find(&|a| *a == Awaits::Closing).or_else(|| find(&|a| *a == Awaits::Session))
            }
            GuestSocketMessage::Session(_) => find(&|a| *a == Awaits::Session),
            GuestSocketMessage::Jwt { .. } => find(&|a| *a == Awaits::Jwt),
            GuestSocketMessage::Presigned { .. } => find(&|a| *a == Awaits::Place),
            GuestSocketMessage::Deleted => find(&|a| *a == Awaits::Deletion),
            GuestSocketMessage::Message(message) if message.by_guest && message.events.is_empty() => {
                find(&|a| *a == Awaits::Echo(message.text.clone()))
            }
            GuestSocketMessage::Error { code, .. } => {
                let about_messages = matches!(code, 409 | 4011 | 4013 | 4029);
                let could = |w: &&Waiting<T>| !about_messages || matches!(w.awaits, Awaits::Echo(_));
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

    /// The connection is gone: nothing will be answered.
    pub fn broken(&mut self) -> Vec<Waiting<T>> {
        std::mem::take(&mut self.0)
    }

    /// The one that `wanted` picks; it waits no more.
    pub fn take(&mut self, wanted: impl Fn(&T) -> bool) -> Option<Waiting<T>> {
        let at = self.0.iter().position(|w| wanted(&w.of))?;
        Some(self.0.remove(at))
    }

    /// All that are under way.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting<T>> {
        self.0.iter()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::time::Duration;

    fn flight(list: &[(&str, Awaits)]) -> Flight<usize> {
        let mut flight = Flight::default();
        for (of, (tracing, awaits)) in list.iter().enumerate() {
            let until = Moment::ZERO.after(Duration::from_secs(of as u64 + 1));
            flight.put(Waiting { tracing: (*tracing).to_owned(), awaits: awaits.clone(), until, of });
        }
        flight
    }

    fn answered(flight: &mut Flight<usize>, frame: &str) -> Option<usize> {
        flight.answered(&Theirs::read(frame).unwrap()).map(|w| w.of)
    }

    #[test]
    fn the_tracing_id_decides_where_there_is_one() {
        let mut flight = flight(&[("a", Awaits::Echo("x".into())), ("b", Awaits::Jwt)]);
        let error = |tracing: &str| format!(r#"{{"class":"string","code":400,"body":"no","tracingId":"{tracing}"}}"#);
        assert_eq!(answered(&mut flight, &error("z")), None, "somebody else's");
        assert_eq!(answered(&mut flight, &error("b")), Some(1));
        assert_eq!(answered(&mut flight, &error("b")), None, "once");
        assert_eq!(answered(&mut flight, &error("a")), Some(0));
    }

    #[test]
    fn without_one_only_what_can_be_meant_is_meant() {
        let echo = |text: &str| Awaits::Echo(text.into());
        let said = |text: &str, direction: &str| {
            format!(
                r#"{{"class":"StructuredMessage","code":200,"body":{{"type":"Text","text":"{text}","direction":"{direction}","id":"1"}}}}"#
            )
        };
        let error = |code: u16| format!(r#"{{"class":"string","code":{code},"body":"no"}}"#);
        let mut one = flight(&[("a", Awaits::Session), ("b", echo("hello")), ("c", Awaits::Jwt)]);
        assert_eq!(answered(&mut one, &said("hello", "Outbound")), None, "theirs is no echo");
        assert_eq!(answered(&mut one, &said("other", "Inbound")), None);
        assert_eq!(answered(&mut one, &error(400)), None, "three could be meant");
        assert_eq!(answered(&mut one, &error(4011)), Some(1), "only a message can be too long");
        assert_eq!(answered(&mut one, r#"{"class":"JwtResponse","code":200,"body":{"jwt":"j"}}"#), Some(2));
        assert_eq!(answered(&mut one, &error(400)), Some(0), "the last one left");
        let mut echoed = flight(&[("a", echo("hello"))]);
        assert_eq!(answered(&mut echoed, &said("hello", "Inbound")), Some(0));
    }

    #[test]
    fn a_session_that_is_not_connected_answers_the_closing() {
        let mut flight = flight(&[("a", Awaits::Session), ("b", Awaits::Closing)]);
        assert_eq!(
            answered(&mut flight, r#"{"class":"SessionResponse","code":200,"body":{"connected":false}}"#),
            Some(1)
        );
        assert_eq!(
            answered(&mut flight, r#"{"class":"SessionResponse","code":200,"body":{"connected":true}}"#),
            Some(0)
        );
    }

    #[test]
    fn what_is_late_is_given_up_in_order() {
        let at = |seconds| Moment::ZERO.after(Duration::from_secs(seconds));
        let mut flight = flight(&[("a", Awaits::Jwt), ("b", Awaits::Jwt), ("c", Awaits::Jwt)]);
        assert_eq!(flight.due(), Some(at(1)));
        assert_eq!(flight.late(at(2)).iter().map(|w| w.of).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(flight.due(), Some(at(3)));
        assert_eq!(flight.broken().len(), 1);
        assert_eq!(flight.due(), None);
    }
}
