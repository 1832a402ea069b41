//! The thread's pane: where the reader stands in each conversation, and the rows that are in sight. A place is a message
//! and a row of it, so that it survives whatever is added above or below. Rows are laid out when something changed, the
//! texts of messages once for a width; drawing only reads.

pub mod rows;
mod scroll;

use std::collections::BTreeMap;

use crate::journal::job::KeptPlace;
use crate::model::ConversationKey;
use crate::session::thread::{EntryId, MessageSource, ThreadEntry, Threads};

use rows::{Row, RowContext};
pub use scroll::Scroll;
use scroll::{Bodies, Heights};

/// Texts of messages that are kept laid out beyond those in sight.
const KEPT: usize = 128;

/// See the module.
#[derive(Debug, Default)]
pub struct ThreadPane {
    scrolls: BTreeMap<ConversationKey, Scroll>,
    width: u16,
    height: u16,
    bodies: Bodies,
    window: Vec<Row>,
    in_view: Vec<EntryId>,
    new_below: usize,
}

impl ThreadPane {
    /// The rows in sight, from the top.
    pub fn window(&self) -> &[Row] {
        &self.window
    }

    /// The messages in sight.
    pub fn in_view(&self) -> &[EntryId] {
        &self.in_view
    }

    /// Messages that came below while the reader stands further up.
    pub const fn new_below(&self) -> usize {
        self.new_below
    }

    /// Where the reader of a conversation stands.
    pub fn scroll(&self, key: ConversationKey) -> Scroll {
        self.scrolls.get(&key).copied().unwrap_or_default()
    }

    /// Lays out what is in sight of a conversation.
    pub fn fit(&mut self, key: Option<ConversationKey>, threads: &Threads, context: &RowContext<'_>, height: u16) {
        (self.width, self.height) = (context.width, height);
        self.window.clear();
        self.in_view.clear();
        self.new_below = 0;
        let Some(key) = key else { return };
        let entries = threads.messages(key);
        self.bodies.turn_to(key, context);
        let scroll = self.scroll(key);
        if let Scroll::At { newest, .. } = scroll {
            self.new_below = entries.iter().filter(|e| e.id > newest).count();
        }
        let rows = usize::from(height);
        let (first, mut skip) = Heights { bodies: &mut self.bodies, entries, context }.top(scroll, rows);
        for at in first..entries.len() {
            if self.window.len() >= rows {
                break;
            }
            let Some(entry) = entries.get(at) else { break };
            self.in_view.push(entry.id);
            let before = at.checked_sub(1).and_then(|at| entries.get(at));
            rows::message(entry, before, self.bodies.of(entry, context), context, skip, &mut self.window);
            skip = 0;
        }
        self.window.truncate(rows);
        if self.bodies.len() > KEPT + rows {
            let near = first.saturating_sub(KEPT / 4)..first + rows;
            let near: Vec<EntryId> =
                entries.get(near.start..near.end.min(entries.len())).unwrap_or_default().iter().map(|e| e.id).collect();
            self.bodies.keep(&near);
        }
    }

    /// Scrolls by rows: positive is down. Reaching the end follows again.
    pub fn scroll_by(&mut self, key: ConversationKey, by: isize, threads: &Threads, context: &RowContext<'_>) {
        let entries = threads.messages(key);
        self.bodies.turn_to(key, context);
        let before = self.scroll(key);
        let rows = usize::from(self.height.max(1));
        let mut heights = Heights { bodies: &mut self.bodies, entries, context };
        let from = heights.top(before, rows);
        let to = heights.moved(from, by);
        if by > 0 && to >= heights.end_top(rows) {
            self.scrolls.remove(&key);
        } else if let Some(entry) = entries.get(to.0).filter(|_| to != from) {
            let newest = newest(before, entries);
            self.scrolls.insert(key, Scroll::At { entry: entry.id, row: to.1, newest });
        }
    }

    /// To the oldest message.
    pub fn to_start(&mut self, key: ConversationKey, threads: &Threads, context: &RowContext<'_>) {
        let entries = threads.messages(key);
        self.bodies.turn_to(key, context);
        let rows = usize::from(self.height.max(1));
        if (Heights { bodies: &mut self.bodies, entries, context }).end_top(rows) == (0, 0) {
            return;
        }
        if let Some(first) = entries.first() {
            let newest = newest(self.scroll(key), entries);
            self.scrolls.insert(key, Scroll::At { entry: first.id, row: 0, newest });
        }
    }

    /// To the newest message, and with it from there on.
    pub fn follow(&mut self, key: ConversationKey) {
        self.scrolls.remove(&key);
    }

    /// Where one stands, in a form that another session understands; `None` at the end.
    pub fn place(&self, key: ConversationKey, threads: &Threads) -> Option<KeptPlace> {
        let Scroll::At { entry, row, .. } = self.scroll(key) else { return None };
        match &threads.messages(key).iter().find(|e| e.id == entry)?.source {
            MessageSource::Ours { message, .. } => Some(KeptPlace::Ours(message.id.0, row)),
            MessageSource::Theirs(remote) => Some(KeptPlace::Theirs(remote.id.clone(), row)),
        }
    }

    /// Back to where one stood. Where that message is not known (any more), one stays at the end.
    pub fn go_to(&mut self, key: ConversationKey, place: &KeptPlace, threads: &Threads) {
        let entries = threads.messages(key);
        let found = entries.iter().find_map(|entry| match (&entry.source, place) {
            (MessageSource::Ours { message, .. }, KeptPlace::Ours(id, row)) if message.id.0 == *id => {
                Some((entry.id, *row))
            }
            // Known by a read then, known as ours now, or the other way round.
            (_, KeptPlace::Theirs(id, row)) if entry.remote_id() == Some(id) => Some((entry.id, *row)),
            _ => None,
        });
        if let Some((entry, row)) = found {
            self.scrolls.insert(key, Scroll::At { entry, row, newest: newest(Scroll::Follow, entries) });
        }
    }
}

/// The newest message that the reader had in sight of the end.
fn newest(before: Scroll, entries: &[ThreadEntry]) -> EntryId {
    match before {
        Scroll::At { newest, .. } => newest,
        Scroll::Follow => entries.iter().map(|e| e.id).max().unwrap_or_default(),
    }
}

#[cfg(test)]
#[path = "../../../../tests/unit/tui/state/thread.rs"]
mod tests;
