//! Headings of panes, the rules between them, and the borders of what stands on top.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;

use crate::model::Moment;
use crate::text::screen::{fit, plain, put, visible, width, wrap};
use crate::tui::layout::{PaneArea, Panes};
use crate::tui::state::key_hints::KeyHint;
use crate::tui::theme::{StyleRole, Theme};

/// What every pane needs besides its own state.
#[derive(Clone, Copy, Debug)]
pub struct DrawingContext<'a> {
    /// Colours and glyphs.
    pub theme: &'a Theme,
    /// The moment of the event that led to this frame.
    pub now: Moment,
    /// The zone in which times are shown (local, or UTC by setting).
    pub zone: &'a jiff::tz::TimeZone,
    /// Whether this pane has the focus.
    pub focused: bool,
}

/// Writes a row from left to right, and nothing beyond its right end.
pub struct Pen<'p> {
    /// Where the next text goes.
    pub x: u16,
    row: Rect,
    theme: &'p Theme,
    buf: &'p mut Buffer,
}

impl<'p> Pen<'p> {
    /// At the beginning of the first row of `row`.
    pub const fn at(row: Rect, theme: &'p Theme, buf: &'p mut Buffer) -> Self {
        Self { x: row.x, row, theme, buf }
    }

    /// The cells that are left.
    pub const fn room(&self) -> usize {
        self.row.right().saturating_sub(self.x) as usize
    }

    /// The place that has `cells` cells behind it.
    pub fn from_end(&self, cells: usize) -> u16 {
        self.row.right().saturating_sub(u16::try_from(cells).unwrap_or(u16::MAX))
    }

    /// Writes a text in a style of its own.
    pub fn styled(&mut self, text: &str, style: Style) {
        let room = self.room();
        (self.x, _) = put(self.buf, self.x, self.row.y, text, room, style);
    }

    /// Writes a text.
    pub fn write(&mut self, text: &str, role: StyleRole) {
        self.styled(text, self.theme.style(role));
    }

    /// Writes a text in the characters of the theme, cut to so many cells.
    pub fn fit(&mut self, text: &str, cells: usize, role: StyleRole) {
        let text = plain(text, self.theme.ascii);
        self.write(&fit(&text, cells.min(self.room()), self.theme.ascii), role);
    }

    /// Writes a key and what it does.
    pub fn key(&mut self, (key, words): &KeyHint) {
        self.write(key, StyleRole::Focus);
        self.x += 1;
        self.write(words, StyleRole::Dim);
    }
}

/// Writes a sentence over the rows of an area.
pub fn sentence(text: &str, area: Rect, style: Style, buf: &mut Buffer) {
    let cells = usize::from(area.width);
    for (y, row) in (area.top()..area.bottom()).zip(wrap(text, cells.max(1))) {
        put(buf, area.x, y, text.get(row).unwrap_or_default(), cells, style);
    }
}

/// Says in a pane why nothing stands there.
pub fn nothing(text: &str, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    sentence(text, area, look.theme.style(StyleRole::Dim), buf);
}

/// The heading of a pane.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heading<'t> {
    /// Its key and name, `2 Log`.
    pub name: &'t str,
    /// What of it is shown.
    pub aside: &'t str,
    /// How it looks.
    pub aside_role: Option<StyleRole>,
    /// What stands at its right end.
    pub right: &'t str,
    /// How that looks.
    pub right_role: Option<StyleRole>,
}

/// Draws the heading of a pane; the name stays to the last.
pub fn heading(area: &PaneArea, heading: Heading<'_>, look: &DrawingContext<'_>, buf: &mut Buffer) {
    let (ascii, line) = (look.theme.ascii, Rect { height: 1, ..area.outer });
    let style = |role| look.theme.style(role);
    if !area.ruled {
        let fill = if ascii { "-" } else { "─" };
        for x in line.left()..line.right() {
            put(buf, x, line.y, fill, 1, style(StyleRole::Border));
        }
    }
    let room = |x: u16| usize::from(line.right().saturating_sub(x + 1));
    let blank = u16::from(area.ruled);
    let mut x = line.x + 1;
    let write = |x: u16, text: &str, role, buf: &mut Buffer| {
        let text = visible(text);
        let text = plain(&text, ascii);
        let (end, _) = put(buf, x, line.y, fit(&text, room(x), ascii), room(x), style(role));
        // Where the heading is the rule, a blank parts the words from it.
        if blank == 0 { put(buf, end, line.y, " ", room(end), style(role)).0 } else { end }
    };
    if blank == 0 {
        write(line.x, " ", StyleRole::Text, buf);
    }
    x = write(x, heading.name, if look.focused { StyleRole::Focus } else { StyleRole::Strong }, buf);
    let right = visible(heading.right);
    let right = plain(&right, ascii);
    let wanted = width(&right);
    if !heading.aside.is_empty() {
        // The right end goes before what the name is of.
        x = write(x + 2 * blank, heading.aside, heading.aside_role.unwrap_or(StyleRole::Text), buf);
    }
    if wanted > 0 && wanted + 2 <= room(x) {
        let at = line.right() - 1 - blank - u16::try_from(wanted).unwrap_or(0);
        if blank == 0 {
            write(at - 1, " ", StyleRole::Text, buf);
        }
        write(at, &right, heading.right_role.unwrap_or(StyleRole::Dim), buf);
    }
}

/// Draws the rules between panes, with their joints.
pub fn rules(panes: &Panes, theme: &Theme, buf: &mut Buffer) {
    let style = theme.style(StyleRole::Border);
    let glyph = |plain: &'static str, fine: &'static str| if theme.ascii { plain } else { fine };
    let rules = panes.rules;
    let below = rules.bottom.unwrap_or(panes.status.y);
    let mut column = |x: u16, to: u16| {
        for y in rules.top..to {
            put(buf, x, y, glyph("|", "│"), 1, style);
        }
    };
    if let Some(x) = rules.list {
        column(x, below);
    }
    if let Some(x) = rules.middle {
        column(x, rules.composer.unwrap_or(below));
    }
    let main = if panes.picker_on_top { panes.status } else { panes.main };
    for y in [rules.log, rules.composer].into_iter().flatten() {
        // What a sheet covers is not drawn over it.
        let from = rules.list.filter(|_| panes.picker_on_top).map_or(main.left(), |x| x + 1);
        for x in from..main.right() {
            put(buf, x, y, glyph("-", "─"), 1, style);
        }
        if let Some(x) = rules.list {
            put(buf, x, y, glyph("+", "├"), 1, style);
        }
    }
    if let (Some(x), Some(y)) = (rules.middle, rules.composer) {
        put(buf, x, y, glyph("+", "┴"), 1, style);
    }
    if let Some(y) = rules.bottom {
        for x in panes.status.left()..panes.status.right() {
            put(buf, x, y, glyph("-", "─"), 1, style);
        }
        if let Some(x) = rules.list {
            put(buf, x, y, glyph("+", "┴"), 1, style);
        }
    }
}

/// The mark of a selected row.
pub const fn mark(theme: &Theme) -> &'static str {
    if theme.ascii { ">" } else { "▌" }
}

/// Marks rows as selected: the mark in their first column, and their ground.
pub fn select(rows: Rect, look: &DrawingContext<'_>, buf: &mut Buffer) {
    let rows = rows.intersection(buf.area);
    look.theme.select(rows, buf);
    for y in rows.top()..rows.bottom() {
        put(
            buf,
            rows.x,
            y,
            mark(look.theme),
            1,
            look.theme.style(if look.focused { StyleRole::Focus } else { StyleRole::Dim }),
        );
    }
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

/// The border glyphs: `+-|` in ASCII.
pub const fn borders(theme: &Theme) -> border::Set<'static> {
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
    if theme.ascii { ASCII } else { border::PLAIN }
}

/// Empties an area that something is drawn on top of.
pub fn clear(area: Rect, buf: &mut Buffer) {
    for at in area.intersection(buf.area).positions() {
        if let Some(cell) = buf.cell_mut(at) {
            cell.reset();
        }
    }
}

/// Dims what stands behind an overlay.
pub fn dim(area: Rect, theme: &Theme, buf: &mut Buffer) {
    let style = Style::reset().patch(theme.style(StyleRole::Dim));
    buf.set_style(area.intersection(buf.area), style);
}
