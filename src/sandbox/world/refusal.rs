//! Every way of saying no, in the words of both worlds.

use serde_json::{Value, json};

use crate::model::limits::GUEST_TEXT_MAX_BYTES;
use crate::sandbox::scenario::ScenarioRules;

/// [MTSDK fixture: real wording may differ]
pub(crate) const READ_ONLY: &str = "Session is read-only, no new messages allowed";

/// The refusal of the Guest API's description, word for word.
const UNAUTHORIZED: &str =
    "The request could not be fulfilled because the requestor is not authorized to perform the action.";

/// Largest request body. [3p: `request.bytes.max`]
pub(crate) const BODY_MAX_BYTES: usize = 512_000;

/// Why a request of the API is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServiceRefusal {
    NoToken,
    /// A token that was never given out here.
    TokenUnknown,
    TokenExpired,
    TokenRevoked,
    /// Described world: the token has none of the scopes that are needed.
    ScopeMissing,
    /// Described world: the token has `messaging:guest` instead.
    ScopeWrong,
    /// Described world: the token has `messaging:send` instead; the one case that is a 403.
    ScopeForbidden,
    /// Described world: the client's Guest API switch is off.
    FeatureOff,
    /// None of these permissions is in the client's roles.
    PermissionMissing(&'static [&'static str]),
    /// The conversation id is not a UUID.
    ConversationMalformed(String),
    ConversationUnknown,
    /// It has ended: nothing can be said any more.
    ConversationEnded,
    /// The participant id of `to` is not a UUID.
    ParticipantMalformed(String),
    /// The participant (or external id) of `to` is not the guest of this conversation.
    ParticipantMismatch,
    MessageUnknown,
    /// So many bytes of text.
    TextTooLong(usize),
    /// Not JSON, or not the JSON that is expected.
    BodyMalformed,
    /// More than [`BODY_MAX_BYTES`].
    BodyTooLarge,
    /// Not `application/json`.
    MediaType,
    /// A field with a value that it cannot have.
    Value {
        value: String,
        /// The field's type or name.
        field: &'static str,
        allowed: &'static str,
    },
    /// A time that is not one.
    Date,
    /// Too many history pages of one web session.
    WebLimit {
        /// Seconds until the next is welcome.
        retry_after: u64,
        key: &'static str,
        /// How many are allowed a minute.
        allowed: u32,
    },
    /// Too many requests; seconds until the next is welcome.
    RateLimited {
        retry_after: u64,
        /// How many are allowed a minute.
        allowed: u32,
    },
    NoRoute,
    Method,
}

/// Where the described world answers with its one 401 instead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HiddenRefusal {
    Always,
    /// "because the permission check runs first" at the Guest API's endpoint.
    Sending,
    Never,
}

/// A refusal's name, and its published words.
struct RefusalRow {
    reason: &'static str,
    hidden: HiddenRefusal,
    status: u16,
    code: &'static str,
    message: String,
}

impl ServiceRefusal {
    pub(crate) fn reason(&self) -> &'static str {
        self.row().reason
    }

    /// Status and body. `context` is the request's correlation id. `sending` is the Guest API endpoint, where the
    /// described world hides wrong ids behind its 401.
    pub(crate) fn answer(&self, rules: ScenarioRules, sending: bool, context: &str) -> (u16, Value) {
        let RefusalRow { hidden, status, code, message, .. } = self.row();
        let hides = hidden == HiddenRefusal::Always || hidden == HiddenRefusal::Sending && sending;
        if rules == ScenarioRules::Described && hides {
            return (401, json!({"code": "unauthorized", "message": UNAUTHORIZED}));
        }
        let mut body = json!({ "message": message, "code": code, "status": status, "contextId": context });
        match self {
            Self::PermissionMissing(permissions) => {
                let (text, _) = message.split_once(": ").unwrap_or((&message, ""));
                body["messageWithParams"] = json!(format!("{text}: {{permissions}}"));
                body["messageParams"] = json!({ "permissions": list(permissions) });
            }
            Self::RateLimited { allowed, .. } => {
                let key = "client.credentials.token.rate.per.minute";
                body["limit"] = json!({"key": key, "namespace": "platform.api", "value": allowed});
            }
            Self::WebLimit { key, allowed, .. } => {
                body["limit"] = json!({"key": key, "namespace": "web.messaging", "value": allowed});
            }
            _ => {}
        }
        body["details"] = json!([]);
        body["errors"] = json!([]);
        (status, body)
    }

    /// Codes and messages are those published, unless noted. [real: documented, JS2018]
    fn row(&self) -> RefusalRow {
        use HiddenRefusal::{Always, Never, Sending};
        let row = |reason, hidden, status, code, message: &str| {
            let message = message.to_owned();
            RefusalRow { reason, hidden, status, code, message }
        };
        let token = |reason| row(reason, Always, 401, "bad.credentials", "Invalid login credentials.");
        let forbidden = |reason, hidden| {
            row(reason, hidden, 403, "not.authorized", "You are not authorized to perform the requested action.")
        };
        let not_valid = |reason, hidden, value: &str, field: &str, allowed: &str| {
            let message =
                format!("Value [{value}] is not valid for field type [{field}]. Allowable values are: {allowed}");
            RefusalRow { reason, hidden, status: 400, code: "invalid.value", message }
        };
        let not_found = |reason, hidden| row(reason, hidden, 404, "not.found", "The requested resource was not found.");
        let malformed = "body-malformed";
        match self {
            Self::NoToken => row(
                "token-absent",
                Always,
                401,
                "authentication.required",
                "No authentication bearer token specified in authorization header.",
            ),
            Self::TokenUnknown => token("token-unknown"),
            Self::TokenExpired => token("token-expired"),
            Self::TokenRevoked => token("token-revoked"),
            Self::ScopeMissing => forbidden("scope-missing", Always),
            Self::ScopeWrong => forbidden("scope-wrong", Always),
            Self::ScopeForbidden => forbidden("scope-wrong", Never),
            Self::FeatureOff => forbidden("feature-off", Always),
            Self::PermissionMissing(permissions) => missing(permissions),
            Self::ConversationMalformed(value) => {
                not_valid("conversation-malformed", Sending, value, "conversationId", "a UUID")
            }
            Self::ParticipantMalformed(value) => {
                not_valid("participant-malformed", Sending, value, "participantId", "a UUID")
            }
            Self::ConversationUnknown => not_found("conversation-unknown", Sending),
            Self::ParticipantMismatch => not_found("participant-mismatch", Sending),
            Self::MessageUnknown => not_found("message-unknown", Never),
            Self::NoRoute => not_found("no-such-path", Never),
            // [inferred: the guest WebSocket refuses with 409 and this text; the description is silent]
            Self::ConversationEnded => row("conversation-ended", Never, 409, "general.conflict", READ_ONLY),
            // [the text is the guest WebSocket's 4011, MTSDK; status and code inferred]
            Self::TextTooLong(bytes) => {
                let message = format!("Message length {bytes} is larger than {GUEST_TEXT_MAX_BYTES}");
                row("text-too-long", Never, 400, "bad.request", &message)
            }
            Self::BodyMalformed => row(
                malformed,
                Never,
                400,
                "bad.request",
                "The request could not be understood by the server due to malformed syntax.",
            ),
            Self::Value { value, field, allowed } => not_valid(malformed, Never, value, field, allowed),
            Self::Date => row(
                malformed,
                Never,
                400,
                "invalid.date",
                "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
            ),
            Self::BodyTooLarge => {
                let message = format!("The request is over the size limit. Maximum bytes: {BODY_MAX_BYTES}");
                row("body-too-large", Never, 413, "request.entity.too.large", &message)
            }
            Self::MediaType => row(
                "content-type",
                Never,
                415,
                "unsupported.media.type",
                "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value \
                 in the header.",
            ),
            Self::RateLimited { retry_after, .. } | Self::WebLimit { retry_after, .. } => {
                let message = format!("Rate limit exceeded the maximum. Retry the request in [{retry_after}] seconds");
                row("rate-limited", Never, 429, "too.many.requests.retry.after", &message)
            }
            Self::Method => {
                row("no-such-method", Never, 405, "method.not.allowed", "The method is not allowed for this resource.")
            }
        }
    }
}

fn list(permissions: &[&str]) -> String {
    format!("[{}]", permissions.join(", "))
}

fn missing(permissions: &[&str]) -> RefusalRow {
    let (code, how) = if permissions.len() == 1 {
        ("missing.permissions", "are missing the following permission(s)")
    } else {
        ("missing.any.permissions", "must have at least one of the following permissions assigned")
    };
    let message = format!("Unable to perform the requested action. You {how}: {}", list(permissions));
    RefusalRow { reason: "permission-missing", hidden: HiddenRefusal::Never, status: 403, code, message }
}
