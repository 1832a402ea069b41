//! The control API, for tests and demos, on the same port.
//!
//! `GET /_sandbox/state` · `POST /_sandbox/faults` · `DELETE /_sandbox/faults` · `POST /_sandbox/clock` ·
//! `POST /_sandbox/webhook` · `DELETE /_sandbox/webhook`
//!
//! A page of another origin must not be able to set faults, so an `Origin` from elsewhere is refused.

use http::Method;
use http::header::ORIGIN;
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::HttpAnswer;
use crate::sandbox::loopback::is_loopback_origin;
use crate::sandbox::scenario::ScenarioWebhook;
use crate::sandbox::shared::Shared;

/// Where the control API begins.
pub(crate) const ROOT: &str = "/_sandbox/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

pub(super) fn refused(status: u16, sentence: impl Into<String>) -> HttpAnswer {
    HttpAnswer::json(status, &json!({ "error": sentence.into() }))
}

pub(super) fn answer(inner: &Shared, parts: &Parts, body: &[u8]) -> HttpAnswer {
    let elsewhere = |origin: &&http::HeaderValue| !origin.to_str().is_ok_and(is_loopback_origin);
    if let Some(origin) = parts.headers.get_all(ORIGIN).iter().find(elsewhere) {
        return refused(403, format!("the control API does not answer pages of another origin ({origin:?})"));
    }
    let what = parts.uri.path().strip_prefix(ROOT).unwrap_or_default();
    match (&parts.method, what) {
        (&Method::GET, "state") => HttpAnswer::json(200, &inner.state()),
        (&Method::POST, "faults") => match serde_json::from_slice::<Value>(body) {
            Err(e) => refused(400, format!("the body is not JSON: {e}")),
            Ok(json) => match inner.set_fault(&json) {
                Ok(()) => HttpAnswer::json(200, &inner.faults()),
                Err(why) => refused(400, why),
            },
        },
        (&Method::DELETE, "faults") => {
            inner.clear_faults();
            HttpAnswer::json(200, &inner.faults())
        }
        (&Method::POST, "clock") => match serde_json::from_slice::<Advance>(body) {
            Err(_) => refused(400, "the body must be {\"advance_seconds\": n} with n a whole number, 0 or more"),
            Ok(Advance { advance_seconds }) => {
                inner.advance(advance_seconds);
                HttpAnswer::json(200, &inner.clock_json())
            }
        },
        (&Method::POST, "webhook") => match serde_json::from_slice::<ScenarioWebhook>(body) {
            Err(_) => refused(400, "the body must be {\"url\": \"http://127.0.0.1:PORT/PATH\", \"secret\": \"…\"}"),
            Ok(webhook) => {
                let url = webhook.url.clone();
                match inner.set_webhook(Some(webhook)) {
                    Ok(()) => HttpAnswer::json(200, &json!({ "webhook": url })),
                    Err(why) => refused(400, why),
                }
            }
        },
        (&Method::DELETE, "webhook") => match inner.set_webhook(None) {
            Ok(()) => HttpAnswer::json(200, &json!({ "webhook": null })),
            Err(why) => refused(400, why),
        },
        (_, "state") => refused(405, "state can be read: GET"),
        (_, "faults") => refused(405, "faults can be set and cleared: POST, DELETE"),
        (_, "clock") => refused(405, "the clock can be advanced: POST"),
        (_, "webhook") => refused(405, "the webhook can be set and taken away: POST, DELETE"),
        _ => refused(404, "the control API has state, faults, clock and webhook"),
    }
}
