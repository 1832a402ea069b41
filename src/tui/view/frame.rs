//! Headings of panes, the rules between them, and the borders of what stands on top.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::Moment;
use crate::text::screen::{in_ascii, put, visible, width, wrap};
use crate::tui::layout::Panes;
use crate::tui::state::{KeyHint, Overlay, Pane, State};
use crate::tui::{PaneArea, StyleRole, Theme};

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

impl<'a> DrawingContext<'a> {
    /// What a pane of the console needs.
    pub fn of(state: &'a State, pane: Pane) -> Self {
        let covered = state.overlay.as_ref().is_some_and(|on_top| !matches!(on_top, Overlay::Prompt(_)));
        Self {
            theme: &state.look.theme,
            now: state.now,
            zone: &state.look.zone,
            focused: state.arrangement.focus == pane && !covered,
        }
    }
}

pub type Styled = (String, StyleRole);

/// Writes a row from left to right, and nothing beyond its right end.
pub struct Pen<'p> {
    pub x: u16,
    row: Rect,
    theme: &'p Theme,
    buf: &'p mut Buffer,
}

impl<'p> Pen<'p> {
    pub const fn at(row: Rect, theme: &'p Theme, buf: &'p mut Buffer) -> Self {
        Self { x: row.x, row, theme, buf }
    }

    pub const fn room(&self) -> usize {
        self.row.right().saturating_sub(self.x) as usize
    }

    /// The place that has `cells` cells behind it.
    pub fn before_end(&self, cells: usize) -> u16 {
        self.row.right().saturating_sub(u16::try_from(cells).unwrap_or(u16::MAX))
    }

    pub fn styled(&mut self, text: &str, style: Style) {
        let room = self.room();
        (self.x, _) = put(self.buf, self.x, self.row.y, text, room, style);
    }

    pub fn write(&mut self, text: &str, role: StyleRole) {
        self.styled(text, self.theme.style(role));
    }

    /// Writes a text in the characters of the theme, cut to so many cells.
    pub fn fit(&mut self, text: &str, cells: usize, role: StyleRole) {
        let width = u16::try_from(cells.min(self.room())).unwrap_or(u16::MAX);
        self.x = self.theme.write(Rect { x: self.x, width, height: 1, ..self.row }, text, role, self.buf);
    }

    /// Writes a key and what it does, and leaves so many cells blank behind them.
    pub fn key(&mut self, (key, words): &KeyHint, gap: u16) {
        self.write(key, StyleRole::Focus);
        self.x += 1;
        self.write(words, StyleRole::Dim);
        self.x += gap;
    }
}

pub fn sentence(text: &str, area: Rect, style: Style, buf: &mut Buffer) {
    let cells = usize::from(area.width);
    for (y, row) in (area.top()..area.bottom()).zip(wrap(text, cells)) {
        put(buf, area.x, y, row, cells, style);
    }
}

pub fn nothing(text: &str, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    sentence(text, area, look.theme.style(StyleRole::Dim), buf);
}

/// Draws a heading: key and name (`2 Log`), which stay to the last, what of it is shown, and what stands at the right.
pub fn heading(area: &PaneArea, name: &str, aside: Styled, right: Styled, look: &DrawingContext<'_>, buf: &mut Buffer) {
    let (theme, line) = (look.theme, Rect { height: 1, ..area.outer });
    if !area.ruled {
        fill(line, theme.glyph("-", "─"), theme.style(StyleRole::Border), buf);
    }
    // Where the heading is the rule, a blank parts the words from it.
    let (gap, around) = if area.ruled { (1, "") } else { (0, " ") };
    let mut pen = Pen::at(Rect { width: line.width.saturating_sub(1), ..line }, theme, buf);
    let write = |pen: &mut Pen<'_>, text: &str, role| {
        pen.fit(text, usize::MAX, role);
        pen.write(around, role);
    };
    pen.write(around, StyleRole::Text);
    pen.x = line.x + 1;
    write(&mut pen, name, if look.focused { StyleRole::Focus } else { StyleRole::Strong });
    if !aside.0.is_empty() {
        // Written before the right end, which is left out where there is no room for both.
        pen.x += 2 * gap;
        write(&mut pen, &aside.0, aside.1);
    }
    let wanted = width(&in_ascii(&visible(&right.0), theme.ascii));
    if wanted > 0 && wanted + 2 <= pen.room() {
        pen.x = pen.before_end(wanted + usize::from(gap)) - 1 + gap;
        pen.write(around, StyleRole::Text);
        write(&mut pen, &right.0, right.1);
    }
}

fn fill(area: Rect, glyph: &str, style: Style, buf: &mut Buffer) {
    for at in area.positions() {
        put(buf, at.x, at.y, glyph, 1, style);
    }
}

pub fn column(x: u16, rows: std::ops::Range<u16>, theme: &Theme, buf: &mut Buffer) {
    let area = Rect { x, y: rows.start, width: 1, height: rows.end.saturating_sub(rows.start) };
    fill(area, theme.glyph("|", "│"), theme.style(StyleRole::Border), buf);
}

pub fn rules(panes: &Panes, theme: &Theme, buf: &mut Buffer) {
    let rules = panes.rules;
    let (top, below) = (panes.header.bottom(), rules.bottom.unwrap_or(panes.status.y));
    if let Some(x) = rules.list {
        column(x, top..below, theme, buf);
    }
    if let Some(x) = rules.middle {
        column(x, top..rules.composer.unwrap_or(below), theme, buf);
    }
    let (line, style) = (theme.glyph("-", "─"), theme.style(StyleRole::Border));
    let joint = |x: Option<u16>, y: u16, glyph, buf: &mut Buffer| {
        if let Some(x) = x {
            put(buf, x, y, theme.glyph("+", glyph), 1, style);
        }
    };
    let main = if panes.picker_on_top { panes.status } else { panes.main };
    for y in [rules.log, rules.composer].into_iter().flatten() {
        // What a sheet covers is not drawn over it.
        let from = rules.list.filter(|_| panes.picker_on_top).map_or(main.left(), |x| x + 1);
        fill(Rect { x: from, y, width: main.right().saturating_sub(from), height: 1 }, line, style, buf);
        joint(rules.list, y, "├", buf);
    }
    if let Some(y) = rules.composer {
        joint(rules.middle, y, "┴", buf);
    }
    if let Some(y) = rules.bottom {
        fill(Rect { y, ..panes.status }, line, style, buf);
        joint(rules.list, y, "┴", buf);
    }
}

pub const fn mark(theme: &Theme) -> &'static str {
    theme.glyph(">", "▌")
}

/// Marks rows as selected: the mark in their first column, and their ground.
pub fn select(rows: Rect, look: &DrawingContext<'_>, buf: &mut Buffer) {
    let rows = rows.intersection(buf.area);
    look.theme.select(rows, buf);
    let style = look.theme.style(if look.focused { StyleRole::Focus } else { StyleRole::Dim });
    for y in rows.top()..rows.bottom() {
        put(buf, rows.x, y, mark(look.theme), 1, style);
    }
}

/// Draws a border, `+-|` in ASCII. Cell by cell: ratatui's block also works out how borders of different widgets join, which
/// costs a tenth of a frame and never happens here.
pub fn outline(area: Rect, theme: &Theme, role: StyleRole, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return;
    }
    let style = theme.style(role);
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for y in [top, bottom] {
        fill(Rect { y, height: 1, ..area }, theme.glyph("-", "─"), style, buf);
    }
    for x in [left, right] {
        fill(Rect { x, width: 1, ..area }, theme.glyph("|", "│"), style, buf);
    }
    for (x, y, corner) in [(left, top, "┌"), (right, top, "┐"), (left, bottom, "└"), (right, bottom, "┘")] {
        put(buf, x, y, theme.glyph("+", corner), 1, style);
    }
}
