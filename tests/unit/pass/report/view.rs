//! Tests of `pass::report::view`.

use super::*;

#[test]
fn scales_are_round_and_high_enough() {
    for (most, wanted) in [(0, (1, 1)), (3, (3, 1)), (87, (100, 50)), (230, (300, 100)), (12_345, (15_000, 5_000))] {
        assert_eq!(scale(most), wanted, "{most}");
    }
}
