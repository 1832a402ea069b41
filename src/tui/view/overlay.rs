//! What stands on top of the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{clear, mark};
use super::popup::{framed, more, popup, row, wrapped};
use super::{diagnosis_card, menu};
use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::action::Action;
use crate::tui::chord::Chord;
use crate::tui::state::State;
use crate::tui::state::overlay::{Confirmation, Consent, Overlay};
use crate::tui::state::page::{page_height, page_rows, page_text};
use crate::tui::state::palette::{Palette, PaletteTarget};
use crate::tui::theme::StyleRole;

/// Draws what stands on top (prompts stand in the status line). Returns the cursor's place in a text field.
pub fn draw(state: &State, buf: &mut Buffer) -> Option<Position> {
    match state.overlay.as_ref()? {
        Overlay::Page(on_top) => {
            let (title, lines) = page_text(state, &on_top.content);
            page(state, &title, &lines, on_top.scroll, buf);
            None
        }
        Overlay::Card(card) => {
            diagnosis_card::draw(state, card, buf);
            None
        }
        Overlay::Palette(palette) => Some(draw_palette(state, palette, buf)),
        Overlay::Menu(menu) => {
            menu::draw(state, menu, buf);
            None
        }
        Overlay::Ask(ask) => draw_ask(state, ask, buf),
        Overlay::Prompt(prompt) if !prompt.found.is_empty() => {
            choices_above(state, &prompt.found, prompt.chosen, buf);
            None
        }
        Overlay::Prompt(_) => None,
    }
}

fn page(state: &State, title: &str, lines: &[String], scroll: u16, buf: &mut Buffer) {
    let (rows, widest) = page_rows(lines, buf.area.width, state.look.theme.ascii);
    let inner = popup(state, title, widest, page_height(rows.len(), buf.area.height), buf);
    let last = rows.len().saturating_sub(usize::from(inner.height));
    let from = usize::from(scroll).min(last);
    for (y, row) in (inner.top()..inner.bottom()).zip(rows.iter().skip(from)) {
        let heading = !row.is_empty() && !row.starts_with(' ') && rows.len() > usize::from(inner.height);
        let style = state.look.theme.style(if heading { StyleRole::Strong } else { StyleRole::Text });
        put(buf, inner.x, y, row, usize::from(inner.width), style);
    }
    more(state, inner, from, last - from, buf);
}

/// A palette with less room than this has no columns.
const PALETTE_COLUMNS: usize = 56;

fn draw_palette(state: &State, palette: &Palette, buf: &mut Buffer) -> Position {
    let room = usize::from(state.panes().main.width.saturating_sub(8)).min(96);
    let high = usize::from(buf.area.height.saturating_sub(8)).clamp(3, 18);
    let inner = popup(state, "Command   @ conversation   # log entry", room, high, buf);
    let typed = visible(palette.input.value()).into_owned();
    let (x, _) = put(buf, inner.x, inner.y, ": ", 2, state.look.theme.style(StyleRole::Focus));
    put(buf, x, inner.y, &typed, usize::from(inner.width.saturating_sub(2)), state.look.theme.style(StyleRole::Text));
    let rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let from = (palette.chosen + 1).saturating_sub(rows);
    if palette.items.is_empty() {
        let nothing = format!("nothing of that name; {} closes", state.keys.map.key(Action::Dismiss));
        put(buf, inner.x, inner.y + 1, &nothing, usize::from(inner.width), state.look.theme.style(StyleRole::Dim));
    }
    for (y, (index, item)) in (inner.top() + 1..inner.bottom()).zip(palette.items.iter().enumerate().skip(from)) {
        let key = match item.target {
            PaletteTarget::Act(action) => {
                state.keys.map.keys(action).first().map(|_| state.key(action)).unwrap_or_default()
            }
            PaletteTarget::Conversation(_) | PaletteTarget::Entry(_) => String::new(),
        };
        // What hinders comes first: it must not be what is cut.
        let about = item.disabled.map_or_else(|| item.about.clone(), |why| format!("({why}) {}", item.about));
        let mark = if index == palette.chosen { mark(&state.look.theme) } else { " " };
        let (name, about) = (visible(&item.name), visible(&about));
        // In columns where there is room for them.
        let line = if room < PALETTE_COLUMNS {
            let key = if key.is_empty() { key } else { format!("  {key}") };
            format!("{mark} {name}{key}  {about}")
        } else {
            format!("{mark} {name:<18} {key:<8} {about}")
        };
        row(state, &line, index == palette.chosen, item.disabled.is_some(), inner, y, buf);
    }
    let shown = inner.height.saturating_sub(1);
    more(state, inner, from, palette.items.len().saturating_sub(from + usize::from(shown)), buf);
    let column = x.saturating_add(u16::try_from(super::status::cursor_cells(&palette.input)).unwrap_or(u16::MAX));
    Position { x: column.min(inner.right()), y: inner.y }
}

fn draw_ask(state: &State, ask: &Confirmation, buf: &mut Buffer) -> Option<Position> {
    let screen_room = usize::from(buf.area.width.saturating_sub(4)).max(1);
    let widest = ask.lines.iter().map(|l| width(&visible(l))).max().unwrap_or(0).clamp(36, 76).min(screen_room);
    let lines = wrapped(&ask.lines, widest);
    let key = |action| state.keys.map.key(action);
    let (yes, cancel) = (key(Action::Confirm), key(Action::Dismiss));
    let (answers, role) = match &ask.consent {
        Consent::Enter => (format!("{yes} {}   {cancel} cancel", ask.yes), StyleRole::Strong),
        Consent::Y => (format!("y {}   {cancel} cancel", ask.yes), StyleRole::Strong),
        Consent::Word { word, wrong: true, .. } => {
            (format!("This is not the word: type “{word}”, then {yes}. {cancel} cancels."), StyleRole::Warning)
        }
        Consent::Word { .. } if ask.ready() => (format!("{yes} {}   {cancel} cancel", ask.yes), StyleRole::Strong),
        Consent::Word { word, .. } => (format!("type “{word}”, then {yes}   {cancel} cancel"), StyleRole::Dim),
    };
    let extra = if matches!(ask.consent, Consent::Word { .. }) { 4 } else { 2 };
    let frame = if matches!(ask.consent, Consent::Y) { StyleRole::Error } else { StyleRole::Focus };
    let most = usize::from(buf.area.height).saturating_sub(4 + extra).max(2);
    let shown = lines.len().min(most);
    let widest = widest.max(width(&answers)).max(width(&ask.title));
    let inner = framed(state, &ask.title, frame, widest, shown + extra, buf);
    let room = usize::from(inner.width);
    let mut y = inner.y;
    let hidden = lines.len() - shown;
    for (at, line) in lines.iter().take(shown).enumerate() {
        // What there is no room for is not kept quiet.
        let cut = (hidden > 0 && at + 1 == shown).then(|| format!("({} more lines)", hidden + 1));
        row(state, cut.as_deref().unwrap_or(line), false, false, inner, y, buf);
        y += 1;
    }
    y += 1;
    let mut cursor = None;
    if let Consent::Word { typed, .. } = &ask.consent {
        let (x, _) = put(buf, inner.x, y, "> ", room, state.look.theme.style(StyleRole::Strong));
        put(buf, x, y, visible(typed.value()), room, state.look.theme.style(StyleRole::Text));
        let column = x.saturating_add(u16::try_from(super::status::cursor_cells(typed)).unwrap_or(u16::MAX));
        cursor = Some(Position { x: column.min(inner.right().saturating_sub(1)), y });
        y += 2;
    }
    if y < inner.bottom() {
        let style = state.look.theme.style(role);
        let answers = plain(&answers, state.look.theme.ascii);
        put(buf, inner.x, y, fit(&answers, room, state.look.theme.ascii), room, style);
    }
    cursor
}

/// Choices of a prompt, above the status line, the chosen one nearest to it.
fn choices_above(state: &State, items: &[String], chosen: usize, buf: &mut Buffer) {
    let rows = items.len().min(8).min(usize::from(buf.area.height.saturating_sub(6)));
    let Ok(high) = u16::try_from(rows) else { return };
    let area =
        Rect { x: buf.area.x, y: buf.area.bottom().saturating_sub(2 + high), width: buf.area.width, height: high };
    clear(area, buf);
    let from = (chosen + 1).saturating_sub(rows);
    for (up, (index, item)) in items.iter().enumerate().skip(from).take(rows).enumerate() {
        let y = area.bottom() - 1 - u16::try_from(up).unwrap_or(0);
        let mark = if index == chosen { mark(&state.look.theme) } else { " " };
        row(state, &format!("{mark} {}", visible(item)), index == chosen, false, area, y, buf);
    }
    // The newest stand below, so what there is more of stands above.
    let inside = Rect { y: area.y + 1, height: high.saturating_sub(2), ..area };
    more(state, inside, items.len().saturating_sub(from + rows), from, buf);
}

/// The menu of a two-key binding.
pub fn prefix_menu(state: &State, first: Chord, buf: &mut Buffer) {
    let lines: Vec<String> = state
        .actions_after(first)
        .iter()
        .map(|(second, action)| format!("{first} {second}  {}", action.spec().about))
        .collect();
    let widest = lines.iter().map(|l| width(l)).max().unwrap_or(10);
    let inner = popup(state, &format!("{first} …"), widest, lines.len(), buf);
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        row(state, line, false, false, inner, y, buf);
    }
    more(state, inner, 0, lines.len().saturating_sub(usize::from(inner.height)), buf);
}
