//! A list to pick from: what it is about, and the choices, in groups where it has some. The chosen one is said in whole where
//! it is wider than a row; a list with a filter shows what fits what is typed.

use ratatui::buffer::Buffer;

use super::frame::mark;
use super::popup::{more, popup, row, wrapped};
use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::state::State;
use crate::tui::state::overlay::Menu;
use crate::tui::theme::StyleRole;

/// Cells of mark and number before a choice.
const BEFORE: usize = 4;
/// The widest that the explanation gets.
const WIDEST_INTRO: usize = 72;
/// Rows of the chosen one, at most.
const WHOLE: usize = 3;

/// A row of the list.
enum Line<'m> {
    Group(&'m str),
    /// The place of a choice among all, and among those that are shown.
    Choice(usize, usize),
}

/// Draws it.
pub fn draw(state: &State, menu: &Menu, buf: &mut Buffer) {
    let ascii = state.look.theme.ascii;
    let room = usize::from(buf.area.width.saturating_sub(4)).max(1);
    let items = menu.items.iter().map(|(text, _)| width(&visible(text)) + BEFORE + 1);
    let intro = menu.intro.iter().map(|line| width(&visible(line)).min(WIDEST_INTRO));
    let widest = items.chain(intro).max().unwrap_or(0).max(width(&menu.title) + 2).clamp(20, room.max(20));
    let cells = widest.min(room);
    let mut intro = wrapped(&menu.intro, cells);
    let typed = menu.filter.as_ref().map(|filter| filter.value());
    if let Some(typed) = typed {
        let none = if menu.shown().next().is_none() { "   nothing matches" } else { "" };
        let filter = format!("filter: {}{none}", visible(typed));
        intro.push(if typed.is_empty() { "Type to filter.".to_owned() } else { filter });
    }
    let gap = usize::from(!intro.is_empty());
    let lines = lines(menu);
    // The frame stands still, whichever is chosen and whatever is typed.
    let most = menu.items.iter().map(|(text, _)| whole(text, cells).len()).max().unwrap_or(1) - 1;
    let inner = popup(state, &menu.title, widest, intro.len() + gap + menu.items.len() + menu.groups.len() + most, buf);
    let chosen = menu.items.get(menu.chosen).map_or_else(Vec::new, |(text, _)| whole(text, cells));
    let besides = chosen.len().saturating_sub(1);
    // Where there is no room for all, the choices go before the explanation.
    let wanted = menu.items.len() + besides + gap;
    let room_for_intro =
        usize::from(inner.height).saturating_sub(wanted).clamp(usize::from(typed.is_some()), intro.len());
    let mut y = inner.y;
    let skip = if typed.is_some() { intro.len() - room_for_intro } else { 0 };
    for (at, line) in intro.iter().skip(skip).take(room_for_intro).enumerate() {
        let cut = at + 1 == room_for_intro && room_for_intro < intro.len() && typed.is_none();
        let line =
            if cut { format!("{}…", fit(line.trim_end(), cells.saturating_sub(1), ascii)) } else { line.clone() };
        put(buf, inner.x, y, plain(&line, ascii), usize::from(inner.width), state.look.theme.style(StyleRole::Dim));
        y += 1;
    }
    if room_for_intro > 0 && room_for_intro == intro.len() {
        y += 1;
    }
    let rows = usize::from(inner.bottom().saturating_sub(y)).saturating_sub(besides).max(1);
    let at = lines.iter().position(|line| matches!(line, Line::Choice(index, _) if *index == menu.chosen)).unwrap_or(0);
    let from = (at + 1).saturating_sub(rows);
    for line in lines.iter().skip(from).take(rows) {
        let (index, place) = match line {
            Line::Group(name) => {
                put(buf, inner.x, y, name, usize::from(inner.width), state.look.theme.style(StyleRole::Strong));
                y += 1;
                continue;
            }
            Line::Choice(index, place) => (*index, *place),
        };
        let Some((text, _)) = menu.items.get(index) else { continue };
        // Where one types to filter, a digit is typed too.
        let number = if place < 9 && menu.filter.is_none() { (place + 1).to_string() } else { " ".to_owned() };
        if index != menu.chosen {
            row(state, &format!("  {number} {}", visible(text)), false, false, inner, y, buf);
            y += 1;
            continue;
        }
        for (at, line) in chosen.iter().enumerate() {
            let before = if at == 0 { format!("{} {number} ", mark(&state.look.theme)) } else { " ".repeat(BEFORE) };
            row(state, &format!("{before}{line}"), true, false, inner, y, buf);
            y += 1;
        }
    }
    more(state, inner, from, lines.len().saturating_sub(from + rows), buf);
}

/// The rows of the list: groups are named while nothing is filtered.
fn lines(menu: &Menu) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    let filtered = menu.filter.as_ref().is_some_and(|filter| !filter.value().trim().is_empty());
    for (place, index) in menu.shown().enumerate() {
        let group = menu.groups.iter().find(|(first, _)| *first == index).filter(|_| !filtered);
        out.extend(group.map(|(_, name)| Line::Group(name)));
        out.push(Line::Choice(index, place));
    }
    out
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
