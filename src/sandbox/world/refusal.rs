//! Every way of saying no, in the words of both worlds.

use serde_json::{Value, json};

use crate::sandbox::scenario::ScenarioRules;

/// The refusal of the Guest API's description, word for word.
const UNAUTHORIZED: &str =
    "The request could not be fulfilled because the requestor is not authorized to perform the action.";

/// Largest request body. [3p: `request.bytes.max`]
pub(crate) const BODY_MAX_BYTES: usize = 512_000;

/// Why a request of the API is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServiceRefusal {
    /// No `Authorization: Bearer`.
    NoToken,
    /// A token that was never given out here.
    TokenUnknown,
    /// Its time is over.
    TokenExpired,
    /// It was withdrawn.
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
    /// There is no such conversation.
    ConversationUnknown,
    /// It has ended: nothing can be said any more.
    ConversationEnded,
    /// The participant id of `to` is not a UUID.
    ParticipantMalformed(String),
    /// The participant (or external id) of `to` is not the guest of this conversation.
    ParticipantMismatch,
    /// There is no such message.
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
        /// The value.
        value: String,
        /// The field's type or name.
        field: &'static str,
        /// What it could be.
        allowed: &'static str,
    },
    /// A time that is not one.
    Date,
    /// Too many history pages of one web session.
    WebLimit {
        /// Seconds until the next is welcome.
        retry_after: u64,
        /// Which limit.
        key: &'static str,
        /// How many are allowed a minute.
        allowed: u32,
    },
    /// Too many requests; seconds until the next is welcome.
    RateLimited {
        /// Seconds.
        retry_after: u64,
        /// How many are allowed a minute.
        allowed: u32,
    },
    /// No such path.
    NoRoute,
    /// No such method at this path.
    Method,
}

impl ServiceRefusal {
    /// The word under which it is counted.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::NoToken => "token-absent",
            Self::TokenUnknown => "token-unknown",
            Self::TokenExpired => "token-expired",
            Self::TokenRevoked => "token-revoked",
            Self::ScopeMissing => "scope-missing",
            Self::ScopeWrong | Self::ScopeForbidden => "scope-wrong",
            Self::FeatureOff => "feature-off",
            Self::PermissionMissing(_) => "permission-missing",
            Self::ConversationMalformed(_) => "conversation-malformed",
            Self::ConversationUnknown => "conversation-unknown",
            Self::ConversationEnded => "conversation-ended",
            Self::ParticipantMalformed(_) => "participant-malformed",
            Self::ParticipantMismatch => "participant-mismatch",
            Self::MessageUnknown => "message-unknown",
            Self::TextTooLong(_) => "text-too-long",
            Self::BodyMalformed | Self::Value { .. } | Self::Date => "body-malformed",
            Self::BodyTooLarge => "body-too-large",
            Self::MediaType => "content-type",
            Self::RateLimited { .. } | Self::WebLimit { .. } => "rate-limited",
            Self::NoRoute => "no-such-path",
            Self::Method => "no-such-method",
        }
    }

    /// Status and body. `context` is the request's correlation id. `sending` is the Guest API endpoint, where the
    /// described world hides wrong ids behind its 401, "because the permission check runs first".
    pub(crate) fn answer(&self, rules: ScenarioRules, sending: bool, context: &str) -> (u16, Value) {
        if rules == ScenarioRules::Described && self.is_hidden(sending) {
            return (401, json!({"code": "unauthorized", "message": UNAUTHORIZED}));
        }
        let (status, code, message) = self.published();
        let mut body = json!({ "message": message, "code": code, "status": status, "contextId": context });
        if let Some(body) = body.as_object_mut() {
            match self {
                Self::PermissionMissing(permissions) => {
                    let (text, _) = message.split_once(": ").unwrap_or((&message, ""));
                    body.insert("messageWithParams".to_owned(), json!(format!("{text}: {{permissions}}")));
                    body.insert("messageParams".to_owned(), json!({ "permissions": list(permissions) }));
                }
                Self::RateLimited { allowed, .. } => {
                    let key = "client.credentials.token.rate.per.minute";
                    let limit = json!({"key": key, "namespace": "platform.api", "value": allowed});
                    body.insert("limit".to_owned(), limit);
                }
                Self::WebLimit { key, allowed, .. } => {
                    let limit = json!({"key": key, "namespace": "web.messaging", "value": allowed});
                    body.insert("limit".to_owned(), limit);
                }
                _ => {}
            }
            body.insert("details".to_owned(), json!([]));
            body.insert("errors".to_owned(), json!([]));
        }
        (status, body)
    }

    /// Whether the described world answers with its one 401.
    const fn is_hidden(&self, sending: bool) -> bool {
        match self {
            Self::NoToken
            | Self::TokenUnknown
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::ScopeMissing
            | Self::ScopeWrong
            | Self::FeatureOff => true,
            Self::ConversationMalformed(_)
            | Self::ConversationUnknown
            | Self::ParticipantMalformed(_)
            | Self::ParticipantMismatch => sending,
            _ => false,
        }
    }

    /// Status, code and message as published. [real: documented, JS2018, unless noted]
    fn published(&self) -> (u16, &'static str, String) {
        let fixed = |status, code, message: &str| (status, code, message.to_owned());
        match self {
            Self::NoToken => fixed(
                401,
                "authentication.required",
                "No authentication bearer token specified in authorization header.",
            ),
            Self::TokenUnknown | Self::TokenExpired | Self::TokenRevoked => {
                fixed(401, "bad.credentials", "Invalid login credentials.")
            }
            Self::ScopeMissing | Self::ScopeWrong | Self::ScopeForbidden | Self::FeatureOff => {
                fixed(403, "not.authorized", "You are not authorized to perform the requested action.")
            }
            Self::PermissionMissing(permissions) => missing(permissions),
            Self::ConversationMalformed(value) => not_valid(value, "conversationId", "a UUID"),
            Self::ParticipantMalformed(value) => not_valid(value, "participantId", "a UUID"),
            Self::ConversationUnknown | Self::ParticipantMismatch | Self::MessageUnknown | Self::NoRoute => {
                fixed(404, "not.found", "The requested resource was not found.")
            }
            // [inferred: the guest WebSocket refuses with 409 and this text; the description is silent]
            Self::ConversationEnded => fixed(409, "general.conflict", "Session is read-only, no new messages allowed"),
            // [the text is the guest WebSocket's 4011, MTSDK; status and code inferred]
            Self::TextTooLong(bytes) => {
                let max = crate::model::limits::GUEST_TEXT_MAX_BYTES;
                (400, "bad.request", format!("Message length {bytes} is larger than {max}"))
            }
            Self::BodyMalformed => {
                fixed(400, "bad.request", "The request could not be understood by the server due to malformed syntax.")
            }
            Self::BodyTooLarge => {
                let message = format!("The request is over the size limit. Maximum bytes: {BODY_MAX_BYTES}");
                (413, "request.entity.too.large", message)
            }
            Self::MediaType => fixed(
                415,
                "unsupported.media.type",
                "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value \
                 in the header.",
            ),
            Self::Value { value, field, allowed } => not_valid(value, field, allowed),
            Self::Date => fixed(
                400,
                "invalid.date",
                "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
            ),
            Self::RateLimited { retry_after, .. } | Self::WebLimit { retry_after, .. } => {
                let message = format!("Rate limit exceeded the maximum. Retry the request in [{retry_after}] seconds");
                (429, "too.many.requests.retry.after", message)
            }
            Self::Method => fixed(405, "method.not.allowed", "The method is not allowed for this resource."),
        }
    }
}

fn list(permissions: &[&str]) -> String {
    format!("[{}]", permissions.join(", "))
}

fn missing(permissions: &[&str]) -> (u16, &'static str, String) {
    let list = list(permissions);
    let said = "Unable to perform the requested action.";
    if permissions.len() == 1 {
        let message = format!("{said} You are missing the following permission(s): {list}");
        return (403, "missing.permissions", message);
    }
    let message = format!("{said} You must have at least one of the following permissions assigned: {list}");
    (403, "missing.any.permissions", message)
}

fn not_valid(value: &str, field: &str, allowed: &str) -> (u16, &'static str, String) {
    let message = format!("Value [{value}] is not valid for field type [{field}]. Allowable values are: {allowed}");
    (400, "invalid.value", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_described_world_has_one_401_for_tokens_scopes_and_ids() {
        let hidden = [
            ServiceRefusal::NoToken,
            ServiceRefusal::TokenExpired,
            ServiceRefusal::ScopeMissing,
            ServiceRefusal::FeatureOff,
            ServiceRefusal::ConversationMalformed("x".to_owned()),
            ServiceRefusal::ConversationUnknown,
            ServiceRefusal::ParticipantMismatch,
        ];
        for refusal in hidden {
            let (status, body) = refusal.answer(ScenarioRules::Described, true, "c");
            assert_eq!((status, body.as_object().map(serde_json::Map::len)), (401, Some(2)), "{refusal:?}");
            assert_eq!(body["code"], "unauthorized");
        }
        assert_eq!(ServiceRefusal::ScopeForbidden.answer(ScenarioRules::Described, true, "c").0, 403);
    }

    #[test]
    fn the_published_world_tells_them_apart() {
        let code = |refusal: ServiceRefusal| {
            let (status, body) = refusal.answer(ScenarioRules::Published, true, "c");
            format!("{status} {}", body["code"].as_str().unwrap_or_default())
        };
        assert_eq!(code(ServiceRefusal::NoToken), "401 authentication.required");
        assert_eq!(code(ServiceRefusal::TokenExpired), "401 bad.credentials");
        assert_eq!(code(ServiceRefusal::ConversationMalformed("x".to_owned())), "400 invalid.value");
        assert_eq!(code(ServiceRefusal::ConversationUnknown), "404 not.found");
        assert_eq!(code(ServiceRefusal::PermissionMissing(&["a:b:c"])), "403 missing.permissions");
        assert_eq!(code(ServiceRefusal::PermissionMissing(&["a:b:c", "a:b:d"])), "403 missing.any.permissions");
    }
}
