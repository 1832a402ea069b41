//! What was seen already, to a bound: of a session of days only the newest is remembered. Pure.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

/// See the module.
#[derive(Clone, Debug)]
pub struct Recent<T> {
    known: HashSet<T>,
    /// The oldest first.
    order: VecDeque<T>,
    max: usize,
}

impl<T: Clone + Eq + Hash> Recent<T> {
    /// Remembers the newest `max`.
    pub fn new(max: usize) -> Self {
        Self { known: HashSet::new(), order: VecDeque::new(), max }
    }

    /// Remembers `one`; false where it was known.
    pub fn insert(&mut self, one: T) -> bool {
        if !self.known.insert(one.clone()) {
            return false;
        }
        self.order.push_back(one);
        if self.order.len() > self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// Whether `one` is remembered.
    pub fn contains(&self, one: &T) -> bool {
        self.known.contains(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_known_and_the_oldest_make_room() {
        let mut recent = Recent::new(2);
        assert_eq!(["a", "b", "a", "c"].map(|one| recent.insert(one)), [true, true, false, true]);
        assert_eq!(["a", "b", "c"].map(|one| recent.contains(&one)), [false, true, true]);
    }
}
