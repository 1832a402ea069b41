//! Frames of ours. Each is one text frame of JSON; the token is written into it last, so that the value itself holds no
//! secret and can be compared and printed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::genesys::time_text;
use crate::model::{Choice, ChoiceKind, words};
use crate::text::json::{dense, with};

use super::media_type;

/// The tracing id of a health check: always this one. [real: seen in SDK source: MTSDK `HealthCheckProvider`]
pub const HEALTH_TRACING: &str = "SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configure {
    New,      // the token was made just now: nobody knows it yet
    Resume,   // the token may have a session: go on with it
    StartNew, // a new session for the same token
}

words! {
    /// Presence events that a guest may send.
    pub enum Presence: as_str {
        Join = "Join"; // begins the conversation without a message
        Clear = "Clear"; // ends and erases it; the deployment must allow that
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingFrame {
    pub text: String,
    pub id: String, // our own id of it (`metadata.id`)
    /// Participant data for Architect. [`message.channel`, as the mobile and JS SDKs do; WMJ puts `channel` beside `message`]
    pub attributes: BTreeMap<String, String>,
    pub choice: Option<Choice>,
    pub answers: Option<String>,            // the id of the message that offered it
    pub attachments: Vec<(String, String)>, // files that were uploaded before: attachment id and media type
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ours {
    /// `configureSession`: the first frame of a connection.
    Configure {
        deployment_id: String,
        how: Configure,
    },
    Message(OutgoingFrame),
    Typing,
    Presence(Presence),
    Health, // `echo`: is the session alive?
    Jwt,    // `getJwt`: for reading the history
    /// Where may this file go?
    Upload {
        attachment_id: String,
        name: String,
        mime: String,
        size: u64,
        md5: String, // their MD5, base64, as S3 wants it
    },
    /// This file goes with no message.
    Delete {
        attachment_id: String,
    },
    Close, // `closeSession`, for all connections of the guest
}

impl Ours {
    /// The frame as it is written. No honest client leaves the token out: that is for a negative test.
    pub fn write(&self, token: Option<&SecretString>, tracing: &str, now: Timestamp) -> String {
        let token = token.map(SecretString::expose_secret);
        let frame = dense(json!({"action": self.action(), "token": token, "tracingId": tracing}));
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
        with(frame, rest).to_string()
    }

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
            |(id, mime)| json!({"contentType": "Attachment", "attachment": {"id": id, "mediaType": media_type(mime)}}),
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
#[path = "../../../tests/unit/genesys/web_messaging/ours.rs"]
mod tests;
