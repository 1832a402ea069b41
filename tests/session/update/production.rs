//! A production profile asks before each send.

use guestwire::engine::Command;
use guestwire::model::MessageId;
use guestwire::tui::Effect;
use guestwire::tui::state::Overlay;

use crate::support::console::{BILLING, Desk, sends};

#[test]
fn it_asks_before_each_send_and_shows_what_and_where() {
    let mut desk = Desk::production();
    desk.type_text("to a real guest");
    assert_eq!(desk.keys("enter"), []);
    let screen = desk.screen();
    for part in ["PROD: send this message?", "Billing bot", "mypurecloud.de", "“to a real guest”", " PROD "] {
        assert!(screen.contains(part), "{part} in\n{screen}");
    }
    assert_eq!(desk.keys("enter enter"), [], "a double Enter is a slip, and sends nothing");
    assert!(desk.screen().contains("y send it   Esc cancel"), "{}", desk.screen());
    assert!(desk.footer().contains("y yes  Esc cancel"), "{}", desk.footer());
    assert_eq!(sends(&desk.keys("y")), [(MessageId(1), BILLING, "to a real guest")]);
    desk.type_text("another");
    assert_eq!(desk.keys("enter"), [], "and the next one, too");
}

#[test]
fn declined_the_text_stays() {
    let mut desk = Desk::production();
    desk.type_text("to a real guest");
    assert_eq!(desk.keys("enter esc"), []);
    assert_eq!(desk.state.composer.text(), "to a real guest");
}

#[test]
fn what_was_shown_is_what_is_sent() {
    let mut desk = Desk::production();
    desk.type_text("at {{now}}");
    desk.keys("enter");
    assert!(desk.screen().contains("“at 2026-11-23T14:00:00Z”"));
    desk.pass(7_000);
    assert_eq!(sends(&desk.keys("y")), [(MessageId(1), BILLING, "at 2026-11-23T14:00:00Z")]);
}

#[test]
fn what_cannot_be_sent_is_not_asked_about() {
    let mut desk = Desk::production();
    desk.keys("enter");
    assert!(desk.state.overlay.is_none());
    assert!(desk.status().starts_with("Not sent"));
    assert!(desk.screen().contains("the text is blank"));
}

#[test]
fn armed_it_does_not_ask_for_ten_minutes_and_says_so() {
    let mut desk = Desk::production();
    desk.command("arm");
    assert!(desk.screen().contains("PROD armed"));
    desk.keys("c");
    desk.type_text("one");
    assert_eq!(sends(&desk.keys("enter")).len(), 1);
    desk.pass(599_000);
    desk.type_text("two");
    assert_eq!(sends(&desk.keys("enter")).len(), 1);
    desk.pass(1_000);
    desk.type_text("three");
    assert_eq!(desk.keys("enter"), [], "over, even before the deadline was told");
}

#[test]
fn the_end_of_the_ten_minutes_is_told() {
    let mut desk = Desk::production();
    desk.command("arm");
    desk.deadline();
    assert_eq!(desk.status(), "PROD: guestwire asks again before each send.");
    assert!(desk.screen().contains(" PROD "));
}

#[test]
fn arming_means_nothing_elsewhere() {
    let mut desk = Desk::default();
    assert_eq!(desk.command("arm"), []);
    assert_eq!(desk.status(), "Not now: this profile is not production.");
    assert!(desk.state.next_send.armed_until(desk.now).is_none());
}

#[test]
fn a_resend_asks_once() {
    let mut desk = Desk::production();
    desk.command("arm");
    desk.refused("hello");
    desk.pass(700_000);
    desk.keys("esc G r");
    assert!(matches!(desk.state.overlay, Some(Overlay::Ask(_))));
    assert!(desk.screen().contains("PROD"), "and says where it goes");
    let [Effect::Engine(Command::Send(_, again))] = &desk.keys("y")[..] else { panic!("it is sent at once") };
    assert_eq!(again.resend_of, Some(MessageId(1)));
}
