//! Which pane the keys go to.

use guestwire::tui::Effect;
use guestwire::tui::state::Pane;
use guestwire::tui::state::{Overlay, Page, PageContent};

use crate::support::console::Desk;

#[test]
fn begins_in_the_composer_of_the_first_conversation() {
    let desk = Desk::default();
    assert_eq!(desk.state.arrangement.focus, Pane::Composer);
    assert_eq!(desk.state.active_name(), "Billing bot");
}

#[test]
fn keys_lead_to_panes() {
    for (keys, pane) in [
        ("esc", Pane::Log),
        ("esc 1", Pane::Picker),
        ("esc 1 2", Pane::Log),
        ("esc 3", Pane::Composer),
        ("esc c", Pane::Composer),
        ("esc i", Pane::Composer),
        ("esc 1 c", Pane::Composer),
    ] {
        let mut desk = Desk::default();
        assert_eq!(desk.keys(keys), [], "{keys}");
        assert_eq!(desk.state.arrangement.focus, pane, "{keys}");
    }
}

#[test]
fn tab_goes_round_all_panes_and_back() {
    let mut desk = Desk::default();
    let mut seen = Vec::new();
    for _ in 0..4 {
        desk.keys("tab");
        seen.push(desk.state.arrangement.focus);
    }
    assert_eq!(seen, [Pane::Picker, Pane::Thread, Pane::Log, Pane::Composer]);
    for pane in seen.into_iter().rev().skip(1) {
        desk.keys("shift-tab");
        assert_eq!(desk.state.arrangement.focus, pane);
    }
}

#[test]
fn tab_never_types_a_tab() {
    let mut desk = Desk::default();
    desk.keys("tab");
    assert_eq!(desk.state.composer.text(), "");
}

#[test]
fn in_the_composer_every_character_is_text() {
    let mut desk = Desk::default();
    assert_eq!(desk.type_text("/help :q ?1234 y#+!"), []);
    assert_eq!(desk.state.composer.text(), "/help :q ?1234 y#+!");
    assert!(desk.state.overlay.is_none());
}

#[test]
fn alt_and_a_key_equal_esc_and_the_key() {
    for key in ["1", "2", "c", "z", "t", "?", ":", "/", "q", "y"] {
        let (mut slow, mut fast) = (Desk::default(), Desk::default());
        let one = slow.keys(&format!("esc {key}"));
        let two = fast.keys(&format!("alt-{key}"));
        assert_eq!(one, two, "{key}");
        assert_eq!(slow.state.arrangement.focus, fast.state.arrangement.focus, "{key}");
        assert_eq!(slow.state.arrangement.zoomed, fast.state.arrangement.zoomed, "{key}");
        assert_eq!(slow.state.keys.deadlines(), fast.state.keys.deadlines(), "{key}");
        assert_eq!(slow.screen(), fast.screen(), "{key}");
    }
}

#[test]
fn alt_closes_what_is_on_top_as_esc_does() {
    for open in ["?", ":", "/", "!", "T"] {
        let (mut slow, mut fast) = (Desk::default(), Desk::default());
        slow.keys(&format!("esc {open}"));
        fast.keys(&format!("esc {open}"));
        slow.keys("esc c");
        fast.keys("alt-c");
        assert!(fast.state.overlay.is_none(), "{open}");
        assert_eq!(slow.state.arrangement.focus, fast.state.arrangement.focus, "{open}");
    }
}

#[test]
fn alt_leaves_a_menu_and_a_search_as_esc_does() {
    let mut desk = Desk::default();
    let colours = desk.state.look.theme.colors.name.clone();
    desk.command("theme");
    desk.keys("down alt-c");
    assert_eq!(desk.state.look.theme.colors.name, colours, "what is only looked at is not taken");
    let (mut slow, mut fast) = (Desk::default(), Desk::default());
    slow.keys("esc ? / x esc j");
    fast.keys("esc ? / x alt-j");
    assert_eq!(slow.screen(), fast.screen(), "only the search is left");
}

#[test]
fn zoom_gives_a_pane_the_screen_and_gives_it_back() {
    let mut desk = Desk::default();
    desk.keys("esc z");
    let panes = desk.state.panes();
    assert!(panes.log.is_some() && panes.picker.is_none() && panes.composer.is_none());
    desk.keys("z");
    assert!(desk.state.panes().composer.is_some());
    desk.keys("z esc");
    assert!(!desk.state.arrangement.zoomed, "Esc gives it back, too");
    desk.keys("z q");
    assert!(!desk.state.arrangement.zoomed, "and q");
}

#[test]
fn leaving_a_zoomed_composer_gives_the_screen_back() {
    let mut desk = Desk::default();
    desk.keys("esc z 3 esc");
    assert!(!desk.state.arrangement.zoomed);
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
}

#[test]
fn the_thread_comes_over_the_log_where_there_is_no_room_for_both() {
    let mut desk = Desk::new(60, 18);
    desk.keys("esc t");
    assert_eq!(desk.state.arrangement.focus, Pane::Thread);
    assert!(desk.state.panes().log.is_none());
    desk.keys("t");
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
    desk.keys("t esc");
    assert_eq!(desk.state.arrangement.focus, Pane::Log, "Esc leaves it");
    desk.keys("t 2");
    assert_eq!(desk.state.arrangement.focus, Pane::Log, "2 is the log, whatever stands over it");
    assert!(!desk.state.arrangement.thread_covers_log());
}

#[test]
fn the_thread_beside_the_log_can_be_put_away() {
    let mut desk = Desk::new(160, 50);
    assert!(desk.state.panes().thread.is_some());
    desk.keys("esc tab tab tab");
    assert_eq!(desk.state.arrangement.focus, Pane::Thread);
    desk.keys("t");
    assert!(desk.state.panes().thread.is_none());
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
}

#[test]
fn the_focus_moves_where_a_resize_takes_its_pane_away() {
    let mut desk = Desk::new(160, 50);
    desk.keys("esc tab tab tab");
    assert_eq!(desk.state.arrangement.focus, Pane::Thread);
    desk.resize(60, 18);
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
    desk.resize(0, 0);
    desk.resize(160, 50);
    assert!(desk.state.panes().get(desk.state.arrangement.focus).is_some());
}

#[test]
fn the_same_size_again_asks_for_nothing_of_update() {
    let mut desk = Desk::default();
    assert_eq!(desk.resize(120, 36), []);
}

#[test]
fn redraw_and_suspend_work_everywhere() {
    for focus in ["", "esc", "esc 1"] {
        let mut desk = Desk::default();
        desk.keys(focus);
        assert_eq!(desk.keys("ctrl-l"), [Effect::Redraw]);
        assert_eq!(desk.keys("ctrl-z"), [Effect::Suspend]);
    }
}

#[test]
fn pages_scroll_and_close() {
    for (open, close) in
        [("?", "?"), ("?", "esc"), ("?", "q"), ("!", "!"), ("!", "enter"), ("F1", "F1"), ("?", "ctrl-c")]
    {
        let mut desk = Desk::new(80, 24);
        desk.keys("esc");
        desk.keys(open);
        let top = desk.screen();
        desk.keys("j down pgdn space");
        if open == "?" {
            assert_ne!(desk.screen(), top, "{open}");
        }
        desk.keys("g");
        assert_eq!(desk.screen(), top, "{open}");
        assert_eq!(desk.keys(close), []);
        assert!(desk.state.overlay.is_none(), "{open} {close}");
    }
}

#[test]
fn scrolling_past_the_end_of_a_page_is_not_paid_back() {
    let mut desk = Desk::new(80, 24);
    desk.keys("esc ?");
    for _ in 0..40 {
        desk.keys("pgdn");
    }
    let bottom = desk.screen();
    desk.keys("pgup");
    assert_ne!(desk.screen(), bottom, "one page up shows another page at once");
}

#[test]
fn help_names_keys_as_they_work_where_one_stands() {
    for (keys, why) in [("esc ?", " d why refused"), ("esc 1 ?", "2 d why refused"), ("F1", "Esc d why refused")] {
        let mut desk = Desk::default();
        desk.keys(keys);
        assert!(matches!(desk.state.overlay, Some(Overlay::Page(Page { content: PageContent::Help(_), .. }))));
        assert!(desk.screen().contains(why), "{}", desk.screen());
    }
}
