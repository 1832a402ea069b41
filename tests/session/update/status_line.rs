//! The status line and the keys beside it: they act on what it names, work where the focus is, and go when it is over.

use std::time::Duration;

use guestwire::model::{DeliveryStatus, TokenStatus};
use guestwire::session::LogEntry;
use guestwire::tui::Effect;
use guestwire::tui::action::Action;
use guestwire::tui::state::Overlay;
use guestwire::tui::state::{Pane, State};

use crate::support::console::Desk;

fn card(state: &State) -> Option<u64> {
    match &state.overlay {
        Some(Overlay::Card(card)) => Some(card.number),
        _ => None,
    }
}

fn chosen(desk: &Desk) -> Option<u64> {
    desk.state.session.log.selected().map(LogEntry::number)
}

#[test]
fn the_keys_act_on_the_refusal_that_the_line_names() {
    let mut desk = Desk::default();
    desk.refused("the first");
    desk.keys("esc d esc");
    desk.accepted("in between");
    desk.refused("the second");
    assert!(desk.status().starts_with("#3 refused"), "{}", desk.status());
    for keys in ["esc d", "2 d", "1 2 d"] {
        desk.keys(keys);
        assert_eq!(card(&desk.state), Some(3), "{keys}");
        desk.keys("esc");
    }
    let effects = desk.keys("y t");
    let [Effect::Copy(ticket)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(ticket.contains("“the second”"), "{ticket}");
}

#[test]
fn they_do_so_wherever_one_stood_when_it_was_said() {
    let mut desk = Desk::default();
    desk.refused("the first");
    desk.accepted("in between");
    let slow = desk.send("the second");
    desk.keys("esc g");
    assert_eq!(chosen(&desk), Some(1));
    desk.settle(slow, "the second", DeliveryStatus::Refused("401 unauthorized".into()), Some(401));
    desk.keys("d");
    assert_eq!(card(&desk.state), Some(3), "what the line names");
    desk.keys("esc");
    assert_eq!(chosen(&desk), Some(1), "and one stands where one stood");
    desk.keys("g d");
    assert_eq!(card(&desk.state), Some(1), "who chooses another entry means that one");
    assert!(desk.offers().is_empty(), "and is not told otherwise");
}

#[test]
fn the_card_leaves_the_choice_and_the_end_as_they_were() {
    let mut desk = Desk::default();
    desk.refused("first");
    desk.accepted("second");
    desk.keys("esc F F");
    assert!(desk.state.session.log.following());
    desk.keys("d n N y t esc");
    assert!(desk.state.session.log.following());
    desk.accepted("third");
    assert_eq!(chosen(&desk), Some(3), "the end is followed on");
}

#[test]
fn the_card_of_one_entry_copies_that_entry() {
    let mut desk = Desk::default();
    desk.refused("first");
    desk.refused("second");
    desk.keys("esc d [");
    let effects = desk.keys("y c");
    let [Effect::Copy(curl)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(curl.contains("first"), "{curl}");
    desk.keys("r");
    assert!(desk.screen().contains("“first”"), "{}", desk.screen());
}

#[test]
fn waiting_is_over_when_the_message_goes_on() {
    for (delivery, status) in [
        (DeliveryStatus::Sending { attempt: 2 }, None),
        (DeliveryStatus::Accepted, Some(200)),
        (DeliveryStatus::Answered, Some(200)),
    ] {
        let mut desk = Desk::default();
        let id = desk.send("slow");
        let until = desk.now.after(Duration::from_secs(3));
        let waiting = DeliveryStatus::Waiting { until, why: "503, Retry-After 3 s".into() };
        desk.settle(id, "slow", waiting, Some(503));
        assert!(desk.status().contains("waiting"), "{}", desk.status());
        desk.settle(id, "slow", delivery.clone(), status);
        assert_eq!(desk.status(), "", "{delivery:?}");
    }
}

#[test]
fn what_another_line_says_is_not_cleared_by_a_message_that_goes_on() {
    let mut desk = Desk::default();
    let id = desk.send("slow");
    desk.refused("another");
    desk.settle(id, "slow", DeliveryStatus::Accepted, Some(200));
    assert!(desk.status().contains("refused"), "{}", desk.status());
}

#[test]
fn trouble_with_the_token_is_over_when_there_is_one() {
    let mut desk = Desk::default();
    desk.report(guestwire::engine::Report::Token(TokenStatus::BadClient("invalid_client".to_owned())));
    assert!(desk.status().contains("Fix client_id or client_secret"), "{}", desk.status());
    assert_eq!(desk.offers(), ["^P connect sign in again"], "a letter would be sent to the guest");
    desk.keys("esc");
    assert_eq!(desk.offers(), [":connect sign in again"]);
    desk.report(guestwire::engine::Report::Token(crate::support::console::valid()));
    assert_eq!(desk.status(), "Token #1 received.");
}

#[test]
fn a_letter_is_never_named_alone_in_the_composer() {
    let desk = Desk::default();
    assert_eq!(desk.state.arrangement.focus, Pane::Composer);
    for (action, named) in [
        (Action::Why, "Esc d"),
        (Action::CopyTicket, "Esc y t"),
        (Action::Session, "Alt-w"),
        (Action::Connect, "^P connect"),
        (Action::Add, "Esc 1 +"),
        (Action::Status, "Esc !"),
        (Action::Interrupt, "^C"),
        (Action::Send, "Enter"),
    ] {
        assert_eq!(desk.state.key(action), named);
    }
}
