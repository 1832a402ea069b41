//! Tests of `text::fold`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::text::fold::*;

#[test]
fn what_people_take_for_the_same_is_the_same() {
    for (one, other) in [
        ("STRASSE", "Straße"),
        ("STRAẞE", "Strasse"),
        ("Søren", "soren"),
        ("grüße", "Gru\u{308}sse"),
        ("İstanbul", "istanbul"),
        ("ı", "I"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"),
        ("café", "CAFE\u{301}"),
        ("cafe", "café"),
        ("각", "\u{1100}\u{1161}\u{11a8}"),
        ("が", "か\u{3099}"),
        ("ﬁn", "FIN"),
        ("two\u{a0}words", "two words"),
        ("don’t – “no”…", "don't - \"no\"..."),
        ("in\u{200b}\u{ad}voice\u{fe0f}", "invoice"),
        ("ＦＵＬＬ １２", "full 12"),
        ("Weiẞ", "weiss"),
        ("ǅ", "dž"),
        ("ﾃﾞｰﾀ", "データ"),
        ("ה\u{5b8}אָלֶף", "האלף"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} and {other}");
    }
    assert_ne!(fold("か"), fold("が"));
    assert_ne!(fold("ä"), fold("ae"));
}

#[test]
fn places_are_those_of_the_original() {
    let text = "Die Straße u\u{308}ber";
    let mapped = MappedText::new(text, fold);
    let place = |needle: &str| {
        let at = mapped.text.find(needle).unwrap();
        text.get(mapped.original(&(at..at + needle.len()))).unwrap()
    };
    assert_eq!(place("strasse"), "Straße");
    assert_eq!(place("as"), "aß", "half of a letter is the whole letter");
    assert_eq!(place("uber"), "u\u{308}ber");
    assert_eq!(place("die"), "Die");
}
