//! The words beside keys are read whole.

use crate::tui::state::key_hints::*;

#[test]
fn every_line_names_an_action() {
    let text = include_str!("../../../../assets/key-words.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    assert_eq!(GROUPS.iter().map(|(_, keys)| keys.len()).sum::<usize>(), lines.count());
    let places = ["typing", "conversations", "log", "thread", "test run", "test run over", "demo", "verdicts"];
    assert!(places.iter().all(|place| !group(place).is_empty()));
}
