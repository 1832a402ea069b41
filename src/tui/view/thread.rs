//! The inside of the thread's pane: bubbles, the guest's to the right, the other side's to the left, each with author,
//! time and (ours) life. Only the visible window is wrapped and drawn.

use std::borrow::Cow;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::{Author, DeliveryStatus, Masks, Moment, Unreadable};
use crate::session::thread::{Entry, Thread, scroll};

use super::Look;
use crate::text::screen::{fit, plain, put, visible, visible_lines, width, wrap};
use crate::tui::theme::Role;

/// Below this width bubbles use the whole row.
const MARGINS_FROM: u16 = 44;
/// At most this much of one message is shown; the log has the whole.
const MAX_BYTES: usize = 16 << 10;

/// Cells for the text of a bubble in a pane of this width: the bar and a blank take two.
fn cells(pane: u16) -> usize {
    let bubble = if pane < MARGINS_FROM { usize::from(pane) } else { usize::from(pane) * 4 / 5 };
    bubble.saturating_sub(2).max(1)
}

/// What is shown of a text, and how many bytes are not.
fn shown(text: &str) -> (&str, usize) {
    if text.len() <= MAX_BYTES {
        return (text, 0);
    }
    let cut = (0..=MAX_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (text.get(..cut).unwrap_or_default(), text.len() - cut)
}

/// The rows of a text, made safe and wrapped, and the note about what is left out.
fn rows(text: &str, cells: usize) -> Vec<String> {
    let (text, left) = shown(text);
    let mut rows = Vec::new();
    for line in visible_lines(text) {
        rows.extend(wrap(&line, cells).into_iter().map(|r| line.get(r).unwrap_or_default().trim_end().to_owned()));
    }
    if left > 0 {
        rows.push(format!("({left} more bytes: see the log)"));
    }
    rows
}

/// Rows that a message takes in a pane of this width: one for author, time and life, those of its text, and those of
/// what comes with it.
pub fn height(entry: &Entry, pane: u16) -> usize {
    let cells = cells(pane);
    let (text, left) = shown(entry.text());
    let text: usize = if has_text(entry) { visible_lines(text).map(|line| wrap(&line, cells).len()).sum() } else { 0 };
    let below: usize = below(entry).map(|(line, _)| wrap(&line, cells).len()).sum();
    1 + usize::from(left > 0) + text + below
}

/// A message that is only a file has no empty row for a text that is not there.
fn has_text(entry: &Entry) -> bool {
    !entry.text().is_empty() || (entry.choices().is_empty() && entry.attachments().is_empty())
}

/// The lines below a message's text: the choices that it offers, numbered as the menu numbers them, its files, and (ours)
/// what it answers with and which attributes it carries.
fn below(entry: &Entry) -> impl Iterator<Item = (String, Role)> {
    let choices = (1..).zip(entry.choices());
    let choices = choices.map(|(n, choice)| (format!(" {n} {}", visible(&choice.label)), Role::Info));
    let files = entry.attachments().iter().map(|file| {
        let line = format!("file: {} ({})", visible(&file.label()), visible(&file.mime));
        (line, Role::Dim)
    });
    let extras = entry.extras();
    let answer = extras.and_then(|e| e.choice.as_ref());
    let answer = answer.map(|choice| {
        let same = choice.payload == choice.label;
        let line = if same {
            "taken as a choice".to_owned()
        } else {
            format!("taken as the choice {}", visible(&choice.payload))
        };
        (line, Role::Dim)
    });
    let attributes = extras.into_iter().flat_map(|e| &e.attributes);
    let attributes = attributes.map(|(name, value)| (format!("with {}={}", visible(name), visible(value)), Role::Dim));
    choices.chain(files).chain(answer).chain(attributes)
}

/// The life of a message in words: `accepted`, `refused: …`, `waiting 7 s: 429, Retry-After 7 s`.
pub fn life(life: &DeliveryStatus, now: Moment) -> Cow<'static, str> {
    match life {
        DeliveryStatus::Waiting { until, why } => {
            let left = until.left(now);
            let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
            format!("waiting {seconds} s: {}", visible(why)).into()
        }
        DeliveryStatus::Sending { attempt: ..=1 } => "sending".into(),
        DeliveryStatus::Sending { attempt } => format!("sending, try {attempt}").into(),
        DeliveryStatus::Refused(why) | DeliveryStatus::Unknown(why) if !why.is_empty() => {
            format!("{}: {}", life.word(), visible(why)).into()
        }
        other => other.word().into(),
    }
}

const fn life_role(life: &DeliveryStatus) -> Role {
    match life {
        DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed => Role::Ok,
        DeliveryStatus::Refused(_) | DeliveryStatus::Lost => Role::Error,
        DeliveryStatus::Unknown(_) | DeliveryStatus::Waiting { .. } => Role::Warning,
        DeliveryStatus::Queued | DeliveryStatus::Sending { .. } => Role::Info,
        DeliveryStatus::Cancelled => Role::Dim,
    }
}

/// The thread's pane title: `Thread`, whether it is read to the end, who types, and why replies cannot be read. The title, because a row of its own
/// would move the text at each beginning and end.
pub fn title(thread: Option<&Thread>, typist: Option<Author>, unreadable: Option<&Unreadable>) -> String {
    let mut title = "Thread".to_owned();
    if let n @ 1.. = thread.map_or(0, Thread::new_below) {
        let _ = write!(title, ", {n} new below");
    }
    if let Some(author) = typist {
        let _ = write!(title, ", {}", types(author));
    }
    if let Some(why) = unreadable {
        let _ = write!(title, ", {}", visible(&why.sentence()));
    }
    title
}

/// `bot is typing…`
pub fn types(author: Author) -> String {
    format!("{} is typing…", author.word())
}

/// Draws the inside of the pane. `None`: no conversation is open, or nothing was said in it.
pub fn draw(thread: Option<&Thread>, masks: &Masks, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let entries = thread.map_or(&[][..], Thread::entries);
    let Some(thread) = thread.filter(|_| !entries.is_empty()) else {
        let text = match thread.and_then(Thread::last_read) {
            Some(_) => "Nothing has been said here. Type below and press Enter.",
            None => {
                "Nothing to show yet: the conversation has not been read. Type below and press Enter, or F5 to read it."
            }
        };
        for (y, row) in (area.y..area.bottom()).zip(wrap(text, usize::from(area.width))) {
            let style = look.theme.style(Role::Dim);
            put(buf, area.x, y, text.get(row).unwrap_or_default(), usize::from(area.width), style);
        }
        return;
    };
    let (first, skip) = scroll::top(entries, thread.scroll(), area.width, usize::from(area.height));
    let mut y = area.y;
    let mut skip = skip;
    for entry in entries.iter().skip(first) {
        for row in bubble(entry, masks, look, area.width).into_iter().skip(skip) {
            if y >= area.bottom() {
                return;
            }
            row.draw(look, Rect { y, height: 1, ..area }, buf);
            y += 1;
        }
        skip = 0;
    }
}

/// One row of a bubble: spans in order, and where it begins.
struct Row {
    indent: usize,
    spans: Vec<(String, Role)>,
}

impl Row {
    fn draw(self, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let mut x = area.x.saturating_add(u16::try_from(self.indent).unwrap_or(u16::MAX));
        for (text, role) in self.spans {
            let left = area.right().saturating_sub(x);
            if left == 0 {
                return;
            }
            (x, _) = put(buf, x, area.y, text, usize::from(left), look.theme.style(role));
        }
    }
}

/// The rows of one message.
fn bubble(entry: &Entry, masks: &Masks, look: &Look<'_>, pane: u16) -> Vec<Row> {
    let ascii = look.theme.ascii;
    let bar = if ascii { "|" } else { "│" };
    let right = entry.author() == Author::Guest;
    let cells = cells(pane);
    // In the same shape: what is masked wraps as it would without.
    let texts = if has_text(entry) { rows(&masks.shape(entry.text(), width), cells) } else { Vec::new() };
    let below: Vec<(String, Role)> = below(entry)
        .flat_map(|(line, role)| {
            let line = masks.shape(&plain(&line, ascii), width).into_owned();
            let rows = wrap(&line, cells).into_iter().map(|r| line.get(r).unwrap_or_default().to_owned());
            rows.map(|row| (row, role)).collect::<Vec<_>>()
        })
        .collect();
    let texts: Vec<(String, Role)> = texts.into_iter().map(|text| (text, Role::Text)).chain(below).collect();
    let head = head(entry, look, cells);
    let head_width: usize = head.iter().map(|(text, _)| width(text)).sum();
    let wide = texts.iter().map(|(row, _)| width(row)).max().unwrap_or(0).max(head_width).min(cells);
    let indent = if right { usize::from(pane).saturating_sub(wide + 2) } else { 0 };
    let row = |spans: Vec<(String, Role)>, used: usize| {
        let bar = (bar.to_owned(), if right { Role::Border } else { Role::Focus });
        let mut all = Vec::with_capacity(spans.len() + 2);
        if right {
            all.extend(spans);
            all.push((" ".repeat((wide + 1).saturating_sub(used)), Role::Text));
            all.push(bar);
        } else {
            all.push(bar);
            all.push((" ".to_owned(), Role::Text));
            all.extend(spans);
        }
        Row { indent, spans: all }
    };
    let mut out = vec![row(head, head_width)];
    out.extend(texts.into_iter().map(|(text, role)| {
        let used = width(&text);
        row(vec![(text, role)], used)
    }));
    out
}

/// Author, time and life: `guest 14:02:10 · answered`.
fn head(entry: &Entry, look: &Look<'_>, cells: usize) -> Vec<(String, Role)> {
    let ascii = look.theme.ascii;
    let dot = if ascii { " - " } else { " · " };
    let time = entry.at().to_zoned(look.zone.clone()).strftime("%H:%M:%S").to_string();
    let name = format!("{} ", entry.author().word());
    let mut spans = vec![(name, Role::Strong), (time, Role::Dim)];
    let mut push = |text: &str, role: Role| {
        let used: usize = spans.iter().map(|(text, _)| width(text)).sum();
        let room = cells.saturating_sub(used + 3);
        if room >= 3 {
            spans.push((dot.to_owned(), Role::Dim));
            spans.push((fit(text, room, ascii).into_owned(), role));
        }
    };
    match entry.life() {
        Some(state) => {
            if matches!(state, DeliveryStatus::Unknown(_)) && entry.seen() {
                push("unknown, but seen in the conversation", Role::Warning);
            } else {
                push(&life(state, look.now), life_role(state));
            }
        }
        None if entry.author() == Author::Guest => push("not from this session", Role::Dim),
        None if entry.unread => push("new", Role::Info),
        None => {}
    }
    if entry.late() {
        push("came late", Role::Warning);
    }
    if entry.message().is_some_and(|m| m.resend_of.is_some()) {
        push("sent again", Role::Dim);
    }
    if let Some(variation) = entry.message().and_then(|m| m.sent_as) {
        push(&format!("on purpose: {variation}"), Role::Warning);
    }
    spans
}
