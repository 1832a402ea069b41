//! One line to type: filters, searches, names, comments, history.

use guestwire::tui::state::Pane;
use guestwire::tui::state::{Overlay, Prompt};

use crate::support::console::{Desk, RETURNS};

fn prompt(desk: &Desk) -> &Prompt {
    match &desk.state.overlay {
        Some(Overlay::Prompt(prompt)) => prompt,
        other => panic!("no prompt: {other:?}"),
    }
}

fn shown(desk: &Desk) -> usize {
    desk.state.session.log.len() - desk.state.session.log.hidden()
}

#[test]
fn the_log_is_filtered_as_one_types_and_enter_keeps_it() {
    let mut desk = Desk::default();
    desk.refused("first");
    desk.accepted("second");
    desk.keys("esc /");
    desk.type_text("second");
    assert_eq!(shown(&desk), 1);
    desk.keys("enter");
    assert!(desk.state.overlay.is_none());
    assert_eq!(desk.state.session.log.filter_text(), "second");
    desk.keys("esc");
    assert_eq!(shown(&desk), 2, "Esc in the log clears the filter");
}

#[test]
fn esc_while_typing_a_filter_takes_it_back() {
    let mut desk = Desk::default();
    desk.refused("first");
    desk.keys("esc /");
    desk.type_text("nothing like it");
    assert_eq!(shown(&desk), 0);
    desk.keys("esc");
    assert_eq!(desk.state.session.log.filter_text(), "");
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
}

#[test]
fn ctrl_c_while_typing_a_filter_takes_it_back_and_is_not_the_first_of_two() {
    let mut desk = Desk::default();
    desk.keys("esc /");
    desk.type_text("x");
    assert_eq!(desk.keys("ctrl-c"), []);
    assert!(desk.state.overlay.is_none());
    assert_eq!(desk.state.session.log.filter_text(), "");
    assert!(desk.state.keys.quit_armed.is_none());
}

#[test]
fn a_filter_that_says_nothing_sensible_is_said_as_one_types() {
    let mut desk = Desk::default();
    desk.keys("esc /");
    desk.type_text("status:abc");
    let problem = prompt(&desk).problem.clone().unwrap();
    assert!(desk.screen().contains(&problem), "{problem}");
    desk.keys("enter");
    assert_eq!((prompt(&desk).problem.as_ref(), desk.status()), (Some(&problem), ""), "it stays to be mended");
    desk.keys("backspace backspace backspace");
    desk.type_text("4xx");
    desk.keys("enter");
    assert!(desk.state.overlay.is_none());
    assert_eq!(desk.state.session.log.filter_text(), "status:4xx");
}

#[test]
fn the_filter_is_for_the_pane_one_stands_in() {
    let mut desk = Desk::default();
    desk.keys("esc 1 /");
    desk.type_text("retu");
    desk.keys("enter");
    assert_eq!(desk.state.session.conversations.filter(), "retu");
    assert_eq!(desk.state.session.log.filter_text(), "");
    assert_eq!(desk.state.session.conversations.selected(), Some(RETURNS));
    desk.keys("esc");
    assert_eq!(desk.state.session.conversations.filter(), "");
}

#[test]
fn the_filter_of_the_thread_is_that_of_the_log() {
    let mut desk = Desk::new(80, 24);
    desk.keys("esc t /");
    desk.type_text("kind:send");
    desk.keys("enter");
    assert_eq!(desk.state.session.log.filter_text(), "kind:send");
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
    assert!(desk.state.panes().log.is_some());
}

#[test]
fn a_filter_is_edited_where_it_was_left() {
    let mut desk = Desk::default();
    desk.keys("esc /");
    desk.type_text("abc");
    desk.keys("enter / backspace");
    assert_eq!(desk.state.session.log.filter_text(), "ab");
    desk.keys("ctrl-u");
    assert_eq!(desk.state.session.log.filter_text(), "");
}

#[test]
fn search_stands_on_the_newest_match_and_n_goes_on() {
    let mut desk = Desk::default();
    for text in ["apple one", "pear", "apple two", "plum"] {
        desk.accepted(text);
    }
    desk.keys("esc ctrl-f");
    desk.type_text("apple");
    desk.keys("enter");
    assert_eq!(desk.state.session.log.selected().map(|e| e.what().to_owned()).as_deref(), Some("apple two"));
    desk.keys("N");
    assert_eq!(desk.state.session.log.selected().map(|e| e.what().to_owned()).as_deref(), Some("apple one"));
    desk.keys("n");
    assert_eq!(desk.state.session.log.selected().map(|e| e.what().to_owned()).as_deref(), Some("apple two"));
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    let mut desk = Desk::default();
    desk.accepted("plum");
    desk.keys("esc ctrl-f");
    desk.type_text("apple");
    desk.keys("enter");
    assert_eq!(desk.status(), "“apple” was not found in the log.");
}

#[test]
fn a_pasted_line_goes_into_the_prompt() {
    let mut desk = Desk::default();
    desk.keys("esc /");
    desk.paste("two\nlines\n");
    assert_eq!(prompt(&desk).input.text(), "two lines");
    assert_eq!(desk.state.composer.text(), "");
}

#[test]
fn a_nickname_stands_in_picker_composer_and_log_and_can_be_given_back() {
    let mut desk = Desk::default();
    desk.accepted("hello");
    desk.keys("esc 1 n ctrl-u");
    desk.type_text("My bot");
    desk.keys("enter");
    assert_eq!(desk.state.active_name(), "My bot");
    assert!(!desk.screen().contains("Billing bot"));
    desk.keys("n ctrl-u enter");
    assert_eq!(desk.state.active_name(), "Billing bot");
}

#[test]
fn esc_gives_no_nickname() {
    let mut desk = Desk::default();
    desk.keys("esc 1 n");
    desk.type_text("x");
    desk.keys("esc");
    assert_eq!(desk.state.active_name(), "Billing bot");
}

#[test]
fn a_comment_is_kept_with_its_entry_and_can_be_edited() {
    let mut desk = Desk::default();
    desk.refused("why");
    desk.keys("esc G ;");
    desk.type_text("asked the admin");
    desk.keys("enter");
    assert_eq!(desk.state.session.log.selected().and_then(|e| e.comment()), Some("asked the admin"));
    assert!(desk.screen().contains("asked the admin"));
    desk.keys(";");
    assert_eq!(prompt(&desk).input.text(), "asked the admin");
}

#[test]
fn a_comment_stays_with_the_entry_it_was_begun_on() {
    let mut desk = Desk::default();
    desk.refused("first");
    desk.keys("esc G ;");
    desk.type_text("about the first");
    // While one types, another entry comes, and the log follows its end.
    let id = guestwire::model::MessageId(1);
    desk.settle(id, "second", guestwire::model::DeliveryStatus::Accepted, Some(200));
    desk.keys("enter");
    let commented: Vec<_> = desk
        .state
        .session
        .log
        .entries()
        .filter(|e| e.comment().is_some())
        .map(guestwire::session::LogEntry::what)
        .collect();
    assert_eq!(commented, ["first"]);
}

#[test]
fn the_history_is_searched_and_shown_while_one_types() {
    let mut desk = Desk::default();
    for text in ["red apple", "pear", "green apple"] {
        desk.accepted(text);
    }
    desk.keys("ctrl-r");
    desk.type_text("apple");
    assert_eq!(prompt(&desk).found, ["green apple", "red apple"]);
    desk.type_text("x");
    assert!(desk.screen().contains("! no message that was sent has this"), "{}", desk.screen());
    desk.keys("backspace");
    let screen = desk.screen();
    assert!(screen.contains("▌ green apple"), "the choices stand on the screen:\n{screen}");
    desk.keys("up");
    assert!(desk.screen().contains("▌ red apple"));
    assert_eq!(desk.keys("enter"), []);
    assert_eq!(desk.state.composer.text(), "red apple");
}

#[test]
fn a_snippet_is_inserted_not_sent() {
    let mut desk = Desk::default();
    desk.keys("ctrl-t");
    assert!(desk.screen().contains("greeting"));
    assert_eq!(desk.keys("enter"), []);
    assert_eq!(desk.state.composer.text(), "Hello from {{run}}");
}
