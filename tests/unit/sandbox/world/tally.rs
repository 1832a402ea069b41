//! Tests of `sandbox::world::tally`.

use std::time::Duration;

use super::super::tally::{Gauge, Window};
use crate::model::Moment;

#[test]
fn a_window_counts_refuses_and_starts_anew() {
    let start = Moment::ZERO;
    let mut window = Window::new(start);
    let at = |ms| start.after(Duration::from_millis(ms));
    assert_eq!(window.count(2, at(0)), Gauge { count: 1, allowed: 2, reset: 60, exceeded: false });
    assert_eq!(window.count(2, at(500)), Gauge { count: 2, allowed: 2, reset: 60, exceeded: false });
    assert_eq!(window.count(2, at(30_000)), Gauge { count: 2, allowed: 2, reset: 30, exceeded: true });
    assert_eq!(window.count(2, at(59_999)), Gauge { count: 2, allowed: 2, reset: 1, exceeded: true });
    assert_eq!(window.count(2, at(60_000)), Gauge { count: 1, allowed: 2, reset: 60, exceeded: false });
}
