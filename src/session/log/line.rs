//! The one line of an entry: columns in a fixed order, and what goes when it gets narrow; and the line of what answered it.
//!
//! ```text
//!  42  14:03:20 SEND  My account is 12345       2 tries  ERR  401   88 ms  e42c…8968
//!   │  time     kind  text                               word status   ms  short request id
//! number (* behind it: marked)
//!               └ bot Thank you, I found your account.            1.4 s
//! ```
//! As it gets narrower, the duration, the seconds and the kind go so that the text keeps its room; then the text shortens, and
//! the rest of the time, the id and the status go. The word stays.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::entry::{Density, LogEntry, Reply};
use super::filter::{Names, Needle};
use super::row::{Line, LiveRow, LogCounts, LogRow, RowKind, Tone};
use super::words::{outcome_tone, short_span, waiting_until};
use crate::model::{Exchange, ExchangeKind, Outcome};
use crate::text::screen;

/// Bytes of a text that are looked at for one line: what follows could not be seen.
const LOOKED_AT: usize = 2 << 10;

/// Text columns below which another column goes.
const TEXT_WANTED: usize = 20;
/// Text columns below which the last columns begin to go.
const TEXT_LEAST: usize = 8;
pub(super) const WORD: usize = 4;
pub(super) const STATUS: usize = 3;
pub(super) const MS: usize = 7;

/// How the keys are called that the pane mentions. Whoever shows the pane says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyNames {
    /// How one comes to send a message: `Press i and type a message`.
    pub compose: String,
    pub clear: String,
    pub quiet: String,
    pub copy_body: String,
    pub why: String,
    pub open: String,
    pub ticket: String,
    pub probe: String,
    pub scope: String,
}

pub(super) struct LogPage<'l> {
    pub width: usize,
    pub ascii: bool,
    pub wrap: bool,
    pub zone: &'l TimeZone,
    pub today: Date,
    pub names: &'l Names,
    pub columns: Columns,
    pub search: Option<&'l Needle>,
    pub keys: &'l KeyNames,
    pub unfold: bool,
}

/// Which columns there are at a width, and how wide the flexible one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub number: usize,
    /// Cells of the time: with seconds, without, none.
    pub time: usize,
    pub kind: bool,
    pub text: usize,
    pub status: bool,
    pub ms: bool,
    pub id: Option<usize>,
}

/// Leaves a column out, or makes it narrower.
type GiveUp = fn(&mut Columns);

impl Columns {
    /// The columns for `width` cells (the selection's column not counted).
    pub fn new(width: usize, number: usize, ascii: bool) -> Self {
        let id = Some(if ascii { 10 } else { 9 });
        let mut c = Self { number: number.max(3), time: 8, kind: true, text: 0, status: true, ms: true, id };
        // Below the smallest supported width: what is left keeps its place, the id goes, then the status.
        let steps: [(usize, GiveUp); 6] = [
            (TEXT_WANTED, |c| c.ms = false),
            (TEXT_WANTED, |c| c.time = 5),
            (TEXT_WANTED, |c| c.kind = false),
            (TEXT_LEAST, |c| c.time = 0),
            (0, |c| c.id = None),
            (0, |c| c.status = false),
        ];
        for (text, give_up) in steps {
            if width < c.fixed() + text {
                give_up(&mut c);
            }
        }
        c.text = width.saturating_sub(c.fixed());
        c
    }

    pub const fn before_kind(&self) -> usize {
        self.before_time() + if self.time > 0 { self.time + 1 } else { 0 }
    }

    pub const fn before_time(&self) -> usize {
        self.number + 2
    }

    pub fn fixed(&self) -> usize {
        let column = |there: bool, cells: usize| if there { cells } else { 0 };
        self.before_kind()
            + column(self.kind, 6)
            + (1 + WORD)
            + column(self.status, 1 + STATUS)
            + column(self.ms, 1 + MS)
            + self.id.map_or(0, |cells| 2 + cells)
    }
}

pub(super) fn head(page: &LogPage<'_>, entry: &LogEntry) -> LogRow {
    let c = page.columns;
    let time = page.zone.to_datetime(entry.at().wall).strftime("%H:%M:%S");
    let mut line = Line::default();
    line.push(&format!("{:>1$}", entry.number(), c.number), Tone::Dim);
    line.push(if entry.kept.marked { "* " } else { "  " }, Tone::Warning);
    line.push(screen::prefix(&time.to_string(), c.time), Tone::Dim);
    line.pad_to(c.before_kind());
    if c.kind {
        let tone = if entry.kind() == ExchangeKind::Send { Tone::Strong } else { Tone::Dim };
        line.push(entry.kind().name(), tone);
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
    // What became known later counts.
    let word = match entry.settled() {
        Some(true) => "RCVD",
        Some(false) => "LOST",
        None => exchange.outcome.word(),
    };
    line.push(word, outcome_tone(&exchange.outcome));
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
    let live =
        |column: usize, width: usize, counts| Some(LiveRow { column: column as u16, width: width as u16, counts });
    if c.ms {
        if let Some(took) = exchange.took {
            push_right(&mut line, &short_span(took), edge + 1 + MS);
        } else if let Some(until) = until {
            changing = live(edge + 1, MS, LogCounts::DownTo(until));
        } else if exchange.outcome == Outcome::Open {
            changing = live(edge + 1, MS, LogCounts::UpFrom(exchange.started));
        }
        edge += 1 + MS;
    } else if let Some(until) = until.filter(|_| c.status) {
        changing = live(edge.saturating_sub(3), 4, LogCounts::DownTo(until));
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

pub(super) fn reply(page: &LogPage<'_>, reply: &Reply) -> LogRow {
    let c = page.columns;
    let mut line = Line::default();
    line.pad_to(c.before_kind());
    line.push(&format!("{} {} ", if page.ascii { "`" } else { "└" }, reply.author.name()), Tone::Dim);
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
    let tries = entry.tries();
    let note = match format!("{tries} tries") {
        _ if tries < 2 => String::new(),
        // A word of the text stays beside it.
        long if cells >= long.len() + 8 => long,
        _ => format!("{tries}x"),
    };
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
        line.push_all(&[(direction, Tone::Dim), (" ", Tone::Text)]);
    }
    let room = room.saturating_sub(line.cells - start);
    line.push_fitted(&what, room, page.ascii, Tone::Text);
    let left = end.saturating_sub(line.cells + keep);
    // An open entry says why in its first row below.
    let cause = entry.diagnosis().map(|d| format!("{} {}", d.cause(), d.confidence().name()));
    if let Some(why) = exchange.outcome.reason()
        && entry.density == Density::Line
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
