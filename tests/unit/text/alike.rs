//! Tests of `text::alike`.

use crate::text::alike::*;

#[test]
fn what_the_eye_cannot_tell_apart_is_named() {
    for (expected, said, part) in [
        ("two words", "two\u{a0}words", "character 4 is a no-break space (U+00A0), not a blank (U+0020)"),
        ("Grüße", "Gru\u{308}ße", "character 3 is U+0075 with U+0308, not U+00FC"),
        ("a\nb", "a\r\nb", "character 2 is a carriage return (U+000D) with a line feed (U+000A), not a line feed"),
        ("invoice", "in\u{200b}voice", "character 3 is a zero-width space (U+200B), not U+0076"),
        ("pay", "p\u{430}y", "character 2 is U+0430, not U+0061"),
        ("a-b", "a\u{2011}b", "character 2 is a no-break hyphen (U+2011)"),
        ("end", "end ", "character 4 is a blank (U+0020), not missing"),
        ("ok\u{fe0f}", "ok", "character 2 is U+006B, not U+006B with a variation selector (U+FE0F)"),
        ("\u{feff}hi", "hi", "not a byte order mark (U+FEFF)"),
        ("Don't", "Don’t", "character 4 is a curly quote (U+2019), not a straight quote (U+0027)"),
        ("9-5", "9–5", "character 2 is a dash (U+2013), not a hyphen (U+002D)"),
        ("two words", "two  words", "character 5 is a blank (U+0020), not U+0077"),
        ("a\nb", "a \r\n\r\nb", "character 2 is a blank (U+0020), not a line feed (U+000A)"),
        ("ok", "o\u{e0041}k", "with an invisible character (U+E0041)"),
        ("ok", "ok\u{34f}", "with an invisible character (U+034F)"),
        ("12", "１2", "character 1 is U+FF11, not U+0031"),
        ("one\ttab", "one tab", "not a tab (U+0009)"),
    ] {
        let named = difference(expected, said).unwrap_or_default();
        assert!(named.contains(part), "{expected:?} {said:?}: {named}");
    }
    for (expected, said) in [("a", "a"), ("a", "A"), ("a", "b"), ("two words", "twowords"), ("ä", "a"), ("", "x")] {
        assert_eq!(difference(expected, said), None, "{expected} {said}");
    }
}

#[test]
fn a_part_that_looks_as_if_it_were_there_is_found() {
    let said = "You have one open\u{a0}invoice: 2026\u{2011}118.";
    for (expected, part) in [
        ("One open invoice", Some("character 9 is a no-break space")),
        ("invoice: 2026-118", Some("character 14 is a no-break hyphen")),
        ("two open invoices", None),
        ("invoice", None),
        ("", None),
    ] {
        let named = difference_within(expected, said);
        assert_eq!(named.is_some(), part.is_some(), "{expected}: {named:?}");
        assert!(named.unwrap_or_default().contains(part.unwrap_or_default()), "{expected}");
    }
}
