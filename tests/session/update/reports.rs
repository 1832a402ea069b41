//! What the engine says, and what of it comes too late.

use std::sync::Arc;
use std::time::Duration;

use guestwire::engine::{Command, Report};
use guestwire::model::{
    ConversationKey, DeliveryStatus, ExchangeId, Generation, MessageId, Moment, RateLimit, RemoteState, TokenFacts,
    TokenStatus,
};
use guestwire::tui::{Effect, Event};

use crate::support::console::{BILLING, Desk, RETURNS, commands, exchange_of, facts, live_conversations, reply, valid};
use crate::support::fixtures::WEB;

fn until(desk: &Desk, seconds: u64) -> Moment {
    desk.now.after(Duration::from_secs(seconds))
}

#[test]
fn the_first_token_reads_the_open_conversation_and_later_ones_do_not() {
    let mut desk = Desk::default();
    assert_eq!(desk.report(Report::Token(TokenStatus::Getting)), []);
    let effects = desk.report(Report::Token(valid()));
    assert_eq!(commands(&effects), [&Command::Watch(Some(BILLING)), &Command::Read(BILLING)]);
    assert_eq!(desk.report(Report::Token(valid())), []);
    // A web conversation is opened by looking at it.
    let web = guestwire::session::Conversations::new(live_conversations());
    let mut desk = Desk::with(80, 24, |setup| setup.session.conversations = web);
    super::live::open(&mut desk, WEB);
    assert_eq!(commands(&desk.report(Report::Token(valid()))), [&Command::Watch(Some(WEB))]);
}

#[test]
fn the_status_line_says_when_the_token_that_was_asked_for_is_there() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.keys("esc R");
    assert_eq!(desk.state.status.text, "Getting a new token…");
    let first = facts(&["guest:messages:send"], &[]);
    desk.report(Report::Token(TokenStatus::Renewing(first.clone())));
    desk.report(Report::Token(TokenStatus::Valid(first.clone())));
    assert_eq!(desk.state.status.text, "Getting a new token…", "it is the old one still");
    let second = TokenFacts { generation: Generation(2), ..first };
    desk.report(Report::Token(TokenStatus::Valid(second)));
    assert_eq!(desk.state.status.text, "Token #2 received.");
}

#[test]
fn the_chip_says_where_signing_in_stands() {
    let mut desk = Desk::default();
    let now = desk.now;
    let later = until(&desk, 12);
    let facts = || facts(&["guest:messages:send"], &[]);
    for (status, said) in [
        (TokenStatus::SignedOut, "token none"),
        (TokenStatus::Getting, "signing in…"),
        (TokenStatus::Valid(facts()), "token ok 1 h 00 min"),
        (TokenStatus::Renewing(facts()), "token ok 1 h 00 min, renewing"),
        (
            TokenStatus::RenewFailed(facts(), later, "no route".to_owned()),
            "token ok 1 h 00 min  renewal failed, retry in 12 s",
        ),
        (TokenStatus::Expired(Some(later), "no route".to_owned()), "no token  retry in 12 s"),
        (TokenStatus::Refused(403, "no".to_owned()), "token refused 403"),
        (TokenStatus::BadClient("invalid_client".to_owned()), "client refused"),
        (TokenStatus::Limited(later, None), "token limited 429, 12 s"),
        (TokenStatus::NoSecret("The variable X is not set.".to_owned()), "no client secret"),
    ] {
        desk.report(Report::Token(status));
        assert_eq!(desk.now, now);
        let screen = desk.screen();
        assert!(screen.lines().next().is_some_and(|l| l.contains(said)), "{said} in\n{screen}");
    }
}

#[test]
fn the_chip_of_a_token_that_never_was_does_not_say_expired() {
    let mut desk = Desk::default();
    let retry = Some(until(&desk, 8));
    desk.report(Report::Token(TokenStatus::Getting));
    desk.report(Report::Token(TokenStatus::Expired(retry, "connection refused".to_owned())));
    assert!(desk.status().contains("connection refused"));
}

#[test]
fn a_stripped_scope_is_announced_before_the_first_message() {
    let mut desk = Desk::default();
    desk.report(Report::Token(TokenStatus::Valid(facts(&[], &["guest:messages:send"]))));
    assert_eq!(desk.status(), "The token was granted without guest:messages:send: messages will probably be refused.");
    assert_eq!(desk.offers(), ["Esc ! token in full"]);
    assert!(desk.screen().contains("scope missing"));
    desk.keys("esc !");
    assert!(desk.screen().contains("missing    guest:messages:send"));
}

#[test]
fn a_countdown_asks_for_the_next_second_and_only_while_it_runs() {
    let mut desk = Desk::default();
    let end = until(&desk, 3);
    desk.report(Report::Token(TokenStatus::Limited(end, None)));
    let mut said = Vec::new();
    while let Some(at) = desk.state.next_deadline() {
        assert!(at.mono > desk.now.mono);
        desk.deadline();
        said.push(desk.screen().lines().next().unwrap_or_default().to_owned());
        assert!(said.len() < 10, "{said:#?}");
    }
    assert_eq!(said.len(), 3, "{said:#?}");
    for (line, left) in said.iter().zip(["2 s", "1 s", "0 s"]) {
        assert!(line.contains(&format!("token limited 429, {left} ")), "{said:#?}");
    }
}

#[test]
fn the_gauge_shows_the_newest_limit_and_its_end() {
    let mut desk = Desk::default();
    let resets = until(&desk, 7);
    desk.report(Report::RateLimit(RateLimit { count: 12, allowed: 300, resets }));
    assert!(desk.screen().contains("rl 12/300"));
    desk.report(Report::RateLimit(RateLimit { count: 300, allowed: 300, resets }));
    assert!(desk.screen().contains("rl waits 7 s"));
    desk.deadline();
    assert!(desk.screen().contains("rl waits 6 s"), "it counts down: {}", desk.screen());
    desk.pass(6_001);
    desk.event(Event::Deadline);
    assert!(!desk.screen().contains("rl waits"));
}

#[test]
fn the_status_line_names_the_log_entry_of_a_refusal() {
    let mut desk = Desk::default();
    desk.refused("no");
    assert!(desk.status().starts_with("#1 refused with 401"), "{}", desk.status());
    assert_eq!(desk.offers(), ["Esc d explain", "Esc y t copy ticket"]);
    desk.keys("esc");
    assert_eq!(desk.offers(), ["d explain", "y t copy ticket"], "as they work where the focus is");
}

#[test]
fn a_refused_message_can_be_taken_up_again() {
    let mut desk = Desk::default();
    desk.refused("no");
    desk.keys("esc G e");
    assert_eq!(desk.state.composer.text(), "no");
}

#[test]
fn waiting_is_counted_down_and_asks_for_its_seconds() {
    let mut desk = Desk::default();
    let id = desk.send("later");
    let delivery = DeliveryStatus::Waiting { until: until(&desk, 5), why: "429, Retry-After 5 s".into() };
    desk.settle(id, "later", delivery, Some(429));
    assert!(desk.status().contains("waiting: 429, Retry-After 5 s"));
    let mut seconds = 0;
    while desk.state.next_deadline().is_some() {
        desk.deadline();
        seconds += 1;
        assert!(seconds < 20);
    }
    assert!((5..=10).contains(&seconds), "{seconds}");
}

#[test]
fn settled_sends_are_not_open() {
    for delivery in [
        DeliveryStatus::Accepted,
        DeliveryStatus::Refused("x".into()),
        DeliveryStatus::Unknown("x".into()),
        DeliveryStatus::Cancelled,
    ] {
        let mut desk = Desk::default();
        let id = desk.send("hello");
        assert_eq!(desk.state.session.threads.open().count(), 1);
        desk.settle(id, "hello", delivery, Some(200));
        assert_eq!(desk.state.session.threads.open().count(), 0);
    }
}

#[test]
fn counts_of_the_picker_follow_the_messages() {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.refused("two");
    desk.unknown("three");
    let counts = desk.state.session.conversations.get(BILLING).map(|i| i.counts).unwrap();
    assert_eq!((counts.sends, counts.ok, counts.refused, counts.unknown), (3, 1, 1, 1));
}

#[test]
fn news_of_a_message_that_nobody_knows_changes_nothing() {
    let mut desk = Desk::default();
    let before = desk.screen();
    let delivery = DeliveryStatus::Refused("too late".into());
    let effects =
        desk.report(Report::Message { id: MessageId(99), delivery, exchange: Some(ExchangeId(1)), remote_id: None });
    assert_eq!(effects, []);
    assert_eq!(desk.screen(), before);
    assert!(desk.state.session.threads.open().next().is_none());
}

#[test]
fn news_of_a_conversation_that_nobody_knows_changes_nothing() {
    let mut desk = Desk::default();
    let before = desk.screen();
    let key = ConversationKey(99);
    assert_eq!(desk.report(reply(key, "r-1", "hello", desk.now)), []);
    assert_eq!(desk.report(Report::Conversation { key, state: RemoteState::Ended, since: None, messages: vec![] }), []);
    assert_eq!(desk.screen(), before);
}

#[test]
fn older_news_does_not_reopen_a_settled_message() {
    let mut desk = Desk::default();
    let id = desk.accepted("done");
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Sending { attempt: 1 },
        exchange: None,
        remote_id: None,
    });
    assert_eq!(desk.state.session.threads.open().next(), None);
    assert_eq!(desk.state.session.threads.message(id).map(|m| m.delivery.word()), Some("accepted"));
}

#[test]
fn a_notice_stands_in_the_log_and_the_status_line() {
    let mut desk = Desk::default();
    desk.report(Report::Notice(None, "The journal is not kept.".to_owned()));
    assert_eq!(desk.status(), "The journal is not kept.");
    assert!(desk.screen().contains("SYS"));
}

#[test]
fn a_notice_about_a_conversation_is_found_by_its_name() {
    let mut desk = Desk::default();
    desk.report(Report::Notice(Some(BILLING), "it is odd".to_owned()));
    let now = desk.now.wall;
    for (filter, shown) in
        [("conv:billing", true), ("-conv:billing", false), ("billing", true), ("conv:returns", false)]
    {
        desk.state.session.log.set_filter(filter, now).unwrap();
        assert_eq!(desk.state.session.log.selected().is_some(), shown, "{filter}");
    }
}

#[test]
fn a_notice_about_a_conversation_stands_only_in_the_log_of_that() {
    let mut desk = Desk::default();
    for (conversation, shown) in [(None, true), (Some(BILLING), true), (Some(RETURNS), false)] {
        let text = format!("about {conversation:?}");
        desk.report(Report::Notice(conversation, text.clone()));
        let number = desk.state.session.log.last_number().unwrap();
        assert_eq!(desk.state.session.log.entry(number).is_some_and(|entry| entry.is_shown()), shown, "{text}");
    }
}

#[test]
fn a_skewed_clock_is_told_with_its_side() {
    for (seconds, said) in [(600, "600 s ahead of"), (-90, "90 s behind")] {
        let mut desk = Desk::default();
        desk.report(Report::ClockSkew(seconds));
        assert!(desk.status().contains(said), "{}", desk.status());
    }
    let mut desk = Desk::default();
    desk.report(Report::ClockSkew(i64::MIN));
    desk.screen();
}

#[test]
fn the_end_of_the_engine_changes_nothing() {
    let mut desk = Desk::default();
    let before = desk.screen();
    assert_eq!(desk.report(Report::Stopped), []);
    assert_eq!(desk.screen(), before);
}

#[test]
fn what_was_done_outside_is_said() {
    let mut desk = Desk::default();
    assert_eq!(desk.event(Event::Done(Ok("Sent to the clipboard (OSC 52)".to_owned()))), Vec::<Effect>::new());
    assert_eq!(desk.status(), "Sent to the clipboard (OSC 52)");
    desk.event(Event::Done(Err("the disk is full".to_owned())));
    assert!(desk.screen().lines().any(|line| line.starts_with(" ! the disk is full")), "{}", desk.screen());
}

#[test]
fn renew_and_connect_ask_the_engine() {
    let mut desk = Desk::with(120, 36, |setup| setup.session.profile = crate::support::console::real_place(false));
    assert_eq!(commands(&desk.command("connect")), [&Command::SignIn]);
    assert_eq!(commands(&desk.keys("esc R")), [&Command::Renew]);
    let mut desk = Desk::default();
    assert_eq!(desk.command("connect"), []);
    assert!(desk.screen().contains("guestwire init"));
}

#[test]
fn a_pasted_token_is_not_renewed() {
    let mut desk = Desk::default();
    desk.report(Report::Token(TokenStatus::Valid(guestwire::model::TokenFacts { pasted: true, ..facts(&[], &[]) })));
    assert_eq!(desk.keys("esc R"), []);
    assert_eq!(desk.status(), "No new token: a pasted token cannot be renewed.");
    desk.report(Report::Token(TokenStatus::Expired(None, "the token has ended".to_owned())));
    assert!(desk.status().starts_with("The token has ended. It cannot be renewed"), "{}", desk.status());
}

/// What is asked for at an entry of unknown outcome is over once that is settled.
#[test]
fn an_entry_that_was_settled_does_not_ask_to_look_it_up() {
    for (delivery, title, step) in [
        (DeliveryStatus::Received, "#1 received, was unknown", "Nothing: the message was received."),
        (DeliveryStatus::NotReceived, "#1 not received, was unknown", "Send the message again: it was not received."),
    ] {
        let mut desk = Desk::default();
        let id = desk.unknown("did it arrive?");
        desk.keys("esc 2");
        assert!(desk.screen().contains("do       Read the conversation") && desk.footer().contains("u settle"));
        desk.report(Report::Message { id, delivery, exchange: None, remote_id: None });
        assert!(desk.screen().contains(&format!("do       {step}")), "{}", desk.screen());
        assert!(!desk.footer().contains("u settle"), "{}", desk.footer());
        desk.keys("d");
        let card = desk.screen();
        assert!(card.contains(title) && card.contains(&format!("1  {step}")), "{card}");
    }
}

/// The line that called a message unknown does not outlive the doubt.
#[test]
fn a_doubt_that_is_settled_leaves_the_status_line() {
    for (delivery, words) in [
        (DeliveryStatus::Received, "#1 was received; its outcome was unknown."),
        (DeliveryStatus::NotReceived, "#1 is marked as not received."),
    ] {
        let mut desk = Desk::default();
        let id = desk.unknown("did it arrive?");
        assert!(desk.status().contains("outcome unknown"), "{}", desk.status());
        desk.report(Report::Message { id, delivery, exchange: None, remote_id: None });
        assert!(desk.status().contains(words), "{}", desk.status());
    }
}

/// What never left this machine was refused by nobody, and no server said so.
#[test]
fn what_was_not_sent_is_not_put_into_the_servers_mouth() {
    let mut desk = Desk::default();
    let id = desk.send("with a file");
    let delivery = DeliveryStatus::Refused("/tmp/a.png cannot be read".into());
    let mut made = exchange_of(7, desk.now, Some((id, BILLING)), "with a file", &delivery, None);
    made.steps.clear();
    desk.report(Report::Exchange(Arc::new(made)));
    desk.report(Report::Message { id, delivery, exchange: Some(ExchangeId(7)), remote_id: None });
    assert_eq!(desk.status(), "#1 not sent: /tmp/a.png cannot be read.");
    desk.keys("esc d");
    let screen = desk.screen();
    assert!(screen.contains(" Not sent        /tmp/a.png cannot be read"), "{screen}");
    assert!(screen.contains("Nothing was sent: see “Not sent”."), "{screen}");
    assert!(!screen.to_lowercase().contains("server said"), "{screen}");
    let step = |line: &str| {
        line.contains("1  Correct what is named above, then send the message again.  ") && line.ends_with(" r resend")
    };
    assert!(screen.lines().any(step), "{screen}");
    assert!(screen.contains("no request id: nothing was sent") && !screen.contains("Quote the request id"), "{screen}");
    let effects = desk.keys("y t");
    let [Effect::Copy(ticket)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(ticket.starts_with("Guest message not sent:") && ticket.contains("Not sent:      /tmp/a.png"), "{ticket}");
}
