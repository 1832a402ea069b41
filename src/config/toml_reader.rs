//! Reads a TOML document table by table, with typed questions, so that each wrong answer becomes a [`Problem`] with its
//! place and without the value. Whatever a table was not asked for is an unknown field.
//!
//! Serde is not used at this boundary because its sentences quote the value that does not fit, which may be a secret.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{FilePosition, NOWHERE, Problem, Spot, position};
use crate::text::suggest::{nearest, suggestion};

/// A document being read: its text, and what was found wrong so far.
pub struct Doc<'t> {
    /// Nothing for what flags and variables say: it has no places.
    file: Option<&'t Path>,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    is_toml: bool,
    problems: RefCell<Vec<Problem>>,
    #[cfg(test)]
    asked: RefCell<std::collections::BTreeSet<String>>,
}

impl<'t> Doc<'t> {
    /// A document from its text; `file` is for the sentences.
    pub fn new(file: &'t Path, text: &'t str) -> Self {
        Self::parse(Some(file), text)
    }

    /// What flags and variables say, written as a file would say it. Everything in it stands [`NOWHERE`].
    pub fn without_file(text: &'t str) -> Self {
        Self::parse(None, text)
    }

    fn parse(file: Option<&'t Path>, text: &'t str) -> Self {
        // A byte order mark is no character of the first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (root, errors) = DeTable::parse_recoverable(text);
        let doc = Self {
            file,
            text,
            root,
            is_toml: errors.is_empty(),
            problems: RefCell::default(),
            #[cfg(test)]
            asked: RefCell::default(),
        };
        if let Some(first) = errors.iter().min_by_key(|e| e.span().map(|s| s.start)) {
            // The parser's own display would quote the line; its message is one of a fixed set.
            doc.wrong(doc.place(&first.span().unwrap_or(0..0)), format!("this is not TOML: {}", first.message()));
        }
        doc
    }

    /// The outermost table, where the text is TOML.
    pub fn root(&self) -> Option<Table<'_>> {
        let start = self.place(&(0..0));
        self.is_toml.then(|| Table::new(self, String::new(), start, self.root.get_ref()))
    }

    fn place(&self, span: &Range<usize>) -> FilePosition {
        self.file.map_or(NOWHERE, |_| position(self.text, span))
    }

    /// Notes a problem.
    pub fn wrong(&self, at: FilePosition, sentence: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::at(self.file.unwrap_or(Path::new("")), at, sentence));
    }

    /// What was found wrong, in the order of the file.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|p| p.at);
        problems.dedup();
        problems
    }

    /// The names of all fields that the tables of this document were asked for.
    #[cfg(test)]
    pub fn asked(&self) -> std::collections::BTreeSet<String> {
        self.asked.borrow().clone()
    }
}

/// A value where several forms are possible.
pub enum TextOrTable<'d> {
    /// A string.
    Text(Spot<String>),
    /// A table.
    Table(Table<'d>),
}

/// One table of the document. Ask it for its fields, then [`finish`](Self::finish).
pub struct Table<'d> {
    doc: &'d Doc<'d>,
    path: String,
    at: FilePosition,
    in_list: bool,
    fields: &'d DeTable<'d>,
    asked: Vec<&'static str>,
}

impl<'d> Table<'d> {
    fn new<'a: 'd>(doc: &'d Doc<'a>, path: String, at: FilePosition, fields: &'d DeTable<'a>) -> Self {
        Self { doc, path, at, in_list: false, fields, asked: Vec::new() }
    }

    /// Where the table begins.
    pub fn at(&self) -> FilePosition {
        self.at
    }

    /// Whether nothing is written in it.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether a field of this name is written in it.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Whether the table lacks the field, or it is a list of nothing.
    pub fn lacks(&self, name: &str) -> bool {
        self.fields.get(name).is_none_or(|value| value.get_ref().as_array().is_some_and(|items| items.is_empty()))
    }

    /// `[profiles.staging]`, or "the file" for the outermost.
    pub fn title(&self) -> String {
        match (self.path.as_str(), self.in_list) {
            ("", _) => "the file".to_owned(),
            (path, false) => format!("[{path}]"),
            (path, true) => format!("[[{path}]]"),
        }
    }

    /// Notes a problem at a place of this document.
    pub fn wrong(&self, at: FilePosition, sentence: impl Into<String>) {
        self.doc.wrong(at, sentence);
    }

    /// Notes that a name is given twice, or remembers it.
    pub fn unlike(&self, what: &str, name: &Spot<String>, names: &mut Vec<Spot<String>>, how: &str) {
        if let Some(first) = names.iter().find(|other| other.value == name.value) {
            let line = first.at.line;
            self.wrong(name.at, format!("line {line} has a {what} `{}` already; {how}", name.value));
        } else {
            names.push(name.clone());
        }
    }

    fn place(&self, value: &Spanned<DeValue<'_>>) -> FilePosition {
        self.doc.place(&value.span())
    }

    fn get(&mut self, name: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.asked.push(name);
        #[cfg(test)]
        self.doc.asked.borrow_mut().insert(name.to_owned());
        self.fields.get(name)
    }

    fn misfit(&self, name: &str, wanted: &str, value: &Spanned<DeValue<'_>>) {
        let found = kind(value.get_ref());
        self.wrong(self.place(value), format!("`{name}` must be {wanted}, not {found}"));
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn child(&mut self, name: &'static str, wanted: &str) -> Option<Table<'d>> {
        let Spot { value: fields, at } = self.value(name, wanted, DeValue::as_table)?;
        Some(Table::new(self.doc, self.below(name), at, fields))
    }

    /// A value that `read` can take; `wanted` says what that is.
    fn value<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<Spot<T>> {
        let value = self.get(name)?;
        let Some(read) = read(value.get_ref()) else {
            self.misfit(name, wanted, value);
            return None;
        };
        Some(Spot { value: read, at: self.place(value) })
    }

    /// A string, possibly empty.
    pub fn string(&mut self, name: &'static str) -> Option<Spot<String>> {
        self.value(name, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// A string with something in it.
    pub fn text(&mut self, name: &'static str) -> Option<Spot<String>> {
        let spot = self.string(name)?;
        if spot.value.trim().is_empty() {
            self.wrong(spot.at, format!("`{name}` is empty; give it a value, or remove the line"));
            return None;
        }
        Some(spot)
    }

    /// A string that must be there and have something in it. `why` ends the sentence that says it is not.
    pub fn required(&mut self, name: &'static str, why: &str) -> Option<Spot<String>> {
        if !self.fields.contains_key(name) {
            self.get(name);
            self.wrong(self.at, format!("{} has no `{name}`: {why}", self.title()));
            return None;
        }
        self.text(name)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Option<Spot<bool>> {
        self.value(name, "true or false", DeValue::as_bool)
    }

    /// A whole number from `low` to `high`.
    pub fn number(&mut self, name: &'static str, low: u64, high: u64) -> Option<Spot<u64>> {
        let Spot { value: digits, at } = self.value(name, "a whole number", DeValue::as_integer)?;
        let number = u64::from_str_radix(&digits.as_str().replace('_', ""), digits.radix()).ok();
        let fitting = number.filter(|n| (low..=high).contains(n));
        self.fitting(name, at, fitting, &format!("must be a whole number from {low} to {high}"))
    }

    /// One of the words of a type.
    pub fn choice<T: ValueEnum>(&mut self, name: &'static str) -> Option<Spot<T>> {
        self.word(name, &words::<T>())
    }

    /// One of some words.
    pub fn word<W: AsRef<str>, T: Clone>(&mut self, name: &'static str, words: &[(W, T)]) -> Option<Spot<T>> {
        let spot = self.string(name)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| word.as_ref() == spot.value) {
            return Some(Spot { value: value.clone(), at: spot.at });
        }
        let names: Vec<String> = words.iter().map(|(word, _)| format!("\"{}\"", word.as_ref())).collect();
        let near = nearest(&spot.value, words.iter().map(|(word, _)| word.as_ref()));
        let near = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
        self.wrong(spot.at, format!("`{name}` must be one of {}{near}", names.join(", ")));
        None
    }

    /// The value if there is one; otherwise notes a problem: the field `how` must be written.
    fn fitting<T>(&self, name: &str, at: FilePosition, value: Option<T>, how: &str) -> Option<Spot<T>> {
        if value.is_none() {
            self.wrong(at, format!("`{name}` {how}"));
        }
        value.map(|value| Spot { value, at })
    }

    /// A span of time, above zero: `"500ms"`, `"10s"`, `"2m"`.
    pub fn duration(&mut self, name: &'static str) -> Option<Spot<Duration>> {
        let Spot { value, at } = self.string(name)?;
        let how = "must be a span of time above zero, like \"500ms\", \"10s\" or \"2m\"";
        self.fitting(name, at, parse_duration(&value), how)
    }

    /// A number of bytes: `1048576`, `"64 MiB"`.
    pub fn size(&mut self, name: &'static str) -> Option<Spot<u64>> {
        if matches!(self.fields.get(name).map(Spanned::get_ref), Some(DeValue::Integer(_))) {
            return self.number(name, 1, i64::MAX as u64);
        }
        let Spot { value, at } = self.string(name)?;
        self.fitting(name, at, parse_size(&value), "must be a number of bytes, like \"64 MiB\" or 65536")
    }

    /// A list of strings, each with something in it.
    pub fn strings(&mut self, name: &'static str) -> Option<Spot<Vec<Spot<String>>>> {
        let value = self.get(name)?;
        let list = self.strings_of(name, value)?;
        Some(Spot { value: list, at: self.place(value) })
    }

    fn strings_of(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<Spot<String>>> {
        let DeValue::Array(items) = value.get_ref() else {
            self.misfit(name, "a list of strings", value);
            return None;
        };
        let mut list = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => {
                    list.push(Spot { value: text.clone().into_owned(), at: self.place(item) });
                }
                DeValue::String(_) => self.wrong(self.place(item), format!("`{name}` has an empty entry; remove it")),
                other => {
                    let found = kind(other);
                    self.wrong(self.place(item), format!("`{name}` must be a list of strings, but holds {found}"));
                }
            }
        }
        Some(list)
    }

    /// A table inside this one.
    pub fn table(&mut self, name: &'static str) -> Option<Table<'d>> {
        self.child(name, "a table")
    }

    /// Reads a table inside this one to its end. Nothing where there is none.
    pub fn inside<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Table<'d>) -> T) -> Option<T> {
        let mut table = self.table(name)?;
        let read = read(&mut table);
        table.finish();
        Some(read)
    }

    /// A string, or a table inside this one. `wanted` names both for the sentence.
    pub fn text_or_table(&mut self, name: &'static str, wanted: &str) -> Option<TextOrTable<'d>> {
        if self.fields.get(name).is_some_and(|value| value.get_ref().is_str()) {
            return self.text(name).map(TextOrTable::Text);
        }
        self.child(name, wanted).map(TextOrTable::Table)
    }

    /// A list of tables (`[[name]]`).
    pub fn tables(&mut self, name: &'static str) -> Vec<Table<'d>> {
        let path = self.below(name);
        let wanted = format!("a list of tables (each begins with [[{path}]])");
        let Some(items) = self.value(name, &wanted, DeValue::as_array) else { return Vec::new() };
        let mut tables = Vec::new();
        for item in items.value {
            if let DeValue::Table(fields) = item.get_ref() {
                tables.push(Table { in_list: true, ..Table::new(self.doc, path.clone(), self.place(item), fields) });
            } else {
                self.misfit(name, "a list of tables", item);
            }
        }
        tables
    }

    /// The entries of this table under names that the writer of the file chose, in the order of the file.
    fn chosen(&self) -> Vec<(Spot<String>, &'d Spanned<DeValue<'d>>)> {
        let mut entries: Vec<_> = self.fields.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let name = |key: &Spanned<_>| self.doc.place(&key.span());
        entries
            .into_iter()
            .map(|(key, value)| (Spot { value: key.get_ref().to_string(), at: name(key) }, value))
            .collect()
    }

    /// Tables under chosen names: `[profiles.NAME]`.
    pub fn named_tables(self) -> Vec<(Spot<String>, Table<'d>)> {
        let mut tables = Vec::new();
        for (name, value) in self.chosen() {
            if let DeValue::Table(fields) = value.get_ref() {
                let table = Table::new(self.doc, self.below(&name.value), self.place(value), fields);
                tables.push((name, table));
            } else {
                let sentence =
                    format!("{} holds tables, but `{}` is {}", self.title(), name.value, kind(value.get_ref()));
                self.wrong(name.at, sentence);
            }
        }
        tables
    }

    /// Strings, or lists of strings, under chosen names: `[keys.log]`.
    pub fn named_lists(self) -> Vec<(Spot<String>, Vec<Spot<String>>)> {
        let mut lists = Vec::new();
        for (name, value) in self.chosen() {
            if let DeValue::String(text) = value.get_ref() {
                let one = Spot { value: text.clone().into_owned(), at: self.place(value) };
                lists.push((name, vec![one]));
            } else if let Some(list) = self.strings_of(&name.value, value) {
                lists.push((name, list));
            }
        }
        lists
    }

    /// Any values under chosen names, as JSON.
    pub fn named_values(&self) -> Vec<(Spot<String>, Spot<Value>)> {
        let value = |value: &Spanned<DeValue<'_>>| Spot { value: json(value.get_ref()), at: self.place(value) };
        self.chosen().into_iter().map(|(name, found)| (name, value(found))).collect()
    }

    /// The table as it stands, as JSON: for what is judged elsewhere.
    pub fn to_json(&self) -> Value {
        Value::Object(self.named_values().into_iter().map(|(name, value)| (name.value, value.value)).collect())
    }

    /// Strings under chosen names: a conversation's `attributes`.
    pub fn named_texts(self) -> Vec<(Spot<String>, Spot<String>)> {
        let mut texts = Vec::new();
        for (name, value) in self.chosen() {
            if let DeValue::String(text) = value.get_ref() {
                texts.push((name, Spot { value: text.clone().into_owned(), at: self.place(value) }));
            } else {
                let found = kind(value.get_ref());
                self.wrong(self.place(value), format!("`{}` must be a string, but is {found}", name.value));
            }
        }
        texts
    }

    /// Ends the reading: whatever was not asked for is unknown.
    pub fn finish(self) {
        for (name, _) in self.chosen() {
            if !self.asked.contains(&name.value.as_str()) {
                let near = suggestion(&name.value, self.asked.iter().copied());
                self.wrong(name.at, format!("unknown field `{}` in {}{near}", name.value, self.title()));
            }
        }
    }
}

/// The words of a type, as flags, variables and the file write them.
pub fn words<T: ValueEnum>() -> Vec<(String, T)> {
    let word = |value: &T| Some((value.to_possible_value()?.get_name().to_owned(), value.clone()));
    T::value_variants().iter().filter_map(word).collect()
}

fn json(value: &DeValue<'_>) -> Value {
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

fn kind(value: &DeValue<'_>) -> &'static str {
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
    let span: jiff::SignedDuration = text.trim().parse().ok()?;
    Duration::try_from(span).ok().filter(|d| !d.is_zero())
}

fn parse_size(text: &str) -> Option<u64> {
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

#[cfg(test)]
#[path = "../../tests/unit/config/toml_reader.rs"]
mod tests;
