//! Tests of `app::output`.

use super::*;

#[test]
fn a_line_has_its_event_time_and_version_first() {
    let line = OutputLine::new("waiting", Timestamp::UNIX_EPOCH, json!({ "why": "429" }));
    assert_eq!(line.json(), r#"{"event":"waiting","at":"1970-01-01T00:00:00Z","v":1,"why":"429"}"#);
}

#[test]
fn people_never_get_control_characters() {
    assert_eq!(safe("a\u{1b}[2J\nb"), "a␛[2J\nb");
}
