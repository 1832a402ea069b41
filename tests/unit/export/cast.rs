//! Tests of `export::cast`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::export::cast::{event, header};

#[test]
fn one_line_an_event_whatever_is_in_it() {
    let at = Duration::from_nanos(1_500_000_700);
    let cases = [
        (event(at, "o", "\u{1b}[2J\r\n\"é\u{7}"), json!([1.5, "o", "\u{1b}[2J\r\n\"é\u{7}"])),
        (event(at, "r", "80x24"), json!([1.5, "r", "80x24"])),
        (event(Duration::ZERO, "m", "a\nb"), json!([0.0, "m", "a\nb"])),
    ];
    for (line, wanted) in cases {
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(line.is_ascii() || line.contains('é'));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), wanted);
    }
}

#[test]
fn the_first_line_says_what_it_is() {
    let head: Value = serde_json::from_str(&header(120, 36, Timestamp::UNIX_EPOCH, "guestwire")).unwrap();
    assert_eq!((&head["version"], &head["width"], &head["height"]), (&json!(2), &json!(120), &json!(36)));
    assert_eq!(head["timestamp"], json!(0));
}
