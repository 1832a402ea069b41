//! Colours and glyphs by meaning. Panes ask for a role, never for a colour.

use ratatui::style::{Color, Modifier, Style};

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

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        let (color, modifier) = match role {
            Role::Text => (self.text, Modifier::empty()),
            Role::Dim => (self.dim, Modifier::DIM),
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
