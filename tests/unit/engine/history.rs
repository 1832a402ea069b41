//! How far back is read, by table.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use crate::engine::driver::web::history::*;
use crate::fixtures::at_second as at;
use jiff::Timestamp;
use std::time::Duration;

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).unwrap()
}

/// Reads on by itself, page by page, until nothing more is wanted; says how many pages were read.
fn walk(paging: &mut WebHistory, see: impl Fn(u32) -> SeenPages) -> u32 {
    let mut read = 0;
    while let Some((page, why)) = paging.wanted() {
        paging.begin(page, why);
        paging.read(page, why, see(page));
        read += 1;
        assert_eq!(page, read, "one after the other");
    }
    read
}

/// Page n of messages that were said one a second, the newest at 10,000.
fn page(n: u32, doubt: Option<i64>) -> SeenPages {
    SeenPages {
        pages: Some(100),
        count: 25,
        fresh: 0,
        knew: true,
        oldest: Some(second(10_000 - 25 * i64::from(n))),
        doubt: doubt.map(second),
    }
}

#[test]
fn a_gap_is_read_until_something_is_known_within_a_bound() {
    for (known_from, wanted) in [(1, 1), (3, 3), (50, 8)] {
        let mut paging = WebHistory::default();
        paging.catch_up();
        let see = |n| SeenPages { fresh: if n < known_from { 25 } else { 4 }, ..page(n, None) };
        assert_eq!(walk(&mut paging, see), wanted, "known from page {known_from}");
    }
    let mut paging = WebHistory::default();
    paging.catch_up();
    let nothing_known = |n| SeenPages { fresh: 25, knew: false, ..page(n, None) };
    assert_eq!(walk(&mut paging, nothing_known), 1, "a first look is one page");
    paging.catch_up();
    let for_the_unknown = |n| SeenPages { fresh: 25, knew: n > 1, ..page(n, Some(9_960)) };
    assert_eq!(walk(&mut paging, for_the_unknown), 2, "and what it brings is no gap");
}

#[test]
fn what_is_unknown_is_looked_for_until_the_pages_are_older() {
    for (doubt, wanted) in [(9_999, 1), (9_975, 2), (9_974, 2), (9_000, 41), (0, 100)] {
        let mut paging = WebHistory::default();
        paging.catch_up();
        assert_eq!(walk(&mut paging, |n| page(n, Some(doubt))), wanted, "unknown since {doubt}");
    }
    let mut paging = WebHistory::default();
    paging.catch_up();
    let found_on = |n| page(n, (n < 12).then_some(0));
    assert_eq!(walk(&mut paging, found_on), 12, "and no further than where it was found");
}

#[test]
fn a_history_without_times_or_an_end_is_read_to_its_end_or_a_bound() {
    let mut paging = WebHistory::default();
    paging.catch_up();
    let see = |n| SeenPages { count: if n < 30 { 25 } else { 0 }, pages: None, oldest: None, ..page(n, Some(0)) };
    assert_eq!(walk(&mut paging, see), 30);
    paging.catch_up();
    let for_ever = |_| SeenPages { pages: None, ..page(1, Some(0)) };
    assert_eq!(walk(&mut paging, for_ever), PAGES_MAX);
}

#[test]
fn a_person_is_served_first_and_the_look_goes_on() {
    let mut paging = WebHistory::default();
    paging.catch_up();
    paging.begin(1, PageFor::Back);
    paging.read(1, PageFor::Back, page(1, Some(9_900)));
    assert!(paging.ask());
    assert_eq!(paging.wanted(), Some((2, PageFor::Asked)));
    paging.begin(2, PageFor::Asked);
    paging.read(2, PageFor::Asked, page(2, Some(9_900)));
    assert_eq!(paging.wanted(), Some((2, PageFor::Back)), "what a person asked for ends no look");
    let mut short = WebHistory::default();
    assert!(short.ask());
    short.begin(1, PageFor::Asked);
    short.read(1, PageFor::Asked, SeenPages { pages: Some(1), ..page(1, None) });
    assert!(!short.ask(), "there is no older page");
    assert_eq!(short.wanted(), None);
}

#[test]
fn a_page_that_cannot_be_read_is_tried_again_with_growing_pauses_then_left() {
    let mut paging = WebHistory::default();
    paging.catch_up();
    let mut now = at(0);
    for (wait, pause) in [(None, 5), (Some(60), 60), (None, 20)] {
        let (page, why) = paging.wanted().unwrap();
        paging.begin(page, why);
        paging.failed(page, wait.map(Duration::from_secs), now);
        assert_eq!(paging.held(now), Some(now.after(Duration::from_secs(pause))));
        now = now.after(Duration::from_secs(pause));
        assert_eq!(paging.held(now), None);
    }
    paging.begin(1, PageFor::Back);
    paging.failed(1, None, now);
    assert_eq!(paging.wanted(), None, "until the socket opens again");
    paging.catch_up();
    paging.begin(1, PageFor::Back);
    paging.failed(1, None, now);
    assert_eq!(paging.held(now), Some(now.after(Duration::from_secs(5))), "counted anew");
    assert!(paging.ask());
    assert_eq!(paging.held(now), None, "a person does not wait for that");
    assert!(paging.stop().1);
    assert_eq!(paging.wanted(), None);
}

proptest! {
    /// Wherever an unknown message lies, the page that has it is read.
    #[test]
    fn the_page_of_an_unknown_one_is_always_read(said in 7_500i64..10_000, fresh in 0usize..=25, knew: bool) {
        let mut paging = WebHistory::default();
        paging.catch_up();
        let read = walk(&mut paging, |n| SeenPages { fresh, knew, ..page(n, Some(said)) });
        let of_it = u32::try_from((10_000 - said + 24) / 25).unwrap();
        prop_assert!(read >= of_it, "page {of_it}, {read} read");
    }
}
