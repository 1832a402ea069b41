//! Tests of `pass::from_session`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use crate::model::{Cause, DeliveryStatus, Variation};
use crate::pass::Pass;
use crate::pass::file::Expectation;
use crate::pass::from_session::{PlayedMessage, toml};

fn played(conversation: &str, text: &str, delivery: DeliveryStatus) -> PlayedMessage {
    PlayedMessage {
        conversation: conversation.to_owned(),
        text: text.to_owned(),
        sent_as: None,
        delivery,
        status: None,
        cause: None,
        reply: None,
    }
}

/// Nothing escapes braces in a pass file: such a step stands there as a comment, and the rest can be played.
#[test]
fn a_text_with_a_name_in_braces_is_left_out() {
    let with_name = played("A", "Dear {{name}},\nhello", DeliveryStatus::Accepted);
    let text = toml("By hand", &[with_name, played("A", "{{seq}} and {{}}", DeliveryStatus::Accepted)]);
    let pass = Pass::parse(Path::new("by-hand.toml"), &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let texts: Vec<_> = pass.cases.iter().flat_map(|c| &c.steps).map(|s| s.send.clone().unwrap().text).collect();
    assert_eq!(texts, ["{{seq}} and {{}}"]);
    assert!(text.contains("# Left out, for a pass takes {{name}} for a variable: \"Dear {{name}}, hello\""), "{text}");
}

#[test]
fn what_is_written_is_read_as_what_was_played() {
    let hostile = "line 1\n\"quoted\" 'too' \\ [[cases]] # no comment \u{202e}";
    let session = [
        PlayedMessage {
            reply: Some("It's \"me\"".to_owned()),
            status: Some(200),
            ..played("A \"b\"", hostile, DeliveryStatus::Accepted)
        },
        PlayedMessage {
            sent_as: Some(Variation::NoToken),
            cause: Some(Cause::TokenAbsent),
            status: Some(401),
            ..played("A \"b\"", "refused", DeliveryStatus::Refused("401".into()))
        },
        played("C", &Variation::EmojiBidi.text("with more"), DeliveryStatus::Unknown("lost".into())),
    ];
    let mut session = session.to_vec();
    session[2].sent_as = Some(Variation::EmojiBidi);
    let text = toml("By hand", &session);
    let pass = Pass::parse(Path::new("by-hand.toml"), &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(pass.cases.len(), 2);
    let steps: Vec<_> = pass.cases.iter().flat_map(|c| &c.steps).collect();
    let sends: Vec<_> = steps.iter().map(|s| s.send.clone().unwrap()).collect();
    assert_eq!(sends[0].text, hostile);
    assert_eq!((sends[1].text.as_str(), sends[1].sent_as), ("refused", Some(Variation::NoToken)));
    assert_eq!((sends[2].text.as_str(), sends[2].sent_as), ("with more", Some(Variation::EmojiBidi)));
    let expected: Vec<Vec<String>> = steps.iter().map(|s| s.expect.iter().map(Expectation::words).collect()).collect();
    assert_eq!(expected[0], ["accepted", "status 200", "a reply says “It's \"me\"” within 10 s"]);
    assert_eq!(expected[1], ["refused", "because of token-absent", "status 401"]);
    assert_eq!(expected[2], ["unknown"]);
    assert_eq!(pass.cases[0].conversation.as_ref().unwrap().value, "A \"b\"");
}
