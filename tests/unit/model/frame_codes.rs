//! Tests of `model::frame_codes`.

use crate::model::frame_codes::*;

#[test]
fn a_line_has_what_there_is_to_say() {
    for (code, said, words) in [
        (4011, "too\nlong", "4011 \u{201c}too long\u{201d}: the message is too long; shorten the text"),
        (4999, "odd", "4999: odd"),
        (4999, "", "4999"),
        (200, "virus", "\u{201c}virus\u{201d}"),
    ] {
        assert_eq!(line(code, said), words);
    }
}

#[test]
fn each_code_has_words_and_a_meaning() {
    for code in [4000, 4001, 4002, 4003, 4004, 4005, 4008, 4009, 4010, 4011, 4013, 4017, 4020, 4102] {
        assert!(words(code).is_some(), "{code}");
        assert_eq!(means(code), Means::Refused, "{code}");
    }
    for (code, meaning) in [
        (4006, Means::SessionOver),
        (4007, Means::SessionOver),
        (409, Means::ReadOnly),
        (4029, Means::Slower),
        (429, Means::Slower),
        (5000, Means::Failed),
        (503, Means::Failed),
        (400, Means::Refused),
        (4999, Means::Refused),
    ] {
        assert_eq!(means(code), meaning, "{code}");
    }
}
