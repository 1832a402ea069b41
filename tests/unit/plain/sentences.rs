//! Tests of `plain::sentences`.

use std::time::Duration;

use crate::plain::sentences::{ending, span};

#[test]
fn ids_are_spelled_by_their_end() {
    assert_eq!(ending("e42c0b8a-f6e0-4a98-ab8b-941167ea8968"), "ends 8 9 6 8");
    assert_eq!(ending("ab"), "is a b");
    assert_eq!(ending("xx日本e\u{301}語"), "ends 日 本 e\u{301} 語");
}

#[test]
fn lengths_are_words() {
    let said = |ms| span(Duration::from_millis(ms));
    assert_eq!([said(1), said(190), said(1500)], ["1 millisecond", "190 milliseconds", "1.5 seconds"]);
    assert_eq!([said(2004), said(1999)], ["2 seconds", "1.9 seconds"]);
    assert_eq!([said(7000), said(3_599_000), said(8_000_000)], ["7 seconds", "59 minutes", "2.2 hours"]);
    assert_eq!([said(259_200_000), said(7_200_000)], ["72 hours", "2 hours"]);
}
