//! How long something lasts.

use super::*;

#[test]
fn changing_durations_stay_short() {
    for (ms, said) in
        [(0, "0s"), (1, "1s"), (7_000, "7s"), (7_001, "8s"), (99_000, "99s"), (100_000, "2m"), (6_000_000, "2h")]
    {
        assert_eq!(left(Duration::from_millis(ms)).as_str(), said);
    }
    for (ms, said) in [(0, "0.0s"), (1_299, "1.2s"), (9_999, "9.9s"), (61_500, "61s")] {
        assert_eq!(passed(Duration::from_millis(ms)).as_str(), said);
    }
    assert!(left(Duration::MAX).as_str().len() <= 12 && passed(Duration::MAX).as_str().len() <= 5);
}
