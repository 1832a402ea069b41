//! Tests of `session::log::words`.

use std::time::Duration;

use crate::session::log::words::*;

#[test]
fn sizes_take_at_most_seven_cells() {
    for (bytes, said) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 KiB"),
        (20_480, "20 KiB"),
        (1_048_576, "1.0 MiB"),
        (1 << 40, "1.0 TiB"),
    ] {
        assert_eq!(size(bytes), said);
    }
    assert!((0..50).all(|shift| size((1 << shift) - 1).len() <= 7));
    for (ms, said) in [(0, "0 ms"), (999, "999 ms"), (1_100, "1.1 s"), (99_999, "99 s"), (3_600_000, "3600 s")] {
        assert_eq!(short_span(Duration::from_millis(ms)), said);
    }
}
