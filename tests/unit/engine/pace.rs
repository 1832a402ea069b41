//! No span of time holds more than is allowed.

use proptest::prelude::*;

use super::*;
use crate::fixtures::at_millis as at;

#[test]
fn pace_stops_before_the_limit_and_starts_with_the_new_window() {
    let mut pace = Pace::default();
    assert_eq!(pace.may(at(0), 0), Ok(()));
    pace.observe(RateLimit { count: 297, allowed: 300, resets: at(10) }, 1);
    pace.spend();
    assert_eq!(pace.may(at(0), 0), Ok(()));
    assert_eq!(pace.may(at(0), 10), Err(at(10)), "reads leave room for sends");
    pace.spend();
    assert_eq!(pace.may(at(0), 0), Err(at(10)));
    assert_eq!(pace.may(at(10), 0), Ok(()));
}

#[test]
fn the_longer_of_two_silences_holds() {
    let mut pace = Pace::default();
    pace.silence(at(60_000));
    pace.silence(at(1_000));
    assert_eq!(pace.may(at(2_000), 0), Err(at(60_000)));
    assert_eq!(pace.may(at(60_000), 0), Ok(()));
}

#[test]
fn a_read_that_is_to_wait_holds_messages_for_the_window_at_most() {
    let long = Duration::from_secs(7_200);
    let mut pace = Pace::default();
    pace.hold_reads(long, at(0));
    assert_eq!(pace.may(at(1), 0), Err(at(60_000)));
    let mut pace = Pace::default();
    pace.observe(RateLimit { count: 300, allowed: 300, resets: at(20_000) }, 0);
    pace.hold_reads(long, at(0));
    assert_eq!((pace.may(at(1), 0), pace.may(at(20_000), 0)), (Err(at(20_000)), Ok(())));
    let mut pace = Pace::default();
    pace.hold_reads(Duration::from_secs(3), at(0));
    assert_eq!((pace.may(at(1), 0), pace.may(at(3_000), 0)), (Err(at(3_000)), Ok(())));
}

#[test]
fn the_sixth_of_a_second_waits_for_the_first_to_be_a_second_old() {
    let mut rate = Rate::new(5, Duration::from_secs(1));
    for sent in [0, 10, 20, 30, 40] {
        assert_eq!(rate.may(at(sent)), Ok(()));
        rate.spend(at(sent));
    }
    assert_eq!(rate.may(at(50)), Err(at(1000)));
    assert_eq!(rate.may(at(1000)), Ok(()));
    rate.spend(at(1000));
    assert_eq!(rate.may(at(1000)), Err(at(1010)), "and the seventh for the second");
}

#[test]
fn a_message_counts_from_when_it_is_known_to_have_arrived() {
    let mut rate = Rate::new(1, Duration::from_secs(1));
    rate.spend(at(0));
    rate.arrived(at(300));
    assert_eq!(rate.may(at(1000)), Err(at(1300)));
}

proptest! {
    /// However the asking comes, no span holds more than is allowed, and waiting as told is always enough.
    #[test]
    fn no_span_holds_more(steps in proptest::collection::vec(0u64..400, 1..80), allowed in 1u32..6) {
        let mut rate = Rate::new(allowed, Duration::from_secs(1));
        let (mut now, mut went) = (0, Vec::new());
        for step in steps {
            now += step;
            if let Err(until) = rate.may(at(now)) {
                prop_assert!(until.mono > at(now).mono);
                now = u64::try_from(until.mono.as_millis()).unwrap_or(u64::MAX);
            }
            prop_assert_eq!(rate.may(at(now)), Ok(()));
            rate.spend(at(now));
            went.push(now);
            let span = went.iter().filter(|t| now - **t < 1000).count();
            prop_assert!(span <= allowed as usize);
        }
    }
}
