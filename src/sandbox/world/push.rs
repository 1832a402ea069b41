//! Pushes: outbound messages of open messaging, signed for the webhook.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::World;

/// A message for the webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Push {
    pub(crate) url: String,
    pub(crate) body: String,
    /// The value of `X-Hub-Signature-256`.
    pub(crate) signature: String,
}

/// `sha256=` and the base64 (not hex) of the HMAC over the raw body. [real: documented; SLACK, GCX]
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(ring::hmac::sign(&key, body).as_ref()))
}

impl World {
    /// Signs a message for the webhook, where there is one.
    pub(super) fn push(&mut self, body: &Value) {
        let Some(webhook) = &self.webhook else { return };
        let body = body.to_string();
        let signature = signature(&webhook.secret, body.as_bytes());
        self.pushes.push(Push { url: webhook.url.clone(), body, signature });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_is_signed_as_published() {
        let body = r#"{"id":"c327c2078ca056db130c55ce648d9fa2","type":"Text","text":"Hello World"}"#;
        assert_eq!(signature("DEADBEEF", body.as_bytes()), "sha256=aNSl2+Fvl7u4wKvHSZa+fxa5E98dVQsgGH7JyOOZ0s8=");
    }
}
