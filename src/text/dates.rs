//! Dates as people write them (`on:yesterday`, `since:2026-11-27`, `until:14:30`, `--since 2h`), and days in words.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};

/// What to write, for the end of a sentence.
pub const FORMS: &str = "write today, yesterday, a date like 2026-11-27, a time like 14:30 or 2026-11-27T14:30, or how long ago, like 2h or 3d";

/// A span of time, open at either end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Period {
    /// The period that a word names: all of a day or minute for `on`, from its beginning for `since`, to its end for
    /// `until`. `None` where `text` names no time.
    pub fn named(word: &str, text: &str, now: &Zoned) -> Option<Self> {
        let (begin, end) = stretch(text.trim(), now)?;
        let (begin, end) = (begin.timestamp(), end.timestamp());
        match word {
            "on" => Some(Self { from: Some(begin), until: Some(end) }),
            "since" => Some(Self { from: Some(begin), until: None }),
            "until" => Some(Self { from: None, until: Some(end) }),
            _ => None,
        }
    }

    /// Whether a moment is in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// What both have in common.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let until = [self.until, other.until].into_iter().flatten().min();
        Self { from: self.from.max(other.from), until }
    }
}

/// From the first moment of what is named to the first moment after it.
fn stretch(text: &str, now: &Zoned) -> Option<(Zoned, Zoned)> {
    let day = |date: Date| {
        let begin = date.to_zoned(now.time_zone().clone()).ok()?;
        Some((begin, date.tomorrow().ok()?.to_zoned(now.time_zone().clone()).ok()?))
    };
    let minute = |at: DateTime| {
        let begin = at.to_zoned(now.time_zone().clone()).ok()?;
        let end = begin.checked_add(1.minute()).ok()?;
        Some((begin, end))
    };
    match text.to_lowercase().as_str() {
        "today" => return day(now.date()),
        "yesterday" => return day(now.date().yesterday().ok()?),
        _ => {}
    }
    // A moment with its zone, and anything that says hours and minutes, before a mere day.
    if let Ok(at) = text.parse::<Timestamp>() {
        let begin = at.to_zoned(now.time_zone().clone());
        let end = begin.checked_add(1.second()).ok()?;
        return Some((begin, end));
    }
    if text.contains(':') {
        let at = match text.parse::<DateTime>() {
            Ok(at) => at,
            Err(_) => now.date().to_datetime(text.parse::<Time>().ok()?),
        };
        return minute(at);
    }
    if let Ok(date) = text.parse::<Date>() {
        return day(date);
    }
    // "3d": jiff's own spans of a clock know no days.
    let ago = match text.strip_suffix('d') {
        Some(days) => SignedDuration::from_hours(days.parse::<i64>().ok()?.checked_mul(24)?),
        None => text.parse::<SignedDuration>().ok()?,
    };
    let at = now.checked_sub(ago).ok().filter(|_| ago.is_positive())?;
    Some((at.clone(), at))
}

/// `today`, `yesterday, Fri 27 Nov`, `Wed 25 Nov`, `Wed 25 Nov 2025`.
pub fn day(date: Date, today: Date) -> String {
    let yesterday = today.checked_sub(1.day()).ok();
    if date == today {
        "today".to_owned()
    } else if Some(date) == yesterday {
        format!("yesterday, {}", named(date, today))
    } else {
        named(date, today)
    }
}

/// `27 Nov`, or `27 Nov 2025`.
pub fn short(date: Date, today: Date) -> String {
    date.strftime(if date.year() == today.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

fn named(date: Date, today: Date) -> String {
    format!("{} {}", date.strftime("%a"), short(date, today))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_form_names_its_stretch() {
        let now: Zoned = "2026-11-28T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
        for (word, text, from, until) in [
            ("on", "today", "2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z"),
            ("on", "Yesterday", "2026-11-26T23:00:00Z", "2026-11-27T23:00:00Z"),
            ("on", "2026-11-01", "2026-10-31T23:00:00Z", "2026-11-01T23:00:00Z"),
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
}
