//! The wire formats of Genesys Cloud: builds requests and reads answers. Pure: no I/O, no clock.
//!
//! ```text
//! what is wanted ─► oauth · guest_api · open_messaging · web_messaging · conversations · lookups ─► Call ─► (engine)
//! status, headers, body ─► answerer · errors, and whoever built the request ─► facts in the model's words
//! ```
//! Answers are read field by field: one that is missing, empty or of another type is left out, and the rest is kept.

pub mod answerer;
pub mod conversations;
pub mod errors;
pub mod guest_api;
pub mod lookups;
pub mod normalized;
pub mod oauth;
pub mod open_messaging;
pub mod web_messaging;

pub(crate) use crate::text::json;
pub use answerer::{Answerer, CallKind, tells_error, who_answered};

use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::model::{Header, Moment, RateLimit};

/// A request, complete but for what the connection adds (`Host`). No `Debug`: it may carry secrets. Where one cannot be
/// built, a sentence says why.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub url: String,        // absolute
    pub headers: HeaderMap, // in the order in which they are written. Secrets are marked sensitive
    pub body: Vec<u8>,
}

impl Call {
    /// A request without a body. `base` has no trailing slash; `path` begins with one.
    pub fn get(base: &str, path: &str) -> Result<Self, String> {
        Self::new(Method::GET, format!("{base}{path}"), None)
    }

    pub fn post(base: &str, path: &str, mime: &'static str, body: Vec<u8>) -> Result<Self, String> {
        Self::new(Method::POST, format!("{base}{path}"), Some((mime, body)))
    }

    fn new(method: Method, url: String, body: Option<(&'static str, Vec<u8>)>) -> Result<Self, String> {
        let parsed: Uri = url.parse().map_err(|e| {
            format!("the URL {url:?} cannot be used ({e}); check the hosts and guest_api.path of the profile")
        })?;
        if parsed.scheme().is_none() || parsed.host().is_none_or(str::is_empty) {
            return Err(format!("the URL {url:?} has no scheme or host; check the hosts of the profile"));
        }
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // What is shown must be what came: nothing is asked to be compressed.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(http::header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some((mime, body)) = &body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Ok(Self { method, url, headers, body: body.unwrap_or_default().1 })
    }

    #[must_use]
    pub fn with_body(&self, body: Vec<u8>) -> Self {
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        Self { method: self.method.clone(), url: self.url.clone(), headers, body }
    }

    pub fn bearer(self, token: &SecretString) -> Result<Self, String> {
        let bad = "the token has characters that cannot stand in a header; sign in again or paste it anew";
        self.with_header(AUTHORIZATION, &format!("Bearer {}", token.expose_secret()), bad)
    }

    /// This request with one more header, or what is `bad` where it cannot have it. `Authorization` is marked sensitive.
    pub fn with_header(mut self, name: HeaderName, value: &str, bad: &str) -> Result<Self, String> {
        let mut value = HeaderValue::try_from(value).map_err(|_| bad.to_owned())?;
        value.set_sensitive(name == AUTHORIZATION);
        self.headers.insert(name, value);
        Ok(self)
    }
}

pub const USER_AGENT: &str = concat!("guestwire/", env!("CARGO_PKG_VERSION"));

/// What stays as it is in a path segment: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes `text` so that it stays one path segment whatever it contains (malformed ids are sent on purpose).
pub fn path_segment(text: &str) -> String {
    match text {
        // URL normalisation would eat these.
        "." | ".." => text.replace('.', "%2E"),
        text => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

/// `application/x-www-form-urlencoded` text of one name or value.
pub fn form_part(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A time as the platform writes it: UTC with milliseconds.
pub fn time_text(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

fn time(value: &Value, name: &str) -> Option<Timestamp> {
    value.get(name)?.as_str()?.parse().ok()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `true` or `"true"`: metadata holds only texts.
fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
}

/// A whole number, 0 or more. A fraction is cut off.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64))
}

/// Seconds since 1970, as a number or a text.
fn from_unix_seconds(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|f| f as i64));
    Timestamp::from_second(seconds.or_else(|| value.as_str()?.trim().parse().ok())?).ok()
}

pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600); // what asks for more is cut to it
const WINDOW: Duration = Duration::from_secs(60); // of a rate limit. [real: documented, BLOG: 300 requests a minute]

/// Headers of an answer, raw or captured, tell of rate limits (`inin-ratelimit-*`), how long to wait (`Retry-After`), and
/// the server's time. [real: documented, BLOG `2021-05-06-sdk-config-and-logging`; `Retry-After` on 429: CLI
/// `restclient.go`]
pub trait Headers {
    /// The values of the header `name` (lower case) that are text, in order.
    fn values(&self, name: &str) -> Vec<&str>;

    /// Whether some header's name begins with `prefix` (lower case).
    fn any_begins(&self, prefix: &str) -> bool;
}

impl Headers for HeaderMap {
    fn values(&self, name: &str) -> Vec<&str> {
        self.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect()
    }

    fn any_begins(&self, prefix: &str) -> bool {
        self.keys().any(|name| name.as_str().starts_with(prefix))
    }
}

impl Headers for [Header] {
    fn values(&self, name: &str) -> Vec<&str> {
        self.iter().filter(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str()).collect()
    }

    fn any_begins(&self, prefix: &str) -> bool {
        self.iter().any(|h| h.name.get(..prefix.len()).is_some_and(|n| n.eq_ignore_ascii_case(prefix)))
    }
}

/// The `inin-ratelimit-count/allowed/reset` headers of an answer that came at `now`.
pub fn rate_limit(headers: &(impl Headers + ?Sized), now: Moment) -> Option<RateLimit> {
    let number = |name: &str| headers.values(name).first()?.trim().parse::<u32>().ok();
    let reset = number("inin-ratelimit-reset").map_or(WINDOW, |seconds| Duration::from_secs(u64::from(seconds)));
    Some(RateLimit {
        count: number("inin-ratelimit-count")?,
        allowed: number("inin-ratelimit-allowed")?,
        resets: now.after(reset.min(WINDOW)),
    })
}

/// `Retry-After`: seconds, or an HTTP date in any of its forms [RFC 9110 10.2.3]; of several, the longest; rounded up. A
/// date is read against the answer's own `Date`, so that clocks which differ do no harm; without one, against `now`.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let waits = headers.get_all(RETRY_AFTER).iter().filter_map(|value| {
        let value = value.to_str().ok()?;
        value.split(',').map(wait).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max()).or_else(|| {
            let left = http_date(value)?.duration_since(date(headers).unwrap_or(now));
            // A date that has passed means: now.
            wait(&left.as_secs_f64().max(0.0).to_string())
        })
    });
    waits.max()
}

/// Seconds as a server writes them, with or without a fraction; rounded up and cut to what is believed.
fn wait(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok().filter(|s| *s >= 0.0)?;
    Some(Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
}

pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// An HTTP date: IMF-fixdate, RFC 850 or asctime [RFC 9110 5.6.7], or what else mail takes for a date.
pub fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let known = httpdate::parse_http_date(text).ok().and_then(|time| Timestamp::try_from(time).ok());
    known.or_else(|| DateTimeParser::new().parse_timestamp(text).ok())
}

/// The `n` of "Retry the request in [n] seconds", however that is worded after "retry".
pub fn seconds_in_message(message: &str) -> Option<Duration> {
    let at = message.to_ascii_lowercase().find("retry")?;
    let (_, rest) = message.get(at..)?.split_once('[')?;
    let (number, rest) = rest.split_once(']')?;
    rest.trim_start().starts_with("second").then(|| wait(number))?
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/mod.rs"]
mod tests;
