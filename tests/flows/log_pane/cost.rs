//! What drawing costs after a long session.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use guestwire::model::{Exchange, ExchangeId, MessageId};
use guestwire::tui::view::DrawingContext;
use guestwire::tui::{Depth, theme_named};

use crate::support::console::{Desk, valid};
use crate::support::log::*;

#[test]
fn steady_drawing_allocates_nothing() {
    let mut log = log(160, 50);
    let kinds = [accepted(0, 0, "hello"), refused(0, 0, "no"), healed(0, 0, "still there?")];
    for id in 0..100_000 {
        let kind = match id % 50 {
            7 => 1,
            9 => 2,
            _ => 0,
        };
        let (message, started) = (Some(MessageId(id)), at(id * 10));
        log.exchange(Arc::new(Exchange { id: ExchangeId(id), message, started, ..(*kinds[kind]).clone() }));
    }
    log.exchange(waiting(100_001, 1_000_000, "later"));
    // Some of everything in view: JSON, headers, a search, a pause that runs down.
    log.to_error(false);
    log.toggle_density();
    log.set_search("request");
    let theme = theme_named("terminal", false, false, Depth::True).unwrap();
    let area = Rect::new(0, 0, 160, 50);
    let mut buffer = Buffer::empty(area);
    let zone = jiff::tz::TimeZone::UTC;
    let mut draw = |log: &guestwire::session::Log, now| {
        let look = DrawingContext { theme: &theme, now, zone: &zone, focused: true };
        guestwire::tui::view::log::draw(log, &look, area, &mut buffer);
    };
    for follow in [false, true] {
        if follow {
            log.last();
        }
        assert_eq!(log.window().count(), 50);
        draw(&log, at(1_000_100));
        let cost = allocation_counter::measure(|| {
            for tick in 0..20 {
                draw(&log, at(1_000_200 + tick * 300));
            }
        });
        assert_eq!(cost.count_total, 0, "{cost:?}");
    }
    assert_eq!((log.len(), log.totals.evicted), (5_000, 95_001));
}

#[test]
fn laid_out_rows_do_not_pile_up() {
    let mut log = log(160, 50);
    for id in 0..5_000 {
        log.exchange(accepted(id, id, "hello"));
    }
    let before = allocation_counter::measure(|| {
        let mut all = log.clone();
        for _ in 0..110 {
            all.scroll(-49);
        }
        assert_eq!(all.cursor().0, 1);
        let kept = allocation_counter::measure(|| drop(all.clone()));
        // A clone holds what the log holds; rows of 5,000 entries alone would be over 1 MiB of text in 10,000 pieces.
        assert!(kept.count_total < 4_000, "{kept:?}");
    });
    assert!(before.count_total > 0);
}

/// The frame around the log makes its headings and the names of keys anew: a number of pieces that depends on what is on
/// the screen, and not on what is behind it.
#[test]
fn a_whole_frame_costs_the_same_whatever_the_log_holds() {
    // Help names all keys there are.
    for (keys, most) in [("", 400), ("enter", 400), ("3", 400), ("1", 400), ("z", 400), ("?", 1_000)] {
        let cost = |entries| {
            let mut desk = Desk::new(160, 50);
            desk.report(guestwire::engine::Report::Token(valid()));
            crate::support::made_up::fill(&mut desk.state, entries);
            desk.keys("esc 2 a");
            desk.keys(keys);
            let mut buffer = desk.draw().0;
            let second = allocation_counter::measure(|| {
                guestwire::tui::view::draw(&desk.state, &mut buffer);
            });
            second.count_total
        };
        let (few, many) = (cost(100), cost(5_000));
        assert!(many <= few + 2, "{keys}: {few} for few, {many} for many");
        assert!(many < most, "{keys}: {many}");
    }
}
