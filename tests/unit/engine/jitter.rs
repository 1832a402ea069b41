//! Tests of `engine::jitter`.

use super::*;

#[test]
fn stays_in_bounds_and_moves() {
    let mut jitter = Jitter::new(0);
    let second = Duration::from_secs(1);
    let drawn: Vec<_> = (0..200).map(|_| jitter.up_to(second)).collect();
    assert!(drawn.iter().all(|d| *d <= second));
    assert!(drawn.iter().any(|d| *d < second / 4) && drawn.iter().any(|d| *d > second * 3 / 4));
    for n in 0..40 {
        let pause = jitter.backoff(second, Duration::from_secs(60), n);
        let whole = Duration::from_secs(1 << n.min(20)).min(Duration::from_secs(60));
        assert!(pause >= whole / 2 && pause <= whole, "{n}: {pause:?}");
    }
}
