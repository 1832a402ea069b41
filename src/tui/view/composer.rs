//! The inside of the composer's pane: the text with its cursor, the text as it would be sent, and the hint line.
//!
//! Rows are made around the cursor only, so that a frame costs what it shows, whatever has been pasted.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::model::limits::{ATTRIBUTES_MAX_BYTES, attributes_bytes};
use crate::model::{Author, DeliveryStatus, Moment};
use crate::tui::state::State;
use crate::tui::state::composer::rows::window;
use crate::tui::state::composer::{Composer, HintKind};

use super::Look;
use crate::text::screen::{fit, plain, put, short_id, visible, width};
use crate::tui::theme::Role;

/// The pane's title: `Compose → Billing bot 5f0c…90a2`.
pub fn title(name: &str, id: Option<&str>, ascii: bool) -> String {
    let arrow = if ascii { "->" } else { "→" };
    // A conversation that was added by its id is named by it: it is not said twice.
    let named = |id: &&str| name.contains(&*short_id(id, ascii)) || name.contains(&*short_id(id, !ascii));
    let id = id.filter(|id| !named(id)).map(|id| format!(" {}", short_id(id, ascii))).unwrap_or_default();
    format!("Compose {arrow} {}{id}", visible(name))
}

/// The byte counter of the title, `42/4096 B`, and whether it is over the limit (then it says so in words, too).
pub fn counter(composer: &Composer, now: Moment) -> (String, bool) {
    let (bytes, max) = composer.bytes(now);
    let over = bytes > max;
    (format!("{bytes}/{max} B{}", if over { " too long" } else { "" }), over)
}

/// The right end of the title: who types, what else goes with the message, pacing, and the byte counter; the least
/// important goes first where there is no room for all.
pub fn aside(state: &State, typist: Option<Author>, room: usize) -> String {
    let dot = if state.theme.ascii { " - " } else { " · " };
    let mut parts = vec![counter(&state.composer, state.now).0];
    if let Some(extras) = state.composer.carried() {
        let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        if !extras.attributes.is_empty() {
            parts.push(format!("attributes {}/{ATTRIBUTES_MAX_BYTES} B", attributes_bytes(&extras.attributes)));
        }
        if !extras.attachments.is_empty() {
            parts.push(count(extras.attachments.len(), "file"));
        }
    }
    if let Some(key) = state.session.conversations.active()
        && state.session.open_sends.values().any(|send| send.conversation == key && is_pacing(&send.life))
    {
        parts.push("paced".to_owned());
    }
    parts.extend(typist.map(|author| plain(&super::thread::types(author), state.theme.ascii).into_owned()));
    while parts.len() > 1 && width(&parts.join(dot)) > room {
        parts.pop();
    }
    parts.reverse();
    parts.join(dot)
}

/// Whether a message waits only so that the platform's limits hold.
fn is_pacing(life: &DeliveryStatus) -> bool {
    matches!(life, DeliveryStatus::Waiting { why, .. } if why.starts_with("pac"))
}

/// Draws the inside of the pane. Returns where the terminal's cursor belongs, if the pane has the focus.
pub fn draw(composer: &Composer, look: &Look<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    let theme = look.theme;
    let preview = (area.height > 3).then(|| composer.preview(look.now)).flatten();
    let below = u16::from(area.height > 1) + u16::from(preview.is_some());
    let rows = area.height - below;
    let mut cursor = None;
    for (y, row) in (area.y..area.y + rows).zip(window(composer, area.width, usize::from(rows))) {
        let width = usize::from(area.width);
        put(buf, area.x, y, visible(row.text), width, theme.style(Role::Text));
        if let Some(column) = row.cursor {
            let x = area.x + u16::try_from(column).unwrap_or(u16::MAX).min(area.width - 1);
            cursor = Some(Position { x, y });
        }
    }
    let mut line = |y: u16, text: &str, role| {
        let text = visible(text);
        let cells = usize::from(area.width);
        put(buf, area.x, y, fit(&text, cells, theme.ascii), cells, theme.style(role));
    };
    if let Some(preview) = preview {
        line(area.bottom() - 2, &format!("will send: {preview}"), Role::Info);
    }
    if area.height > 1 {
        let hint = composer.hint(look.now);
        let role = match hint.kind {
            HintKind::Keys => Role::Dim,
            HintKind::Note => Role::Info,
            HintKind::Problem => Role::Error,
        };
        let text = if theme.ascii { hint.text.replace('·', "|").replace('—', "-") } else { hint.text };
        let text = if hint.kind == HintKind::Keys { whole_keys(&text, usize::from(area.width)) } else { text };
        line(area.bottom() - 1, &text, role);
    }
    cursor.filter(|_| look.focused)
}

/// As many of the keys, first to last, as fit whole; at least the first.
fn whole_keys(keys: &str, cells: usize) -> String {
    let mut out = String::new();
    for key in keys.split_inclusive(['·', '|']) {
        if !out.is_empty() && width(&out) + width(key.trim_end_matches(['·', '|', ' '])) > cells {
            break;
        }
        out.push_str(key);
    }
    out.trim_end_matches(['·', '|', ' ']).to_owned()
}
