//! The words beside keys are read whole.

use crate::tui::state::key_hints::*;

#[test]
fn every_line_names_an_action() {
    let text = include_str!("../../../../assets/key-words.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    assert_eq!(GROUPS.iter().map(|(_, keys)| keys.len()).sum::<usize>(), lines.count());
    let places = ["typing", "conversations", "log", "thread", "test run", "test run over", "demo", "verdicts"];
    assert!(places.iter().all(|place| !group(place).is_empty()));
    assert!(!group("card, after the first of two keys").is_empty());
    for place in ["moves: conversations", "moves: log", "moves: test run"] {
        let (pairs, rest) = group(place).as_chunks::<2>();
        assert!(!pairs.is_empty() && rest.is_empty(), "{place}");
        assert!(pairs.iter().all(|[back, forth]| back.1 == forth.1), "{place}");
    }
}
