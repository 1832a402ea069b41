//! The one line of an entry: columns in a fixed order, and what goes when it gets narrow; and the line of what answered it.
//!
//! ```text
//!  42  14:03:20 SEND  My account is 12345       2 tries  ERR  401   88 ms  e42c…8968
//!   │  time     kind  text                               word status   ms  short request id
//! number (* behind it: marked)
//!               └ bot Thank you, I found your account.            1.4 s
//! ```
//! The duration goes first, then seconds, then kind; then the text shortens; word, status and id go last.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::entry::{Density, LogEntry, Reply};
use super::page::{LogPage, MS, STATUS, Time, WORD};
use super::row::{Line, LiveRow, LogCounts, LogRow, RowKind, Tone};
use crate::model::{Exchange, ExchangeKind, ExchangeStep, Moment, Outcome};
use crate::text::screen;

/// Bytes of a text that are looked at for one line: what follows could not be seen.
const LOOKED_AT: usize = 2 << 10;

/// The tone in which an outcome's word stands.
pub(super) const fn outcome_tone(outcome: &Outcome) -> Tone {
    match outcome {
        Outcome::Open => Tone::Info,
        Outcome::Waiting | Outcome::Unknown(_) => Tone::Warning,
        Outcome::Accepted | Outcome::Cancelled => Tone::Dim,
        Outcome::Refused(_) | Outcome::Failed(_) => Tone::Error,
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

/// A duration in at most seven cells: milliseconds, then seconds.
pub(super) fn short_span(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..=999 => format!("{ms} ms"),
        1_000..=99_949 => format!("{:.1} s", duration.as_secs_f64()),
        ms => format!("{} s", (ms / 1_000).min(99_999)),
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
        (Outcome::Waiting, Some(ExchangeStep::Wait { until, .. })) => Some(*until),
        _ => None,
    }
}

/// What an outcome is called: what became known later counts.
fn word(entry: &LogEntry, outcome: &Outcome) -> &'static str {
    match entry.settled() {
        Some(true) => "RCVD",
        Some(false) => "LOST",
        None => outcome.word(),
    }
}

/// The entry's own row.
pub(super) fn head(page: &LogPage<'_>, entry: &LogEntry) -> LogRow {
    let c = page.columns;
    let mut line = Line::default();
    let mut number = String::new();
    // Writing to a String cannot fail.
    let _ = write!(number, "{:>1$}", entry.number(), c.number);
    line.push(&number, Tone::Dim);
    line.push(if entry.is_marked() { "* " } else { "  " }, Tone::Warning);
    let time = clock(entry.at(), page.zone);
    match c.time {
        Time::Seconds => line.push(&time, Tone::Dim),
        Time::Minutes => line.push(screen::prefix(&time, 5), Tone::Dim),
        Time::None => {}
    }
    line.pad_to(c.before_kind());
    if c.kind {
        let tone = if entry.kind() == ExchangeKind::Send { Tone::Strong } else { Tone::Dim };
        line.push(entry.kind().word(), tone);
        line.pad_to(c.before_kind() + 6);
    }
    let Some(exchange) = entry.exchange() else {
        let room = page.width.saturating_sub(line.cells);
        line.push_fitted(&screen::visible(screen::head(entry.what(), LOOKED_AT)), room, page.ascii, Tone::Text);
        return line.fitted(page.width, page.ascii).row(RowKind::Head);
    };
    let right = line.cells + c.text;
    push_text(&mut line, c.text, entry, exchange, page);
    line.pad_to(right + 1);
    let mut changing = None;
    line.push(word(entry, &exchange.outcome), outcome_tone(&exchange.outcome));
    let mut edge = right + 1 + WORD;
    let until = waiting_until(exchange);
    if c.status {
        // Without a column of its own, the time that is left takes the place of the status.
        if let Some(status) = exchange.status()
            && line.cells <= edge
            && (c.ms || until.is_none())
        {
            line.pad_to(edge + 1);
            line.push(&status.to_string(), outcome_tone(&exchange.outcome));
        }
        edge += 1 + STATUS;
    }
    if c.ms {
        let live = |counts| Some(LiveRow { column: edge as u16 + 1, width: MS as u16, counts });
        if let Some(took) = exchange.took {
            push_right(&mut line, &short_span(took), edge + 1 + MS);
        } else if let Some(until) = until {
            changing = live(LogCounts::DownTo(until));
        } else if exchange.outcome == Outcome::Open {
            changing = live(LogCounts::UpFrom(exchange.started));
        }
        edge += 1 + MS;
    } else if let Some(until) = until.filter(|_| c.status) {
        changing =
            Some(LiveRow { column: (edge as u16).saturating_sub(3), width: 4, counts: LogCounts::DownTo(until) });
    }
    if let Some(cells) = c.id
        && let Some((_, id)) = exchange.request_id()
    {
        line.pad_to(edge + 2);
        line.push_fitted(&screen::short_id(&id, page.ascii), cells, page.ascii, Tone::Dim);
    }
    let mut row = line.fitted(page.width, page.ascii).row(RowKind::Head);
    row.live = changing;
    row
}

fn push_right(line: &mut Line, text: &str, right: usize) {
    line.pad_to(right.saturating_sub(screen::width(text)));
    line.push(text, Tone::Dim);
}

/// What answered a message, under it.
pub(super) fn reply(page: &LogPage<'_>, reply: &Reply) -> LogRow {
    let c = page.columns;
    let mut line = Line::default();
    line.pad_to(c.before_kind());
    line.push(if page.ascii { "` " } else { "└ " }, Tone::Dim);
    line.push(reply.author.word(), Tone::Dim);
    line.push(" ", Tone::Dim);
    let text = c.before_kind() + if c.kind { 6 } else { 0 } + c.text;
    let room = if c.ms { text } else { page.width }.saturating_sub(line.cells);
    let said = screen::visible_lines(screen::head(&reply.text, LOOKED_AT)).collect::<Vec<_>>().join(" ");
    line.push_fitted(said.trim(), room, page.ascii, Tone::Dim);
    if let Some(took) = reply.took.filter(|_| c.ms) {
        let status = if c.status { 1 + STATUS } else { 0 };
        push_right(&mut line, &short_span(took), text + 1 + WORD + status + 1 + MS);
    }
    line.fitted(page.width, page.ascii).row(RowKind::Detail)
}

/// The text column: what was said or asked, then why not, then that there was more than one try.
fn push_text(line: &mut Line, cells: usize, entry: &LogEntry, exchange: &Exchange, page: &LogPage<'_>) {
    let end = line.cells + cells;
    let note = tries_note(entry, cells);
    // Where there is room for only one of them, the tries stay: a healed 401 must not hide in a 200.
    let keep = if note.is_empty() { 0 } else { screen::width(&note) + usize::from(cells > screen::width(&note)) };
    let room = cells.saturating_sub(keep);
    let what = screen::visible(screen::head(&exchange.what, LOOKED_AT));
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
    line.push_fitted(&what, room, page.ascii, Tone::Text);
    let left = end.saturating_sub(line.cells + keep);
    // An open entry says why in its first row below.
    let cause = entry.diagnosis().map(|d| format!("{} {}", d.cause(), d.confidence().word()));
    if let Some(why) = exchange.outcome.reason()
        && entry.density() == Density::Line
        && left >= 12
    {
        line.push(if page.ascii { " - " } else { " · " }, Tone::Dim);
        // A cause has a name; a sentence stays in the colour of text.
        let (why, tone) = match cause {
            Some(cause) => (cause, outcome_tone(&exchange.outcome)),
            None => (why.to_string(), Tone::Text),
        };
        line.push_fitted(&screen::visible(screen::head(&why, LOOKED_AT)), left - 3, page.ascii, tone);
    }
    if !note.is_empty() {
        line.pad_to(end.saturating_sub(screen::width(&note)));
        line.push_fitted(&note, cells, page.ascii, Tone::Warning);
    }
}

fn tries_note(entry: &LogEntry, cells: usize) -> String {
    let tries = entry.tries();
    if tries < 2 {
        return String::new();
    }
    let long = format!("{tries} tries");
    // A word of the text stays beside it.
    if cells >= long.len() + 8 { long } else { format!("{tries}x") }
}

#[cfg(test)]
#[path = "../../../tests/unit/session/log/line.rs"]
mod tests;
