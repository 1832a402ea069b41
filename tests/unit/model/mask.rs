//! Tests of `model::mask`.

use std::borrow::Cow;

use crate::model::mask::*;

fn masks() -> Masks {
    Masks::new(&["0170 5551234".to_owned(), "Anna Schmidt".to_owned(), "abc".to_owned()], true)
}

#[test]
fn numbers_and_names_by_table() {
    for (given, wanted) in [
        ("call +49 170 5551234 now", "call «phone» now"),
        ("+1 (555) 123-4567.", "«phone»."),
        (r#"{"text":"+4917055512"}"#, r#"{"text":"«phone»"}"#),
        ("0170/555-1234", "«phone»"),
        ("01705551234", "«phone»"),
        ("017055512345", "017055512345"),
        ("x01705551234", "x01705551234"),
        ("anna schmidt, ANNA SCHMIDT's", "«private», «private»'s"),
        ("abc is too short", "abc is too short"),
        ("2026-11-23T14:03:20+01:00", "2026-11-23T14:03:20+01:00"),
        ("+1000 of 2000", "+1000 of 2000"),
        ("5f0c91ce-3f6e-4a98-ab8b-941167ea8968", "5f0c91ce-3f6e-4a98-ab8b-941167ea8968"),
        ("1+491705551234", "1+491705551234"),
        ("é +49 170 5551234 é", "é «phone» é"),
    ] {
        assert_eq!(masks().text(given), wanted, "{given}");
    }
}

#[test]
fn nothing_is_masked_unasked() {
    let none = Masks::default();
    assert!(none.is_empty() && matches!(none.text("+49 170 5551234"), Cow::Borrowed(_)));
    assert_eq!(none.with_phones().text("+49 170 5551234"), "«phone»");
    assert_eq!(masks().shape("a +49 170 5551234 b", str::len), "a *** *** ******* b");
}
