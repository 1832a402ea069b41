//! The inside of the composer's pane: the text with its cursor, and the text as it would be sent where variables stand in
//! it. What else is to be said stands in the heading.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::model::limits::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES, attributes_bytes};
use crate::model::{Author, DeliveryStatus, Reason};
use crate::tui::state::State;
use crate::tui::state::composer::Composer;
use crate::tui::state::composer::rows::window;

use super::frame::DrawingContext;
use crate::text::counted;
use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::layout::COMPOSER_BEFORE;
use crate::tui::theme::StyleRole;

/// What stands at the right end of the heading, and whether it keeps the text from being sent: a notice, else who types,
/// what else goes with the message, pacing, and the byte counter; the least important goes first where there is no room for all.
pub fn aside(state: &State, typist: Option<Author>, room: usize) -> (String, StyleRole) {
    if let Some((text, role)) = state.composer.notice(state.now) {
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
    if let Some(key) = state.session.conversations.active()
        && state.session.threads.open().any(|send| send.conversation == key && is_pacing(&send.delivery))
    {
        parts.push("paced".to_owned());
    }
    parts.extend(typist.map(|author| plain(&super::thread::types(author), state.look.theme.ascii).into_owned()));
    while parts.len() > 1 && width(&parts.join(dot)) > room {
        parts.pop();
    }
    parts.reverse();
    (parts.join(dot), StyleRole::Dim)
}

/// Whether a message waits only so that the platform's limits hold.
fn is_pacing(delivery: &DeliveryStatus) -> bool {
    matches!(delivery, DeliveryStatus::Waiting { why: Reason::Paced(_), .. })
}

/// Draws the inside of the pane. Returns where the terminal's cursor belongs, if the pane has the focus.
pub fn draw(composer: &Composer, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    let theme = look.theme;
    put(buf, area.x + 1, area.y, if theme.ascii { ">" } else { "›" }, 1, theme.style(StyleRole::Focus));
    let inside =
        Rect { x: area.x + COMPOSER_BEFORE.min(area.width), width: area.width.saturating_sub(COMPOSER_BEFORE), ..area };
    if inside.is_empty() {
        return None;
    }
    let preview = (area.height > 1).then(|| composer.preview(look.now)).flatten();
    let rows = area.height - u16::from(preview.is_some());
    let room = usize::from(inside.width);
    let mut cursor = None;
    if composer.is_empty() {
        put(buf, inside.x, inside.y, fit("Type a message", room, theme.ascii), room, theme.style(StyleRole::Dim));
    }
    for (y, row) in (inside.y..inside.y + rows).zip(window(composer, inside.width, usize::from(rows))) {
        put(buf, inside.x, y, visible(row.text), room, theme.style(StyleRole::Text));
        if let Some(column) = row.cursor {
            let x = inside.x + u16::try_from(column).unwrap_or(u16::MAX).min(inside.width - 1);
            cursor = Some(Position { x, y });
        }
    }
    if let Some(preview) = preview {
        let text = format!("sends {}", visible(&preview));
        put(buf, inside.x, area.bottom() - 1, fit(&text, room, theme.ascii), room, theme.style(StyleRole::Info));
    }
    cursor.filter(|_| look.focused)
}
