//! What was heard in a conversation, to a bound: of a message that comes twice only the first is told. Pure.
//!
//! The same message may come several times: pushed by a socket or a webhook, read in the conversation or in a history,
//! or through a connection that was resumed. Its id tells. And since what is pushed and what is read do not always agree
//! on the id, so does the same text by the same author at the same millisecond, where it came by the *other* way: two
//! messages with two ids that came the same way are two, whatever they say.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};

use jiff::Timestamp;

use crate::model::RemoteMessage;

/// Messages that are remembered: more than a conversation's answer of 1 MiB can list.
const REMEMBERED: usize = 16_384;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// By themselves: through a socket or a webhook.
    Pushed,
    /// By a read of the conversation or of a history.
    Read,
}

#[derive(Clone, Debug, Default)]
pub struct HeardMessages {
    ids: RecentSet<u64, REMEMBERED>,
    /// How often the same words were heard, pushed and read; by a hash of who said what when.
    words: RecentSet<u64, REMEMBERED, [u32; 2]>,
    newest: Option<Timestamp>,
}

impl HeardMessages {
    /// Takes messages in and gives the new ones, in the order of their times. A message that is pushed after a later one
    /// is marked as late.
    pub fn hear(&mut self, messages: Vec<RemoteMessage>, how: Arrival) -> Vec<RemoteMessage> {
        let mut fresh: Vec<_> = messages.into_iter().filter(|m| self.is_new(m, how)).collect();
        for message in &mut fresh {
            message.late = how == Arrival::Pushed && self.newest.is_some_and(|newest| message.at < newest);
            self.newest = self.newest.max(Some(message.at));
        }
        fresh.sort_by_key(|m| m.at);
        fresh
    }

    pub const fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// Whether the message of that id was heard.
    pub fn knows(&self, id: &str) -> bool {
        self.ids.contains(&hash(id))
    }

    fn is_new(&mut self, message: &RemoteMessage, how: Arrival) -> bool {
        if !self.ids.insert(hash(&message.id)) {
            return false;
        }
        let [pushed, read] = self.words.value(hash(&(message.at, message.author, &message.text)));
        let (own, other) = if how == Arrival::Pushed { (pushed, *read) } else { (read, *pushed) };
        *own += 1;
        *own > other
    }
}

/// Remembers the newest `MAX`: of a session of days, no more than these. Each may have something said of it.
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

fn hash(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[path = "../../tests/unit/engine/heard.rs"]
mod tests;
