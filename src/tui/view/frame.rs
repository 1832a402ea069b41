//! Borders and headings of panes. The focused pane has a double border and a mark in its title, not only a colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;

use super::Look;
use crate::text::screen::{fit, put, visible, width};
use crate::tui::layout::PaneArea;
use crate::tui::theme::{Role, Theme};

/// Draws the border (or the heading line) of a pane: `left` in the title, `right` at its end.
pub fn draw(area: &PaneArea, left: &str, right: &str, look: &Look<'_>, buf: &mut Buffer) {
    let style = look.theme.style(if look.focused { Role::Focus } else { Role::Border });
    if area.bordered {
        outline(area.outer, &borders(look.theme, look.focused), style, buf);
    } else {
        let line = Rect { height: 1, ..area.outer };
        let fill = if look.theme.ascii { "-" } else { "─" };
        for x in line.left()..line.right() {
            put(buf, x, line.y, fill, 1, style);
        }
    }
    title(area, left, right, look, buf);
}

/// Draws a border. Cell by cell: ratatui's block also works out how borders of different widgets join, which costs a
/// tenth of a frame and never happens here.
pub fn outline(area: Rect, set: &border::Set<'_>, style: Style, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return;
    }
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    let mut cell = |x, y, symbol: &str| {
        if let Some(cell) = buf.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    };
    for x in left + 1..right {
        cell(x, top, set.horizontal_top);
        cell(x, bottom, set.horizontal_bottom);
    }
    for y in top + 1..bottom {
        cell(left, y, set.vertical_left);
        cell(right, y, set.vertical_right);
    }
    cell(left, top, set.top_left);
    cell(right, top, set.top_right);
    cell(left, bottom, set.bottom_left);
    cell(right, bottom, set.bottom_right);
}

fn title(area: &PaneArea, left: &str, right: &str, look: &Look<'_>, buf: &mut Buffer) {
    let ascii = look.theme.ascii;
    let edge = u16::from(area.bordered);
    let room = usize::from(area.outer.width.saturating_sub(edge * 2 + 2));
    if room < 4 {
        return;
    }
    let mark = if look.focused { "» " } else { "" };
    let mark = if ascii && look.focused { ">> " } else { mark };
    let left = format!(" {mark}{} ", visible(left));
    let left = fit(&left, room, ascii);
    let used = width(&left);
    let style = look.theme.style(if look.focused { Role::Focus } else { Role::Strong });
    let x = area.outer.x + edge + 1;
    put(buf, x, area.outer.y, &left, room, style);
    let right = visible(right);
    if !right.is_empty() && used + width(&right) + 3 <= room {
        let right = format!(" {right} ");
        let at = area.outer.right() - edge - 1 - u16::try_from(width(&right)).unwrap_or(0);
        put(buf, at, area.outer.y, &right, room - used, look.theme.style(Role::Text));
    }
}

/// The border glyphs: double where the focus is, plain elsewhere, `+-|` (and `#=`) in ASCII.
pub fn borders(theme: &Theme, focused: bool) -> border::Set<'static> {
    const ASCII: border::Set<'static> = border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    };
    const ASCII_FOCUS: border::Set<'static> =
        border::Set { vertical_left: "#", vertical_right: "#", horizontal_top: "=", horizontal_bottom: "=", ..ASCII };
    match (theme.ascii, focused) {
        (true, true) => ASCII_FOCUS,
        (true, false) => ASCII,
        (false, true) => border::DOUBLE,
        (false, false) => border::PLAIN,
    }
}

/// Empties an area that something is drawn on top of.
pub fn clear(area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
}
