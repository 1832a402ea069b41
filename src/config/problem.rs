//! What is wrong with the configuration, and where: one sentence each. A sentence never quotes a value of the file,
//! because the value in the wrong place may be a secret; names of fields are quoted.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::text::screen::visible;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePosition {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// The place of what no file says.
pub const NOWHERE: FilePosition = FilePosition { line: 0, column: 0 };

/// Something that came from a place in the config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// What it is.
    pub value: T,
    /// Where its value stands.
    pub at: FilePosition,
}

impl<T> Located<T> {
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), at: self.at }
    }
}

/// Something wrong with the configuration. Displays as `file:line:column: sentence`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: Option<PathBuf>,
    pub at: Option<FilePosition>,
    pub sentence: String,
}

impl Problem {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { file: None, at: None, sentence: sentence.into() }
    }

    pub fn file(file: &Path, sentence: impl Into<String>) -> Self {
        Self { file: Some(file.to_owned()), at: None, sentence: sentence.into() }
    }

    pub fn at(file: &Path, at: FilePosition, sentence: impl Into<String>) -> Self {
        Self { file: Some(file.to_owned()), at: Some(at), sentence: sentence.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", visible(&file.display().to_string()))?;
            if let Some(FilePosition { line, column }) = self.at {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&visible(&self.sentence))
    }
}

/// All that is wrong, in the order of the file; never empty. Displays as one problem a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

pub fn position(text: &str, span: &Range<usize>) -> FilePosition {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    FilePosition { line: before.matches('\n').count() + 1, column }
}
