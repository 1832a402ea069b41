//! Which piece of JSON is what.

use super::*;

fn said(line: &str, inside: bool) -> Vec<(&str, StyleRole)> {
    pieces(line, inside).map(|(range, role)| (line.get(range).unwrap_or("?"), role)).collect()
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
            for (range, _) in pieces(line, inside) {
                assert_eq!(range.start, at, "{line}");
                assert!(range.end > at && line.is_char_boundary(range.end), "{line}");
                at = range.end;
            }
            assert_eq!(at, line.len());
        }
    }
}
