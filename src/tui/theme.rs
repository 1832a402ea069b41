//! Colours and glyphs by meaning. Panes ask for a role, never for a colour.

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
pub enum Role {
    /// Ordinary text.
    Text,
    /// Less important text: ids, times, hints.
    Dim,
    /// Titles and the names of keys.
    Strong,
    /// The border of a pane.
    Border,
    /// The border of the pane that has the focus.
    Focus,
    /// The selected row (always reversed too).
    Selected,
    /// It worked.
    Ok,
    /// It was refused or failed.
    Error,
    /// Unknown, waiting, about to expire.
    Warning,
    /// Under way, or news.
    Info,
    /// A match of a filter or search.
    Match,
    /// Names of JSON fields and headers.
    Name,
    /// Production.
    Production,
}

/// A theme: a style for each role, and the glyphs that borders and marks are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name, as config and `:theme` say it.
    pub name: String,
    /// Only `+-|>v` and the like.
    pub ascii: bool,
    /// No colour at all (`NO_COLOR`): bold, underline and reverse remain.
    pub mono: bool,
    /// Text.
    pub text: Color,
    /// Dim text.
    pub dim: Color,
    /// Borders.
    pub border: Color,
    /// Focused border, names of keys.
    pub accent: Color,
    /// It worked.
    pub ok: Color,
    /// Refused or failed.
    pub error: Color,
    /// Unknown, waiting.
    pub warning: Color,
    /// Under way.
    pub info: Color,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            name: "terminal".to_owned(),
            ascii: false,
            mono: false,
            text: Color::Reset,
            dim: Color::Reset,
            border: Color::Reset,
            accent: Color::Cyan,
            ok: Color::Green,
            error: Color::Red,
            warning: Color::Yellow,
            info: Color::Blue,
        }
    }
}

/// A theme file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
    info: Color,
}

/// The names of the themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    [TERMINAL].into_iter().chain(BUILT_IN.iter().map(|(name, _)| *name)).chain([MONOCHROME])
}

/// The theme of that name, in ASCII or without colour where asked.
pub fn named(name: &str, ascii: bool, mono: bool) -> Option<Theme> {
    let base = Theme { ascii, mono, ..Theme::default() };
    match name {
        TERMINAL => Some(base),
        MONOCHROME => Some(Theme { name: MONOCHROME.to_owned(), mono: true, ..base }),
        _ => {
            let (_, text) = BUILT_IN.iter().find(|(n, _)| *n == name)?;
            // The files are part of the program; a test parses each.
            let file: ThemeFile = toml::from_str(text).ok()?;
            Some(file.theme(ascii, mono))
        }
    }
}

impl ThemeFile {
    fn theme(self, ascii: bool, mono: bool) -> Theme {
        debug_assert!(matches!(self.background, Color::Rgb(..)));
        Theme {
            name: self.name,
            ascii,
            mono,
            text: self.text,
            dim: self.dim,
            border: self.border,
            accent: self.accent,
            ok: self.ok,
            error: self.error,
            warning: self.warning,
            info: self.info,
        }
    }
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        let (color, modifier) = match role {
            Role::Text => (self.text, Modifier::empty()),
            // A theme that has a colour for it needs no attribute, which some terminals render unreadably.
            Role::Dim if self.mono || self.dim == Color::Reset => (self.dim, Modifier::DIM),
            Role::Dim => (self.dim, Modifier::empty()),
            Role::Strong => (self.text, Modifier::BOLD),
            Role::Border => (self.border, Modifier::empty()),
            Role::Focus => (self.accent, Modifier::BOLD),
            Role::Selected => (Color::Reset, Modifier::REVERSED),
            Role::Ok => (self.ok, Modifier::empty()),
            Role::Error => (self.error, Modifier::BOLD),
            Role::Warning => (self.warning, Modifier::BOLD),
            Role::Info => (self.info, Modifier::empty()),
            Role::Match => (self.accent, Modifier::UNDERLINED),
            Role::Name => (self.accent, Modifier::empty()),
            Role::Production => (self.error, Modifier::REVERSED.union(Modifier::BOLD)),
        };
        let style = Style::new().add_modifier(modifier);
        if self.mono || color == Color::Reset { style } else { style.fg(color) }
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

    #[test]
    fn every_theme_loads_and_can_be_read() {
        for (name, text) in BUILT_IN {
            let file: ThemeFile = toml::from_str(text).unwrap();
            assert_eq!(file.name, name);
            for color in [file.text, file.dim, file.accent, file.ok, file.error, file.warning, file.info] {
                let ratio = contrast(color, file.background);
                assert!(ratio >= 4.5, "{name}: {color} has {ratio:.1}");
            }
            assert!(contrast(file.border, file.background) >= 3.0, "{name}: border");
        }
        for name in names() {
            assert_eq!(named(name, false, false).unwrap().name, name);
        }
        assert_eq!(named("no such", false, false), None);
    }

    #[test]
    fn monochrome_has_no_colour_at_all() {
        let mono = named("dark", false, true).unwrap();
        for role in [Role::Text, Role::Ok, Role::Error, Role::Production, Role::Focus, Role::Dim] {
            assert_eq!((mono.style(role).fg, mono.style(role).bg), (None, None));
        }
    }
}
