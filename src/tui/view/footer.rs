//! The bottom row: the keys that matter where the focus is, from the live bindings, and the name of that place. Help and
//! palette stay to the last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text::screen::{put, width};
use crate::tui::state::State;
use crate::tui::theme::StyleRole;

/// Draws it.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) {
    let (hints, kept) = state.footer_keys();
    let cells = |(key, words): &(String, &str)| width(key) + width(words) + 3;
    let place = state.place_word();
    let mut room = usize::from(area.width).saturating_sub(1);
    let named = room > 60;
    if named {
        room -= width(place) + 1;
    }
    let kept_cells: usize = kept.iter().map(cells).sum();
    let mut left = room.saturating_sub(kept_cells);
    let fitting = hints.iter().take_while(|hint| {
        let fits = cells(hint) <= left;
        left = left.saturating_sub(cells(hint));
        fits
    });
    let mut x = area.x + 1;
    for (key, words) in fitting.chain(&kept) {
        let rest = |x: u16| usize::from(area.right().saturating_sub(x));
        (x, _) = put(buf, x, area.y, key, rest(x), state.look.theme.style(StyleRole::Focus));
        (x, _) = put(buf, x + 1, area.y, words, rest(x + 1), state.look.theme.style(StyleRole::Dim));
        x += 2;
    }
    if named {
        let at = area.right().saturating_sub(u16::try_from(width(place)).unwrap_or(0) + 1);
        put(buf, at, area.y, place, width(place), state.look.theme.style(StyleRole::Strong));
    }
}
