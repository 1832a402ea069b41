//! The log: every exchange that guestwire makes, one entry each, bounded, and where in it a person stands.
//!
//! ```text
//! Report::Exchange ─► exchange() ─┐                            ┌─ rows of the entries in the window (laid out once)
//! notes ────────────► note() ─────┼─► entries ─► heights ──────┤
//! keys ─────────────► moves ──────┘   (ring)    (rows each)    └─ window: which (entry, row) stands on each screen row
//! ```
//! Every change ends in `refresh_window`, which makes position and window true again, so that drawing only reads. An
//! entry's number is never given again; a position is "follow the end" or a row of an entry with a number, so it survives
//! what is appended, evicted, folded or filtered. The selected row keeps its place on screen whenever that is possible.

mod detail;
mod entry;
mod extract;
mod facts;
mod filter;
mod heights;
mod intake;
mod line;
mod position;
mod row;
mod summary;
mod words;

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{ConversationKey, ExchangeId, MessageId};
use crate::text::dates;
use filter::{Names, Needle};
use heights::Heights;

pub use entry::{Density, LogEntry, Reply};
pub use filter::{Filter, FilterError};
pub use line::KeyNames;
pub use row::{LogCounts, LogRow, RowKind, Tone};

/// What a log is made with.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Only ASCII in what the log itself writes.
    pub ascii: bool,
    /// Entries kept.
    pub max_entries: usize,
    /// Bytes of memory that the kept entries may take, about.
    pub max_bytes: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, ascii: false, max_entries: 5_000, max_bytes: 16 << 20 }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Log {
    options: LogOptions,
    pub(crate) keys: KeyNames,
    /// The day that rules call today.
    today: Date,
    names: Names,
    /// With consecutive numbers from `first`.
    entries: VecDeque<LogEntry>,
    first: u64,
    /// What is added to a place for the number that people see.
    base: u64,
    index: Index,
    heights: Heights,
    /// For each entry that is shown one row: their sum is how many are shown.
    shown: Heights,
    /// What was counted.
    pub totals: LogTotals,
    scope: Scope,
    search: Option<(String, Needle)>,
    view: LogView,
}

#[derive(Clone, Debug, Default)]
struct Index {
    numbers: HashMap<ExchangeId, u64>,
    messages: HashMap<MessageId, u64>,
    /// Entries with a diagnosis: hints ask for them in every frame.
    diagnosed: BTreeSet<u64>,
    errors: BTreeSet<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct LogTotals {
    /// Bytes of memory that the kept entries take, about.
    pub bytes: usize,
    pub evicted: u64,
    /// Marked entries among those.
    pub evicted_marked: u64,
    /// Polling reads and quiet frames that are folded away.
    pub folded: (usize, usize),
}

#[derive(Clone, Debug, Default)]
struct Scope {
    filter: Option<Filter>,
    /// Quiet frames and polling reads are folded away while nothing is filtered.
    fold_quiet: bool,
    /// The conversation that is open: what belongs to others is not shown, unless all are asked for.
    open_conversation: Option<ConversationKey>,
    /// Conversations that were removed: what belongs to them is shown where all are asked for.
    removed: BTreeSet<ConversationKey>,
    all_conversations: bool,
}

#[derive(Clone, Debug, Default)]
struct LogView {
    wrap: bool,
    width: usize,
    height: usize,
    digits: usize,
    follow: bool,
    /// While the end is followed: the error that opened by itself and is the newest of what came. The cursor is on it.
    on_error: Option<u64>,
    cursor: (u64, u32),
    /// Errors that opened by themselves, the newest last; the others close as soon as nobody looks.
    opened: Vec<u64>,
    /// The screen row of the cursor.
    offset: usize,
    /// Entries up to this number have been on screen.
    seen: u64,
    window: Vec<(u64, u32)>,
    /// The rows of open entries and of those near the window, laid out for the present width.
    rows: HashMap<u64, Vec<LogRow>>,
}

impl Default for Log {
    fn default() -> Self {
        Self::new(LogOptions::default())
    }
}

impl Log {
    /// An empty log that follows its end.
    pub fn new(options: LogOptions) -> Self {
        let options = LogOptions { max_entries: options.max_entries.max(1), ..options };
        Self {
            heights: Heights::new(options.max_entries),
            shown: Heights::new(options.max_entries),
            view: LogView { width: 80, height: 24, digits: 3, follow: true, ..LogView::default() },
            options,
            keys: KeyNames::default(),
            today: Date::ZERO,
            names: Names::new(),
            entries: VecDeque::new(),
            first: 1,
            base: 0,
            index: Index::default(),
            totals: LogTotals::default(),
            scope: Scope { fold_quiet: true, ..Scope::default() },
            search: None,
        }
    }

    /// The names of the picker's conversations.
    pub fn set_names(&mut self, names: Vec<(ConversationKey, String)>) {
        self.names = names.into_iter().collect();
        self.refilter();
        self.lay_out_all();
    }

    pub(crate) fn set_keys(&mut self, keys: KeyNames) {
        if keys != self.keys {
            self.keys = keys;
            self.lay_out_all();
        }
    }

    /// It is now `now`: another day calls earlier ones by other names.
    pub fn set_now(&mut self, now: Timestamp) {
        let today = now.to_zoned(self.options.zone.clone()).date();
        if today != self.today {
            self.today = today;
            self.lay_out_all();
        }
    }

    /// The day of the entry at the top of the window, in words, where it is not today.
    pub fn day_in_view(&self) -> Option<String> {
        let day = self.get(self.view.window.first()?.0)?.day;
        (day != self.today).then(|| dates::day(day, self.today))
    }

    /// The inside of the pane, in cells, the column of the selection mark included.
    pub fn set_viewport(&mut self, width: u16, height: u16) {
        let (width, height) = (usize::from(width), usize::from(height));
        let width_changed = width != self.view.width;
        if width_changed || height != self.view.height {
            (self.view.width, self.view.height) = (width, height);
            if width_changed { self.lay_out_all() } else { self.refresh_window() }
        }
    }

    /// The size last told: columns and rows.
    pub fn viewport(&self) -> (u16, u16) {
        (u16::try_from(self.view.width).unwrap_or(u16::MAX), u16::try_from(self.view.height).unwrap_or(u16::MAX))
    }

    /// Wraps long rows of details, or cuts them. Returns whether it wraps now.
    pub fn toggle_wrap(&mut self) -> bool {
        self.view.wrap = !self.view.wrap;
        self.lay_out_all();
        self.view.wrap
    }

    pub(crate) fn set_conversation(&mut self, open: Option<ConversationKey>) {
        if self.scope.open_conversation != open {
            self.scope.open_conversation = open;
            open.map(|key| self.scope.removed.remove(&key));
            self.refilter();
        }
    }

    /// A conversation was removed: its entries stay, and are out of sight until all are asked for.
    pub fn conversation_removed(&mut self, key: ConversationKey) {
        self.scope.removed.insert(key);
        self.refilter();
    }

    /// Shows all conversations, or only the open one. Returns whether all are shown now.
    pub fn toggle_scope(&mut self) -> bool {
        self.scope.all_conversations = !self.scope.all_conversations;
        self.refilter();
        self.scope.all_conversations
    }

    /// Shows quiet frames (typing, receipts) and polling reads, or folds them away. Returns whether they are folded now.
    pub fn toggle_quiet(&mut self) -> bool {
        self.scope.fold_quiet = !self.scope.fold_quiet;
        self.refilter();
        self.scope.fold_quiet
    }

    /// Shows only what `text` asks for, in the language of [`filter`]. Blank text shows all; what
    /// cannot be read changes nothing. Days are those of the log's zone, counted from `now`.
    pub fn set_filter(&mut self, text: &str, now: Timestamp) -> Result<(), FilterError> {
        self.use_filter(Filter::parse(text, &now.to_zoned(self.options.zone.clone()))?);
        Ok(())
    }

    fn use_filter(&mut self, filter: Option<Filter>) {
        if filter != self.scope.filter {
            self.scope.filter = filter;
            self.refilter();
        }
    }

    /// Shows all.
    pub fn clear_filter(&mut self) {
        self.use_filter(None);
    }

    /// The filter as it was typed; empty without one.
    pub fn filter_text(&self) -> &str {
        self.scope.filter.as_ref().map_or("", Filter::text)
    }

    /// Marks the selected entry, or takes its mark away. Returns whether it is marked now; `None` without a selection.
    pub fn toggle_mark(&mut self) -> Option<bool> {
        self.toggle_mark_of(self.selected()?.number())
    }

    pub(crate) fn toggle_mark_of(&mut self, number: u64) -> Option<bool> {
        let seq = self.seq_of(number)?;
        self.change(seq, |entry| entry.kept.marked = !entry.kept.marked);
        Some(self.get(seq)?.kept.marked)
    }

    /// Says something about an entry, or (blank) nothing any more. A comment marks it too; one that is gone stays gone.
    pub fn comment_on(&mut self, number: u64, text: &str) {
        let Some(seq) = self.seq_of(number) else { return };
        let text = text.trim();
        self.change(seq, |LogEntry { kept, .. }| {
            kept.comment = Some(text.to_owned()).filter(|text| !text.is_empty());
            kept.marked |= kept.comment.is_some();
        });
    }

    fn change(&mut self, seq: u64, change: impl FnOnce(&mut LogEntry)) {
        let Some(entry) = self.get_mut(seq) else { return };
        change(entry);
        self.refresh(seq);
        self.refresh_window();
    }

    /// Makes room for the digits of a number.
    fn widen_numbers(&mut self, number: u64) {
        let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
        if digits > self.view.digits {
            self.view.digits = digits;
            // Only the entries' own lines change, so heights stay.
            self.view.rows.clear();
        }
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

#[cfg(test)]
#[path = "../../../tests/unit/session/log/mod.rs"]
mod tests;
