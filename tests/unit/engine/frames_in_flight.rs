//! Which frame of theirs answers which of ours.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use crate::engine::frames_in_flight::*;
use crate::genesys::web_messaging::{Configure, GuestFrame, OutgoingFrame, ServerFrame};
use crate::model::{MessageId, Moment};

fn flight<const N: usize>(list: [(&str, GuestFrame); N]) -> FramesInFlight {
    let waiting = list.into_iter().enumerate().map(|(of, (tracing, ours))| {
        let until = Moment::ZERO.after(Duration::from_secs(of as u64 + 1));
        let of = FrameOwner::Message(MessageId(of as u64));
        FrameInFlight { tracing: tracing.to_owned(), ours, until, owner: of, gate: Arc::default() }
    });
    let mut flight = FramesInFlight::default();
    waiting.for_each(|frame| flight.push(frame));
    flight
}

fn said(text: &str) -> GuestFrame {
    GuestFrame::Message(OutgoingFrame { text: text.to_owned(), ..OutgoingFrame::default() })
}

fn configure() -> GuestFrame {
    GuestFrame::Configure { deployment_id: "d".to_owned(), how: Configure::New }
}

fn answered(flight: &mut FramesInFlight, frame: &str) -> Option<u64> {
    flight.take_answered(&ServerFrame::read(frame).unwrap()).and_then(|w| match w.owner {
        FrameOwner::Message(message) => Some(message.0),
        FrameOwner::Session(_) => None,
    })
}

#[test]
fn the_tracing_id_decides_where_there_is_one() {
    let mut flight = flight([("a", said("x")), ("b", GuestFrame::Jwt)]);
    let error = |tracing: &str| format!(r#"{{"class":"string","code":400,"body":"no","tracingId":"{tracing}"}}"#);
    assert_eq!(answered(&mut flight, &error("z")), None, "somebody else's");
    assert_eq!(answered(&mut flight, &error("b")), Some(1));
    assert_eq!(answered(&mut flight, &error("b")), None, "once");
    assert_eq!(answered(&mut flight, &error("a")), Some(0));
}

#[test]
fn a_reply_that_names_our_message_is_no_echo_of_it() {
    let mut flight = flight([("a", said("hello"))]);
    let heard = |more: &str| {
        format!(
            r#"{{"class":"StructuredMessage","code":200,"tracingId":"a","body":{{"type":"Text","text":"Hi",{more},"id":"1"}}}}"#
        )
    };
    assert_eq!(answered(&mut flight, &heard(r#""direction":"Outbound","originatingEntity":"Bot""#)), None);
    assert_eq!(answered(&mut flight, &heard(r#""direction":"Inbound""#)), Some(0), "whatever became of its text");
}

#[test]
fn without_one_only_what_can_be_meant_is_meant() {
    let heard = |text: &str, direction: &str| {
        format!(
            r#"{{"class":"StructuredMessage","code":200,"body":{{"type":"Text","text":"{text}","direction":"{direction}","id":"1"}}}}"#
        )
    };
    let error = |code: u16| format!(r#"{{"class":"string","code":{code},"body":"no"}}"#);
    let mut one = flight([("a", configure()), ("b", said("hello")), ("c", GuestFrame::Jwt)]);
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
    let mut flight = flight([("a", configure()), ("b", GuestFrame::Close)]);
    assert_eq!(answered(&mut flight, r#"{"class":"SessionResponse","code":200,"body":{"connected":false}}"#), Some(1));
    assert_eq!(answered(&mut flight, r#"{"class":"SessionResponse","code":200,"body":{"connected":true}}"#), Some(0));
}
