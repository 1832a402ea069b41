//! What the log's keys ask for.

use guestwire::session::LocalRequest;
use std::path::Path;

use guestwire::engine::Report;
use guestwire::journal::{HistoryPage, KeptEntry, Restored};
use guestwire::journal::{Job, JournalReport};
use guestwire::model::{DeliveryStatus, Message, MessageId};
use guestwire::session::Density;
use guestwire::session::LogEntry;
use guestwire::tui::state::Pane;
use guestwire::tui::state::{Overlay, Page, PageContent};
use guestwire::tui::{Effect, Event};

use crate::support::console::Desk;
use crate::support::fixtures::DENIED;

fn copied(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Copy(text)] => text,
        other => panic!("no copy: {other:?}"),
    }
}

#[test]
fn copies_are_of_the_chosen_entry() {
    for (keys, part) in [
        ("y i", "00000001-f6e0-4a98-ab8b-941167ea8968"),
        ("y c", "$GUESTWIRE_TOKEN"),
        ("y h", "x-request-id"),
        ("y b", "not authorized"),
        ("y y", "SEND"),
    ] {
        let mut desk = Desk::default();
        desk.refused("why");
        let effects = desk.keys(&format!("esc G {keys}"));
        assert!(copied(&effects).contains(part), "{keys}: {effects:?}");
        assert!(!copied(&effects).ends_with('\n'), "{keys}: no newline is added");
    }
}

#[test]
fn with_nothing_chosen_nothing_is_copied_and_it_is_said() {
    for keys in ["y i", "y c", "y h", "y b", "y y", "v", "="] {
        let mut desk = Desk::default();
        assert_eq!(desk.keys(&format!("esc {keys}")), [], "{keys}");
        assert_eq!(desk.status(), "The log is empty: there is no entry.", "{keys}");
    }
}

/// An entry that has nothing of a kind, one that nothing is like, and entries that are all hidden are no empty log.
#[test]
fn why_nothing_is_copied_or_compared_is_said_as_it_is() {
    let mut desk = Desk::default();
    desk.accepted("fine");
    desk.report(Report::Notice(None, "the disk is slow".to_owned()));
    for keys in ["y i", "y c", "y h", "y b"] {
        assert_eq!(desk.keys(&format!("esc G {keys}")), [], "{keys}");
        assert_eq!(desk.status(), "This entry has nothing of that kind.", "{keys}");
    }
    desk.keys("C");
    assert_eq!(desk.status(), "This entry is of no conversation: there is no accepted message to compare it with.");
    for keys in ["y t", "y a", "d"] {
        desk.keys(keys);
        assert!(desk.status().starts_with("No refusal in this log has a diagnosis, so"), "{keys}: {}", desk.status());
    }
    let now = desk.now.wall;
    desk.state.session.log.set_filter("nothing-like-it", now).unwrap();
    for keys in ["y i", "y y", "v", "=", "C"] {
        assert_eq!(desk.keys(keys), [], "{keys}");
        assert_eq!(desk.status(), "No entry is shown, so none is chosen.", "{keys}");
    }
}

#[test]
fn errors_are_found_both_ways_and_their_end_is_said() {
    let mut desk = Desk::default();
    desk.refused("one");
    desk.accepted("fine");
    desk.refused("two");
    desk.keys("esc g ]");
    assert_eq!(desk.state.session.log.selected().map(guestwire::session::LogEntry::what), Some("two"));
    desk.keys("]");
    assert_eq!(desk.status(), "There is no error below.");
    desk.keys("[");
    assert_eq!(desk.state.session.log.selected().map(guestwire::session::LogEntry::what), Some("one"));
    desk.keys("[");
    assert_eq!(desk.status(), "There is no error above.");
}

#[test]
fn reading_up_does_not_jump_and_new_ones_are_counted() {
    let mut desk = Desk::default();
    for n in 0..40 {
        desk.accepted(&format!("number {n}"));
    }
    desk.keys("esc k k");
    let chosen = desk.state.session.log.selected().map(guestwire::session::LogEntry::number);
    desk.settle(MessageId(1), "another", DeliveryStatus::Accepted, Some(200));
    assert_eq!(desk.state.session.log.selected().map(guestwire::session::LogEntry::number), chosen);
    assert!(desk.screen().contains("1 new"));
    desk.keys("esc F");
    assert!(desk.screen().contains("following"));
    desk.keys("k k");
    desk.accepted("what one has just sent is what one wants to see");
    assert!(desk.screen().contains("following"));
}

#[test]
fn two_entries_are_compared() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.refused("two");
    desk.keys("esc g =");
    assert_eq!(desk.status(), "Comparing #1: move to another row.");
    desk.keys("=");
    assert_eq!(desk.status(), "Comparing #1: this is the same row, move to another row.");
    assert_eq!(desk.offers(), ["= compare", "Esc cancel"], "and it goes on");
    desk.keys("G =");
    let Some(Overlay::Page(Page { content: PageContent::Lines(title, lines), .. })) = &desk.state.overlay else {
        panic!("no page")
    };
    assert_eq!(title, "#1 and #2");
    assert!(lines.iter().any(|l| l.contains("200")) && lines.iter().any(|l| l.contains("401")), "{lines:?}");
}

#[test]
fn a_comparison_that_was_begun_can_be_let_go() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.keys("esc G = esc");
    assert_eq!(desk.status(), "", "what the line spoke of is over");
    desk.keys("=");
    assert!(!desk.status().contains("same row"), "a comparison begins anew: {}", desk.status());
}

#[test]
fn an_entry_is_marked_read_in_the_pager_and_saved() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.refused("two");
    let effects = desk.keys("esc G v");
    assert!(matches!(effects.as_slice(), [Effect::Page(text)] if text.contains("unauthorized")));
    desk.keys("m ;");
    desk.type_text("look here");
    desk.keys("enter");
    let effects = desk.keys("E");
    let [Effect::Local(LocalRequest::Write { path, contents, what })] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(path.parent(), Some(Path::new("/data/exports")));
    assert_eq!(path.extension().and_then(|e| e.to_str()), Some("har"));
    let har: serde_json::Value = serde_json::from_str(contents).unwrap();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!((entries.len(), what.as_str()), (1, "1 exchange"), "only the marked one");
    assert!(contents.contains("look here"));
    assert!(contents.contains(DENIED.get(10..22).unwrap()));
    desk.event(Event::Done(Ok("Saved to x.har.".to_owned())));
    assert_eq!(desk.status(), "Saved to x.har.");
}

#[test]
fn with_nothing_marked_all_is_saved_and_no_file_twice() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.refused("two");
    let one = desk.keys("esc E");
    let two = desk.keys("E");
    let paths: Vec<_> = one
        .iter()
        .chain(&two)
        .map(|e| match e {
            Effect::Local(LocalRequest::Write { path, contents, .. }) => {
                assert_eq!(contents.matches("\"startedDateTime\"").count(), 2);
                path.clone()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_ne!(paths[0], paths[1]);
}

#[test]
fn an_empty_log_is_not_saved() {
    let mut desk = Desk::default();
    assert_eq!(desk.keys("esc E"), []);
    assert_eq!(desk.status(), "Nothing to save: the log has no requests yet.");
}

#[test]
fn the_thread_moves_by_the_logs_keys_and_opens_what_carried_a_message() {
    // Over the log where there is no room for both, and above it where there is.
    for (width, height, lead) in [(60, 18, "esc t"), (80, 24, "esc tab tab tab")] {
        let mut desk = Desk::new(width, height);
        for n in 0..30 {
            desk.accepted(&format!("number {n}"));
        }
        desk.keys(lead);
        assert_eq!(desk.state.arrangement.focus, Pane::Thread, "{}", desk.screen());
        let said = |desk: &Desk| {
            let screen = desk.screen();
            let thread = screen.lines().skip_while(|line| !line.contains("t Thread")).skip(1);
            thread
                .take_while(|line| !line.contains('─') || line.contains("today"))
                .fold(String::new(), |all, line| all + line + "\n")
        };
        let newest = said(&desk);
        desk.keys("pgup k ctrl-u");
        assert_ne!(said(&desk), newest);
        desk.keys("g");
        assert!(said(&desk).contains("number 0"), "{}", desk.screen());
        desk.keys("G");
        assert!(said(&desk).contains("number 29"), "{}", desk.screen());
        desk.keys("g enter");
        assert_eq!(desk.state.arrangement.focus, Pane::Log);
        let opened = desk.state.session.log.selected().unwrap();
        assert!(opened.number() < 10 && opened.density != Density::Line, "the newest of those in view, opened");
    }
}

#[test]
fn density_and_wrap_change_what_is_shown() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.keys("esc G");
    let line = desk.screen();
    desk.keys("enter");
    let summary = desk.screen();
    desk.keys("space");
    let full = desk.screen();
    assert!(full.contains("Response headers"), "{full}");
    assert!(line != summary && summary != full);
    desk.keys("enter");
    assert_eq!(desk.screen(), line);
}

#[test]
fn what_a_search_of_all_found_is_parted_by_days() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.pass(24 * 3_600_000);
    desk.accepted("two");
    let entries = desk.state.session.log.oldest_as_kept(2);
    found(&mut desk, entries);
    let screen = desk.screen();
    assert!(screen.contains("found: o  yesterday, Mon 23 Nov"), "{screen}");
    let rows =
        |text: &str| screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{screen}"));
    assert!(rows("SEND  one") + 1 < rows("SEND  two"), "a rule stands between them: {screen}");
    assert_eq!(desk.offers(), ["Esc back to the log"]);
    desk.keys("esc");
    assert!(desk.state.log_pane.history.is_none() && desk.status().is_empty(), "{}", desk.status());
}

/// Searches the journal, which finds these entries.
fn found(desk: &mut Desk, entries: Vec<KeptEntry>) {
    desk.state.session.journal.open();
    desk.event(Event::Journal(JournalReport::Restored(Box::default())));
    let asked = desk.keys("esc 2 S o enter");
    let asked = asked.into_iter().find_map(|effect| match effect {
        Effect::Journal(Job::History(request)) => Some(request),
        _ => None,
    });
    let page = HistoryPage { request: asked.expect("it is asked"), found: Ok((entries, false)) };
    desk.event(Event::Journal(JournalReport::History(page)));
}

#[test]
fn the_next_error_is_named_only_where_one_is_below() {
    let mut desk = Desk::new(200, 40);
    let named = |desk: &Desk| desk.footer().contains("] next error");
    desk.keys("esc 2");
    assert!(!named(&desk), "there is none: {}", desk.footer());
    desk.accepted("one");
    desk.refused("two");
    desk.keys("esc 2 g g");
    assert!(named(&desk), "{}", desk.footer());
    desk.keys("]");
    assert!(!named(&desk), "one stands on it: {}", desk.footer());
    let entries = desk.state.session.log.oldest_as_kept(9);
    found(&mut desk, entries);
    assert!(!named(&desk), "one stands on it in history: {}", desk.footer());
    desk.keys("g g");
    assert!(named(&desk), "it is below in history: {}", desk.footer());
}

/// The thread names the cause, as the entry does, where the message came back at the start.
#[test]
fn a_message_that_came_back_names_its_cause_once_its_entry_is_shown() {
    let mut earlier = Desk::default();
    let id = earlier.refused("one");
    let sent = earlier.state.session.threads.message(id).unwrap().clone();
    let cause = earlier.state.session.log.selected().unwrap().diagnosis().unwrap().cause();
    let mut desk = Desk::default();
    desk.state.session.journal.open();
    let kept = (Message { exchange: None, ..sent }, None);
    let restored = Restored { messages: vec![kept], ..Restored::default() };
    desk.event(Event::Journal(JournalReport::Restored(Box::new(restored))));
    let thread = |desk: &Desk| desk.screen().lines().find(|line| line.contains("you ")).map(str::to_owned).unwrap();
    assert!(thread(&desk).contains("refused 401 unauthorized"), "{}", desk.screen());
    found(&mut desk, earlier.state.session.log.oldest_as_kept(9));
    assert!(thread(&desk).contains(&format!("refused 401 · {cause}")), "{}", desk.screen());
    desk.keys("esc");
    assert!(desk.state.log_pane.history.is_none());
    assert!(thread(&desk).contains(&format!("refused 401 · {cause}")), "what is known stays known: {}", desk.screen());
}

#[test]
fn what_was_refused_in_an_earlier_session_says_why_and_offers_nothing_about_now() {
    let mut earlier = Desk::default();
    for _ in 0..2 {
        earlier.refused("one");
    }
    let mut desk = Desk::default();
    found(&mut desk, earlier.state.session.log.oldest_as_kept(9));
    let row = desk.screen().lines().find(|line| line.contains("SEND  one")).map(str::to_owned).unwrap();
    let cause = earlier.state.session.log.selected().unwrap().diagnosis().unwrap().cause();
    assert!(row.contains(cause.name()), "{row}");
    desk.keys("d");
    let card = desk.screen();
    assert!(card.contains("#2 refused") && card.contains("Do this"), "{card}");
    let footer = desk.footer();
    assert!(!footer.contains("run checks") && footer.contains("note to admin"), "{footer}");
    for keys in ["D", "F5", "r", "R"] {
        let effects = desk.keys(keys);
        assert!(effects.is_empty() && desk.status().contains("an earlier session"), "{keys}: {effects:?}");
    }
    let effects = desk.keys("y t");
    let [Effect::Copy(ticket)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(ticket.contains(cause.name()), "{ticket}");
    desk.keys("N");
    assert!(desk.screen().contains("#1 refused"), "{}", desk.screen());
    desk.keys("esc");
    assert_eq!(desk.state.shown_log().selected().map(LogEntry::number), Some(2), "what was chosen is chosen again");
}
