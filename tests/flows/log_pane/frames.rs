//! Frames of a socket: which way they went, and the quiet ones, which are folded away and counted.

use std::sync::Arc;

use guestwire::model::{Ending, Exchange, ExchangeKind, Outcome, Request, Response};
use guestwire::session::Density;

use crate::support::log::{accepted, attempt, body, exchange, log, screen};

fn frame(id: u64, sent: bool, what: &str, code: u16, text: &str) -> Arc<Exchange> {
    let request = Request {
        method: if sent { "FRAME" } else { "RECV" }.to_owned(),
        url: "wss://webmessaging.mypurecloud.de/v1?deploymentId=d".to_owned(),
        headers: Vec::new(),
        body: if sent { body(r#"{"action":"onMessage"}"#) } else { body("") },
    };
    let answer = Response {
        status: code,
        version: "WebSocket".to_owned(),
        headers: Vec::new(),
        body: body(text),
        remote: None,
        phrase: None,
    };
    let outcome = if code < 400 { Outcome::Accepted } else { Outcome::Refused(format!("{code} no").into()) };
    let steps = vec![attempt(1, id * 10, 1, Arc::new(request), Some(Ending::Answered(answer)), 20)];
    exchange(id, ExchangeKind::Frame, what, id * 10, steps, outcome)
}

#[test]
fn frames_say_which_way_they_went_and_which_code_came() {
    let mut log = log(100, 12);
    log.exchange(frame(1, true, "configureSession, resume", 200, r#"{"class":"SessionResponse"}"#));
    log.exchange(frame(2, false, "bot: Hello", 200, r#"{"class":"StructuredMessage"}"#));
    log.exchange(frame(3, false, "error 409 Session is read-only", 409, r#"{"class":"string"}"#));
    let screen = screen(&log, 100, 12);
    assert!(screen.contains("FRAME sent configureSession, resume"), "{screen}");
    assert!(screen.contains("FRAME recv bot: Hello"), "{screen}");
    assert!(screen.lines().any(|l| l.contains("recv error 409") && l.contains("ERR  409")), "{screen}");
}

#[test]
fn quiet_frames_are_folded_and_counted_until_somebody_wants_them() {
    let mut log = log(100, 12);
    log.exchange(accepted(1, 0, "hello"));
    log.exchange(frame(2, false, "typing on", 200, "{}"));
    log.exchange(frame(3, false, "receipt", 200, "{}"));
    log.exchange(frame(4, false, "bot: typing on", 200, "{}"));
    let title = |log: &guestwire::session::Log| guestwire::tui::view::log::title(log, 60, false);
    assert_eq!(title(&log), "following · 2 rows · 2 quiet frames hidden");
    assert!(!screen(&log, 100, 12).contains("recv typing on"));
    // Whoever filters for frames gets all of them.
    log.set_filter("kind:frame", jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(title(&log), "following · 3 of 4 rows");
    log.set_filter("is:quiet", jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(title(&log), "following · 2 of 4 rows");
    log.clear_filter();
    assert!(!log.toggle_quiet());
    assert_eq!(title(&log), "following · 4 rows");
    assert!(log.toggle_quiet());
    assert_eq!(log.totals.folded, (0, 2));
}

#[test]
fn a_quiet_frame_that_was_refused_or_marked_is_never_folded() {
    let mut log = log(100, 12);
    log.exchange(frame(1, true, "typing", 403, r#"{"class":"string","body":"feature"}"#));
    log.exchange(frame(2, false, "typing on", 200, "{}"));
    assert_eq!(log.totals.folded, (0, 1));
    log.toggle_quiet();
    log.last();
    assert_eq!(log.toggle_mark(), Some(true));
    log.toggle_quiet();
    assert_eq!(log.totals.folded, (0, 0));
}

#[test]
fn only_quiet_frames_are_no_empty_log() {
    let mut log = log(100, 12);
    log.exchange(frame(1, false, "typing on", 200, "{}"));
    assert!(
        screen(&log, 100, 12).contains("Only polling reads and quiet frames so far; they are hidden. f shows them.")
    );
}

#[test]
fn a_frame_opens_to_what_was_written_and_what_came() {
    let mut log = log(100, 20);
    log.exchange(frame(1, true, "configureSession, resume", 200, r#"{"class":"SessionResponse"}"#));
    log.toggle_density();
    log.toggle_density();
    assert_eq!(log.selected().unwrap().density, Density::Full);
    let screen = screen(&log, 100, 20);
    assert!(screen.contains("SessionResponse"), "{screen}");
}

#[test]
fn a_message_over_a_frame_is_accepted_and_answered_like_any_other() {
    let mut log = log(100, 12);
    let request = Request {
        method: "FRAME".to_owned(),
        url: "wss://webmessaging.mypurecloud.de/v1".to_owned(),
        headers: Vec::new(),
        body: body("{}"),
    };
    let answer = Response {
        status: 200,
        version: "WebSocket".to_owned(),
        headers: Vec::new(),
        body: body("{}"),
        remote: None,
        phrase: None,
    };
    let steps = vec![attempt(1, 0, 1, Arc::new(request), Some(Ending::Answered(answer)), 20)];
    log.exchange(exchange(1, ExchangeKind::Send, "hello", 0, steps, Outcome::Accepted));
    let row = |log: &guestwire::session::Log| screen(log, 100, 12).lines().next().unwrap_or_default().to_owned();
    assert!(row(&log).contains("ok   200   20 ms"), "{}", row(&log));
    log.set_delivery(guestwire::model::MessageId(1), &guestwire::model::DeliveryStatus::Answered);
}
