//! The open conversation: what was said, in rows that are laid out already; and the composer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::conversations::since;
use super::frame::{self, DrawingContext, Styled};
use crate::model::channel::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES, attributes_bytes};
use crate::model::{Author, DeliveryStatus, Reason, WebSession};
use crate::text::counted;
use crate::text::screen::{fit, in_ascii, put, short_id, visible, width};
use crate::tui::layout::COMPOSER_BEFORE;
use crate::tui::state::composer::rows::window;
use crate::tui::state::{Composer, Pane, Row, State};
use crate::tui::{Action, PaneArea, StyleRole};

fn typist(state: &State) -> Option<Author> {
    state.session.conversations.active_item()?.live.typist(state.now)
}

/// `bot is typing…`
fn types(author: Author) -> String {
    let who = if matches!(author, Author::Somebody | Author::System) { "the other side" } else { author.name() };
    format!("{who} is typing…")
}

/// The open conversation: its name, and its id where that had to be learned.
fn named(state: &State) -> String {
    let learned = state.session.conversations.active_item().and_then(|item| item.live.conversation_id.as_deref());
    let learned = learned.map_or_else(String::new, |id| format!(" {}", short_id(id, state.look.theme.ascii)));
    format!("{}{learned}", state.active_name())
}

/// Draws the thread's pane. What changes stands in the heading: a row of its own would move the text.
pub(super) fn draw_thread(state: &State, area: &PaneArea, buf: &mut Buffer) {
    let look = DrawingContext::of(state, Pane::Thread);
    let item = state.session.conversations.active_item();
    let open = state.session.conversations.active().and_then(|key| state.session.threads.get(key));
    let unreadable = item.and_then(|item| item.readable.unreadable());
    let new = state.thread.new_below;
    let aside = [
        Some(named(state)),
        (new > 0).then(|| format!("{new} new below")),
        typist(state).map(types),
        unreadable.map(|why| why.sentence()),
    ];
    let aside = aside.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let right = item.map(|item| {
        let since = since(item, &look).map_or_else(String::new, |since| format!("connected {since} · "));
        format!("{since}{}", item.conversation.channel().name())
    });
    let right = (right.unwrap_or_default(), StyleRole::Dim);
    frame::heading(area, "t Thread", (aside, StyleRole::Text), right, &look, buf);
    if open.is_none_or(|thread| thread.entries().is_empty()) {
        // A session that has just begun has nothing to read.
        let new = item.is_some_and(|item| matches!(item.live.session, WebSession::Open { new: true, .. }));
        let read = new || unreadable.is_none() && open.is_some_and(|thread| thread.was_read);
        frame::nothing(&nothing_said(state, read), &look, area.inner, buf);
    } else {
        draw_rows(&state.thread.window, &look, area.inner, buf);
    }
}

/// Draws the rows in sight.
pub fn draw_rows(rows: &[Row], look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    for (row, y) in rows.iter().zip(area.top()..area.bottom()) {
        draw_row(row, look, Rect { y, height: 1, ..area }, buf);
    }
}

fn draw_row(row: &Row, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let theme = look.theme;
    let mut x = area.x.saturating_add(row.indent).min(area.right());
    if row.cells > 0 {
        let ground = Rect { x, width: row.cells, ..area }.intersection(area);
        let color = if row.own { theme.colors.own_bubble } else { theme.colors.bubble };
        if theme.shows(color) {
            buf.set_style(ground, Style::new().bg(color));
        } else {
            // Without a ground it stands beside a bar.
            let (own, theirs) = ((ground.right().saturating_sub(1), StyleRole::Dim), (x, StyleRole::Focus));
            let (at, role) = if row.own { own } else { theirs };
            put(buf, at, area.y, theme.glyph("|", "│"), 1, theme.style(role));
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
fn nothing_said(state: &State, read: bool) -> String {
    let type_here = match state.arrangement.focus {
        Pane::Composer => format!("Type below and press {}.", state.key(Action::Send)),
        _ => format!("Press {} and type.", state.key(Action::GoComposer)),
    };
    let conversations = &state.session.conversations;
    if conversations.items().len() == 0 {
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
    }
}

/// Draws the composer's pane. Returns where the terminal's cursor belongs, if the pane has the focus.
pub(super) fn draw_composer(state: &State, area: &PaneArea, thread_shown: bool, buf: &mut Buffer) -> Option<Position> {
    let look = DrawingContext::of(state, Pane::Composer);
    let variation = state.next_send.send_as.map(|variation| format!("AS {variation}")).unwrap_or_default();
    let name = format!("3 To {}", visible(&named(state)));
    let room = usize::from(area.outer.width).saturating_sub(width(&name) + width(&variation) + 7);
    let right = composer_aside(state, typist(state).filter(|_| !thread_shown), room);
    frame::heading(area, &name, (variation, StyleRole::Warning), right, &look, buf);
    draw_editor(&state.composer, &look, area.inner, buf)
}

/// A notice, else who types, what else goes with the message, pacing, bytes; the least important goes first.
fn composer_aside(state: &State, typist: Option<Author>, room: usize) -> Styled {
    if let Some((text, role)) = state.composer.notice(state.now, || state.keys.map.key(Action::Send)) {
        return (fit(&text, room, state.look.theme.ascii).into_owned(), role);
    }
    let dot = if state.look.theme.ascii { " - " } else { " · " };
    let mut parts = vec![format!("{} of {GUEST_TEXT_MAX_BYTES} bytes", state.composer.bytes(state.now))];
    if let Some(extras) = state.composer.carried() {
        if !extras.attributes.is_empty() {
            parts.push(format!("attributes {} of {ATTRIBUTES_MAX_BYTES} bytes", attributes_bytes(&extras.attributes)));
        }
        if !extras.attachments.is_empty() {
            parts.push(counted(extras.attachments.len(), "file"));
        }
    }
    // A message waits only so that the platform's limits hold.
    let active = state.session.conversations.active();
    let open = state.session.threads.open().filter(|send| Some(send.conversation) == active);
    let mut open = open.map(|send| &send.delivery);
    if open.any(|delivery| matches!(delivery, DeliveryStatus::Waiting { why: Reason::Paced(_), .. })) {
        parts.push("paced".to_owned());
    }
    parts.extend(typist.map(|author| in_ascii(&types(author), state.look.theme.ascii).into_owned()));
    while parts.len() > 1 && width(&parts.join(dot)) > room {
        parts.pop();
    }
    parts.reverse();
    (parts.join(dot), StyleRole::Dim)
}

/// Draws the inside of the pane. Returns where the terminal's cursor belongs, if the pane has the focus.
pub fn draw_editor(composer: &Composer, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    let theme = look.theme;
    put(buf, area.x + 1, area.y, theme.glyph(">", "›"), 1, theme.style(StyleRole::Focus));
    let before = COMPOSER_BEFORE.min(area.width);
    let inside = Rect { x: area.x + before, width: area.width - before, ..area };
    if inside.is_empty() {
        return None;
    }
    let preview = (area.height > 1).then(|| composer.preview(look.now)).flatten();
    let rows = area.height - u16::from(preview.is_some());
    let room = usize::from(inside.width);
    if composer.text().is_empty() {
        theme.write(inside, "Type a message", StyleRole::Dim, buf);
    }
    let (texts, at, column) = window(composer, inside.width, usize::from(rows));
    for (y, text) in (inside.y..inside.y + rows).zip(texts) {
        put(buf, inside.x, y, visible(text), room, theme.style(StyleRole::Text));
    }
    if let Some(preview) = preview {
        let row = Rect { y: area.bottom() - 1, ..inside };
        theme.write(row, &format!("sends {preview}"), StyleRole::Info, buf);
    }
    let [x, y] = [column, at].map(|cells| u16::try_from(cells).unwrap_or(u16::MAX));
    let cursor = Position { x: inside.x + x.min(inside.width - 1), y: inside.y.saturating_add(y) };
    (look.focused && y < rows).then_some(cursor)
}
