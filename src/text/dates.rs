//! Dates as people write them (`on:yesterday`, `since:2026-11-27`, `until:14:30`, `--since 2h`), and days in words.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};

pub const FORMS: &str =
    "write today, yesterday, a date like 2026-11-27, a time like 14:30 or 2026-11-27T14:30, or an age like 2h or 3d";

/// A span of time, open at either end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Period {
    /// What a word names: all of a day or minute for `on`, from its beginning for `since`, to its end for `until`. `on` a
    /// moment (an age) is all since then.
    pub fn named(word: &str, text: &str, now: &Zoned) -> Option<Self> {
        let (begin, end) = stretch(text.trim(), now)?;
        let (begin, end) = (begin.timestamp(), end.timestamp());
        match word {
            "on" => Some(Self { from: Some(begin), until: Some(end).filter(|end| *end > begin) }),
            "since" => Some(Self { from: Some(begin), until: None }),
            "until" => Some(Self { from: None, until: Some(end) }),
            _ => None,
        }
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

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
        let today = || Some(now.date().to_datetime(text.parse::<Time>().ok()?));
        let at = text.parse::<DateTime>().ok().or_else(today)?;
        let begin = at.to_zoned(now.time_zone().clone()).ok()?;
        let end = begin.checked_add(1.minute()).ok()?;
        return Some((begin, end));
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
    let named = || format!("{} {}", date.strftime("%a"), short(date, today));
    match date {
        _ if date == today => "today".to_owned(),
        _ if today.yesterday().is_ok_and(|yesterday| yesterday == date) => format!("yesterday, {}", named()),
        _ => named(),
    }
}

/// `27 Nov`, or `27 Nov 2025`.
pub fn short(date: Date, today: Date) -> String {
    date.strftime(if date.year() == today.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}
