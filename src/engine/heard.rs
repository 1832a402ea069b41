//! What was heard in a conversation, to a bound: of a message that comes twice only the first is told. Pure.
//!
//! The same message may come several times: pushed by a socket or a webhook, read in the conversation or in a history,
//! or through a connection that was resumed. Its id tells. And since what is pushed and what is read do not always agree
//! on the id, so does the same text by the same author at the same millisecond, where it came by the *other* way: two
//! messages with two ids that came the same way are two, whatever they say.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use jiff::Timestamp;

use super::recent_set::RecentSet;
use crate::model::RemoteMessage;

/// Messages that are remembered: more than a conversation's answer of 1 MiB can list.
const REMEMBERED: usize = 16_384;

/// How messages came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// By themselves: through a socket or a webhook.
    Pushed,
    /// By a read of the conversation or of a history.
    Read,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct HeardMessages {
    /// Ids, hashed.
    ids: RecentSet<u64>,
    /// How often the same words were heard, pushed and read; by a hash of who said what when.
    words: RecentSet<u64, [u32; 2]>,
    newest: Option<Timestamp>,
}

impl Default for HeardMessages {
    fn default() -> Self {
        Self { ids: RecentSet::new(REMEMBERED), words: RecentSet::new(REMEMBERED), newest: None }
    }
}

impl HeardMessages {
    /// Takes in what came: gives what is new of it, in the order in which it was said. One that was pushed after another
    /// that was said later is marked as late.
    pub fn hear(&mut self, messages: Vec<RemoteMessage>, how: Arrival) -> Vec<RemoteMessage> {
        let mut fresh: Vec<_> = messages.into_iter().filter(|m| self.is_new(m, how)).collect();
        for message in &mut fresh {
            message.late = how == Arrival::Pushed && self.newest.is_some_and(|newest| message.at < newest);
            self.newest = self.newest.max(Some(message.at));
        }
        fresh.sort_by_key(|m| m.at);
        fresh
    }

    /// Whether nothing was heard so far.
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

fn hash(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Author;
    use proptest::prelude::*;

    fn said(id: &str, second: i64, text: &str) -> RemoteMessage {
        RemoteMessage::new(id, Author::Bot, text, Timestamp::from_second(second).unwrap_or_default())
    }

    fn ids(heard: &[RemoteMessage]) -> Vec<(&str, bool)> {
        heard.iter().map(|m| (m.id.as_str(), m.late)).collect()
    }

    #[test]
    fn ids_come_first_and_words_tell_where_the_two_ways_disagree() {
        use Arrival::{Pushed, Read};
        // What came, how, and whether it is new.
        let rows: [(&str, i64, &str, Arrival, bool); 10] = [
            ("a", 1, "x", Pushed, true),
            ("a", 1, "x", Pushed, false),
            ("a", 9, "changed", Read, false),
            ("b", 1, "x", Pushed, true), // the same words at the same time under another id, by the same way: another
            ("c", 1, "x", Read, false),  // the history's id of the first
            ("d", 1, "x", Read, false),  // and of the second
            ("e", 1, "x", Read, true),   // a third was said, and never pushed
            ("f", 1, "x", Pushed, false), // until now
            ("g", 2, "x", Pushed, true), // the same again, later
            ("h", 2, "y", Read, true),
        ];
        let mut heard = HeardMessages::default();
        for (id, second, text, came, new) in rows {
            assert_eq!(heard.hear(vec![said(id, second, text)], came).len(), usize::from(new), "{id} {text}");
            assert!(heard.knows(id));
        }
    }

    #[test]
    fn late_ones_are_marked_and_what_is_read_is_not_late() {
        let mut heard = HeardMessages::default();
        assert!(heard.is_empty());
        heard.hear(vec![said("b", 5, "second")], Arrival::Pushed);
        assert!(!heard.is_empty());
        assert_eq!(ids(&heard.hear(vec![said("a", 3, "first")], Arrival::Pushed)), [("a", true)]);
        let read = heard.hear(vec![said("d", 4, "y"), said("c", 2, "x")], Arrival::Read);
        assert_eq!(ids(&read), [("c", false), ("d", false)]);
        assert_eq!(
            ids(&heard.hear(vec![said("e", 5, "z")], Arrival::Pushed)),
            [("e", false)],
            "the same time is not late"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut heard = HeardMessages::default();
        for n in 0..3 * REMEMBERED {
            heard.hear(vec![said(&n.to_string(), i64::try_from(n).unwrap_or_default(), "x")], Arrival::Pushed);
        }
        assert!(!heard.knows("0") && heard.knows(&(3 * REMEMBERED - 1).to_string()));
    }

    proptest! {
        /// However doubled and shuffled messages come, each is told once.
        #[test]
        fn each_is_told_once(mut order in proptest::collection::vec((0usize..12, any::<bool>()), 1..80)) {
            let mut heard = HeardMessages::default();
            let mut told = Vec::new();
            for (n, pushed) in &order {
                let second = i64::try_from(*n).unwrap_or_default();
                let came = if *pushed { Arrival::Pushed } else { Arrival::Read };
                let new = heard.hear(vec![said(&format!("m{n}"), second, &format!("t{n}"))], came);
                told.extend(new.into_iter().map(|m| m.id));
            }
            order.sort_unstable();
            order.dedup_by_key(|(n, _)| *n);
            told.sort();
            let mut wanted: Vec<_> = order.iter().map(|(n, _)| format!("m{n}")).collect();
            wanted.sort();
            prop_assert_eq!(told, wanted);
        }
    }
}
