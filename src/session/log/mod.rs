//! The log: every exchange that guestwire makes, one entry each, bounded, and where in it a person stands.
//!
//! ```text
//! Report::Exchange ─► exchange() ─┐                            ┌─ rows of the entries in the window (laid out once)
//! notes ────────────► note() ─────┼─► entries ─► heights ──────┤
//! keys ─────────────► moves ──────┘   (ring)    (rows each)    └─ window: which (entry, row) stands on each screen row
//! ```
//! Every change ends in `settle`, which makes position and window true again, so that drawing only reads. Entries have
//! numbers that are never given again; a position is "follow the end" or a row of an entry with a number, so it survives
//! what is appended, evicted, folded or filtered. The selected row keeps its place on screen whenever that is possible.

mod compare;
mod copy;
mod detail;
pub mod diagnoses;
mod entry;
mod facts;
mod filter;
mod heights;
mod history;
mod intake;
mod layout;
mod line;
mod needle;
pub mod position;
mod pretty;
mod rate;
mod row;
mod search;
mod summary;
mod words;

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{ConversationKey, ExchangeId, MessageId};
use heights::Heights;
use line::Columns;
use needle::Needle;
use rate::Tries;

pub use compare::Difference;
pub use entry::{Density, LogEntry, LogSource, Reply};
pub use filter::{Filter, FilterError};
pub use position::LogPosition;
pub use rate::Rate401;
pub use row::{LiveRow, LogCounts, LogRow, RowKind, Section, TextRun, Tone};

/// Names of conversations, for `conv:` and the summary.
pub(crate) type Names = HashMap<ConversationKey, String>;

/// What a log is made with.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Only ASCII in what the log itself writes.
    pub ascii: bool,
    /// Entries kept.
    pub max_entries: usize,
    /// Bytes of captured text (bodies, headers, URLs) kept.
    pub max_bytes: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, ascii: false, max_entries: 5_000, max_bytes: 8 << 20 }
    }
}

/// How keys that the log mentions are called; bindings may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyNames {
    /// How one comes to send a message: `Press i and type a message`.
    pub compose: String,
    /// Clears the filter.
    pub clear: String,
    /// Shows quiet frames, or folds them away.
    pub quiet: String,
    /// Copies a body.
    pub copy_body: String,
    /// Says why something was refused.
    pub why: String,
    /// Shows more of an entry.
    pub open: String,
    /// Copies a text for a ticket.
    pub ticket: String,
    /// Runs read-only checks.
    pub probe: String,
    /// Shows all conversations, or only the open one.
    pub scope: String,
}

impl Default for KeyNames {
    fn default() -> Self {
        Self {
            compose: "Press i and type a message".to_owned(),
            clear: "Esc".to_owned(),
            quiet: "f".to_owned(),
            copy_body: "y b".to_owned(),
            why: "d".to_owned(),
            open: "Enter".to_owned(),
            ticket: "y t".to_owned(),
            probe: "D".to_owned(),
            scope: "a".to_owned(),
        }
    }
}

/// What rows are laid out with.
pub(crate) struct LogPage<'l> {
    width: usize,
    ascii: bool,
    wrap: bool,
    zone: &'l TimeZone,
    names: &'l Names,
    columns: Columns,
    search: Option<&'l Needle>,
    keys: &'l KeyNames,
}

/// See the module.
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a person's")]
#[derive(Clone, Debug)]
pub struct Log {
    options: LogOptions,
    keys: KeyNames,
    names: Names,
    /// With consecutive numbers from `first`.
    entries: VecDeque<LogEntry>,
    first: u64,
    /// What is added to a place for the number that people see.
    base: u64,
    numbers: HashMap<ExchangeId, u64>,
    messages: HashMap<MessageId, u64>,
    heights: Heights,
    bytes: usize,
    evicted: u64,
    evicted_marked: u64,
    errors: usize,
    newest_error: Option<u64>,
    /// Entries that opened by themselves, the newest last; the others close as soon as nobody looks.
    auto_open: Vec<u64>,
    tries: Tries,
    /// Tries already counted of exchanges that were evicted while open.
    counted: HashMap<ExchangeId, u32>,
    filter: Option<Filter>,
    search: Option<(String, Needle)>,
    /// Quiet frames and polling reads are folded away while nothing is filtered.
    fold_quiet: bool,
    /// The conversation that is open: what belongs to others is not shown, unless all are asked for.
    open_conversation: Option<ConversationKey>,
    all_conversations: bool,
    /// Polling reads and quiet frames that are folded away.
    folded: (usize, usize),
    wrap: bool,
    width: usize,
    height: usize,
    columns: Columns,
    digits: usize,
    follow: bool,
    cursor: (u64, u32),
    /// The screen row of the cursor.
    offset: usize,
    /// Entries up to this number have been on screen.
    seen: u64,
    window: Vec<(u64, u32)>,
    laid_out: Vec<u64>,
}

impl Log {
    /// An empty log that follows its end.
    pub fn new(options: LogOptions) -> Self {
        let options = LogOptions { max_entries: options.max_entries.max(1), ..options };
        Self {
            heights: Heights::new(options.max_entries),
            columns: Columns::new(79, 3, options.ascii),
            options,
            keys: KeyNames::default(),
            names: Names::new(),
            entries: VecDeque::new(),
            first: 1,
            base: 0,
            numbers: HashMap::new(),
            messages: HashMap::new(),
            bytes: 0,
            evicted: 0,
            evicted_marked: 0,
            errors: 0,
            newest_error: None,
            auto_open: Vec::new(),
            tries: Tries::default(),
            counted: HashMap::new(),
            filter: None,
            search: None,
            fold_quiet: true,
            open_conversation: None,
            all_conversations: false,
            folded: (0, 0),
            wrap: false,
            width: 80,
            height: 24,
            digits: 3,
            follow: true,
            cursor: (0, 0),
            offset: 0,
            seen: 0,
            window: Vec::new(),
            laid_out: Vec::new(),
        }
    }

    /// The names of the picker's conversations.
    pub fn set_names(&mut self, names: Vec<(ConversationKey, String)>) {
        self.names = names.into_iter().collect();
        self.refilter();
        self.lay_out_all();
        self.settle();
    }

    /// How the keys are called that the log mentions.
    pub fn set_keys(&mut self, keys: KeyNames) {
        if keys != self.keys {
            self.keys = keys;
            self.lay_out_all();
            self.settle();
        }
    }

    /// The inside of the pane, in cells, the column of the selection mark included.
    pub fn set_viewport(&mut self, width: u16, height: u16) {
        let (width, height) = (usize::from(width), usize::from(height));
        if width == self.width && height == self.height {
            return;
        }
        self.height = height;
        if width != self.width {
            self.width = width;
            self.columns = self.columns_now();
            self.lay_out_all();
        }
        self.settle();
    }

    /// The size last told: columns and rows.
    pub fn viewport(&self) -> (u16, u16) {
        (u16::try_from(self.width).unwrap_or(u16::MAX), u16::try_from(self.height).unwrap_or(u16::MAX))
    }

    /// Only ASCII in what the log itself writes, or not (a theme may change it).
    pub fn set_ascii(&mut self, ascii: bool) {
        if self.options.ascii != ascii {
            self.options.ascii = ascii;
            self.columns = self.columns_now();
            self.lay_out_all();
            self.settle();
        }
    }

    /// Wraps long rows of details, or cuts them. Returns whether it wraps now.
    pub fn toggle_wrap(&mut self) -> bool {
        self.wrap = !self.wrap;
        self.lay_out_all();
        self.settle();
        self.wrap
    }

    /// Another conversation is open: without one, all are shown.
    pub fn set_conversation(&mut self, open: Option<ConversationKey>) {
        if self.open_conversation != open {
            self.open_conversation = open;
            self.refilter();
            self.settle();
        }
    }

    /// Shows all conversations, or only the open one. Returns whether all are shown now.
    pub fn toggle_scope(&mut self) -> bool {
        self.all_conversations = !self.all_conversations;
        self.refilter();
        self.settle();
        self.all_conversations
    }

    /// Shows quiet frames (typing, receipts) and polling reads, or folds them away. Returns whether they are folded now.
    pub fn toggle_quiet(&mut self) -> bool {
        self.fold_quiet = !self.fold_quiet;
        self.refilter();
        self.settle();
        self.fold_quiet
    }

    /// Shows only what `text` asks for; see [`Filter`] for the language. Blank text shows all. A filter that cannot be
    /// read changes nothing. Days are those of the log's zone, and count from `now`.
    pub fn set_filter(&mut self, text: &str, now: Timestamp) -> Result<(), FilterError> {
        self.use_filter(Filter::parse(text, &now.to_zoned(self.options.zone.clone()))?);
        Ok(())
    }

    /// Shows what another log shows.
    pub fn filter_as(&mut self, other: &Self) {
        self.use_filter(other.filter.clone());
    }

    fn use_filter(&mut self, filter: Option<Filter>) {
        if filter != self.filter {
            self.filter = filter;
            self.refilter();
            self.settle();
        }
    }

    /// Shows all.
    pub fn clear_filter(&mut self) {
        if self.filter.take().is_some() {
            self.refilter();
            self.settle();
        }
    }

    /// The numbers of the entries that the filter lets through, the oldest first.
    pub fn shown_numbers(&self) -> Vec<u64> {
        self.entries().filter(|entry| entry.shown).map(LogEntry::number).collect()
    }

    /// The filter as it was typed; empty without one.
    pub fn filter_text(&self) -> &str {
        self.filter.as_ref().map_or("", Filter::text)
    }

    /// Marks the selected entry, or takes its mark away. Returns whether it is marked now; `None` without a selection.
    pub fn toggle_mark(&mut self) -> Option<bool> {
        self.toggle_mark_of(self.selected()?.number())
    }

    /// The same for an entry by its number.
    pub fn toggle_mark_of(&mut self, number: u64) -> Option<bool> {
        let seq = self.seq_of(number)?;
        let entry = self.get_mut(seq)?;
        let marked = !entry.is_marked();
        entry.set_marked(marked);
        self.refresh(seq);
        self.settle();
        Some(marked)
    }

    /// Says something about an entry, or (blank) nothing any more. A comment marks it too; one that is gone stays gone.
    pub fn comment_on(&mut self, number: u64, text: &str) {
        let Some(seq) = self.seq_of(number) else { return };
        let text = text.trim();
        if let Some(entry) = self.get_mut(seq) {
            entry.set_comment((!text.is_empty()).then(|| text.to_owned()));
            if !text.is_empty() {
                entry.set_marked(true);
            }
        }
        self.refresh(seq);
        self.settle();
    }

    fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn get(&self, seq: u64) -> Option<&LogEntry> {
        self.entries.get(usize::try_from(seq.checked_sub(self.first)?).ok()?)
    }

    fn get_mut(&mut self, seq: u64) -> Option<&mut LogEntry> {
        self.entries.get_mut(usize::try_from(seq.checked_sub(self.first)?).ok()?)
    }
}
