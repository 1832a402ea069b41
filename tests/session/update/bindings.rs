//! Keys of the config: they do what they say, and every place that names a key names the live one.

use guestwire::engine::Command;
use guestwire::tui::Effect;
use guestwire::tui::Keymap;
use guestwire::tui::action::{ACTIONS, Action, Context};

use crate::support::console::{Desk, commands, rebound};

#[test]
fn a_rebound_key_works_and_the_old_one_does_not() {
    let mut desk = Desk::bound(&[rebound("global", "renew", &["b", "ctrl-r"])]);
    assert_eq!(commands(&desk.keys("esc b")), [&Command::Renew]);
    assert_eq!(commands(&desk.keys("ctrl-r")), [&Command::Renew]);
    assert_eq!(desk.keys("R"), []);
}

#[test]
fn footer_help_and_palette_name_the_live_key() {
    let keys = [rebound("global", "help", &["f9"]), rebound("composer", "composer-help", &["f9"])];
    let mut desk = Desk::bound(&keys);
    assert!(desk.footer().contains("F9 help"), "{}", desk.footer());
    desk.keys("F9 /");
    desk.type_text("help");
    let screen = desk.screen();
    assert!(screen.lines().any(|l| l.contains("F9") && l.contains("Show the keys that work here")), "{screen}");
    desk.keys("esc esc ctrl-p");
    desk.type_text("help");
    let screen = desk.screen();
    assert!(screen.lines().any(|l| l.contains("▌ help") && l.contains("F9")), "{screen}");
}

#[test]
fn an_unbound_action_is_not_in_the_footer_and_is_found_by_name() {
    let mut desk = Desk::bound(&[rebound("log", "resend", &[])]);
    desk.keys("esc");
    assert!(!desk.footer().contains("resend"), "{}", desk.footer());
    desk.keys("? /");
    desk.type_text("send again");
    assert!(desk.screen().contains(":resend  "), "{}", desk.screen());
}

#[test]
fn hints_of_the_status_line_name_the_live_keys() {
    let keys = [
        rebound("log", "resend", &["x"]),
        rebound("log", "edit-copy", &["X"]),
        rebound("log", "why", &["w"]),
        rebound("log", "copy-ticket", &["ctrl-t"]),
        rebound("log", "settle", &["U"]),
        rebound("log", "compare", &["~"]),
        rebound("composer", "composer-interrupt", &["ctrl-x"]),
        rebound("global", "interrupt", &["ctrl-x"]),
    ];
    let mut desk = Desk::bound(&keys);
    desk.refused("no");
    assert_eq!(desk.offers(), ["Esc w explain", "Esc ^T copy ticket"], "as they work in the composer");
    desk.unknown("lost");
    assert_eq!(desk.offers().first().map(String::as_str), Some("Esc U settle"));
    desk.keys("esc G ~");
    assert_eq!(desk.offers(), ["~ compare", "Esc cancel"]);
    let id = desk.send("slow");
    let delivery = guestwire::model::DeliveryStatus::Waiting {
        until: desk.now.after(std::time::Duration::from_secs(7)),
        why: "429, Retry-After 7 s".into(),
    };
    desk.settle(id, "slow", delivery, Some(429));
    assert_eq!(desk.offers(), ["^X cancel"]);
}

#[test]
fn the_footers_copy_hint_follows_the_copy_keys() {
    let mut desk = Desk::bound(
        &["copy-ids", "copy-curl", "copy-headers", "copy-body", "copy-line"]
            .iter()
            .zip(["Y i", "Y c", "Y h", "Y b", "Y y"])
            .map(|(action, key)| rebound("log", action, &[key]))
            .collect::<Vec<_>>(),
    );
    desk.resize(200, 40);
    desk.accepted("one");
    desk.keys("esc");
    assert!(desk.footer().contains("  Y y copy  "), "{}", desk.footer());
}

#[test]
fn the_composers_pair_swaps() {
    let mut desk = Desk::with(120, 36, |setup| setup.keymap = Keymap::new(&[], true).unwrap());
    desk.type_text("one");
    desk.keys("enter");
    desk.type_text("two");
    assert_eq!(desk.state.composer.text(), "one\ntwo");
    let effects = desk.keys("ctrl-j");
    assert!(matches!(effects.as_slice(), [Effect::Engine(Command::Send(..))]), "{effects:?}");
}

#[test]
fn a_key_that_types_cannot_be_bound_where_one_types() {
    for (context, action) in [("composer", "send"), ("composer", "undo"), ("dialog", "confirm"), ("dialog", "dismiss")]
    {
        for key in ["x", "space", "x y"] {
            let said = Keymap::new(&[rebound(context, action, &[key])], false).unwrap_err();
            assert!(said.iter().any(|wrong| wrong.value.contains("is text")), "{context} {action} {key}: {said:?}");
        }
    }
}

#[test]
fn dialogs_take_single_keys_only() {
    let said = Keymap::new(&[rebound("dialog", "dismiss", &["ctrl-x ctrl-x"])], false).unwrap_err();
    assert!(said.iter().any(|wrong| wrong.value.contains("single key")), "{said:?}");
}

#[test]
fn every_default_key_does_something_in_its_context() {
    let map = Keymap::new(&[], false).unwrap();
    for spec in ACTIONS {
        assert!(!spec.about.is_empty() && !spec.name.is_empty());
        let reachable = !map.keys(spec.action).is_empty() || matches!(spec.context, Context::Global);
        assert!(reachable, "{} has neither a key nor the palette", spec.name);
    }
}

#[test]
fn help_can_be_reached_by_a_key_without_a_modifier_from_every_pane() {
    for pane in ["", "esc", "esc 1", "esc t"] {
        let mut desk = Desk::default();
        desk.keys(pane);
        desk.keys("F1");
        assert!(desk.state.overlay.is_some(), "{pane}");
    }
    assert_eq!(Action::named("help"), Some(Action::Help));
}
