//! Ctrl-C, q, and what is lost.

use guestwire::engine::{Command, Report};
use guestwire::model::Signal;
use guestwire::model::{DeliveryStatus, Moment};
use guestwire::tui::state::Overlay;
use guestwire::tui::{Effect, Event};

use crate::support::console::{Desk, commands, rebound};

#[test]
fn ctrl_c_first_cancels_the_send_of_the_open_conversation() {
    let mut desk = Desk::default();
    let id = desk.send("slow");
    desk.type_text("draft");
    let effects = desk.keys("ctrl-c");
    assert_eq!(commands(&effects), [&Command::Cancel(id)]);
    assert_eq!(desk.state.composer.text(), "draft", "the draft is not the first to go");
}

#[test]
fn it_says_what_a_cancelled_send_may_have_done() {
    for (delivery, said) in [
        (DeliveryStatus::Queued, "Cancelled: nothing was sent."),
        (DeliveryStatus::Sending { attempt: 1 }, "Cancelling: what was already sent may have been received."),
    ] {
        let mut desk = Desk::default();
        let id = desk.send("slow");
        desk.report(Report::Message { id, delivery, exchange: None, remote_id: None });
        desk.keys("ctrl-c");
        assert_eq!(desk.status(), said);
    }
}

#[test]
fn a_send_of_another_conversation_is_left_alone() {
    let mut desk = Desk::default();
    desk.send("slow");
    desk.command("@retu");
    assert_eq!(desk.keys("ctrl-c"), []);
    assert!(desk.state.keys.quit_armed.is_some());
}

#[test]
fn then_it_clears_the_draft_and_undo_brings_it_back() {
    let mut desk = Desk::default();
    desk.type_text("precious");
    assert_eq!(desk.keys("ctrl-c"), []);
    assert!(desk.state.composer.text().is_empty());
    assert_eq!(desk.offers(), ["^_ undo"]);
    desk.keys("ctrl-_");
    assert_eq!(desk.state.composer.text(), "precious");
}

#[test]
fn then_it_leaves_on_the_second_press() {
    for focus in ["", "esc", "esc 1"] {
        let mut desk = Desk::default();
        desk.keys(focus);
        assert_eq!(desk.keys("ctrl-c"), []);
        assert_eq!(desk.status(), "Press ^C again to leave.");
        assert_eq!(desk.keys("ctrl-c"), [Effect::Quit]);
    }
}

#[test]
fn two_seconds_later_it_begins_anew() {
    let mut desk = Desk::default();
    desk.keys("ctrl-c");
    assert_eq!(desk.state.next_deadline().map(|at| at.since(desk.now).as_secs()), Some(2));
    desk.deadline();
    assert_eq!(desk.status(), "");
    assert_eq!(desk.keys("ctrl-c"), []);
}

#[test]
fn two_seconds_count_even_where_the_deadline_comes_late() {
    let mut desk = Desk::default();
    desk.keys("ctrl-c");
    desk.pass(2_001);
    assert_eq!(desk.keys("ctrl-c"), [], "a busy machine does not make it the second of two");
    assert_eq!(desk.keys("ctrl-c"), [Effect::Quit]);
}

#[test]
fn any_other_key_between_them_begins_anew() {
    for between in ["a backspace", "esc", "ctrl-l", "esc j", "esc ? esc"] {
        let mut desk = Desk::default();
        desk.keys("ctrl-c");
        desk.keys(between);
        desk.keys("ctrl-c");
        let quit = desk.state.keys.quit_armed.is_some();
        assert!(quit, "{between}: {}", desk.status());
    }
}

#[test]
fn a_failure_that_comes_between_is_not_wiped_by_the_hints_end() {
    let mut desk = Desk::default();
    let id = desk.accepted("hello");
    desk.keys("ctrl-c");
    desk.settle(id, "hello", DeliveryStatus::Refused("410 gone".into()), Some(410));
    let failure = desk.status().to_owned();
    assert!(failure.contains("refused"), "{failure}");
    desk.deadline();
    assert_eq!(desk.status(), failure);
}

#[test]
fn q_leaves_where_nothing_is_open() {
    let mut desk = Desk::default();
    desk.accepted("done");
    assert_eq!(desk.keys("esc q"), [Effect::Quit]);
}

#[test]
fn q_asks_with_a_draft() {
    let mut desk = Desk::default();
    desk.type_text("half a thought");
    assert_eq!(desk.keys("esc q"), []);
    assert!(desk.screen().contains("1 draft would be lost."));
    assert_eq!(desk.keys("esc"), []);
    assert!(desk.state.overlay.is_none());
    assert_eq!(desk.keys("q enter"), [Effect::Quit]);
}

#[test]
fn q_counts_drafts_of_all_conversations() {
    let mut desk = Desk::default();
    desk.type_text("one");
    desk.command("@retu");
    desk.type_text("two");
    desk.keys("esc q");
    assert!(desk.screen().contains("2 drafts would be lost."));
}

#[test]
fn q_asks_with_an_open_send_and_y_leaves() {
    let mut desk = Desk::default();
    desk.send("slow");
    assert_eq!(desk.keys("esc q"), []);
    assert!(desk.screen().contains("1 not settled"));
    assert_eq!(desk.keys("n"), []);
    assert!(desk.state.overlay.is_none());
    assert_eq!(desk.keys("q y"), [Effect::Quit]);
}

#[test]
fn the_second_ctrl_c_asks_too_where_something_would_be_lost() {
    let mut desk = Desk::default();
    desk.type_text("half a thought");
    desk.keys("esc");
    assert_eq!(desk.keys("ctrl-c ctrl-c"), [], "a draft is not lost to two presses in the log");
    assert!(matches!(desk.state.overlay, Some(Overlay::Ask(_))));
    assert_eq!(desk.keys("enter"), [Effect::Quit]);
}

#[test]
fn signals_leave_and_redraw() {
    let mut desk = Desk::default();
    assert_eq!(desk.event(Event::Signal(Signal::Terminate(15))), [Effect::Quit]);
    assert_eq!(desk.event(Event::Signal(Signal::Resumed)), [Effect::Redraw]);
}

#[test]
fn the_hint_names_the_live_key() {
    let keys = [rebound("global", "interrupt", &["ctrl-x"]), rebound("composer", "composer-interrupt", &["ctrl-x"])];
    let mut desk = Desk::bound(&keys);
    desk.keys("ctrl-x");
    assert_eq!(desk.status(), "Press ^X again to leave.");
}

#[test]
fn at_rest_there_is_no_deadline() {
    let mut desk = Desk::default();
    assert_eq!(desk.state.next_deadline(), None::<Moment>);
    desk.accepted("hello");
    assert_eq!(desk.state.next_deadline(), None::<Moment>);
}
