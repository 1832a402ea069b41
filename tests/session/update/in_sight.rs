//! What is on screen is whole: rules, keys and reasons are not cut, and a sentence goes when what it says is over.

use std::sync::Arc;

use guestwire::engine::Report;
use guestwire::journal::JournalReport;
use guestwire::journal::Restored;
use guestwire::model::{AsOf, Cause, Choice, DeliveryStatus, ExchangeKind, RepliesReadable, TokenStatus, Unreadable};
use guestwire::session::{LocalAnswer, LocalRequest};
use guestwire::tui::{Effect, Event};
use serde_json::json;

use super::faults::fault;
use crate::support::console::{BILLING, Desk, exchange_of, reply, valid};

fn row(desk: &Desk, of: &str) -> usize {
    let screen = desk.screen();
    screen.lines().position(|line| line.contains(of)).unwrap_or_else(|| panic!("{of}: {screen}"))
}

#[test]
fn the_list_has_its_rule_where_it_covers_words() {
    let mut desk = Desk::new(80, 24);
    for at in 0..12 {
        desk.report(reply(BILLING, &format!("r-{at}"), &"words that fill the row ".repeat(4), desk.now));
    }
    desk.keys("esc 1");
    let (buffer, _) = desk.draw();
    for y in 1..21 {
        let symbol = buffer[(30, y)].symbol();
        assert!(["│", "├"].contains(&symbol), "row {y}: {symbol:?}\n{}", desk.screen());
    }
}

#[test]
fn what_to_do_is_in_sight_on_the_smallest_card() {
    let mut desk = Desk::new(40, 12);
    desk.refused("hello");
    desk.keys("esc d");
    assert!(row(&desk, "Do this") < 8, "{}", desk.screen());
    let mut tall = Desk::new(80, 24);
    tall.refused("hello");
    tall.keys("esc d");
    assert!(tall.screen().contains("\n\n"), "where there is room the parts stand apart: {}", tall.screen());
}

#[test]
fn a_key_below_an_entry_is_whole_or_not_there() {
    for width in 40..130 {
        let mut desk = Desk::new(width, 24);
        desk.refused("hello");
        let screen = desk.screen();
        let keys = screen.lines().find(|line| line.contains("explain   ") && !line.contains('!')).unwrap_or_default();
        assert!(!keys.contains('…'), "{width}: {keys}");
    }
}

#[test]
fn a_long_path_is_cut_with_a_mark_and_its_reason_is_read() {
    let mut desk = Desk::new(60, 18);
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(Vec::new())));
    desk.keys("pgdn enter");
    desk.type_text(&format!("/a/{}/night.toml", "long/".repeat(20)));
    let line = |desk: &Desk| desk.screen().lines().rev().nth(1).unwrap_or_default().to_owned();
    assert!(line(&desk).starts_with(" pass file: …"), "{}", line(&desk));
    assert!(line(&desk).ends_with("/night.toml"), "{}", line(&desk));
    let cursor = desk.draw().1.expect("one types").x;
    assert_eq!(usize::from(cursor), guestwire::text::screen::width(&line(&desk)), "{}", line(&desk));
    let effects = desk.keys("enter");
    let [Effect::Local(LocalRequest::ReadPass(path))] = effects.as_slice() else { panic!("{effects:?}") };
    desk.event(Event::Local(LocalAnswer::PassRead(path.clone(), Err("No such file.".to_owned()))));
    assert!(line(&desk).ends_with("! No such file."), "{}", line(&desk));
    let mut small = Desk::new(40, 12);
    small.keys("esc /");
    small.type_text("status:zzz");
    assert!(line(&small).starts_with(" filter log: …"), "{}", line(&small));
}

#[test]
fn what_hinders_a_command_is_not_cut() {
    let mut desk = Desk::new(80, 24);
    desk.keys("esc :");
    desk.type_text("session-clear");
    assert!(desk.screen().contains("(only web-messaging has a session)"), "{}", desk.screen());
}

#[test]
fn a_read_is_said_until_it_has_come() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.keys("esc d F5");
    assert!(desk.status().starts_with("Reading the conversation"), "{}", desk.status());
    let mut read = exchange_of(9, desk.now, None, "conversation", &DeliveryStatus::Accepted, Some(200));
    (read.kind, read.conversation) = (ExchangeKind::Read, Some(BILLING));
    desk.report(Report::Exchange(Arc::new(read)));
    assert_eq!(desk.status(), "");
}

#[test]
fn a_fault_is_said_until_it_is_used_up() {
    let mut desk = Desk::default();
    desk.event(Event::Local(LocalAnswer::FaultSet(Ok("Fault on: rate limited (once).".to_owned()))));
    desk.event(Event::Local(LocalAnswer::Faults(vec![fault(r#"{"fault":"rate-limited"}"#)])));
    assert_eq!(desk.status(), "Fault on: rate limited (once).");
    desk.event(Event::Local(LocalAnswer::Faults(Vec::new())));
    assert_eq!(desk.status(), "");
    // One that acts at once was never on.
    desk.event(Event::Local(LocalAnswer::FaultSet(Ok("Fault applied: every token is revoked now.".to_owned()))));
    desk.event(Event::Local(LocalAnswer::Faults(Vec::new())));
    assert!(!desk.status().is_empty());
}

#[test]
fn a_thread_names_the_cause_or_the_code_and_quotes_nobody() {
    let message = "Service Unavailable - The server is busy";
    let said = json!({"status": 503, "code": "service.unavailable", "message": message});
    let mut desk = Desk::new(120, 36);
    let id = desk.send("hello");
    let unknown = DeliveryStatus::Unknown(serde_json::from_value(json!({ "service_failed": said })).unwrap());
    desk.settle(id, "hello", unknown.clone(), Some(503));
    assert!(desk.screen().contains(&format!("unknown 503 · {}", Cause::ServiceFailure)), "{}", desk.screen());
    // One of an earlier session has no entry here.
    let refused = DeliveryStatus::Refused(serde_json::from_value(json!({"tried": [{ "answer": said }, 2]})).unwrap());
    for (delivery, words) in
        [(unknown, "unknown: 503 service.unavailable"), (refused, "refused 503 service.unavailable")]
    {
        let id = desk.send("again");
        desk.report(Report::Message { id, delivery, exchange: None, remote_id: None });
        let screen = desk.screen();
        assert!(screen.contains(words) && !screen.contains("The server is busy"), "{words}: {screen}");
    }
}

#[test]
fn the_next_error_is_named_while_one_is_below() {
    let mut desk = Desk::new(200, 36);
    desk.refused("the first");
    desk.refused("the second");
    desk.refused("the third");
    desk.keys("esc /");
    desk.type_text("-third");
    desk.keys("enter g");
    assert!(desk.footer().contains("] next error"), "the newest is hidden: {}", desk.footer());
    desk.keys("]");
    assert!(!desk.footer().contains("] next error"), "{}", desk.footer());
    desk.keys("]");
    assert_eq!(desk.status(), "There is no error below.");
}

#[test]
fn what_belongs_to_a_removed_conversation_is_out_of_sight_until_all_is_asked_for() {
    let mut desk = Desk::default();
    desk.state.session.journal.open();
    desk.event(Event::Journal(JournalReport::Restored(Box::<Restored>::default())));
    desk.keys("esc 1 +");
    desk.type_text("77777777-3f6e-4a98-ab8b-941167ea8907");
    desk.keys("enter");
    desk.refused("into nowhere");
    desk.keys("esc 1 - enter");
    assert!(!desk.screen().contains("into nowhere"), "{}", desk.screen());
    assert!(desk.screen().contains("2 Log  no conversation"), "{}", desk.screen());
    desk.keys("2 a");
    assert!(desk.screen().contains("into nowhere"), "{}", desk.screen());
}

#[test]
fn what_is_said_of_a_draft_goes_with_it() {
    let mut desk = Desk::default();
    desk.type_text("half a thought");
    desk.keys("ctrl-c");
    assert_eq!((desk.status(), desk.offers()), ("Draft cleared.", vec!["^_ undo".to_owned()]));
    desk.type_text("another");
    assert_eq!((desk.status(), desk.offers()), ("", Vec::new()), "undo would take back what is typed now");
    desk.event(Event::Edited(Ok("from the editor".to_owned())));
    assert_eq!(desk.status(), "The editor's text is in the composer.");
    desk.keys("enter");
    assert_eq!(desk.status(), "");
    desk.accepted("hello");
    desk.keys("esc e");
    assert!(desk.status().starts_with("The message is copied into the composer"), "{}", desk.status());
    desk.keys("enter");
    assert_eq!(desk.status(), "");
    desk.command("send-as");
    desk.keys("down enter");
    assert!(desk.status().starts_with("The next message is sent wrongly on purpose"), "{}", desk.status());
    desk.send("wrong");
    assert_eq!(desk.status(), "");
}

#[test]
fn choices_are_named_while_they_can_be_answered() {
    let offer = |desk: &mut Desk, id: &str, choices: &[&str]| {
        let Report::Conversation { key, state, since, mut messages } = reply(BILLING, id, "Which one?", desk.now)
        else {
            panic!("a read")
        };
        messages[0].choices = choices.iter().map(|label| Choice::new(*label, *label)).collect();
        desk.pass(1_000);
        desk.report(Report::Conversation { key, state, since, messages });
    };
    let mut desk = Desk::default();
    // What the first read brings was there before.
    offer(&mut desk, "r-0", &[]);
    offer(&mut desk, "r-1", &["Yes", "No"]);
    assert_eq!(desk.status(), "The other side offers 2 choices.");
    offer(&mut desk, "r-2", &[]);
    assert_eq!(desk.status(), "", "what was said last offers nothing");
    offer(&mut desk, "r-3", &["Yes"]);
    assert_eq!(desk.status(), "The other side offers 1 choice.");
    desk.keys("esc 1 j enter");
    assert_eq!(desk.status(), "", "the key would answer in the other conversation");
    desk.keys("esc 1 k enter");
    offer(&mut desk, "r-4", &["Yes"]);
    desk.type_text("something else");
    desk.keys("enter");
    assert_eq!(desk.status(), "");
}

#[test]
fn a_message_that_waits_for_a_token_says_so() {
    let mut desk = Desk::default();
    desk.report(Report::Token(TokenStatus::BadClient("401 invalid_client".to_owned())));
    assert!(desk.status().starts_with("Client id or secret refused"), "{}", desk.status());
    desk.send("hello");
    assert_eq!(desk.status(), "This message waits, because there is no token.");
    assert_eq!(desk.offers(), ["^P connect sign in again"]);
    desk.report(Report::Token(valid()));
    assert_eq!(desk.status(), "Token #1 received.");
}

#[test]
fn a_card_of_a_sign_in_offers_no_read() {
    let mut desk = Desk::new(120, 36);
    let mut token =
        exchange_of(9, desk.now, None, "client credentials", &DeliveryStatus::Refused("401".into()), Some(401));
    token.kind = ExchangeKind::Token;
    desk.report(Report::Exchange(Arc::new(token)));
    desk.keys("esc d");
    assert!(desk.footer().contains("D run checks") && !desk.footer().contains("read again"), "{}", desk.footer());
    assert!(!desk.screen().contains("r resend"), "{}", desk.screen());
}

#[test]
fn the_keys_of_a_verdict_are_whole() {
    for (width, height) in [(40, 12), (40, 30), (60, 18), (60, 30), (80, 24), (120, 36)] {
        let mut desk = Desk::new(width, height);
        super::pass::open(&mut desk);
        let screen = desk.screen();
        let keys: Vec<&str> = screen.lines().filter(|line| line.contains("p passed")).collect();
        assert!(!keys.is_empty(), "{width}x{height}: {screen}");
        for key in ["· p", "· f", "· b", "· s", "…"] {
            assert!(keys.iter().all(|line| !line.trim_end().ends_with(key)), "{width}x{height}: {keys:?}");
        }
    }
}

#[test]
fn what_could_not_be_read_was_not_checked() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.unknown("where is it");
    desk.keys("esc u");
    assert!(desk.screen().contains("Asked for the conversation once"), "nobody has answered: {}", desk.screen());
    let why = Unreadable::Refused(403, Vec::new());
    let readable = RepliesReadable::No(why.clone());
    desk.report(Report::RepliesReadable(BILLING, readable, AsOf::ReadAt(desk.now)));
    let screen = desk.screen();
    assert!(screen.contains("The conversation was not checked: replies could not be read: 403"), "{screen}");
}

#[test]
fn yes_is_named_once_it_is_taken() {
    let mut desk = Desk::default();
    desk.unknown("where is it");
    desk.keys("esc u pgdn enter");
    assert!(!desk.footer().contains("yes") && desk.footer().contains("Esc cancel"), "{}", desk.footer());
    desk.type_text("again");
    assert!(desk.footer().contains("Enter yes"), "{}", desk.footer());
}

#[test]
fn the_thread_comes_out_from_under_the_list() {
    let mut desk = Desk::new(40, 12);
    desk.report(reply(BILLING, "r-1", "Good afternoon", desk.now));
    desk.keys("esc 1 t");
    assert!(desk.screen().contains("Good afternoon"), "{}", desk.screen());
    desk.keys("1 t");
    assert!(desk.screen().contains("2 Log"), "{}", desk.screen());
}

#[test]
fn what_worked_before_a_refusal_is_not_said_to_work() {
    let mut desk = Desk::new(120, 36);
    desk.accepted("one");
    desk.pass(5_000);
    desk.refused("two");
    desk.pass(1_000);
    desk.keys("esc d");
    let card = desk.screen();
    assert!(card.contains("worked for other API calls before"), "{card}");
}
