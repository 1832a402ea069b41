//! The log pane's inside: rows that the log has laid out, written cell by cell. Steady drawing allocates nothing.

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{self, DrawingContext};
use super::json;
use crate::session::log::{Log, LogCounts, LogEntry, LogRow, RowKind, Tone};
use crate::text::counted;
use crate::text::screen;
use crate::text::screen::put;
use crate::tui::state::State;
use crate::tui::theme::StyleRole;

/// Draws the rows. The log was told this area's size before ([`Log::set_viewport`]).
pub fn draw(log: &Log, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let mut any = false;
    // Keys are named where they act: beside the entry that they mean.
    let (chosen, explained) = (log.selected().map(LogEntry::number), log.why().map(LogEntry::number));
    for (shown, y) in log.window().zip(area.top()..area.bottom()) {
        any = true;
        let line = Rect { y, height: 1, ..area };
        let number = Some(shown.entry.number());
        let parts = match shown.row.kind {
            RowKind::Keys { explaining } if number != chosen => explaining * usize::from(number == explained),
            _ => shown.row.runs.len(),
        };
        if area.width > 1 && parts > 0 {
            draw_row(shown.row, parts, look, Rect { x: area.x + 1, width: area.width - 1, ..line }, buf);
        }
        if shown.selected {
            frame::select(line, look, buf);
        }
    }
    if !any {
        draw_nothing(log, look, area, buf);
    }
}

fn draw_row(row: &LogRow, parts: usize, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let right = area.right();
    let (mut x, mut start) = (area.x, 0);
    for run in row.runs.iter().take(parts) {
        let said = row.text.get(start..run.end).unwrap_or_default();
        start = run.end;
        if let Tone::Json { inside } = run.tone {
            for (range, role) in json::pieces(said, inside) {
                let piece = said.get(range).unwrap_or_default();
                (x, _) = put(buf, x, area.y, piece, usize::from(right - x), look.theme.style(role));
            }
        } else {
            (x, _) = put(buf, x, area.y, said, usize::from(right - x), look.theme.style(role_of(run.tone)));
        }
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
            LogCounts::DownTo(until) => (Stack::left(until.left(look.now)), StyleRole::Warning),
            LogCounts::UpFrom(from) => (Stack::passed(look.now.since(from)), StyleRole::Info),
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
        Tone::Text | Tone::Json { .. } => StyleRole::Text,
        Tone::Key => StyleRole::Focus,
        Tone::Dim => StyleRole::Dim,
        Tone::Strong => StyleRole::Strong,
        Tone::Ok => StyleRole::Ok,
        Tone::Error => StyleRole::Error,
        Tone::Warning => StyleRole::Warning,
        Tone::Info => StyleRole::Info,
        Tone::Name => StyleRole::Name,
    }
}

/// Nothing to show is never a blank pane: it says why, and which key comes next.
fn draw_nothing(log: &Log, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let keys = log.keys();
    let (polling, quiet) = log.folded();
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

/// What of the log is shown, for beside the pane's name.
pub fn aside(state: &State) -> String {
    let log = state.shown_log();
    let mut text = match (state.log_pane.history(), log.filter()) {
        (Some(history), _) => match &history.query {
            Some(query) => format!("found: {}", screen::visible(query)),
            None => format!("history #{} to #{}", log.first_number(), log.last_number().unwrap_or(0)),
        },
        (None, filter) => {
            let scope = match state.session.conversations.active() {
                _ if log.shows_all_conversations() => "all conversations",
                Some(_) => "this conversation",
                None => "no conversation",
            };
            let filter = filter.map_or_else(String::new, |f| format!(", filter: {}", screen::visible(f.text())));
            format!("{scope}{filter}")
        }
    };
    // What is in view may have begun on another day, whose rule is out of sight.
    if let Some(day) = log.day_in_view() {
        text.push_str(&format!("  {day}"));
    }
    text
}

/// What stands at the right of the pane's heading, of history or of what happens now.
pub fn right(state: &State, width: usize) -> String {
    let Some(history) = state.log_pane.history() else {
        return title(&state.session.log, width, state.look.theme.ascii);
    };
    let more = if history.older { "+" } else { "" };
    let rows = history.log.len();
    let rows = if more.is_empty() { counted(rows, "row") } else { format!("{rows}{more} rows") };
    let text = format!("{rows} · {} back", history.log.keys().clear);
    screen::fit(&screen::plain(&text, state.look.theme.ascii), width, state.look.theme.ascii).into_owned()
}

/// How much there is, cut to `width`: whether the end is followed (or how much is new), rows, what is folded away, what is
/// searched. Words go from the right when it gets narrow.
pub fn title(log: &Log, width: usize, ascii: bool) -> String {
    let dot = if ascii { " - " } else { " · " };
    let follow = match (log.following(), log.unseen()) {
        (true, _) => "following".to_owned(),
        (false, 0) => "not following".to_owned(),
        (false, new) => format!("{new} new"),
    };
    let rows = match (log.filter().is_some(), log.shown()) {
        (true, shown) => format!("{shown} of {} rows", log.len()),
        (false, shown) => counted(shown, "row"),
    };
    let mut parts = vec![follow, rows];
    // What is folded away is said beside the count, so that it is never hidden in silence.
    let (polling, quiet) = log.folded();
    if polling > 0 {
        parts.push(format!("{} hidden", counted(polling, "polling read")));
    }
    if quiet > 0 {
        parts.push(format!("{} hidden", counted(quiet, "quiet frame")));
    }
    if !log.search_text().is_empty() {
        parts.push(format!("search: {}", screen::visible(log.search_text())));
    }
    if log.evicted() > 0 {
        let marked = match log.evicted_marked() {
            0 => String::new(),
            marked => format!(" ({marked} marked)"),
        };
        parts.push(format!("{} older gone{marked}", log.evicted()));
    }
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
struct Stack {
    bytes: [u8; 12],
    len: usize,
}

impl Stack {
    /// The time left, in at most four cells up to 99 hours: whole seconds, rounded up, then minutes, then hours.
    fn left(left: Duration) -> Self {
        let mut out = Self { bytes: [0; 12], len: 0 };
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
    fn passed(passed: Duration) -> Self {
        let mut out = Self { bytes: [0; 12], len: 0 };
        let _ = match passed.as_secs() {
            secs @ 0..=9 => write!(out, "{secs}.{}s", passed.subsec_millis() / 100),
            secs => write!(out, "{}s", secs.min(9_999)),
        };
        out
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl std::fmt::Write for Stack {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.len + s.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/view/log.rs"]
mod tests;
