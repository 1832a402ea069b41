//! Commands by name.

use guestwire::engine::Command;
use guestwire::tui::Effect;
use guestwire::tui::state::Overlay;
use guestwire::tui::state::Palette;
use guestwire::tui::state::Pane;

use crate::support::console::{Desk, RETURNS, commands, real_place};

fn palette(desk: &Desk) -> &Palette {
    match &desk.state.overlay {
        Some(Overlay::Palette(palette)) => palette,
        other => panic!("no palette: {other:?}"),
    }
}

#[test]
fn three_ways_open_it() {
    for keys in ["esc :", "ctrl-p", "F2", "esc ctrl-p", "esc F2"] {
        let mut desk = Desk::default();
        desk.keys(keys);
        assert!(!palette(&desk).items.is_empty(), "{keys}");
    }
}

#[test]
fn what_it_finds_is_done() {
    let mut desk = Desk::default();
    assert_eq!(commands(&desk.command("renew")), [&Command::Renew]);
    assert!(desk.state.overlay.is_none());
}

#[test]
fn a_command_of_another_pane_takes_one_there() {
    let mut desk = Desk::default();
    desk.command("nickname");
    assert_eq!(desk.state.arrangement.focus, Pane::Picker);
    assert!(matches!(desk.state.overlay, Some(Overlay::Prompt(_))));
}

#[test]
fn a_disabled_command_stays_listed_with_its_reason() {
    let mut desk = Desk::with(120, 36, |setup| setup.session.profile = real_place(false));
    desk.keys("ctrl-p");
    desk.type_text("arm");
    assert!(desk.screen().contains("(this profile is"), "{}", desk.screen());
    assert_eq!(desk.keys("enter"), []);
    assert_eq!(desk.status(), "Not now: this profile is not production.");
}

#[test]
fn reasons_follow_what_is_chosen() {
    let mut desk = Desk::default();
    desk.keys("ctrl-p");
    desk.type_text("settle");
    assert_eq!(palette(&desk).items[0].disabled, Some("the chosen log entry has no unknown outcome"));
    desk.keys("esc");
    desk.unknown("where is it");
    desk.keys("esc G ctrl-p");
    desk.type_text("settle");
    assert_eq!(palette(&desk).items[0].disabled, None);
}

#[test]
fn at_jumps_to_a_conversation() {
    let mut desk = Desk::default();
    let effects = desk.command("@retu");
    assert_eq!(desk.state.session.conversations.active(), Some(RETURNS));
    assert_eq!(desk.state.arrangement.focus, Pane::Composer);
    assert_eq!(commands(&effects), [&Command::Watch(Some(RETURNS)), &Command::Read(RETURNS)]);
}

#[test]
fn at_finds_a_conversation_that_the_pickers_filter_hides() {
    let mut desk = Desk::default();
    desk.keys("esc 1 /");
    desk.type_text("bill");
    desk.keys("enter");
    desk.command("@retu");
    assert_eq!(desk.state.session.conversations.active(), Some(RETURNS));
    assert_eq!(desk.state.composer.active(), Some(RETURNS), "what is typed goes where the title says");
    assert_eq!(desk.state.active_name(), "Returns queue");
}

#[test]
fn a_number_jumps_to_a_log_entry() {
    let mut desk = Desk::default();
    for text in ["one", "two", "three"] {
        desk.accepted(text);
    }
    desk.command("#2");
    assert_eq!(desk.state.session.log.selected().map(guestwire::session::LogEntry::number), Some(2));
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
    desk.command("#77");
    assert_eq!(desk.status(), "There is no row #77 in the log.");
}

#[test]
fn nothing_of_that_name_is_said() {
    let mut desk = Desk::default();
    desk.keys("ctrl-p");
    desk.type_text("zzzzqqq");
    assert!(desk.screen().contains("nothing of that name"));
    assert_eq!(desk.keys("enter"), []);
    assert_eq!(desk.status(), "No command has that name.");
}

#[test]
fn arrows_choose_and_stop_at_the_ends() {
    let mut desk = Desk::default();
    desk.keys("ctrl-p up down down up");
    assert_eq!(palette(&desk).chosen, 1);
    for _ in 0..200 {
        desk.keys("down");
    }
    assert_eq!(palette(&desk).chosen, palette(&desk).items.len() - 1);
    assert!(desk.screen().lines().any(|l| l.contains("▌ ")), "the chosen one is in view");
}

#[test]
fn a_page_turn_moves_by_more_than_one() {
    let mut desk = Desk::default();
    desk.keys("ctrl-p pgdn");
    assert!(palette(&desk).chosen > 5);
    desk.keys("pgup");
    assert_eq!(palette(&desk).chosen, 0);
}

#[test]
fn every_listed_command_can_be_done_without_a_panic_anywhere() {
    for pane in ["", "esc", "esc 1", "esc t"] {
        let mut desk = Desk::default();
        desk.keys(pane);
        desk.keys("ctrl-p");
        let names: Vec<String> = palette(&desk).items.iter().map(|i| i.name.clone()).collect();
        assert!(names.len() > 50);
        for name in names {
            let mut desk = Desk::default();
            desk.refused("no");
            desk.keys("esc");
            desk.keys(pane);
            let effects = desk.command(&name);
            assert!(!effects.iter().any(|e| matches!(e, Effect::Quit)) || name == "quit", "{name}");
            desk.screen();
        }
    }
}

#[test]
fn a_command_is_what_its_whole_name_finds_first() {
    let desk = {
        let mut desk = Desk::default();
        desk.keys("ctrl-p");
        desk
    };
    for item in &palette(&desk).items {
        let mut other = Desk::default();
        other.keys("ctrl-p");
        other.type_text(&item.name);
        assert_eq!(palette(&other).items[0].name, item.name);
    }
}
