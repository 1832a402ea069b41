//! What a read settles, by table.

use super::*;

const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

fn at(seconds: u64) -> Moment {
    Moment::ZERO.after(Duration::from_secs(seconds))
}

fn said(id: &str, author: Author, text: &str, seconds: u64) -> RemoteMessage {
    RemoteMessage::new(id, author, text, at(seconds).wall)
}

fn read(reader: &mut Reader, new: Vec<RemoteMessage>, now: u64) -> Vec<Settled> {
    reader.begin();
    reader.read(new, at(now), &PAUSES, 0, false)
}

#[test]
fn pauses_grow_and_end() {
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "x", at(0).wall, Some("m1".into()), false);
    reader.look(at(0), &PAUSES);
    assert_eq!(reader.next_due(), Some(at(1)));
    assert!(!reader.wants(at(0)) && reader.wants(at(1)));
    assert_eq!(read(&mut reader, vec![], 1), []);
    assert_eq!(reader.next_due(), Some(at(3)));
    assert_eq!(read(&mut reader, vec![], 3), []);
    assert_eq!(reader.next_due(), None);
}

#[test]
fn a_look_that_waits_for_nothing_is_not_repeated() {
    let mut reader = Reader::default();
    reader.ask();
    reader.begin();
    reader.read(vec![said("b0", Author::Bot, "earlier", 50)], at(60), &PAUSES, 2, true);
    assert_eq!(reader.next_due(), None);
}

#[test]
fn who_is_looked_at_is_read_longer() {
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "x", at(0).wall, Some("m1".into()), false);
    reader.look(at(0), &PAUSES);
    for n in 0..3 {
        assert!(reader.next_due().is_some(), "{n}");
        reader.begin();
        reader.read(vec![], at(n), &PAUSES, 2, true);
    }
    reader.begin();
    reader.read(vec![], at(9), &PAUSES, 2, true);
    assert_eq!(reader.next_due(), None);
}

#[test]
fn an_old_answer_answers_nothing() {
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "x", at(100).wall, Some("m1".into()), false);
    assert_eq!(read(&mut reader, vec![said("b0", Author::Bot, "earlier", 50)], 101), []);
    let new = vec![said("b1", Author::Agent, "hello", 101), said("s", Author::System, "joined", 102)];
    assert_eq!(read(&mut reader, new.clone(), 103), [Settled::Answered(MessageId(1))]);
    reader.sent(MessageId(2), "y", at(90).wall, Some("m2".into()), false);
    assert_eq!(read(&mut reader, new, 104), [], "what was read before is no new answer");
}

#[test]
fn the_unknown_lands_where_its_text_is_found() {
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "hello ", at(100).wall, None, true);
    let old = said("m0", Author::Guest, "hello", 10);
    assert_eq!(read(&mut reader, vec![old], 101), [], "the same words, long before");
    let bot = said("b", Author::Bot, "hello", 101);
    assert_eq!(read(&mut reader, vec![bot], 102), [], "the same words, by the other side");
    let found = said("m1", Author::Guest, "hello", 100);
    assert_eq!(read(&mut reader, vec![found], 103), [Settled::Landed(MessageId(1), "m1".into())]);
}

#[test]
fn an_unknown_one_is_remembered_however_many_follow() {
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "lost?", at(100).wall, None, true);
    for n in 0..200_u64 {
        reader.sent(MessageId(2 + n), "x", at(101 + n).wall, Some(format!("x{n}")), false);
    }
    assert_eq!(reader.doubt_since(), Some(at(95).wall));
    let found = said("m1", Author::Guest, "lost?", 100);
    assert_eq!(read(&mut reader, vec![found], 400), [Settled::Landed(MessageId(1), "m1".into())]);
    assert_eq!(reader.doubt_since(), None);
    for n in 0..200 {
        reader.sent(MessageId(1_000 + n), "all of them?", at(500).wall, None, true);
    }
    let found: Vec<_> = (0..200).map(|n| said(&format!("a{n}"), Author::Guest, "all of them?", 500)).collect();
    assert_eq!(read(&mut reader, found, 600).len(), 200);
}

#[test]
fn what_is_unknown_is_looked_for_since_the_oldest_of_it() {
    let mut reader = Reader::default();
    assert_eq!(reader.doubt_since(), None);
    reader.sent(MessageId(1), "a", at(200).wall, None, true);
    reader.sent(MessageId(2), "b", at(100).wall, None, true);
    reader.sent(MessageId(3), "c", at(50).wall, None, false);
    assert_eq!(reader.doubt_since(), Some(at(95).wall), "less what two clocks may differ");
    reader.settled(MessageId(2));
    assert_eq!(reader.doubt_since(), Some(at(195).wall));
}

#[test]
fn a_resend_that_is_seen_does_not_prove_the_first() {
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "hello", at(100).wall, None, true);
    reader.sent(MessageId(2), "hello", at(110).wall, None, false);
    assert_eq!(read(&mut reader, vec![said("m", Author::Guest, "hello", 111)], 112), []);
    assert_eq!(
        read(&mut reader, vec![said("n", Author::Guest, "hello", 100)], 113),
        [Settled::Landed(MessageId(1), "n".into())]
    );
    // One whose id is known is never taken for another.
    let mut reader = Reader::default();
    reader.sent(MessageId(1), "hello", at(100).wall, None, true);
    reader.sent(MessageId(2), "hello", at(110).wall, Some("m".into()), false);
    assert_eq!(read(&mut reader, vec![said("m", Author::Guest, "hello", 111)], 112), []);
}

#[test]
fn a_refusal_ends_reading_until_asked_or_a_new_token() {
    let mut reader = Reader::default();
    reader.look(at(0), &PAUSES);
    reader.begin();
    reader.refused();
    reader.look(at(1), &PAUSES);
    assert_eq!(reader.next_due(), None);
    reader.ask();
    assert!(reader.wants(at(1)));
    reader.begin();
    reader.refused();
    reader.new_token();
    reader.look(at(2), &PAUSES);
    assert_eq!(reader.next_due(), Some(at(3)));
}

#[test]
fn the_same_is_told_once_unless_asked() {
    let mut reader = Reader::default();
    assert!(reader.tell(RemoteState::Connected, None, false).is_some());
    assert!(reader.tell(RemoteState::Connected, None, false).is_none());
    assert!(reader.tell(RemoteState::Connected, None, true).is_some());
    assert!(reader.tell(RemoteState::Ended, None, false).is_some());
}
