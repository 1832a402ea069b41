//! What the log costs after 100,000 exchanges have passed through it: taking one in, a key, a frame, a filter.
#![expect(clippy::unwrap_used, reason = "benches")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use divan::{Bencher, black_box};
use guestwire::model::Exchange;
use guestwire::session::Log;
use guestwire::tui::view::DrawingContext;
use guestwire::tui::{Depth, theme_named};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use support::log::{accepted, at, healed, log, refused};

fn main() {
    divan::main();
}

fn one(id: u64) -> Arc<Exchange> {
    match id % 50 {
        7 => refused(id, id * 10, "no"),
        9 => healed(id, id * 10, "still there?"),
        _ => accepted(id, id * 10, "hello"),
    }
}

fn after_100_000() -> Log {
    let mut log = log(160, 50);
    for id in 0..100_000 {
        log.exchange(one(id));
    }
    log
}

#[divan::bench]
fn append_following(bencher: Bencher<'_, '_>) {
    let mut log = after_100_000();
    let mut id = 100_000;
    bencher
        .with_inputs(|| {
            id += 1;
            one(id)
        })
        .bench_local_values(|exchange| log.exchange(exchange));
}

#[divan::bench]
fn append_while_reading(bencher: Bencher<'_, '_>) {
    let mut log = after_100_000();
    log.step(-2_000);
    let mut id = 100_000;
    bencher
        .with_inputs(|| {
            id += 1;
            one(id)
        })
        .bench_local_values(|exchange| log.exchange(exchange));
}

#[divan::bench]
fn key_up_and_down(bencher: Bencher<'_, '_>) {
    let mut log = after_100_000();
    log.step(-2_000);
    bencher.bench_local(|| {
        log.step(-60);
        log.step(60);
    });
}

#[divan::bench]
fn key_density(bencher: Bencher<'_, '_>) {
    let mut log = after_100_000();
    log.to_error(false);
    bencher.bench_local(|| log.toggle_density());
}

#[divan::bench]
fn frame_160x50(bencher: Bencher<'_, '_>) {
    let mut log = after_100_000();
    log.to_error(false);
    log.toggle_density();
    let theme = theme_named("terminal", false, false, Depth::True).unwrap();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 160, 50));
    let zone = jiff::tz::TimeZone::UTC;
    bencher.bench_local(|| {
        let look = DrawingContext { theme: &theme, now: at(0), zone: &zone, focused: true };
        let area = buffer.area;
        guestwire::tui::view::log::draw(black_box(&log), &look, area, &mut buffer);
    });
}

#[divan::bench(args = ["is:error", "requestor is not authorized", "kind:send -status:2xx", "id:ffff"])]
fn filter_on_and_off(bencher: Bencher<'_, '_>, filter: &str) {
    let mut log = after_100_000();
    bencher.bench_local(|| {
        log.set_filter(filter, jiff::Timestamp::UNIX_EPOCH).unwrap();
        log.clear_filter();
    });
}

#[divan::bench]
fn resize(bencher: Bencher<'_, '_>) {
    let mut log = after_100_000();
    bencher.bench_local(|| {
        log.set_viewport(120, 50);
        log.set_viewport(160, 50);
    });
}
