//! Live conversations: what comes by itself, choices by number, what goes with a message, typing, discovery.

use guestwire::session::{LocalAnswer, LocalRequest};
use std::time::Duration;

use guestwire::engine::{Command, DiscoveredConversation, Report};
use guestwire::model::{
    Address, Attachment, Author, Channel, Choice, Conversation, ConversationKey, DeliveryStatus, FileSource, Moment,
    RemoteMessage, RemoteState, WebSession,
};
use guestwire::session::Conversations;
use guestwire::tui::state::Overlay;
use guestwire::tui::{Effect, Event};

use crate::support::console::{BILLING, Desk, commands, live_conversations, real_place, valid};
use crate::support::fixtures::{OPEN, WEB};

pub fn desk() -> Desk {
    let mut desk = Desk::with(120, 36, |setup| setup.session.conversations = Conversations::new(live_conversations()));
    desk.report(Report::Token(valid()));
    desk
}

/// A desk on the web conversation, its session open for 72 hours.
pub fn web() -> Desk {
    let mut desk = desk();
    open(&mut desk, WEB);
    session(&mut desk, WebSession::Connecting);
    let open = opened(&desk);
    session(&mut desk, open);
    desk
}

pub fn open(desk: &mut Desk, key: ConversationKey) {
    desk.keys("esc 1 g");
    for _ in 0..key.0 {
        desk.keys("j");
    }
    desk.keys("enter");
    assert_eq!(desk.state.session.conversations.active(), Some(key));
}

pub fn opened(desk: &Desk) -> WebSession {
    let expires = desk.now.wall.saturating_add(jiff::SignedDuration::from_hours(72)).unwrap();
    WebSession::Open { expires: Some(expires), new: true }
}

pub fn session(desk: &mut Desk, session: WebSession) {
    desk.report(Report::Session(WEB, session));
}

fn said(id: &str, author: Author, text: &str, at: Moment) -> RemoteMessage {
    RemoteMessage::new(id, author, text, at.wall)
}

fn offer(at: Moment) -> RemoteMessage {
    let choice = |label: &str, payload: &str| Choice::new(label, payload);
    RemoteMessage {
        choices: vec![choice("Yes", "yes"), choice("No", "no")],
        ..said("q-1", Author::Bot, "Pay now?", at)
    }
}

fn hear(desk: &mut Desk, key: ConversationKey, messages: Vec<RemoteMessage>) -> Vec<Effect> {
    desk.report(Report::MessagesArrived(key, messages))
}

fn texts(desk: &Desk, key: ConversationKey) -> Vec<String> {
    desk.state.session.threads.messages(key).iter().map(|e| e.text().to_owned()).collect()
}

/// The first line of the screen.
pub fn top(desk: &Desk) -> String {
    desk.screen().lines().next().unwrap_or_default().to_owned()
}

pub fn menu(desk: &Desk) -> Vec<String> {
    match &desk.state.overlay {
        Some(Overlay::Menu(menu)) => menu.items.iter().map(|(text, _)| text.clone()).collect(),
        other => panic!("{other:?} is no menu"),
    }
}

// ── what comes by itself ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_is_heard_stands_once_in_the_thread_whichever_way_it_comes_again() {
    let mut desk = web();
    let id = desk.send("hello");
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Accepted,
        exchange: None,
        remote_id: Some("m-1".to_owned()),
    });
    let now = desk.now;
    hear(&mut desk, WEB, vec![said("m-1", Author::Guest, "hello", now)]);
    hear(&mut desk, WEB, vec![said("m-2", Author::Bot, "hi", now)]);
    hear(&mut desk, WEB, vec![said("m-2", Author::Bot, "hi", now)]);
    let messages = vec![said("m-1", Author::Guest, "hello", now), said("m-2", Author::Bot, "hi", now)];
    desk.report(Report::Conversation { key: WEB, state: RemoteState::Connected, since: None, messages });
    assert_eq!(texts(&desk, WEB), ["hello", "hi"]);
    assert_eq!(desk.state.session.threads.message(id).map(|m| m.delivery.clone()), Some(DeliveryStatus::Answered));
}

#[test]
fn an_echo_that_comes_before_the_acceptance_is_the_same_message() {
    let mut desk = web();
    let id = desk.send("hello");
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Sending { attempt: 1 },
        exchange: None,
        remote_id: None,
    });
    let now = desk.now;
    hear(&mut desk, WEB, vec![said("m-1", Author::Guest, "hello", now)]);
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Accepted,
        exchange: None,
        remote_id: Some("m-1".to_owned()),
    });
    assert_eq!(texts(&desk, WEB), ["hello"]);
}

#[test]
fn what_is_heard_elsewhere_is_unread_and_a_page_of_history_is_not() {
    let mut desk = web();
    open(&mut desk, BILLING);
    let old = Moment { wall: desk.now.wall - jiff::SignedDuration::from_hours(5), ..desk.now };
    hear(&mut desk, WEB, vec![said("m-0", Author::Bot, "yesterday", old)]);
    assert_eq!(desk.state.session.conversations.unread(), 0);
    let now = desk.now;
    hear(&mut desk, WEB, vec![said("m-1", Author::Agent, "are you there?", now)]);
    assert_eq!(desk.state.session.conversations.unread(), 1);
    open(&mut desk, WEB);
    assert_eq!(desk.state.session.conversations.unread(), 0);
}

#[test]
fn a_late_message_says_so_and_stays_late_when_a_read_does_not_know_it() {
    let mut desk = web();
    desk.keys("esc");
    let now = desk.now;
    hear(&mut desk, WEB, vec![said("m-2", Author::Bot, "second", now)]);
    let earlier = Moment { wall: now.wall - jiff::SignedDuration::from_secs(2), ..now };
    hear(&mut desk, WEB, vec![RemoteMessage { late: true, ..said("m-1", Author::Bot, "first", earlier) }]);
    assert_eq!(texts(&desk, WEB), ["first", "second"]);
    let messages = vec![said("m-1", Author::Bot, "first", earlier)];
    desk.report(Report::Conversation { key: WEB, state: RemoteState::Connected, since: None, messages });
    assert!(desk.screen().contains("bot 13:59  came late"), "{}", desk.screen());
}

#[test]
fn what_is_heard_is_kept_as_what_is_read() {
    use guestwire::journal::{Job, JournalReport};
    let mut desk = desk();
    desk.state.session.journal.open();
    desk.event(Event::Journal(JournalReport::Restored(Box::default())));
    let now = desk.now;
    for n in ["m-1", "m-2"] {
        let effects = hear(&mut desk, OPEN, vec![said(n, Author::Bot, "hi", now)]);
        let kept =
            |e: &&Effect| matches!(e, Effect::Journal(Job::RemoteMessages(OPEN, messages)) if messages[0].id == n);
        assert_eq!(effects.iter().filter(kept).count(), 1, "{effects:?}");
    }
}

#[test]
fn typing_shows_ends_by_itself_and_ends_with_the_message() {
    let mut desk = web();
    desk.keys("esc");
    let until = desk.now.after(Duration::from_secs(5));
    let types = || Report::Typing(WEB, Author::Bot, Some(until));
    desk.report(types());
    let screen = desk.screen();
    assert!(screen.contains("t Thread  Anna, web, bot is typing…"), "{screen}");
    let listed = |line: &str| line.starts_with("▌ session 72 h ") && line.contains(" typing │");
    assert!(screen.lines().any(listed), "{screen}");
    // The deadlines that are asked for lead to its end, whatever else counts down meanwhile.
    while desk.state.next_deadline().is_some_and(|at| at.mono <= until.mono) {
        desk.deadline();
    }
    assert_eq!(desk.now, until);
    assert!(!desk.screen().contains("typing"), "{}", desk.screen());
    let until = desk.now.after(Duration::from_secs(5));
    desk.report(Report::Typing(WEB, Author::Bot, Some(until)));
    let now = desk.now;
    hear(&mut desk, WEB, vec![said("m-1", Author::Bot, "hi", now)]);
    assert!(!desk.screen().contains("typing"));
    desk.report(Report::Typing(WEB, Author::Bot, Some(until)));
    desk.report(Report::Typing(WEB, Author::Bot, None));
    assert!(!desk.screen().contains("typing"));
}

#[test]
fn a_calm_screen_shows_nothing_that_comes_and_goes() {
    let mut desk = web();
    desk.state.look.calm = true;
    let before = (desk.screen(), desk.state.next_deadline());
    let until = desk.now.after(Duration::from_secs(5));
    desk.report(Report::Typing(WEB, Author::Bot, Some(until)));
    assert_eq!((desk.screen(), desk.state.next_deadline()), before);
}

#[test]
fn a_learned_id_stands_wherever_ids_stand_and_is_found() {
    const ID: &str = "d06c91ce-3f6e-4a98-ab8b-9411671b41aa";
    let mut desk = desk();
    open(&mut desk, OPEN);
    desk.report(Report::ConversationIdKnown(OPEN, ID.to_owned()));
    let screen = desk.screen();
    assert!(screen.contains("conversation d06c91ce-3f6"), "{screen}");
    assert!(screen.contains("3 To Anna, open d06c…41aa"), "{screen}");
    desk.keys("esc");
    assert!(desk.screen().contains("t Thread  Anna, open d06c…41aa  "), "{}", desk.screen());
    desk.keys("1 #");
    assert!(desk.screen().contains("conversation id, learned") && desk.screen().contains(ID), "{}", desk.screen());
    desk.keys("esc +");
    desk.paste(ID);
    let effects = desk.keys("enter");
    assert!(!commands(&effects).iter().any(|c| matches!(c, Command::Add(_))), "it is there already: {effects:?}");
}

// ── choices ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_choice_is_sent_by_two_keys_and_the_draft_stays() {
    let mut desk = web();
    desk.type_text("half a thought");
    let now = desk.now;
    hear(&mut desk, WEB, vec![offer(now)]);
    assert_eq!(desk.status(), "The other side offers 2 choices.");
    assert_eq!(desk.offers(), ["Alt-o answer"]);
    assert_eq!(desk.keys("alt-o"), []);
    assert_eq!(menu(&desk), ["Yes (yes)", "No (no)"]);
    let effects = desk.keys("2");
    let [Command::Send(_, request)] = commands(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((request.conversation, request.text.as_str()), (WEB, "No"));
    assert_eq!(request.extras.choice.as_ref().map(|c| c.payload.as_str()), Some("no"));
    assert_eq!(request.extras.offer_id.as_deref(), Some("q-1"));
    assert_eq!(desk.state.composer.text(), "half a thought");
    desk.keys("alt-o");
    assert!(desk.screen().contains("Already answered with “No” (queued)"), "{}", desk.screen());
}

#[test]
fn a_digit_in_the_composer_stays_text_and_a_digit_beyond_the_choices_takes_none() {
    let mut desk = web();
    let now = desk.now;
    hear(&mut desk, WEB, vec![offer(now)]);
    assert_eq!(desk.keys("1"), []);
    assert_eq!(desk.state.composer.text(), "1");
    desk.keys("esc o");
    assert_eq!(desk.keys("9 0"), []);
    assert!(matches!(desk.state.overlay, Some(Overlay::Menu(_))));
    assert_eq!(desk.keys("esc"), []);
}

#[test]
fn a_guest_api_choice_goes_as_a_text_and_says_so() {
    let mut desk = desk();
    let now = desk.now;
    hear(&mut desk, BILLING, vec![offer(now)]);
    desk.keys("esc o");
    assert_eq!(menu(&desk), ["Yes", "No"]);
    assert!(desk.screen().contains("sends its words as a text"), "{}", desk.screen());
    let effects = desk.keys("1");
    assert!(matches!(commands(&effects)[..], [Command::Send(_, request)] if request.text == "Yes"), "{effects:?}");
}

#[test]
fn production_asks_before_an_answer() {
    let mut desk = Desk::with(120, 36, |setup| {
        setup.session.profile = real_place(true);
        setup.session.conversations = Conversations::new(live_conversations());
    });
    let now = desk.now;
    hear(&mut desk, BILLING, vec![offer(now)]);
    desk.keys("esc o");
    assert_eq!(desk.keys("1"), []);
    assert!(desk.screen().contains("PROD: send this answer?"), "{}", desk.screen());
    assert_eq!(desk.keys("enter"), [], "a second Enter is a slip");
    assert_eq!(commands(&desk.keys("y")).len(), 1);
}

#[test]
fn where_nothing_is_offered_the_reason_is_said() {
    let mut desk = desk();
    desk.keys("esc o");
    assert_eq!(desk.status(), "Nothing to choose: no message of this conversation offers choices.");
}

// ── typing ─────────────────────────────────────────────────────────────────────────────────────────────────────

fn told(effects: &[Effect]) -> usize {
    commands(effects).iter().filter(|c| matches!(c, Command::Typing(_))).count()
}

#[test]
fn typing_is_told_at_most_every_five_seconds_and_only_where_it_is_wanted() {
    let mut desk = web();
    assert_eq!(told(&desk.type_text("quiet")), 0, "nothing is sent by typing unless that is switched on");
    desk.state.look.tells_typing = true;
    assert_eq!(told(&desk.type_text(" told")), 1);
    desk.pass(4_900);
    assert_eq!(told(&desk.type_text("x")), 0);
    desk.pass(200);
    assert_eq!(told(&desk.keys("left")), 0, "moving is not typing");
    assert_eq!(told(&desk.type_text("y")), 1);
    desk.pass(6_000);
    session(&mut desk, WebSession::ReadOnly("".into()));
    assert_eq!(told(&desk.type_text("z")), 0, "nobody is there to be told");
    open(&mut desk, OPEN);
    assert_eq!(told(&desk.type_text("o")), 1);
    open(&mut desk, BILLING);
    assert_eq!(told(&desk.type_text("b")), 0, "guest-api has no typing");
    desk.pass(6_000);
    let effects = desk.keys("esc 1 G enter");
    assert_eq!(told(&effects), 0, "a draft that comes back was not typed");
}

// ── what goes with a message ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn files_and_attributes_go_with_the_next_message_and_are_seen_before_and_after() {
    let mut desk = web();
    desk.keys("alt-x 1");
    desk.keys("enter");
    assert_eq!(desk.attach("/tmp/bill 3.pdf"), std::path::Path::new("/tmp/bill 3.pdf"));
    desk.command("attribute");
    desk.type_text("testRun=42");
    desk.keys("enter");
    desk.type_text("see file");
    let screen = desk.screen();
    assert!(screen.contains("1 file · attributes 16 of 2048 bytes · 8 of 4096 bytes"), "{screen}");
    let effects = desk.keys("enter");
    let [&Command::Send(id, ref request)] = commands(&effects)[..] else { panic!("{effects:?}") };
    let file = Attachment {
        place: FileSource::File("/tmp/bill 3.pdf".into()),
        mime: "application/pdf".to_owned(),
        name: Some("bill 3.pdf".to_owned()),
    };
    assert_eq!(request.extras.attachments, [file]);
    assert_eq!(request.extras.attributes.get("testRun").map(String::as_str), Some("42"));
    desk.keys("esc");
    let screen = desk.screen();
    assert!(screen.contains("file: bill 3.pdf (application/pdf)") && screen.contains("with testRun=42"), "{screen}");
    // The next one carries nothing; a copy of this one, and a resend, carry the same.
    desk.settle(id, "see file", DeliveryStatus::Refused("403".into()), Some(403));
    desk.keys("2 G e");
    assert!(desk.screen().contains("1 file · attributes 16 of 2048 bytes"), "{}", desk.screen());
    desk.keys("esc G r");
    let effects = desk.keys("enter");
    assert!(
        matches!(commands(&effects)[..], [Command::Send(_, r)] if r.extras.attachments.len() == 1 && r.resend_of == Some(id)),
        "{effects:?}"
    );
}

#[test]
fn what_a_channel_cannot_carry_is_said_before_it_is_sent() {
    let mut desk = desk();
    desk.keys("esc x");
    assert_eq!(desk.status(), "Nothing was added: guest-api messages carry text only.");
    open(&mut desk, OPEN);
    desk.command("attach");
    desk.type_text("/tmp/a.png");
    assert!(desk.screen().contains("by an address that Genesys Cloud can fetch"), "{}", desk.screen());
    desk.keys("enter");
    assert!(desk.state.composer.carried().is_none());
    desk.command("attach");
    desk.type_text("https://x.example/a.png");
    desk.keys("enter");
    assert_eq!(desk.status(), "a.png (image/png) is sent with the next message.");
    desk.command("attribute");
    desk.type_text("nothing");
    desk.keys("enter");
    assert_eq!(desk.status(), "An attribute is written name=value, as in testRun=42.");
    desk.keys("esc x 3 enter");
    assert!(desk.state.composer.carried().is_none() && desk.status() == "Only the text is sent.");
}

#[test]
fn a_file_that_cannot_be_read_is_said_at_once_and_does_not_go() {
    let mut desk = web();
    desk.keys("esc");
    desk.command("attach");
    desk.type_text("/nowhere/a.png");
    let effects = desk.keys("enter");
    let [Effect::Local(LocalRequest::SeeFile(WEB, file))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(file.place, guestwire::model::FileSource::File("/nowhere/a.png".into()));
    assert!(desk.state.composer.carried().is_none(), "not before it was seen");
    desk.event(Event::Local(LocalAnswer::FileSeen(
        WEB,
        file.clone(),
        Err("Not attached: there is no such file.".to_owned()),
    )));
    assert_eq!(desk.status(), "Not attached: there is no such file.");
    assert!(desk.state.composer.carried().is_none());
}

#[test]
fn what_is_removed_from_the_next_message_takes_nothing_along_that_came_meanwhile() {
    let mut desk = web();
    desk.keys("esc");
    desk.command("attribute");
    desk.type_text("testRun=42");
    desk.keys("enter esc");
    desk.command("attach");
    desk.type_text("/tmp/a.png");
    let effects = desk.keys("enter");
    let [Effect::Local(LocalRequest::SeeFile(WEB, file))] = effects.as_slice() else { panic!("{effects:?}") };
    desk.keys("esc x");
    desk.event(Event::Local(LocalAnswer::FileSeen(WEB, file.clone(), Ok(()))));
    desk.keys("3 enter");
    let carried = desk.state.composer.carried().unwrap();
    assert!(carried.attributes.is_empty() && carried.attachments.len() == 1, "{carried:?}");
}

// ── discovery ──────────────────────────────────────────────────────────────────────────────────────────────────

fn found(id: &str) -> DiscoveredConversation {
    DiscoveredConversation {
        conversation_id: id.to_owned(),
        participant_id: Some("77aa04b1-3f6e-4a98-ab8b-94116790c1f4".to_owned()),
        began: Some("2026-11-23T13:02:00Z".parse().unwrap()),
        via: Some("webmessaging".to_owned()),
    }
}

#[test]
fn active_conversations_are_listed_a_page_at_a_time_and_one_is_added() {
    const NEW: &str = "aaaa91ce-3f6e-4a98-ab8b-9411671bbbbb";
    let mut desk = desk();
    let effects = desk.keys("esc 1 L");
    assert_eq!(commands(&effects), [&Command::Discover(1)]);
    let billing = "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2";
    desk.report(Report::Discovered { page: 1, found: Ok(vec![found(NEW), found(billing)]), more: true });
    assert_eq!(
        menu(&desk),
        [
            "aaaa…bbbb  since 13:02  webmessaging",
            "5f0c…d8a2  since 13:02  webmessaging · in the list: Billing bot",
            "more…"
        ]
    );
    let effects = desk.keys("3 enter");
    assert_eq!(commands(&effects), [&Command::Discover(2)]);
    // What nobody waits for any more shows nothing.
    desk.report(Report::Discovered { page: 1, found: Ok(vec![found(NEW)]), more: false });
    assert!(desk.state.overlay.is_none());
    desk.report(Report::Discovered { page: 2, found: Ok(vec![found(NEW)]), more: false });
    let effects = desk.keys("enter");
    let added = commands(&effects).into_iter().find_map(|c| match c {
        Command::Add(Conversation { key, address, .. }) => Some((*key, address.clone())),
        _ => None,
    });
    let (key, address) = added.expect("it is added");
    assert_eq!((address.channel(), address.conversation_id()), (Channel::GuestApi, Some(NEW)));
    assert!(matches!(address, Address::GuestApi { participant_id: Some(_), .. }));
    assert_eq!(desk.state.session.conversations.active(), Some(key));
}

#[test]
fn a_refused_listing_names_what_is_missing_and_what_goes_on() {
    let mut desk = desk();
    desk.keys("esc 1 L");
    let why = "403 missing permission analytics:conversationDetail:view.".to_owned();
    desk.report(Report::Discovered { page: 1, found: Err(why), more: false });
    assert_eq!(
        desk.status(),
        "Active conversations cannot be listed: 403 missing permission analytics:conversationDetail:view. \
         You can still add one by its id."
    );
    assert_eq!(desk.offers(), ["+ add by id"]);
}

#[test]
fn what_is_found_while_something_else_is_open_is_counted() {
    let mut desk = desk();
    desk.keys("esc 1 L ?");
    desk.report(Report::Discovered {
        page: 1,
        found: Ok(vec![found("aaaa91ce-3f6e-4a98-ab8b-9411671bbbbb")]),
        more: false,
    });
    assert_eq!(desk.status(), "1 active conversation found.");
}
