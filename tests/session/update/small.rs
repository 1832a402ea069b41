//! What is longer than a small screen: it scrolls with the choice, and says that there is more.

use guestwire::engine::Report;
use guestwire::journal::Restored;
use guestwire::model::TokenStatus;
use guestwire::session::LocalAnswer;
use guestwire::tui::Event;

use super::faults::{fault, lines};
use crate::support::console::{Desk, facts};

const SIZES: [(u16, u16); 2] = [(80, 24), (40, 12)];

fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::new(width, height);
    desk.keys("esc");
    desk
}

/// The row that is chosen in what stands on top, as far as it is on screen.
fn chosen(screen: &str) -> Option<&str> {
    screen.lines().find_map(|line| line.split_once("▌ ").map(|(_, rest)| rest))
}

/// The chosen line of a menu, and what follows it.
fn whole(screen: &str) -> String {
    let inside = |line: &str| line.trim_matches(|c: char| c == '│' || c.is_whitespace()).to_owned();
    let lines = screen
        .lines()
        .skip_while(|line| !line.contains("▌ "))
        .map(|line| inside(line.rsplit("▌ ").next().unwrap_or(line)));
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_fault_menu_scrolls_with_the_choice_and_says_that_there_is_more() {
    for (width, height) in SIZES {
        let mut desk = desk(width, height);
        desk.keys("B");
        assert!(desk.screen().contains(" more "), "{}", desk.screen());
        desk.keys("down down");
        for (name, _) in lines() {
            let screen = desk.screen();
            let said = whole(&screen);
            assert!(said.trim_start().starts_with(name), "{name}\n{screen}");
            desk.keys("down");
        }
        assert!(desk.screen().contains(" more "), "above:\n{}", desk.screen());
    }
}

/// A choice that is wider than the screen is said in whole while one stands on it.
#[test]
fn the_chosen_line_of_a_menu_can_be_read_in_forty_columns() {
    let mut desk = desk(40, 12);
    desk.keys("B down enter");
    let screen = desk.screen();
    assert!(screen.contains("▌ 1 as usual") && screen.contains("  2 expired-token: with a token tha…"), "{screen}");
    desk.keys("down");
    let screen = desk.screen();
    assert!(whole(&screen).starts_with("2 expired-token: with a token that is not valid any more "), "{screen}");
    assert!(screen.contains("  3 no-token"), "the others follow:\n{screen}");
    for _ in 0..5 {
        desk.keys("down");
    }
    let screen = desk.screen();
    assert!(whole(&screen).starts_with("7 oversize: with a text beyond the limit "), "{screen}");
}

#[test]
fn the_palette_says_that_there_is_more_and_names_commands_and_keys_on_any_screen() {
    for (width, height) in SIZES {
        let mut desk = desk(width, height);
        desk.keys(":");
        let screen = desk.screen();
        assert!(screen.contains(" more "), "{screen}");
        for _ in 0..30 {
            desk.keys("down");
            assert!(chosen(&desk.screen()).is_some(), "{}", desk.screen());
        }
        let mut desk = self::desk(width, height);
        desk.keys(":");
        desk.type_text("next-err");
        let screen = desk.screen();
        let row = chosen(&screen).unwrap();
        assert!(row.contains("next-error") && row.contains(']') && row.contains("Next e"), "{screen}");
    }
}

#[test]
fn the_messages_found_say_that_there_are_more() {
    for (width, height) in SIZES {
        let mut desk = Desk::new(width, height);
        for n in 0..12 {
            desk.type_text(&format!("message {n}"));
            desk.keys("enter");
        }
        desk.keys("ctrl-r");
        desk.type_text("message");
        let rows = usize::from(height - 6).min(8);
        assert!(desk.screen().contains(&format!(" {} more", 12 - rows)), "{}", desk.screen());
        for n in (0..12).rev() {
            let screen = desk.screen();
            assert!(chosen(&screen).is_some_and(|row| row.contains(&format!("message {n}"))), "{n}\n{screen}");
            desk.keys("up");
        }
        assert!(desk.screen().contains(&format!(" {} more", 12 - rows)), "below:\n{}", desk.screen());
    }
}

#[test]
fn a_page_says_how_much_there_is_above_and_below() {
    let mut desk = desk(80, 24);
    desk.keys("?");
    let more = |desk: &Desk| desk.screen().matches(" more ─").count();
    assert_eq!(more(&desk), 1, "{}", desk.screen());
    desk.keys("j");
    assert_eq!(more(&desk), 2, "{}", desk.screen());
    assert!(desk.screen().contains(" 1 more "), "{}", desk.screen());
}

#[test]
fn help_can_be_searched_in_forty_columns() {
    let mut desk = desk(40, 60);
    desk.keys("? /");
    desk.type_text("ticket");
    let screen = desk.screen();
    let row = screen.lines().position(|line| line.contains("y t  Copy a text for a ticket:")).expect(&screen);
    let next = screen.lines().nth(row + 1).unwrap();
    assert!(next.contains("      cause, evidence"), "what follows hangs:\n{screen}");
}

#[test]
fn a_conversation_that_is_named_by_its_id_is_not_named_twice() {
    let mut desk = Desk::default();
    desk.state.session.journal.open();
    desk.event(guestwire::tui::Event::Journal(guestwire::journal::JournalReport::Restored(Box::<Restored>::default())));
    desk.keys("esc 1 +");
    desk.type_text("c0ffee00-3f6e-4a98-ab8b-941167ea8907");
    desk.keys("enter");
    let screen = desk.screen();
    let title = screen.lines().find(|line| line.contains("3 To ")).unwrap();
    assert_eq!(title.matches("c0ff…8907").count(), 1, "{title}");
    desk.keys("esc 1 n ctrl-u A n n a enter enter");
    let screen = desk.screen();
    assert!(screen.contains("3 To Anna  "), "a name stands in its place:\n{screen}");
    assert_eq!(screen.matches("c0ff").count(), 1, "the list has the id:\n{screen}");
    assert!(screen.contains("  c0ffee00-3f6e-4a98-"), "{screen}");
}

/// What the status line has no room for can be read.
#[test]
fn the_status_page_says_the_whole_of_a_line_that_is_cut() {
    let mut desk = desk(40, 12);
    desk.keys("x");
    assert_eq!(desk.status(), "Nothing was added: guest-api messages carry text only.");
    assert!(!desk.screen().contains("text only."), "{}", desk.screen());
    desk.keys("!");
    let screen = desk.screen();
    assert!(screen.contains("Message    Nothing was added:") && screen.contains("text only."), "{screen}");
    desk.resize(80, 24);
    assert!(!desk.screen().contains("Message  "), "there is room: {}", desk.screen());
}

/// What warns is said before what is well.
#[test]
fn the_top_row_of_a_small_screen_keeps_what_warns() {
    for (width, height) in [(40, 12), (50, 14), (60, 18), (80, 24)] {
        let mut desk = desk(width, height);
        desk.report(Report::Token(TokenStatus::Valid(facts(&[], &["guest:messages:send"]))));
        desk.event(Event::Local(LocalAnswer::Faults(vec![fault(r#"{"fault":"scope-stripped"}"#)])));
        let screen = desk.screen();
        let top = screen.lines().next().unwrap_or_default();
        assert!(top.contains("scope missing") && top.contains("fault"), "{width}: {top}");
        desk.event(Event::Local(LocalAnswer::Faults(Vec::new())));
        let screen = desk.screen();
        let top = screen.lines().next().unwrap_or_default();
        assert!(top.contains("scope missing"), "{width}: {top}");
    }
}
