//! Scrolling: nothing jumps while one reads up, the end is followed again; long texts are laid out once.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::{Author, Masks, Moment, RemoteMessage};

const A: ConversationKey = ConversationKey(1);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn bot(id: &str, text: &str, second: i64) -> RemoteMessage {
    RemoteMessage::new(id, Author::Bot, text, at(second))
}

fn read(threads: &mut Threads, brought: Vec<RemoteMessage>) {
    threads.of(A).merge_read(brought);
}

fn with_paper<T>(width: u16, does: impl FnOnce(&RowContext<'_>) -> T) -> T {
    let now = Moment::new(Duration::ZERO, at(500));
    let (zone, masks) = (TimeZone::UTC, Masks::default());
    does(&RowContext { width, ascii: false, zone: &zone, now, masks: &masks, cause: &|_| None, dense: true })
}

/// The texts in sight, from the top.
fn texts(pane: &mut ThreadPane, threads: &Threads, height: u16) -> Vec<String> {
    with_paper(40, |context| pane.fit(Some(A), threads, context, height));
    pane.window.iter().map(|row| row.text.clone()).collect()
}

#[test]
fn reading_up_never_jumps_and_the_end_is_followed_again() {
    let (mut threads, mut pane) = (Threads::default(), ThreadPane::default());
    read(&mut threads, (0..50).map(|n| bot(&format!("b{n}"), &format!("text {n}"), n)).collect());
    assert_eq!(texts(&mut pane, &threads, 10).last().map(String::as_str), Some("text 49"));
    with_paper(40, |context| pane.scroll_by(A, -3, &threads, context));
    let before = texts(&mut pane, &threads, 10);
    assert_eq!(before.first().map(String::as_str), Some("text 43"), "two rows each");
    read(&mut threads, vec![bot("n", "new", 99), bot("o", "older", -5)]);
    assert_eq!(texts(&mut pane, &threads, 10), before);
    assert_eq!(pane.new_below, 2);
    assert!(pane.place(A, &threads).is_some());
    with_paper(40, |context| pane.scroll_by(A, 9, &threads, context));
    assert_eq!(texts(&mut pane, &threads, 10).last().map(String::as_str), Some("new"));
    assert_eq!((pane.scroll(A), pane.new_below), (Scroll::Follow, 0));
    with_paper(40, |context| pane.scroll_by(A, isize::MIN, &threads, context));
    assert!(
        texts(&mut pane, &threads, 10)[0].contains("Mon 12 Jan") || texts(&mut pane, &threads, 10)[0].contains("today")
    );
    pane.follow(A);
    assert_eq!(pane.place(A, &threads), None);
    with_paper(40, |context| pane.scroll_by(A, isize::MIN, &threads, context));
    assert_eq!(texts(&mut pane, &threads, 10)[2], "older");
    with_paper(40, |context| pane.scroll_by(ConversationKey(7), 1, &threads, context));
}

#[test]
fn a_place_is_found_again_and_days_are_ruled() {
    let (mut threads, mut pane) = (Threads::default(), ThreadPane::default());
    let day = 24 * 3_600;
    read(&mut threads, vec![bot("a", "one", -2 * day), bot("b", "two", -day), bot("c", "three", 0)]);
    let rules: Vec<String> = texts(&mut pane, &threads, 20).into_iter().filter(|row| row.starts_with('─')).collect();
    assert_eq!(rules, ["──  Sat 10 Jan  ──", "──  yesterday, Sun 11 Jan  ──", "──  today  ──"]);
    let place = KeptPlace::Theirs("b".to_owned(), 1);
    pane.go_to(A, &place, &threads);
    assert_eq!(pane.place(A, &threads), Some(place));
}

#[test]
fn a_text_is_laid_out_once_and_cut_for_the_screen() {
    let (mut threads, mut pane) = (Threads::default(), ThreadPane::default());
    read(&mut threads, vec![bot("z", &format!("a{}", "\u{301}".repeat(500_000)), 0)]);
    let rows = texts(&mut pane, &threads, 10);
    assert!(rows.iter().map(String::len).sum::<usize>() < 4_000, "{rows:?}");
    // A second time no text is looked at: what is laid out is kept.
    let laid_out: Vec<*const u8> =
        pane.bodies.laid_out.values().flat_map(|body| &body.rows).map(|row| row.0.as_ptr()).collect();
    texts(&mut pane, &threads, 10);
    let again: Vec<*const u8> =
        pane.bodies.laid_out.values().flat_map(|body| &body.rows).map(|row| row.0.as_ptr()).collect();
    assert_eq!(laid_out, again);
}

#[test]
fn texts_that_are_far_away_are_forgotten() {
    let (mut threads, mut pane) = (Threads::default(), ThreadPane::default());
    read(&mut threads, (0..1_500).map(|n| bot(&format!("b{n}"), "text", n)).collect());
    for _ in 0..200 {
        with_paper(40, |context| pane.scroll_by(A, -9, &threads, context));
        texts(&mut pane, &threads, 10);
    }
    assert!(pane.bodies.laid_out.len() <= KEPT + 20, "{}", pane.bodies.laid_out.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_window_is_full_whatever_is_scrolled(moves in prop::collection::vec(-30..30isize, 0..20), count in 0..40i64) {
        let (mut threads, mut pane) = (Threads::default(), ThreadPane::default());
        read(&mut threads, (0..count).map(|n| bot(&format!("b{n}"), "a longer text of several words", n * 7_000)).collect());
        let all = texts(&mut pane, &threads, 1_000).len();
        for by in moves {
            with_paper(40, |context| pane.scroll_by(A, by, &threads, context));
            prop_assert_eq!(texts(&mut pane, &threads, 7).len(), all.min(7));
        }
    }
}
