//! The control API, for tests and demos, on the same port.
//!
//! `GET /_sandbox/state` · `POST /_sandbox/faults` · `DELETE /_sandbox/faults` · `POST /_sandbox/clock` ·
//! `POST /_sandbox/webhook` · `DELETE /_sandbox/webhook`
//! A page of another origin must not be able to set faults, so an `Origin` from elsewhere is refused.

use http::Method;
use http::header::ORIGIN;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::HttpAnswer;
use crate::sandbox::loopback::is_loopback_origin;
use crate::sandbox::scenario::ScenarioWebhook;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;

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
    let done = match (&parts.method, what) {
        (&Method::GET, "state") => Ok(inner.with_world(World::state)),
        (&Method::POST, "faults") => match serde_json::from_slice::<Value>(body) {
            Err(e) => Err((400, format!("the body is not JSON: {e}"))),
            Ok(json) => inner.set_fault(&json).map(|()| faults(inner)).map_err(|why| (400, why)),
        },
        (&Method::DELETE, "faults") => {
            inner.with_world(World::clear_faults);
            Ok(faults(inner))
        }
        (&Method::POST, "clock") => read(body, "{\"advance_seconds\": n} with n a whole number, 0 or more").map(
            |Advance { advance_seconds }| {
                inner.advance(advance_seconds);
                inner.with_world(|world| world.clock())
            },
        ),
        (&Method::POST, "webhook") => {
            let form = "{\"url\": \"http://127.0.0.1:PORT/PATH\", \"secret\": \"…\"}";
            read(body, form).and_then(|webhook| set_webhook(inner, Some(webhook)))
        }
        (&Method::DELETE, "webhook") => set_webhook(inner, None),
        (_, "state") => Err((405, "state can be read: GET".to_owned())),
        (_, "faults") => Err((405, "faults can be set and cleared: POST, DELETE".to_owned())),
        (_, "clock") => Err((405, "the clock can be advanced: POST".to_owned())),
        (_, "webhook") => Err((405, "the webhook can be set and taken away: POST, DELETE".to_owned())),
        _ => Err((404, "the control API has state, faults, clock and webhook".to_owned())),
    };
    done.map_or_else(|(status, why)| refused(status, why), |json| HttpAnswer::json(200, &json))
}

fn faults(inner: &Shared) -> Value {
    json!({ "faults": inner.with_world(|world| world.armed.to_json()) })
}

fn read<T: DeserializeOwned>(body: &[u8], form: &str) -> Result<T, (u16, String)> {
    serde_json::from_slice(body).map_err(|_| (400, format!("the body must be {form}")))
}

fn set_webhook(inner: &Shared, webhook: Option<ScenarioWebhook>) -> Result<Value, (u16, String)> {
    let url = webhook.as_ref().map(|webhook| webhook.url.clone());
    inner.set_webhook(webhook).map(|()| json!({ "webhook": url })).map_err(|why| (400, why))
}
