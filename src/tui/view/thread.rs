//! The inside of the thread's pane: what was said, the guest's to the right, the other side's to the left. The rows are laid
//! out already; drawing them allocates nothing.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{self, DrawingContext};
use crate::model::{Author, Unreadable};
use crate::text::screen::{put, visible};
use crate::tui::action::Action;
use crate::tui::state::thread::ThreadPane;
use crate::tui::state::thread::rows::{Row, ThreadRowKind};
use crate::tui::state::{Pane, State};
use crate::tui::theme::StyleRole;

/// What is said of the conversation beside its name: how much is new below, who types, why replies cannot be read. In the
/// heading, because a row of its own would move the text at each beginning and end.
pub fn aside(name: &str, pane: &ThreadPane, typist: Option<Author>, unreadable: Option<&Unreadable>) -> String {
    let mut aside = name.to_owned();
    if let n @ 1.. = pane.new_below() {
        let _ = write!(aside, ", {n} new below");
    }
    if let Some(author) = typist {
        let _ = write!(aside, ", {}", types(author));
    }
    if let Some(why) = unreadable {
        let _ = write!(aside, ", {}", visible(&why.sentence()));
    }
    aside
}

/// `bot is typing…`
pub fn types(author: Author) -> String {
    let who = if matches!(author, Author::Somebody | Author::System) { "the other side" } else { author.word() };
    format!("{who} is typing…")
}

/// Draws the rows in sight.
pub fn draw(rows: &[Row], look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    for (row, y) in rows.iter().zip(area.top()..area.bottom()) {
        draw_row(row, look, Rect { y, height: 1, ..area }, buf);
    }
}

fn draw_row(row: &Row, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let theme = look.theme;
    let mut x = area.x.saturating_add(row.indent).min(area.right());
    if row.kind == ThreadRowKind::Text {
        let ground = Rect { x, width: row.cells, ..area }.intersection(area);
        theme.ground(ground, if row.own { theme.colors.own_bubble } else { theme.colors.bubble }, buf);
        if !theme.has_grounds() {
            let bar = if theme.ascii { "|" } else { "│" };
            let (at, role) =
                if row.own { (ground.right().saturating_sub(1), StyleRole::Dim) } else { (x, StyleRole::Focus) };
            put(buf, at, area.y, bar, 1, theme.style(role));
        }
        // The texts of both sides begin in their own columns, whatever their length.
        x = if row.own { ground.x } else { x } + 1;
    }
    let mut start = 0;
    for &(end, role) in &row.pieces {
        let left = usize::from(area.right().saturating_sub(x));
        if left == 0 {
            return;
        }
        (x, _) = put(buf, x, area.y, row.text.get(start..end).unwrap_or_default(), left, theme.style(role));
        start = end;
    }
}

/// Nothing was said, or it is not known: which key comes next.
pub fn draw_nothing(state: &State, read: bool, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let type_here = if state.arrangement.focus == Pane::Composer {
        format!("Type below and press {}.", state.key(Action::Send))
    } else {
        format!("Press {} and type.", state.key(Action::GoComposer))
    };
    let conversations = &state.session.conversations;
    let text = if conversations.items().len() == 0 {
        format!("No conversation is open. {} adds one.", state.key(Action::Add))
    } else if conversations.active().is_none() {
        format!("No conversation is open. {} opens one.", state.key(Action::Open))
    } else if read {
        format!("Nothing has been said here. {type_here}")
    } else if conversations.active_item().is_some_and(|item| item.readable.unreadable().is_some()) {
        // The heading says why.
        format!("There are no messages to show. {type_here} {} tries to read them.", state.key(Action::Refresh))
    } else {
        format!("The conversation has not been read. {type_here} {} reads it.", state.key(Action::Refresh))
    };
    frame::nothing(&text, look, area, buf);
}
