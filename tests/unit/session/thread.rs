//! Each message once, in order, whatever comes first; unread, answered, unknown, bounds, replies.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use proptest::prelude::*;

use crate::model::{Author, ExchangeId, RemoteMessage};

use super::*;

const A: ConversationKey = ConversationKey(1);

fn at(second: i64) -> Moment {
    let wall = Timestamp::from_second(1_000_000 + second).unwrap();
    Moment::new(Duration::from_secs(second.unsigned_abs() + 1_000), wall)
}

fn ours(id: u64, text: &str, second: i64) -> Message {
    Message {
        id: MessageId(id),
        conversation: A,
        author: Author::Guest,
        text: text.to_owned(),
        at: at(second),
        delivery: DeliveryStatus::Queued,
        exchange: None,
        remote_id: None,
        resend_of: None,
        sent_as: None,
        extras: crate::model::Extras::default(),
    }
}

fn remote(id: &str, author: Author, text: &str, second: i64) -> RemoteMessage {
    RemoteMessage::new(id, author, text, at(second).wall)
}

fn guest(id: &str, text: &str, second: i64) -> RemoteMessage {
    remote(id, Author::Guest, text, second)
}

fn bot(id: &str, text: &str, second: i64) -> RemoteMessage {
    remote(id, Author::Bot, text, second)
}

fn read(threads: &mut Threads, brought: Vec<RemoteMessage>) -> usize {
    threads.of(A).merge_read(brought)
}

fn unread(threads: &Threads) -> usize {
    threads.messages(A).iter().filter(|entry| entry.unread).count()
}

fn texts(threads: &Threads) -> Vec<&str> {
    threads.messages(A).iter().map(ThreadEntry::text).collect()
}

fn accept(threads: &mut Threads, id: u64, remote_id: Option<&str>) {
    let remote_id = remote_id.map(str::to_owned);
    assert!(threads.of(A).delivery(MessageId(id), DeliveryStatus::Accepted, Some(ExchangeId(id)), remote_id));
}

#[test]
fn the_echo_is_our_message_whichever_comes_first() {
    // The acceptance first, then the read.
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    accept(&mut t, 1, Some("r1"));
    assert_eq!(read(&mut t, vec![guest("r1", "hello", 1), bot("r2", "hi!", 2)]), 1);
    assert_eq!(texts(&t), ["hello", "hi!"]);
    assert_eq!(t.message(MessageId(1)).unwrap().delivery, DeliveryStatus::Answered);
    // The read first, while the answer to the send is still out.
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    t.of(A).delivery(MessageId(1), DeliveryStatus::Sending { attempt: 1 }, Some(ExchangeId(1)), None);
    read(&mut t, vec![guest("r1", "hello", 1), bot("r2", "hi!", 2)]);
    assert_eq!(texts(&t), ["hello", "hi!"]);
    assert_eq!(
        t.message(MessageId(1)).unwrap().delivery,
        DeliveryStatus::Sending { attempt: 1 },
        "a read does not settle it"
    );
    assert_eq!(t.message(MessageId(1)).unwrap().remote_id.as_deref(), Some("r1"));
    accept(&mut t, 1, Some("r1"));
    assert_eq!(t.message(MessageId(1)).unwrap().delivery, DeliveryStatus::Answered);
    assert_eq!(t.message(MessageId(1)).unwrap().exchange, Some(ExchangeId(1)));
    // The echo is too far away in time to be recognised by its text; its id tells.
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    t.of(A).delivery(MessageId(1), DeliveryStatus::Sending { attempt: 1 }, None, None);
    read(&mut t, vec![guest("r1", "hello", 5_000)]);
    assert_eq!(texts(&t), ["hello", "hello"]);
    accept(&mut t, 1, Some("r1"));
    assert_eq!(texts(&t), ["hello"]);
    assert!(t.messages(A)[0].seen());
}

#[test]
fn a_message_without_a_time_is_ours_by_its_id_or_where_ours_was_received() {
    let untimed = || RemoteMessage { untimed: true, ..guest("r1", "hello", 1) };
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    t.of(A).delivery(MessageId(1), DeliveryStatus::Sending { attempt: 1 }, None, None);
    read(&mut t, vec![untimed()]);
    assert_eq!(texts(&t), ["hello", "hello"], "it may be an older one of the same text");
    assert_eq!(t.message(MessageId(1)).unwrap().remote_id, None);
    accept(&mut t, 1, Some("r1"));
    assert_eq!(texts(&t), ["hello"]);
    // What was received for sure, without an id, is in the conversation.
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    accept(&mut t, 1, None);
    read(&mut t, vec![untimed(), bot("r2", "hi", 2)]);
    assert_eq!(texts(&t), ["hello", "hi"]);
    assert_eq!(t.message(MessageId(1)).unwrap().remote_id.as_deref(), Some("r1"));
    read(&mut t, vec![RemoteMessage { untimed: true, ..guest("r3", "hello", 3) }]);
    assert_eq!(texts(&t), ["hello", "hi", "hello"], "once");
}

#[test]
fn reading_again_adds_nothing() {
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    accept(&mut t, 1, Some("r1"));
    let all = || vec![guest("r1", "hello", 1), bot("r2", "hi!", 2), remote("r3", Author::System, "joined", 3)];
    assert_eq!(read(&mut t, all()), 1);
    assert_eq!(read(&mut t, all()), 0);
    assert_eq!(texts(&t), ["hello", "hi!", "joined"]);
    t.of(A).mark_read();
    assert_eq!(read(&mut t, [all(), vec![bot("r4", "still there?", 9)]].concat()), 1);
    assert_eq!((unread(&t), t.messages(A).len()), (1, 4));
}

#[test]
fn two_equal_texts_are_two_messages() {
    let mut t = Threads::default();
    t.sent(ours(1, "ping", 0));
    t.sent(ours(2, "ping", 10));
    for id in [1, 2] {
        t.of(A).delivery(MessageId(id), DeliveryStatus::Sending { attempt: 1 }, None, None);
    }
    read(&mut t, vec![guest("a", "ping", 1), guest("b", "ping", 11), guest("c", "ping", 12)]);
    assert_eq!(t.messages(A).len(), 3, "the third is somebody else's");
    assert_eq!(t.message(MessageId(1)).unwrap().remote_id.as_deref(), Some("a"));
    assert_eq!(t.message(MessageId(2)).unwrap().remote_id.as_deref(), Some("b"));
    // Taken for each other by time, put right by the id.
    let mut t = Threads::default();
    t.sent(ours(1, "ping", 0));
    t.sent(ours(2, "ping", 10));
    for id in [1, 2] {
        t.of(A).delivery(MessageId(id), DeliveryStatus::Sending { attempt: 1 }, None, None);
    }
    read(&mut t, vec![guest("a", "ping", 9)]);
    assert_eq!(t.message(MessageId(2)).unwrap().remote_id.as_deref(), Some("a"));
    accept(&mut t, 1, Some("a"));
    accept(&mut t, 2, Some("b"));
    read(&mut t, vec![guest("a", "ping", 9), guest("b", "ping", 19)]);
    assert_eq!(texts(&t), ["ping", "ping"]);
    assert_eq!(t.message(MessageId(1)).unwrap().remote_id.as_deref(), Some("a"));
    assert_eq!(t.message(MessageId(2)).unwrap().remote_id.as_deref(), Some("b"));
}

#[test]
fn a_message_that_was_never_sent_is_not_taken_for_the_echo() {
    for delivery in [DeliveryStatus::Queued, DeliveryStatus::Cancelled, DeliveryStatus::Refused("401".into())] {
        let mut t = Threads::default();
        t.sent(ours(1, "hello", 0));
        t.of(A).delivery(MessageId(1), delivery.clone(), None, None);
        read(&mut t, vec![guest("x", "hello", 1)]);
        assert_eq!(t.messages(A).len(), 2, "{delivery:?}");
    }
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 0));
    t.of(A).delivery(MessageId(1), DeliveryStatus::Unknown("reset".into()), None, None);
    read(&mut t, vec![guest("x", "hello", 1)]);
    assert_eq!(t.messages(A).len(), 1);
    assert!(t.messages(A)[0].seen());
    assert_eq!(t.unknown().count(), 1, "settled by the engine or a person only");
    t.of(A).delivery(MessageId(1), DeliveryStatus::Received, None, None);
    assert_eq!((t.unknown().count(), t.counts(A).ok), (0, 1));
}

#[test]
fn order_is_by_time_and_ours_keep_theirs() {
    let mut t = Threads::default();
    read(&mut t, vec![bot("b2", "second", 20), bot("b1", "first", 10)]);
    t.sent(ours(1, "one", 30));
    t.sent(ours(2, "two", 31));
    read(&mut t, vec![bot("b3", "late", 25), bot("b4", "after", 40)]);
    assert_eq!(texts(&t), ["first", "second", "late", "one", "two", "after"]);
    // The remote side's clock is ahead: the echo of the first would stand after the second.
    let mut t = Threads::default();
    t.sent(ours(1, "one", 0));
    t.sent(ours(2, "two", 1));
    accept(&mut t, 1, Some("r1"));
    read(&mut t, vec![guest("r1", "one", 50), bot("b", "reply", 51)]);
    assert_eq!(texts(&t), ["one", "two", "reply"]);
}

#[test]
fn a_known_clock_skew_is_taken_out() {
    let mut t = Threads::default();
    t.all().for_each(|thread| thread.clock_skew(3_600));
    t.sent(ours(1, "hello", 0));
    t.of(A).delivery(MessageId(1), DeliveryStatus::Sending { attempt: 1 }, None, None);
    read(&mut t, vec![bot("old", "welcome", 3_590), guest("r", "hello", 3_601), bot("b", "hi", 3_602)]);
    assert_eq!(texts(&t), ["welcome", "hello", "hi"]);
    assert_eq!(unread(&t), 1, "the welcome was there before");
}

#[test]
fn answered_needs_something_said_later_by_the_other_side() {
    let mut t = Threads::default();
    // Their clock runs a little ahead of ours: the greeting seems to come after our message.
    read(&mut t, vec![bot("b0", "welcome", 40)]);
    t.sent(ours(1, "hello", 10));
    accept(&mut t, 1, None);
    assert_eq!(t.message(MessageId(1)).unwrap().delivery, DeliveryStatus::Accepted, "the greeting was known before");
    read(&mut t, vec![bot("b0", "welcome", 40), guest("r1", "hello", 50)]);
    assert_eq!(t.message(MessageId(1)).unwrap().delivery, DeliveryStatus::Accepted);
    read(&mut t, vec![remote("s", Author::System, "agent joined", 55), guest("g", "other", 56)]);
    assert_eq!(t.message(MessageId(1)).unwrap().delivery, DeliveryStatus::Accepted, "nobody answered yet");
    read(&mut t, vec![remote("h", Author::Agent, "hello", 60)]);
    assert_eq!(t.message(MessageId(1)).unwrap().delivery, DeliveryStatus::Answered);
    t.sent(ours(2, "refused", 61));
    t.of(A).delivery(MessageId(2), DeliveryStatus::Refused("no".into()), None, None);
    read(&mut t, vec![bot("b9", "later", 70)]);
    assert_eq!(t.message(MessageId(2)).unwrap().delivery, DeliveryStatus::Refused("no".into()));
}

#[test]
fn history_is_not_news_but_answers_are() {
    let mut t = Threads::default();
    assert_eq!(read(&mut t, vec![bot("1", "old", 1), bot("2", "old too", 2)]), 0);
    assert_eq!(read(&mut t, vec![bot("3", "new", 3), guest("4", "mine", 4)]), 1);
    assert_eq!(unread(&t), 1);
    t.of(A).mark_read();
    assert_eq!(unread(&t), 0);
    let mut t = Threads::default();
    t.sent(ours(1, "hello", 10));
    accept(&mut t, 1, None);
    assert_eq!(read(&mut t, vec![bot("1", "old", 1), bot("2", "answer", 11)]), 1);
}

#[test]
fn counts_say_how_each_message_fared() {
    let mut t = Threads::default();
    let lives = [
        DeliveryStatus::Queued,
        DeliveryStatus::Waiting { until: at(9), why: "429".into() },
        DeliveryStatus::Sending { attempt: 2 },
        DeliveryStatus::Accepted,
        DeliveryStatus::Refused("x".into()),
        DeliveryStatus::Unknown("y".into()),
        DeliveryStatus::Cancelled,
        DeliveryStatus::NotReceived,
    ];
    for (id, delivery) in (1..).zip(lives) {
        t.sent(ours(id, "m", 0));
        t.of(A).delivery(MessageId(id), delivery, None, None);
    }
    let want = MessageCounts { sends: 8, ok: 1, refused: 1, unknown: 1, sending: 1, waiting: 2 };
    assert_eq!(t.counts(A), want);
    assert_eq!(t.open().count(), 3);
    assert!(!t.of(A).delivery(MessageId(77), DeliveryStatus::Accepted, None, None), "late reports are ignored");
    assert!(t.message(MessageId(77)).is_none() && t.get(ConversationKey(9)).is_none());
    assert_eq!(t.next_change(A, at(7)), Some(at(8)));
    let half = at(7).after(Duration::from_millis(500));
    assert_eq!(t.next_change(A, half), Some(at(8)));
    assert_eq!(t.next_change(A, at(9)), None);
}

#[test]
fn a_thread_is_bounded_and_what_is_unknown_stays() {
    let mut t = Threads::default();
    t.sent(ours(1, "lost?", 0));
    t.of(A).delivery(MessageId(1), DeliveryStatus::Unknown("reset".into()), None, None);
    let all = |n: i64| (1..=n).map(|s| bot(&format!("b{s}"), "x", s)).collect::<Vec<_>>();
    let most = i64::try_from(merge::MAX_MESSAGES).unwrap();
    read(&mut t, all(most));
    read(&mut t, all(most + 50));
    assert_eq!(t.messages(A).len(), merge::MAX_MESSAGES);
    assert_eq!(t.messages(A)[0].text(), "lost?", "what is unknown stays");
    let last = 2 * merge::MAX_MESSAGES as u64 + 100;
    for id in 2..=last {
        t.sent(ours(id, "y", 10_000 + i64::try_from(id).unwrap()));
        accept(&mut t, id, None);
    }
    assert_eq!(t.messages(A).len(), merge::MAX_MESSAGES);
    assert!(!t.of(A).delivery(MessageId(5), DeliveryStatus::Accepted, None, None));
    assert!(t.thread_of.len() < last as usize, "what is gone was forgotten");
    assert!([1, last].iter().all(|id| t.message(MessageId(*id)).is_some()), "and nothing else");
}

#[test]
fn the_first_words_of_the_other_side_answer_a_message() {
    let mut t = Threads::default();
    t.sent(ours(1, "one", 0));
    t.sent(ours(2, "two", 10));
    t.sent(ours(3, "three", 20));
    accept(&mut t, 2, Some("r2"));
    let said = vec![
        remote("r2", Author::Guest, "two", 10),
        bot("b1", "first", 12),
        bot("b2", "second", 13),
        bot("b3", "third", 25),
    ];
    read(&mut t, said);
    let replies: Vec<_> = t
        .get(A)
        .unwrap()
        .replies()
        .into_iter()
        .map(|(id, entry, took)| (id.0, entry.text().to_owned(), took))
        .collect();
    // Where a read showed no message of ours, how long it took is not known.
    let two_seconds = Some(Duration::from_secs(2));
    assert_eq!(replies, [(2, "first".to_owned(), two_seconds), (3, "third".to_owned(), None)]);
}

#[derive(Clone, Debug)]
enum Step {
    Sent(usize),
    DeliveryStatus(u64, usize, Option<usize>),
    Read(Vec<(usize, bool, usize, i64)>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3usize).prop_map(Step::Sent),
        (0..8u64, 0..6usize, prop::option::of(0..6usize))
            .prop_map(|(id, delivery, r)| Step::DeliveryStatus(id, delivery, r)),
        prop::collection::vec((0..6usize, any::<bool>(), 0..3usize, -20..400i64), 0..5).prop_map(Step::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_reported_each_message_stands_once(steps in prop::collection::vec(step(), 0..40)) {
        let words = ["ping", "a longer text of several words", "日本語\nsecond"];
        let mut t = Threads::default();
        let mut next = 0;
        for step in steps {
            match step {
                Step::Sent(word) => {
                    t.sent(ours(next, words[word], i64::try_from(next).unwrap()));
                    next += 1;
                }
                Step::DeliveryStatus(id, delivery, remote) => {
                    let lives = [
                        DeliveryStatus::Sending { attempt: 1 }, DeliveryStatus::Accepted, DeliveryStatus::Refused("r".into()),
                        DeliveryStatus::Unknown("u".into()), DeliveryStatus::Received, DeliveryStatus::Cancelled,
                    ];
                    t.of(A).delivery(MessageId(id), lives[delivery].clone(), None, remote.map(|r| format!("r{r}")));
                }
                Step::Read(list) => {
                    let brought = list.into_iter().map(|(id, mine, word, second)| {
                        remote(&format!("r{id}"), if mine { Author::Guest } else { Author::Bot }, words[word], second)
                    });
                    read(&mut t, brought.collect());
                }
            }
            let entries = t.messages(A);
            let mut ids: Vec<_> = entries.iter().filter_map(ThreadEntry::remote_id).collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), all, "a remote id stands once");
            let mine: Vec<u64> = entries.iter().filter_map(ThreadEntry::message).map(|m| m.id.0).collect();
            prop_assert_eq!(mine, (0..next).collect::<Vec<_>>(), "each of ours once, in order");
        }
    }
}
