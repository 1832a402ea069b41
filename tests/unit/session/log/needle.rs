//! Tests of `session::log::needle`.

use super::*;

#[test]
#[expect(clippy::unwrap_used, reason = "tests")]
fn finds_whatever_the_case() {
    let is_in = |needle: &str, hay: &str| Needle::new(needle).unwrap().is_in(hay);
    assert!(is_in("BILL", "my bill"));
    assert!(is_in("bill", "My BILL"));
    assert!(!is_in("bills", "My BILL"));
    assert!(is_in("éTÉ", "un Été"));
    assert!(is_in("strasse", "Hauptstraße 1"));
    assert!(is_in("straße", "HAUPTSTRASSE"));
    assert!(is_in("Zürich", "Zu\u{308}rich"));
    assert!(is_in("ISTANBUL", "İstanbul"));
    assert!(is_in("σοφος", "ΣΟΦΟΣ"));
    assert!(!is_in("x", ""));
    assert_eq!(Needle::new(""), None);
    assert_eq!(Needle::new("aa").unwrap().places("aAaaA", 9), [0..2, 2..4]);
    assert_eq!(Needle::new("é").unwrap().places("xÉyé", 9), [1..3, 4..6]);
    assert_eq!(Needle::new("a").unwrap().places("aaaa", 2), [0..1, 1..2]);
    assert_eq!(Needle::new("ss").unwrap().places("ßxss", 9), [0..2, 3..5]);
}
