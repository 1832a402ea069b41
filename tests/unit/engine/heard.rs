//! What is new, by whichever way it comes.

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
    assert_eq!(ids(&heard.hear(vec![said("e", 5, "z")], Arrival::Pushed)), [("e", false)], "the same time is not late");
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

#[test]
fn the_newest_are_known_and_the_oldest_make_room() {
    let mut recent = RecentSet::<_, 2>::default();
    assert_eq!(["a", "b", "a", "c"].map(|one| recent.insert(one)), [true, true, false, true]);
    assert_eq!(["a", "b", "c"].map(|one| recent.contains(&one)), [false, true, true]);
    assert_eq!((recent.known.len(), recent.order.len()), (2, 2));
}
