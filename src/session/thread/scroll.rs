//! Where the reader stands in a thread. A place is a message and a row in it, so that it survives whatever is added
//! above or below; only the heights near the window are ever measured.

use crate::journal::job::KeptPlace;
use crate::model::ConversationKey;
use crate::tui::view::thread::height;

use super::{Entry, EntryId, Source, Threads};

/// Where the reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// At the end, and going with it.
    #[default]
    Follow,
    /// The row `row` of this message is the topmost shown.
    At {
        /// Which message.
        entry: EntryId,
        /// Which of its rows, from 0.
        row: usize,
    },
}

/// The place of the topmost row: an index into the entries, and a row in that entry.
pub fn top(entries: &[Entry], scroll: Scroll, width: u16, rows: usize) -> (usize, usize) {
    let end = end_top(entries, width, rows);
    match scroll {
        Scroll::Follow => end,
        Scroll::At { entry, row } => {
            let at = entries.iter().position(|e| e.id == entry).map_or((0, 0), |at| (at, row));
            let tall = entries.get(at.0).map_or(0, |e| height(e, width));
            (at.0, at.1.min(tall.saturating_sub(1))).min(end)
        }
    }
}

/// The topmost row from which the rest just fills the window.
fn end_top(entries: &[Entry], width: u16, rows: usize) -> (usize, usize) {
    let mut free = rows;
    for (at, entry) in entries.iter().enumerate().rev() {
        let tall = height(entry, width);
        if tall >= free {
            return (at, tall - free);
        }
        free -= tall;
    }
    (0, 0)
}

/// The place `by` rows further down (up where negative), stopping at the ends.
fn moved(entries: &[Entry], from: (usize, usize), by: isize, width: u16) -> (usize, usize) {
    let (mut at, mut row) = from;
    let mut left = by.unsigned_abs();
    while left > 0 {
        let tall = entries.get(at).map_or(1, |e| height(e, width));
        if by > 0 {
            let here = tall.saturating_sub(row + 1);
            if left <= here {
                return (at, row + left);
            }
            if at + 1 >= entries.len() {
                return (at, tall.saturating_sub(1));
            }
            left -= here + 1;
            (at, row) = (at + 1, 0);
        } else {
            if left <= row {
                return (at, row - left);
            }
            left -= row + 1;
            let Some(above) = at.checked_sub(1) else { return (0, 0) };
            (at, row) = (above, entries.get(above).map_or(0, |e| height(e, width).saturating_sub(1)));
        }
    }
    (at, row)
}

impl Threads {
    /// The size of the pane's inside, for scrolling. Call it when the layout changes.
    pub fn set_viewport(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (width, height);
    }

    /// Scrolls by rows: positive is down. Reaching the end follows again.
    pub fn scroll_by(&mut self, key: ConversationKey, by: isize) {
        let (width, rows) = (self.width.max(1), usize::from(self.height.max(1)));
        let Some(thread) = self.by_key.get_mut(&key) else { return };
        let entries = thread.entries();
        let from = top(entries, thread.scroll, width, rows);
        let to = moved(entries, from, by, width);
        if by > 0 && to >= end_top(entries, width, rows) {
            thread.scroll = Scroll::Follow;
            thread.new_below = 0;
        } else if let Some(entry) = entries.get(to.0).filter(|_| to != from) {
            thread.scroll = Scroll::At { entry: entry.id, row: to.1 };
        }
    }

    /// The messages in view, the oldest first.
    pub fn in_view(&self, key: ConversationKey) -> &[Entry] {
        let (width, rows) = (self.width.max(1), usize::from(self.height.max(1)));
        let Some(thread) = self.by_key.get(&key) else { return &[] };
        let entries = thread.entries();
        let (first, row) = top(entries, thread.scroll, width, rows);
        let (mut end, mut free) = (first, rows + row);
        while let Some(entry) = entries.get(end).filter(|_| free > 0) {
            free = free.saturating_sub(height(entry, width));
            end += 1;
        }
        entries.get(first..end).unwrap_or_default()
    }

    /// Scrolls by pages, one row less than the window.
    pub fn scroll_pages(&mut self, key: ConversationKey, pages: isize) {
        let page = isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1);
        self.scroll_by(key, page.saturating_mul(pages));
    }

    /// To the oldest message.
    pub fn scroll_to_start(&mut self, key: ConversationKey) {
        let (width, rows) = (self.width.max(1), usize::from(self.height.max(1)));
        let Some(thread) = self.by_key.get_mut(&key) else { return };
        if end_top(thread.entries(), width, rows) == (0, 0) {
            return;
        }
        if let Some(first) = thread.entries().first() {
            thread.scroll = Scroll::At { entry: first.id, row: 0 };
        }
    }

    /// Where one stands, in a form that another session understands; `None` at the end.
    pub fn place(&self, key: ConversationKey) -> Option<KeptPlace> {
        let thread = self.by_key.get(&key)?;
        let Scroll::At { entry, row } = thread.scroll else { return None };
        match &thread.entries().iter().find(|e| e.id == entry)?.source {
            Source::Ours { message, .. } => Some(KeptPlace::Ours(message.id.0, row)),
            Source::Theirs(remote) => Some(KeptPlace::Theirs(remote.id.clone(), row)),
        }
    }

    /// Back to where one stood. Where that message is not known (any more), one stays at the end.
    pub fn go_to(&mut self, key: ConversationKey, place: &KeptPlace) {
        let Some(thread) = self.by_key.get_mut(&key) else { return };
        let found = thread.entries().iter().find_map(|entry| match (&entry.source, place) {
            (Source::Ours { message, .. }, KeptPlace::Ours(id, row)) if message.id.0 == *id => Some((entry.id, *row)),
            // Known by a read then, known as ours now, or the other way round.
            (_, KeptPlace::Theirs(id, row)) if entry.remote_id() == Some(id) => Some((entry.id, *row)),
            _ => None,
        });
        if let Some((entry, row)) = found {
            thread.scroll = Scroll::At { entry, row };
        }
    }

    /// To the newest message, and with it from there on.
    pub fn follow(&mut self, key: ConversationKey) {
        if let Some(thread) = self.by_key.get_mut(&key) {
            thread.scroll = Scroll::Follow;
            thread.new_below = 0;
        }
    }
}
