//! How long something lasts, and which piece of JSON is what.

use super::*;

#[test]
fn changing_durations_stay_short() {
    for (ms, said) in
        [(0, "0s"), (1, "1s"), (7_000, "7s"), (7_001, "8s"), (99_000, "99s"), (100_000, "2m"), (6_000_000, "2h")]
    {
        assert_eq!(left(Duration::from_millis(ms)).as_str(), said);
    }
    for (ms, said) in [(0, "0.0s"), (1_299, "1.2s"), (9_999, "9.9s"), (61_500, "61s")] {
        assert_eq!(passed(Duration::from_millis(ms)).as_str(), said);
    }
    assert!(left(Duration::MAX).as_str().len() <= 12 && passed(Duration::MAX).as_str().len() <= 5);
}

fn said(line: &str, inside: bool) -> Vec<(&str, StyleRole)> {
    (JsonPieces { line, at: 0, inside }).map(|(range, role)| (line.get(range).unwrap_or("?"), role)).collect()
}

#[test]
fn names_strings_numbers_and_words() {
    assert_eq!(
        said(r#"  "a\"b": "x","#, false),
        [
            ("  ", StyleRole::Text),
            (r#""a\"b""#, StyleRole::Name),
            (": ", StyleRole::Text),
            (r#""x""#, StyleRole::Text),
            (",", StyleRole::Text),
        ]
    );
    assert_eq!(
        said("-1.5e+3, true", false),
        [("-1.5e+3", StyleRole::Text), (", ", StyleRole::Text), ("true", StyleRole::Strong),]
    );
    assert_eq!(said("rest\", 7", true), [("rest\"", StyleRole::Text), (", ", StyleRole::Text), ("7", StyleRole::Text)]);
}

#[test]
fn covers_every_byte_of_anything() {
    for line in ["\"open", "é\u{301}\"ü", "\\", "-", "nul", "\"", "日本\"語\":", ""] {
        for inside in [false, true] {
            let mut at = 0;
            for (range, _) in (JsonPieces { line, at: 0, inside }) {
                assert_eq!(range.start, at, "{line}");
                assert!(range.end > at && line.is_char_boundary(range.end), "{line}");
                at = range.end;
            }
            assert_eq!(at, line.len());
        }
    }
}
