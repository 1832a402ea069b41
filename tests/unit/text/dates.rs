//! Tests of `text::dates`.
#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::civil::date;

use jiff::{SignedDuration, Zoned};

use crate::text::dates::*;

#[test]
fn each_form_names_its_stretch() {
    let now: Zoned = "2026-11-28T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
    for (word, text, from, until) in [
        ("on", "today", "2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z"),
        ("on", "Yesterday", "2026-11-26T23:00:00Z", "2026-11-27T23:00:00Z"),
        ("on", "2026-11-01", "2026-10-31T23:00:00Z", "2026-11-01T23:00:00Z"),
        ("on", "2h", "2026-11-28T09:00:00Z", ""),
        ("on", "09:30", "2026-11-28T08:30:00Z", "2026-11-28T08:31:00Z"),
        ("since", "2026-11-27T14:00", "2026-11-27T13:00:00Z", ""),
        ("since", "2h", "2026-11-28T09:00:00Z", ""),
        ("since", "3d", "2026-11-25T11:00:00Z", ""),
        ("until", "2026-11-27", "", "2026-11-27T23:00:00Z"),
        ("until", "2026-11-27T10:00:00Z", "", "2026-11-27T10:00:01Z"),
    ] {
        let period = Period::named(word, text, &now).unwrap();
        let end = |at: &str| (!at.is_empty()).then(|| at.parse().unwrap());
        assert_eq!(period, Period { from: end(from), until: end(until) }, "{word}:{text}");
    }
    for text in ["", "tomorrowish", "2026-13-01", "25:00", "-2h", "0s", "d", "11"] {
        assert_eq!(Period::named("on", text, &now), None, "{text}");
    }
    // A day of 25 hours.
    let autumn: Zoned = "2026-10-25T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
    let day = Period::named("on", "today", &autumn).unwrap();
    assert_eq!(day.until.unwrap().duration_since(day.from.unwrap()), SignedDuration::from_hours(25));
}

#[test]
fn periods_meet() {
    let now: Zoned = "2026-11-28T12:00:00Z[UTC]".parse().unwrap();
    let named = |word, text| Period::named(word, text, &now).unwrap();
    let both = named("since", "2026-11-26").and(named("until", "yesterday")).and(Period::default());
    for (at, inside) in [
        ("2026-11-25T23:59:59Z", false),
        ("2026-11-26T00:00:00Z", true),
        ("2026-11-27T23:59:59Z", true),
        ("2026-11-28T00:00:00Z", false),
    ] {
        assert_eq!(both.contains(at.parse().unwrap()), inside, "{at}");
    }
}

#[test]
fn days_are_named_as_a_person_would() {
    let today = date(2026, 11, 28);
    for (day_of, said) in [
        (today, "today"),
        (date(2026, 11, 27), "yesterday, Fri 27 Nov"),
        (date(2026, 11, 5), "Thu 5 Nov"),
        (date(2025, 11, 28), "Fri 28 Nov 2025"),
        (date(2026, 11, 29), "Sun 29 Nov"),
    ] {
        assert_eq!(day(day_of, today), said);
    }
    assert_eq!(day(date(2025, 12, 31), date(2026, 1, 1)), "yesterday, Wed 31 Dec 2025");
}
