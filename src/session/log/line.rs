//! The one line of an entry: columns in a fixed order, and what goes when it gets narrow.
//!
//! ```text
//! v 42 14:03:20 SEND  "My account is 12345"               ERR  401       88   148 B e42c…8968
//! │  │ time     kind  text                                word status    ms    size short request id
//! │  number (* behind it: marked)                                  └ acc, ans after a 2xx
//! open (or the cursor's >)
//! ```
//! Size goes first, then ms, seconds, kind; then the text shortens; word, status and id go last.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Page;
use super::entry::{Density, Entry, Later};
use super::row::{Counts, Line, Live, Row, RowKind, Tone};
use crate::model::{Exchange, Kind, Moment, Outcome, Step};
use crate::text::screen;

/// Text columns below which another column goes.
const TEXT_WANTED: usize = 20;
/// Text columns below which the last columns begin to go.
const TEXT_LEAST: usize = 8;

/// Which columns there are at a width, and how wide the flexible one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each column that is there or not")]
pub(super) struct Columns {
    number: usize,
    time: Time,
    kind: bool,
    text: usize,
    status: bool,
    suffix: bool,
    ms: bool,
    size: bool,
    id: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    Seconds,
    Minutes,
    None,
}

const WORD: usize = 4;

impl Columns {
    /// The columns for `width` cells (the selection's column not counted).
    pub fn new(width: usize, number: usize, ascii: bool) -> Self {
        let mut c = Self {
            number: number.max(3),
            time: Time::Seconds,
            kind: true,
            text: 0,
            status: true,
            suffix: true,
            ms: true,
            size: width >= 110,
            id: Some(if ascii { 10 } else { 9 }),
        };
        let text = |c: &Self| width.saturating_sub(c.fixed());
        if text(&c) < TEXT_WANTED {
            c.size = false;
        }
        if text(&c) < TEXT_WANTED {
            c.ms = false;
        }
        if text(&c) < TEXT_WANTED {
            c.time = Time::Minutes;
        }
        if text(&c) < TEXT_WANTED {
            c.kind = false;
        }
        if text(&c) < TEXT_LEAST {
            c.suffix = false;
        }
        if text(&c) < TEXT_LEAST {
            c.time = Time::None;
        }
        // Below the smallest supported width: what is left keeps its place, the id goes, then the status.
        if c.fixed() > width {
            c.id = None;
        }
        if c.fixed() > width {
            c.status = false;
        }
        c.text = text(&c);
        c
    }

    /// Cells of everything but the text.
    fn fixed(&self) -> usize {
        let time = match self.time {
            Time::Seconds => 9,
            Time::Minutes => 6,
            Time::None => 0,
        };
        let column = |there: bool, cells: usize| if there { cells } else { 0 };
        1 + self.number
            + 1
            + time
            + column(self.kind, 6)
            + (1 + WORD)
            + column(self.status, 4)
            + column(self.suffix, 4)
            + column(self.ms, 6)
            + column(self.size, 8)
            + self.id.map_or(0, |cells| 1 + cells)
    }
}

/// The tone in which an outcome's word stands.
pub(super) const fn outcome_tone(outcome: &Outcome) -> Tone {
    match outcome {
        Outcome::Open => Tone::Info,
        Outcome::Waiting | Outcome::Unknown(_) => Tone::Warning,
        Outcome::Accepted => Tone::Ok,
        Outcome::Refused(_) | Outcome::Failed(_) => Tone::Error,
        Outcome::Cancelled => Tone::Dim,
    }
}

/// `HH:MM:SS` in `zone`, with thousandths or without seconds where asked.
pub(super) fn clock(at: Moment, zone: &TimeZone) -> String {
    let time = zone.to_datetime(at.wall);
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// `HH:MM:SS.mmm` in `zone`.
pub(super) fn clock_exact(at: Moment, zone: &TimeZone) -> String {
    format!("{}.{:03}", clock(at, zone), zone.to_datetime(at.wall).millisecond())
}

/// A duration in at most five cells: milliseconds, then seconds.
fn short_ms(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..=99_999 => ms.to_string(),
        ms => format!("{}s", (ms / 1_000).min(9_999)),
    }
}

/// A size in at most seven cells.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1024.0, "KiB");
    for next in UNITS {
        unit = next;
        if value < 999.5 {
            break;
        }
        if next != "TiB" {
            value /= 1024.0;
        }
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// When the pause under way ends, if one is.
pub(super) fn waiting_until(exchange: &Exchange) -> Option<Moment> {
    match (&exchange.outcome, exchange.steps.last()) {
        (Outcome::Waiting, Some(Step::Wait { until, .. })) => Some(*until),
        _ => None,
    }
}

/// The entry's own row.
pub(super) fn head(page: &Page<'_>, entry: &Entry) -> Row {
    let c = page.columns;
    let mut line = Line::default();
    line.push(if entry.density() == Density::Line { " " } else { "v" }, Tone::Text);
    let mut number = String::new();
    // Writing to a String cannot fail.
    let _ = write!(number, "{:>1$}", entry.number(), c.number);
    line.push(&number, Tone::Dim);
    line.push(if entry.is_marked() { "*" } else { " " }, Tone::Warning);
    let time = clock(entry.at(), page.zone);
    match c.time {
        Time::Seconds => line.push(&time, Tone::Dim),
        Time::Minutes => line.push(screen::prefix(&time, 5), Tone::Dim),
        Time::None => {}
    }
    if c.time != Time::None {
        line.push(" ", Tone::Text);
    }
    if c.kind {
        let tone = if matches!(entry.kind(), Kind::Note | Kind::Sys) { Tone::Info } else { Tone::Strong };
        line.push(entry.kind().word(), tone);
        line.pad_to(line.cells + 6 - entry.kind().word().len());
    }
    let Some(exchange) = entry.exchange() else {
        let room = page.width.saturating_sub(line.cells);
        line.push_fitted(&screen::visible(entry.what()), room, page.ascii, Tone::Text);
        return line.fitted(page.width, page.ascii).row(RowKind::Head);
    };
    let right = line.cells + c.text;
    push_text(&mut line, c.text, entry, exchange, page);
    line.pad_to(right + 1);
    let mut changing = None;
    let word = exchange.outcome.word();
    line.push(word, outcome_tone(&exchange.outcome));
    let mut edge = right + 1 + WORD;
    if c.status {
        if let Some(status) = exchange.status()
            && line.cells <= edge
        {
            line.pad_to(edge + 1);
            line.push(&status.to_string(), outcome_tone(&exchange.outcome));
        }
        edge += 4;
    }
    let until = waiting_until(exchange);
    if c.suffix {
        if let Some((word, tone)) = suffix(entry, exchange)
            && line.cells <= edge
        {
            line.pad_to(edge + 1);
            line.push(word, tone);
        } else if !c.ms
            && let Some(until) = until
        {
            changing = Some(Live { column: edge as u16 + 1, width: 3, counts: Counts::DownTo(until) });
        }
        edge += 4;
    }
    if c.ms {
        if let Some(took) = exchange.duration() {
            let ms = short_ms(took);
            line.pad_to((edge + 6).saturating_sub(ms.len()));
            line.push(&ms, Tone::Dim);
        } else if let Some(until) = until {
            changing = Some(Live { column: edge as u16 + 1, width: 5, counts: Counts::DownTo(until) });
        } else if exchange.outcome == Outcome::Open {
            let counts = Counts::UpFrom(exchange.started);
            changing = Some(Live { column: edge as u16 + 1, width: 5, counts });
        }
        edge += 6;
    }
    if c.size {
        if let Some(response) = exchange.last_attempt().and_then(|a| a.response()) {
            let size = size(response.body.total);
            line.pad_to((edge + 8).saturating_sub(size.len()));
            line.push(&size, Tone::Dim);
        }
        edge += 8;
    }
    if let Some(cells) = c.id
        && let Some((_, id)) = exchange.request_id()
    {
        line.pad_to(edge + 1);
        line.push_fitted(&screen::short_id(&id, page.ascii), cells, page.ascii, Tone::Dim);
    }
    let mut row = line.fitted(page.width, page.ascii).row(RowKind::Head);
    row.live = changing;
    row
}

/// The text column: what was said or asked, then why not, then that there was more than one try.
fn push_text(line: &mut Line, cells: usize, entry: &Entry, exchange: &Exchange, page: &Page<'_>) {
    let end = line.cells + cells;
    let note = tries_note(entry, cells);
    // Where there is room for only one of them, the tries stay: a healed 401 must not hide in a 200.
    let keep = if note.is_empty() { 0 } else { screen::width(&note) + usize::from(cells > screen::width(&note)) };
    let room = cells.saturating_sub(keep);
    let what = screen::visible(&exchange.what);
    let quoted = exchange.kind == Kind::Send;
    let start = line.cells;
    if let Some(variation) = exchange.sent_as.filter(|_| room >= 12) {
        // Nobody is to be misled by what was sent wrongly on purpose.
        line.push_fitted(&format!("AS {variation} "), room - 4, page.ascii, Tone::Warning);
    }
    if let Some(direction) = entry.direction().filter(|_| room >= 12) {
        line.push(direction, Tone::Dim);
        line.push(" ", Tone::Text);
    }
    let room = room.saturating_sub(line.cells - start);
    if quoted && room >= 3 {
        line.push("\"", Tone::Text);
        line.push_fitted(&what, room - 2, page.ascii, Tone::Text);
        line.push("\"", Tone::Text);
    } else {
        line.push_fitted(&what, room, page.ascii, Tone::Text);
    }
    let left = end.saturating_sub(line.cells + keep);
    // An open entry says why in its first row below.
    let cause = entry.diagnosis().map(|d| format!("{} {}", d.cause(), d.confidence().word()));
    let reason = exchange.outcome.reason().map(|why| cause.as_deref().unwrap_or(why));
    if let Some(why) = reason
        && entry.density() == Density::Line
        && left >= 12
    {
        line.push(" ", Tone::Text);
        line.push(if page.ascii { "-" } else { "·" }, Tone::Dim);
        line.push(" ", Tone::Text);
        line.push_fitted(&screen::visible(why), left - 3, page.ascii, outcome_tone(&exchange.outcome));
    }
    if !note.is_empty() {
        line.pad_to(end.saturating_sub(screen::width(&note)));
        line.push_fitted(&note, cells, page.ascii, Tone::Warning);
    }
}

fn tries_note(entry: &Entry, cells: usize) -> String {
    let (tries, healed) = (entry.tries(), entry.healed());
    if tries < 2 {
        return String::new();
    }
    let long = if healed > 0 { format!("{tries} tries, 401 healed") } else { format!("{tries} tries") };
    let short = format!("{tries} tries");
    if cells >= long.len() + TEXT_WANTED {
        long
    } else if cells >= short.len() {
        short
    } else {
        format!("{tries}x")
    }
}

fn suffix(entry: &Entry, exchange: &Exchange) -> Option<(&'static str, Tone)> {
    match (entry.later, &exchange.outcome) {
        (Some(Later::Answered), _) => Some(("ans", Tone::Ok)),
        (Some(Later::Landed), _) => Some(("lnd", Tone::Ok)),
        (Some(Later::Lost), _) => Some(("lst", Tone::Warning)),
        (None, Outcome::Accepted) if exchange.kind == Kind::Send => Some(("acc", Tone::Ok)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_in_the_order_that_was_promised() {
        let c = |width| Columns::new(width, 2, false);
        let wide = c(159);
        assert!(wide.size && wide.ms && wide.kind && wide.suffix && wide.time == Time::Seconds);
        // Each step of narrowing takes one thing away, and nothing that went comes back.
        let seen: Vec<[bool; 7]> = (20..160)
            .rev()
            .map(|w| {
                let c = c(w);
                [c.size, c.ms, c.time == Time::Seconds, c.kind, c.suffix, c.time != Time::None, c.id.is_some()]
            })
            .collect();
        for pair in seen.windows(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(before, after)| before >= after), "{pair:?}");
        }
        for there in &seen {
            // The later in the list, the longer it stays.
            assert!(there.windows(2).all(|p| p[0] <= p[1]), "{there:?}");
        }
        assert!(seen.iter().any(|there| there.iter().filter(|t| **t).count() == 3));
        let narrow = c(29);
        assert!(narrow.id.is_some() && narrow.status && narrow.text >= 4, "{narrow:?}");
        for width in 0..200 {
            let c = c(width);
            assert!(width < 16 || c.fixed() + c.text <= width.max(c.fixed()), "{width}");
        }
    }

    #[test]
    fn sizes_take_at_most_seven_cells() {
        for (bytes, said) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 KiB"),
            (20_480, "20 KiB"),
            (1_048_576, "1.0 MiB"),
            (1 << 40, "1.0 TiB"),
        ] {
            assert_eq!(size(bytes), said);
        }
        assert!((0..50).all(|shift| size((1 << shift) - 1).len() <= 7));
        assert_eq!(short_ms(Duration::from_millis(99_999)), "99999");
        assert_eq!(short_ms(Duration::from_secs(100)), "100s");
    }
}
