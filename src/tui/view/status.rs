//! The sticky line above the keys; a prompt takes its place while one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::state::State;
use crate::tui::state::overlay::{Overlay, Prompt};
use crate::tui::theme::Role;

/// Draws it. Returns the cursor's place while a prompt is open.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if let Some(Overlay::Prompt(prompt)) = &state.overlay {
        return Some(draw_prompt(state, prompt, area, buf));
    }
    let room = usize::from(area.width.saturating_sub(1));
    let status = &state.status;
    let keys = keys(state, room);
    let taken: usize = keys.iter().map(|(key, words)| width(key) + width(words) + 3).sum();
    let line = format!("{} {}", status.severity.mark(), visible(&status.text));
    let line = plain(&line, state.theme.ascii);
    let line = fit(&line, room.saturating_sub(taken), state.theme.ascii);
    put(buf, area.x, area.y, &line, room, state.theme.style(status.severity.role()));
    let mut x = area.x + u16::try_from(room.saturating_sub(taken)).unwrap_or(0);
    for (key, words) in keys {
        (x, _) = put(buf, x + 2, area.y, &key, room, state.theme.style(Role::Focus));
        (x, _) = put(buf, x + 1, area.y, words, room, state.theme.style(Role::Dim));
    }
    None
}

/// The keys beside the sentence, as they work here: none where a dialog would take them. They are never cut; what there
/// is no room for beside half a sentence is left out.
fn keys(state: &State, room: usize) -> Vec<(String, &'static str)> {
    if state.overlay.is_some() {
        return Vec::new();
    }
    let mut left = room * 2 / 3;
    let keys = state.status.keys.iter().map(|(action, words)| (state.key(*action), *words));
    keys.take_while(|(key, words)| {
        let needed = width(key) + width(words) + 3;
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    })
    .collect()
}

fn draw_prompt(state: &State, prompt: &Prompt, area: Rect, buf: &mut Buffer) -> Position {
    let theme = &state.theme;
    let room = usize::from(area.width);
    let label = format!(" {}: ", prompt.purpose.label());
    let (start, _) = put(buf, area.x, area.y, &label, room, theme.style(Role::Strong));
    let input_room = usize::from(area.right().saturating_sub(start + 1)).max(1);
    let typed = visible(prompt.input.value()).into_owned();
    let cursor = cursor_cells(&prompt.input);
    let (gone, shown) = skip_cells(&typed, cursor.saturating_sub(input_room - 1));
    let (after, _) = put(buf, start, area.y, shown, input_room, theme.style(Role::Text));
    let aside = match (&prompt.problem, typed.is_empty()) {
        (Some(problem), _) => Some((format!("   ! {problem}"), Role::Error)),
        (None, true) => Some((prompt.purpose.hint().to_owned(), Role::Dim)),
        (None, false) => None,
    };
    if let Some((text, role)) = aside {
        let left = usize::from(area.right().saturating_sub(after));
        let text = plain(&visible(&text), theme.ascii).into_owned();
        put(
            buf,
            after + 1,
            area.y,
            fit(&text, left.saturating_sub(1), theme.ascii),
            left.saturating_sub(1),
            theme.style(role),
        );
    }
    let column = start.saturating_add(u16::try_from(cursor - gone).unwrap_or(0));
    Position { x: column.min(area.right().saturating_sub(1)), y: area.y }
}

/// The cells before the cursor of a one-line input, as [`visible`] shows them.
pub(super) fn cursor_cells(input: &tui_input::Input) -> usize {
    let before: String = input.value().chars().take(input.cursor()).collect();
    width(&visible(&before))
}

/// The cells of at most the first `cells` cells of `text`, and what follows them.
fn skip_cells(text: &str, cells: usize) -> (usize, &str) {
    let head = crate::text::screen::prefix(text, cells);
    (width(head), text.strip_prefix(head).unwrap_or(text))
}
