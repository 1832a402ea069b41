//! The rows of a conversation's messages: a rule where the day changes, a blank between speakers, a heading, the text.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{Author, DeliveryStatus, Masks, Message, Moment, Reason};
use crate::session::thread::ThreadEntry;
use crate::text::dates::day;
use crate::text::screen::{fit, head, in_ascii, visible, visible_lines, width, wrap};
use crate::tui::theme::StyleRole;

/// At most this much of one message is shown; the log has the whole.
const MAX_BYTES: usize = 16 << 10;
/// A name that is masked may begin before that and end after it.
const MASKED_BEYOND: usize = 1 << 10;

/// What rows are laid out on.
pub struct RowContext<'a> {
    /// Cells of the pane.
    pub width: u16,
    /// Only ASCII in what is not said by anybody.
    pub ascii: bool,
    /// The zone in which times are shown.
    pub zone: &'a TimeZone,
    /// The moment.
    pub now: Moment,
    /// What is masked.
    pub masks: &'a Masks,
    /// The name of the cause of a refusal and how sure it is, with its status, as far as known.
    pub cause: &'a dyn Fn(&Message) -> Option<String>,
    /// No blank rows: there are few.
    pub dense: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Of the guest: it stands at the right.
    pub own: bool,
    pub indent: u16,
    /// Cells of the message's ground, where this is a part of its text; 0 elsewhere.
    pub cells: u16,
    /// What it says, and the byte at which each piece ends.
    pub text: String,
    pub pieces: Vec<(usize, StyleRole)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub rows: Vec<(String, StyleRole)>,
    widest: usize,
}

impl RowContext<'_> {
    /// Cells for the text of a message: a blank stands at each side of it.
    fn cells(&self) -> usize {
        let most = if self.width < 44 { usize::from(self.width) } else { usize::from(self.width) * 4 / 5 };
        most.saturating_sub(3).max(1)
    }

    fn day(&self, entry: &ThreadEntry) -> Date {
        entry.at().to_zoned(self.zone.clone()).date()
    }
}

/// Rows above who and when: the day where it is another, else a blank where another speaks.
pub(super) fn above(entry: &ThreadEntry, before: Option<&ThreadEntry>, context: &RowContext<'_>) -> usize {
    match before {
        None => 1,
        Some(before) if context.day(before) != context.day(entry) => 1 + usize::from(!context.dense),
        Some(before) => usize::from(!context.dense && before.author() != entry.author()),
    }
}

pub(super) fn body(entry: &ThreadEntry, context: &RowContext<'_>) -> Body {
    let cells = context.cells();
    let mut rows = Vec::new();
    // A message that is only a file has no empty row for a text that is not there.
    if !entry.text().is_empty() || (entry.choices().is_empty() && entry.attachments().is_empty()) {
        let most = if context.masks.is_empty() { MAX_BYTES } else { MAX_BYTES + MASKED_BEYOND };
        let text = context.masks.shape(head(entry.text(), most), width);
        let text = head(&text, MAX_BYTES);
        for line in visible_lines(text) {
            rows.extend(wrap(&line, cells).map(|row| (row.trim_end().to_owned(), StyleRole::Text)));
        }
        if entry.text().len() > MAX_BYTES {
            let left = entry.text().len() - text.len().min(entry.text().len());
            rows.push((format!("({left} more bytes: see the log)"), StyleRole::Dim));
        }
    }
    for (line, role) in below(entry) {
        let line = context.masks.shape(&in_ascii(&line, context.ascii), width).into_owned();
        rows.extend(wrap(&line, cells).map(|row| (row.to_owned(), role)));
    }
    let widest = rows.iter().map(|(row, _)| width(row)).max().unwrap_or(0).min(cells);
    Body { rows, widest }
}

/// Below a message's text: choices, numbered as in the menu, files, and (ours) what it answers with and carries.
fn below(entry: &ThreadEntry) -> Vec<(String, StyleRole)> {
    let mut lines = Vec::new();
    let dim = |text: String| (text, StyleRole::Dim);
    let choices = (1..).zip(entry.choices()).map(|(n, choice)| format!("{n} {}", visible(&choice.label)));
    let choices = choices.collect::<Vec<_>>().join("   ");
    lines.extend(Some((choices, StyleRole::Info)).filter(|(choices, _)| !choices.is_empty()));
    let files = entry.attachments().iter();
    lines.extend(files.map(|file| dim(format!("file: {} ({})", visible(&file.label()), visible(&file.mime)))));
    let Some(extras) = entry.message().map(|message| &message.extras) else { return lines };
    lines.extend(extras.choice.as_ref().map(|choice| match &choice.payload {
        payload if *payload == choice.label => dim("sent as a choice".to_owned()),
        payload => dim(format!("sent as the choice {}", visible(payload))),
    }));
    let attributes = extras.attributes.iter();
    lines.extend(attributes.map(|(name, value)| dim(format!("with {}={}", visible(name), visible(value)))));
    lines
}

/// How a message fared, in words: `accepted`, `waiting 7 s: 429, Retry-After 7 s`, `refused 401 · scope-stripped, likely`.
fn fared(entry: &ThreadEntry, status: &DeliveryStatus, context: &RowContext<'_>) -> (String, StyleRole) {
    // The cause by its name; where none is known, the reason in brief: a sentence of the server's would not fit.
    let said = |why: &Reason, before: &str| {
        let cause = entry.message().and_then(context.cause);
        cause.map_or_else(|| format!("{before}{}", visible(&why.brief())), |cause| format!(" {cause}"))
    };
    match status {
        DeliveryStatus::Waiting { until, why } => {
            let seconds = until.left(context.now).as_nanos().div_ceil(1_000_000_000);
            (format!("waiting {seconds} s: {}", visible(&why.to_string())), StyleRole::Warning)
        }
        DeliveryStatus::Sending { attempt: attempt @ 2.. } => (format!("sending, try {attempt}"), StyleRole::Info),
        DeliveryStatus::Refused(why) => (format!("refused{}", said(why, " ")).trim_end().to_owned(), StyleRole::Error),
        DeliveryStatus::Unknown(_) if entry.seen() => {
            ("unknown, but found in the conversation".to_owned(), StyleRole::Warning)
        }
        DeliveryStatus::Unknown(why) => (format!("unknown{}", said(why, ": ")), StyleRole::Warning),
        DeliveryStatus::Received => ("received, was unknown".to_owned(), StyleRole::Dim),
        DeliveryStatus::NotReceived => ("not received, was unknown".to_owned(), StyleRole::Warning),
        status if status.is_finished() => (status.word().to_owned(), StyleRole::Dim),
        status => (status.word().to_owned(), StyleRole::Info),
    }
}

fn heading(entry: &ThreadEntry, context: &RowContext<'_>, cells: usize) -> (String, Vec<(usize, StyleRole)>) {
    let time = entry.at().to_zoned(context.zone.clone()).strftime("%H:%M").to_string();
    // The guest is whoever types here.
    let who = if entry.author() == Author::Guest { "you" } else { entry.author().name() };
    let mut text = format!("{who} {time}");
    let mut pieces = vec![(who.len(), StyleRole::Strong), (text.len(), StyleRole::Dim)];
    let mut push = |what: &str, role: StyleRole| {
        let room = cells.saturating_sub(width(&text) + 2);
        if room >= 3 {
            text.push_str("  ");
            text.push_str(&fit(&in_ascii(what, context.ascii), room, context.ascii));
            pieces.push((text.len(), role));
        }
    };
    match entry.delivery() {
        Some(status) => {
            let (words, role) = fared(entry, status, context);
            push(&words, role);
        }
        None if entry.author() == Author::Guest => push("not from this session", StyleRole::Dim),
        None if entry.unread => push("new", StyleRole::Info),
        None => {}
    }
    if entry.late() {
        push("came late", StyleRole::Warning);
    }
    if entry.message().is_some_and(|m| m.resend_of.is_some()) {
        push("sent again", StyleRole::Dim);
    }
    if let Some(variation) = entry.message().and_then(|m| m.sent_as) {
        push(&format!("on purpose: {variation}"), StyleRole::Warning);
    }
    (text, pieces)
}

pub(super) fn message(
    entry: &ThreadEntry,
    before: Option<&ThreadEntry>,
    body: &Body,
    context: &RowContext<'_>,
) -> Vec<Row> {
    let own = entry.author() == Author::Guest;
    let wide = usize::from(context.width);
    let row = |indent: usize, text: String, pieces| {
        let indent = u16::try_from(indent).unwrap_or(u16::MAX);
        Row { own, indent, cells: 0, text, pieces }
    };
    let mut rows: Vec<Row> = Vec::with_capacity(body.rows.len() + 3);
    let day_changed = before.is_none_or(|before| context.day(before) != context.day(entry));
    if above(entry, before, context) > usize::from(day_changed) {
        rows.push(row(0, String::new(), Vec::new()));
    }
    if day_changed {
        let today = context.now.wall.to_zoned(context.zone.clone()).date();
        let rule = if context.ascii { "--" } else { "──" };
        let text = format!("{rule}  {}  {rule}", day(context.day(entry), today));
        let pieces = vec![(text.len(), StyleRole::Dim)];
        rows.push(row(wide.saturating_sub(width(&text)) / 2, text, pieces));
    }
    let (text, pieces) = heading(entry, context, wide.saturating_sub(2));
    rows.push(row(if own { wide.saturating_sub(width(&text) + 1) } else { 1 }, text, pieces));
    let ground = body.widest + 2;
    let cells = u16::try_from(ground).unwrap_or(u16::MAX);
    let indent = if own { wide.saturating_sub(ground) } else { 1 };
    let text_row =
        |(text, role): &(String, StyleRole)| Row { cells, ..row(indent, text.clone(), vec![(text.len(), *role)]) };
    rows.extend(body.rows.iter().map(text_row));
    rows
}
