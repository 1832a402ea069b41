//! Tests of `text`.

mod alike;
mod dates;
mod fold;
mod json;
mod screen;
mod suggest;

use crate::text::*;

#[test]
fn what_editors_and_shells_add_is_taken_off() {
    for (given, meant) in [
        ("hello\n", "hello"),
        ("hello\r\n", "hello"),
        ("\u{feff}hello", "hello"),
        ("\u{feff}one\r\ntwo\r\n", "one\ntwo"),
        ("one\n\n", "one\n"),
        ("\n", ""),
        ("a\rb", "a\rb"),
        ("x\u{feff}y", "x\u{feff}y"),
        ("", ""),
    ] {
        assert_eq!(cleaned(given), meant, "{given:?}");
    }
}

#[test]
fn a_number_stands_before_the_right_form() {
    for (count, one, said) in [
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (0, "day", "0 days"),
        (2, "key", "2 keys"),
        (2, "try", "2 tries"),
        (3, "message", "3 messages"),
    ] {
        assert_eq!(counted(count, one), said);
    }
}
