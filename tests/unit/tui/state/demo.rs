//! Tests of `tui::state::demo`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crossterm::event::KeyCode;

use crate::model::Moment;
use crate::tui::state::Pane;
use crate::tui::state::demo::words::Aliases;
use crate::tui::state::demo::*;
use crate::tui::{Action, Chord};

#[test]
fn the_narration_is_walked_through_and_back() {
    let mut present = Present::new(Aliases::default(), Pane::Log, None);
    for (at, text) in ["one", "two", "two", "three"].iter().enumerate() {
        present.narrate(Moment::ZERO, (*text).to_owned(), at);
    }
    assert_eq!(present.narration.len(), 3);
    assert!(!present.forward());
    present.change(Action::PresentBack);
    assert_eq!((present.line().unwrap().text.as_str(), present.shown(9)), ("two", 2));
    present.change(Action::PresentBack);
    present.change(Action::PresentBack);
    assert_eq!((present.line().unwrap().text.as_str(), present.shown(9)), ("one", 0));
    assert!(present.forward() && present.forward() && !present.forward());
    assert_eq!((present.line().unwrap().text.as_str(), present.shown(9)), ("three", 9));
}

#[test]
fn only_the_last_chords_are_shown() {
    let mut present = Present::new(Aliases::default(), Pane::Log, None);
    for n in '0'..='8' {
        present.show_chord(Chord::of(KeyCode::Char(n).into()));
    }
    assert_eq!(present.chords, ["4", "5", "6", "7", "8"]);
}
