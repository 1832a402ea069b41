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
    /// Its tracing id.
    pub tracing: String,
    /// What was asked.
    pub ours: Ours,
    /// No longer than this.
    pub until: Moment,
    /// Whose it is.
    pub of: T,
}

/// See the module.
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
            Some(tracing) => self.0.iter().position(|w| w.tracing == *tracing)?,
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::genesys::web_messaging::{Configure, OutgoingFrame};
    use std::time::Duration;

    fn flight<const N: usize>(list: [(&str, Ours); N]) -> Flight<usize> {
        let waiting = list.into_iter().enumerate().map(|(of, (tracing, ours))| {
            let until = Moment::ZERO.after(Duration::from_secs(of as u64 + 1));
            Waiting { tracing: tracing.to_owned(), ours, until, of }
        });
        Flight(waiting.collect())
    }

    fn said(text: &str) -> Ours {
        Ours::Message(OutgoingFrame { text: text.to_owned(), ..OutgoingFrame::default() })
    }

    fn configure() -> Ours {
        Ours::Configure { deployment_id: "d".to_owned(), how: Configure::New }
    }

    fn answered(flight: &mut Flight<usize>, frame: &str) -> Option<usize> {
        flight.answered(&Theirs::read(frame).unwrap()).map(|w| w.of)
    }

    #[test]
    fn the_tracing_id_decides_where_there_is_one() {
        let mut flight = flight([("a", said("x")), ("b", Ours::Jwt)]);
        let error = |tracing: &str| format!(r#"{{"class":"string","code":400,"body":"no","tracingId":"{tracing}"}}"#);
        assert_eq!(answered(&mut flight, &error("z")), None, "somebody else's");
        assert_eq!(answered(&mut flight, &error("b")), Some(1));
        assert_eq!(answered(&mut flight, &error("b")), None, "once");
        assert_eq!(answered(&mut flight, &error("a")), Some(0));
    }

    #[test]
    fn without_one_only_what_can_be_meant_is_meant() {
        let heard = |text: &str, direction: &str| {
            format!(
                r#"{{"class":"StructuredMessage","code":200,"body":{{"type":"Text","text":"{text}","direction":"{direction}","id":"1"}}}}"#
            )
        };
        let error = |code: u16| format!(r#"{{"class":"string","code":{code},"body":"no"}}"#);
        let mut one = flight([("a", configure()), ("b", said("hello")), ("c", Ours::Jwt)]);
        assert_eq!(answered(&mut one, &heard("hello", "Outbound")), None, "theirs is no echo");
        assert_eq!(answered(&mut one, &heard("other", "Inbound")), None);
        assert_eq!(answered(&mut one, &error(400)), None, "three could be meant");
        assert_eq!(answered(&mut one, &error(4011)), Some(1), "only a message can be too long");
        assert_eq!(answered(&mut one, r#"{"class":"JwtResponse","code":200,"body":{"jwt":"j"}}"#), Some(2));
        assert_eq!(answered(&mut one, &error(400)), Some(0), "the last one left");
        let mut echoed = flight([("a", said("hello"))]);
        assert_eq!(answered(&mut echoed, &heard("hello", "Inbound")), Some(0));
    }

    #[test]
    fn a_session_that_is_not_connected_answers_the_closing() {
        let mut flight = flight([("a", configure()), ("b", Ours::Close)]);
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
        let mut flight = flight([("a", Ours::Jwt), ("b", Ours::Jwt), ("c", Ours::Jwt)]);
        assert_eq!(flight.due(), Some(at(1)));
        assert_eq!(flight.late(at(2)).iter().map(|w| w.of).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((flight.due(), flight.0.len()), (Some(at(3)), 1));
    }
}
