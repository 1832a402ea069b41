//! Where the reader stands, how tall messages are, and what follows from that for scrolling. Only those near the window are
//! ever measured.

use std::collections::HashMap;

use super::rows::{self, Body, RowContext};
use crate::model::ConversationKey;
use crate::session::thread::{EntryId, ThreadEntry};

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
        /// The newest message that was there when the reader left the end.
        newest: EntryId,
    },
}

/// The texts of the messages of one conversation, laid out for one width.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    of: Option<(ConversationKey, u16, bool)>,
    pub(super) laid_out: HashMap<EntryId, Body>,
}

impl Bodies {
    /// Forgets what was laid out for something else.
    pub fn turn_to(&mut self, key: ConversationKey, context: &RowContext<'_>) {
        let of = Some((key, context.width, context.ascii));
        if self.of != of {
            self.of = of;
            self.laid_out.clear();
        }
    }

    pub fn of(&mut self, entry: &ThreadEntry, context: &RowContext<'_>) -> &Body {
        self.laid_out.entry(entry.id).or_insert_with(|| rows::body(entry, context))
    }

    /// How many texts are laid out.
    pub fn len(&self) -> usize {
        self.laid_out.len()
    }

    /// Forgets all but these.
    pub fn keep(&mut self, entries: &[EntryId]) {
        self.laid_out.retain(|id, _| entries.contains(id));
    }
}

/// The heights of a conversation's messages.
pub(super) struct Heights<'a> {
    pub bodies: &'a mut Bodies,
    pub entries: &'a [ThreadEntry],
    pub context: &'a RowContext<'a>,
}

impl Heights<'_> {
    fn of(&mut self, at: usize) -> usize {
        let Some(entry) = self.entries.get(at) else { return 1 };
        let before = at.checked_sub(1).and_then(|at| self.entries.get(at));
        rows::above(entry, before, self.context) + 1 + self.bodies.of(entry, self.context).rows.len()
    }

    /// The place of the topmost row: an index into the entries, and a row in that entry.
    pub fn top(&mut self, scroll: Scroll, rows: usize) -> (usize, usize) {
        let end = self.end_top(rows);
        match scroll {
            Scroll::Follow => end,
            Scroll::At { entry, row, .. } => {
                let at = self.entries.iter().position(|e| e.id == entry).map_or((0, 0), |at| (at, row));
                let tall = self.of(at.0);
                (at.0, at.1.min(tall.saturating_sub(1))).min(end)
            }
        }
    }

    /// The topmost row from which the rest just fills the window.
    pub fn end_top(&mut self, rows: usize) -> (usize, usize) {
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
    pub fn moved(&mut self, from: (usize, usize), by: isize) -> (usize, usize) {
        let (mut at, mut row) = from;
        let mut left = by.unsigned_abs();
        while left > 0 {
            let tall = self.of(at);
            if by > 0 {
                let here = tall.saturating_sub(row + 1);
                if left <= here {
                    return (at, row + left);
                }
                if at + 1 >= self.entries.len() {
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
                (at, row) = (above, self.of(above).saturating_sub(1));
            }
        }
        (at, row)
    }
}
