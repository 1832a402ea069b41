//! Exported sessions as tapes.

use super::*;

#[test]
fn an_exported_session_becomes_a_tape() {
    let json = r#"{"guestwire":"0.1.0","profile":"p","messages":[
        {"conversation":"A","at":"2026-11-23T14:00:00Z","author":"guest","text":"one","life":"answered","why":null},
        {"conversation":"B","at":"2026-11-23T14:00:01Z","author":"bot","text":"other","life":null},
        {"conversation":"A","at":"2026-11-23T14:00:02Z","author":"bot","text":"two","life":null,"choices":["Yes","No"]}],"har":{}}"#;
    let tape = Tape::parse(json).unwrap();
    let line = |author, text: &str, delivery: Option<&str>, choices: &[&str]| TapeLine {
        author,
        text: text.into(),
        delivery: delivery.map(Into::into),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
    };
    let one = line(Author::Guest, "one", Some("answered"), &[]);
    assert_eq!(tape.lines, [one, line(Author::Bot, "two", None, &["Yes", "No"])]);
    assert_eq!(tape.next(), tape.lines.first());
}

#[test]
fn what_is_none_is_said() {
    for (json, part) in [
        ("{", "not JSON"),
        ("{}", "no messages"),
        (r#"{"messages":[{}]}"#, "no conversation"),
        (r#"{"messages":[]}"#, "no conversation with a message"),
    ] {
        assert!(Tape::parse(json).unwrap_err().contains(part), "{json}");
    }
}
