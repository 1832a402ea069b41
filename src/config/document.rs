//! A TOML document that is being read, and what is found in it: problems with their places, and settings with their
//! origins.

use std::cell::{RefCell, RefMut};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::origin::{Origin, RowSetting};
use super::problem::{FilePosition, NOWHERE, Problem, position};

#[derive(Debug, Default)]
pub struct ReadingResults {
    pub problems: Vec<Problem>,
    /// Each setting that was decided, in the order of deciding.
    pub rows: Vec<RowSetting>,
}

/// Where a document comes from that is no file: flags or variables.
pub struct GeneratedSource<'t> {
    /// The table as which it is read: `profiles.env`.
    pub table: String,
    /// How sentences about it begin.
    pub name: &'static str,
    /// From which flag or variable a field comes.
    pub origin: &'t dyn Fn(&str) -> Origin,
}

pub struct Document<'t> {
    /// The file; or the flags or variables that the text was made from: their positions are all [`NOWHERE`].
    pub from: Result<&'t Path, GeneratedSource<'t>>,
    text: &'t str,
    /// Its outermost table; none where the text is no TOML.
    pub root: Option<DeTable<'t>>,
    pub empty: DeTable<'t>,
    results: Rc<RefCell<ReadingResults>>,
}

impl<'t> Document<'t> {
    /// A document from its text; `file` is for the sentences.
    pub fn new(file: &'t Path, text: &'t str) -> Self {
        Self::parse(Ok(file), text, Rc::default())
    }

    /// A document made from flags or variables. Its problems and settings are collected with those of this document.
    pub fn generated<'s>(&self, source: GeneratedSource<'s>, text: &'s str) -> Document<'s> {
        Document::parse(Err(source), text, Rc::clone(&self.results))
    }

    fn parse(from: Result<&'t Path, GeneratedSource<'t>>, text: &'t str, results: Rc<RefCell<ReadingResults>>) -> Self {
        // A byte order mark is no character of the first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (root, errors) = DeTable::parse_recoverable(text);
        let root = errors.is_empty().then(|| root.into_inner());
        let doc = Self { from, text, root, empty: DeTable::new(), results };
        if let Some(first) = errors.iter().min_by_key(|e| e.span().map(|s| s.start)) {
            // The parser's own display would quote the line; its message is one of a fixed set.
            doc.wrong(doc.place(&first.span().unwrap_or(0..0)), format!("this is not TOML: {}", first.message()));
        }
        doc
    }

    pub fn place(&self, span: &Range<usize>) -> FilePosition {
        self.from.as_ref().map_or(NOWHERE, |_| position(self.text, span))
    }

    pub fn problem(&self, at: FilePosition, sentence: impl Into<String>) -> Problem {
        match &self.from {
            Ok(file) => Problem::at(file, at, sentence),
            Err(source) => Problem::new(format!("{}: {}", source.name, sentence.into())),
        }
    }

    pub fn wrong(&self, at: FilePosition, sentence: impl Into<String>) {
        self.results().problems.push(self.problem(at, sentence));
    }

    pub fn results(&self) -> RefMut<'_, ReadingResults> {
        self.results.borrow_mut()
    }

    /// What was found wrong, in the order of the file.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = std::mem::take(&mut self.results().problems);
        problems.sort_by_key(|p| p.at);
        problems.dedup();
        problems
    }
}

pub fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(&digits.as_str().replace('_', ""), digits.radix());
            number.map_or_else(|_| Value::from(digits.as_str()), Value::from)
        }
        DeValue::Float(digits) => digits.as_str().replace('_', "").parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(b) => Value::from(*b),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(fields) => {
            Value::Object(fields.iter().map(|(k, v)| (k.get_ref().clone().into_owned(), json(v.get_ref()))).collect())
        }
    }
}

pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A span of time above zero, as config and flags write it.
pub fn parse_duration(text: &str) -> Option<Duration> {
    Duration::try_from(text.trim().parse::<jiff::SignedDuration>().ok()?).ok().filter(|d| !d.is_zero())
}

/// A number of bytes above zero: `64 MiB`.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text.get(..digits)?.parse().ok()?;
    let unit: u64 = match text.get(digits..)?.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(unit).filter(|n| *n > 0)
}
