//! What keys do, told from outside.

use std::sync::Arc;

use guestwire::model::{DeliveryStatus, Ending, ExchangeId, ExchangeKind, ExchangeStep, MessageId, Outcome};
use guestwire::session::{Density, Log, LogEntry, LogOptions};
use guestwire::session::{EndedTries, Rate401};

use crate::support::fixtures::DENIED;
use crate::support::log::*;

fn texts(log: &Log) -> Vec<String> {
    log.window().map(|s| s.row.text.clone()).collect()
}

#[test]
fn an_empty_log_names_the_next_key_and_a_filter_that_hides_all_says_so() {
    let mut log = log(60, 5);
    assert!(screen(&log, 60, 5).contains("No request yet."));
    story(&mut log);
    log.set_filter("no such thing", jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert!(screen(&log, 60, 5).replace('\n', " ").contains("Nothing matches"));
    assert_eq!(log.selected().map(LogEntry::number), None);
    log.step(1);
    log.toggle_density();
    log.scroll(-4);
    assert!(!log.to_error(true));
    log.clear_filter();
    assert_eq!(log.hidden(), 0);
    assert!(log.following());
}

#[test]
fn the_filter_narrows_by_what_is_typed() {
    let mut log = log(120, 30);
    story(&mut log);
    for (filter, numbers) in [
        ("bill", vec![3, 4, 5, 7, 8, 9, 10]), // by the conversation's name too
        ("\"my bill\"", vec![4]),
        ("status:4xx", vec![7, 8]),
        ("status:401", vec![7]),
        ("status:none", vec![6, 9, 10]),
        ("kind:note", vec![6]),
        ("kind:send -conv:billing", vec![]),
        (">300ms", vec![5, 9]),
        ("<100ms", vec![7]),
        ("is:error", vec![7, 9]),
        ("is:healed", vec![5]),
        ("is:unknown", vec![9]),
        ("is:refused", vec![7]),
        ("is:waiting", vec![8]),
        ("is:retried", vec![5]),
        ("id:3c6e", vec![1]),
        ("id:3c6e…0001", vec![1]),
        ("too.many.requests", vec![8]),
        ("closed after", vec![9]),
        ("/oauth/token", vec![1]),
        ("kind:send -is:error status:200 still", vec![5]),
    ] {
        log.set_filter(filter, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let shown: Vec<u64> = log.entries().filter(|e| e.is_shown()).map(LogEntry::number).collect();
        assert_eq!(shown, numbers, "{filter}");
        assert_eq!(log.filter_text(), filter);
    }
    // Days count from now, in the log's zone.
    let now: jiff::Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    log.clear_filter();
    let all = log.entries().count();
    for (filter, shown) in [
        ("on:yesterday", all),
        ("on:2026-11-23", all),
        ("on:today", 0),
        ("since:2026-11-24", 0),
        ("until:yesterday", all),
        ("-on:yesterday", 0),
        ("since:2026-11-23T13:00 until:2026-11-23T13:30", 0),
    ] {
        log.set_filter(filter, now).unwrap();
        assert_eq!(log.entries().filter(|entry| entry.is_shown()).count(), shown, "{filter}");
    }
    log.set_filter("kind:send -is:error status:200 still", now).unwrap();
    let error = log.set_filter("kind:sned", jiff::Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!((error.column, log.filter_text()), (6, "kind:send -is:error status:200 still"));
    log.clear_filter();
    log.select_number(4);
    log.toggle_mark();
    log.set_filter("is:marked", jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(log.hidden(), 9);
    // What arrives is filtered too.
    log.exchange(accepted(100, 300_000, "new"));
    assert_eq!(log.hidden(), 10);
}

#[test]
fn reading_up_never_jumps_and_says_how_much_is_new() {
    let mut log = log(100, 8);
    for id in 0..50 {
        log.exchange(accepted(id, id * 100, "hello"));
    }
    assert!(log.following());
    log.step(-20);
    let (before, position) = (texts(&log), (log.following(), log.cursor()));
    for id in 50..80 {
        log.exchange(if id % 3 == 0 { refused(id, id * 100, "no") } else { accepted(id, id * 100, "more") });
    }
    assert_eq!((texts(&log), (log.following(), log.cursor())), (before, position));
    assert_eq!(log.unseen(), 30);
    assert!(guestwire::tui::view::log::title(&log, 80, false).starts_with("30 new · 80 rows"));
    log.scroll(7);
    log.scroll(7);
    log.scroll(7);
    assert!(log.unseen() < 30);
    log.last();
    assert_eq!((log.unseen(), log.following()), (0, true));
    assert!(guestwire::tui::view::log::title(&log, 80, false).starts_with("following"));
}

#[test]
fn coming_to_the_last_row_follows_and_leaving_it_stays() {
    let mut log = log(100, 5);
    for id in 0..10 {
        log.exchange(accepted(id, 0, "x"));
    }
    log.step(-1);
    assert!(!log.following());
    log.step(1);
    assert!(log.following());
    assert!(!log.toggle_follow());
    log.exchange(accepted(10, 0, "x"));
    assert_eq!((log.selected().unwrap().number(), log.unseen()), (10, 1));
    assert!(log.toggle_follow());
    assert_eq!(log.selected().unwrap().number(), 11);
}

#[test]
fn only_the_newest_error_opens_by_itself() {
    let mut log = log(100, 30);
    log.exchange(refused(1, 0, "a"));
    log.exchange(accepted(2, 0, "b"));
    let density = |log: &Log, n| log.entry(n).unwrap().density;
    assert_eq!(density(&log, 1), Density::Summary);
    log.exchange(open(3, 0, "c"));
    assert_eq!(density(&log, 3), Density::Line);
    log.exchange(refused(3, 0, "c"));
    assert_eq!((density(&log, 1), density(&log, 3)), (Density::Line, Density::Summary));
    // The same error reported again does not open what a person shut.
    log.select_number(3);
    log.toggle_density();
    log.toggle_density();
    assert_eq!(density(&log, 3), Density::Line);
    log.exchange(refused(3, 0, "c"));
    assert_eq!(density(&log, 3), Density::Line);
    // What a person opened stays open.
    log.select_number(1);
    log.toggle_density();
    log.last();
    log.exchange(refused(4, 0, "d"));
    assert_eq!((density(&log, 1), density(&log, 4)), (Density::Summary, Density::Summary));
}

/// A refused send renewed the token meanwhile, which is an entry after it: the send is chosen all the same, and what its
/// keys name acts on it.
#[test]
fn an_error_that_opens_is_chosen_until_something_newer_comes() {
    let mut log = log(100, 4);
    log.exchange(accepted(1, 1_000, "hello"));
    log.exchange(open(2, 2_000, "going"));
    log.exchange(token(3, 2_100));
    log.exchange(refused(2, 2_000, "going"));
    assert_eq!((log.cursor(), log.following()), ((2, 0), true));
    assert_eq!(log.window_start(), Some((2, 0)), "its first rows are the ones in view");
    let keys = |log: &Log| screen(log, 100, 12).contains("Enter all");
    log.set_viewport(100, 12);
    assert!(keys(&log));
    log.last();
    assert_eq!((log.cursor(), keys(&log)), ((3, 0), false), "Enter would open another entry");
    log.exchange(refused(4, 4_000, "again"));
    assert_eq!(log.cursor(), (4, 0));
    log.exchange(token(5, 5_000));
    assert_eq!((log.cursor(), log.following()), ((5, 0), true));
    // An older message ends after one that was sent later.
    log.exchange(open(6, 6_000, "first"));
    log.exchange(accepted(7, 6_100, "second"));
    log.exchange(refused(6, 6_000, "first"));
    assert_eq!(log.cursor(), (7, 0));
}

#[test]
fn errors_and_matches_are_found_in_both_directions() {
    let mut log = log(100, 30);
    story(&mut log);
    log.first();
    assert!(log.to_error(true));
    assert_eq!(log.selected().unwrap().number(), 7);
    assert!(log.to_error(true));
    assert_eq!(log.selected().unwrap().number(), 9);
    assert!(!log.to_error(true));
    assert!(log.to_error(false));
    assert_eq!(log.selected().unwrap().number(), 7);
    assert!(!log.to_error(false));
    assert_eq!(log.error_count(), 2);

    log.first();
    log.set_search("STILL THERE");
    assert!(log.to_match(true));
    assert_eq!(log.cursor(), (5, 0));
    assert!(log.window().any(|s| !s.row.matches.is_empty()));
    assert!(!log.to_match(true));
    // In an open entry, row by row.
    log.set_search("x-request-id");
    log.toggle_density();
    log.toggle_density();
    assert!(log.to_match(true) && log.cursor().0 == 5 && log.cursor().1 > 0);
    let first = log.cursor();
    assert!(log.to_match(true) && log.cursor().0 == 5 && log.cursor() > first);
    assert!(log.to_match(false));
    assert_eq!(log.cursor(), first);
    log.set_search("");
    assert!(!log.to_match(true));
}

#[test]
fn folding_keeps_the_cursor_where_it_is() {
    let mut log = log(100, 40);
    log.exchange(refused(1, 0, "a"));
    log.toggle_density();
    let row = texts(&log).iter().position(|t| t.contains("v Response headers")).unwrap();
    log.first();
    log.step(row.cast_signed());
    let open = texts(&log).len();
    log.toggle_density();
    assert_eq!(texts(&log).len(), open - 6);
    assert!(texts(&log)[row].contains("> Response headers"));
    assert_eq!(usize::from(cursor_row(&log).unwrap()), row);
    log.toggle_density();
    assert_eq!(texts(&log).len(), open);
}

#[test]
fn what_opens_comes_into_view() {
    let mut log = log(100, 10);
    for id in 0..30 {
        log.exchange(accepted(id, 0, "x"));
    }
    log.toggle_density();
    assert!(!log.following());
    let all = texts(&log);
    assert!(all.iter().any(|row| row.contains("id       x-request-id")), "{all:#?}");
    assert!(log.window().any(|s| s.selected && s.entry.number() == 30));
    log.toggle_density();
    assert!(log.window().next().unwrap().selected, "a tall entry begins at the top");
    log.toggle_density();
    assert!(log.following());
}

#[test]
fn bounded_by_count_and_by_bytes() {
    let mut log = Log::new(LogOptions { max_entries: 10, ..LogOptions::default() });
    log.set_viewport(100, 5);
    for id in 0..25 {
        log.exchange(accepted(id, 0, "x"));
        if id == 3 {
            log.toggle_mark();
        }
    }
    assert_eq!((log.len(), log.totals.evicted, log.totals.evicted_marked), (10, 15, 1));
    assert_eq!(log.entries().next().unwrap().number(), 16);
    assert!(guestwire::tui::view::log::title(&log, 90, false).ends_with("15 older gone (1 marked)"));
    assert!(!log.select_number(3));
    let mut log = Log::new(LogOptions { max_bytes: 60_000, ..LogOptions::default() });
    for id in 0..100 {
        log.exchange(accepted(id, 0, &"x".repeat(500)));
    }
    assert!(log.totals.bytes <= 60_000 && log.len() > 5 && log.len() < 30, "{} {}", log.totals.bytes, log.len());
    // What holds the texts of small ones together counts too.
    let mut small = Log::new(LogOptions { max_bytes: 60_000, ..LogOptions::default() });
    for id in 0..100 {
        small.exchange(accepted(id, 0, "x"));
    }
    assert!((10..35).contains(&small.len()), "{}", small.len());
    // One that is too big alone is still shown.
    log.exchange(accepted(200, 0, &"x".repeat(80_000)));
    assert_eq!(log.len(), 1);
}

#[test]
fn the_401_rate_counts_each_try_once() {
    let mut tries = EndedTries::default();
    for exchange in [token(1, 0), open(2, 1_000, "a"), refused(2, 1_000, "a"), refused(2, 1_000, "a")] {
        tries.count(&exchange);
    }
    tries.count(&healed(3, 2_000, "b"));
    (4..10).for_each(|id| tries.count(&accepted(id, 3_000, "c")));
    tries.count(&read(20, 4_000, "messages"));
    let rate = |tries: &EndedTries, now| tries.rate(at(now));
    assert_eq!(rate(&tries, 5_000), Rate401 { answers401: 2, healed: 1, total: 10 });
    assert_eq!(rate(&tries, 903_500), Rate401 { answers401: 0, healed: 0, total: 1 });
    // An exchange that goes on does not count its first try twice.
    let mut tries = EndedTries::default();
    for exchange in [waiting(1, 0, "a"), accepted(2, 0, "b"), waiting(1, 0, "a")] {
        tries.count(&exchange);
    }
    assert_eq!(rate(&tries, 1_000).total, 2);
    // Nor does it after so many others that its first try was forgotten.
    let mut tries = EndedTries::default();
    tries.count(&refused(1, 0, "a"));
    (2..9_000).for_each(|id| tries.count(&accepted(id, 1_000, "b")));
    let before = rate(&tries, 2_000);
    tries.count(&refused(1, 0, "a"));
    assert_eq!(rate(&tries, 2_000), before);
}

#[test]
fn marks_and_comments_survive_updates_and_what_came_later_is_said() {
    let mut log = log(120, 20);
    log.exchange(open(1, 0, "a"));
    assert_eq!(log.toggle_mark(), Some(true));
    log.comment_on(log.selected().unwrap().number(), "the one with the \u{1b}[bell");
    log.exchange(unknown(1, 0, "a"));
    let said = screen(&log, 120, 20);
    assert!(said.contains("  1* 14:00"), "{said}");
    assert!(said.contains("comment  the one with the ␛[bell"), "{said}");
    log.set_delivery(MessageId(1), &DeliveryStatus::Received);
    assert!(screen(&log, 120, 20).contains("settled  the message was received;"));
    log.set_delivery(MessageId(1), &DeliveryStatus::Answered);
    assert!(
        screen(&log, 120, 20).contains("settled  the message was received and answered"),
        "an answer takes no evidence away"
    );
    log.exchange(accepted(2, 0, "b"));
    log.set_delivery(MessageId(2), &DeliveryStatus::Answered);
    assert!(screen(&log, 120, 20).contains("RCVD"));
    assert!(log.select_number(log.number_of(ExchangeId(1)).unwrap()));
    assert_eq!(log.selected().unwrap().comment(), Some("the one with the \u{1b}[bell"));
    log.comment_on(log.selected().unwrap().number(), "  ");
    assert_eq!(log.selected().unwrap().comment(), None);
}

#[test]
fn titles_fit_and_keep_what_matters() {
    let mut log = log(100, 10);
    story(&mut log);
    let title = |log: &Log, width| guestwire::tui::view::log::title(log, width, false);
    assert_eq!(title(&log, 80), "following · 10 rows");
    assert_eq!(title(&log, 20), "following · 10 rows");
    assert_eq!(title(&log, 3), "fo…");
    log.set_filter("kind:send", jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(title(&log, 80), "following · 7 of 10 rows");
}

#[test]
fn compare_says_only_what_differs() {
    let mut log = log(100, 10);
    log.exchange(refused(1, 0, "same"));
    log.exchange(accepted(2, 0, "same"));
    let all = log.compare(1, 2, &|_| None).unwrap();
    let said = |what: &str| all.iter().find(|d| d.what == what).map(|d| (d.left.as_str(), d.right.as_str()));
    assert_eq!(said("status"), Some(("401", "200")));
    assert_eq!(said("outcome"), Some(("ERR", "ok")));
    assert_eq!(said("response body code"), Some(("unauthorized", "none")));
    assert_eq!(said("time total"), Some(("88 ms", "184 ms")));
    assert!(said("response header x-request-id").is_some());
    for same in ["target", "token", "kind", "text", "method", "request header authorization", "request body text"] {
        assert_eq!(said(same), None);
    }
    assert_eq!(log.compare(1, 1, &|_| None), Some(vec![]));
    // What always differs comes last, whatever it is.
    let last = all.iter().position(|d| d.volatile).unwrap();
    assert!(all.iter().skip(last).all(|d| d.volatile), "{all:?}");
    assert!(all.iter().any(|d| d.volatile && d.what == "response header x-request-id"));
    assert!(all.iter().any(|d| !d.volatile && d.what == "response body code"));
    assert_eq!(log.compare(1, 9, &|_| None), None);
}

#[test]
fn compare_begins_with_scopes_token_and_target() {
    let mut log = log(100, 10);
    let mut other = Arc::unwrap_or_clone(accepted(2, 0, "same"));
    if let Some(ExchangeStep::Try(attempt)) = other.steps.first_mut() {
        let attempt = Arc::make_mut(attempt);
        attempt.generation = Some(guestwire::model::Generation(4));
        Arc::make_mut(&mut attempt.request).url.push_str("/other");
    }
    log.exchange(refused(1, 0, "same"));
    log.exchange(Arc::new(other));
    let scopes = |g: guestwire::model::Generation| {
        Some(if g.0 == 4 { "guest:messages:send" } else { "conversations" }.to_owned())
    };
    let all = log.compare(1, 2, &scopes).unwrap();
    let first: Vec<&str> = all.iter().take(3).map(|d| d.what.as_str()).collect();
    assert_eq!(first, ["granted scopes", "token", "target"]);
    assert_eq!((all[0].left.as_str(), all[0].right.as_str()), ("conversations", "guest:messages:send"));
}

#[test]
fn compare_names_a_field_by_its_path_and_what_was_sent_on_purpose() {
    let sent = |id: u64, guest: &str| {
        let mut exchange = Arc::unwrap_or_clone(accepted(id, 0, "same"));
        if let Some(ExchangeStep::Try(attempt)) = exchange.steps.first_mut() {
            let request = Arc::make_mut(&mut Arc::make_mut(attempt).request);
            request.body =
                body(&format!(r#"{{"channel":{{"from":{{"id":"{guest}","idType":"Opaque"}}}},"content":[1,2]}}"#));
        }
        exchange
    };
    let mut log = log(100, 10);
    log.exchange(Arc::new(sent(1, "guest-42")));
    let mut wrong = sent(2, "guest-43");
    wrong.sent_as = Some(guestwire::model::Variation::EmojiBidi);
    log.exchange(Arc::new(wrong));
    let all = log.compare(1, 2, &|_| None).unwrap();
    let of = |what: &str| all.iter().find(|d| d.what == what).map(|d| (d.left.as_str(), d.right.as_str()));
    assert_eq!(of("request body channel.from.id"), Some(("guest-42", "guest-43")));
    assert_eq!(of("sent on purpose as"), Some(("none", "emoji-bidi")));
    assert!(all.iter().all(|d| !d.what.contains("idType") && !d.what.contains("content")), "{all:?}");
}

#[test]
fn copies_say_what_was_sent_and_came() {
    let mut log = log(60, 10);
    log.exchange(refused(1, 200_000, "it's \u{1b}me"));
    assert_eq!(log.selected().unwrap().copy_ids().unwrap(), format!("x-request-id: {}", uuid(1)));
    assert_eq!(log.selected().unwrap().copy_body().unwrap(), DENIED);
    let headers = log.selected().unwrap().copy_headers().unwrap();
    assert!(headers.starts_with(&format!("POST {URL}\nauthorization: Bearer «token 3»\n")), "{headers}");
    assert!(headers.contains("\n\nHTTP/1.1 401\n") && headers.ends_with("must-revalidate"), "{headers}");
    assert!(log.copy_line().unwrap().starts_with("1  14:03:20 SEND  it's ␛me"), "{:?}", log.copy_line());
    assert!(log.selected().unwrap().copy_curl().unwrap().starts_with("curl -X POST https://"));
    let page = log.page_text().unwrap();
    assert!(page.contains("POST https://") && page.contains("began") && !page.contains('\u{1b}'), "{page}");
    let page = answer(502, 2, "<html>\t\r\n\u{1b}[201~rm\u{9b}");
    let steps = vec![attempt(1, 0, 3, request("x"), Some(Ending::Answered(page)), 5)];
    log.exchange(exchange(2, ExchangeKind::Send, "x", 0, steps, Outcome::Unknown("502".into())));
    assert_eq!(log.selected().unwrap().copy_body().unwrap(), "<html>\t\r\n␛[201~rm<U+009B>");
    let frame =
        guestwire::model::Request { method: "FRAME".to_owned(), ..guestwire::model::Request::clone(&request("x")) };
    let steps = vec![attempt(1, 0, 3, Arc::new(frame), None, 5)];
    log.exchange(exchange(3, ExchangeKind::Send, "x", 0, steps, Outcome::Open));
    assert_eq!(log.selected().unwrap().copy_curl().unwrap(), "", "curl writes no frame");
    log.note(at(0), ExchangeKind::Note, "a note");
    assert_eq!(log.copy_line().unwrap(), "a note");
    assert_eq!(
        (log.selected().unwrap().copy_body(), log.selected().unwrap().copy_ids(), log.selected().unwrap().copy_curl()),
        (None, None, None)
    );
}
