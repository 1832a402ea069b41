//! Tests of `clock`.

use std::time::{Duration, Instant};

use crate::clock::Clock;

#[test]
fn a_fast_clock_reaches_its_moments_when_its_timers_end() {
    let clock = Clock::fast(1000);
    let target = clock.now().after(Duration::from_secs(5));
    let timer = clock.instant(target);
    assert!(timer <= Instant::now() + Duration::from_millis(5));
    while Instant::now() < timer {
        std::hint::spin_loop();
    }
    assert!(clock.now().mono >= target.mono && clock.now().wall >= target.wall);
}
