//! The open-messaging channel: speaking as the guest of an open messaging integration, over REST.
//!
//! `POST /api/v2/conversations/messages/{integrationId}/inbound/open/{message,event,receipt,structured/response}`,
//! permission `conversation:message:receive`. [real: documented, PY and JS docs; `customAttributes` in the channel's
//! metadata: used in practice, 3p]

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::model::{Choice, OpenGuest};
use crate::text::json::{self, dense};

use super::call::{BadCall, Call, path_segment};
use super::fields::text;
use super::time_text;
use super::web_messaging::media;

/// One of the channel's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A message. Asks for the conversation's id too (`prefetchConversationId`).
    Message,
    /// The answer to a message that offered choices. "This will be a part of an existing conversation".
    Response,
    /// Something that is not a message; only `Typing`.
    Event,
    /// What became of an outbound message on our side.
    Receipt,
}

impl Endpoint {
    const fn path(self) -> &'static str {
        match self {
            Self::Message => "message?prefetchConversationId=true",
            Self::Response => "structured/response",
            Self::Event => "event",
            Self::Receipt => "receipt",
        }
    }
}

/// The request that all calls of an endpoint share: everything but the body.
pub fn request(api: &str, integration_id: &str, endpoint: Endpoint, token: &SecretString) -> Result<Call, BadCall> {
    let integration = path_segment(integration_id);
    let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/{}", endpoint.path());
    Call::post(api, &path, "application/json", Vec::new())?.bearer(token)
}

/// A message as the guest says it.
#[derive(Clone, Debug)]
pub struct OpenMessage<'m> {
    /// Who.
    pub guest: &'m OpenGuest,
    /// The provider's own id: the same for each try, so that it is taken once.
    pub message_id: &'m str,
    /// When.
    pub time: Timestamp,
    /// What; may be empty where there are files.
    pub text: &'m str,
    /// Participant data for Architect.
    pub attributes: &'m BTreeMap<String, String>,
    /// Files: address, media type, name.
    pub files: Vec<(&'m str, &'m str, Option<&'m str>)>,
}

/// The body of [`Endpoint::Message`].
pub fn message(said: &OpenMessage<'_>) -> Vec<u8> {
    let content = said.files.iter().map(|(url, mime, filename)| {
        json!({"attachment": dense(json!({"mediaType": media::kind(mime), "url": url, "mime": mime, "filename": filename}))})
    });
    let content: Vec<Value> = content.collect();
    write(json!({
        "channel": channel(said),
        "text": Some(said.text).filter(|text| !text.is_empty()),
        "content": (!content.is_empty()).then_some(content),
    }))
}

/// The body of [`Endpoint::Response`]: `choice`, offered by the message whose remote id is `answers`. A list picker's
/// item has no form here ([PY `ContentButtonResponse`]: QuickReply, Button, DatePicker), and is not sent at all.
pub fn response(said: &OpenMessage<'_>, choice: &Choice, answers: &str) -> Vec<u8> {
    write(json!({
        "channel": channel(said),
        "buttonResponse": {"type": choice.kind.as_str(), "text": choice.label, "payload": choice.payload},
        "originatingMessageId": answers,
    }))
}

/// The body of [`Endpoint::Event`]: the guest is typing.
pub fn typing(guest: &OpenGuest, time: Timestamp) -> Vec<u8> {
    write(json!({
        "channel": {"from": sender(guest), "time": time_text(time)},
        "events": [{"eventType": "Typing"}],
    }))
}

/// The body of [`Endpoint::Receipt`]: the outbound message of this remote id has reached the guest.
pub fn delivered(remote_id: &str, guest_id: &str, time: Timestamp) -> Vec<u8> {
    write(json!({
        "id": remote_id,
        "channel": {"to": {"id": guest_id}, "time": time_text(time)},
        "status": "Delivered",
        "isFinalReceipt": true,
    }))
}

fn channel(said: &OpenMessage<'_>) -> Value {
    let attributes = (!said.attributes.is_empty()).then(|| json!({"customAttributes": said.attributes}));
    dense(json!({
        "messageId": said.message_id,
        "from": sender(said.guest),
        "time": time_text(said.time),
        "metadata": attributes,
    }))
}

fn sender(guest: &OpenGuest) -> Value {
    dense(json!({"id": guest.id, "idType": guest.id_type, "nickname": guest.nickname}))
}

fn write(body: Value) -> Vec<u8> {
    dense(body).to_string().into_bytes()
}

/// What an accepting answer tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenAccepted {
    /// The remote side's id of the message.
    pub id: Option<String>,
    /// The conversation that it became part of.
    pub conversation_id: Option<String>,
}

/// Reads an accepting answer; what is not there stays unknown.
pub fn taken(body: &[u8]) -> OpenAccepted {
    let value = json::read(body).unwrap_or_default();
    OpenAccepted { id: text(&value, "id"), conversation_id: text(&value, "conversationId") }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::model::ChoiceKind;

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
        let said = OpenMessage {
            guest: &guest,
            message_id: "k",
            time: at(),
            text: "Yes",
            attributes: &attributes,
            files: vec![],
        };
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
            ["image/png", "video/mp4", "audio/ogg", "application/pdf", ""].map(media::kind),
            ["Image", "Video", "Audio", "File", "File"]
        );
    }
}
