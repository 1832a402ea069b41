//! What was seen already, to a bound: of a session of days only the newest is remembered. Pure.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Remembers the newest `MAX`. Each may have something said of it.
#[derive(Clone, Debug)]
pub struct RecentSet<T, const MAX: usize, V = ()> {
    known: HashMap<T, V>,
    /// The oldest first.
    order: VecDeque<T>,
}

impl<T, const MAX: usize, V> Default for RecentSet<T, MAX, V> {
    fn default() -> Self {
        Self { known: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T: Clone + Eq + Hash, const MAX: usize, V: Default> RecentSet<T, MAX, V> {
    /// Remembers `one`; false where it was known.
    pub fn insert(&mut self, one: T) -> bool {
        let new = !self.contains(&one);
        self.value(one);
        new
    }

    /// Remembers `one`, and gives what is said of it.
    pub fn value(&mut self, one: T) -> &mut V {
        if !self.contains(&one) {
            self.order.push_back(one.clone());
            if self.order.len() > MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        self.known.entry(one).or_default()
    }

    /// Whether `one` is remembered.
    pub fn contains(&self, one: &T) -> bool {
        self.known.contains_key(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_known_and_the_oldest_make_room() {
        let mut recent = RecentSet::<_, 2>::default();
        assert_eq!(["a", "b", "a", "c"].map(|one| recent.insert(one)), [true, true, false, true]);
        assert_eq!(["a", "b", "c"].map(|one| recent.contains(&one)), [false, true, true]);
        assert_eq!((recent.known.len(), recent.order.len()), (2, 2));
    }
}
