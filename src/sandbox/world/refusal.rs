//! All refusals, with status, code and message in both worlds, and the form that every request must have.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::model::channel::GUEST_TEXT_MAX_BYTES;
use crate::sandbox::scenario::ScenarioRules;
use crate::text::json::with;

/// [MTSDK fixture: real wording may differ]
pub(crate) const READ_ONLY: &str = "Session is read-only, no new messages allowed";

/// The refusal of the Guest API's description, word for word.
const UNAUTHORIZED: &str =
    "The request could not be fulfilled because the requestor is not authorized to perform the action.";

/// [3p: `request.bytes.max`]
pub(crate) const BODY_MAX_BYTES: usize = 512_000;

/// Where the described world answers with its one 401 instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HiddenRefusal {
    Always,
    /// "because the permission check runs first" at the Guest API's endpoint.
    Sending,
    Never,
}
use HiddenRefusal::{Always, Never, Sending};

/// Codes and messages are those published, unless noted. [real: documented, JS2018]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceRefusal {
    /// Under which it is counted.
    pub(crate) reason: &'static str,
    hidden: HiddenRefusal,
    status: u16,
    code: &'static str,
    message: Cow<'static, str>,
    more: Option<Box<Value>>,
    /// Seconds until the next request is welcome.
    pub(crate) retry_after: Option<u64>,
}

pub(crate) type Served<T> = Result<T, ServiceRefusal>;

/// Status, code and message, as they are published.
type Published = (u16, &'static str, &'static str);
const BAD_CREDENTIALS: Published = (401, "bad.credentials", "Invalid login credentials.");
const FORBIDDEN: Published = (403, "not.authorized", "You are not authorized to perform the requested action.");
const NOT_FOUND: Published = (404, "not.found", "The requested resource was not found.");

const fn refusal(reason: &'static str, hidden: HiddenRefusal, published: Published) -> ServiceRefusal {
    let (status, code, message) = published;
    let message = Cow::Borrowed(message);
    ServiceRefusal { reason, hidden, status, code, message, more: None, retry_after: None }
}

impl ServiceRefusal {
    pub(crate) const NO_TOKEN: Self = refusal(
        "token-absent",
        Always,
        (401, "authentication.required", "No authentication bearer token specified in authorization header."),
    );
    pub(crate) const TOKEN_UNKNOWN: Self = refusal("token-unknown", Always, BAD_CREDENTIALS);
    pub(crate) const TOKEN_EXPIRED: Self = refusal("token-expired", Always, BAD_CREDENTIALS);
    pub(crate) const TOKEN_REVOKED: Self = refusal("token-revoked", Always, BAD_CREDENTIALS);
    pub(crate) const SCOPE_MISSING: Self = refusal("scope-missing", Always, FORBIDDEN);
    /// Described world: the token has `messaging:guest` instead.
    pub(crate) const SCOPE_WRONG: Self = refusal("scope-wrong", Always, FORBIDDEN);
    /// Described world: the token has `messaging:send` instead; the one case that is a 403.
    pub(crate) const SCOPE_FORBIDDEN: Self = refusal("scope-wrong", Never, FORBIDDEN);
    /// Described world: the client's Guest API switch is off.
    pub(crate) const FEATURE_OFF: Self = refusal("feature-off", Always, FORBIDDEN);
    pub(crate) const CONVERSATION_UNKNOWN: Self = refusal("conversation-unknown", Sending, NOT_FOUND);
    /// The participant (or external id) of `to` is not the guest of this conversation.
    pub(crate) const PARTICIPANT_MISMATCH: Self = refusal("participant-mismatch", Sending, NOT_FOUND);
    pub(crate) const MESSAGE_UNKNOWN: Self = refusal("message-unknown", Never, NOT_FOUND);
    pub(crate) const NO_ROUTE: Self = refusal("no-such-path", Never, NOT_FOUND);
    /// [inferred: the guest WebSocket refuses with 409 and this text; the description is silent]
    pub(crate) const CONVERSATION_ENDED: Self =
        refusal("conversation-ended", Never, (409, "general.conflict", READ_ONLY));
    pub(crate) const BODY_MALFORMED: Self = refusal(
        "body-malformed",
        Never,
        (400, "bad.request", "The request could not be understood by the server due to malformed syntax."),
    );
    pub(crate) const DATE: Self = refusal(
        "body-malformed",
        Never,
        (400, "invalid.date", "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ"),
    );
    const MEDIA_TYPE: Self = refusal(
        "content-type",
        Never,
        (
            415,
            "unsupported.media.type",
            "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value in \
             the header.",
        ),
    );
    pub(crate) const METHOD: Self =
        refusal("no-such-method", Never, (405, "method.not.allowed", "The method is not allowed for this resource."));

    fn saying(self, message: String) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(crate) fn value(value: &str, field: &str, allowed: &str) -> Self {
        refusal("body-malformed", Never, (400, "invalid.value", ""))
            .saying(format!("Value [{value}] is not valid for field type [{field}]. Allowable values are: {allowed}"))
    }

    pub(crate) fn malformed(reason: &'static str, id: &str, field: &str) -> Self {
        Self { reason, hidden: Sending, ..Self::value(id, field, "a UUID") }
    }

    /// Refuses a text that is too long. [the words are the guest WebSocket's 4011, MTSDK; status and code inferred]
    pub(crate) fn check_length(text: &str) -> Served<()> {
        if text.len() <= GUEST_TEXT_MAX_BYTES {
            return Ok(());
        }
        let message = format!("Message length {} is larger than {GUEST_TEXT_MAX_BYTES}", text.len());
        Err(refusal("text-too-long", Never, (400, "bad.request", "")).saying(message))
    }

    pub(crate) fn permission_missing(permissions: &[&str]) -> Self {
        let (code, how) = if permissions.len() == 1 {
            ("missing.permissions", "are missing the following permission(s)")
        } else {
            ("missing.any.permissions", "must have at least one of the following permissions assigned")
        };
        let (text, list) =
            (format!("Unable to perform the requested action. You {how}"), format!("[{}]", permissions.join(", ")));
        let params = format!("{text}: {{permissions}}");
        let more = Some(json!({"messageWithParams": params, "messageParams": {"permissions": list}}).into());
        Self { more, ..refusal("permission-missing", Never, (403, code, "")).saying(format!("{text}: {list}")) }
    }

    /// Too many requests: `allowed` in a minute under the limit of this name.
    pub(crate) fn rate_limited(retry_after: u64, allowed: u32, namespace: &str, key: &str) -> Self {
        let message = format!("Rate limit exceeded the maximum. Retry the request in [{retry_after}] seconds");
        let more = Some(json!({"limit": {"key": key, "namespace": namespace, "value": allowed}}).into());
        let refusal = refusal("rate-limited", Never, (429, "too.many.requests.retry.after", "")).saying(message);
        Self { more, retry_after: Some(retry_after), ..refusal }
    }

    pub(crate) fn token_limited(retry_after: u64, allowed: u32) -> Self {
        Self::rate_limited(retry_after, allowed, "platform.api", "client.credentials.token.rate.per.minute")
    }

    /// Status and body. `context` is the request's correlation id. `sending` is the Guest API endpoint, where the
    /// described world hides wrong ids behind its 401.
    pub(crate) fn answer(&self, rules: ScenarioRules, sending: bool, context: &str) -> (u16, Value) {
        let hides = self.hidden == Always || self.hidden == Sending && sending;
        if rules == ScenarioRules::Described && hides {
            return (401, json!({"code": "unauthorized", "message": UNAUTHORIZED}));
        }
        let body = json!({"message": self.message, "code": self.code, "status": self.status, "contextId": context});
        let body =
            with(with(body, self.more.as_deref().cloned().unwrap_or_default()), json!({"details": [], "errors": []}));
        (self.status, body)
    }
}

pub(crate) fn json_of<T: DeserializeOwned>(body: &[u8], content_type: Option<&str>) -> Served<T> {
    if body.len() > BODY_MAX_BYTES {
        let message = format!("The request is over the size limit. Maximum bytes: {BODY_MAX_BYTES}");
        return Err(refusal("body-too-large", Never, (413, "request.entity.too.large", "")).saying(message));
    }
    let mime = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !mime.trim().eq_ignore_ascii_case("application/json") {
        return Err(ServiceRefusal::MEDIA_TYPE);
    }
    serde_json::from_slice(body).map_err(|_| ServiceRefusal::BODY_MALFORMED)
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestedPage {
    pub(crate) page_size: usize,
    pub(crate) page_number: usize,
}

impl Default for RequestedPage {
    fn default() -> Self {
        Self { page_size: 25, page_number: 1 }
    }
}

impl RequestedPage {
    pub(crate) fn check(self) -> Served<()> {
        if (1..=100).contains(&self.page_size) && self.page_number > 0 {
            return Ok(());
        }
        Err(ServiceRefusal::value(&self.page_size.to_string(), "pageSize", "1 to 100, with pageNumber from 1"))
    }

    pub(crate) fn of<T>(self, all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        all.skip(self.page_size.saturating_mul(self.page_number - 1)).take(self.page_size)
    }
}
