//! The newest answer as evidence: what it says, and whose hand it shows.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use crate::genesys::errors::ApiError;
use crate::model::exchange::header;
use crate::model::{Attempt, Body, BodyForm, Response};
use crate::text::json;

/// Headers that only the service itself puts on its answers. [real: documented, BLOG; the last two from the Guest API's
/// description and the platform's own]
const OWN_HEADERS: [&str; 4] =
    ["inin-correlation-id", "genesys-correlation-id", "x-request-id", "inin-ratelimit-allowed"];

/// The version of an answer that is a frame of the guest socket.
pub const WEB_SOCKET: &str = "WebSocket";

/// An answer as evidence.
#[derive(Clone, Debug, Default)]
pub struct ServerAnswer {
    /// HTTP status; `None` where no status line came.
    pub status: Option<u16>,
    /// `code`, or OAuth's `error`.
    pub code: Option<String>,
    /// `message`, or OAuth's description.
    pub message: Option<String>,
    /// Permissions that the refusal names.
    pub permissions: Vec<String>,
    /// It is the service's own: an error body of its form, or one of its headers.
    pub own: bool,
    /// The body is text that is not JSON: a page.
    pub page: bool,
    /// … and that page is HTML: made for a person's browser.
    pub html: bool,
    /// The answer is a frame of the guest socket; its class.
    pub frame: Option<String>,
    /// How long to wait before trying again, where the frame tells.
    pub retry_after: Option<u64>,
    /// A header that names something on the way: `via: 1.1 proxy.corp.example`.
    pub by_the_way: Option<String>,
    /// The server's clock.
    pub date: Option<Timestamp>,
}

impl ServerAnswer {
    /// What a try brought.
    pub fn of(attempt: &Attempt) -> Self {
        attempt.response().map_or_else(Self::default, Self::read)
    }

    fn read(response: &Response) -> Self {
        if response.version == WEB_SOCKET {
            return Self::read_frame(response);
        }
        let error = ApiError::read(response.status, response.body.text.as_bytes());
        let json = response.body.form == BodyForm::Json;
        let own_header = OWN_HEADERS.iter().any(|name| header(&response.headers, name).is_some());
        let by_the_way = ["via", "x-squid-error", "x-zscaler-error", "proxy-authenticate"]
            .iter()
            .find_map(|name| Some(format!("{name}: {}", header(&response.headers, name)?)))
            // Genesys Cloud itself stands behind CloudFront, which says so in `via`.
            .filter(|line| !line.contains("cloudfront"));
        Self {
            status: Some(response.status),
            own: own_header || (json && error.code.is_some()),
            code: error.code.filter(|_| json),
            message: error.message.filter(|_| json),
            permissions: error.missing_permissions,
            page: response.body.form == BodyForm::Text,
            html: response.body.form == BodyForm::Text && is_html(&response.body),
            by_the_way,
            date: header(&response.headers, "date").and_then(|d| DateTimeParser::new().parse_timestamp(d).ok()),
            ..Self::default()
        }
    }

    /// An answering frame: `{"type","class","code","body"}`, where `body` is a text, or an object with `errorCode` and
    /// `errorMessage`. [real: seen in SDK source]
    fn read_frame(response: &Response) -> Self {
        let json = json::read(response.body.text.as_bytes()).unwrap_or_default();
        let inside = |name: &str| json.get("body").and_then(|b| b.get(name));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
        let code = inside("errorCode").or_else(|| json.get("code")).and_then(Value::as_u64);
        Self {
            status: Some(response.status),
            own: true,
            code: Some(code.unwrap_or(u64::from(response.status)).to_string()),
            message: text(json.get("body")).or_else(|| text(inside("errorMessage"))).or_else(|| text(inside("reason"))),
            frame: Some(text(json.get("class")).unwrap_or_default()),
            retry_after: inside("retryAfter").and_then(Value::as_u64),
            ..Self::default()
        }
    }

    /// Whether a page came, and nothing on it is the service's.
    pub const fn is_foreign(&self) -> bool {
        self.page && !self.own
    }

    /// Whether something on the way shows itself: by a header, or by a page for a browser that nothing marks as the
    /// service's.
    pub const fn is_proxy(&self) -> bool {
        self.by_the_way.is_some() || (self.html && !self.own)
    }

    /// Whether the code is `code`.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether code or message hold `part`, whatever its case.
    pub fn mentions(&self, part: &str) -> bool {
        let holds = |text: &Option<String>| text.as_deref().is_some_and(|t| t.to_ascii_lowercase().contains(part));
        holds(&self.code) || holds(&self.message)
    }

    /// A code of the published form: `missing.permissions`, `bad.credentials`.
    pub fn is_published(&self) -> bool {
        self.code.as_deref().is_some_and(|code| code.contains('.'))
    }
}

fn is_html(body: &Body) -> bool {
    let begins = |mark: &str| {
        let text = body.text.trim_start();
        text.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark))
    };
    body.mime.as_deref() == Some("text/html") || begins("<!doctype html") || begins("<html")
}
