//! Tests of `config::problem`.

use std::path::Path;

use crate::config::problem::*;

#[test]
fn positions_count_lines_and_characters() {
    let text = "a = 1\né = 'ü' x\n";
    let at = text.find('x').map(|x| position(text, &(x..x + 1)));
    assert_eq!(at, Some(FilePosition { line: 2, column: 9 }));
    assert_eq!(position(text, &(999..1000)), FilePosition { line: 3, column: 1 });
}

#[test]
fn sentences_are_safe_for_a_terminal() {
    let problem = Problem::at(Path::new("c\u{1b}.toml"), FilePosition { line: 1, column: 2 }, "unknown field `\u{7}`");
    assert_eq!(problem.to_string(), "c␛.toml:1:2: unknown field `␇`");
}
