//! How many rows each entry takes, kept so that "which row is this entry at" and "which entry is at this row" cost
//! the logarithm of the list's length: a Fenwick tree over a ring of entries, slot = number of the entry modulo size.

/// Row counts of a window of entries with consecutive numbers. An entry with no rows is not shown.
#[derive(Clone, Debug)]
pub(super) struct Heights {
    rows: Vec<u32>,
    /// Sums of rows.
    tree: Vec<u32>,
    total: u32,
}

impl Heights {
    pub fn new(entries: usize) -> Self {
        let slots = entries.saturating_add(2).next_power_of_two();
        Self { rows: vec![0; slots], tree: vec![0; slots + 1], total: 0 }
    }

    fn slot(&self, seq: u64) -> usize {
        (seq as usize) & (self.rows.len() - 1)
    }

    fn before_slot(&self, slot: usize) -> u32 {
        let (mut sum, mut at) = (0, slot);
        while at > 0 {
            sum += self.tree.get(at).copied().unwrap_or_default();
            at &= at - 1;
        }
        sum
    }

    pub const fn total(&self) -> usize {
        self.total as usize
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
        self.total = self.total.wrapping_add(change);
        let mut at = slot + 1;
        while let Some(node) = self.tree.get_mut(at) {
            *node = node.wrapping_add(change);
            at += at & at.wrapping_neg();
        }
    }

    /// The row at which the entry `seq` begins, seen from the entry `first`, the oldest one.
    pub fn row_of(&self, first: u64, seq: u64) -> usize {
        let (from, to) = (self.slot(first), self.slot(seq));
        let direct = self.before_slot(to).wrapping_sub(self.before_slot(from));
        (if to >= from { direct } else { direct.wrapping_add(self.total) }) as usize
    }

    /// The entry at `row`, and which of its rows that is. `None` past the end.
    pub fn find(&self, first: u64, row: usize) -> Option<(u64, u32)> {
        if row >= self.total() {
            return None;
        }
        let from = self.slot(first);
        let mut left = self.before_slot(from).wrapping_add(row as u32);
        if left >= self.total {
            left -= self.total;
        }
        let (mut at, mut step) = (0, self.rows.len());
        while step > 0 {
            if let Some(node) = self.tree.get(at + step)
                && *node <= left
            {
                left -= *node;
                at += step;
            }
            step /= 2;
        }
        let ahead = at.wrapping_sub(from) & (self.rows.len() - 1);
        Some((first + ahead as u64, left))
    }
}
