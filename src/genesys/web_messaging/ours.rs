//! Frames of ours. Each is one text frame of JSON; the token is written into it last, so that the value itself holds no
//! secret and can be compared and printed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::genesys::time_text;
use crate::model::{Choice, ChoiceKind};
use crate::text::json::dense;

use super::media;

/// The tracing id of a health check: always this one. [real: seen in SDK source: MTSDK `HealthCheckProvider`]
pub const HEALTH_TRACING: &str = "SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=";

/// How a session is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configure {
    /// The token was made just now: nobody knows it yet.
    New,
    /// The token may have a session: go on with it.
    Resume,
    /// A new session for the same token.
    StartNew,
}

/// Presence events that a guest may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Begins the conversation without a message.
    Join,
    /// Ends and erases it; the deployment must allow that.
    Clear,
}

impl Presence {
    /// As the frame writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "Join",
            Self::Clear => "Clear",
        }
    }
}

/// A message of the guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingFrame {
    /// What it says.
    pub text: String,
    /// Our own id of it (`metadata.id`).
    pub id: String,
    /// Participant data for Architect. [`message.channel`, as the mobile and JS SDKs do; WMJ puts `channel` beside `message`]
    pub attributes: BTreeMap<String, String>,
    /// It answers with this choice.
    pub choice: Option<Choice>,
    /// The id of the message that offered it.
    pub answers: Option<String>,
    /// Files that were uploaded before: attachment id and media type.
    pub attachments: Vec<(String, String)>,
}

/// A frame of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ours {
    /// `configureSession`: the first frame of a connection.
    Configure {
        /// The web deployment.
        deployment_id: String,
        /// Which session.
        how: Configure,
    },
    /// `onMessage` with something said.
    Message(OutgoingFrame),
    /// `onMessage` with a typing event.
    Typing,
    /// `onMessage` with a presence event.
    Presence(Presence),
    /// `echo`: is the session alive?
    Health,
    /// `getJwt`: for reading the history.
    Jwt,
    /// `onAttachment`: where may this file go?
    Upload {
        /// Our own id of it.
        attachment_id: String,
        /// Its name.
        name: String,
        /// Its media type.
        mime: String,
        /// Its bytes.
        size: u64,
        /// Their MD5, base64, as S3 wants it.
        md5: String,
    },
    /// `deleteAttachment`: this file goes with no message.
    Delete {
        /// Our own id of it.
        attachment_id: String,
    },
    /// `closeSession`, for all connections of the guest.
    Close,
}

impl Ours {
    /// The frame as it is written.
    pub fn write(&self, token: &SecretString, tracing: &str, now: Timestamp) -> String {
        let mut frame = json!({"action": self.action(), "token": token.expose_secret(), "tracingId": tracing});
        let event = |event: Value| json!({"time": time_text(now), "message": {"type": "Event", "events": [event]}});
        let rest = match self {
            Self::Configure { deployment_id, how } => {
                json!({"deploymentId": deployment_id, "startNew": *how == Configure::StartNew})
            }
            // The schema wants a time of us. The one that counts is the server's, in `channel.time`.
            Self::Message(message) => json!({"time": time_text(now), "message": message.body()}),
            Self::Typing => event(json!({"eventType": "Typing", "typing": {"type": "On"}})),
            Self::Presence(presence) => {
                event(json!({"eventType": "Presence", "presence": {"type": presence.as_str()}}))
            }
            Self::Health => json!({"message": {"type": "Text", "text": "ping"}}),
            Self::Jwt => json!({}),
            Self::Upload { attachment_id, name, mime, size, md5 } => {
                json!({"attachmentId": attachment_id, "fileName": name, "fileType": mime, "fileSize": size,
                    "fileMd5": md5, "errorsAsJson": true})
            }
            Self::Delete { attachment_id } => json!({"attachmentId": attachment_id}),
            Self::Close => json!({"closeAllConnections": true}),
        };
        if let (Some(frame), Value::Object(rest)) = (frame.as_object_mut(), rest) {
            frame.extend(rest);
        }
        frame.to_string()
    }

    /// The frame without any token: what no honest client writes, for a negative test.
    pub fn write_without_token(&self, tracing: &str, now: Timestamp) -> String {
        let written = self.write(&SecretString::from(String::new()), tracing, now);
        let mut frame: Map<String, Value> = serde_json::from_str(&written).unwrap_or_default();
        frame.remove("token");
        Value::Object(frame).to_string()
    }

    /// `action` of the frame.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Configure { .. } => "configureSession",
            Self::Message(_) | Self::Typing | Self::Presence(_) => "onMessage",
            Self::Health => "echo",
            Self::Jwt => "getJwt",
            Self::Upload { .. } => "onAttachment",
            Self::Delete { .. } => "deleteAttachment",
            Self::Close => "closeSession",
        }
    }

    /// What it is, for a row of the log.
    pub fn words(&self) -> String {
        match self {
            Self::Configure { how, .. } => {
                let how = match how {
                    Configure::New => "new guest",
                    Configure::Resume => "resume",
                    Configure::StartNew => "startNew",
                };
                format!("configureSession, {how}")
            }
            Self::Message(message) => message.text.clone(),
            Self::Typing => "typing".to_owned(),
            Self::Presence(presence) => format!("presence {}", presence.as_str()),
            Self::Health => "echo, health check".to_owned(),
            Self::Jwt => "getJwt".to_owned(),
            Self::Upload { name, .. } => format!("onAttachment {name}"),
            Self::Delete { .. } => "deleteAttachment".to_owned(),
            Self::Close => "closeSession".to_owned(),
        }
    }

    /// Whether the server answers it by a frame of its own. Typing is taken in silence; what is wrong with it comes as an
    /// error all the same.
    pub const fn wants_answer(&self) -> bool {
        !matches!(self, Self::Typing)
    }
}

impl OutgoingFrame {
    /// What answers an offer has the form that the JavaScript client writes for that kind of offer.
    fn body(&self) -> Value {
        let text = match &self.choice {
            Some(choice) if choice.kind == ChoiceKind::DatePicker => None,
            Some(choice) if choice.kind == ChoiceKind::ListPicker => choice.words.as_deref().or(Some(&self.text)),
            _ => Some(self.text.as_str()),
        };
        let answered = self.choice.as_ref().map(|choice| {
            let (kind, id) = (choice.kind.as_str(), &self.answers);
            let answer =
                json!({"type": kind, "text": choice.label, "payload": choice.payload, "originatingMessageId": id});
            json!({"contentType": "ButtonResponse", "buttonResponse": dense(answer)})
        });
        let files = self.attachments.iter().map(
            |(id, mime)| json!({"contentType": "Attachment", "attachment": {"id": id, "mediaType": media::kind(mime)}}),
        );
        let content: Vec<Value> = answered.into_iter().chain(files).collect();
        let picker = |choice: &&Choice| matches!(choice.kind, ChoiceKind::DatePicker | ChoiceKind::ListPicker);
        let parent = self.choice.as_ref().filter(picker).and(self.answers.as_deref());
        dense(json!({
            "type": if self.choice.is_some() { "Structured" } else { "Text" },
            "text": text,
            "content": (!content.is_empty()).then_some(content),
            "metadata": dense(json!({"id": self.id, "parentMessageId": parent})),
            "channel": (!self.attributes.is_empty())
                .then(|| json!({"metadata": {"customAttributes": self.attributes}})),
        }))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn written(ours: &Ours) -> String {
        let now = "2026-11-23T04:00:00.12Z".parse().unwrap();
        ours.write(&"the-token".into(), "tr", now)
    }

    #[test]
    fn the_session_frames() {
        let configure = |how| written(&Ours::Configure { deployment_id: "d".into(), how });
        let resume =
            r#"{"action":"configureSession","token":"the-token","tracingId":"tr","deploymentId":"d","startNew":false}"#;
        assert_eq!(configure(Configure::Resume), resume);
        assert_eq!(configure(Configure::New), resume);
        assert_eq!(configure(Configure::StartNew), resume.replace("false", "true"));
        assert_eq!(written(&Ours::Jwt), r#"{"action":"getJwt","token":"the-token","tracingId":"tr"}"#);
        assert_eq!(
            written(&Ours::Close),
            r#"{"action":"closeSession","token":"the-token","tracingId":"tr","closeAllConnections":true}"#
        );
        assert_eq!(
            written(&Ours::Health),
            r#"{"action":"echo","token":"the-token","tracingId":"tr","message":{"type":"Text","text":"ping"}}"#
        );
    }

    #[test]
    fn a_message_with_participant_data() {
        let attributes = BTreeMap::from([("testRun".to_owned(), "42".to_owned())]);
        let message = OutgoingFrame { text: "Hello".into(), id: "m".into(), attributes, ..OutgoingFrame::default() };
        assert_eq!(
            written(&Ours::Message(message)),
            r#"{"action":"onMessage","token":"the-token","tracingId":"tr","time":"2026-11-23T04:00:00.120Z","message":{"type":"Text","text":"Hello","metadata":{"id":"m"},"channel":{"metadata":{"customAttributes":{"testRun":"42"}}}}}"#
        );
    }

    #[test]
    fn what_answers_an_offer_has_its_kind_and_names_it() {
        let answer = |kind, words: Option<&str>, answers: Option<&str>| {
            let choice = Choice { words: words.map(str::to_owned), ..Choice::new("Yes", "yes").of(kind) };
            let (choice, answers) = (Some(choice), answers.map(str::to_owned));
            let message =
                OutgoingFrame { text: "Yes".into(), id: "m".into(), choice, answers, ..OutgoingFrame::default() };
            let written = written(&Ours::Message(message));
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
        let message =
            OutgoingFrame { text: "see file".into(), id: "m".into(), attachments, ..OutgoingFrame::default() };
        let content = r#""content":[{"contentType":"Attachment","attachment":{"id":"a1","mediaType":"Image"}},{"contentType":"Attachment","attachment":{"id":"a2","mediaType":"File"}}]"#;
        assert!(written(&Ours::Message(message)).contains(content));
        let upload = Ours::Upload {
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
            written(&Ours::Delete { attachment_id: "a1".into() }),
            r#"{"action":"deleteAttachment","token":"the-token","tracingId":"tr","attachmentId":"a1"}"#
        );
    }

    #[test]
    fn events_of_the_guest() {
        let typing = r#""message":{"type":"Event","events":[{"eventType":"Typing","typing":{"type":"On"}}]}}"#;
        assert!(written(&Ours::Typing).ends_with(typing));
        for (presence, word) in [(Presence::Join, "Join"), (Presence::Clear, "Clear")] {
            let event = format!(r#""events":[{{"eventType":"Presence","presence":{{"type":"{word}"}}}}]"#);
            assert!(written(&Ours::Presence(presence)).contains(&event));
        }
    }
}
