//! What a read settles, by table.

use super::*;
use crate::fixtures::at_second as at;

const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

fn said(id: &str, author: Author, text: &str, seconds: u64) -> RemoteMessage {
    RemoteMessage::new(id, author, text, at(seconds).wall)
}

const NONE: SignedDuration = SignedDuration::ZERO;

fn read(reader: &mut ReplyReader, new: Vec<RemoteMessage>, now: u64) -> Vec<FoundStatus> {
    reader.begin();
    reader.read(new, NONE, at(now), (&PAUSES, 0)).1
}

fn accepted(seconds: u64) -> When {
    When::Accepted(at(seconds).wall)
}

/// Begun then, and to be taken within ten seconds.
fn unknown(seconds: u64) -> When {
    When::Unknown(at(seconds).wall, at(seconds + 10).wall)
}

#[test]
fn pauses_grow_and_end() {
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "x", accepted(0), Some("m1".into()));
    reader.look(at(0), &PAUSES, false);
    assert_eq!(reader.next, Some(at(1)));
    assert!(!reader.wants(at(0)) && reader.wants(at(1)));
    assert_eq!(read(&mut reader, vec![], 1), []);
    assert_eq!(reader.next, Some(at(3)));
    assert_eq!(read(&mut reader, vec![], 3), []);
    assert_eq!(reader.next, None);
}

#[test]
fn a_look_that_waits_for_nothing_is_not_repeated() {
    let mut reader = ReplyReader::default();
    reader.ask();
    reader.begin();
    reader.read(vec![said("b0", Author::Bot, "earlier", 50)], NONE, at(60), (&PAUSES, 2));
    assert_eq!(reader.next, None);
}

#[test]
fn who_is_looked_at_is_read_longer() {
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "x", accepted(0), Some("m1".into()));
    reader.look(at(0), &PAUSES, false);
    for n in 0..3 {
        assert!(reader.next.is_some(), "{n}");
        reader.begin();
        reader.read(vec![], NONE, at(n), (&PAUSES, 2));
    }
    reader.begin();
    reader.read(vec![], NONE, at(9), (&PAUSES, 2));
    assert_eq!(reader.next, None);
}

#[test]
fn an_old_answer_answers_nothing() {
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "x", accepted(100), Some("m1".into()));
    assert_eq!(read(&mut reader, vec![said("b0", Author::Bot, "earlier", 50)], 101), []);
    let new = vec![said("b1", Author::Agent, "hello", 101), said("s", Author::System, "joined", 102)];
    assert_eq!(read(&mut reader, new.clone(), 103), [FoundStatus::Answered(MessageId(1))]);
    reader.sent(MessageId(2), "y", accepted(90), Some("m2".into()));
    assert_eq!(read(&mut reader, new, 104), [], "what was read before is no new answer");
}

#[test]
fn the_unknown_lands_where_its_text_is_found() {
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "hello ", unknown(100), None);
    let old = said("m0", Author::Guest, "hello", 10);
    assert_eq!(read(&mut reader, vec![old], 101), [], "the same words, long before");
    let bot = said("b", Author::Bot, "hello", 101);
    assert_eq!(read(&mut reader, vec![bot], 102), [], "the same words, by the other side");
    let found = said("m1", Author::Guest, "hello", 100);
    assert_eq!(read(&mut reader, vec![found], 103), [FoundStatus::Received(MessageId(1), "m1".into())]);
}

#[test]
fn a_message_without_a_time_settles_nothing_unknown() {
    let untimed = |id: &str| RemoteMessage { untimed: true, ..said(id, Author::Guest, "hello", 101) };
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "hello", unknown(100), None);
    assert_eq!(read(&mut reader, vec![untimed("m0")], 101), [], "it may have been said long before");
    let found = said("m1", Author::Guest, "hello", 100);
    assert_eq!(read(&mut reader, vec![found], 103), [FoundStatus::Received(MessageId(1), "m1".into())]);
}

#[test]
fn a_reply_without_a_time_answers_nothing() {
    let untimed = RemoteMessage { untimed: true, ..said("b0", Author::Bot, "Good morning", 101) };
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "hello", accepted(100), Some("m1".to_owned()));
    assert_eq!(read(&mut reader, vec![untimed], 101), [], "it may have been said before");
    assert_eq!(read(&mut reader, vec![said("b1", Author::Bot, "Hi", 102)], 103), [FoundStatus::Answered(MessageId(1))]);
}

#[test]
fn an_unknown_one_is_remembered_however_many_follow() {
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "lost?", unknown(100), None);
    for n in 0..200_u64 {
        reader.sent(MessageId(2 + n), "x", accepted(101 + n), Some(format!("x{n}")));
    }
    assert_eq!(reader.doubt_since(NONE), Some(at(95).wall));
    let found = said("m1", Author::Guest, "lost?", 100);
    assert_eq!(read(&mut reader, vec![found], 400), [FoundStatus::Received(MessageId(1), "m1".into())]);
    assert_eq!(reader.doubt_since(NONE), None);
    for n in 0..200 {
        reader.sent(MessageId(1_000 + n), "all of them?", unknown(500), None);
    }
    let found: Vec<_> = (0..200).map(|n| said(&format!("a{n}"), Author::Guest, "all of them?", 500)).collect();
    assert_eq!(read(&mut reader, found, 600).len(), 200);
}

#[test]
fn what_is_unknown_is_looked_for_since_the_oldest_of_it() {
    let mut reader = ReplyReader::default();
    assert_eq!(reader.doubt_since(NONE), None);
    reader.sent(MessageId(1), "a", unknown(200), None);
    reader.sent(MessageId(2), "b", unknown(100), None);
    reader.sent(MessageId(3), "c", accepted(50), None);
    assert_eq!(reader.doubt_since(NONE), Some(at(95).wall), "less what two clocks may differ");
    reader.forget(MessageId(2));
    assert_eq!(reader.doubt_since(NONE), Some(at(195).wall));
}

#[test]
fn a_resend_that_is_seen_does_not_prove_the_first() {
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "hello", unknown(100), None);
    reader.sent(MessageId(2), "hello", accepted(110), None);
    assert_eq!(read(&mut reader, vec![said("m", Author::Guest, "hello", 111)], 112), []);
    assert_eq!(
        read(&mut reader, vec![said("n", Author::Guest, "hello", 100)], 113),
        [FoundStatus::Received(MessageId(1), "n".into())]
    );
    // One whose id is known is never taken for another.
    let mut reader = ReplyReader::default();
    reader.sent(MessageId(1), "hello", unknown(100), None);
    reader.sent(MessageId(2), "hello", accepted(110), Some("m".into()));
    assert_eq!(read(&mut reader, vec![said("m", Author::Guest, "hello", 111)], 112), []);
}

#[test]
fn a_refusal_ends_reading_until_asked_or_a_new_token() {
    let mut reader = ReplyReader::default();
    reader.look(at(0), &PAUSES, false);
    reader.begin();
    reader.refused();
    reader.look(at(1), &PAUSES, false);
    assert_eq!(reader.next, None);
    reader.ask();
    assert!(reader.wants(at(1)));
    reader.begin();
    reader.refused();
    reader.new_token();
    reader.look(at(2), &PAUSES, false);
    assert_eq!(reader.next, Some(at(3)));
}

#[test]
fn the_same_is_told_once() {
    let mut reader = ReplyReader::default();
    assert!(reader.is_news(RemoteState::Connected, None, false));
    assert!(!reader.is_news(RemoteState::Connected, None, false));
    assert!(reader.is_news(RemoteState::Connected, None, true));
    assert!(reader.is_news(RemoteState::Ended, None, false));
}

/// A lost message is found by its text only where it can have been taken, by the server's clock: what somebody says
/// before or later is another message.
#[test]
fn another_message_of_the_same_text_settles_nothing() {
    // Seconds by which the server's clock is ahead, when the text was said by that clock, and whether it is ours.
    let rows = [
        (0, 100, true),
        (0, 95, true),
        (0, 94, false),
        (0, 115, true), // a try's ten seconds, and what clocks may differ
        (0, 116, false),
        (0, 3_600, false),
        (600, 700, true),
        (600, 100, false),
        (-60, 40, true),
        (-60, 100, false),
    ];
    for (skew, said_at, ours) in rows {
        let mut reader = ReplyReader::default();
        reader.sent(MessageId(1), "hello", unknown(100), None);
        let found = vec![said("m", Author::Guest, "hello", said_at)];
        let (fresh, settled) = reader.arrived(found, Arrival::Read, SignedDuration::from_secs(skew));
        assert_eq!((fresh.len(), !settled.is_empty()), (1, ours), "{skew} {said_at}");
    }
}

/// What was heard before the answer was known to be lost counts, too, and is not told again.
#[test]
fn what_was_heard_meanwhile_is_found() {
    let mut reader = ReplyReader::default();
    reader.arrived(vec![said("m", Author::Guest, "hello", 101)], Arrival::Pushed, NONE);
    reader.sent(MessageId(1), "hello", unknown(100), None);
    let again = vec![said("m", Author::Guest, "hello", 101)];
    assert_eq!(
        reader.arrived(again, Arrival::Read, NONE),
        (vec![], vec![FoundStatus::Received(MessageId(1), "m".into())])
    );
}

#[test]
fn a_401_renews_once_until_a_read_succeeds() {
    let mut reader = ReplyReader::default();
    assert!(reader.may_renew());
    assert!(!reader.may_renew());
    reader.refused();
    reader.ask();
    assert!(!reader.may_renew(), "asking again and again does not renew again and again");
    read(&mut reader, vec![], 1);
    assert!(reader.may_renew());
}

#[test]
fn a_reader_of_days_keeps_little() {
    let mut reader = ReplyReader::default();
    for n in 0..2_000_u64 {
        reader.arrived(vec![said(&format!("g{n}"), Author::Guest, "x", n)], Arrival::Pushed, NONE);
        reader.sent(MessageId(n), "y", accepted(n), Some(format!("o{n}")));
    }
    assert_eq!((reader.guests.len(), reader.ours.len()), (GUESTS, OURS));
    reader.begin_anew();
    assert!(reader.guests.is_empty() && reader.ours.is_empty() && reader.knows_messages());
    assert_eq!(
        reader.arrived(vec![said("g7", Author::Guest, "x", 7)], Arrival::Read, NONE).0,
        [],
        "it is not told again"
    );
}

mod heard {
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
        let mut heard = KnownMessages::default();
        for (id, second, text, came, new) in rows {
            assert_eq!(heard.add_new(vec![said(id, second, text)], came).len(), usize::from(new), "{id} {text}");
            assert!(heard.ids.contains(&hash(id)));
        }
    }

    #[test]
    fn late_ones_are_marked_and_what_is_read_is_not_late() {
        let mut heard = KnownMessages::default();
        assert!(heard.newest.is_none());
        heard.add_new(vec![said("b", 5, "second")], Arrival::Pushed);
        assert!(heard.newest.is_some());
        assert_eq!(ids(&heard.add_new(vec![said("a", 3, "first")], Arrival::Pushed)), [("a", true)]);
        let read = heard.add_new(vec![said("d", 4, "y"), said("c", 2, "x")], Arrival::Read);
        assert_eq!(ids(&read), [("c", false), ("d", false)]);
        assert_eq!(
            ids(&heard.add_new(vec![said("e", 5, "z")], Arrival::Pushed)),
            [("e", false)],
            "the same time is not late"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut heard = KnownMessages::default();
        for n in 0..3 * REMEMBERED {
            heard.add_new(vec![said(&n.to_string(), i64::try_from(n).unwrap_or_default(), "x")], Arrival::Pushed);
        }
        assert!(!heard.ids.contains(&hash("0")) && heard.ids.contains(&hash(&(3 * REMEMBERED - 1).to_string())));
    }

    proptest! {
        /// However doubled and shuffled messages come, each is told once.
        #[test]
        fn each_is_told_once(mut order in proptest::collection::vec((0usize..12, any::<bool>()), 1..80)) {
            let mut heard = KnownMessages::default();
            let mut told = Vec::new();
            for (n, pushed) in &order {
                let second = i64::try_from(*n).unwrap_or_default();
                let came = if *pushed { Arrival::Pushed } else { Arrival::Read };
                let new = heard.add_new(vec![said(&format!("m{n}"), second, &format!("t{n}"))], came);
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
}
