//! The newest answer as evidence: what it says, and whose hand it shows.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::genesys::errors::ApiError;
use crate::model::exchange::header;
use crate::model::{Attempt, BodyForm, Response};

/// Headers that only the service itself puts on its answers. [real: documented, BLOG; the last two from the Guest API's
/// description and the platform's own]
const OWN_HEADERS: [&str; 4] =
    ["inin-correlation-id", "genesys-correlation-id", "x-request-id", "inin-ratelimit-allowed"];

/// An answer as evidence.
#[derive(Clone, Debug, Default)]
pub struct Said {
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
    /// A header that names something on the way: `via: 1.1 proxy.corp.example`.
    pub by_the_way: Option<String>,
    /// The server's clock.
    pub date: Option<Timestamp>,
}

impl Said {
    /// What a try brought.
    pub fn of(attempt: &Attempt) -> Self {
        attempt.response().map_or_else(Self::default, Self::read)
    }

    fn read(response: &Response) -> Self {
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
            by_the_way,
            date: header(&response.headers, "date").and_then(|d| DateTimeParser::new().parse_timestamp(d).ok()),
        }
    }

    /// Whether a page came, and nothing on it is the service's.
    pub const fn is_foreign(&self) -> bool {
        self.page && !self.own
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
