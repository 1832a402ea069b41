//! Picks each value from whoever said something (flag, then environment, then file, then default) and writes down who
//! it was, for `config show`.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::problem::{FilePosition, Problem, Spot};
use super::toml_reader::{Table, words};

/// How an environment variable is looked up. Given by the edge, so that tests need no environment of their own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A value with where it came from, if it came from anywhere.
pub type Sourced<T> = Option<(T, Origin)>;

/// The value of a line of the file.
pub fn file<T>(spot: Option<Spot<T>>) -> Sourced<T> {
    spot.map(|s| (s.value, Origin::File(s.at)))
}

/// The value of a flag.
pub fn flag<T>(name: &'static str, value: Option<T>) -> Sourced<T> {
    value.map(|v| (v, Origin::Flag(name)))
}

/// A flag that can only be switched on.
pub fn switch(name: &'static str, on: bool) -> Sourced<bool> {
    on.then_some((true, Origin::Flag(name)))
}

/// The text of an environment variable, unless it is empty or blank.
pub fn env_text(env: Lookup<'_>, name: &'static str) -> Sourced<String> {
    let text = env(name)?.to_string_lossy().trim().to_owned();
    (!text.is_empty()).then_some((text, Origin::Env(name)))
}

/// The path of an environment variable, unless it is empty.
pub fn env_path(env: Lookup<'_>, name: &'static str) -> Sourced<PathBuf> {
    let path = env(name)?;
    (!path.is_empty()).then(|| (PathBuf::from(path), Origin::Env(name)))
}

/// The yes or no of an environment variable.
pub fn env_flag(env: Lookup<'_>, name: &'static str, problems: &mut Vec<Problem>) -> Sourced<bool> {
    let (text, origin) = env_text(env, name)?;
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some((true, origin)),
        "0" | "false" | "no" | "off" => Some((false, origin)),
        _ => {
            problems.push(Problem::new(format!("the environment variable {name} must be 1 or 0")));
            None
        }
    }
}

/// One of the words of a type in an environment variable.
pub fn env_word<T: ValueEnum>(env: Lookup<'_>, name: &'static str, problems: &mut Vec<Problem>) -> Sourced<T> {
    let (text, origin) = env_text(env, name)?;
    let words = words::<T>();
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Some((value.clone(), origin));
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    problems.push(Problem::new(format!("the environment variable {name} must be one of {}", known.join(", "))));
    None
}

/// The settings that were decided so far, each with its origin.
#[derive(Debug, Default)]
pub struct EffectiveSettings {
    /// In the order of picking.
    pub rows: Vec<RowSetting>,
}

impl EffectiveSettings {
    /// What was said, or the default; written down either way.
    pub fn pick<T: ShownValue>(&mut self, name: impl Into<String>, said: Sourced<T>, default: T) -> T {
        self.pick_from(name, said, (default, Origin::Default))
    }

    /// What was said, or something else with an origin of its own.
    pub fn pick_from<T: ShownValue>(&mut self, name: impl Into<String>, said: Sourced<T>, otherwise: (T, Origin)) -> T {
        let (value, origin) = said.unwrap_or(otherwise);
        self.note(name, value.shown(), origin);
        value
    }

    /// Writes down what the file says, if it says anything; there is no default to tell.
    pub fn note_said<T>(&mut self, name: &str, said: &Option<Spot<T>>, shown: impl FnOnce(&T) -> String) {
        if let Some(Spot { value, at }) = said {
            self.note(name, shown(value), Origin::File(*at));
        }
    }

    /// Writes down a value that was found otherwise.
    pub fn note(&mut self, name: impl Into<String>, value: impl Into<String>, origin: Origin) {
        self.rows.push(RowSetting { name: name.into(), value: value.into(), origin });
    }
}

/// A table of the file while its settings are decided. A table that the file lacks says nothing.
pub struct SettingsTable<'d, 'e> {
    name: &'static str,
    table: Option<Table<'d>>,
    effective: &'e mut EffectiveSettings,
}

impl<'d, 'e> SettingsTable<'d, 'e> {
    /// The table of this name.
    pub fn of(root: &mut Table<'d>, name: &'static str, effective: &'e mut EffectiveSettings) -> Self {
        Self { name, table: root.table(name), effective }
    }

    /// What was said by whoever comes before the file, else by the file, else by whoever comes after it, or the default.
    pub fn pick_around<T: ShownValue>(
        &mut self,
        field: &'static str,
        before: Sourced<T>,
        read: impl FnOnce(&mut Table<'d>, &'static str) -> Option<Spot<T>>,
        after: Sourced<T>,
        default: T,
    ) -> T {
        let said = file(self.table.as_mut().and_then(|table| read(table, field)));
        self.effective.pick(format!("{}.{field}", self.name), before.or(said).or(after), default)
    }

    /// What the file says, or the default.
    pub fn pick<T: ShownValue>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Table<'d>, &'static str) -> Option<Spot<T>>,
        default: T,
    ) -> T {
        self.pick_around(field, None, read, None, default)
    }

    /// The table itself, for what is read otherwise, and where the decisions are written down.
    pub fn parts(&mut self) -> (Option<&mut Table<'d>>, &mut EffectiveSettings) {
        (self.table.as_mut(), self.effective)
    }

    /// Ends the reading: whatever was not asked for is unknown.
    pub fn finish(self) {
        self.table.into_iter().for_each(Table::finish);
    }
}

/// How `config show` writes a value.
pub trait ShownValue {
    /// As in the file.
    fn shown(&self) -> String;
}

impl ShownValue for String {
    fn shown(&self) -> String {
        format!("\"{self}\"")
    }
}

impl ShownValue for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl ShownValue for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl ShownValue for Duration {
    fn shown(&self) -> String {
        jiff::SignedDuration::try_from(*self).map_or_else(|_| format!("{self:?}"), |d| format!("\"{d:#}\""))
    }
}

impl ShownValue for PathBuf {
    fn shown(&self) -> String {
        format!("\"{}\"", self.display())
    }
}

impl ShownValue for Vec<String> {
    fn shown(&self) -> String {
        let items: Vec<String> = self.iter().map(ShownValue::shown).collect();
        format!("[{}]", items.join(", "))
    }
}

/// A type of words is shown as the word.
macro_rules! shown_as_words {
    ($($words:ty),*) => {$(
        impl ShownValue for $words {
            fn shown(&self) -> String {
                self.to_possible_value().map_or_else(String::new, |word| format!("\"{}\"", word.get_name()))
            }
        }
    )*};
}
pub(super) use shown_as_words;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// It follows from the region.
    Region,
    /// A line of the config file.
    File(FilePosition),
    /// An environment variable.
    Env(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Region => f.write_str("region"),
            Self::File(at) => write!(f, "line {}", at.line),
            Self::Env(name) => write!(f, "env {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A line of `config show`. Its value is never a secret: secrets are named by their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSetting {
    /// `ui.theme`
    pub name: String,
    /// As it would be written in the file, more or less.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}
