//! One transcript in all forms.
#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::export::transcript::{Transcript, TranscriptExchange, TranscriptForm, TranscriptLine};
use crate::model::{Author, DeliveryStatus};

fn sample() -> Transcript {
    let at = |second: i64| Timestamp::new(1_795_444_000 + second, 0).unwrap();
    let ours = TranscriptLine {
        at: at(0),
        author: Author::Guest,
        text: "Hi *there*\n<script>alert(1)</script> secret".to_owned(),
        delivery: Some(DeliveryStatus::Refused("401 unauthorized".into())),
        sent_as: Some("no-token".to_owned()),
        again: true,
        choices: Vec::new(),
        carried: Some(TranscriptExchange {
            number: 42,
            status: Some(401),
            took_ms: Some(88),
            request_id: Some("e42c0b8a-f6e0-4a98-ab8b-941167ea8968".to_owned()),
            marked: true,
            comment: Some("look | here, secret".to_owned()),
        }),
    };
    let theirs = TranscriptLine {
        at: at(33_800),
        author: Author::Bot,
        text: "\u{1b}[2JWelcome".to_owned(),
        delivery: None,
        sent_as: None,
        again: false,
        choices: vec!["Pay <now>".to_owned(), "Ask a person".to_owned()],
        carried: None,
    };
    let said = [ours, theirs].map(|line| ("Billing & co".to_owned(), line));
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    Transcript::of("staging", zone, said, &|text| text.replace("secret", "«private»"))
}

#[test]
fn all_forms_of_one_transcript() {
    let transcript = sample();
    insta::with_settings!({ snapshot_path => "../../../tests/snapshots/reports", prepend_module_to_snapshot => false, omit_expression => true }, {
        for form in [TranscriptForm::Text, TranscriptForm::Markdown, TranscriptForm::Html] {
            let text = transcript.write(form).unwrap().replace(env!("CARGO_PKG_VERSION"), "0.1.0");
            assert!(!text.contains("secret") && !text.contains('\u{1b}'), "{form:?}");
            insta::assert_snapshot!(format!("transcript_{}", form.extension()), text);
        }
    });
}
