//! What a refusal says. Two shapes: the platform's `ErrorBody` (every field optional) and OAuth's
//! `{"error","description","error_description"}`. [real: documented; OAuth's 3p]

use std::time::Duration;

use serde_json::Value;

use super::limits;
use crate::text::json;

/// A refusal in the server's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `code`, or OAuth's `error`.
    pub code: Option<String>,
    /// `message`, or OAuth's `error_description` / `description`.
    pub message: Option<String>,
    /// `contextId`.
    pub context_id: Option<String>,
    /// How long to wait, from the body's `retryAfter` or the message's "Retry the request in [n] seconds".
    pub retry_after: Option<Duration>,
    /// Permissions that the refusal names as missing.
    pub missing_permissions: Vec<String>,
}

impl ApiError {
    /// Reads the body of an answer that was not a success. Anything may come; what is not understood is left out.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let value = json::read(body).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned);
        let message = text("message").or_else(|| text("error_description")).or_else(|| text("description"));
        Self {
            status,
            code: text("code").or_else(|| text("error")),
            context_id: text("contextId"),
            retry_after: seconds(value.get("retryAfter"))
                .or_else(|| message.as_deref().and_then(limits::seconds_in_message)),
            missing_permissions: permissions(&value, message.as_deref()),
            message,
        }
    }

    /// One line: status, code and message, as far as they came.
    pub fn reason(&self) -> String {
        let mut line = self.status.to_string();
        if let Some(code) = &self.code {
            line.push(' ');
            line.push_str(&one_line(code));
        }
        match &self.message {
            Some(message) => {
                line.push_str(": ");
                line.push_str(&one_line(message));
            }
            None if self.code.is_none() => {
                let name = http::StatusCode::from_u16(self.status).ok().and_then(|s| s.canonical_reason());
                if let Some(name) = name {
                    line.push(' ');
                    line.push_str(name);
                }
            }
            None => {}
        }
        line
    }
}

/// `text` with runs of white space (line ends too) as one space.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn seconds(value: Option<&Value>) -> Option<Duration> {
    match value? {
        Value::Number(n) => Duration::try_from_secs_f64(n.as_f64()?).ok(),
        Value::String(s) => s.trim().parse().ok().map(Duration::from_secs),
        _ => None,
    }
}

/// From `messageParams.permissions`, else the bracketed list at the end of a permission message.
fn permissions(value: &Value, message: Option<&str>) -> Vec<String> {
    let named = value.get("messageParams").and_then(|p| p.get("permissions")).and_then(Value::as_str);
    let listed = named.or_else(|| {
        let (_, rest) = message.filter(|m| m.contains("ermission"))?.split_once('[')?;
        rest.split_once(']').map(|(inside, _)| inside)
    });
    listed
        .unwrap_or_default()
        .split(|c: char| matches!(c, '[' | ']' | ',') || c.is_whitespace())
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_and_neither() {
        let platform = br#"{"message":"Unable to perform the requested action. You are missing the following permission(s): [conversation:message:receive]","messageWithParams":"x","messageParams":{"permissions":"[conversation:message:receive]"},"code":"missing.permissions","status":403,"contextId":"ctx","details":[],"errors":[]}"#;
        let error = ApiError::read(403, platform);
        assert_eq!(error.code.as_deref(), Some("missing.permissions"));
        assert_eq!(error.context_id.as_deref(), Some("ctx"));
        assert_eq!(error.missing_permissions, ["conversation:message:receive"]);
        assert!(error.reason().starts_with("403 missing.permissions: Unable to perform"));

        let oauth = ApiError::read(
            400,
            br#"{"error":"invalid_client","description":"d","error_description":"authentication failed"}"#,
        );
        assert_eq!(oauth.reason(), "400 invalid_client: authentication failed");

        assert_eq!(ApiError::read(502, b"<html>Bad\ngateway").reason(), "502 Bad Gateway");
        assert_eq!(ApiError::read(599, b"").reason(), "599");
        assert_eq!(ApiError::read(400, br#"{"code":"bad.request"}"#).reason(), "400 bad.request");
    }

    #[test]
    fn the_wait_is_read_from_field_or_message() {
        let message = br#"{"message":"Rate limit exceeded the maximum. Retry the request in [12] seconds","code":"too.many.requests.retry.after"}"#;
        assert_eq!(ApiError::read(429, message).retry_after, Some(Duration::from_secs(12)));
        assert_eq!(ApiError::read(429, br#"{"retryAfter":3}"#).retry_after, Some(Duration::from_secs(3)));
        assert_eq!(ApiError::read(429, br#"{"retryAfter":-3}"#).retry_after, None);
        assert_eq!(ApiError::read(429, br#"{"retryAfter":1e300}"#).retry_after, None);
    }

    #[test]
    fn a_message_with_line_ends_is_one_line() {
        let error = ApiError::read(400, b"{\"message\":\"a\\r\\n\\tb\",\"code\":\"x\\ny\"}");
        assert_eq!(error.reason(), "400 x y: a b");
    }

    #[test]
    fn permissions_in_the_message_only() {
        let error =
            ApiError::read(403, br#"{"message":"You are missing the following permission(s): [a:b:c, d:e:f]"}"#);
        assert_eq!(error.missing_permissions, ["a:b:c", "d:e:f"]);
    }
}
