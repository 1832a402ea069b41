//! How many rows each entry takes, kept so that "which row is this entry at" and "which entry is at this row" cost
//! the logarithm of the list's length: a Fenwick tree over a ring of entries, slot = number of the entry modulo size.

/// Row counts of a window of entries with consecutive numbers. An entry with no rows is not shown.
#[derive(Clone, Debug)]
pub(super) struct Heights {
    rows: Vec<u32>,
    /// Sums of rows.
    tree: Vec<u32>,
}

impl Heights {
    pub fn new(entries: usize) -> Self {
        let slots = entries.saturating_add(2).next_power_of_two();
        Self { rows: vec![0; slots], tree: vec![0; slots + 1] }
    }

    fn slot(&self, seq: u64) -> usize {
        (seq as usize) & (self.rows.len() - 1)
    }

    fn before_slot(&self, slot: usize) -> usize {
        let (mut sum, mut at) = (0, slot);
        while at > 0 {
            sum += self.tree.get(at).copied().unwrap_or_default() as usize;
            at &= at - 1;
        }
        sum
    }

    pub fn total(&self) -> usize {
        self.before_slot(self.rows.len())
    }

    pub fn get(&self, seq: u64) -> u32 {
        self.rows.get(self.slot(seq)).copied().unwrap_or(0)
    }

    /// Gives the entry `seq` its rows; 0 hides it (or frees its place for a later entry).
    pub fn set(&mut self, seq: u64, rows: u32) {
        let slot = self.slot(seq);
        let Some(old) = self.rows.get_mut(slot) else { return };
        if *old == rows {
            return;
        }
        let change = rows.wrapping_sub(*old);
        *old = rows;
        let mut at = slot + 1;
        while let Some(node) = self.tree.get_mut(at) {
            *node = node.wrapping_add(change);
            at += at & at.wrapping_neg();
        }
    }

    /// The row at which the entry `seq` begins, seen from the entry `first`, the oldest one.
    pub fn row_of(&self, first: u64, seq: u64) -> usize {
        let (from, to) = (self.slot(first), self.slot(seq));
        let around = if to < from { self.total() } else { 0 };
        around + self.before_slot(to) - self.before_slot(from)
    }

    /// The entry at `row`, and which of its rows that is. `None` past the end.
    pub fn find(&self, first: u64, row: usize) -> Option<(u64, u32)> {
        if row >= self.total() {
            return None;
        }
        let from = self.slot(first);
        let mut left = self.before_slot(from) + row;
        if left >= self.total() {
            left -= self.total();
        }
        let (mut at, mut step) = (0, self.rows.len());
        while step > 0 {
            if let Some(node) = self.tree.get(at + step)
                && *node as usize <= left
            {
                left -= *node as usize;
                at += step;
            }
            step /= 2;
        }
        let ahead = at.wrapping_sub(from) & (self.rows.len() - 1);
        Some((first + ahead as u64, left as u32))
    }
}
