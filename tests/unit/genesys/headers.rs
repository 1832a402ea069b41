#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::*;
use crate::model::Moment;
use http::HeaderMap;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use std::time::Duration;

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
    let full =
        headers(&[("inin-ratelimit-count", "12"), ("inin-ratelimit-allowed", "300"), ("inin-ratelimit-reset", "41")]);
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
