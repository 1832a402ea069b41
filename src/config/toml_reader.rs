//! Reads a TOML document table by table, with typed questions, so that each wrong answer becomes a [`Problem`] with its
//! place and without the value. Whatever a table was not asked for is an unknown field.
//!
//! Serde is not used at this boundary because its sentences quote the value that does not fit, which may be a secret.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, json, kind, parse_duration, parse_size};
use super::origin::{Origin, RowSetting, ShownValue, Sourced, words};
use super::problem::{FilePosition, Located, NOWHERE};
use crate::text::{nearest, suggestion};

pub enum TextOrTable<'d> {
    Text(Located<String>),
    Table(Table<'d>),
}

/// One table of the document. Ask it for its fields, then [`finish`](Self::finish).
pub struct Table<'d> {
    pub doc: &'d Document<'d>,
    /// Its name: `profiles.staging`; empty for the outermost.
    pub path: String,
    pub at: FilePosition,
    in_list: bool,
    fields: &'d DeTable<'d>,
    asked: Vec<&'static str>,
}

impl<'d> Table<'d> {
    fn new<'a: 'd>(doc: &'d Document<'a>, path: String, at: FilePosition, fields: &'d DeTable<'a>) -> Self {
        Self { doc, path, at, in_list: false, fields, asked: Vec::new() }
    }

    pub fn root(doc: &'d Document<'d>) -> Option<Self> {
        let path = doc.from.as_ref().err().map(|source| source.table.clone()).unwrap_or_default();
        doc.root.as_ref().map(|fields| Self::new(doc, path, doc.place(&(0..0)), fields))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

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

    pub fn wrong(&self, at: FilePosition, sentence: impl Into<String>) {
        self.doc.wrong(at, sentence);
    }

    /// Keeps a judged value, or notes what is wrong with it.
    pub fn judged<T>(&self, at: FilePosition, result: Result<T, String>) -> Option<Located<T>> {
        result.map_err(|sentence| self.wrong(at, sentence)).ok().map(|value| Located { value, at })
    }

    /// Writes down what was decided of a field, and where it stands.
    pub fn note(&self, field: &str, value: impl Into<String>, at: FilePosition) {
        self.note_from(field, value, self.origin(field, at));
    }

    fn origin(&self, field: &str, at: FilePosition) -> Origin {
        match &self.doc.from {
            Ok(_) => Origin::File(at),
            Err(source) => (source.origin)(field),
        }
    }

    /// The same of what was found otherwise.
    pub fn note_from(&self, field: &str, value: impl Into<String>, origin: Origin) {
        self.doc.results().rows.push(RowSetting { name: self.below(field), value: value.into(), origin });
    }

    /// Writes down what the file says of a field, if it says anything; there is no default to tell.
    pub fn note_said<T>(&self, field: &str, said: Option<&Located<T>>, shown: impl FnOnce(&T) -> String) {
        if let Some(Located { value, at }) = said {
            self.note(field, shown(value), *at);
        }
    }

    /// What is said of a field `before` the file, else by it, else `after` it, or the default. Noted with its origin.
    pub fn pick_around<T: ShownValue>(
        &mut self,
        field: &'static str,
        before: Sourced<T>,
        read: impl FnOnce(&mut Self, &'static str) -> Option<Located<T>>,
        after: Sourced<T>,
        default: T,
    ) -> T {
        let said = read(self, field).map(|said| (said.value, self.origin(field, said.at)));
        let (value, origin) = before.or(said).or(after).unwrap_or((default, Origin::Default));
        self.note_from(field, value.shown(), origin);
        value
    }

    /// What the file says of a field, or the default. Written down with its origin.
    pub fn pick<T: ShownValue>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Option<Located<T>>,
        default: T,
    ) -> T {
        self.pick_around(field, None, read, None, default)
    }

    /// Notes that a name is given twice, or remembers it.
    pub fn unlike(&self, what: &str, name: &Located<String>, names: &mut Vec<Located<String>>, how: &str) {
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
        self.fields.get(name)
    }

    fn misfit(&self, name: &str, wanted: &str, value: &Spanned<DeValue<'_>>) {
        self.wrong(self.place(value), format!("`{name}` must be {wanted}, not {}", kind(value.get_ref())));
    }

    /// The whole name of a field, or of an item (`[0]`).
    pub fn below(&self, name: &str) -> String {
        let joint = if self.path.is_empty() || name.starts_with('[') { "" } else { "." };
        format!("{}{joint}{name}", self.path)
    }

    fn child(&mut self, name: &'static str, wanted: &str) -> Option<Table<'d>> {
        let Located { value: fields, at } = self.value(name, wanted, DeValue::as_table)?;
        Some(Table::new(self.doc, self.below(name), at, fields))
    }

    /// A value that `read` can take; `wanted` says what that is.
    fn value<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<Located<T>> {
        let value = self.get(name)?;
        let Some(read) = read(value.get_ref()) else {
            self.misfit(name, wanted, value);
            return None;
        };
        Some(Located { value: read, at: self.place(value) })
    }

    /// A string, possibly empty.
    pub fn string(&mut self, name: &'static str) -> Option<Located<String>> {
        self.value(name, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// A string with something in it.
    pub fn text(&mut self, name: &'static str) -> Option<Located<String>> {
        let spot = self.string(name)?;
        if spot.value.trim().is_empty() {
            self.wrong(spot.at, format!("`{name}` is empty; give it a value, or remove the line"));
            return None;
        }
        Some(spot)
    }

    /// Notes that a field which must be there is not. `why` ends the sentence.
    pub fn demand(&self, name: &str, why: &str) {
        if !self.has(name) {
            self.wrong(self.at, format!("{} has no `{name}`: {why}", self.title()));
        }
    }

    /// A string that must be there and have something in it.
    pub fn required(&mut self, name: &'static str, why: &str) -> Option<Located<String>> {
        self.demand(name, why);
        self.text(name)
    }

    pub fn flag(&mut self, name: &'static str) -> Option<Located<bool>> {
        self.value(name, "true or false", DeValue::as_bool)
    }

    pub fn number<T: TryFrom<u64>>(&mut self, name: &'static str, low: u64, high: u64) -> Option<Located<T>> {
        let Located { value: digits, at } = self.value(name, "a whole number", DeValue::as_integer)?;
        let number = u64::from_str_radix(&digits.as_str().replace('_', ""), digits.radix()).ok();
        let fitting = number.filter(|n| (low..=high).contains(n)).and_then(|n| T::try_from(n).ok());
        self.fitting(name, at, fitting, &format!("must be a whole number from {low} to {high}"))
    }

    pub fn choice<T: ValueEnum>(&mut self, name: &'static str) -> Option<Located<T>> {
        self.word(name, &words::<T>())
    }

    pub fn word<W: AsRef<str>, T: Clone>(&mut self, name: &'static str, words: &[(W, T)]) -> Option<Located<T>> {
        let spot = self.string(name)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| word.as_ref() == spot.value) {
            return Some(Located { value: value.clone(), at: spot.at });
        }
        let names: Vec<String> = words.iter().map(|(word, _)| format!("\"{}\"", word.as_ref())).collect();
        let near = nearest(&spot.value, words.iter().map(|(word, _)| word.as_ref()));
        let near = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
        self.wrong(spot.at, format!("`{name}` must be one of {}{near}", names.join(", ")));
        None
    }

    /// The value if there is one; otherwise notes a problem: the field `how` must be written.
    fn fitting<T>(&self, name: &str, at: FilePosition, value: Option<T>, how: &str) -> Option<Located<T>> {
        self.judged(at, value.ok_or_else(|| format!("`{name}` {how}")))
    }

    /// A span of time, above zero: `"500ms"`, `"10s"`, `"2m"`.
    pub fn duration(&mut self, name: &'static str) -> Option<Located<Duration>> {
        let Located { value, at } = self.string(name)?;
        let how = "must be a span of time above zero, like \"500ms\", \"10s\" or \"2m\"";
        self.fitting(name, at, parse_duration(&value), how)
    }

    /// A number of bytes: `1048576`, `"64 MiB"`.
    pub fn size(&mut self, name: &'static str) -> Option<Located<u64>> {
        if matches!(self.fields.get(name).map(Spanned::get_ref), Some(DeValue::Integer(_))) {
            return self.number(name, 1, i64::MAX as u64);
        }
        let Located { value, at } = self.string(name)?;
        self.fitting(name, at, parse_size(&value), "must be a number of bytes, like \"64 MiB\" or 65536")
    }

    /// A list of strings, each with something in it.
    pub fn strings(&mut self, name: &'static str) -> Option<Located<Vec<Located<String>>>> {
        let value = self.get(name)?;
        Some(Located { value: self.strings_of(name, value)?, at: self.place(value) })
    }

    pub fn texts(&mut self, name: &'static str) -> Option<Located<Vec<String>>> {
        self.strings(name).map(|list| list.map(without_positions))
    }

    fn strings_of(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<Located<String>>> {
        let DeValue::Array(items) = value.get_ref() else {
            self.misfit(name, "a list of strings", value);
            return None;
        };
        let mut list = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => {
                    list.push(Located { value: text.clone().into_owned(), at: self.place(item) });
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

    pub fn table(&mut self, name: &'static str) -> Option<Table<'d>> {
        self.child(name, "a table")
    }

    /// Reads a table inside this one to its end; where there is none, one that says nothing.
    pub fn section<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Table<'d>) -> T) -> T {
        let table = self.table(name);
        let mut table = table.unwrap_or_else(|| Table::new(self.doc, self.below(name), NOWHERE, &self.doc.empty));
        let read = read(&mut table);
        table.finish();
        read
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

    /// The entries under names that the file's writer chose, in the order of the file, as far as `read` can take them.
    fn chosen<T>(
        &self,
        read: impl Fn(&Located<String>, &'d Spanned<DeValue<'d>>) -> Option<T>,
    ) -> Vec<(Located<String>, T)> {
        let mut entries: Vec<_> = self.fields.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let named = entries.into_iter().filter_map(|(key, value)| {
            let name = Located { value: key.get_ref().to_string(), at: self.doc.place(&key.span()) };
            read(&name, value).map(|read| (name, read))
        });
        named.collect()
    }

    /// Tables under chosen names: `[profiles.NAME]`.
    pub fn named_tables(self) -> Vec<(Located<String>, Table<'d>)> {
        self.chosen(|name, value| match value.get_ref() {
            DeValue::Table(fields) => Some(Table::new(self.doc, self.below(&name.value), self.place(value), fields)),
            other => {
                self.wrong(name.at, format!("{} holds tables, but `{}` is {}", self.title(), name.value, kind(other)));
                None
            }
        })
    }

    /// Strings, or lists of strings, under chosen names: `[keys.log]`.
    pub fn named_lists(self) -> Vec<(Located<String>, Vec<Located<String>>)> {
        self.chosen(|name, value| match value.get_ref() {
            DeValue::String(text) => Some(vec![Located { value: text.to_string(), at: self.place(value) }]),
            _ => self.strings_of(&name.value, value),
        })
    }

    /// Strings under chosen names: a conversation's `attributes`.
    pub fn named_texts(self) -> Vec<(Located<String>, Located<String>)> {
        self.chosen(|name, value| match value.get_ref() {
            DeValue::String(text) => Some(Located { value: text.to_string(), at: self.place(value) }),
            other => {
                self.wrong(self.place(value), format!("`{}` must be a string, but is {}", name.value, kind(other)));
                None
            }
        })
    }

    pub fn named_values(&self) -> Vec<(Located<String>, Located<Value>)> {
        self.chosen(|_, value| Some(Located { value: json(value.get_ref()), at: self.place(value) }))
    }

    /// The table as it stands, as JSON: for what is judged elsewhere.
    pub fn to_json(&self) -> Value {
        self.named_values().into_iter().map(|(name, value)| (name.value, value.value)).collect()
    }

    /// Ends the reading: whatever was not asked for is unknown.
    pub fn finish(self) {
        for (name, ()) in self.chosen(|_, _| Some(())) {
            if !self.asked.contains(&name.value.as_str()) {
                let near = suggestion(&name.value, self.asked.iter().copied());
                self.wrong(name.at, format!("unknown field `{}` in {}{near}", name.value, self.title()));
            }
        }
    }
}

pub fn without_positions(list: Vec<Located<String>>) -> Vec<String> {
    list.into_iter().map(|s| s.value).collect()
}
