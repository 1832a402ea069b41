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
        assert_eq!(classify(code), FrameCodeClass::Refused, "{code}");
    }
    for (code, meaning) in [
        (4006, FrameCodeClass::SessionOver),
        (4007, FrameCodeClass::SessionOver),
        (409, FrameCodeClass::ReadOnly),
        (4029, FrameCodeClass::Slower),
        (429, FrameCodeClass::Slower),
        (5000, FrameCodeClass::Failed),
        (503, FrameCodeClass::Failed),
        (400, FrameCodeClass::Refused),
        (4999, FrameCodeClass::Refused),
    ] {
        assert_eq!(classify(code), meaning, "{code}");
    }
}
