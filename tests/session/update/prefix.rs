//! Two keys in a row.

use guestwire::tui::{Effect, Event};

use crate::support::console::{Desk, rebound};

#[test]
fn the_second_key_does_it() {
    let mut desk = Desk::default();
    desk.refused("why");
    desk.keys("esc G");
    let effects = desk.keys("y i");
    assert!(matches!(effects.as_slice(), [Effect::Copy(text)] if text.contains("x-request-id")), "{effects:?}");
    assert!(desk.state.keys.deadlines()[0].is_none());
}

#[test]
fn its_menu_comes_after_400_ms_and_not_before() {
    let mut desk = Desk::default();
    desk.accepted("hello");
    desk.keys("esc y");
    assert!(!desk.screen().contains("Copy as a curl command"));
    let at = desk.state.next_deadline().unwrap();
    assert_eq!(at.since(desk.now).as_millis(), 400);
    desk.pass(399);
    desk.event(Event::Deadline);
    assert!(!desk.screen().contains("Copy as a curl command"));
    desk.deadline();
    let screen = desk.screen();
    for line in ["y i  Copy the request ids", "y c  Copy as a curl command", "y y  Copy the line"] {
        assert!(screen.contains(line), "{line} in\n{screen}");
    }
    desk.keys("c");
    assert!(!desk.screen().contains("y i  Copy the request ids"));
}

#[test]
fn nothing_runs_while_the_menu_stands() {
    let mut desk = Desk::default();
    desk.keys("esc y");
    desk.deadline();
    assert_eq!(desk.state.next_deadline(), None);
}

#[test]
fn a_key_that_is_not_bound_says_so_and_does_nothing() {
    let mut desk = Desk::default();
    assert_eq!(desk.keys("esc y q"), [], "q after y does not leave");
    assert!(desk.status().starts_with("y q is not bound here"), "{}", desk.status());
}

#[test]
fn esc_takes_the_first_key_back_without_a_word() {
    let mut desk = Desk::default();
    desk.accepted("hello");
    desk.keys("esc");
    let before = desk.status().to_owned();
    assert_eq!(desk.keys("y esc"), []);
    assert!(desk.state.keys.deadlines()[0].is_none());
    assert_eq!(desk.status(), before);
}

#[test]
fn ctrl_c_takes_the_first_key_back_and_is_not_the_first_of_two() {
    let mut desk = Desk::default();
    assert_eq!(desk.keys("esc y ctrl-c"), []);
    assert!(desk.state.keys.deadlines()[0].is_none());
    assert!(desk.state.keys.quit_armed.is_none());
}

#[test]
fn a_paste_ends_it() {
    let mut desk = Desk::default();
    desk.keys("esc y");
    desk.paste("text");
    assert!(desk.state.keys.deadlines()[0].is_none());
    assert_eq!(desk.state.composer.text(), "text");
    desk.type_text("c");
    assert_eq!(desk.state.composer.text(), "textc");
}

#[test]
fn prefixes_can_be_bound_everywhere() {
    let mut desk = Desk::bound(&[rebound("global", "renew", &["b r"])]);
    assert_eq!(desk.keys("esc b r").len(), 1);
    let mut desk = Desk::bound(&[rebound("global", "renew", &["b r"])]);
    desk.keys("esc b");
    desk.deadline();
    assert!(desk.screen().contains("b r  Get a new token now"), "{}", desk.screen());
}
