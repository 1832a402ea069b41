//! Keys by name: `ctrl-p`, `alt-enter`, `?`, `F5`, and sequences of two (`y c`).

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key with its modifiers, in the one form in which keys are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Chord {
    /// The chord of a key event. Shift is dropped from characters (the character itself tells), Shift-Tab has one
    /// name, and the Backspace of terminals that send `08` is Backspace (Ctrl-H itself is never bound).
    pub fn of(key: KeyEvent) -> Self {
        let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let mut code = key.code;
        match code {
            KeyCode::Char('h') if modifiers.contains(KeyModifiers::CONTROL) => {
                code = KeyCode::Backspace;
                modifiers.remove(KeyModifiers::CONTROL);
            }
            KeyCode::Char(c) => {
                modifiers.remove(KeyModifiers::SHIFT);
                if modifiers.contains(KeyModifiers::CONTROL) {
                    // Terminals differ in the case they report, and in how they name 1f: legacy input gives Ctrl-7.
                    code = KeyCode::Char(if c == '7' { '_' } else { c.to_ascii_lowercase() });
                }
            }
            KeyCode::BackTab => {
                code = KeyCode::Tab;
                modifiers |= KeyModifiers::SHIFT;
            }
            _ => {}
        }
        Self { code, modifiers }
    }

    /// A key event that this chord is the chord of.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The character that this chord types into a text field, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The character's chord without Alt, where Alt is held: `Alt-K` equals `Esc` then `K` on every terminal. An arrow
    /// with Alt is a key of its own: it moves by words where it is bound, and does nothing elsewhere.
    pub fn without_alt(self) -> Option<Self> {
        (self.modifiers.contains(KeyModifiers::ALT) && matches!(self.code, KeyCode::Char(_)))
            .then(|| Self { code: self.code, modifiers: self.modifiers - KeyModifiers::ALT })
    }

    /// Parses a key's name. The error is the part that is not known.
    pub fn parse(name: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = name;
        while let Some((head, tail)) = rest.split_once(['-', '+']).filter(|(h, t)| !h.is_empty() && !t.is_empty()) {
            match head.to_ascii_lowercase().as_str() {
                "ctrl" | "control" | "c" | "^" => modifiers |= KeyModifiers::CONTROL,
                "alt" | "a" | "meta" => modifiers |= KeyModifiers::ALT,
                "shift" | "s" => modifiers |= KeyModifiers::SHIFT,
                _ => return Err(head.to_owned()),
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => named(rest).ok_or_else(|| rest.to_owned())?,
        };
        Ok(Self::of(KeyEvent::new(code, modifiers)))
    }
}

fn named(name: &str) -> Option<KeyCode> {
    Some(match name.to_ascii_lowercase().as_str() {
        "enter" | "return" => KeyCode::Enter,
        "esc" | "escape" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        "delete" | "del" => KeyCode::Delete,
        "insert" => KeyCode::Insert,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" | "pgup" => KeyCode::PageUp,
        "pagedown" | "pgdn" => KeyCode::PageDown,
        f => {
            let number = f.strip_prefix('f')?.parse::<u8>().ok()?;
            (1..=24).contains(&number).then_some(KeyCode::F(number))?
        }
    })
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = [(KeyModifiers::CONTROL, "^"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")];
        for (_, mark) in marks.into_iter().filter(|(held, _)| self.modifiers.contains(*held)) {
            f.write_str(mark)?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            code => write!(f, "{code:?}"),
        }
    }
}

/// One chord, or two in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeySequence {
    /// The first.
    pub first: Chord,
    /// The second, for two-key bindings.
    pub second: Option<Chord>,
}

impl KeySequence {
    /// Parses `ctrl-p` or `y c`. The error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split_whitespace();
        let chord = |name: &str| {
            Chord::parse(name).map_err(|part| {
                format!("“{part}” is not the name of a key; names look like ctrl-p, alt-enter, F5, space, ?")
            })
        };
        let first = chord(parts.next().ok_or("an empty string names no key")?)?;
        let second = parts.next().map(chord).transpose()?;
        if parts.next().is_some() {
            return Err("a binding has one key, or two in a row".to_owned());
        }
        Ok(Self { first, second })
    }
}

impl fmt::Display for KeySequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if let Some(second) = self.second {
            write!(f, " {second}")?;
        }
        Ok(())
    }
}
