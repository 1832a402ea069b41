//! The guest socket: the upgrade, and the error frames. [codes: MTSDK `ErrorCode.kt`; texts: its fixtures]

use serde_json::Value;

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Probe};

/// What an error of the guest socket says.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let probe = Some(Probe::Deployment);
    if let Some(code) = frame_code(facts) {
        return frame(facts, code);
    }
    match facts.said.status {
        // [real: seen in SDK source: 403 on the upgrade is "access denied": domain or deployment]
        Some(403) => vec![
            Hypothesis::supported(Cause::OriginRefused, "the upgrade was refused with 403", probe),
            Hypothesis::open(Cause::DeploymentUnknown, "a deployment that is not active is answered so too", probe),
        ],
        Some(400 | 404) => vec![Hypothesis::supported(
            Cause::DeploymentUnknown,
            "the upgrade was refused as if there were no such deployment",
            probe,
        )],
        Some(429) => vec![Hypothesis::named(Cause::RateLimited, "too many connections to this deployment")],
        Some(500..=599) => vec![Hypothesis::named(Cause::ServiceFailure, "the service failed while connecting")],
        _ => Vec::new(),
    }
}

fn frame(facts: &Facts<'_>, code: u64) -> Vec<Hypothesis> {
    let named = |cause, why: &str| vec![Hypothesis::named(cause, format!("the socket says {code}: {why}"))];
    match code {
        4006 | 4007 => named(Cause::ConversationEnded, "the session has expired or is not known"),
        409 => named(Cause::ConversationEnded, "the session is read-only"),
        4011 => named(Cause::TextTooLong, "the message is too long"),
        4013 => named(Cause::TextTooLong, "the custom attributes are too large"),
        4029 | 429 => named(Cause::RateLimited, "messages come too fast"),
        4020 | 400 => named(Cause::BodyMalformed, "the request is not understood"),
        5000 | 500 => named(Cause::ServiceFailure, "an unexpected failure"),
        401 => vec![
            Hypothesis::supported(Cause::TokenRevoked, "the guest's session is not accepted any more", None),
            Hypothesis::open(Cause::TokenExpired, "the guest's session may have ended", None),
        ],
        4000 | 403 if facts.said.mentions("domain") || facts.said.mentions("origin") => {
            named(Cause::OriginRefused, "the origin is not allowed")
        }
        _ => Vec::new(),
    }
}

/// `code` of an error frame, which stands where an HTTP body would.
fn frame_code(facts: &Facts<'_>) -> Option<u64> {
    let body = &facts.attempt?.response()?.body.text;
    let json: Value = serde_json::from_str(body).ok()?;
    json.get("class")?;
    let inner = json.get("body").and_then(|b| b.get("errorCode")).and_then(Value::as_u64);
    inner.or_else(|| json.get("code")?.as_u64()).filter(|code| *code >= 400)
}
