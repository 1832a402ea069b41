//! What one event and one frame cost after 100,000 exchanges have passed through the log: under 50 µs for a key, under
//! 3 ms for a frame of 160x50.

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use divan::{Bencher, black_box};
use guestwire::engine::Report;
use guestwire::model::{DeliveryStatus, MessageId};
use guestwire::session::Conversations;
use guestwire::tui::Event;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use support::console::{BILLING, Desk, exchange_of};

fn main() {
    divan::main();
}

/// A screen of 160x50 on which 100,000 exchanges have passed, and a thread with a thousand messages.
fn worn() -> Desk {
    let mut desk = Desk::new(160, 50);
    for n in 0..1_000 {
        desk.accepted(&format!("message {n}"));
    }
    for n in 1_000..100_000 {
        let delivery =
            if n % 17 == 3 { DeliveryStatus::Refused("401 unauthorized".into()) } else { DeliveryStatus::Accepted };
        let status = if n % 17 == 3 { 401 } else { 200 };
        let made = exchange_of(n, desk.now, Some((MessageId(n), BILLING)), "hello", &delivery, Some(status));
        desk.now = desk.now.after(Duration::from_millis(10));
        desk.apply(Event::Engine(Box::new(Report::Exchange(Arc::new(made)))));
    }
    desk.state.fit();
    desk
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

#[divan::bench]
fn key_into_the_composer(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    desk.keys("esc c");
    bencher.bench_local(|| {
        desk.apply(key(KeyCode::Char('x')));
        desk.apply(key(KeyCode::Backspace));
    });
}

#[divan::bench]
fn key_into_a_full_composer(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    desk.keys("esc c");
    desk.paste(&"four thousand bytes of text \n".repeat(140));
    bencher.bench_local(|| {
        desk.apply(key(KeyCode::Char('x')));
        desk.apply(key(KeyCode::Backspace));
    });
}

#[divan::bench]
fn key_in_the_log(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    desk.keys("esc G");
    bencher.bench_local(|| {
        desk.apply(key(KeyCode::Char('k')));
        desk.apply(key(KeyCode::Char('j')));
    });
}

#[divan::bench]
fn key_in_the_palette(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    desk.keys("esc :");
    bencher.bench_local(|| {
        desk.apply(key(KeyCode::Char('s')));
        desk.apply(key(KeyCode::Backspace));
    });
}

#[divan::bench(args = ["c7", "cust 42", "shop"])]
fn filter_over_10_000_conversations(bencher: Bencher<'_, '_>, filter: &str) {
    let named =
        |k: u32| support::console::conversation(k, &format!("Customer {k} of the shop"), &format!("{k:08x}-id"));
    let mut picker = Conversations::new((0..10_000).map(named).collect());
    bencher.bench_local(|| picker.set_filter(black_box(filter)));
}

#[divan::bench]
fn key_in_help(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    desk.keys("esc ?");
    bencher.bench_local(|| {
        desk.apply(key(KeyCode::Char('j')));
        desk.apply(key(KeyCode::Char('k')));
    });
}

#[divan::bench]
fn paste_of_4_kb(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    desk.keys("esc c");
    let text = "four thousand bytes of text \n".repeat(140);
    bencher.bench_local(|| {
        desk.apply(Event::Paste(text.clone()));
        desk.apply(Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    });
}

#[divan::bench]
fn report_of_an_exchange(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    let mut n = 200_000;
    let now = desk.now;
    bencher
        .with_inputs(|| {
            n += 1;
            let made =
                exchange_of(n, now, Some((MessageId(n), BILLING)), "hello", &DeliveryStatus::Accepted, Some(200));
            Event::Engine(Box::new(Report::Exchange(Arc::new(made))))
        })
        .bench_local_values(|event| desk.apply(event));
}

#[divan::bench]
fn report_of_a_message(bencher: Bencher<'_, '_>) {
    let mut desk = worn();
    let report =
        Report::Message { id: MessageId(999), delivery: DeliveryStatus::Answered, exchange: None, remote_id: None };
    bencher.with_inputs(|| Event::Engine(Box::new(report.clone()))).bench_local_values(|event| desk.apply(event));
}

#[divan::bench(args = ["", "?", ":", "!", "z", "G enter enter"])]
fn frame_160x50(bencher: Bencher<'_, '_>, keys: &str) {
    let mut desk = worn();
    desk.keys("esc");
    desk.keys(keys);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 160, 50));
    bencher.bench_local(|| {
        buffer.reset();
        desk.state.fit();
        guestwire::tui::view::draw(black_box(&desk.state), &mut buffer)
    });
}
