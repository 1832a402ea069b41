//! Tests of `app::output`.

use jiff::Timestamp;
use serde_json::json;

use crate::app::output::*;

#[test]
fn a_line_has_its_event_time_and_version_first() {
    let line = OutputLine::new("waiting", Timestamp::UNIX_EPOCH, json!({ "why": "429" }));
    assert_eq!(line.json.to_string(), r#"{"event":"waiting","at":"1970-01-01T00:00:00Z","v":1,"why":"429"}"#);
}

#[test]
fn people_never_get_control_characters() {
    assert_eq!(safe("a\u{1b}[2J\nb"), "a␛[2J\nb");
}

#[test]
fn the_bar_fills() {
    let line = |done, all| bar(done, all, &["a/b"]);
    assert_eq!(line(0, 4), "[--------------------] 0 of 4  a/b");
    assert_eq!(line(1, 4), "[#####---------------] 1 of 4  a/b");
    assert_eq!(line(4, 4), "[####################] 4 of 4  a/b");
    assert_eq!(line(0, 0), "[####################] 0 of 0  a/b");
}
