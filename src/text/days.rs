//! Days in words.

use jiff::ToSpan as _;
use jiff::civil::Date;

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
mod tests {
    use super::*;
    use jiff::civil::date;

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
