//! How many rows each entry takes, kept so that "which row is this entry at" and "which entry is at this row" cost
//! the logarithm of the list's length: a Fenwick tree over a ring of entries, slot = number of the entry modulo size.

/// Rows and entries counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u32,
    entries: u32,
}

impl Sum {
    const fn plus(self, other: Self) -> Self {
        Self { rows: self.rows.wrapping_add(other.rows), entries: self.entries.wrapping_add(other.entries) }
    }

    const fn of([rows, entries]: [u32; 2]) -> Self {
        Self { rows, entries }
    }

    const fn minus(self, other: Self) -> Self {
        Self { rows: self.rows.wrapping_sub(other.rows), entries: self.entries.wrapping_sub(other.entries) }
    }
}

/// Row counts of a window of entries with consecutive numbers. An entry with no rows is not shown.
#[derive(Clone, Debug)]
pub(super) struct Heights {
    rows: Vec<u32>,
    /// Of [`Sum`]s, as arrays: the system gives memory for zeroed ones when it is first written to.
    tree: Vec<[u32; 2]>,
    total: Sum,
}

impl Heights {
    /// For at most `entries` entries at a time.
    pub fn new(entries: usize) -> Self {
        let slots = entries.saturating_add(2).next_power_of_two();
        Self { rows: vec![0; slots], tree: vec![[0; 2]; slots + 1], total: Sum::default() }
    }

    fn slot(&self, seq: u64) -> usize {
        (seq as usize) & (self.rows.len() - 1)
    }

    /// Sum of the slots before `slot`.
    fn before_slot(&self, slot: usize) -> Sum {
        let (mut sum, mut at) = (Sum::default(), slot);
        while at > 0 {
            sum = sum.plus(Sum::of(self.tree.get(at).copied().unwrap_or_default()));
            at &= at - 1;
        }
        sum
    }

    /// Sum of the entries from `first` up to, not including, `seq`.
    fn before(&self, first: u64, seq: u64) -> Sum {
        let (from, to) = (self.slot(first), self.slot(seq));
        let direct = self.before_slot(to).minus(self.before_slot(from));
        if to >= from { direct } else { direct.plus(self.total) }
    }

    /// All rows.
    pub const fn total(&self) -> usize {
        self.total.rows as usize
    }

    /// How many entries have rows.
    pub const fn shown(&self) -> usize {
        self.total.entries as usize
    }

    /// Rows of the entry `seq`.
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
        let was = Sum { rows: *old, entries: u32::from(*old > 0) };
        let is = Sum { rows, entries: u32::from(rows > 0) };
        *old = rows;
        let change = is.minus(was);
        self.total = self.total.plus(change);
        let mut at = slot + 1;
        while let Some(node) = self.tree.get_mut(at) {
            let sum = Sum::of(*node).plus(change);
            *node = [sum.rows, sum.entries];
            at += at & at.wrapping_neg();
        }
    }

    /// The row at which the entry `seq` begins, seen from the entry `first`, the oldest one.
    pub fn row_of(&self, first: u64, seq: u64) -> usize {
        self.before(first, seq).rows as usize
    }

    /// How many shown entries are older than `seq`.
    pub fn shown_before(&self, first: u64, seq: u64) -> usize {
        self.before(first, seq).entries as usize
    }

    /// The entry at `row`, and which of its rows that is. `None` past the end.
    pub fn find(&self, first: u64, row: usize) -> Option<(u64, u32)> {
        if row >= self.total() {
            return None;
        }
        let from = self.slot(first);
        let mut left = self.before_slot(from).rows.wrapping_add(row as u32);
        if left >= self.total.rows {
            left -= self.total.rows;
        }
        let (mut at, mut step) = (0, self.rows.len());
        while step > 0 {
            if let Some([rows, _]) = self.tree.get(at + step)
                && *rows <= left
            {
                left -= rows;
                at += step;
            }
            step /= 2;
        }
        let ahead = at.wrapping_sub(from) & (self.rows.len() - 1);
        Some((first + ahead as u64, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_plain_list_around_the_ring() {
        let mut heights = Heights::new(6);
        let mut plain: Vec<(u64, u32)> = Vec::new();
        let mut first = 1;
        for seq in 1..200_u64 {
            let rows = (seq * 7 % 5) as u32;
            heights.set(seq, rows);
            plain.push((seq, rows));
            if plain.len() > 6 {
                let (old, _) = plain.remove(0);
                heights.set(old, 0);
                first = old + 1;
            }
            let flat: Vec<(u64, u32)> = plain.iter().flat_map(|&(s, n)| (0..n).map(move |l| (s, l))).collect();
            assert_eq!(heights.total(), flat.len());
            assert_eq!(heights.shown(), plain.iter().filter(|p| p.1 > 0).count());
            for (row, at) in flat.iter().enumerate() {
                assert_eq!(heights.find(first, row), Some(*at), "row {row} at {seq}");
                assert_eq!(heights.row_of(first, at.0) + at.1 as usize, row);
            }
            assert_eq!(heights.find(first, flat.len()), None);
            for (index, &(s, _)) in plain.iter().enumerate() {
                assert_eq!(heights.shown_before(first, s), plain.iter().take(index).filter(|p| p.1 > 0).count());
            }
        }
    }
}
