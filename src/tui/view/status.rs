//! The line above the keys: the sentence at the left, cut where it must be, and at the right the keys that go with it,
//! as many as leave room for its beginning, never cut. A prompt takes its place while one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::state::State;
use crate::tui::state::overlay::{Overlay, Prompt};
use crate::tui::theme::StyleRole;

/// Cells of the sentence that are kept free of all keys but the first.
const SENTENCE_LEAST: usize = 16;

/// Draws it. Returns the cursor's place while a prompt is open.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if let Some(Overlay::Prompt(prompt)) = &state.overlay {
        return Some(draw_prompt(state, prompt, area, buf));
    }
    let (theme, status) = (&state.look.theme, &state.status);
    let style = |role| theme.style(role);
    let text = visible(&status.text);
    let text = plain(&text, theme.ascii);
    let mut keys = state.status_keys();
    let cells = |keys: &[(String, &'static str)]| -> usize {
        keys.iter().map(|(key, words)| width(key) + 1 + width(words) + 3).sum()
    };
    // What happened comes before a second key.
    let least = width(&text).min(SENTENCE_LEAST) + 3;
    while keys.len() > 1 && cells(&keys) + least > usize::from(area.width) {
        keys.pop();
    }
    let keys_width = cells(&keys);
    let room = |x: u16| usize::from(area.right().saturating_sub(x));
    let start = area.right().saturating_sub(u16::try_from(keys_width).unwrap_or(u16::MAX)).max(area.x);
    let mut at = start + 1;
    for (key, words) in &keys {
        (at, _) = put(buf, at, area.y, key, room(at), style(StyleRole::Focus));
        (at, _) = put(buf, at + 1, area.y, words, room(at + 1), style(StyleRole::Dim));
        at += 3;
    }
    let mark = status.severity.mark();
    let (end, _) = put(buf, area.x + 1, area.y, mark, 1, style(status.severity.role()));
    let x = end + u16::from(!mark.is_empty());
    let left = usize::from(start.saturating_sub(u16::from(keys_width > 0) * 2).saturating_sub(x));
    put(buf, x, area.y, fit(&text, left, theme.ascii), left, style(StyleRole::Text));
    None
}

fn draw_prompt(state: &State, prompt: &Prompt, area: Rect, buf: &mut Buffer) -> Position {
    let theme = &state.look.theme;
    let room = usize::from(area.width);
    let (label, hint) = prompt.purpose.words();
    let label = format!(" {label}: ");
    let (start, _) = put(buf, area.x, area.y, &label, room, theme.style(StyleRole::Strong));
    let input_room = usize::from(area.right().saturating_sub(start + 1)).max(1);
    let typed = visible(prompt.input.value()).into_owned();
    let cursor = cursor_cells(&prompt.input);
    let (gone, shown) = skip_cells(&typed, cursor.saturating_sub(input_room - 1));
    let (after, _) = put(buf, start, area.y, shown, input_room, theme.style(StyleRole::Text));
    let aside = match (&prompt.problem, typed.is_empty()) {
        (Some(problem), _) => Some((format!("   ! {problem}"), StyleRole::Warning)),
        (None, true) => Some((hint.to_owned(), StyleRole::Dim)),
        (None, false) => None,
    };
    if let Some((text, role)) = aside {
        let left = usize::from(area.right().saturating_sub(after)).saturating_sub(1);
        let text = plain(&visible(&text), theme.ascii).into_owned();
        put(buf, after + 1, area.y, fit(&text, left, theme.ascii), left, theme.style(role));
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
