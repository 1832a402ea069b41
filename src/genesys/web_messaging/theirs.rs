//! Frames of theirs: `{"type","class","code","body","tracingId"?}`. What is not known is kept by its name and shown,
//! never fatal.

use jiff::Timestamp;
use serde_json::Value;

use super::{Media, NormalizedEvent, Structured};
use crate::genesys::{seconds, text, truth, whole};
use crate::model::{Reason, frame_codes};
use crate::text::{json, one_line};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionResponse {
    pub connected: bool,
    pub new: bool, // it began now
    pub read_only: bool,
    pub media: Media,
    pub expires: Option<Timestamp>, // when it ends by itself
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestSocketMessage {
    Session(SessionResponse),
    Message(Box<Structured>),
    Jwt {
        jwt: String, // a secret
        exp: Option<Timestamp>,
    },
    Presigned {
        attachment_id: String,
        url: String, // a secret in parts: it is signed
        headers: Vec<(String, String)>,
    },
    Uploaded {
        attachment_id: String,
    },
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

use GuestSocketMessage as Said;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    pub class: String,
    pub code: u16,               // `code`: 200, an HTTP status, or one of the socket's own
    pub tracing: Option<String>, // ours, where it answers something of ours
    pub said: GuestSocketMessage,
}

impl Theirs {
    /// Reads a frame; `None` where it is not a JSON object.
    pub fn read(frame: &str) -> Option<Self> {
        let value = json::read(frame.as_bytes())?;
        value.as_object()?;
        let class = text(&value, "class").unwrap_or_default();
        let code = code(&value["code"]).unwrap_or(0);
        let body = &value["body"];
        let tracing = text(&value, "tracingId").or_else(|| text(body, "tracingId"));
        let said = said(&class, code, body).unwrap_or_else(|| match (class.as_str(), body.as_str()) {
            _ if is_error(code, body) => told_error(code, body),
            ("string", Some(text)) => Said::Text(text.to_owned()),
            _ => Said::Other,
        });
        Some(Self { class, code, tracing, said })
    }

    pub fn words(&self) -> String {
        match &self.said {
            Said::Session(SessionResponse { read_only: true, .. }) => "session, read-only".to_owned(),
            Said::Session(SessionResponse { connected: false, .. }) => "session, not connected".to_owned(),
            Said::Session(SessionResponse { new: true, .. }) => "session, new".to_owned(),
            Said::Session(_) => "session, resumed".to_owned(),
            Said::Message(message) => message_words(message),
            Said::Jwt { .. } => "jwt".to_owned(),
            Said::Presigned { .. } => "upload address".to_owned(),
            Said::Uploaded { .. } => "file uploaded".to_owned(),
            Said::Deleted => "file deleted".to_owned(),
            Said::UploadFailed { code, message, .. } => {
                format!("upload failed, {}", frame_codes::line(*code, message))
            }
            Said::ConnectionClosed(Some(reason)) => format!("connection closed, {reason}"),
            Said::ConnectionClosed(None) => "connection closed".to_owned(),
            Said::Unasked => format!("{} (not asked for)", self.class),
            Said::Expired => "session expired".to_owned(),
            Said::Cleared => "session cleared".to_owned(),
            Said::Logout => "signed out".to_owned(),
            Said::Error { code, message, .. } => format!("error {}", frame_codes::line(*code, message)),
            Said::Text(text) => {
                format!("a text without an error code, \u{201c}{}\u{201d}", one_line(text))
            }
            Said::Other if self.class.is_empty() => "a frame without a class".to_owned(),
            Said::Other => format!("{} (not known to guestwire)", self.class),
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
            None => format!("{}: {}", message.author.word(), message.text),
        },
    }
}

fn said(class: &str, code: u16, body: &Value) -> Option<GuestSocketMessage> {
    Some(match class {
        // An answer whose code is an error is one, whatever its class promises.
        "SessionResponse" | "JwtResponse" | "PresignedUrlResponse" | "AttachmentDeletedResponse"
            if is_error(code, body) =>
        {
            return None;
        }
        "SessionResponse" => Said::Session(SessionResponse {
            connected: truth(&body["connected"]),
            new: truth(&body["newSession"]),
            read_only: truth(&body["readOnly"]),
            media: Media::read(body),
            expires: seconds(&body["expirationDate"]),
        }),
        "StructuredMessage" => Said::Message(Box::new(Structured::read(body)?)),
        "JwtResponse" => Said::Jwt { jwt: text(body, "jwt")?, exp: seconds(&body["exp"]) },
        "PresignedUrlResponse" => Said::Presigned {
            attachment_id: text(body, "attachmentId")?,
            url: text(body, "url")?,
            headers: (body["headers"].as_object().into_iter().flatten())
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
        },
        "UploadSuccessEvent" => Said::Uploaded { attachment_id: text(body, "attachmentId")? },
        "AttachmentDeletedResponse" => Said::Deleted,
        "UploadFailureEvent" | "GenerateUrlError" => {
            let (code, message) = error(code, body);
            Said::UploadFailed { attachment_id: text(body, "attachmentId"), code, message }
        }
        "ConnectionClosedEvent" => Said::ConnectionClosed(text(body, "reason").or_else(|| text(body, "reasonCode"))),
        "GetConfigurationResponse" | "ResumeTokenResponse" => Said::Unasked,
        "SessionExpiredEvent" => Said::Expired,
        "SessionClearedEvent" => Said::Cleared,
        "LogoutEvent" => Said::Logout,
        // An error has the class of its body's type, which is nearly always `string`; a success may have it too.
        _ => return None,
    })
}

fn told_error(code: u16, body: &Value) -> GuestSocketMessage {
    let (code, message) = error(code, body);
    let retry_after = body["retryAfter"].as_f64().filter(|s| *s >= 0.0).map(|s| s.ceil() as u64);
    Said::Error { code, message, retry_after }
}

fn is_error(frame: u16, body: &Value) -> bool {
    frame >= 400 || body.get("errorCode").is_some()
}

fn error(frame: u16, body: &Value) -> (u16, String) {
    let message = body.as_str().map(str::to_owned);
    let message = message.or_else(|| text(body, "errorMessage")).or_else(|| text(body, "message"));
    (code(&body["errorCode"]).unwrap_or(frame), message.unwrap_or_default())
}

fn code(value: &Value) -> Option<u16> {
    u16::try_from(whole(value).or_else(|| value.as_str()?.trim().parse().ok())?).ok()
}

#[cfg(test)]
#[path = "../../../tests/unit/genesys/web_messaging/theirs.rs"]
mod tests;
