//! Tests of `plain::parser`.

use crate::plain::parser::{ParsedLine, read};

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
