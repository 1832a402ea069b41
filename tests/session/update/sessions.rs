//! The guest session of a web conversation: where it stands on screen, and what can be asked of it.

use std::time::Duration;

use guestwire::engine::{Command, Report};
use guestwire::model::{DeliveryStatus, MessageId, SessionAsk, WebSession};
use guestwire::tui::Event;
use guestwire::tui::state::Overlay;

use super::live::{desk, menu, open, opened, session, top, web};
use crate::support::console::{BILLING, commands};
use crate::support::fixtures::WEB;

#[test]
fn the_session_takes_the_tokens_place_where_a_web_conversation_is_open() {
    let mut desk = desk();
    assert!(top(&desk).contains("token ok"));
    open(&mut desk, WEB);
    assert!(top(&desk).contains("session closed") && !top(&desk).contains("token"), "{}", top(&desk));
    let open = opened(&desk);
    session(&mut desk, open);
    assert!(top(&desk).contains("session 72 h"), "{}", top(&desk));
    let at = desk.now.after(Duration::from_secs(4));
    session(&mut desk, WebSession::Reconnecting(at, "the server closed it".into()));
    assert!(top(&desk).contains("session reconnecting 4 s"), "{}", top(&desk));
    assert!(desk.screen().lines().any(|line| line.starts_with("▌ reconnecting 4 s ")), "{}", desk.screen());
    desk.pass(1_000);
    desk.event(Event::Deadline);
    assert!(top(&desk).contains("session reconnecting 3 s"), "{}", top(&desk));
}

#[test]
fn each_end_of_a_session_is_a_sentence_with_the_key_that_goes_on() {
    let mut desk = web();
    session(&mut desk, WebSession::Connecting);
    session(&mut desk, WebSession::Open { expires: None, new: false });
    assert_eq!(desk.status(), "The session is open.", "nobody knows here that it was open before");
    let why = "the conversation was ended by the bot";
    session(&mut desk, WebSession::ReadOnly(format!("{why}.").into()));
    assert_eq!(desk.status(), format!("The session of “Anna, web” is read-only: {why}."));
    assert_eq!(desk.offers(), ["Alt-w start a new one"]);
    session(&mut desk, WebSession::Ended("the session expired".into()));
    assert_eq!(desk.status(), "The session of “Anna, web” has ended: the session expired.");
    session(&mut desk, WebSession::Unreachable("connecting: refused; tried 8 times".into()));
    assert_eq!(desk.status(), "“Anna, web” cannot be reached: connecting: refused; tried 8 times. Messages wait.");
    session(&mut desk, WebSession::Closed);
    assert_eq!(desk.status(), "The session is closed.");
    open(&mut desk, BILLING);
    session(&mut desk, WebSession::ReadOnly(why.into()));
    assert!(desk.status().starts_with("The session of “Anna, web” is read-only"), "{}", desk.status());
}

#[test]
fn a_refused_upgrade_leads_to_its_explanation() {
    let mut desk = desk();
    open(&mut desk, WEB);
    let delivery = DeliveryStatus::Refused("403 the origin is not allowed".into());
    let made = crate::support::console::exchange_of(
        7,
        desk.now,
        Some((MessageId(900), WEB)),
        "open the socket",
        &delivery,
        Some(403),
    );
    desk.report(Report::Exchange(std::sync::Arc::new(made)));
    session(&mut desk, WebSession::Connecting);
    session(&mut desk, WebSession::Ended("the upgrade was refused with 403".into()));
    assert_eq!(desk.status(), "The session of “Anna, web” was not opened: the upgrade was refused with 403.");
    assert_eq!(desk.offers(), ["Alt-w start a new one", "Esc d explain"]);
}

/// What the menu offers in each state: the lines that can be taken.
#[test]
fn the_menu_offers_what_makes_sense_and_says_why_the_rest_does_not() {
    use SessionAsk::{Clear, Close, Connect, Health, History, Join, NewGuest, StartNew};
    let why = String::new;
    let at = desk().now.after(Duration::from_secs(4));
    for (state, can, first) in [
        (WebSession::Closed, vec![Connect, StartNew, NewGuest], 0),
        (WebSession::Connecting, vec![Close], 7),
        (opened(&desk()), vec![StartNew, NewGuest, Join, History, Health, Clear, Close], 5),
        (WebSession::ReadOnly(why().into()), vec![StartNew, NewGuest, History, Health, Close], 1),
        (WebSession::Reconnecting(at, why().into()), vec![Connect, StartNew, NewGuest, Close], 0),
        (WebSession::Unreachable(why().into()), vec![Connect, StartNew, NewGuest, Close], 0),
        (WebSession::Ended(why().into()), vec![Connect, StartNew, NewGuest], 1),
    ] {
        let mut desk = desk();
        open(&mut desk, WEB);
        session(&mut desk, state.clone());
        desk.keys("esc w");
        let lines = menu(&desk);
        assert_eq!(lines.len(), 8);
        let Some(Overlay::Menu(menu)) = &desk.state.overlay else { panic!() };
        assert_eq!(menu.chosen, first, "{state:?}");
        let offered = menu.items.iter().map(|(_, choice)| format!("{choice:?}"));
        let offered: Vec<_> = offered.filter(|choice| !choice.starts_with("NotNow(")).collect();
        let expected: Vec<_> = can.iter().map(|ask| format!("Session({WEB:?}, {ask:?})")).collect();
        assert_eq!(offered, expected, "{state:?}");
        assert_eq!(lines.iter().filter(|l| l.contains("not now, ")).count(), 8 - can.len());
    }
}

#[test]
fn what_can_be_taken_back_goes_at_once_and_the_rest_is_asked() {
    use SessionAsk::{Clear, Close, Connect, Health, History, Join, NewGuest, StartNew};
    for (name, ask, asks, from_closed) in [
        ("session-connect", Connect, false, true),
        ("session-new", StartNew, false, false),
        ("session-guest", NewGuest, true, false),
        ("session-join", Join, false, false),
        ("session-history", History, false, false),
        ("session-health", Health, false, false),
        ("session-clear", Clear, true, false),
        ("session-close", Close, true, false),
    ] {
        let mut desk = web();
        if from_closed {
            session(&mut desk, WebSession::Closed);
        }
        let mut effects = desk.command(name);
        assert_eq!(matches!(desk.state.overlay, Some(Overlay::Ask(_))), asks, "{name}");
        if asks {
            assert_eq!(effects, []);
            effects = desk.keys("enter");
        }
        assert_eq!(commands(&effects), [&Command::Session(WEB, ask)], "{name}");
        assert!(!desk.status().contains("Joined"), "it is asked for only: {}", desk.status());
    }
}

#[test]
fn a_session_that_moved_on_while_it_was_asked_about_is_left_alone() {
    let mut desk = web();
    desk.command("session-clear");
    session(&mut desk, WebSession::ReadOnly("ended".into()));
    assert_eq!(desk.keys("enter"), []);
    assert_eq!(desk.status(), "Nothing was done: meanwhile it is read-only.");
}

#[test]
fn a_conversation_without_a_session_says_so() {
    let mut desk = desk();
    desk.keys("esc w");
    assert_eq!(desk.status(), "No session here: only web-messaging has a session.");
    // In the picker the chosen one is meant.
    desk.keys("1 G w");
    assert_eq!(menu(&desk).len(), 8);
}
