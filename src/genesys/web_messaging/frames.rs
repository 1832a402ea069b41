//! Frames of the guest's socket. Each frame to the server is one text frame of JSON; the token is added only when it is
//! written, so that the value itself holds no secret and can be compared and printed. The server's frames are
//! `{"type","class","code","body","tracingId"?}`; an unknown class is kept by its name and shown, never fatal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{Media, NormalizedEvent, Structured, media_type};
use crate::genesys::{from_unix_seconds, text, time_text, truth, whole};
use crate::model::{Choice, ChoiceKind, Reason, frame_codes, words};
use crate::text::json::{self, dense, with};
use crate::text::one_line;

/// The tracing id of a health check: always this one. [real: seen in SDK source: MTSDK `HealthCheckProvider`]
pub const HEALTH_TRACING: &str = "SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=";

words! {
    pub enum Configure: words {
        New = "new guest"; // the token was made just now: nobody knows it yet
        Resume = "resume"; // the token may have a session: go on with it
        StartNew = "startNew"; // a new session for the same token
    }
}

words! {
    pub enum Presence: name {
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
pub enum GuestFrame {
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
    Upload {
        attachment_id: String,
        name: String,
        mime: String,
        size: u64,
        md5: String, // their MD5, base64, as S3 wants it
    },
    Delete(String), // the file of this attachment id goes with no message
    Close,          // `closeSession`, for all connections of the guest
}

impl GuestFrame {
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
            Self::Presence(presence) => event(json!({"eventType": "Presence", "presence": {"type": presence.name()}})),
            Self::Health => json!({"message": {"type": "Text", "text": "ping"}}),
            Self::Jwt => json!({}),
            Self::Upload { attachment_id, name, mime, size, md5 } => {
                json!({"attachmentId": attachment_id, "fileName": name, "fileType": mime, "fileSize": size,
                    "fileMd5": md5, "errorsAsJson": true})
            }
            Self::Delete(attachment_id) => json!({"attachmentId": attachment_id}),
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
            Self::Delete(_) => "deleteAttachment",
            Self::Close => "closeSession",
        }
    }

    pub fn words(&self) -> String {
        match self {
            Self::Configure { how, .. } => format!("configureSession, {how}"),
            Self::Message(message) => message.text.clone(),
            Self::Typing => "typing".to_owned(),
            Self::Presence(presence) => format!("presence {presence}"),
            Self::Health => "echo, health check".to_owned(),
            Self::Upload { name, .. } => format!("onAttachment {name}"),
            Self::Jwt | Self::Delete(_) | Self::Close => self.action().to_owned(),
        }
    }

    /// Whether a frame of its own answers it. Typing is taken in silence, unless something is wrong with it.
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
            let (kind, id) = (choice.kind.name(), &self.answers);
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

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionResponse {
    pub connected: bool,
    pub new: bool, // it began now
    pub read_only: bool,
    pub media: Media,
    pub expires: Option<Timestamp>, // when it ends by itself
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFrameContent {
    Session(SessionResponse),
    Message(Box<Structured>),
    Jwt(String, Option<Timestamp>), // a secret, and when it ends (`exp`: seconds since 1970)
    Presigned {
        attachment_id: String,
        url: String, // a secret in parts: it is signed
        headers: Vec<(String, String)>,
    },
    Uploaded(String), // the attachment id
    Deleted,
    UploadFailed {
        attachment_id: Option<String>,
        code: u16,
        message: String,
    },
    ConnectionClosed(Option<String>), // `reason` or `reasonCode`: MTSDK writes the one, WMJ the other
    Unasked, // `GetConfigurationResponse` or `ResumeTokenResponse`: answers to what guestwire does not ask for
    Expired,
    Cleared,
    Logout,
    Error {
        code: u16, // the finer one of the frame's and the body's
        message: String,
        retry_after: Option<u64>, // in seconds
    },
    Text(String), // a text, as errors have, without a code that says so
    Other,        // a class that is not known, or whose body cannot be read
}

use ServerFrameContent as Content;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFrame {
    pub class: String,
    pub code: u16,               // `code`: 200, an HTTP status, or one of the socket's own
    pub tracing: Option<String>, // ours, where it answers something of ours
    pub content: ServerFrameContent,
}

impl ServerFrame {
    /// Reads a frame; `None` where it is not a JSON object.
    pub fn read(frame: &str) -> Option<Self> {
        let value = json::read(frame.as_bytes())?;
        value.as_object()?;
        let class = text(&value, "class").unwrap_or_default();
        let code = code(&value["code"]).unwrap_or(0);
        let body = &value["body"];
        let tracing = text(&value, "tracingId").or_else(|| text(body, "tracingId"));
        let content = content_of(&class, code, body).unwrap_or_else(|| match (class.as_str(), body.as_str()) {
            _ if is_error(code, body) => {
                let (code, message, retry_after) = error(code, body);
                Content::Error { code, message, retry_after }
            }
            ("string", Some(text)) => Content::Text(text.to_owned()),
            _ => Content::Other,
        });
        Some(Self { class, code, tracing, content })
    }

    pub fn words(&self) -> String {
        match &self.content {
            Content::Session(SessionResponse { read_only: true, .. }) => "session, read-only".to_owned(),
            Content::Session(SessionResponse { connected: false, .. }) => "session, not connected".to_owned(),
            Content::Session(SessionResponse { new: true, .. }) => "session, new".to_owned(),
            Content::Session(_) => "session, resumed".to_owned(),
            Content::Message(message) => message_words(message),
            Content::Jwt(..) => "jwt".to_owned(),
            Content::Presigned { .. } => "upload address".to_owned(),
            Content::Uploaded(_) => "file uploaded".to_owned(),
            Content::Deleted => "file deleted".to_owned(),
            Content::UploadFailed { code, message, .. } => {
                format!("upload failed, {}", frame_codes::line(*code, message))
            }
            Content::ConnectionClosed(Some(reason)) => format!("connection closed, {reason}"),
            Content::ConnectionClosed(None) => "connection closed".to_owned(),
            Content::Unasked => format!("{} (not asked for)", self.class),
            Content::Expired => "session expired".to_owned(),
            Content::Cleared => "session cleared".to_owned(),
            Content::Logout => "signed out".to_owned(),
            Content::Error { code, message, .. } => format!("error {}", frame_codes::line(*code, message)),
            Content::Text(text) => {
                format!("a text without an error code, \u{201c}{}\u{201d}", one_line(text))
            }
            Content::Other if self.class.is_empty() => "a frame without a class".to_owned(),
            Content::Other => format!("{} (not known to guestwire)", self.class),
        }
    }
}

/// Why a session was not configured. guestwire signs no guest in, so what a guest without a session is refused for is
/// that. [403 and these texts: MTSDK]
pub fn declined(code: u16, said: &str) -> Reason {
    let lower = said.to_ascii_lowercase();
    let sign_in = lower.contains("authentication failed") || lower.contains("authenticate again");
    if code == 401 || (code == 403 && sign_in) {
        return Reason::SignInRequired(code, one_line(said));
    }
    Reason::Frame(code, said.to_owned())
}

fn message_words(message: &Structured) -> String {
    match message.events.first() {
        Some(NormalizedEvent::Typing { on: true, .. }) => "typing on".to_owned(),
        Some(NormalizedEvent::Typing { on: false, .. }) => "typing off".to_owned(),
        Some(NormalizedEvent::Presence(what)) => format!("presence {what}"),
        Some(NormalizedEvent::Other(what)) => format!("event {what}"),
        None => match &message.receipt {
            Some(receipt) => format!("receipt: {}", receipt.words()),
            None => format!("{}: {}", message.author.name(), message.text),
        },
    }
}

fn content_of(class: &str, code: u16, body: &Value) -> Option<ServerFrameContent> {
    Some(match class {
        // An answer whose code is an error is one, whatever its class promises.
        "SessionResponse" | "JwtResponse" | "PresignedUrlResponse" | "AttachmentDeletedResponse"
            if is_error(code, body) =>
        {
            return None;
        }
        "SessionResponse" => Content::Session(SessionResponse {
            connected: truth(&body["connected"]),
            new: truth(&body["newSession"]),
            read_only: truth(&body["readOnly"]),
            media: Media::read(body),
            expires: from_unix_seconds(&body["expirationDate"]),
        }),
        "StructuredMessage" => Content::Message(Box::new(Structured::read(body)?)),
        "JwtResponse" => Content::Jwt(text(body, "jwt")?, from_unix_seconds(&body["exp"])),
        "PresignedUrlResponse" => Content::Presigned {
            attachment_id: text(body, "attachmentId")?,
            url: text(body, "url")?,
            headers: (body["headers"].as_object().into_iter().flatten())
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
        },
        "UploadSuccessEvent" => Content::Uploaded(text(body, "attachmentId")?),
        "AttachmentDeletedResponse" => Content::Deleted,
        "UploadFailureEvent" | "GenerateUrlError" => {
            let (code, message, _) = error(code, body);
            Content::UploadFailed { attachment_id: text(body, "attachmentId"), code, message }
        }
        "ConnectionClosedEvent" => Content::ConnectionClosed(text(body, "reason").or_else(|| text(body, "reasonCode"))),
        "GetConfigurationResponse" | "ResumeTokenResponse" => Content::Unasked,
        "SessionExpiredEvent" => Content::Expired,
        "SessionClearedEvent" => Content::Cleared,
        "LogoutEvent" => Content::Logout,
        // An error has the class of its body's type, which is nearly always `string`; a success may have it too.
        _ => return None,
    })
}

fn is_error(frame: u16, body: &Value) -> bool {
    frame >= 400 || body.get("errorCode").is_some()
}

/// What is wrong: the finer code of the `frame`'s and the body's, the text, and how many seconds to wait.
pub fn error(frame: u16, body: &Value) -> (u16, String, Option<u64>) {
    let message = body.as_str().map(str::to_owned);
    let message = message.or_else(|| text(body, "errorMessage")).or_else(|| text(body, "message"));
    let retry_after = body["retryAfter"].as_f64().filter(|s| *s >= 0.0).map(|s| s.ceil() as u64);
    (code(&body["errorCode"]).unwrap_or(frame), message.unwrap_or_default(), retry_after)
}

fn code(value: &Value) -> Option<u16> {
    u16::try_from(whole(value).or_else(|| value.as_str()?.trim().parse().ok())?).ok()
}
