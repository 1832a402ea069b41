//! Rate limits as answers tell them: `inin-ratelimit-*` and `Retry-After`.
//!
//! [real: documented, BLOG `2021-05-06-sdk-config-and-logging`; `Retry-After` on 429: CLI `restclient.go`]

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::model::{Moment, RateLimit};

/// Longest wait that is believed; what asks for more is cut to it.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The `inin-ratelimit-count/allowed/reset` headers of an answer that came at `now`.
pub fn rate_limit(headers: &HeaderMap, now: Moment) -> Option<RateLimit> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
    Some(RateLimit {
        count: number("inin-ratelimit-count")?,
        allowed: number("inin-ratelimit-allowed")?,
        resets: now
            .after(Duration::from_secs(u64::from(number("inin-ratelimit-reset").unwrap_or(60))).min(LONGEST_WAIT)),
    })
}

/// `Retry-After` in either form of RFC 9110: seconds, or an HTTP date. A date is read against the answer's own `Date`,
/// so that clocks which differ do no harm; without one, against `now`.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
    }
    let until = http_date(value)?;
    let from = date(headers).unwrap_or(now);
    // A date that has passed means: now.
    Some(Duration::try_from(until.duration_since(from)).unwrap_or_default().min(LONGEST_WAIT))
}

/// The answer's `Date`.
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// An HTTP date (IMF-fixdate: the one form that may be sent today).
pub fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// The `n` of "Retry the request in [n] seconds".
pub fn seconds_in_message(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("Retry the request in [")?;
    let (number, rest) = rest.split_once(']')?;
    rest.trim_start().starts_with("second").then_some(())?;
    Some(Duration::from_secs(number.trim().parse().ok()?).min(LONGEST_WAIT))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(n, v)| (http::HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn both_forms_of_retry_after() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let wait = |list| retry_after(&headers(list), now).map(|d| d.as_secs());
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        assert_eq!(wait(&[("retry-after", " 0 ")]), Some(0));
        assert_eq!(wait(&[("retry-after", "Tue, 01 Jan 2030 00:00:09 GMT")]), Some(9));
        // Read against the server's clock, not ours.
        let skewed = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")];
        assert_eq!(wait(&skewed), Some(3));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(0));
        assert_eq!(wait(&[("retry-after", "999999999999")]), Some(LONGEST_WAIT.as_secs()));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn the_gauge_headers() {
        let now = Moment::ZERO.after(Duration::from_secs(5));
        let full = headers(&[
            ("inin-ratelimit-count", "12"),
            ("inin-ratelimit-allowed", "300"),
            ("inin-ratelimit-reset", "41"),
        ]);
        let limit = rate_limit(&full, now).unwrap();
        assert_eq!((limit.count, limit.allowed, limit.resets.left(now).as_secs()), (12, 300, 41));
        assert_eq!(rate_limit(&headers(&[("inin-ratelimit-count", "x"), ("inin-ratelimit-allowed", "1")]), now), None);
        assert_eq!(rate_limit(&headers(&[]), now), None);
    }

    #[test]
    fn the_message_form() {
        let wait = |m| seconds_in_message(m).map(|d| d.as_secs());
        assert_eq!(wait("Rate limit exceeded the maximum. Retry the request in [12] seconds"), Some(12));
        assert_eq!(wait("Retry the request in [x] seconds"), None);
        assert_eq!(wait("Rate limit exceeded the maximum [300] requests within [60] seconds"), None);
    }
}
