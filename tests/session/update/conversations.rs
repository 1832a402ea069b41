//! The picker: opening, adding, naming, reading.

use guestwire::engine::{Command, Report};
use guestwire::journal::JournalReport;
use guestwire::journal::{Job, Restored};
use guestwire::model::{
    Address, AsOf, Author, ConversationKey, RemoteMessage, RemoteState, RepliesReadable, Unreadable,
};
use guestwire::tui::Effect;
use guestwire::tui::Event;
use guestwire::tui::state::Pane;
use guestwire::tui::state::{Overlay, Page, PageContent};

use crate::support::console::{BILLING, Desk, RETURNS, commands, reply, sends};

#[test]
fn enter_opens_watches_and_reads() {
    let mut desk = Desk::default();
    let effects = desk.keys("esc 1 j enter");
    assert_eq!(desk.state.session.conversations.active(), Some(RETURNS));
    assert_eq!(desk.state.arrangement.focus, Pane::Composer);
    assert_eq!(commands(&effects), [&Command::Watch(Some(RETURNS)), &Command::Read(RETURNS)]);
    desk.type_text("hello");
    assert_eq!(sends(&desk.keys("enter"))[0].1, RETURNS);
}

#[test]
fn the_list_moves_by_keys() {
    let last = ConversationKey(2);
    for (keys, selected) in
        [("j", RETURNS), ("j j j j", last), ("G", last), ("G g", BILLING), ("G k", RETURNS), ("pgdn", last)]
    {
        let mut desk = Desk::default();
        desk.keys("esc 1");
        desk.keys(keys);
        assert_eq!(desk.state.session.conversations.selected(), Some(selected), "{keys}");
    }
}

#[test]
fn a_reply_elsewhere_is_unread_until_opened() {
    let mut desk = Desk::default();
    desk.report(reply(RETURNS, "r-1", "where is my parcel", desk.now));
    desk.report(reply(RETURNS, "r-2", "hello?", desk.now));
    assert!(desk.state.session.conversations.get(RETURNS).is_some_and(|i| i.unread > 0));
    assert!(desk.state.title().contains("unread"));
    desk.keys("esc 1 a");
    assert_eq!(desk.state.session.conversations.selected(), Some(RETURNS));
    desk.keys("enter");
    assert_eq!(desk.state.session.conversations.unread(), 0);
    desk.keys("esc 1 a");
    assert_eq!(desk.status(), "Nothing is unread.");
}

#[test]
fn a_reply_in_the_open_conversation_is_not_unread() {
    let mut desk = Desk::default();
    desk.report(reply(BILLING, "r-1", "one moment", desk.now));
    assert_eq!(desk.state.session.conversations.unread(), 0);
    assert!(desk.screen().contains("one moment"));
}

#[test]
fn f5_reads_the_selected_one_in_the_picker_and_the_open_one_elsewhere() {
    let mut desk = Desk::default();
    assert_eq!(commands(&desk.keys("F5")), [&Command::Read(BILLING)]);
    assert_eq!(commands(&desk.keys("esc 1 j F5")), [&Command::Read(RETURNS)]);
}

#[test]
fn a_pasted_id_or_url_is_added_and_opened() {
    let id = "c0ffee00-3f6e-4a98-ab8b-941167ea8907";
    for pasted in [
        id.to_owned(),
        format!("  {id}\n"),
        format!("https://apps.mypurecloud.de/directory/#/engage/interactions/{id}"),
        format!("2026-11-23 14:03 ERROR conversationId={id} participant=none"),
        format!("\"{id}\","),
    ] {
        let mut desk = Desk::default();
        desk.keys("esc 1 +");
        desk.paste(&pasted);
        let effects = desk.keys("enter");
        let key = desk.state.session.conversations.active().unwrap();
        let Some(Effect::Engine(Command::Add(added))) = effects.first() else { panic!("{effects:?}") };
        assert_eq!((added.key, added.address.conversation_id()), (key, Some(id)), "{pasted}");
        assert_eq!(commands(&effects)[1..], [&Command::Watch(Some(key)), &Command::Read(key)]);
        assert_eq!(desk.state.arrangement.focus, Pane::Composer);
        desk.type_text("hello");
        assert_eq!(sends(&desk.keys("enter"))[0].1, key);
    }
}

#[test]
fn a_malformed_id_is_flagged_and_can_be_sent_to_on_purpose() {
    let mut desk = Desk::default();
    desk.keys("esc 1 +");
    desk.type_text("not-a-uuid");
    let effects = desk.keys("enter");
    assert!(desk.status().contains("malformed"), "{}", desk.status());
    let Some(Effect::Engine(Command::Add(added))) = effects.first() else { panic!("{effects:?}") };
    assert!(matches!(&added.address, Address::GuestApi { conversation_id, .. } if conversation_id == "not-a-uuid"));
    desk.type_text("on purpose");
    assert_eq!(sends(&desk.keys("enter"))[0].1, added.key);
}

#[test]
fn the_same_id_is_not_added_twice_but_opened() {
    let mut desk = Desk::default();
    desk.keys("esc 1 +");
    desk.type_text("91be91ce-3f6e-4a98-ab8b-941167ea8907");
    let effects = desk.keys("enter");
    assert_eq!(desk.state.session.conversations.items().len(), 3);
    assert_eq!(desk.state.session.conversations.active(), Some(RETURNS));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Engine(Command::Add(_)))), "{effects:?}");
    assert!(desk.status().contains("Returns queue"), "{}", desk.status());
}

#[test]
fn nothing_pasted_adds_nothing() {
    let mut desk = Desk::default();
    desk.keys("esc 1 +");
    assert_eq!(desk.keys("enter"), []);
    assert_eq!(desk.state.session.conversations.items().len(), 3);
}

#[test]
fn adding_works_while_the_picker_is_filtered() {
    let mut desk = Desk::default();
    desk.keys("esc 1 /");
    desk.type_text("bill");
    desk.keys("enter +");
    desk.type_text("c0ffee00-3f6e-4a98-ab8b-941167ea8907");
    desk.keys("enter");
    assert_eq!(desk.state.composer.active(), desk.state.session.conversations.active());
    assert_eq!(desk.state.session.conversations.active(), Some(ConversationKey(3)));
}

#[test]
fn the_id_card_shows_all_ids_in_full_and_whether_they_are_well_formed() {
    let mut desk = Desk::default();
    desk.keys("esc 1 #");
    let screen = desk.screen();
    for part in ["5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2", "77aa04b1-3f6e-4a98-ab8b-94116790c1f4", "guest-api"] {
        assert!(screen.contains(part), "{part} in\n{screen}");
    }
    let effects = desk.keys("y");
    assert!(
        matches!(effects.as_slice(), [Effect::Copy(text)] if text.contains("5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2"))
    );
    assert!(desk.state.overlay.is_some(), "it stays open after a copy");
    let mut desk = Desk::default();
    desk.keys("esc 1 G #");
    assert!(desk.screen().contains("not a uuid"));
    assert!(desk.screen().to_lowercase().contains("malformed") || desk.screen().contains("not well formed"));
}

#[test]
fn a_pinned_conversation_stands_first() {
    let mut desk = Desk::default();
    desk.keys("esc 1 G p g");
    assert_eq!(desk.state.session.conversations.selected(), Some(ConversationKey(2)));
}

#[test]
fn the_order_can_be_changed_and_is_named() {
    let mut desk = Desk::default();
    desk.keys("esc 1 s");
    let first = desk.status().to_owned();
    desk.keys("s");
    assert!(first.starts_with("Conversations in order: ") && first != desk.status());
}

#[test]
fn an_ended_conversation_is_called_ended() {
    let mut desk = Desk::default();
    desk.report(Report::Conversation { key: BILLING, state: RemoteState::Ended, since: None, messages: vec![] });
    assert!(desk.screen().contains("ended"));
}

#[test]
fn with_no_conversation_the_picker_has_the_focus_and_says_what_to_do() {
    let mut desk = Desk::with(120, 36, |setup| {
        setup.session.conversations = guestwire::session::Conversations::new(vec![]);
    });
    assert_eq!(desk.state.arrangement.focus, Pane::Picker);
    assert!(desk.screen().contains("No conversations. + adds"), "{}", desk.screen());
    for keys in
        ["c", "3", "enter", "F5", "n", "p", "#", "tab tab tab tab", "a", "j", "?", "esc", "t", "2 r e u = m ; v"]
    {
        assert_eq!(desk.keys(keys), [], "{keys}");
        desk.keys("esc esc");
    }
    assert!(matches!(desk.state.overlay, None | Some(Overlay::Page(Page { content: PageContent::Help(_), .. }))));
}

/// The sandbox that is started anew knows nothing of what was said in an earlier one, but the journal does. What it says of
/// the time before anybody spoke, it says each time: that stands once, where it stood first.
#[test]
fn what_an_earlier_sandbox_said_is_there_again() {
    let mut desk = Desk::default();
    assert!(desk.state.session.profile.sandbox);
    desk.state.session.journal.open();
    let now = desk.now.wall;
    let minutes_ago = |n| now - jiff::SignedDuration::from_mins(n);
    let said = |id: &str, text: &str, at| RemoteMessage::new(id, Author::Bot, text, at);
    let heard = vec![said("h", "Good morning!", minutes_ago(65)), said("r", "You said: hello", minutes_ago(60))];
    let restored = Restored { remote_messages: vec![(BILLING, heard)], ..Restored::default() };
    desk.event(Event::Journal(JournalReport::Restored(Box::new(restored))));
    let messages = vec![said("h", "Good morning!", minutes_ago(5))];
    desk.report(Report::Conversation { key: BILLING, state: RemoteState::Connected, since: None, messages });
    let texts: Vec<&str> = desk.state.session.threads.messages(BILLING).iter().map(|entry| entry.text()).collect();
    assert_eq!(texts, ["Good morning!", "You said: hello"]);
}

#[test]
fn one_that_was_added_is_removed_after_a_question_and_others_stay() {
    let mut desk = Desk::default();
    desk.state.session.journal.open();
    desk.event(Event::Journal(JournalReport::Restored(Box::default())));
    desk.keys("esc 1 -");
    assert_eq!(desk.status(), "“Billing bot” stays: it is in the config file: remove it there.");
    assert!(!desk.footer().contains("remove"), "{}", desk.footer());
    desk.keys("+");
    desk.type_text("77777777-3f6e-4a98-ab8b-941167ea8907");
    desk.keys("enter");
    let added = desk.state.session.conversations.active().unwrap();
    desk.report(Report::RepliesReadable(
        added,
        RepliesReadable::No(Unreadable::Refused(404, Vec::new())),
        AsOf::ReadAt(desk.now),
    ));
    assert_eq!(desk.status(), "added 7777…8907: 404, there is no such conversation.");
    assert_eq!(desk.offers(), ["Esc 1 - remove"]);
    desk.type_text("never sent");
    desk.keys("esc 1 -");
    assert!(desk.screen().contains("Remove “added 7777…8907” from the list?"), "{}", desk.screen());
    let effects = desk.keys("enter");
    assert!(effects.contains(&Effect::Journal(Job::Removed(added))), "{effects:?}");
    assert!(effects.contains(&Effect::Engine(Command::Watch(None))), "{effects:?}");
    assert_eq!(desk.state.session.conversations.active(), None);
    assert_eq!(desk.state.session.conversations.items().len(), 3);
    assert!(desk.screen().contains("No conversation is open. Enter opens one."), "{}", desk.screen());
    // What still comes of it changes nothing, and its key is not given again.
    desk.report(reply(added, "late", "too late", desk.now));
    assert_ne!(desk.state.session.conversations.free_key(), added);
    assert!(!desk.screen().contains("never sent") && !desk.screen().contains("too late"), "{}", desk.screen());
}

#[test]
fn one_with_a_message_under_way_stays() {
    let mut desk = Desk::default();
    desk.keys("esc 1 +");
    desk.type_text("77777777-3f6e-4a98-ab8b-941167ea8907");
    desk.keys("enter");
    desk.send("on its way");
    desk.keys("esc 1 -");
    assert!(desk.status().ends_with("stays: a message in it is not settled yet."), "{}", desk.status());
}

/// That nothing has been said is claimed only of what can be read.
#[test]
fn a_conversation_whose_messages_cannot_be_read_is_not_called_empty() {
    let mut desk = Desk::default();
    let missing = vec!["conversation:message:view".to_owned()];
    for (readable, said) in [
        (RepliesReadable::No(Unreadable::Refused(403, missing)), "There are no messages to show."),
        (RepliesReadable::Yes, "Nothing has been said here."),
    ] {
        desk.report(Report::Conversation {
            key: BILLING,
            state: RemoteState::Connected,
            since: None,
            messages: Vec::new(),
        });
        desk.report(Report::RepliesReadable(BILLING, readable, AsOf::ReadAt(desk.now)));
        assert!(desk.screen().contains(said), "{}", desk.screen());
    }
}
