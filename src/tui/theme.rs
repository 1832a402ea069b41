//! Colours and glyphs by meaning. Panes ask for a role, never for a colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// The themes that come with the program, beside the default one: data that a person may read and change.
const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../assets/themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../assets/themes/colour-blind.toml")),
];
/// The default: the sixteen colours of the user's own terminal theme.
const TERMINAL: &str = "terminal";
/// No colour.
const MONOCHROME: &str = "monochrome";

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StyleRole {
    /// Ordinary text.
    Text,
    /// Less important text: ids, times, words that say that all is well.
    Dim,
    /// Titles and names.
    Strong,
    /// The rules between panes.
    Border,
    /// The focus, and the names of keys.
    Focus,
    /// Evidence that holds. The only green on the screen.
    Ok,
    /// The word of an error, its status, the name of its cause; never a whole sentence.
    Error,
    /// Unknown, waiting, more than one try, a fault that is on.
    Warning,
    /// Under way, or news.
    Info,
    /// A match of a filter or search.
    Match,
    /// Names of JSON fields and headers.
    Name,
    /// A word on a ground of its own: where one is.
    Badge,
    /// Production.
    Production,
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    #[default]
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
    /// Its name, as config and `:theme` say it.
    pub name: String,
    /// Only `+-|>v` and the like.
    pub ascii: bool,
    /// No colour at all: bold, underline and reverse remain.
    pub mono: bool,
    /// No theme may have colour (`NO_COLOR`).
    pub no_color: bool,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// Text.
    pub text: Color,
    /// Dim text.
    pub dim: Color,
    /// Rules.
    pub border: Color,
    /// Focus, names of keys.
    pub accent: Color,
    /// Evidence that holds.
    pub ok: Color,
    /// Refused or failed.
    pub error: Color,
    /// Unknown, waiting.
    pub warning: Color,
    /// The ground of the selected row; `Reset`: it is reversed.
    pub selected: Color,
    /// The grounds of messages.
    pub bubbles: Bubbles,
    /// What stands on a badge.
    pub on_badge: Color,
}

/// The grounds of messages; `Reset`: a bar stands beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bubbles {
    /// Of what the other side said.
    pub other: Color,
    /// Of what the guest said.
    pub own: Color,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            name: TERMINAL.to_owned(),
            ascii: false,
            mono: false,
            no_color: false,
            depth: Depth::True,
            text: Color::Reset,
            dim: Color::Reset,
            border: Color::Reset,
            accent: Color::Cyan,
            ok: Color::Green,
            error: Color::Red,
            warning: Color::Yellow,
            selected: Color::Reset,
            bubbles: Bubbles { other: Color::Reset, own: Color::Reset },
            on_badge: Color::Black,
        }
    }
}

/// A theme file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ThemeFile {
    name: String,
    background: Color,
    text: Color,
    dim: Color,
    border: Color,
    accent: Color,
    ok: Color,
    error: Color,
    warning: Color,
    selected: Color,
    bubble: Color,
    own_bubble: Color,
}

/// The names of the themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    [TERMINAL].into_iter().chain(BUILT_IN.iter().map(|(name, _)| *name)).chain([MONOCHROME])
}

/// The theme of that name for a terminal that shows so many colours, in ASCII or without colour where asked.
pub fn named(name: &str, ascii: bool, no_color: bool, depth: Depth) -> Option<Theme> {
    let base = Theme { ascii, mono: no_color, no_color, depth, ..Theme::default() };
    match name {
        TERMINAL => Some(base),
        MONOCHROME => Some(Theme { name: MONOCHROME.to_owned(), mono: true, ..base }),
        _ => {
            let (_, text) = BUILT_IN.iter().find(|(n, _)| *n == name)?;
            // The files are part of the program; a test parses each.
            let file: ThemeFile = toml::from_str(text).ok()?;
            // Sixteen colours are the terminal's own: a theme names none that would be nearer.
            let base = Theme { name: file.name.clone(), ..base };
            Some(if depth == Depth::Basic { base } else { file.theme(base) })
        }
    }
}

impl ThemeFile {
    fn theme(self, base: Theme) -> Theme {
        let shown = |color| if base.depth == Depth::Indexed { indexed(color) } else { color };
        Theme {
            text: shown(self.text),
            dim: shown(self.dim),
            border: shown(self.border),
            accent: shown(self.accent),
            ok: shown(self.ok),
            error: shown(self.error),
            warning: shown(self.warning),
            selected: shown(self.selected),
            bubbles: Bubbles { other: shown(self.bubble), own: shown(self.own_bubble) },
            on_badge: shown(self.background),
            ..base
        }
    }
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

/// The nearest of the 256 colours of xterm.
fn indexed(color: Color) -> Color {
    let Color::Rgb(red, green, blue) = color else { return color };
    let distance = |index: &u8| {
        let shown = rgb_of(*index);
        [(red, shown.0), (green, shown.1), (blue, shown.2)]
            .map(|(is, seen)| u32::from(is.abs_diff(seen)).pow(2))
            .iter()
            .sum::<u32>()
    };
    Color::Indexed((16..=255).min_by_key(distance).unwrap_or(231))
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: StyleRole) -> Style {
        let (color, modifier) = match role {
            StyleRole::Text => (self.text, Modifier::empty()),
            // A theme that has a colour for it needs no attribute, which some terminals render unreadably.
            StyleRole::Dim | StyleRole::Name if self.mono || self.dim == Color::Reset => (self.dim, Modifier::DIM),
            StyleRole::Dim | StyleRole::Name => (self.dim, Modifier::empty()),
            StyleRole::Strong => (self.text, Modifier::BOLD),
            StyleRole::Border if self.mono || self.border == Color::Reset => (self.border, Modifier::DIM),
            StyleRole::Border => (self.border, Modifier::empty()),
            StyleRole::Focus if self.mono => (self.accent, Modifier::BOLD.union(Modifier::UNDERLINED)),
            StyleRole::Focus => (self.accent, Modifier::BOLD),
            StyleRole::Info => (self.accent, Modifier::empty()),
            StyleRole::Ok => (self.ok, Modifier::empty()),
            StyleRole::Error => (self.error, Modifier::BOLD),
            StyleRole::Warning => (self.warning, Modifier::empty()),
            StyleRole::Match => (self.accent, Modifier::UNDERLINED),
            StyleRole::Badge if self.mono => (Color::Reset, Modifier::REVERSED),
            StyleRole::Badge => return Style::new().fg(self.on_badge).bg(self.accent),
            StyleRole::Production => (self.error, Modifier::REVERSED.union(Modifier::BOLD)),
        };
        let style = Style::new().add_modifier(modifier);
        if self.mono || color == Color::Reset { style } else { style.fg(color) }
    }

    /// Marks an area as selected: on a ground of its own with its colours kept, or reversed where there is none. Colours
    /// that are reversed would be stripes.
    pub fn select(&self, area: Rect, buf: &mut Buffer) {
        self.ground(area, self.selected, buf);
        if !self.mono && self.selected != Color::Reset {
            return;
        }
        let area = area.intersection(buf.area);
        for at in area.positions() {
            if let Some(cell) = buf.cell_mut(at) {
                cell.set_style(Style::reset().add_modifier(Modifier::REVERSED));
            }
        }
    }

    /// Gives an area a ground; nothing where the theme has none.
    pub fn ground(&self, area: Rect, color: Color, buf: &mut Buffer) {
        if !self.mono && color != Color::Reset {
            buf.set_style(area.intersection(buf.area), Style::new().bg(color));
        }
    }

    /// Whether what is said in a conversation stands on grounds, or beside bars.
    pub fn has_grounds(&self) -> bool {
        !self.mono && self.bubbles.other != Color::Reset
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn luminance(color: Color) -> f64 {
        let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no RGB colour") };
        let channel = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
    }

    /// WCAG contrast ratio.
    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// What a colour looks like on a terminal.
    fn seen(color: Color) -> Color {
        let Color::Indexed(index) = color else { return color };
        let (r, g, b) = rgb_of(index);
        Color::Rgb(r, g, b)
    }

    #[test]
    fn every_theme_can_be_read_on_every_ground_at_each_depth() {
        for (name, text) in BUILT_IN {
            let file: ThemeFile = toml::from_str(text).unwrap();
            assert_eq!(file.name, name);
            for depth in [Depth::True, Depth::Indexed] {
                let theme = named(name, false, false, depth).unwrap();
                let grounds = [file.background, theme.selected, theme.bubbles.other, theme.bubbles.own].map(seen);
                for ground in grounds {
                    for color in [theme.text, theme.accent, theme.ok, theme.error, theme.warning] {
                        let ratio = contrast(seen(color), ground);
                        assert!(ratio >= 4.5, "{name} {depth:?}: {color} on {ground} has {ratio:.2}");
                    }
                    let ratio = contrast(seen(theme.dim), ground);
                    assert!(ratio >= 3.0, "{name} {depth:?}: dim on {ground} has {ratio:.2}");
                }
                // A rule stands on the terminal's own ground only; a badge's word on the accent.
                assert!(contrast(seen(theme.border), file.background) >= 3.0, "{name} {depth:?}: border");
                assert!(contrast(seen(theme.on_badge), seen(theme.accent)) >= 4.5, "{name} {depth:?}: badge");
                // The grounds are there to be told from each other.
                assert!(grounds.iter().skip(1).all(|ground| *ground != file.background), "{name} {depth:?}");
            }
        }
        for name in names() {
            assert_eq!(named(name, false, false, Depth::True).unwrap().name, name);
        }
        assert_eq!(named("no such", false, false, Depth::True), None);
    }

    #[test]
    fn monochrome_has_no_colour_at_all() {
        for name in names() {
            let mono = named(name, false, true, Depth::True).unwrap();
            for role in [
                StyleRole::Text,
                StyleRole::Ok,
                StyleRole::Error,
                StyleRole::Production,
                StyleRole::Focus,
                StyleRole::Dim,
                StyleRole::Badge,
            ] {
                assert_eq!((mono.style(role).fg, mono.style(role).bg), (None, None), "{name}");
            }
            assert!(!mono.has_grounds());
        }
    }

    #[test]
    fn sixteen_colours_are_the_terminals_own() {
        for name in names() {
            let theme = named(name, false, false, Depth::Basic).unwrap();
            for color in [theme.text, theme.accent, theme.ok, theme.error, theme.warning, theme.selected] {
                assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{name}: {color}");
            }
        }
    }

    #[test]
    fn a_reversed_row_has_no_stripes() {
        let area = Rect::new(0, 0, 6, 1);
        for theme in [Theme::default(), named("dark", false, true, Depth::True).unwrap()] {
            let mut buf = Buffer::empty(area);
            buf.set_string(0, 0, "ab", theme.style(StyleRole::Error));
            buf.set_string(2, 0, "cd", theme.style(StyleRole::Dim));
            theme.select(area, &mut buf);
            for cell in buf.content() {
                assert_eq!((cell.fg, cell.bg, cell.modifier), (Color::Reset, Color::Reset, Modifier::REVERSED));
            }
        }
        let dark = named("dark", false, false, Depth::True).unwrap();
        let mut buf = Buffer::empty(area);
        buf.set_string(0, 0, "ab", dark.style(StyleRole::Error));
        dark.select(area, &mut buf);
        assert!(
            buf.content()
                .iter()
                .all(|cell| cell.bg == dark.selected && cell.modifier & Modifier::REVERSED == Modifier::empty())
        );
        assert_eq!(buf.content()[0].fg, dark.error);
    }

    #[test]
    fn the_environment_tells_how_many_colours_there_are() {
        for (colorterm, term, depth) in [
            ("truecolor", "xterm", Depth::True),
            ("24bit", "screen", Depth::True),
            ("", "xterm-direct", Depth::True),
            ("", "xterm-256color", Depth::Indexed),
            ("yes", "tmux-256color", Depth::Indexed),
            ("", "xterm", Depth::Basic),
            ("", "linux", Depth::Basic),
            ("", "", Depth::Basic),
        ] {
            assert_eq!(Depth::of(colorterm, term), depth, "{colorterm} {term}");
        }
    }
}
