//! One row of the log pane as it was laid out: text that is safe for a terminal, and what its parts mean; and how JSON is
//! laid out in lines.

use std::ops::Range;
use std::time::Duration;

use crate::model::Moment;
use crate::text::screen;

/// What a part of a row means. The view gives it a colour; the words say it without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Text,
    /// Ids, times, lines.
    Dim,
    Strong,
    Error,
    Warning,
    Info,
    Name,
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    Response,
    Body,
    Request,
    Timing,
    Metrics,
    /// All of an earlier try, by its place from 0.
    Try(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    Head,
    Detail,
    Section(Section),
    /// A rule under the entry: the next one that is shown is of another day.
    Day,
    /// Key hints of the entry. The first so many act on it also while the selected entry is another, without a diagnosis.
    Keys(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveRow {
    /// The first of its cells in the row, counted from 0 behind the column of the selection mark.
    pub column: u16,
    /// Cells; written right-aligned.
    pub width: u16,
    pub counts: LogCounts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogCounts {
    DownTo(Moment),
    UpFrom(Moment),
}

impl LogCounts {
    /// When what stands on screen changes next; `None` where it has stopped.
    pub fn next_change(self, now: Moment) -> Option<Moment> {
        match self {
            Self::DownTo(until) => until.next_second(now),
            Self::UpFrom(from) => {
                let passed = now.since(from);
                // Tenths for as long as they are shown.
                let step = if passed < Duration::from_secs(10) { 100_000_000 } else { 1_000_000_000 };
                Some(now.after(Duration::from_nanos(u64::from(step - passed.subsec_nanos() % step))))
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    pub kind: RowKind,
    /// What it says, without the column of the selection mark.
    pub text: String,
    /// The text's parts, in order, covering all of it: the byte at which each ends.
    pub runs: Vec<(usize, Tone)>,
    /// Cells that match the search: first and number.
    pub matches: Vec<(u16, u16)>,
    pub live: Option<LiveRow>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub text: String,
    pub runs: Vec<(usize, Tone)>,
    pub cells: usize,
}

/// Texts must be safe for a terminal already.
impl Line {
    pub fn of(text: &str, tone: Tone) -> Self {
        Self::of_parts(&[(text, tone)])
    }

    /// Adds text, which must be visible already.
    pub fn push(&mut self, text: &str, tone: Tone) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        self.cells += screen::width(text);
        let end = self.text.len();
        match self.runs.last_mut() {
            Some(run) if run.1 == tone => run.0 = end,
            _ => self.runs.push((end, tone)),
        }
    }

    pub fn of_parts(parts: &[(&str, Tone)]) -> Self {
        let mut line = Self::default();
        line.push_all(parts);
        line
    }

    pub fn push_all(&mut self, parts: &[(&str, Tone)]) {
        for (text, tone) in parts {
            self.push(text, *tone);
        }
    }

    pub fn pad_to(&mut self, cells: usize) {
        self.push(&" ".repeat(cells.saturating_sub(self.cells)), Tone::Text);
    }

    pub fn append(&mut self, other: &Self) {
        self.append_part(other, 0..other.text.len());
    }

    pub fn push_fitted(&mut self, what: &str, cells: usize, ascii: bool, tone: Tone) {
        self.push(&screen::fit(what, cells, ascii), tone);
    }

    fn append_part(&mut self, other: &Self, range: Range<usize>) {
        let mut start = 0;
        for &(end, tone) in &other.runs {
            let (from, to) = (start.max(range.start), end.min(range.end));
            self.push(other.text.get(from..to).unwrap_or_default(), tone);
            start = end;
        }
    }

    pub fn fitted(self, cells: usize, ascii: bool) -> Self {
        if self.cells <= cells {
            return self;
        }
        let dots = if ascii { "..." } else { "…" };
        let room = cells.saturating_sub(screen::width(dots));
        let mut out = Self::default();
        out.append_part(&self, 0..screen::prefix(&self.text, room).len());
        if cells > screen::width(dots) {
            out.push(dots, Tone::Dim);
        }
        out
    }

    /// It as rows of at most `cells`, the later ones indented by `hang`.
    pub fn wrapped(self, cells: usize, hang: usize) -> Vec<Self> {
        if self.cells <= cells {
            return vec![self];
        }
        let hang = if cells >= hang + 20 { hang } else { 0 };
        let mut at = screen::wrap(&self.text, cells).next().map_or(0, str::len);
        let mut first = Self::default();
        first.append_part(&self, 0..at);
        let mut rows = vec![first];
        for text in screen::wrap(self.text.get(at..).unwrap_or_default(), cells - hang) {
            let mut row = Self::default();
            row.pad_to(hang);
            row.append_part(&self, at..at + text.len());
            at += text.len();
            rows.push(row);
        }
        rows
    }

    pub fn row(self, kind: RowKind) -> LogRow {
        LogRow { kind, text: self.text, runs: self.runs, matches: Vec::new(), live: None }
    }
}

/// The lines of `json`, indented by two spaces a level, and whether there are more than `limit`; names stand out, and words
/// that are no texts. It is not parsed into values: every byte of every name, number and string stays as it came (also doubled
/// names and numbers that no float can hold), and text that is cut short is laid out as far as it goes.
pub(super) fn json_lines(json: &str, limit: usize) -> (Vec<Line>, bool) {
    let (mut out, mut line, mut depth) = (Vec::new(), Line::default(), 0_usize);
    let break_line = |line: &mut Line, depth: usize, out: &mut Vec<Line>| {
        // A hostile depth must not make lines of a megabyte each.
        let next = Line::of(&"  ".repeat(depth.min(40)), Tone::Text);
        out.push(std::mem::replace(line, next));
    };
    let without_blanks = |text| str::trim_start_matches(text, [' ', '\t', '\n', '\r']);
    let mut rest = without_blanks(json);
    while let Some(first) = rest.chars().next() {
        if out.len() >= limit {
            return (out, true);
        }
        let length = match first {
            '"' => string_length(rest),
            c if c.is_alphanumeric() => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = without_blanks(after);
        match token {
            "{" | "[" => {
                line.push(token, Tone::Text);
                let close = if token == "{" { "}" } else { "]" };
                if let Some(after) = rest.strip_prefix(close) {
                    line.push(close, Tone::Text);
                    rest = without_blanks(after);
                } else {
                    depth += 1;
                    break_line(&mut line, depth, &mut out);
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                break_line(&mut line, depth, &mut out);
                line.push(token, Tone::Text);
            }
            "," => {
                line.push(token, Tone::Text);
                break_line(&mut line, depth, &mut out);
            }
            ":" => line.push(": ", Tone::Text),
            "true" | "false" | "null" => line.push(token, Tone::Strong),
            _ => {
                let name = first == '"' && rest.starts_with(':');
                line.push(&screen::visible(token), if name { Tone::Name } else { Tone::Text });
            }
        }
    }
    if !line.text.trim().is_empty() {
        out.push(line);
    }
    (out, false)
}

/// Bytes of the string with which `text` begins, its quotes included; all of them where it does not end.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |at| at + 2)
}
