//! Which frame answers which.
#![expect(clippy::unwrap_used, reason = "tests")]

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
    assert_eq!(answered(&mut flight, r#"{"class":"SessionResponse","code":200,"body":{"connected":false}}"#), Some(1));
    assert_eq!(answered(&mut flight, r#"{"class":"SessionResponse","code":200,"body":{"connected":true}}"#), Some(0));
}

#[test]
fn what_is_late_is_given_up_in_order() {
    let at = |seconds| Moment::ZERO.after(Duration::from_secs(seconds));
    let mut flight = flight([("a", Ours::Jwt), ("b", Ours::Jwt), ("c", Ours::Jwt)]);
    assert_eq!(flight.due(), Some(at(1)));
    assert_eq!(flight.late(at(2)).iter().map(|w| w.of).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((flight.due(), flight.0.len()), (Some(at(3)), 1));
}
