//! What stands on top of the panes: boxes in the middle of what is not the list, what is behind them dimmed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};

use super::diagnosis_card;
use super::frame::{Pen, mark, outline};
use crate::text::screen::{fit, put, visible, visible_lines, width, wrap};
use crate::tui::state::page::{page_height, page_rows, page_text};
use crate::tui::state::{Confirmation, Consent, Editor, Menu, Overlay, Page, Palette, PaletteTarget, Pane, State};
use crate::tui::{Action, Chord, Context, StyleRole};

/// Draws what stands on top (prompts stand in the status line). Returns the cursor's place in a text field.
pub fn draw(state: &State, buf: &mut Buffer) -> Option<Position> {
    match state.overlay.as_ref()? {
        Overlay::Palette(palette) => return Some(draw_palette(state, palette, buf)),
        Overlay::Ask(ask) => return draw_ask(state, ask, buf),
        Overlay::Page(page) => draw_page(state, page, buf),
        Overlay::Card(card) => diagnosis_card::draw(state, card, buf),
        Overlay::Menu(menu) => draw_menu(state, menu, buf),
        Overlay::Prompt(prompt) if prompt.found.is_empty() => {}
        Overlay::Prompt(prompt) => choices_above(state, &prompt.found, prompt.chosen, buf),
    }
    None
}

fn draw_page(state: &State, page: &Page, buf: &mut Buffer) {
    let (title, lines) = page_text(state, &page.content);
    let (rows, widest) = page_rows(&lines, buf.area.width, state.look.theme.ascii);
    let inner = popup(state, &title, StyleRole::Focus, widest, page_height(rows.len(), buf.area.height), buf);
    let shown = usize::from(inner.height);
    let last = rows.len().saturating_sub(shown);
    let from = usize::from(page.scroll).min(last);
    for (y, line) in (inner.top()..inner.bottom()).zip(rows.iter().skip(from)) {
        let heading = !line.is_empty() && !line.starts_with(' ') && rows.len() > shown;
        state.look.theme.write(row(inner, y), line, if heading { StyleRole::Strong } else { StyleRole::Text }, buf);
    }
    more(state, inner, from, last - from, buf);
}

fn draw_palette(state: &State, palette: &Palette, buf: &mut Buffer) -> Position {
    let room = usize::from(state.panes().main.width.saturating_sub(8)).min(96);
    let high = usize::from(buf.area.height.saturating_sub(8)).clamp(3, 18);
    let inner = popup(state, "Command   @ conversation   # log entry", StyleRole::Focus, room, high, buf);
    let theme = &state.look.theme;
    let mut pen = Pen::at(inner, theme, buf);
    pen.write(": ", StyleRole::Focus);
    let x = pen.x;
    pen.write(&visible(palette.input.text()), StyleRole::Text);
    let rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let from = (palette.chosen + 1).saturating_sub(rows);
    if palette.items.is_empty() {
        let nothing = format!("nothing of that name; {} closes", state.keys.map.key(Action::Dismiss));
        theme.write(row(inner, inner.y + 1), &nothing, StyleRole::Dim, buf);
    }
    for (y, (index, item)) in (inner.top() + 1..inner.bottom()).zip(palette.items.iter().enumerate().skip(from)) {
        let key = match item.target {
            PaletteTarget::Act(action) if !state.keys.map.keys(action).is_empty() => state.key(action),
            _ => String::new(),
        };
        // What hinders comes first: it must not be what is cut.
        let about = item.disabled.map_or_else(|| item.about.clone(), |why| format!("({why}) {}", item.about));
        let mark = if index == palette.chosen { mark(theme) } else { " " };
        let name = visible(&item.name);
        // In columns where there is room for them.
        let line = match key.as_str() {
            key if room >= 56 => format!("{mark} {name:<18} {key:<8} {about}"),
            "" => format!("{mark} {name}  {about}"),
            key => format!("{mark} {name}  {key}  {about}"),
        };
        let role = if item.disabled.is_some() { StyleRole::Dim } else { StyleRole::Text };
        choice(state, &line, index == palette.chosen, role, row(inner, y), buf);
    }
    let shown = inner.height.saturating_sub(1);
    more(state, inner, from, palette.items.len().saturating_sub(from + usize::from(shown)), buf);
    Position { x: cursor_column(x, &palette.input).min(inner.right()), y: inner.y }
}

fn draw_ask(state: &State, ask: &Confirmation, buf: &mut Buffer) -> Option<Position> {
    let theme = &state.look.theme;
    let screen_room = usize::from(buf.area.width.saturating_sub(4)).max(1);
    let widest = ask.lines.iter().map(|l| width(&visible(l))).max().unwrap_or(0).clamp(36, 76).min(screen_room);
    let lines = wrapped(&ask.lines, widest);
    let (yes, cancel) = (state.yes_key(ask), state.keys.map.key(Action::Dismiss));
    let (answers, role) = match &ask.consent {
        Consent::Word { word, wrong: true, .. } => {
            (format!("This is not the word: type “{word}”, then {yes}. {cancel} cancels."), StyleRole::Warning)
        }
        Consent::Word { word, .. } if !ask.ready() => {
            (format!("type “{word}”, then {yes}   {cancel} cancel"), StyleRole::Dim)
        }
        _ => (format!("{yes} {}   {cancel} cancel", ask.yes), StyleRole::Strong),
    };
    let extra = if matches!(ask.consent, Consent::Word { .. }) { 4 } else { 2 };
    let frame = if matches!(ask.consent, Consent::Y) { StyleRole::Error } else { StyleRole::Focus };
    let most = usize::from(buf.area.height).saturating_sub(4 + extra).max(2);
    let shown = lines.len().min(most);
    let widest = widest.max(width(&answers)).max(width(&ask.title));
    let inner = popup(state, &ask.title, frame, widest, shown + extra, buf);
    let mut y = inner.y;
    let hidden = lines.len() - shown;
    for (at, line) in lines.iter().take(shown).enumerate() {
        // What there is no room for is not kept quiet.
        let cut = (hidden > 0 && at + 1 == shown).then(|| format!("({} more lines)", hidden + 1));
        theme.write(row(inner, y), cut.as_ref().unwrap_or(line), StyleRole::Text, buf);
        y += 1;
    }
    y += 1;
    let mut cursor = None;
    if let Consent::Word { typed, .. } = &ask.consent {
        let mut pen = Pen::at(row(inner, y), theme, buf);
        pen.write("> ", StyleRole::Strong);
        let column = cursor_column(pen.x, typed);
        pen.write(&visible(typed.text()), StyleRole::Text);
        cursor = Some(Position { x: column.min(inner.right().saturating_sub(1)), y });
        y += 2;
    }
    if y < inner.bottom() {
        theme.write(row(inner, y), &answers, role, buf);
    }
    cursor
}

/// Choices of a prompt, above the status line, the chosen one nearest to it.
fn choices_above(state: &State, items: &[String], chosen: usize, buf: &mut Buffer) {
    let rows = items.len().min(8).min(usize::from(buf.area.height.saturating_sub(6)));
    let Ok(height) = u16::try_from(rows) else { return };
    let area = Rect { y: buf.area.bottom().saturating_sub(2 + height), height, ..buf.area };
    Clear.render(area, buf);
    let from = (chosen + 1).saturating_sub(rows);
    for (up, (index, item)) in items.iter().enumerate().skip(from).take(rows).enumerate() {
        let y = area.bottom() - 1 - u16::try_from(up).unwrap_or(0);
        let mark = if index == chosen { mark(&state.look.theme) } else { " " };
        choice(state, &format!("{mark} {item}"), index == chosen, StyleRole::Text, row(area, y), buf);
    }
    // The newest stand below, so what there is more of stands above.
    let inside = Rect { y: area.y + 1, height: height.saturating_sub(2), ..area };
    more(state, inside, items.len().saturating_sub(from + rows), from, buf);
}

pub fn prefix_menu(state: &State, first: Chord, buf: &mut Buffer) {
    let (map, focus) = (&state.keys.map, state.arrangement.focus);
    let global = if focus == Pane::Composer { Vec::new() } else { map.after(Context::Global, first) };
    let actions = map.after(focus.context(), first).into_iter().chain(global);
    let lines: Vec<String> =
        actions.map(|(second, action)| format!("{first} {second}  {}", action.spec().about)).collect();
    let widest = lines.iter().map(|l| width(l)).max().unwrap_or(10);
    let inner = popup(state, &format!("{first} …"), StyleRole::Focus, widest, lines.len(), buf);
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        state.look.theme.write(row(inner, y), line, StyleRole::Text, buf);
    }
    more(state, inner, 0, lines.len().saturating_sub(usize::from(inner.height)), buf);
}

/// Cells of mark and number before a choice.
const MENU_BEFORE: usize = 4;
const WIDEST_INTRO: usize = 72;
/// At most so many rows say the chosen choice in whole.
const WHOLE: usize = 3;

/// Draws a list to pick from; the chosen one is said in whole where it is wider than a row.
fn draw_menu(state: &State, menu: &Menu, buf: &mut Buffer) {
    let ascii = state.look.theme.ascii;
    let room = usize::from(buf.area.width.saturating_sub(4)).max(1);
    let items = menu.items.iter().map(|(text, _)| width(&visible(text)) + MENU_BEFORE + 1);
    let intro = menu.intro.iter().map(|line| width(&visible(line)).min(WIDEST_INTRO));
    let widest = items.chain(intro).max().unwrap_or(0).max(width(&menu.title) + 2).clamp(20, room.max(20));
    let cells = widest.min(room);
    let mut intro = wrapped(&menu.intro, cells);
    let typed = menu.filter.as_ref().map(|filter| filter.text());
    if let Some(typed) = typed {
        let none = if menu.shown().next().is_none() { "   nothing matches" } else { "" };
        let filter = format!("filter: {}{none}", visible(typed));
        intro.push(if typed.is_empty() { "Type to filter.".to_owned() } else { filter });
    }
    let gap = usize::from(!intro.is_empty());
    // The frame stands still, whichever is chosen and whatever is typed.
    let most = menu.items.iter().map(|(text, _)| whole(text, cells).len()).max().unwrap_or(1) - 1;
    let high = intro.len() + gap + menu.items.len() + menu.groups.len() + most;
    let inner = popup(state, &menu.title, StyleRole::Focus, widest, high, buf);
    let theme = &state.look.theme;
    let chosen = menu.items.get(menu.chosen).map_or_else(Vec::new, |(text, _)| whole(text, cells));
    let besides = chosen.len().saturating_sub(1);
    // Where there is no room for all, the choices go before the explanation.
    let wanted = menu.items.len() + besides + gap;
    let room_for_intro =
        usize::from(inner.height).saturating_sub(wanted).clamp(usize::from(typed.is_some()), intro.len());
    if room_for_intro == intro.len() {
        intro.resize(intro.len() + gap, String::new());
    } else if typed.is_some() {
        intro.drain(..intro.len() - room_for_intro);
    } else {
        intro.truncate(room_for_intro);
        intro.iter_mut().skip(room_for_intro.saturating_sub(1)).for_each(|last| {
            *last = format!("{}…", fit(last.trim_end(), cells.saturating_sub(1), ascii));
        });
    }
    let mut rows = Vec::new();
    // Where the rows of the chosen one end.
    let mut end = 0;
    let filtered = typed.is_some_and(|typed| !typed.trim().is_empty());
    for (place, index) in menu.shown().enumerate() {
        // Groups are named while nothing is filtered.
        let group = menu.groups.iter().find(|(first, _)| *first == index).filter(|_| !filtered);
        rows.extend(group.map(|(_, name)| ((*name).to_owned(), StyleRole::Strong, false)));
        // Where one types to filter, a digit is typed too.
        let number = if place < 9 && menu.filter.is_none() { (place + 1).to_string() } else { " ".to_owned() };
        if index != menu.chosen {
            let text = menu.items.get(index).map_or("", |(text, _)| text);
            rows.push((format!("  {number} {text}"), StyleRole::Text, false));
            continue;
        }
        for (at, line) in chosen.iter().enumerate() {
            let before = if at == 0 { format!("{} {number} ", mark(theme)) } else { " ".repeat(MENU_BEFORE) };
            rows.push((format!("{before}{line}"), StyleRole::Text, true));
        }
        end = rows.len();
    }
    let visible = usize::from(inner.height).saturating_sub(intro.len());
    let from = end.saturating_sub(visible);
    let intro = intro.into_iter().map(|line| (line, StyleRole::Dim, false));
    for (y, (text, role, chosen)) in (inner.top()..inner.bottom()).zip(intro.chain(rows.iter().skip(from).cloned())) {
        choice(state, &text, chosen, role, row(inner, y), buf);
    }
    more(state, inner, from, rows.len().saturating_sub(from + visible), buf);
}

/// The rows of a choice as the chosen one; at least one.
fn whole(text: &str, cells: usize) -> Vec<String> {
    let mut rows = wrapped(&[text.to_owned()], cells.saturating_sub(MENU_BEFORE).max(1));
    if rows.len() > WHOLE {
        rows.truncate(WHOLE);
        rows.iter_mut().skip(WHOLE - 1).for_each(|last| last.push('…'));
    }
    rows
}

const fn row(inner: Rect, y: u16) -> Rect {
    Rect { y, height: 1, ..inner }
}

/// The column of the cursor of a one-line input that begins at `x`.
fn cursor_column(x: u16, input: &Editor) -> u16 {
    x.saturating_add(u16::try_from(width(&visible(input.before()))).unwrap_or(u16::MAX))
}

/// A box with at most `inner_width` × `inner_height` inside, a blank at each side; what is inside.
fn popup(
    state: &State,
    title: &str,
    role: StyleRole,
    inner_width: usize,
    inner_height: usize,
    buf: &mut Buffer,
) -> Rect {
    let screen = Rect { height: buf.area.height.saturating_sub(2), ..buf.area };
    buf.set_style(screen, Style::reset().patch(state.look.theme.style(StyleRole::Dim)));
    let wide = u16::try_from(inner_width).unwrap_or(u16::MAX).saturating_add(4);
    let high = u16::try_from(inner_height).unwrap_or(u16::MAX).saturating_add(2);
    // In the middle of the panes, unless it is wider than those.
    let main = if state.demo.present.is_some() { screen } else { state.panes().main };
    let main = if wide > main.width { screen } else { main };
    let width = wide.min(screen.width);
    let height = high.min(screen.height).max(3);
    let outer = Rect {
        x: main.x + main.width.saturating_sub(width) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 2,
        width,
        height,
    };
    Clear.render(outer, buf);
    outline(outer, &state.look.theme, if role == StyleRole::Focus { StyleRole::Border } else { role }, buf);
    let heading = Rect { x: outer.x + 1, width: width.saturating_sub(4), ..row(outer, outer.y) };
    state.look.theme.write(heading, &format!(" {title} "), role, buf);
    Rect { x: outer.x + 2, y: outer.y + 1, width: width.saturating_sub(4), height: height.saturating_sub(2) }
}

/// Says on the frame around `inner` how many rows there are above and below what is shown.
fn more(state: &State, inner: Rect, above: usize, below: usize, buf: &mut Buffer) {
    for (count, y) in [(above, inner.y.saturating_sub(1)), (below, inner.bottom())] {
        if count > 0 {
            let text = format!(" {count} more ");
            let x = inner.right().saturating_sub(u16::try_from(width(&text)).unwrap_or(0)).max(inner.x);
            put(buf, x, y, &text, usize::from(inner.width), state.look.theme.style(StyleRole::Strong));
        }
    }
}

fn choice(state: &State, line: &str, chosen: bool, role: StyleRole, row: Rect, buf: &mut Buffer) {
    state.look.theme.write(row, line, role, buf);
    if chosen {
        state.look.theme.select(row, buf);
    }
}

fn wrapped(lines: &[String], cells: usize) -> Vec<String> {
    let lines = lines.iter().flat_map(|line| visible_lines(line));
    lines.flat_map(|line| wrap(&line, cells).map(str::to_owned).collect::<Vec<_>>()).collect()
}
