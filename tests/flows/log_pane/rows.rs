//! What rows look like, at the widths that people have.

use std::sync::Arc;

use guestwire::model::{Body, BodyForm, Ending, Exchange, ExchangeKind, ExchangeStep, Header, Outcome};
use guestwire::session::{Density, Log, LogOptions};
use guestwire::text::screen;
use guestwire::tui::{Depth, theme_named};

use crate::support::log::*;

fn told(width: u16, height: u16) -> Log {
    let mut log = log(width, height);
    story(&mut log);
    log
}

#[test]
fn the_story_at_every_width() {
    for width in [160, 120, 80, 60, 40, 30] {
        insta::assert_snapshot!(format!("story_{width}"), screen(&told(width, 22), width, 22));
    }
}

#[test]
fn the_metrics_that_an_entry_caused_are_listed_in_full_and_only_where_there_are_any() {
    let mut log = log(120, 60);
    log.exchange(accepted(1, 0, "hello"));
    log.exchange(accepted(2, 1_000, "hello again"));
    let line = "genesys.guest.message.send.count:1|c|#status:200,cause:none";
    log.set_metrics(guestwire::model::ExchangeId(2), vec![line.to_owned(), "\u{1b}x:1|c".to_owned()]);
    log.last();
    log.toggle_density();
    log.toggle_density();
    let shown = screen(&log, 120, 60);
    assert!(shown.contains("> Metrics  2"), "{shown}");
    assert!(!shown.contains(line), "folded at first");
    log.first();
    log.toggle_density();
    log.toggle_density();
    assert!(!screen(&log, 120, 24).contains("Metrics"), "the other one caused none");
}

#[test]
fn a_refusal_in_full() {
    for width in [120, 80, 40] {
        let mut log = log(width, 60);
        log.exchange(refused(1, 200_000, "My account is 12345"));
        log.toggle_density();
        insta::assert_snapshot!(format!("full_{width}"), screen(&log, width, 60));
    }
}

#[test]
fn a_healed_send_in_full_with_its_first_try_unfolded() {
    let mut log = log(100, 80);
    log.exchange(token(1_000_005, 0));
    log.exchange(healed(5, 180_000, "still there?"));
    log.toggle_density();
    log.toggle_density();
    while !screen(&log, 100, 80).lines().nth(cursor_row(&log).unwrap().into()).unwrap().contains("> Try 1") {
        log.step(1);
    }
    log.toggle_density();
    insta::assert_snapshot!(screen(&log, 100, 80));
}

#[test]
fn a_lost_answer_in_full() {
    let mut log = log(80, 40);
    log.exchange(unknown(8, 203_000, "and another one"));
    log.toggle_density();
    insta::assert_snapshot!(screen(&log, 80, 40));
}

fn hostile() -> Arc<Exchange> {
    let evil = "\u{1b}[31mred\u{1b}]0;title\u{7}\r\n\u{9b}2J\u{202e}kcab\u{200b}日本語👩‍👩‍👧e\u{301}";
    let mut response = answer(200, 1, &format!("{{\"text\":\"{}\"}}", "\u{1b}[2J\u{202e}x"));
    response.headers = vec![Header::new("x-request-id", evil), Header::new("x-\u{1b}c", evil)];
    response.body.form = BodyForm::Json;
    let steps = vec![attempt(1, 0, 3, request(evil), Some(Ending::Answered(response)), 5)];
    exchange(1, ExchangeKind::Send, evil, 0, steps, Outcome::Refused(evil.into()))
}

#[test]
fn hostile_bytes_are_shown_and_never_obeyed_at_any_size() {
    for width in 1..100 {
        for wrap in [false, true] {
            let mut log = log(width, 40);
            if wrap {
                log.toggle_wrap();
            }
            log.note(at(0), ExchangeKind::Note, "a\u{1b}[2Jb\nc");
            log.exchange(hostile());
            log.toggle_density();
            log.set_search("kcab");
            let buffer = drawn_at(&log, width, 40, at(0));
            for cell in buffer.content() {
                assert!(!cell.symbol().chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
            }
            for shown in log.window() {
                assert!(
                    screen::width(&shown.row.text) < usize::from(width.max(17)),
                    "{width} {wrap}: {:?}",
                    shown.row.text
                );
            }
        }
    }
    let mut log = log(80, 30);
    log.exchange(hostile());
    log.toggle_density();
    insta::assert_snapshot!(screen(&log, 80, 30));
}

#[test]
fn bodies_that_are_not_shown_whole_say_so() {
    let mut log = log(80, 40);
    let mut cut = answer(200, 1, "first line\nsecond line");
    cut.body.total = 3_000_000;
    cut.body.truncated = true;
    cut.body.encoding = Some("gzip".into());
    let mut image = answer(200, 2, "");
    image.body = Body { form: BodyForm::Binary, total: 12_345, mime: Some("image/png".into()), ..Body::default() };
    for (id, response) in [(1, cut), (2, image)] {
        let steps = vec![attempt(1, 0, 3, request("x"), Some(Ending::Answered(response)), 5)];
        log.exchange(exchange(id, ExchangeKind::Read, "a body", 0, steps, Outcome::Accepted));
        log.last();
        log.toggle_density();
        log.toggle_density();
    }
    let said = screen(&log, 80, 40);
    assert!(said.contains("2.9 MiB text · gzip · cut short"), "{said}");
    assert!(said.contains("22 B of 2.9 MiB were kept"), "{said}");
    assert!(said.contains("12 KiB binary, not shown · image/png"), "{said}");
}

#[test]
fn a_body_of_very_many_lines_is_bounded_and_says_so() {
    let numbers = format!("[{}0]", "1,".repeat(30_000));
    // The last line begins within the bound and ends behind it.
    let wrapped = format!("{}{}", "x\n".repeat(9_999), "y".repeat(400));
    for many in [numbers, wrapped] {
        let mut log = log(80, 10);
        if !log.toggle_wrap() {
            log.toggle_wrap();
        }
        let steps = vec![attempt(1, 0, 3, request("x"), Some(Ending::Answered(answer(200, 1, &many))), 5)];
        log.exchange(exchange(1, ExchangeKind::Read, "many", 0, steps, Outcome::Accepted));
        log.toggle_density();
        log.toggle_density();
        log.set_search("10000 rows");
        assert!(log.to_match(true));
        let said = screen(&log, 80, 10);
        assert!(said.contains("only the first 10000 rows are shown here; y b copies the newest body"), "{said}");
        assert_eq!(log.selected().unwrap().copy_body().unwrap(), many);
    }
}

#[test]
fn a_pause_runs_down_without_being_laid_out_again() {
    let mut log = log(80, 10);
    log.exchange(waiting(7, 0, "one more"));
    let said = |ms| lines(&drawn_at(&log, 80, 10, at(ms)))[0].clone();
    assert!(said(60).contains(" 7s"), "{}", said(60));
    assert!(said(2_061).contains(" 5s"), "{}", said(2_061));
    assert!(said(9_000).contains(" 0s"), "{}", said(9_000));
    assert_eq!(log.next_change(at(60)), Some(at(1_060)));
    assert_eq!(log.next_change(at(1_560)), Some(at(2_060)));
    assert_eq!(log.next_change(at(7_060)), None);
    let mut log = log.clone();
    log.toggle_density();
    assert!(screen(&log, 80, 10).contains("left: 429, Retry-After 7 s"));
}

#[test]
fn a_request_under_way_says_how_long_it_takes() {
    let mut log = log(80, 10);
    log.exchange(open(1, 0, "going"));
    let said = |ms| lines(&drawn_at(&log, 80, 10, at(ms)))[0].clone();
    assert!(said(1_250).ends_with("sending     1.2s"), "{}", said(1_250));
    assert!(said(31_000).ends_with("sending      31s"), "{}", said(31_000));
    assert_eq!(log.next_change(at(1_250)), Some(at(1_300)));
    assert_eq!(log.next_change(at(31_000)), Some(at(32_000)));
    log.exchange(accepted(1, 0, "going"));
    assert_eq!(log.next_change(at(1_250)), None);
}

#[test]
fn ascii_means_ascii() {
    let mut log = Log::new(LogOptions { ascii: true, ..LogOptions::default() });
    log.set_viewport(70, 40);
    story(&mut log);
    log.select_number(5);
    log.toggle_density();
    log.toggle_density();
    let theme = theme_named("terminal", true, false, Depth::True).unwrap();
    assert!(theme.ascii);
    // The masks in captured headers are the engine's, not ours.
    let said = screen(&log, 70, 40).replace(['«', '»', '▌'], "");
    assert!(said.is_ascii(), "{said}");
}

#[test]
fn an_entry_without_a_try_and_one_under_way() {
    let mut log = log(80, 12);
    log.exchange(exchange(
        1,
        ExchangeKind::Send,
        "too long",
        0,
        vec![],
        Outcome::Refused("4100 bytes, at most 4096".into()),
    ));
    assert!(screen(&log, 80, 12).contains("not sent 4100 bytes, at most 4096"), "{}", screen(&log, 80, 12));
    log.toggle_density();
    assert_eq!(log.selected().unwrap().density, Density::Full);
    assert!(screen(&log, 80, 12).contains("nothing was sent"));
    log.exchange(open(2, 0, "going"));
    log.last();
    assert!(screen(&log, 80, 12).contains("sending"));
    log.toggle_density();
    log.toggle_density();
    assert!(screen(&log, 80, 12).contains("no response yet"), "{}", screen(&log, 80, 12));
}

#[test]
fn waits_alone_are_shown_too() {
    let mut log = log(80, 12);
    let steps = vec![ExchangeStep::Wait { at: at(0), until: at(2_000), why: "pacing".into() }];
    log.exchange(exchange(1, ExchangeKind::Send, "later", 0, steps, Outcome::Waiting));
    log.toggle_density();
    assert!(lines(&drawn_at(&log, 80, 12, at(0)))[1].contains("2s left: pacing"), "{}", screen(&log, 80, 12));
}

#[test]
fn a_rule_stands_where_the_day_changes_among_what_is_shown() {
    const DAY: u64 = 24 * 3_600_000;
    let mut log = log(60, 20);
    for (id, day) in [(1, 0), (2, 0), (3, 1), (4, 2)] {
        log.exchange(accepted(id, day * DAY + id * 1_000, &format!("text {id}")));
    }
    log.set_now(at(2 * DAY).wall);
    let shown = screen(&log, 60, 20);
    let order: Vec<&str> =
        ["text 2", "yesterday, Tue 24 Nov", "text 3", "──  today  ──", "text 4"].into_iter().collect();
    let places: Vec<usize> =
        order.iter().map(|part| shown.find(part).unwrap_or_else(|| panic!("{part}:\n{shown}"))).collect();
    assert!(places.is_sorted(), "{shown}");
    assert_eq!(shown.matches("──").count(), 4, "none above the first:\n{shown}");
    assert_eq!(log.day_in_view().as_deref(), Some("Mon 23 Nov"), "the heading says it of the first");
    // What the filter leaves decides.
    log.set_filter("-\"text 3\"", at(0).wall).unwrap();
    let shown = screen(&log, 60, 20);
    assert!(!shown.contains("yesterday") && shown.contains("today"), "{shown}");
    log.clear_filter();
    log.set_now(at(3 * DAY).wall);
    let shown = screen(&log, 60, 20);
    assert!(shown.contains("yesterday, Wed 25 Nov") && !shown.contains("today"), "{shown}");
}
