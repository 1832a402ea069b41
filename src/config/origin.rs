//! Where each value came from (a flag, else a variable of guestwire's own, else the file, else a variable that programs
//! share, as NO_COLOR or the locale, else a default), and how `config show` writes it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::problem::{FilePosition, Problem};

/// How an environment variable is looked up. Given by the edge, so that tests need no environment of their own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A value with where it came from, if it came from anywhere.
pub type Sourced<T> = Option<(T, Origin)>;

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

pub fn env_word<T: ValueEnum>(env: Lookup<'_>, name: &'static str, problems: &mut Vec<Problem>) -> Sourced<T> {
    let (text, origin) = env_text(env, name)?;
    let value = T::from_str(&text, false).ok();
    if value.is_none() {
        let known: Vec<String> = words::<T>().into_iter().map(|(word, _)| word).collect();
        problems.push(Problem::new(format!("the environment variable {name} must be one of {}", known.join(", "))));
    }
    Some((value?, origin))
}

/// How `config show` writes a value.
pub trait ShownValue {
    fn shown(&self) -> String;
}

impl ShownValue for String {
    fn shown(&self) -> String {
        format!("\"{self}\"")
    }
}

macro_rules! shown_with {
    ($shown:path: $($type:ty),*) => {$(
        impl ShownValue for $type {
            fn shown(&self) -> String {
                $shown(self)
            }
        }
    )*};
}
pub(super) use shown_with;

shown_with!(ToString::to_string: bool, u32, u64, usize);

/// A choice, by its word.
pub fn quoted_word<T: ValueEnum>(choice: &T) -> String {
    choice.to_possible_value().map_or_else(String::new, |word| format!("\"{}\"", word.get_name()))
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

impl<T: ShownValue> ShownValue for Vec<T> {
    fn shown(&self) -> String {
        format!("[{}]", self.iter().map(ShownValue::shown).collect::<Vec<_>>().join(", "))
    }
}

pub fn words<T: ValueEnum>() -> Vec<(String, T)> {
    let word = |value: &T| Some((value.to_possible_value()?.get_name().to_owned(), value.clone()));
    T::value_variants().iter().filter_map(word).collect()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    Region,
    File(FilePosition),
    Env(&'static str),
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
    pub origin: Origin,
}
