//! What the log knows of itself: for titles, chips and whoever asks.

use std::time::Duration;

use super::{Filter, KeyNames, Log, LogEntry, Rate401};
use crate::model::Moment;

impl Log {
    /// Entries kept, the hidden ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How the keys are called that the log mentions.
    pub const fn keys(&self) -> &KeyNames {
        &self.keys
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an entry belongs to what is shown: to the open conversation, or to none.
    pub(super) fn in_scope(&self, entry: &LogEntry) -> bool {
        let open = self.open_conversation.filter(|_| !self.all_conversations);
        open.is_none() || entry.conversation().is_none_or(|of| Some(of) == open)
    }

    /// Whether all conversations are shown.
    pub const fn shows_all_conversations(&self) -> bool {
        self.all_conversations || self.open_conversation.is_none()
    }

    /// Polling reads and quiet frames that are folded away.
    pub const fn folded(&self) -> (usize, usize) {
        self.folded
    }

    /// Entries that are shown.
    pub const fn shown(&self) -> usize {
        self.heights.shown()
    }

    /// Entries that the filter, the scope or a fold hides.
    pub fn hidden(&self) -> usize {
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

    /// The entry that became an error last, if it is still kept and still one.
    pub fn newest_error(&self) -> Option<&LogEntry> {
        self.get(self.newest_error?).filter(|entry| entry.is_error())
    }

    /// The selected entry. `None` while the log is empty or the filter hides everything.
    pub fn selected(&self) -> Option<&LogEntry> {
        self.get(self.cursor.0).filter(|entry| entry.shown)
    }

    /// The entry with a number.
    pub fn entry(&self, number: u64) -> Option<&LogEntry> {
        self.get(self.seq_of(number)?)
    }

    /// All entries kept, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter()
    }

    /// Whether the filter shows the entry with this number.
    pub fn shows(&self, number: u64) -> bool {
        self.entry(number).is_some_and(|e| e.shown)
    }

    /// 401 answers over API tries in the `window` that ends `now`; evicted entries count too.
    pub fn rate_401(&self, now: Moment, window: Duration) -> Rate401 {
        self.tries.rate(now, window)
    }
}
