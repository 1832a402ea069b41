#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::open_messaging::*;
use crate::genesys::web_messaging::media_type;
use crate::model::ChoiceKind;
use crate::model::{Choice, OpenGuest};
use jiff::Timestamp;
use std::collections::BTreeMap;

fn guest() -> OpenGuest {
    OpenGuest { id: "guest-42".into(), id_type: "Opaque".into(), nickname: Some("Anna".into()) }
}

fn at() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

fn written(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap()
}

#[test]
fn the_message_is_to_the_letter() {
    let attributes = BTreeMap::from([("testRun".to_owned(), "42".to_owned())]);
    let mut said = OpenMessage {
        guest: &guest(),
        message_id: "gw-7f1c",
        time: at(),
        text: "Hello",
        attributes: &attributes,
        files: vec![("https://x.example/a.png", "image/png", Some("a.png"))],
    };
    assert_eq!(
        written(message(&said)),
        concat!(
            r#"{"channel":{"messageId":"gw-7f1c","from":{"id":"guest-42","idType":"Opaque","nickname":"Anna"},"#,
            r#""time":"2026-11-23T04:00:00.000Z","metadata":{"customAttributes":{"testRun":"42"}}},"text":"Hello","#,
            r#""content":[{"attachment":{"mediaType":"Image","url":"https://x.example/a.png","mime":"image/png","filename":"a.png"}}]}"#
        )
    );
    let none = BTreeMap::new();
    said.attributes = &none;
    said.files.clear();
    let plain = written(message(&said));
    assert!(plain.ends_with(r#""time":"2026-11-23T04:00:00.000Z"},"text":"Hello"}"#), "{plain}");
}

#[test]
fn a_choice_has_its_kind_and_names_the_message_that_offered_it() {
    let attributes = BTreeMap::new();
    let guest = OpenGuest { nickname: None, ..guest() };
    let said =
        OpenMessage { guest: &guest, message_id: "k", time: at(), text: "Yes", attributes: &attributes, files: vec![] };
    for kind in [ChoiceKind::QuickReply, ChoiceKind::Button, ChoiceKind::DatePicker] {
        let body = written(response(&said, &Choice::new("Yes", "yes").of(kind), "c327"));
        let expected = concat!(
            r#"{"channel":{"messageId":"k","from":{"id":"guest-42","idType":"Opaque"},"time":"2026-11-23T04:00:00.000Z"},"#,
            r#""buttonResponse":{"type":"KIND","text":"Yes","payload":"yes"},"originatingMessageId":"c327"}"#
        );
        assert_eq!(body, expected.replace("KIND", &format!("{kind:?}")));
    }
}

#[test]
fn events_and_receipts_are_to_the_letter() {
    assert_eq!(
        written(typing(&OpenGuest { nickname: None, ..guest() }, at())),
        concat!(
            r#"{"channel":{"from":{"id":"guest-42","idType":"Opaque"},"time":"2026-11-23T04:00:00.000Z"},"#,
            r#""events":[{"eventType":"Typing"}]}"#
        )
    );
    assert_eq!(
        written(delivered("out-1", "guest-42", at())),
        concat!(
            r#"{"id":"out-1","channel":{"to":{"id":"guest-42"},"time":"2026-11-23T04:00:00.000Z"},"#,
            r#""status":"Delivered","isFinalReceipt":true}"#
        )
    );
}

#[test]
fn paths() {
    let url = |endpoint| request("http://h", "a/b", endpoint, &"t".into()).unwrap().url;
    let base = "http://h/api/v2/conversations/messages/a%2Fb/inbound/open";
    assert_eq!(url(Endpoint::Message), format!("{base}/message?prefetchConversationId=true"));
    assert_eq!(url(Endpoint::Response), format!("{base}/structured/response"));
    assert_eq!(url(Endpoint::Event), format!("{base}/event"));
    assert_eq!(url(Endpoint::Receipt), format!("{base}/receipt"));
}

#[test]
fn the_answer_is_read_as_far_as_it_tells() {
    let whole = br#"{"id":"m1","channel":{"platform":"Open","type":"Private","messageId":"gw-7f1c","to":{"id":"i"},"from":{"id":"guest-42"},"time":"2026-11-23T04:00:00.000Z"},"type":"Text","text":"Hello","conversationId":"c1"}"#;
    assert_eq!(taken(whole), OpenAccepted { id: Some("m1".into()), conversation_id: Some("c1".into()) });
    assert_eq!(taken(br#"{"id":7,"conversationId":""}"#), OpenAccepted::default());
    assert_eq!(taken(b"accepted"), OpenAccepted::default());
}

#[test]
fn kinds_of_files() {
    assert_eq!(
        ["image/png", "video/mp4", "audio/ogg", "application/pdf", ""].map(media_type),
        ["Image", "Video", "Audio", "File", "File"]
    );
}
