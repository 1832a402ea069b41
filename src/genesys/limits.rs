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
/// The window of a rate limit: no limit starts anew later. [real: documented, BLOG: 300 requests a minute]
const WINDOW: Duration = Duration::from_secs(60);

/// The `inin-ratelimit-count/allowed/reset` headers of an answer that came at `now`.
pub fn rate_limit(headers: &HeaderMap, now: Moment) -> Option<RateLimit> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
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

/// The answer's `Date`.
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(n, v)| (http::HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn every_form_of_retry_after() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let wait = |list: &[(&'static str, &'static str)]| retry_after(&headers(list), now).map(|d| d.as_secs());
        for (value, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("4.2", Some(5)),
            ("4, 4", Some(4)),
            ("4, 9", Some(9)),
            ("999999999999", Some(LONGEST_WAIT.as_secs())),
            ("1e300", Some(LONGEST_WAIT.as_secs())),
            ("Tue, 01 Jan 2030 00:00:09 GMT", Some(9)),
            ("Tuesday, 01-Jan-30 00:00:09 GMT", Some(9)),
            ("Tue Jan  1 00:00:09 2030", Some(9)),
            ("Tue, 1 Jan 2030 01:00:09 +0100", Some(9)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("soon", None),
            ("NaN", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(wait(&[("retry-after", value)]), seconds, "{value:?}");
        }
        // Read against the server's clock, not ours.
        let skewed = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")];
        assert_eq!(wait(&skewed), Some(3));
        assert_eq!(wait(&[]), None);
        // Rounded up: our own clock has fractions.
        let now: Timestamp = "2030-01-01T00:00:00.5Z".parse().unwrap();
        let dated = headers(&[("retry-after", "Tue, 01 Jan 2030 00:00:09 GMT")]);
        assert_eq!(retry_after(&dated, now).map(|d| d.as_secs()), Some(9));
        let mut twice = headers(&[("retry-after", "3")]);
        twice.append(RETRY_AFTER, HeaderValue::from_static("8"));
        assert_eq!(retry_after(&twice, now).map(|d| d.as_secs()), Some(8));
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
        let endless = headers(&[
            ("inin-ratelimit-count", "300"),
            ("inin-ratelimit-allowed", "300"),
            ("inin-ratelimit-reset", "4294967295"),
        ]);
        assert_eq!(rate_limit(&endless, now).unwrap().resets.left(now), WINDOW);
        assert_eq!(rate_limit(&headers(&[("inin-ratelimit-count", "x"), ("inin-ratelimit-allowed", "1")]), now), None);
        assert_eq!(rate_limit(&headers(&[]), now), None);
    }

    #[test]
    fn the_message_form() {
        let wait = |m| seconds_in_message(m).map(|d| d.as_secs());
        assert_eq!(wait("Rate limit exceeded the maximum. Retry the request in [12] seconds"), Some(12));
        assert_eq!(wait("Too many requests; retry in [4.2] seconds"), Some(5));
        assert_eq!(wait("Retry the request in [x] seconds"), None);
        assert_eq!(wait("Rate limit exceeded the maximum [300] requests within [60] seconds"), None);
    }
}
