//! The log pane: rows that the log has laid out, written cell by cell. Steady drawing allocates nothing.

use std::fmt::{self, Write as _};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{self, DrawingContext};
use crate::session::log::{Log, LogCounts, LogEntry, LogRow, RowKind, Tone};
use crate::text::counted;
use crate::text::screen::{self, put};
use crate::tui::state::{Pane, State};
use crate::tui::{PaneArea, StyleRole};

/// Draws the rows. The log was told this area's size before ([`Log::set_viewport`]).
pub fn draw(log: &Log, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    if log.window().next().is_none() {
        return draw_nothing(log, look, area, buf);
    }
    // Keys are named where they act: beside the entry that they mean.
    let (chosen, explained) = (log.selected().map(LogEntry::number), log.why().map(LogEntry::number));
    for (shown, line) in log.window().zip(area.rows()) {
        let number = Some(shown.entry.number());
        let parts = match shown.row.kind {
            RowKind::Keys(explaining) if number != chosen => explaining * usize::from(number == explained),
            _ => shown.row.runs.len(),
        };
        if area.width > 1 && parts > 0 {
            draw_row(shown.row, parts, look, Rect { x: area.x + 1, width: area.width - 1, ..line }, buf);
        }
        if shown.selected {
            frame::select(line, look, buf);
        }
    }
}

fn draw_row(row: &LogRow, parts: usize, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let right = area.right();
    let (mut x, mut start) = (area.x, 0);
    for &(end, tone) in row.runs.iter().take(parts) {
        let said = row.text.get(start..end).unwrap_or_default();
        start = end;
        (x, _) = put(buf, x, area.y, said, usize::from(right - x), look.theme.style(role_of(tone)));
        if x >= right {
            break;
        }
    }
    for &(column, cells) in &row.matches {
        let place = Rect { x: area.x.saturating_add(column), y: area.y, width: cells, height: 1 };
        buf.set_style(place.intersection(area), look.theme.style(StyleRole::Match));
    }
    if let Some(live) = row.live {
        let (duration, role) = match live.counts {
            LogCounts::DownTo(until) => (left(until.left(look.now)), StyleRole::Warning),
            LogCounts::UpFrom(from) => (passed(look.now.since(from)), StyleRole::Info),
        };
        let said = duration.as_str();
        let indent = live.width.saturating_sub(u16::try_from(said.len()).unwrap_or(u16::MAX));
        let x = area.x.saturating_add(live.column).saturating_add(indent);
        if x < right {
            put(buf, x, area.y, said, usize::from(right - x), look.theme.style(role));
        }
    }
}

const fn role_of(tone: Tone) -> StyleRole {
    match tone {
        Tone::Text => StyleRole::Text,
        Tone::Key => StyleRole::Focus,
        Tone::Dim => StyleRole::Dim,
        Tone::Strong => StyleRole::Strong,
        Tone::Error => StyleRole::Error,
        Tone::Warning => StyleRole::Warning,
        Tone::Info => StyleRole::Info,
        Tone::Name => StyleRole::Name,
    }
}

/// Nothing to show is never a blank pane: it says why, and which key comes next.
fn draw_nothing(log: &Log, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let keys = &log.keys;
    let (polling, quiet) = log.totals.folded;
    let said = match log.filter() {
        Some(filter) if !log.is_empty() => {
            let asked = screen::visible(filter.text());
            format!("Nothing matches {asked}: {} hidden. {} clears the filter.", log.hidden(), keys.clear)
        }
        None if polling + quiet > 0 => {
            format!("Only polling reads and quiet frames so far; they are hidden. {} shows them.", keys.quiet)
        }
        None if log.hidden() > 0 => {
            format!("No entry of this conversation yet. {} shows all conversations.", keys.scope)
        }
        _ => format!("No request yet. {}: every request that follows appears here.", keys.compose),
    };
    frame::nothing(&said, look, area, buf);
}

pub(super) fn draw_pane(state: &State, area: &PaneArea, buf: &mut Buffer) {
    let look = DrawingContext::of(state, Pane::Log);
    let aside = aside(state);
    let room = usize::from(area.outer.width).saturating_sub(screen::width(&aside) + 14);
    frame::heading(area, "2 Log", (aside, StyleRole::Text), (right(state, room), StyleRole::Dim), &look, buf);
    draw(state.shown_log(), &look, area.inner, buf);
}

fn aside(state: &State) -> String {
    let log = state.shown_log();
    // What is in view may have begun on another day, whose rule is out of sight.
    let day = log.day_in_view().map_or_else(String::new, |day| format!("  {day}"));
    if let Some(history) = &state.log_pane.history {
        return match &history.query {
            Some(query) => format!("found: {}{day}", screen::visible(query)),
            None => format!("history #{} to #{}{day}", log.first_number(), log.last_number().unwrap_or(0)),
        };
    }
    let scope = match state.session.conversations.active() {
        _ if log.shows_all_conversations() => "all conversations",
        Some(_) => "this conversation",
        None => "no conversation",
    };
    let filter = log.filter().map_or_else(String::new, |f| format!(", filter: {}", screen::visible(f.text())));
    format!("{scope}{filter}{day}")
}

/// What stands at the right of the pane's heading, of history or of what happens now.
fn right(state: &State, width: usize) -> String {
    let Some(history) = &state.log_pane.history else {
        return title(&state.session.log, width, state.look.theme.ascii);
    };
    let rows = history.log.len();
    let rows = if history.older { format!("{rows}+ rows") } else { counted(rows, "row") };
    let text = format!("{rows} · {} back", history.log.keys.clear);
    screen::fit(&screen::in_ascii(&text, state.look.theme.ascii), width, state.look.theme.ascii).into_owned()
}

/// How much there is, as many words as `width` has room for: following or new, rows, folded away, searched, gone.
pub fn title(log: &Log, width: usize, ascii: bool) -> String {
    let dot = if ascii { " - " } else { " · " };
    let follow = match (log.following(), log.unseen()) {
        (true, _) => "following".to_owned(),
        (false, 0) => "not following".to_owned(),
        (false, new) => format!("{new} new"),
    };
    let shown = log.shown();
    let rows = log.filter().map_or_else(|| counted(shown, "row"), |_| format!("{shown} of {} rows", log.len()));
    let mut parts = vec![follow, rows];
    // What is folded away is said beside the count, so that it is never hidden in silence.
    let (polling, quiet) = log.totals.folded;
    let folded = [(polling, "polling read"), (quiet, "quiet frame")].into_iter().filter(|(count, _)| *count > 0);
    parts.extend(folded.map(|(count, what)| format!("{} hidden", counted(count, what))));
    if !log.search_text().is_empty() {
        parts.push(format!("search: {}", screen::visible(log.search_text())));
    }
    let marked = log.totals.evicted_marked;
    let marked = if marked > 0 { format!(" ({marked} marked)") } else { String::new() };
    parts.extend((log.totals.evicted > 0).then(|| format!("{} older gone{marked}", log.totals.evicted)));
    let mut out = String::new();
    for part in parts {
        let longer = if out.is_empty() { part } else { format!("{out}{dot}{part}") };
        if screen::width(&longer) > width {
            return if out.is_empty() { screen::fit(&longer, width, ascii).into_owned() } else { out };
        }
        out = longer;
    }
    out
}

/// A few characters on the stack.
#[derive(Default)]
struct StackText {
    bytes: [u8; 12],
    len: usize,
}

impl fmt::Write for StackText {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let end = self.len + s.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl StackText {
    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// The time left, in at most four cells up to 99 hours: whole seconds, rounded up, then minutes, then hours.
fn left(left: Duration) -> StackText {
    let mut out = StackText::default();
    let secs = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
    // Too long a number is cut short by the buffer; no pause is that long.
    let _ = match secs {
        0..=99 => write!(out, "{secs}s"),
        100..=5_999 => write!(out, "{}m", secs.div_ceil(60)),
        _ => write!(out, "{}h", secs.div_ceil(3_600)),
    };
    out
}

/// The time passed, in at most five cells: tenths up to ten seconds, then seconds.
fn passed(passed: Duration) -> StackText {
    let mut out = StackText::default();
    let _ = match passed.as_secs() {
        secs @ 0..=9 => write!(out, "{secs}.{}s", passed.subsec_millis() / 100),
        secs => write!(out, "{}s", secs.min(9_999)),
    };
    out
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/view/log.rs"]
mod tests;
