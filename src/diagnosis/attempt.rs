//! One try as evidence: what was addressed, read back from what was written and not from what was configured, and what the
//! answer says, and who gave it.

use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::genesys::answerer::{Answerer, CallKind, who_answered};
use crate::genesys::errors::ApiError;
use crate::genesys::web_messaging::{HISTORY, frames};
use crate::genesys::{http_date, lookups, oauth};
use crate::model::attempt::header;
use crate::model::{Attempt, BodyForm, Exchange, ExchangeKind, Request, Response, ServerRefusal};
use crate::text::json;

/// The method of a request that is a frame of the guest socket, and the version of an answer that is one.
const FRAME: &str = "FRAME";
const WEB_SOCKET: &str = "WebSocket";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentRequest {
    pub conversation: Option<String>,
    pub participant: Option<String>,
    pub external: Option<String>,
    pub integration: Option<String>,
    pub deployment: Option<String>,
    pub origin: Option<String>,
    /// The text of the body, or of a frame's message.
    pub text: Option<String>,
    /// The action of a frame of the guest socket; empty where the frame names none.
    pub action: Option<String>,
    pub opening: bool,
    pub bearer: bool,
}

impl SentRequest {
    pub fn of(request: &Request, template: &str) -> Self {
        let json = json::read(request.body.text.as_bytes()).unwrap_or_default();
        let to = |name: &str| json.get("to")?.get(name)?.as_str().map(str::to_owned);
        let message = json.get("message").filter(|_| request.method == FRAME).unwrap_or(&json);
        Self {
            conversation: sent_to(&request.url, template).or_else(|| read_from(&request.url)),
            participant: to("id"),
            external: to("externalId"),
            integration: integration(path(&request.url)).map(decode),
            deployment: deployment(&request.url),
            origin: header(&request.headers, "origin").map(str::to_owned),
            text: message.get("text").and_then(Value::as_str).map(str::to_owned),
            action: (request.method == FRAME)
                .then(|| json.get("action").and_then(Value::as_str).unwrap_or_default().to_owned()),
            opening: header(&request.headers, "upgrade").is_some(),
            bearer: header(&request.headers, "authorization").is_some(),
        }
    }

    pub const fn is_frame(&self) -> bool {
        self.action.is_some()
    }

    pub fn configures(&self) -> bool {
        self.action.as_deref() == Some("configureSession")
    }
}

#[derive(Clone, Debug, Default)]
pub struct ServerAnswer {
    pub status: Option<u16>,
    pub by: Answerer,
    pub error: ApiError,
    /// The body is text that is not JSON.
    pub text: bool,
    /// The answer is a frame of the guest socket; its class.
    pub frame: Option<String>,
    pub date: Option<Timestamp>,
}

impl ServerAnswer {
    pub fn of(attempt: &Attempt, kind: ExchangeKind) -> Self {
        match attempt.response() {
            Some(response) if response.version == WEB_SOCKET => Self::read_frame(response),
            Some(response) => Self::read(asked(&attempt.request, kind), response),
            None => Self::default(),
        }
    }

    fn read(asked: CallKind, response: &Response) -> Self {
        let headers = response.headers.as_slice();
        // Bytes that are no text were not kept; that there were some still matters.
        let body: &[u8] = if response.body.form == BodyForm::Binary { b"\0" } else { response.body.text.as_bytes() };
        Self {
            status: Some(response.status),
            by: who_answered(asked, response.status, headers, body),
            error: ApiError::of(response),
            text: response.body.form == BodyForm::Text,
            date: header(headers, "date").and_then(http_date),
            ..Self::default()
        }
    }

    fn read_frame(response: &Response) -> Self {
        let frame = json::read(response.body.text.as_bytes()).unwrap_or_default();
        let (code, message, retry_after) = frames::error(response.status, &frame["body"]);
        let refusal = ServerRefusal {
            status: response.status,
            code: Some(code.to_string()),
            message: Some(message).filter(|message| !message.is_empty()),
            ..ServerRefusal::default()
        };
        Self {
            status: Some(response.status),
            by: Answerer::Service,
            error: ApiError { refusal, retry_after: retry_after.map(Duration::from_secs), ..ApiError::default() },
            frame: Some(frame["class"].as_str().unwrap_or_default().to_owned()),
            ..Self::default()
        }
    }

    /// Somebody else gave the answer, or a text came in the place of JSON and nothing shows that the service sent it.
    pub const fn is_foreign(&self) -> bool {
        self.by.is_other() || (self.text && !self.by.is_service())
    }

    pub fn is_success(&self) -> bool {
        self.by.is_service() && matches!(self.status, Some(200..=299))
    }

    /// `code`, or OAuth's `error`.
    pub fn code(&self) -> Option<&str> {
        self.error.refusal.code.as_deref()
    }

    pub fn is(&self, code: &str) -> bool {
        self.code() == Some(code)
    }

    /// Whether code, message or details hold `part`, whatever its case.
    pub fn mentions(&self, part: &str) -> bool {
        let ServerRefusal { code, message, more, .. } = &self.error.refusal;
        code.iter().chain(message).chain(more).any(|text| text.to_ascii_lowercase().contains(part))
    }

    /// A code of the published form: `missing.permissions`, `bad.credentials`.
    pub fn is_published(&self) -> bool {
        self.by.is_service() && self.code().is_some_and(|code| code.contains('.'))
    }

    /// The server's words in one line; `None` where it said none.
    pub fn words(&self) -> Option<String> {
        let refusal = &self.error.refusal;
        let message = refusal.message.as_ref().map(|m| format!("“{m}”"));
        let words = refusal.phrase.iter().chain(&refusal.code).cloned().chain(message).chain(refusal.rest());
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join(" · "))
    }
}

/// The integration that `path` sends to. [real: documented]
pub fn integration(path: &str) -> Option<&str> {
    if let Some(id) = lookups::integration_asked(path) {
        return Some(id);
    }
    let (_, rest) = path.split_once("/api/v2/conversations/messages/")?;
    rest.split_once("/inbound/open/").map(|(id, _)| id).filter(|id| !id.is_empty() && !id.contains('/'))
}

/// The deployment of a guest socket's address, or of a public path.
pub fn deployment(url: &str) -> Option<String> {
    if let Some((id, _)) = lookups::deployment_asked(path(url)) {
        return Some(decode(id));
    }
    let query = url.split_once('?')?.1.split('#').next()?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("deploymentId="))?;
    (!value.is_empty()).then(|| decode(value))
}

pub fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The conversation id that stands in `url` where `template` has its place.
fn sent_to(url: &str, template: &str) -> Option<String> {
    let (before, after) = template.split_once("{conversationId}")?;
    let inside = path(url).strip_prefix(before)?.strip_suffix(after)?;
    (!inside.is_empty() && !inside.contains('/')).then(|| decode(inside))
}

/// The conversation id of a reading URL. [real: documented paths]
pub fn read_from(url: &str) -> Option<String> {
    let path = path(url);
    let id = path
        .strip_prefix("/api/v2/conversations/messages/")
        .or_else(|| path.strip_prefix("/api/v2/conversations/"))
        .filter(|id| !id.is_empty() && !id.contains('/') && *id != "messages")?;
    Some(decode(id))
}

/// A path segment with its percent-encoding undone; left as it is where the result is no UTF-8.
fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8().map_or_else(|_| segment.to_owned(), Into::into)
}

/// The ids that came back with the newest answer, each with the name under which it did.
pub fn request_ids(exchange: &Exchange) -> Vec<(&'static str, String)> {
    let Some(response) = exchange.last_attempt().and_then(|a| a.response()) else { return Vec::new() };
    let mut ids = response.request_ids();
    ids.sort_by_key(|(name, _)| *name != "x-request-id");
    ids
}

/// What the engine judged the answer as: a message may go to a path that the profile names.
fn asked(request: &Request, kind: ExchangeKind) -> CallKind {
    let path = path(&request.url);
    if request.method == "POST" {
        return match path {
            oauth::TOKEN_PATH => CallKind::Token,
            _ if integration(path).is_some() => CallKind::OpenMessage,
            _ if kind == ExchangeKind::Send => CallKind::GuestMessage,
            _ if path.ends_with("/messages/bulk") => CallKind::List,
            _ => CallKind::Anything,
        };
    }
    match path {
        lookups::TOKEN_INFO => CallKind::TokenFacts,
        HISTORY => CallKind::List,
        _ if read_from(&request.url).is_some() => CallKind::Conversation,
        _ => CallKind::Anything,
    }
}
