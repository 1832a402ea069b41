//! The control API, for tests and demos, on the same port.
//!
//! `GET /_sandbox/state` · `POST /_sandbox/faults` · `DELETE /_sandbox/faults` · `POST /_sandbox/clock` ·
//! `POST /_sandbox/webhook` · `DELETE /_sandbox/webhook`
//!
//! A web page must not be able to reach it through a name of its own that leads to this machine (DNS rebinding), so a
//! `Host` that is not this machine, or an `Origin` from elsewhere, is refused.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::sandbox::{Inner, Webhook};

/// Where the control API begins.
pub(crate) const ROOT: &str = "/_sandbox/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

fn refused(status: u16, sentence: impl Into<String>) -> Answer {
    Answer::json(status, &json!({ "error": sentence.into() }))
}

/// Answers a request to the control API.
pub(super) fn answer(inner: &Inner, parts: &Parts, body: &[u8]) -> Answer {
    if let Err(why) = at_home(&parts.headers) {
        return refused(403, why);
    }
    let what = parts.uri.path().strip_prefix(ROOT).unwrap_or_default();
    match (&parts.method, what) {
        (&Method::GET, "state") => Answer::json(200, &inner.state()),
        (&Method::POST, "faults") => match serde_json::from_slice::<Value>(body) {
            Err(e) => refused(400, format!("the body is not JSON: {e}")),
            Ok(json) => match inner.set_fault(&json) {
                Ok(()) => Answer::json(200, &inner.faults()),
                Err(why) => refused(400, why),
            },
        },
        (&Method::DELETE, "faults") => {
            inner.clear_faults();
            Answer::json(200, &inner.faults())
        }
        (&Method::POST, "clock") => match serde_json::from_slice::<Advance>(body) {
            Err(_) => refused(400, "the body must be {\"advance_seconds\": n} with n a whole number, 0 or more"),
            Ok(Advance { advance_seconds }) => {
                inner.advance(advance_seconds);
                Answer::json(200, &inner.clock_json())
            }
        },
        (&Method::POST, "webhook") => match serde_json::from_slice::<Webhook>(body) {
            Err(_) => refused(400, "the body must be {\"url\": \"http://127.0.0.1:PORT/PATH\", \"secret\": \"…\"}"),
            Ok(webhook) => {
                let url = webhook.url.clone();
                match inner.set_webhook(Some(webhook)) {
                    Ok(()) => Answer::json(200, &json!({ "webhook": url })),
                    Err(why) => refused(400, why),
                }
            }
        },
        (&Method::DELETE, "webhook") => match inner.set_webhook(None) {
            Ok(()) => Answer::json(200, &json!({ "webhook": null })),
            Err(why) => refused(400, why),
        },
        (_, "state") => refused(405, "state can be read: GET"),
        (_, "faults") => refused(405, "faults can be set and cleared: POST, DELETE"),
        (_, "clock") => refused(405, "the clock can be advanced: POST"),
        (_, "webhook") => refused(405, "the webhook can be set and taken away: POST, DELETE"),
        _ => refused(404, "the control API has state, faults, clock and webhook"),
    }
}

/// Whether a request comes from this machine under this machine's own name.
fn at_home(headers: &HeaderMap) -> Result<(), String> {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or("?"));
    if let Some(host) = text(HOST).filter(|host| !is_loopback(host)) {
        return Err(format!("the control API answers only under a loopback name, not {host:?}"));
    }
    if let Some(origin) = text(ORIGIN) {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        if !is_loopback(host) {
            return Err(format!("the control API does not answer pages of another origin ({origin:?})"));
        }
    }
    Ok(())
}

/// Whether `host`, perhaps with a port, is a loopback name or address.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_under_its_own_name_is_at_home() {
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:99", "127.0.0.53"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["evil.example:8080", "localhost.evil.example", "10.0.0.1", "", "[::2]:1", "127.0.0.1.evil.example"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
