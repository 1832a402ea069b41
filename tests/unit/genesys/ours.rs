#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::web_messaging::frames::*;
use crate::model::{Choice, ChoiceKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn written(ours: &GuestFrame) -> String {
    let now = "2026-11-23T04:00:00.12Z".parse().unwrap();
    ours.write(Some(&"the-token".into()), "tr", now)
}

#[test]
fn the_session_frames() {
    let configure = |how| written(&GuestFrame::Configure { deployment_id: "d".into(), how });
    let resume =
        r#"{"action":"configureSession","token":"the-token","tracingId":"tr","deploymentId":"d","startNew":false}"#;
    assert_eq!(configure(Configure::Resume), resume);
    assert_eq!(configure(Configure::New), resume);
    assert_eq!(configure(Configure::StartNew), resume.replace("false", "true"));
    assert_eq!(written(&GuestFrame::Jwt), r#"{"action":"getJwt","token":"the-token","tracingId":"tr"}"#);
    assert_eq!(
        written(&GuestFrame::Close),
        r#"{"action":"closeSession","token":"the-token","tracingId":"tr","closeAllConnections":true}"#
    );
    assert_eq!(
        written(&GuestFrame::Health),
        r#"{"action":"echo","token":"the-token","tracingId":"tr","message":{"type":"Text","text":"ping"}}"#
    );
}

#[test]
fn a_message_with_participant_data() {
    let attributes = BTreeMap::from([("testRun".to_owned(), "42".to_owned())]);
    let message = OutgoingFrame { text: "Hello".into(), id: "m".into(), attributes, ..OutgoingFrame::default() };
    assert_eq!(
        written(&GuestFrame::Message(message)),
        r#"{"action":"onMessage","token":"the-token","tracingId":"tr","time":"2026-11-23T04:00:00.120Z","message":{"type":"Text","text":"Hello","metadata":{"id":"m"},"channel":{"metadata":{"customAttributes":{"testRun":"42"}}}}}"#
    );
}

#[test]
fn what_answers_an_offer_has_its_kind_and_names_it() {
    let answer = |kind, words: Option<&str>, answers: Option<&str>| {
        let choice = Choice { words: words.map(str::to_owned), ..Choice::new("Yes", "yes").of(kind) };
        let (choice, answers) = (Some(choice), answers.map(str::to_owned));
        let message = OutgoingFrame { text: "Yes".into(), id: "m".into(), choice, answers, ..OutgoingFrame::default() };
        let written = written(&GuestFrame::Message(message));
        let written: Value = serde_json::from_str(&written).unwrap();
        written["message"].clone()
    };
    let content = |kind: &str| {
        json!([{"contentType": "ButtonResponse", "buttonResponse":
            {"type": kind, "text": "Yes", "payload": "yes", "originatingMessageId": "q"}}])
    };
    let parent = json!({"id": "m", "parentMessageId": "q"});
    for (kind, words, expected) in [
        (
            ChoiceKind::QuickReply,
            None,
            json!({"type": "Structured", "text": "Yes", "content": content("QuickReply"), "metadata": {"id": "m"}}),
        ),
        (
            ChoiceKind::Button,
            None,
            json!({"type": "Structured", "text": "Yes", "content": content("Button"), "metadata": {"id": "m"}}),
        ),
        (
            ChoiceKind::DatePicker,
            None,
            json!({"type": "Structured", "content": content("DatePicker"), "metadata": parent}),
        ),
        (
            ChoiceKind::ListPicker,
            Some("Chosen"),
            json!({"type": "Structured", "text": "Chosen", "content": content("ListPicker"), "metadata": parent}),
        ),
        (
            ChoiceKind::ListPicker,
            None,
            json!({"type": "Structured", "text": "Yes", "content": content("ListPicker"), "metadata": parent}),
        ),
    ] {
        assert_eq!(answer(kind, words, Some("q")), expected);
    }
    let unnamed = answer(ChoiceKind::QuickReply, None, None);
    assert_eq!(
        unnamed["content"][0]["buttonResponse"],
        json!({"type": "QuickReply", "text": "Yes", "payload": "yes"}),
        "an offer that is not known is not named"
    );
}

#[test]
fn an_uploaded_file_asking_for_its_place_and_deleting_it() {
    let attachments = vec![("a1".to_owned(), "image/png".to_owned()), ("a2".to_owned(), "text/plain".to_owned())];
    let message = OutgoingFrame { text: "see file".into(), id: "m".into(), attachments, ..OutgoingFrame::default() };
    let content = r#""content":[{"contentType":"Attachment","attachment":{"id":"a1","mediaType":"Image"}},{"contentType":"Attachment","attachment":{"id":"a2","mediaType":"File"}}]"#;
    assert!(written(&GuestFrame::Message(message)).contains(content));
    let upload = GuestFrame::Upload {
        attachment_id: "a1".into(),
        name: "a.png".into(),
        mime: "image/png".into(),
        size: 123,
        md5: "bWQ1".into(),
    };
    assert_eq!(
        written(&upload),
        r#"{"action":"onAttachment","token":"the-token","tracingId":"tr","attachmentId":"a1","fileName":"a.png","fileType":"image/png","fileSize":123,"fileMd5":"bWQ1","errorsAsJson":true}"#
    );
    assert_eq!(
        written(&GuestFrame::Delete("a1".into())),
        r#"{"action":"deleteAttachment","token":"the-token","tracingId":"tr","attachmentId":"a1"}"#
    );
}

#[test]
fn events_of_the_guest() {
    let typing = r#""message":{"type":"Event","events":[{"eventType":"Typing","typing":{"type":"On"}}]}}"#;
    assert!(written(&GuestFrame::Typing).ends_with(typing));
    for (presence, word) in [(Presence::Join, "Join"), (Presence::Clear, "Clear")] {
        let event = format!(r#""events":[{{"eventType":"Presence","presence":{{"type":"{word}"}}}}]"#);
        assert!(written(&GuestFrame::Presence(presence)).contains(&event));
    }
}
