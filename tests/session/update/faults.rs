//! The fault menu, and colours.

use guestwire::engine::Report;
use guestwire::model::{DeliveryStatus, FAULTS, Fault, Variation};
use guestwire::session::{LocalAnswer, LocalRequest};
use guestwire::tui::{Effect, Event};

use crate::support::console::{Desk, real_place};

/// The faults of the menu, group by group: what stands on screen, and the JSON of the sandbox's control API.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAULTS.iter().flat_map(|row| row.menu.iter().copied())
}

/// A fault of the sandbox's control API.
pub fn fault(json: &str) -> Fault {
    Fault::parse(&serde_json::from_str(json).unwrap()).unwrap()
}

#[test]
fn every_fault_of_the_menu_is_asked_for_as_it_stands() {
    for (at, (name, json)) in lines().enumerate() {
        let mut desk = Desk::default();
        desk.keys("esc B");
        for _ in 0..at + 2 {
            desk.keys("down");
        }
        assert!(desk.screen().contains(name), "{name}: the chosen line is in view");
        assert_eq!(
            desk.keys("enter"),
            [Effect::Local(LocalRequest::Fault(Some(json.to_owned()))), Effect::Local(LocalRequest::TellFaults)]
        );
    }
}

/// Of two lines of one fault, the one that was chosen is on.
#[test]
fn the_menu_marks_the_line_that_is_on() {
    let mut desk = Desk::default();
    desk.event(Event::Local(LocalAnswer::Faults(vec![fault(r#"{"fault":"rate-limited","form":"date"}"#)])));
    desk.keys("esc B");
    desk.type_text("429");
    let screen = desk.screen();
    assert_eq!(screen.matches("ON").count(), 1, "{screen}");
    assert!(screen.contains("Retry-After as a date   ON"), "{screen}");
}

/// The badge says what the sandbox said when it was asked last, and it is asked after each exchange.
#[test]
fn the_badge_stays_as_long_as_a_fault_waits_or_holds() {
    let mut desk = Desk::default();
    desk.keys("esc B down down enter");
    assert!(!desk.screen().contains("fault on:"), "a fault that acts at once leaves nothing to wait for");
    desk.event(Event::Local(LocalAnswer::Faults(vec![fault(r#"{"fault":"rate-limited"}"#)])));
    assert!(desk.screen().contains("fault on:"));
    desk.keys("!");
    assert!(desk.screen().contains("Faults     rate-limited (once)"), "{}", desk.screen());
    desk.keys("esc");
    let id = desk.send("hello");
    let made = crate::support::console::exchange_of(
        1,
        desk.now,
        Some((id, crate::support::console::BILLING)),
        "hello",
        &DeliveryStatus::Accepted,
        Some(200),
    );
    let effects = desk.report(Report::Exchange(std::sync::Arc::new(made.clone())));
    assert!(effects.contains(&Effect::Local(LocalRequest::TellFaults)), "{effects:?}");
    desk.event(Event::Local(LocalAnswer::Faults(Vec::new())));
    assert!(!desk.screen().contains("fault on:"));
    assert!(
        !desk.report(Report::Exchange(std::sync::Arc::new(made))).contains(&Effect::Local(LocalRequest::TellFaults))
    );
}

#[test]
fn the_first_line_lifts_all() {
    let mut desk = Desk::default();
    desk.keys("esc B down down enter B");
    assert_eq!(desk.keys("enter"), [Effect::Local(LocalRequest::Fault(None))]);
    assert!(!desk.screen().contains("fault on:"));
}

#[test]
fn the_badge_tells_only_of_faults_that_were_set() {
    let mut desk = Desk::default();
    desk.keys("esc B down down enter");
    desk.event(Event::Done(Err("The fault was not set: no such fault.".to_owned())));
    assert_eq!(desk.status(), "The fault was not set: no such fault.");
}

#[test]
fn a_real_organisation_gets_the_faults_of_this_side_only() {
    let mut desk = Desk::with(120, 36, |setup| setup.session.profile = real_place(false));
    assert_eq!(desk.keys("esc B"), []);
    let screen = desk.screen();
    assert!(screen.contains("Send the next message wrongly on purpose"), "{screen}");
    assert!(!lines().any(|(name, _)| screen.contains(name)), "{screen}");
}

#[test]
fn menus_take_letters_and_digits() {
    let mut desk = Desk::default();
    desk.keys("esc B down enter j j j k");
    let line = |n: usize| format!("▌ {} {}: ", n + 2, Variation::ALL[n]);
    assert!(desk.screen().contains(&line(1)), "{}", desk.screen());
    desk.keys("4");
    assert!(desk.screen().contains(&line(2)), "{}", desk.screen());
    assert_eq!(desk.keys("q"), []);
    assert!(desk.state.overlay.is_none());
}

/// Where there are more choices than digits, letters and digits find one.
#[test]
fn the_bench_is_filtered_by_what_is_typed() {
    let mut desk = Desk::default();
    desk.keys("esc B");
    assert!(desk.screen().contains("Type to filter."), "{}", desk.screen());
    desk.keys("j q 4");
    let screen = desk.screen();
    assert!(
        screen.contains("filter: jq4   nothing matches") && !lines().any(|(name, _)| screen.contains(name)),
        "{screen}"
    );
    assert_eq!(desk.keys("enter"), [], "nothing fits");
    desk.keys("backspace backspace backspace");
    let (name, json) = lines().nth(1).unwrap();
    desk.type_text(name);
    assert!(desk.screen().contains(&format!("▌   {name}")), "{}", desk.screen());
    assert!(!desk.screen().contains(lines().next().unwrap().0), "{}", desk.screen());
    assert_eq!(
        desk.keys("enter"),
        [Effect::Local(LocalRequest::Fault(Some(json.to_owned()))), Effect::Local(LocalRequest::TellFaults)]
    );
}

#[test]
fn colours_change_at_once_and_the_text_does_not() {
    let mut desk = Desk::default();
    let before = desk.screen();
    let (styled, _) = desk.draw();
    desk.command("theme");
    let names: Vec<_> = guestwire::tui::theme_names().collect();
    assert!(names.len() > 1);
    let other = names.iter().position(|name| *name != desk.state.look.theme.colors.name).unwrap();
    let shown = names.iter().position(|name| *name == desk.state.look.theme.colors.name).unwrap();
    for _ in shown..other {
        desk.keys("down");
    }
    assert_eq!(desk.state.look.theme.colors.name, names[other], "it is shown before it is chosen");
    desk.keys("esc");
    assert_eq!(desk.state.look.theme.colors.name, names[shown], "and taken back where it is not");
    desk.command("theme");
    for _ in shown..other {
        desk.keys("down");
    }
    desk.keys("enter");
    assert_eq!(desk.state.look.theme.colors.name, names[other]);
    desk.state.status.clear();
    assert_eq!(desk.screen(), before);
    assert_ne!(desk.draw().0, styled);
}

#[test]
fn colour_comes_back_after_monochrome_unless_none_is_wanted_at_all() {
    for (none_wanted, coloured) in [(false, true), (true, false)] {
        let mut desk = Desk::default();
        desk.state.look.theme.no_color = none_wanted;
        for name in ["monochrome", "dark"] {
            desk.command("theme");
            let at = guestwire::tui::theme_names().position(|known| known == name).unwrap();
            let from =
                guestwire::tui::theme_names().position(|known| known == desk.state.look.theme.colors.name).unwrap();
            for _ in at.min(from)..at.max(from) {
                desk.keys(if at > from { "down" } else { "up" });
            }
            desk.keys("enter");
            assert_eq!(desk.state.look.theme.colors.name, name);
        }
        assert_eq!(!desk.state.look.theme.mono, coloured);
    }
}
