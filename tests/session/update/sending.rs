//! Sending, sending again, settling.

use guestwire::engine::{Command, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{DeliveryStatus, MessageId, TokenStatus};
use guestwire::tui::state::Overlay;
use guestwire::tui::state::Pane;
use guestwire::tui::{Effect, Event};

use crate::support::console::{BILLING, Desk, RETURNS, commands, sends};

#[test]
fn enter_sends_what_was_typed_into_the_open_conversation() {
    let mut desk = Desk::default();
    desk.type_text("hello");
    let effects = desk.keys("enter");
    let request = Command::Send(MessageId(1), OutgoingMessage::text(BILLING, "hello"));
    assert_eq!(effects, [Effect::Engine(request)]);
    assert!(desk.state.composer.text().is_empty());
    assert_eq!(desk.state.session.threads.message(MessageId(1)).map(|m| &m.delivery), Some(&DeliveryStatus::Queued));
}

#[test]
fn alt_enter_and_ctrl_j_make_new_lines() {
    let mut desk = Desk::default();
    desk.type_text("a");
    assert_eq!(desk.keys("alt-enter b ctrl-j c"), []);
    assert_eq!(desk.state.composer.text(), "a\nb\nc");
    assert_eq!(sends(&desk.keys("enter")), [(MessageId(1), BILLING, "a\nb\nc")]);
}

#[test]
fn a_text_that_cannot_be_sent_stays_with_the_reason() {
    for (text, said) in [
        (String::new(), "Not sent: the text is blank; type a text first."),
        ("  \n ".to_owned(), "Not sent: the text is blank; type a text first."),
        ("é".repeat(2100), "Not sent: the text has 4200 bytes, 104 more than the limit of 4096; shorten it."),
    ] {
        let mut desk = Desk::default();
        desk.paste(&text);
        assert_eq!(desk.keys("enter"), []);
        assert_eq!(desk.state.composer.text(), text);
        assert_eq!(desk.status(), said);
        assert!(desk.state.session.threads.open().next().is_none());
    }
}

#[test]
fn a_paste_never_sends_whatever_it_holds_and_wherever_one_stands() {
    for focus in ["", "esc", "esc 1", "esc y", "esc ?"] {
        let mut desk = Desk::default();
        desk.keys(focus);
        assert_eq!(desk.paste("one\ntwo\n"), [], "{focus}");
    }
}

#[test]
fn a_paste_goes_to_the_composer_from_any_pane() {
    for focus in ["", "esc", "esc 1"] {
        let mut desk = Desk::default();
        desk.keys(focus);
        desk.paste("pasted");
        assert_eq!(desk.state.composer.text(), "pasted");
        assert_eq!(desk.state.arrangement.focus, Pane::Composer);
    }
}

#[test]
fn a_paste_with_no_conversation_open_is_not_lost_out_of_sight() {
    let mut desk = Desk::with(120, 36, |setup| {
        setup.session.conversations = guestwire::session::Conversations::new(vec![]);
    });
    desk.paste("5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2");
    assert_eq!(desk.state.arrangement.focus, Pane::Picker);
    assert_eq!(desk.status(), "No conversation is open: open one, or add one.");
    assert_eq!(desk.offers(), ["Enter open", "+ add"]);
    assert!(desk.state.composer.text().is_empty(), "text that cannot be seen would turn up in the next conversation");
}

#[test]
fn several_lines_pasted_are_one_message() {
    let mut desk = Desk::default();
    desk.paste("one\ntwo");
    assert!(desk.screen().contains("2 lines: Enter sends them as one message"));
    assert_eq!(sends(&desk.keys("enter")), [(MessageId(1), BILLING, "one\ntwo")]);
}

#[test]
fn variables_are_filled_in_and_shown_before_sending() {
    let mut desk = Desk::default();
    desk.type_text("n{{seq}} {{now}} {{run}}");
    let effects = desk.keys("enter");
    assert_eq!(sends(&effects), [(MessageId(1), BILLING, "n1 2026-11-23T14:00:00Z run-7")]);
    desk.type_text("n{{seq}}");
    assert_eq!(sends(&desk.keys("enter")), [(MessageId(2), BILLING, "n2")]);
}

#[test]
fn the_editor_gets_the_draft_and_its_text_comes_back_unsent() {
    let mut desk = Desk::default();
    desk.type_text("draft");
    assert_eq!(desk.keys("ctrl-g"), [Effect::Edit("draft".to_owned())]);
    assert_eq!(desk.event(Event::Edited(Ok("longer\ndraft\n".to_owned()))), []);
    assert_eq!(desk.state.composer.text(), "longer\ndraft");
    desk.event(Event::Edited(Err("no editor: set $EDITOR".to_owned())));
    assert_eq!(desk.state.composer.text(), "longer\ndraft");
    assert_eq!(desk.status(), "no editor: set $EDITOR");
}

#[test]
fn drafts_stay_with_their_conversations() {
    let mut desk = Desk::default();
    desk.type_text("for billing");
    desk.command("@retu");
    assert_eq!(desk.state.composer.text(), "");
    desk.type_text("for returns");
    desk.command("@bill");
    assert_eq!(desk.state.composer.text(), "for billing");
    assert_eq!(desk.state.composer.draft_of(RETURNS).0, "for returns");
    assert!(desk.state.session.conversations.get(RETURNS).is_some_and(|i| i.draft));
}

#[test]
fn resend_asks_and_says_what_happened() {
    for (delivery, said) in [
        (DeliveryStatus::Refused("401 unauthorized".into()), "The first time it was refused: 401 unauthorized"),
        (DeliveryStatus::Accepted, "The first time it was accepted: sending it again makes a second message."),
        (DeliveryStatus::Cancelled, "The first time it was cancelled."),
        (DeliveryStatus::NotReceived, "The first time it was not received."),
    ] {
        let mut desk = Desk::default();
        let id = desk.send("hello");
        desk.settle(id, "hello", delivery, Some(200));
        assert_eq!(desk.keys("esc G r"), [], "a single letter never sends");
        assert!(desk.screen().contains(said), "{said} in\n{}", desk.screen());
        let effects = desk.keys("enter");
        let again = OutgoingMessage { resend_of: Some(MessageId(1)), ..OutgoingMessage::text(BILLING, "hello") };
        let request = Command::Send(MessageId(2), again);
        assert_eq!(effects, [Effect::Engine(request)]);
    }
}

#[test]
fn a_resend_that_waits_says_so() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.report(Report::Token(TokenStatus::NoSecret("the secret is not set".into())));
    desk.keys("esc G r enter");
    assert_eq!(desk.status(), "This message waits, because there is no token.");
}

#[test]
fn resend_can_be_declined() {
    for no in ["esc", "n", "ctrl-c"] {
        let mut desk = Desk::default();
        desk.refused("hello");
        desk.keys("esc G r");
        assert_eq!(desk.keys(no), []);
        assert!(desk.state.overlay.is_none());
    }
}

#[test]
fn a_resend_goes_into_the_conversation_of_its_message() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.command("@retu");
    let effects = desk.keys("esc a G r enter");
    assert_eq!(sends(&effects), [(MessageId(2), BILLING, "hello")]);
}

#[test]
fn a_resend_does_not_touch_the_draft() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.type_text("half a thought");
    desk.keys("esc G r enter");
    assert_eq!(desk.state.composer.text(), "half a thought");
}

#[test]
fn what_is_under_way_is_not_sent_again() {
    let mut desk = Desk::default();
    let id = desk.send("slow");
    desk.settle(id, "slow", DeliveryStatus::Sending { attempt: 1 }, None);
    assert_eq!(desk.keys("esc G r"), []);
    assert!(desk.state.overlay.is_none());
    assert!(desk.status().starts_with("This message is still being sent"), "{}", desk.status());
}

#[test]
fn only_a_sent_message_can_be_sent_again() {
    let mut desk = Desk::default();
    for key in ["r", "e", "u"] {
        assert_eq!(desk.keys(&format!("esc {key}")), []);
        assert!(desk.state.overlay.is_none());
        assert!(
            desk.status().starts_with("This row is not a message of yours")
                || desk.status().contains("no unknown outcome")
        );
    }
}

#[test]
fn a_copy_goes_into_the_composer_of_its_own_conversation_unsent() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.command("@retu");
    desk.type_text("other");
    let effects = desk.keys("esc a G e");
    assert!(sends(&effects).is_empty());
    assert_eq!(desk.state.session.conversations.active(), Some(BILLING));
    assert_eq!(desk.state.composer.text(), "hello");
    assert_eq!(desk.state.composer.draft_of(RETURNS).0, "other");
    assert_eq!(commands(&effects), [&Command::Watch(Some(BILLING)), &Command::Read(BILLING)], "it is opened in full");
}

#[test]
fn a_copy_in_the_place_of_a_draft_can_be_undone() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.type_text("draft");
    desk.keys("esc G e ctrl-_");
    assert_eq!(desk.state.composer.text(), "draft");
}

#[test]
fn a_copy_of_a_conversation_that_the_filter_hides_still_opens_it() {
    let mut desk = Desk::default();
    desk.refused("hello");
    desk.command("@retu");
    desk.keys("esc 1 /");
    desk.type_text("retu");
    desk.keys("enter 2 a G e");
    assert_eq!(desk.state.session.conversations.active(), Some(BILLING));
    assert_eq!(desk.state.composer.active(), Some(BILLING));
}

fn menu(desk: &Desk) -> Vec<String> {
    match &desk.state.overlay {
        Some(Overlay::Menu(menu)) => menu.items.iter().map(|(_, choice)| format!("{choice:?}")).collect(),
        other => panic!("no menu: {other:?}"),
    }
}

#[test]
fn an_unknown_outcome_offers_to_settle_it() {
    for key in ["u", "r"] {
        let mut desk = Desk::default();
        let id = desk.unknown("where is it");
        desk.keys("esc G");
        assert_eq!(commands(&desk.keys(key)), [&Command::Read(BILLING)], "it is looked up at once");
        let expected = [
            format!("KeepWatching({id:?})"),
            format!("Settle({id:?}, true)"),
            format!("Settle({id:?}, false)"),
            format!("SendAnyway({id:?})"),
        ];
        assert_eq!(menu(&desk), expected);
        let screen = desk.screen();
        assert!(screen.contains("where is it") && screen.contains("the connection was reset"), "{screen}");
        assert!(screen.contains("counts as neither sent nor refused"), "{screen}");
    }
}

#[test]
fn each_way_to_settle_does_what_it_says() {
    let id = MessageId(1);
    for (keys, command) in [
        ("enter", None),
        ("2 enter", Some(Command::Settle { message: id, received: true })),
        ("down down enter", Some(Command::Settle { message: id, received: false })),
        ("3 enter", Some(Command::Settle { message: id, received: false })),
    ] {
        let mut desk = Desk::default();
        desk.unknown("where is it");
        desk.keys("esc G u");
        assert_eq!(commands(&desk.keys(keys)), Vec::from_iter(&command), "{keys}");
    }
}

#[test]
fn an_unknown_message_is_looked_up_with_growing_pauses_until_it_has_landed() {
    let mut desk = Desk::default();
    let id = desk.unknown("where is it");
    desk.keys("esc G u");
    desk.pass(4_000);
    assert_eq!(commands(&desk.event(Event::Deadline)), Vec::<&Command>::new());
    assert!(desk.screen().contains("in 1 s. "), "{}", desk.screen());
    desk.pass(1_000);
    assert_eq!(commands(&desk.event(Event::Deadline)), [&Command::Read(BILLING)]);
    assert!(desk.screen().contains("in 10 s. "), "{}", desk.screen());
    // Enter leaves it to the looks.
    assert_eq!(commands(&desk.keys("enter")), Vec::<&Command>::new());
    desk.pass(10_000);
    assert_eq!(commands(&desk.event(Event::Deadline)), [&Command::Read(BILLING)]);
    desk.keys("u");
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Received,
        exchange: None,
        remote_id: Some("there".to_owned()),
    });
    assert!(desk.state.overlay.is_none(), "what is known needs no dialog");
    assert!(desk.status().contains("was received"), "{}", desk.status());
    assert_eq!(desk.state.session.outcome_watch, None);
}

#[test]
fn sending_an_unknown_again_needs_the_typed_word() {
    let mut desk = Desk::default();
    desk.unknown("where is it");
    desk.keys("esc G u 4 enter");
    assert!(desk.screen().contains("will see it twice"), "{}", desk.screen());
    assert_eq!(desk.keys("enter"), [], "Enter alone does nothing");
    assert!(desk.screen().contains("This is not the word: type “again”"), "{}", desk.screen());
    assert_eq!(desk.keys("y"), [], "nor does y");
    assert_eq!(desk.keys("enter"), []);
    desk.keys("backspace");
    desk.type_text("agaim");
    assert_eq!(desk.keys("enter"), []);
    desk.keys("backspace n");
    assert_eq!(sends(&desk.keys("enter")), [(MessageId(2), BILLING, "where is it")]);
    assert_eq!(desk.state.session.threads.message(MessageId(2)).and_then(|m| m.resend_of), Some(MessageId(1)));
}

#[test]
fn a_pasted_word_counts_as_typed() {
    let mut desk = Desk::default();
    desk.unknown("where is it");
    desk.keys("esc G u 4 enter");
    desk.paste("again\n");
    assert_eq!(sends(&desk.keys("enter")).len(), 1);
}

#[test]
fn what_was_settled_meanwhile_is_not_sent_again_by_the_open_dialog() {
    let mut desk = Desk::default();
    let id = desk.unknown("where is it");
    desk.keys("esc G u 4 enter");
    desk.paste("again");
    // The look-up found it while the word was typed.
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Received,
        exchange: None,
        remote_id: Some("m-1".to_owned()),
    });
    assert_eq!(desk.keys("enter"), []);
    assert!(desk.status().contains("received"), "{}", desk.status());
}
