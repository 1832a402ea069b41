//! The two bottom rows. The upper one has the sentence at the left, cut where it must be, and at the right the keys that go
//! with it, as many as leave room for its beginning, never cut; a prompt takes its place while one types. The lower one has the
//! keys that matter where the focus is, from the live bindings, and the name of that place; help and palette stay to the last.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::Pen;
use crate::text::screen::{plain, prefix, visible, width};
use crate::tui::state::State;
use crate::tui::state::key_hints::KeyHint;
use crate::tui::state::overlay::{Overlay, Prompt};
use crate::tui::theme::StyleRole;

/// Cells of the sentence that are kept free of all keys but the first.
const SENTENCE_LEAST: usize = 16;

/// Draws the sentence, or the prompt. Returns the cursor's place while a prompt is open.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if let Some(Overlay::Prompt(prompt)) = &state.overlay {
        return Some(draw_prompt(state, prompt, area, buf));
    }
    let (theme, status) = (&state.look.theme, &state.status);
    let text = visible(&status.text);
    let text = plain(&text, theme.ascii);
    let mut keys = state.status_keys();
    let cells = |keys: &[KeyHint]| keys.iter().map(|(key, words)| width(key) + 1 + width(words) + 3).sum::<usize>();
    // What happened comes before a second key.
    let least = width(&text).min(SENTENCE_LEAST) + 3;
    while keys.len() > 1 && cells(&keys) + least > usize::from(area.width) {
        keys.pop();
    }
    let mut pen = Pen::at(area, theme, buf);
    let start = pen.from_end(cells(&keys)).max(area.x);
    pen.x = start + 1;
    for hint in &keys {
        pen.key(hint);
        pen.x += 3;
    }
    let mark = status.severity.mark();
    pen.x = area.x + 1;
    pen.write(mark, status.severity.role());
    pen.x += u16::from(!mark.is_empty());
    let end = start.saturating_sub(if keys.is_empty() { 0 } else { 2 });
    pen.fit(&text, usize::from(end.saturating_sub(pen.x)), StyleRole::Text);
    None
}

/// Draws the keys.
pub fn draw_keys(state: &State, area: Rect, buf: &mut Buffer) {
    let (hints, kept) = state.footer_keys();
    let cells = |(key, words): &KeyHint| width(key) + width(words) + 3;
    let place = state.place_word();
    let room = usize::from(area.width).saturating_sub(1);
    let named = room > 60;
    let mut left = if named { room - width(place) - 1 } else { room };
    left = left.saturating_sub(kept.iter().map(cells).sum());
    let fitting = hints.iter().take_while(|hint| {
        let fits = cells(hint) <= left;
        left = left.saturating_sub(cells(hint));
        fits
    });
    let mut pen = Pen::at(area, &state.look.theme, buf);
    pen.x += 1;
    for hint in fitting.chain(&kept) {
        pen.key(hint);
        pen.x += 2;
    }
    if named {
        pen.x = pen.from_end(width(place) + 1);
        pen.write(place, StyleRole::Strong);
    }
}

fn draw_prompt(state: &State, prompt: &Prompt, area: Rect, buf: &mut Buffer) -> Position {
    let (label, hint) = prompt.purpose.words();
    let mut pen = Pen::at(area, &state.look.theme, buf);
    pen.write(&format!(" {label}: "), StyleRole::Strong);
    // What is wrong with it is read, however long it is.
    let problem = prompt.problem.as_ref().map_or(0, |problem| width(problem) + 6).min(usize::from(area.width) / 2);
    let room = pen.room().saturating_sub(1 + problem).max(1);
    let typed = visible(prompt.input.value()).into_owned();
    let cursor = cursor_cells(&prompt.input);
    // What does not fit goes out of sight at the left, behind a mark.
    let over = cursor.saturating_sub(room - 1);
    let mark = if over > 0 && room > 5 { plain("…", state.look.theme.ascii) } else { "".into() };
    let gone = prefix(&typed, over + width(&mark));
    let shown = typed.strip_prefix(gone).unwrap_or(&typed);
    pen.write(&mark, StyleRole::Dim);
    let start = pen.x;
    pen.write(prefix(shown, room - width(&mark)), StyleRole::Text);
    let aside = match (&prompt.problem, typed.is_empty()) {
        (Some(problem), _) => Some((format!("   ! {problem}"), StyleRole::Warning)),
        (None, true) => Some((hint.to_owned(), StyleRole::Dim)),
        (None, false) => None,
    };
    if let Some((text, role)) = aside {
        pen.x += 1;
        pen.fit(&visible(&text), usize::MAX, role);
    }
    let column = start.saturating_add(u16::try_from(cursor - width(gone)).unwrap_or(0));
    Position { x: column.min(area.right().saturating_sub(1)), y: area.y }
}

/// The cells before the cursor of a one-line input, as [`visible`] shows them.
pub(super) fn cursor_cells(input: &tui_input::Input) -> usize {
    let before: String = input.value().chars().take(input.cursor()).collect();
    width(&visible(&before))
}
