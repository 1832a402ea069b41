//! Tests of `tui::state::demo`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::model::Moment;
use crate::tui::state::Pane;
use crate::tui::state::demo::words::Aliases;
use crate::tui::state::demo::*;

#[test]
fn beats_are_walked_through_and_back() {
    let mut present = Present::new(Aliases::default(), Pane::Log);
    for (at, said) in ["one", "two", "two", "three"].iter().enumerate() {
        present.say(Moment::ZERO, *said, at);
    }
    assert_eq!(present.beats.len(), 3);
    assert!(!present.forward());
    present.back();
    assert_eq!((present.beat().unwrap().said.as_str(), present.shown(9)), ("two", 2));
    present.back();
    present.back();
    assert_eq!((present.beat().unwrap().said.as_str(), present.shown(9)), ("one", 0));
    assert!(present.forward() && present.forward() && !present.forward());
    assert_eq!((present.beat().unwrap().said.as_str(), present.shown(9)), ("three", 9));
}

#[test]
fn only_the_last_chords_are_shown() {
    let mut present = Present::new(Aliases::default(), Pane::Log);
    for n in 0..9 {
        present.press(n.to_string());
    }
    assert_eq!(present.pressed, ["4", "5", "6", "7", "8"]);
}
