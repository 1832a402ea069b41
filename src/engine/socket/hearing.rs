//! What is heard in a conversation: doubles are dropped, and what comes after something that was said later is marked.
//! Pure.
//!
//! The same message may come several times: live and in the history, or through a connection that was resumed. The
//! documented key tells (`channel.messageId`, else `id`); and since live and history do not always agree on it, so does
//! the same text by the same author at the same millisecond.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;

use crate::engine::recent_set::Recent;
use crate::model::RemoteMessage;

/// Messages that are remembered.
const REMEMBERED: usize = 16_384;

/// See the module.
#[derive(Clone, Debug)]
pub struct Hearing {
    keys: Recent<String>,
    /// Who said what when, hashed.
    said: Recent<u64>,
    newest: Option<Timestamp>,
}

impl Default for Hearing {
    fn default() -> Self {
        Self { keys: Recent::new(REMEMBERED), said: Recent::new(REMEMBERED), newest: None }
    }
}

impl Hearing {
    /// Takes in what came: gives what is new of it, in the order in which it was said. `live`: it came by itself, so
    /// that one which was said before another that is known already is late.
    pub fn hear(&mut self, messages: Vec<RemoteMessage>, live: bool) -> Vec<RemoteMessage> {
        let mut fresh: Vec<_> = messages.into_iter().filter(|m| self.is_new(m)).collect();
        for message in &mut fresh {
            message.late = live && self.newest.is_some_and(|newest| message.at < newest);
            self.newest = self.newest.max(Some(message.at));
        }
        fresh.sort_by_key(|m| m.at);
        fresh
    }

    /// Whether nothing was heard so far.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn is_new(&mut self, message: &RemoteMessage) -> bool {
        let by_key = self.keys.insert(message.id.clone());
        let mut said = DefaultHasher::new();
        (message.at, message.author, &message.text).hash(&mut said);
        let by_words = self.said.insert(said.finish());
        by_key && by_words
    }
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
    fn doubles_are_dropped_by_key_and_by_words() {
        let mut hearing = Hearing::default();
        assert_eq!(ids(&hearing.hear(vec![said("a", 1, "x"), said("a", 1, "x")], true)), [("a", false)]);
        assert!(hearing.hear(vec![said("a", 9, "changed")], true).is_empty());
        assert!(hearing.hear(vec![said("b", 1, "x")], false).is_empty(), "the history's other id");
        assert_eq!(ids(&hearing.hear(vec![said("c", 2, "x")], true)), [("c", false)], "the same again, later");
    }

    #[test]
    fn late_ones_are_marked_and_the_history_is_not_late() {
        let mut hearing = Hearing::default();
        hearing.hear(vec![said("b", 5, "second")], true);
        assert_eq!(ids(&hearing.hear(vec![said("a", 3, "first")], true)), [("a", true)]);
        assert_eq!(ids(&hearing.hear(vec![said("d", 4, "y"), said("c", 2, "x")], false)), [("c", false), ("d", false)]);
        assert_eq!(ids(&hearing.hear(vec![said("e", 5, "z")], true)), [("e", false)], "at the same time is not late");
    }

    proptest! {
        /// However doubled and shuffled messages come, each is told once.
        #[test]
        fn each_is_told_once(mut order in proptest::collection::vec(0usize..12, 1..80), live: bool) {
            let mut hearing = Hearing::default();
            let mut told = Vec::new();
            for n in &order {
                let n = i64::try_from(*n).unwrap_or_default();
                told.extend(hearing.hear(vec![said(&format!("m{n}"), n, &format!("t{n}"))], live).into_iter().map(|m| m.id));
            }
            order.sort_unstable();
            order.dedup();
            told.sort();
            let mut wanted: Vec<_> = order.iter().map(|n| format!("m{n}")).collect();
            wanted.sort();
            prop_assert_eq!(told, wanted);
        }
    }
}
