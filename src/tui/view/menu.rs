//! A list to pick from: what it is about, and the choices. The chosen one is said in whole where it is wider than a row.

use ratatui::buffer::Buffer;

use super::overlay::{more, popup, row, wrapped};
use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::state::State;
use crate::tui::state::overlay::Menu;
use crate::tui::theme::Role;

/// Cells of mark and number before a choice.
const BEFORE: usize = 4;
/// The widest that the explanation gets.
const WIDEST_INTRO: usize = 72;
/// Rows of the chosen one, at most.
const WHOLE: usize = 3;

/// Draws it.
pub fn draw(state: &State, menu: &Menu, buf: &mut Buffer) {
    let ascii = state.theme.ascii;
    let room = usize::from(buf.area.width.saturating_sub(4)).max(1);
    let items = menu.items.iter().map(|(text, _)| width(&visible(text)) + BEFORE + 1);
    let intro = menu.intro.iter().map(|line| width(&visible(line)).min(WIDEST_INTRO));
    let widest = items.chain(intro).max().unwrap_or(0).max(width(&menu.title) + 2).clamp(20, room.max(20));
    let cells = widest.min(room);
    let intro = wrapped(&menu.intro, cells);
    let gap = usize::from(!intro.is_empty());
    let count = menu.items.len();
    // The frame stands still, whichever is chosen.
    let most = menu.items.iter().map(|(text, _)| whole(text, cells).len()).max().unwrap_or(1) - 1;
    let inner = popup(state, &menu.title, widest, intro.len() + gap + count + most, buf);
    let chosen = menu.items.get(menu.chosen).map_or_else(Vec::new, |(text, _)| whole(text, cells));
    let besides = chosen.len().saturating_sub(1);
    // Where there is no room for all, the choices go before the explanation.
    let room_for_intro = usize::from(inner.height).saturating_sub(count + besides + gap).min(intro.len());
    let mut y = inner.y;
    for (at, line) in intro.iter().take(room_for_intro).enumerate() {
        let cut = at + 1 == room_for_intro && room_for_intro < intro.len();
        let line =
            if cut { format!("{}…", fit(line.trim_end(), cells.saturating_sub(1), ascii)) } else { line.clone() };
        put(buf, inner.x, y, plain(&line, ascii), usize::from(inner.width), state.theme.style(Role::Text));
        y += 1;
    }
    if room_for_intro > 0 {
        y += 1;
    }
    let rows = usize::from(inner.bottom().saturating_sub(y)).saturating_sub(besides).max(1);
    let from = (menu.chosen + 1).saturating_sub(rows);
    for (index, (text, _)) in menu.items.iter().enumerate().skip(from).take(rows) {
        let number = if index < 9 { format!("{}", index + 1) } else { " ".to_owned() };
        if index != menu.chosen {
            row(state, &format!("  {number} {}", visible(text)), false, false, inner, y, buf);
            y += 1;
            continue;
        }
        for (at, line) in chosen.iter().enumerate() {
            let before = if at == 0 { format!("> {number} ") } else { " ".repeat(BEFORE) };
            row(state, &format!("{before}{line}"), true, false, inner, y, buf);
            y += 1;
        }
    }
    more(state, inner, from, count.saturating_sub(from + rows), buf);
}

/// The rows of a choice as the chosen one; at least one.
fn whole(text: &str, cells: usize) -> Vec<String> {
    let mut rows = wrapped(&[text.to_owned()], cells.saturating_sub(BEFORE).max(1));
    if rows.len() > WHOLE {
        rows.truncate(WHOLE);
        rows.iter_mut().skip(WHOLE - 1).for_each(|last| last.push('…'));
    }
    rows
}
