//! Headers of an answer, just received or captured before, and what they tell: rate limits (`inin-ratelimit-*`), how long
//! to wait (`Retry-After`), the server's time.
//!
//! [real: documented, BLOG `2021-05-06-sdk-config-and-logging`; `Retry-After` on 429: CLI `restclient.go`]

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::model::{Header, Moment, RateLimit};

/// Longest wait that is believed; what asks for more is cut to it.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// The window of a rate limit: no limit starts anew later. [real: documented, BLOG: 300 requests a minute]
const WINDOW: Duration = Duration::from_secs(60);

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
        value.split(',').map(seconds).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max()).or_else(|| {
            let left = http_date(value)?.duration_since(date(headers).unwrap_or(now));
            // A date that has passed means: now.
            seconds(&left.as_secs_f64().max(0.0).to_string())
        })
    });
    waits.max()
}

/// Seconds as a server writes them, with or without a fraction; rounded up and cut to what is believed.
fn seconds(text: &str) -> Option<Duration> {
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
    rest.trim_start().starts_with("second").then(|| seconds(number))?
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/headers.rs"]
mod tests;
