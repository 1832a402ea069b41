//! Colours and glyphs by meaning. Panes ask for a role, never for a colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::text::screen::{fit, in_ascii, put, visible};

/// The themes, each with its file: data that a person may read and change. `monochrome` takes the terminal's own colours.
const BUILT_IN: [(&str, &str); 6] = [
    (TERMINAL, include_str!("../../assets/themes/terminal.toml")),
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../assets/themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../assets/themes/colour-blind.toml")),
    (MONOCHROME, include_str!("../../assets/themes/terminal.toml")),
];
/// The default.
const TERMINAL: &str = "terminal";
const MONOCHROME: &str = "monochrome";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StyleRole {
    #[default]
    Text,
    /// Less important text: ids, times, words that say that all is well.
    Dim,
    Strong,
    Border,
    /// The focus, and the names of keys.
    Focus,
    /// Evidence that holds. The only green on the screen.
    Ok,
    /// The word of an error, its status, the name of its cause; never a whole sentence.
    Error,
    /// Unknown, waiting, more than one try, a fault that is on.
    Warning,
    Info,
    Match,
    Name,
    /// The word that says where one is (`SANDBOX`), on a ground of its own.
    Badge,
    Production,
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen that a person's own terminal theme names.
    Basic,
}

impl Depth {
    /// What the environment says of the terminal (`COLORTERM`, `TERM`).
    pub fn of(colorterm: &str, term: &str) -> Self {
        if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Basic
        }
    }
}

/// A theme: a colour for each meaning, and whether glyphs beyond ASCII may be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its colours.
    pub colors: Colors,
    /// Only `+-|>v` and the like.
    pub ascii: bool,
    /// No colour at all: bold, underline and reverse remain.
    pub mono: bool,
    /// No theme may have colour (`NO_COLOR`).
    pub no_color: bool,
    /// How many colours the terminal shows.
    pub depth: Depth,
}

/// The colours of a theme, as its file has them. `Reset` is the terminal's own.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Colors {
    /// The theme's name, as config and `:theme` say it.
    pub name: String,
    /// What contrasts are computed against, and what stands on a badge.
    pub background: Color,
    pub text: Color,
    pub dim: Color,
    pub border: Color,
    pub accent: Color,
    pub ok: Color,
    pub error: Color,
    pub warning: Color,
    /// The ground of the selected row; `Reset`: it is reversed.
    pub selected: Color,
    /// The ground of what the other side said; `Reset`: a bar stands beside it.
    pub bubble: Color,
    /// The ground of what the guest said.
    pub own_bubble: Color,
}

impl Colors {
    fn indexed(mut self) -> Self {
        let grounds = [&mut self.background, &mut self.selected, &mut self.bubble, &mut self.own_bubble];
        let texts = [&mut self.text, &mut self.dim, &mut self.border, &mut self.accent];
        let states = [&mut self.ok, &mut self.error, &mut self.warning];
        for color in grounds.into_iter().chain(texts).chain(states) {
            *color = indexed(*color);
        }
        self
    }
}

/// The names of the themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The theme of that name for a terminal that shows so many colours, in ASCII or without colour where asked.
pub fn named(name: &str, ascii: bool, no_color: bool, depth: Depth) -> Option<Theme> {
    // The files are part of the program; a test parses each.
    let colors = |name| toml::from_str::<Colors>(BUILT_IN.iter().find(|(known, _)| *known == name)?.1).ok();
    let shown = match depth {
        Depth::True => colors(name)?,
        Depth::Indexed => colors(name)?.indexed(),
        // Sixteen colours are the terminal's own: a theme names none that would be nearer.
        Depth::Basic => colors(name).and(colors(TERMINAL))?,
    };
    let (colors, mono) = (Colors { name: name.to_owned(), ..shown }, no_color || name == MONOCHROME);
    Some(Theme { colors, ascii, mono, no_color, depth })
}

/// The six levels of each channel in xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What the 256 colours of xterm show as `index`, for those that are the same on each terminal (16 to 255).
const fn rgb_of(index: u8) -> (u8, u8, u8) {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let at = index.saturating_sub(16);
    (CUBE[(at / 36) as usize % 6], CUBE[(at / 6 % 6) as usize], CUBE[(at % 6) as usize])
}

fn indexed(color: Color) -> Color {
    let Color::Rgb(red, green, blue) = color else { return color };
    let distance = |index: &u8| {
        let shown = rgb_of(*index);
        let differences = [(red, shown.0), (green, shown.1), (blue, shown.2)].into_iter();
        differences.map(|(is, seen)| u32::from(is.abs_diff(seen)).pow(2)).sum::<u32>()
    };
    Color::Indexed((16..=255).min_by_key(distance).unwrap_or(231))
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: StyleRole) -> Style {
        let colors = &self.colors;
        // A theme that has a colour for it needs no attribute, which some terminals render unreadably.
        let faint = |color| if self.shows(color) { Modifier::empty() } else { Modifier::DIM };
        let (color, modifier) = match role {
            StyleRole::Text => (colors.text, Modifier::empty()),
            StyleRole::Dim | StyleRole::Name => (colors.dim, faint(colors.dim)),
            StyleRole::Strong => (colors.text, Modifier::BOLD),
            StyleRole::Border => (colors.border, faint(colors.border)),
            StyleRole::Focus if self.mono => (colors.accent, Modifier::BOLD.union(Modifier::UNDERLINED)),
            StyleRole::Focus => (colors.accent, Modifier::BOLD),
            StyleRole::Info => (colors.accent, Modifier::empty()),
            StyleRole::Ok => (colors.ok, Modifier::empty()),
            StyleRole::Error => (colors.error, Modifier::BOLD),
            StyleRole::Warning => (colors.warning, Modifier::empty()),
            StyleRole::Match => (colors.accent, Modifier::UNDERLINED),
            StyleRole::Badge if self.mono => (Color::Reset, Modifier::REVERSED),
            StyleRole::Badge => return Style::new().fg(colors.background).bg(colors.accent),
            StyleRole::Production => (colors.error, Modifier::REVERSED.union(Modifier::BOLD)),
        };
        let style = Style::new().add_modifier(modifier);
        if self.shows(color) { style.fg(color) } else { style }
    }

    /// Whether a colour is shown: nothing else than the terminal's own is where there is none, or no colour at all.
    pub fn shows(&self, color: Color) -> bool {
        !self.mono && color != Color::Reset
    }

    /// Writes a text into a row: made visible, in the characters of the theme, and cut to the row. The column behind it.
    pub fn write(&self, row: Rect, text: &str, role: StyleRole, buf: &mut Buffer) -> u16 {
        let text = visible(text);
        let text = in_ascii(&text, self.ascii);
        let cells = usize::from(row.width);
        put(buf, row.x, row.y, fit(&text, cells, self.ascii), cells, self.style(role)).0
    }

    /// The one of two texts that the theme can show: in ASCII, or in glyphs beyond it.
    pub const fn glyph(&self, ascii: &'static str, fine: &'static str) -> &'static str {
        if self.ascii { ascii } else { fine }
    }

    /// Marks an area as selected: on a ground of its own, or reversed where there is none (reversed colours would be
    /// stripes).
    pub fn select(&self, area: Rect, buf: &mut Buffer) {
        let selected = self.colors.selected;
        let reversed = Style::reset().add_modifier(Modifier::REVERSED);
        buf.set_style(area, if self.shows(selected) { Style::new().bg(selected) } else { reversed });
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../tests/unit/tui/theme.rs"]
mod tests;
