//! The thread's pane: where the reader stands in each conversation (a message and a row of it), and the rows in sight,
//! which are laid out when something changed; drawing only reads.

pub mod rows;

use std::collections::{BTreeMap, HashMap};

use crate::journal::job::KeptPlace;
use crate::model::ConversationKey;
use crate::session::thread::{EntryId, MessageSource, ThreadEntry, Threads};

use rows::{Body, Row, RowContext};

/// Texts of messages that are kept laid out beyond those in sight.
const KEPT: usize = 128;

/// Where the reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// At the end, and going with it.
    #[default]
    Follow,
    /// The row `row` of this message is the topmost shown.
    At {
        entry: EntryId,
        row: usize,
        /// The newest message that was there when the reader left the end.
        newest: EntryId,
    },
}

/// See the module.
#[derive(Debug, Default)]
pub struct ThreadPane {
    scrolls: BTreeMap<ConversationKey, Scroll>,
    height: u16,
    bodies: Bodies,
    /// The rows in sight, from the top.
    pub window: Vec<Row>,
    pub(crate) in_view: Vec<EntryId>,
    /// Messages that came below while the reader stands further up.
    pub(crate) new_below: usize,
}

impl ThreadPane {
    pub(crate) fn scroll(&self, key: ConversationKey) -> Scroll {
        self.scrolls.get(&key).copied().unwrap_or_default()
    }

    /// Lays out what is in sight of a conversation.
    pub fn fit(&mut self, key: Option<ConversationKey>, threads: &Threads, context: &RowContext<'_>, height: u16) {
        self.height = height;
        self.window.clear();
        self.in_view.clear();
        self.new_below = 0;
        let Some(key) = key else { return };
        let scroll = self.scroll(key);
        let rows = usize::from(height);
        let entries = threads.messages(key);
        let mut heights = self.bodies.heights(key, threads, context);
        if let Scroll::At { newest, .. } = scroll {
            self.new_below = entries.iter().filter(|e| e.id > newest).count();
        }
        let (first, mut skip) = heights.top(scroll, rows);
        for (at, entry) in entries.iter().enumerate().skip(first) {
            if self.window.len() >= rows {
                break;
            }
            self.in_view.push(entry.id);
            let before = heights.before(at);
            let rows = rows::message(entry, before, heights.body(entry), context);
            self.window.extend(rows.into_iter().skip(std::mem::take(&mut skip)));
        }
        self.window.truncate(rows);
        if self.bodies.laid_out.len() > KEPT + rows {
            let near = entries.iter().take(first + rows).skip(first.saturating_sub(KEPT / 4));
            let near: Vec<EntryId> = near.map(|e| e.id).collect();
            self.bodies.laid_out.retain(|id, _| near.contains(id));
        }
    }

    /// Scrolls by rows: positive is down, `isize::MIN` to the start. Reaching the end follows again.
    pub(crate) fn scroll_by(&mut self, key: ConversationKey, by: isize, threads: &Threads, context: &RowContext<'_>) {
        let before = self.scroll(key);
        let rows = usize::from(self.height.max(1));
        let mut heights = self.bodies.heights(key, threads, context);
        let entries = heights.entries;
        let from = heights.top(before, rows);
        let to = heights.moved(from, by);
        if by > 0 && to >= heights.end_top(rows) {
            self.scrolls.remove(&key);
        } else if let Some(entry) = entries.get(to.0).filter(|_| to != from) {
            self.scrolls.insert(key, Scroll::At { entry: entry.id, row: to.1, newest: newest(before, entries) });
        }
    }

    pub(crate) fn follow(&mut self, key: ConversationKey) {
        self.scrolls.remove(&key);
    }

    /// Where one stands, in a form that another session understands; `None` at the end.
    pub(crate) fn place(&self, key: ConversationKey, threads: &Threads) -> Option<KeptPlace> {
        let Scroll::At { entry, row, .. } = self.scroll(key) else { return None };
        match &threads.messages(key).iter().find(|e| e.id == entry)?.source {
            MessageSource::Ours { message, .. } => Some(KeptPlace::Ours(message.id.0, row)),
            MessageSource::Theirs(remote) => Some(KeptPlace::Theirs(remote.id.clone(), row)),
        }
    }

    /// Back to where one stood. Where that message is not known (any more), one stays at the end.
    pub(crate) fn go_to(&mut self, key: ConversationKey, place: &KeptPlace, threads: &Threads) {
        let entries = threads.messages(key);
        let (KeptPlace::Ours(_, row) | KeptPlace::Theirs(_, row)) = *place;
        let found = entries.iter().find(|entry| match (&entry.source, place) {
            (MessageSource::Ours { message, .. }, KeptPlace::Ours(id, _)) => message.id.0 == *id,
            // Known by a read then, known as ours now, or the other way round.
            (_, KeptPlace::Theirs(id, _)) => entry.remote_id() == Some(id),
            _ => false,
        });
        if let Some(entry) = found.map(|entry| entry.id) {
            self.scrolls.insert(key, Scroll::At { entry, row, newest: newest(Scroll::Follow, entries) });
        }
    }
}

/// The newest message that was there when the reader left the end.
fn newest(before: Scroll, entries: &[ThreadEntry]) -> EntryId {
    match before {
        Scroll::At { newest, .. } => newest,
        Scroll::Follow => entries.iter().map(|e| e.id).max().unwrap_or_default(),
    }
}

/// The texts of the messages of one conversation, laid out for one width.
#[derive(Debug, Default)]
struct Bodies {
    laid_out_for: Option<(ConversationKey, u16, bool)>,
    laid_out: HashMap<EntryId, Body>,
}

impl Bodies {
    /// The heights of a conversation's messages. What was laid out for something else is forgotten.
    fn heights<'a>(
        &'a mut self,
        key: ConversationKey,
        threads: &'a Threads,
        context: &'a RowContext<'a>,
    ) -> Heights<'a> {
        let laid_out_for = Some((key, context.width, context.ascii));
        if self.laid_out_for != laid_out_for {
            self.laid_out_for = laid_out_for;
            self.laid_out.clear();
        }
        Heights { bodies: self, entries: threads.messages(key), context }
    }
}

/// How tall messages are, and what follows from that for scrolling. Only those near the window are ever measured.
struct Heights<'a> {
    bodies: &'a mut Bodies,
    entries: &'a [ThreadEntry],
    context: &'a RowContext<'a>,
}

impl<'a> Heights<'a> {
    fn body(&mut self, entry: &ThreadEntry) -> &Body {
        self.bodies.laid_out.entry(entry.id).or_insert_with(|| rows::body(entry, self.context))
    }

    fn before(&self, at: usize) -> Option<&'a ThreadEntry> {
        self.entries.get(at.checked_sub(1)?)
    }

    fn of(&mut self, at: usize) -> usize {
        let Some(entry) = self.entries.get(at) else { return 1 };
        rows::above(entry, self.before(at), self.context) + 1 + self.body(entry).rows.len()
    }

    /// The place of the topmost row: an index into the entries, and a row in that entry.
    fn top(&mut self, scroll: Scroll, rows: usize) -> (usize, usize) {
        let end = self.end_top(rows);
        match scroll {
            Scroll::Follow => end,
            Scroll::At { entry, row, .. } => {
                let (at, row) = self.entries.iter().position(|e| e.id == entry).map_or((0, 0), |at| (at, row));
                (at, row.min(self.of(at).saturating_sub(1))).min(end)
            }
        }
    }

    /// The topmost row from which the rest just fills the window.
    fn end_top(&mut self, rows: usize) -> (usize, usize) {
        let mut free = rows;
        for at in (0..self.entries.len()).rev() {
            let tall = self.of(at);
            if tall >= free {
                return (at, tall - free);
            }
            free -= tall;
        }
        (0, 0)
    }

    /// The place `by` rows further down (up where negative), stopping at the ends.
    fn moved(&mut self, (mut at, row): (usize, usize), by: isize) -> (usize, usize) {
        // The very start is known without the heights of all that stands above.
        if by == isize::MIN {
            return (0, 0);
        }
        let mut row = row.cast_signed().saturating_add(by);
        while row < 0 && at > 0 {
            at -= 1;
            row += self.of(at).cast_signed();
        }
        while row >= self.of(at).cast_signed() && at + 1 < self.entries.len() {
            row -= self.of(at).cast_signed();
            at += 1;
        }
        (at, row.max(0).cast_unsigned().min(self.of(at) - 1))
    }
}

#[cfg(test)]
#[path = "../../../../tests/unit/tui/state/thread.rs"]
mod tests;
