//! Names of keys, there and back.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::tui::chord::*;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[test]
fn names_and_events_meet() {
    let event = |code, modifiers| Chord::of(KeyEvent::new(code, modifiers));
    assert_eq!(Chord::parse("ctrl-p").unwrap(), event(KeyCode::Char('P'), KeyModifiers::CONTROL));
    assert_eq!(Chord::parse("?").unwrap(), event(KeyCode::Char('?'), KeyModifiers::SHIFT));
    assert_eq!(Chord::parse("G").unwrap(), event(KeyCode::Char('G'), KeyModifiers::SHIFT));
    assert_eq!(Chord::parse("shift-tab").unwrap(), event(KeyCode::BackTab, KeyModifiers::SHIFT));
    assert_eq!(Chord::parse("backspace").unwrap(), event(KeyCode::Char('h'), KeyModifiers::CONTROL));
    assert_eq!(Chord::parse("ctrl-_").unwrap(), event(KeyCode::Char('7'), KeyModifiers::CONTROL));
    assert_eq!(Chord::parse("-").unwrap(), event(KeyCode::Char('-'), KeyModifiers::NONE));
    assert_eq!(Chord::parse("F5").unwrap(), event(KeyCode::F(5), KeyModifiers::NONE));
}

#[test]
fn display_parses_back() {
    for name in ["alt-enter", "space", "F2", "pgdn", "=", ":", "shift-tab"] {
        let chord = Chord::parse(name).unwrap();
        assert_eq!(Chord::parse(&chord.to_string()).unwrap(), chord, "{name}");
    }
    assert_eq!(KeySequence::parse("y c").unwrap().to_string(), "y c");
    assert_eq!(KeySequence::parse("ctrl-l").unwrap().to_string(), "^L");
}

#[test]
fn unknown_names_are_sentences() {
    assert!(KeySequence::parse("hyper-x").unwrap_err().contains("“hyper”"));
    assert!(KeySequence::parse("a b c").unwrap_err().contains("two in a row"));
    assert!(KeySequence::parse(" ").is_err());
}
