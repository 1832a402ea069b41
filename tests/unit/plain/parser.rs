//! Tests of `plain::parser`.

use super::*;

#[test]
fn every_text_can_be_sent() {
    for (line, meaning) in [
        ("hello", ParsedLine::Text("hello")),
        (" .open 2", ParsedLine::Text(" .open 2")),
        ("..", ParsedLine::Text(".")),
        ("..open 2", ParsedLine::Text(".open 2")),
        ("...", ParsedLine::Text("..")),
        ("/quit", ParsedLine::Text("/quit")),
        (" \t", ParsedLine::Blank),
        (".open  2 ", ParsedLine::Command("open", "2")),
        (".say .open 2", ParsedLine::Text(".open 2")),
        (".say  two blanks ", ParsedLine::Text(" two blanks ")),
        (".help", ParsedLine::Command("help", "")),
        (".", ParsedLine::Command("", "")),
    ] {
        assert_eq!(read(line), meaning, "{line:?}");
    }
}

#[test]
fn a_block_takes_every_line() {
    let line = |t: &str| BlockLine::Line(t.to_owned());
    for (typed, inner) in [
        ("", line("")),
        (".open 2", line(".open 2")),
        ("..end", line(".end")),
        ("...", line("..")),
        (" .end", line(" .end")),
        (".end ", BlockLine::End),
        (".drop", BlockLine::Drop),
    ] {
        assert_eq!(read_inner(typed), inner, "{typed:?}");
    }
}
