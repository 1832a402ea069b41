//! By table, and by random edits against a naive model.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::fixtures::at_second as at;

const A: ConversationKey = ConversationKey(0);
const B: ConversationKey = ConversationKey(1);

fn drain(queue: &mut Queue, now: Moment) -> Vec<u64> {
    std::iter::from_fn(|| queue.start(now, |_| true)).map(|m| m.0).collect()
}

#[test]
fn one_at_a_time_in_a_conversation_several_side_by_side() {
    let mut queue = Queue::new(2);
    for (key, id) in [(A, 1), (A, 2), (B, 3), (ConversationKey(2), 4)] {
        queue.push(key, MessageId(id));
    }
    assert_eq!(drain(&mut queue, at(0)), [1, 3], "two conversations, the third must wait");
    queue.finish(A, MessageId(1));
    assert_eq!(drain(&mut queue, at(0)), [4], "the others have their turn first");
    queue.finish(B, MessageId(3));
    assert_eq!(drain(&mut queue, at(0)), [2]);
}

#[test]
fn a_held_head_holds_its_lane_and_no_other() {
    let mut queue = Queue::new(4);
    queue.push(A, MessageId(1));
    queue.push(A, MessageId(2));
    queue.push(B, MessageId(3));
    assert_eq!(drain(&mut queue, at(0)), [1, 3]);
    queue.requeue(A, MessageId(1), Some(at(7)));
    assert_eq!(drain(&mut queue, at(6)), Vec::<u64>::new());
    assert_eq!(queue.next_due(), Some(at(7)));
    assert_eq!(drain(&mut queue, at(7)), [1], "the same message again, before its followers");
}

#[test]
fn taking_back() {
    let mut queue = Queue::new(1);
    queue.push(A, MessageId(1));
    queue.push(A, MessageId(2));
    assert_eq!(drain(&mut queue, at(0)), [1]);
    assert_eq!(queue.take(A, MessageId(1)), NextSend::InFlight);
    assert_eq!(queue.take(A, MessageId(2)), NextSend::Waiting);
    assert_eq!(queue.take(A, MessageId(2)), NextSend::Absent);
    queue.requeue(A, MessageId(1), Some(at(9)));
    queue.push(A, MessageId(5));
    assert_eq!(queue.take(A, MessageId(1)), NextSend::Waiting);
    assert_eq!(drain(&mut queue, at(0)), [5], "the hold went with the message that it was for");
}

#[test]
fn who_may_not_go_does_not_block_the_others() {
    let mut queue = Queue::new(3);
    queue.push(A, MessageId(1));
    queue.push(B, MessageId(2));
    assert_eq!(queue.start(at(0), |m| m.0 == 2), Some(MessageId(2)));
    assert_eq!(queue.start(at(0), |m| m.0 == 2), None);
    assert_eq!(queue.waiting().count(), 1);
}

#[derive(Clone, Debug)]
enum Op {
    Push(u32),
    Start,
    Settle(usize),
    Hold(usize, u64),
    Take(u64),
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0u32..4).prop_map(Op::Push),
        4 => Just(Op::Start),
        2 => (0usize..4).prop_map(Op::Settle),
        1 => (0usize..4, 0u64..5).prop_map(|(n, s)| Op::Hold(n, s)),
        1 => (0u64..40).prop_map(Op::Take),
        1 => (1u64..4).prop_map(Op::Pass),
    ]
}

proptest! {
    /// Whatever happens, a conversation's messages start in the order of their pushes, one at a time, and never more
    /// than `parallel` fly; nothing is lost and nothing starts twice without being held in between.
    #[test]
    fn order_is_kept(ops in proptest::collection::vec(op(), 0..120), parallel in 1usize..4) {
        let mut queue = Queue::new(parallel);
        let mut model: HashMap<u32, Vec<(u64, u64)>> = HashMap::new(); // waiting: (message, not before)
        let mut flying: Vec<(u32, u64)> = Vec::new();
        let mut home: HashMap<u64, u32> = HashMap::new();
        let (mut now, mut next) = (0, 0);
        for op in ops {
            match op {
                Op::Push(key) => {
                    queue.push(ConversationKey(key), MessageId(next));
                    model.entry(key).or_default().push((next, 0));
                    home.insert(next, key);
                    next += 1;
                }
                Op::Start => {
                    let may: Vec<u64> = model.iter()
                        .filter(|(k, l)| !l.is_empty() && l[0].1 <= now && !flying.iter().any(|(f, _)| f == *k))
                        .map(|(_, l)| l[0].0).collect();
                    let started = queue.start(at(now), |_| true).map(|m| m.0);
                    if flying.len() >= parallel || may.is_empty() {
                        prop_assert_eq!(started, None);
                    } else {
                        let started = started.unwrap();
                        prop_assert!(may.contains(&started));
                        let key = home[&started];
                        model.get_mut(&key).unwrap().remove(0);
                        flying.push((key, started));
                    }
                }
                Op::Settle(n) if n < flying.len() => {
                    let (key, id) = flying.remove(n);
                    queue.finish(ConversationKey(key), MessageId(id));
                }
                Op::Hold(n, seconds) if n < flying.len() => {
                    let (key, id) = flying.remove(n);
                    queue.requeue(ConversationKey(key), MessageId(id), Some(at(now + seconds)));
                    model.entry(key).or_default().insert(0, (id, now + seconds));
                }
                Op::Take(id) => {
                    let Some(key) = home.get(&id).copied() else { continue };
                    let taken = queue.take(ConversationKey(key), MessageId(id));
                    let lane = model.entry(key).or_default();
                    match lane.iter().position(|(m, _)| *m == id) {
                        Some(at) => { lane.remove(at); prop_assert_eq!(taken, NextSend::Waiting); }
                        None if flying.iter().any(|(_, f)| *f == id) => prop_assert_eq!(taken, NextSend::InFlight),
                        None => prop_assert_eq!(taken, NextSend::Absent),
                    }
                }
                Op::Pass(seconds) => now += seconds,
                _ => {}
            }
            prop_assert_eq!(queue.in_flight(), flying.len());
            prop_assert_eq!(queue.waiting().count(), model.values().map(Vec::len).sum::<usize>());
        }
    }
}
