//! By table, and by random edits against a naive model.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;

use proptest::prelude::*;

use crate::engine::queue::*;
use crate::fixtures::at_second as at;
use crate::model::{ConversationKey, MessageId, Moment, RateLimit};
use std::time::Duration;

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
    assert_eq!(queue.take(A, MessageId(1)), TakenFrom::InFlight);
    assert_eq!(queue.take(A, MessageId(2)), TakenFrom::Waiting);
    assert_eq!(queue.take(A, MessageId(2)), TakenFrom::Nowhere);
    queue.requeue(A, MessageId(1), Some(at(9)));
    queue.push(A, MessageId(5));
    assert_eq!(queue.take(A, MessageId(1)), TakenFrom::Waiting);
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
                        Some(at) => { lane.remove(at); prop_assert_eq!(taken, TakenFrom::Waiting); }
                        None if flying.iter().any(|(_, f)| *f == id) => prop_assert_eq!(taken, TakenFrom::InFlight),
                        None => prop_assert_eq!(taken, TakenFrom::Nowhere),
                    }
                }
                Op::Pass(seconds) => now += seconds,
                _ => {}
            }
            prop_assert_eq!(queue.in_flight, flying.len());
            prop_assert_eq!(queue.waiting().count(), model.values().map(Vec::len).sum::<usize>());
        }
    }
}

mod pace {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::at_millis as at;

    #[test]
    fn pace_stops_before_the_limit_and_starts_with_the_new_window() {
        let mut pace = Pace::default();
        assert_eq!(pace.held(at(0), 0), None);
        pace.observe(RateLimit { count: 297, allowed: 300, resets: at(10) }, 1);
        pace.spend();
        assert_eq!(pace.held(at(0), 0), None);
        assert_eq!(pace.held(at(0), 10), Some(at(10)), "reads leave room for sends");
        pace.spend();
        assert_eq!(pace.held(at(0), 0), Some(at(10)));
        assert_eq!(pace.held(at(10), 0), None);
    }

    #[test]
    fn the_longer_of_two_silences_holds() {
        let mut pace = Pace::default();
        pace.silence(at(60_000));
        pace.silence(at(1_000));
        assert_eq!(pace.held(at(2_000), 0), Some(at(60_000)));
        assert_eq!(pace.held(at(60_000), 0), None);
    }

    #[test]
    fn a_read_that_is_to_wait_holds_messages_for_the_window_at_most() {
        let long = Duration::from_secs(7_200);
        let mut pace = Pace::default();
        pace.hold_reads(long, at(0));
        assert_eq!(pace.held(at(1), 0), Some(at(60_000)));
        let mut pace = Pace::default();
        pace.observe(RateLimit { count: 300, allowed: 300, resets: at(20_000) }, 0);
        pace.hold_reads(long, at(0));
        assert_eq!((pace.held(at(1), 0), pace.held(at(20_000), 0)), (Some(at(20_000)), None));
        let mut pace = Pace::default();
        pace.hold_reads(Duration::from_secs(3), at(0));
        assert_eq!((pace.held(at(1), 0), pace.held(at(3_000), 0)), (Some(at(3_000)), None));
    }

    #[test]
    fn the_sixth_of_a_second_waits_for_the_first_to_be_a_second_old() {
        let mut rate = Rate::new(5, Duration::from_secs(1));
        for sent in [0, 10, 20, 30, 40] {
            assert_eq!(rate.held(at(sent)), None);
            rate.spend(at(sent));
        }
        assert_eq!(rate.held(at(50)), Some(at(1000)));
        assert_eq!(rate.held(at(1000)), None);
        rate.spend(at(1000));
        assert_eq!(rate.held(at(1000)), Some(at(1010)), "and the seventh for the second");
    }

    #[test]
    fn a_message_counts_from_when_it_is_known_to_have_arrived() {
        let mut rate = Rate::new(1, Duration::from_secs(1));
        rate.spend(at(0));
        rate.arrived(at(300));
        assert_eq!(rate.held(at(1000)), Some(at(1300)));
    }

    proptest! {
        /// However the asking comes, no span holds more than is allowed, and waiting as told is always enough.
        #[test]
        fn no_span_holds_more(steps in proptest::collection::vec(0u64..400, 1..80), allowed in 1u32..6) {
            let mut rate = Rate::new(allowed, Duration::from_secs(1));
            let (mut now, mut went) = (0, Vec::new());
            for step in steps {
                now += step;
                if let Some(until) = rate.held(at(now)) {
                    prop_assert!(until.mono > at(now).mono);
                    now = u64::try_from(until.mono.as_millis()).unwrap_or(u64::MAX);
                }
                prop_assert_eq!(rate.held(at(now)), None);
                rate.spend(at(now));
                went.push(now);
                let span = went.iter().filter(|t| now - **t < 1000).count();
                prop_assert!(span <= allowed as usize);
            }
        }
    }
}

mod jitter {
    use super::*;

    #[test]
    fn stays_in_bounds_and_moves() {
        let mut jitter = fastrand::Rng::with_seed(0);
        let second = Duration::from_secs(1);
        let drawn: Vec<_> = (0..200).map(|_| up_to(&mut jitter, second)).collect();
        assert!(drawn.iter().all(|d| *d <= second));
        assert!(drawn.iter().any(|d| *d < second / 4) && drawn.iter().any(|d| *d > second * 3 / 4));
        for n in 0..40 {
            let pause = backoff(&mut jitter, second, Duration::from_secs(60), n);
            let whole = Duration::from_secs(1 << n.min(20)).min(Duration::from_secs(60));
            assert!(pause >= whole / 2 && pause <= whole, "{n}: {pause:?}");
        }
    }
}
