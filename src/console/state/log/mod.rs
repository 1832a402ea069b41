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
mod entry;
mod filter;
mod heights;
mod line;
mod needle;
mod place;
mod pretty;
mod rate;
mod row;
mod search;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::model::{ConversationKey, Exchange, ExchangeId, Kind, Life, MessageId, Moment};
use entry::Later;
use heights::Heights;
use line::Columns;
use needle::Needle;
use rate::Tries;

pub use compare::Difference;
pub use entry::{Density, Entry, Source};
pub use filter::{Filter, FilterError};
pub use place::Position;
pub use rate::Rate401;
pub use row::{Live, Row, RowKind, Run, Section, Tone};

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

/// What rows are laid out with.
pub(crate) struct Page<'l> {
    width: usize,
    ascii: bool,
    wrap: bool,
    zone: &'l TimeZone,
    names: &'l Names,
    numbers: &'l HashMap<ExchangeId, u64>,
    columns: Columns,
    search: Option<&'l Needle>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Log {
    options: LogOptions,
    names: Names,
    /// With consecutive numbers from `first`.
    entries: VecDeque<Entry>,
    first: u64,
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
            names: Names::new(),
            entries: VecDeque::new(),
            first: 1,
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

    /// An exchange was begun, or went on: inserts it, or replaces what was known of it.
    pub fn exchange(&mut self, exchange: Arc<Exchange>) {
        let known = self.numbers.get(&exchange.id).copied();
        let was_error = known.and_then(|seq| self.get(seq)).is_some_and(Entry::is_error);
        let is_error = exchange.outcome.is_error();
        let counted = match known {
            Some(seq) => self.get(seq).map_or(0, |e| e.counted),
            None => self.counted.remove(&exchange.id).unwrap_or(0),
        };
        let counted = self.tries.count(&exchange, counted);
        let seq = if let Some(seq) = known {
            let mut bytes = (0, 0);
            if let Some(entry) = self.get_mut(seq) {
                bytes.0 = entry.bytes;
                entry.replace(exchange);
                bytes.1 = entry.bytes;
            }
            self.bytes = self.bytes.saturating_sub(bytes.0).saturating_add(bytes.1);
            seq
        } else {
            let (id, message) = (exchange.id, exchange.message);
            let seq = self.push(Source::Exchange(exchange));
            self.numbers.insert(id, seq);
            if let Some(message) = message {
                self.messages.insert(message, seq);
            }
            seq
        };
        if let Some(entry) = self.get_mut(seq) {
            entry.counted = counted;
        }
        match (was_error, is_error) {
            (false, true) => {
                self.errors += 1;
                self.open_by_itself(seq);
            }
            (true, false) => self.errors = self.errors.saturating_sub(1),
            _ => {}
        }
        self.refresh(seq);
        self.evict();
        self.settle();
    }

    /// A sentence of a person ([`Kind::Note`]) or of guestwire itself ([`Kind::Sys`]).
    pub fn note(&mut self, at: Moment, kind: Kind, text: impl Into<String>) {
        let seq = self.push(Source::Note { at, kind, text: text.into() });
        self.refresh(seq);
        self.evict();
        self.settle();
    }

    /// What became of a message after its exchange: `ans` behind the status once it is answered, and how an unknown one
    /// was settled. Other moves of its life show in its exchange.
    pub fn set_life(&mut self, message: MessageId, life: &Life) {
        let later = match life {
            Life::Answered => Later::Answered,
            Life::Landed => Later::Landed,
            Life::Lost => Later::Lost,
            _ => return,
        };
        let Some(&seq) = self.messages.get(&message) else { return };
        if let Some(entry) = self.get_mut(seq) {
            entry.later = Some(later);
            entry.rows = None;
        }
        self.refresh(seq);
        self.settle();
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

    /// Shows only what `text` asks for; see [`Filter`] for the language. Blank text shows all. A filter that cannot be
    /// read changes nothing.
    pub fn set_filter(&mut self, text: &str) -> Result<(), FilterError> {
        let filter = Filter::parse(text)?;
        if filter != self.filter {
            self.filter = filter;
            self.refilter();
            self.settle();
        }
        Ok(())
    }

    /// Shows all.
    pub fn clear_filter(&mut self) {
        if self.filter.take().is_some() {
            self.refilter();
            self.settle();
        }
    }

    /// The filter as it was typed; empty without one.
    pub fn filter_text(&self) -> &str {
        self.filter.as_ref().map_or("", Filter::text)
    }

    /// Marks the selected entry, or takes its mark away. Returns whether it is marked now; `None` without a selection.
    pub fn toggle_mark(&mut self) -> Option<bool> {
        let seq = self.selected()?.number();
        let entry = self.get_mut(seq)?;
        let marked = !entry.is_marked();
        entry.set_marked(marked);
        self.refresh(seq);
        self.settle();
        Some(marked)
    }

    /// Says something about the selected entry, or (blank) nothing any more. A comment marks it too.
    pub fn set_comment(&mut self, text: &str) {
        let Some(seq) = self.selected().map(Entry::number) else { return };
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

    // ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Entries kept, the hidden ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries that the filter hides.
    pub fn hidden_by_filter(&self) -> usize {
        self.entries.len().saturating_sub(self.heights.shown())
    }

    /// Shown entries below the window that came while one read further up.
    pub fn unseen(&self) -> usize {
        if self.seen + 1 >= self.next() {
            return 0;
        }
        let before = self.heights.shown_before(self.first, (self.seen + 1).max(self.first));
        self.heights.shown().saturating_sub(before)
    }

    /// Whether the end is followed.
    pub const fn following(&self) -> bool {
        self.follow
    }

    /// Whether long rows wrap.
    pub const fn wraps(&self) -> bool {
        self.wrap
    }

    /// The filter, if there is one.
    pub const fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// Errors among the entries kept.
    pub const fn error_count(&self) -> usize {
        self.errors
    }

    /// Entries that had to go since the start.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Marked entries among those.
    pub const fn evicted_marked(&self) -> u64 {
        self.evicted_marked
    }

    /// Bytes of captured text kept.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The entry that became an error last, if it is still kept.
    pub fn newest_error(&self) -> Option<&Entry> {
        self.get(self.newest_error?)
    }

    /// The selected entry. `None` while the log is empty or the filter hides everything.
    pub fn selected(&self) -> Option<&Entry> {
        self.get(self.cursor.0).filter(|entry| entry.shown)
    }

    /// The entry with a number.
    pub fn entry(&self, number: u64) -> Option<&Entry> {
        self.get(number)
    }

    /// All entries kept, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Whether the filter shows the entry with this number.
    pub fn shows(&self, number: u64) -> bool {
        self.get(number).is_some_and(|e| e.shown)
    }

    /// 401 answers over API tries in the `window` that ends `now`; evicted entries count too.
    pub fn rate_401(&self, now: Moment, window: Duration) -> Rate401 {
        self.tries.rate(now, window)
    }

    // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn get(&self, seq: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(seq.checked_sub(self.first)?).ok()?)
    }

    fn get_mut(&mut self, seq: u64) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(seq.checked_sub(self.first)?).ok()?)
    }

    fn columns_now(&self) -> Columns {
        Columns::new(self.width.saturating_sub(1), self.digits, self.options.ascii)
    }

    fn page(&self) -> Page<'_> {
        Page {
            width: self.width.saturating_sub(1),
            ascii: self.options.ascii,
            wrap: self.wrap,
            zone: &self.options.zone,
            names: &self.names,
            numbers: &self.numbers,
            columns: self.columns,
            search: self.search.as_ref().map(|(_, needle)| needle),
        }
    }

    fn push(&mut self, source: Source) -> u64 {
        let seq = self.next();
        let entry = Entry::new(seq, source);
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.entries.push_back(entry);
        let digits = seq.checked_ilog10().unwrap_or(0) as usize + 1;
        if digits > self.digits {
            self.digits = digits;
            self.columns = self.columns_now();
            // Only the entries' own lines change, so heights stay.
            self.forget_rows();
        }
        seq
    }

    /// After the entry `seq` changed: whether it is shown, and how many rows it takes.
    fn refresh(&mut self, seq: u64) {
        let Some(entry) = self.get(seq) else { return };
        let shown = self.filter.as_ref().is_none_or(|f| f.shows(entry, &self.names));
        if let Some(entry) = self.get_mut(seq) {
            entry.shown = shown;
        }
        self.measure(seq);
    }

    /// Counts the rows of the entry `seq` anew. A shut entry has one, and is laid out when it comes into the window.
    fn measure(&mut self, seq: u64) {
        let Some(entry) = self.get_mut(seq) else { return };
        entry.rows = None;
        let rows = match (entry.shown, entry.density) {
            (false, _) => 0,
            (true, Density::Line) => 1,
            (true, _) => self.lay_out(seq),
        };
        self.heights.set(seq, rows);
    }

    /// Lays the entry `seq` out and says how many rows it has.
    fn lay_out(&mut self, seq: u64) -> u32 {
        let Some(entry) = self.get(seq) else { return 0 };
        let rows = detail::rows(&self.page(), entry);
        let count = rows.len() as u32;
        if let Some(entry) = self.get_mut(seq) {
            entry.rows = Some(rows);
            self.laid_out.push(seq);
        }
        count
    }

    fn forget_rows(&mut self) {
        for seq in std::mem::take(&mut self.laid_out) {
            if let Some(entry) = self.get_mut(seq) {
                entry.rows = None;
            }
        }
    }

    /// After the width, wrapping or the like changed: every open entry is measured anew.
    fn lay_out_all(&mut self) {
        self.forget_rows();
        let open: Vec<u64> =
            self.entries.iter().filter(|e| e.shown && e.density != Density::Line).map(Entry::number).collect();
        for seq in open {
            self.measure(seq);
            // Far from the window only the count is wanted.
            self.trim(seq);
        }
    }

    fn trim(&mut self, seq: u64) {
        if self.laid_out.last() == Some(&seq) && !self.window.iter().any(|w| w.0 == seq) {
            self.laid_out.pop();
            if let Some(entry) = self.get_mut(seq) {
                entry.rows = None;
            }
        }
    }

    fn refilter(&mut self) {
        for index in 0..self.entries.len() {
            let Some(entry) = self.entries.get(index) else { break };
            let shown = self.filter.as_ref().is_none_or(|f| f.shows(entry, &self.names));
            if shown == entry.shown {
                continue;
            }
            let seq = entry.number();
            if let Some(entry) = self.entries.get_mut(index) {
                entry.shown = shown;
            }
            self.measure(seq);
        }
    }

    fn evict(&mut self) {
        while self.entries.len() > self.options.max_entries
            || (self.bytes > self.options.max_bytes && self.entries.len() > 1)
        {
            let Some(old) = self.entries.pop_front() else { return };
            let seq = old.number();
            self.heights.set(seq, 0);
            self.first = seq + 1;
            self.bytes = self.bytes.saturating_sub(old.bytes);
            self.evicted += 1;
            self.evicted_marked += u64::from(old.is_marked());
            self.errors = self.errors.saturating_sub(usize::from(old.is_error()));
            self.auto_open.retain(|&open| open != seq);
            if let Some(exchange) = old.exchange() {
                self.numbers.remove(&exchange.id);
                if let Some(message) = exchange.message
                    && self.messages.get(&message) == Some(&seq)
                {
                    self.messages.remove(&message);
                }
                // Its later reports would make a new entry; its tries must not count twice.
                if !exchange.outcome.is_settled() && self.counted.len() < 4_096 {
                    self.counted.insert(exchange.id, old.counted);
                }
            }
        }
    }

    /// The newest error opens its summary, unless a person decided otherwise.
    fn open_by_itself(&mut self, seq: u64) {
        self.newest_error = Some(seq);
        if let Some(entry) = self.get_mut(seq)
            && !entry.touched
            && entry.density == Density::Line
        {
            entry.density = Density::Summary;
        }
        self.auto_open.retain(|&open| open != seq);
        self.auto_open.push(seq);
    }

    /// Shuts the entries that opened by themselves before the newest one; those that a person has in view while reading
    /// stay until they are out of it.
    fn shut_older(&mut self) {
        let mut index = 0;
        while index + 1 < self.auto_open.len() {
            let Some(&seq) = self.auto_open.get(index) else { return };
            let touched = self.get(seq).is_none_or(|e| e.touched);
            if !touched && !self.follow && self.window.iter().any(|w| w.0 == seq) {
                index += 1;
                continue;
            }
            self.auto_open.remove(index);
            if !touched {
                if let Some(entry) = self.get_mut(seq) {
                    entry.density = Density::Line;
                }
                self.measure(seq);
            }
        }
    }
}
