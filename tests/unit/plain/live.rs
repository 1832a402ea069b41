//! Live conversations in lines.

use super::*;
use crate::fixtures::WEB;
use crate::model::{Choice, Failure, FailureKind, FileSource, Phase, SessionAsk, WebSession};
use crate::session::local::{LocalAnswer, LocalRequest};

fn web() -> Desk {
    let mut desk = Desk::live(true, false);
    desk.line(".open Anna, web");
    desk
}

fn offer() -> RemoteMessage {
    let choice = |label: &str| Choice::new(label, label.to_lowercase());
    RemoteMessage {
        choices: vec![choice("Yes"), choice("No")],
        ..RemoteMessage::new("q-1", Author::Bot, "Pay now?", jiff::Timestamp::UNIX_EPOCH)
    }
}

fn moved(desk: &mut Desk, session: WebSession) {
    desk.report(Report::Session(WEB, session));
}

/// What is looked for in a web conversation is heard whenever it comes: a script does not wait for a read.
#[test]
fn an_unknown_message_of_a_web_conversation_is_looked_for_without_waiting() {
    let mut desk = web();
    desk.line("one").report(exchange(ExchangeKind::Send, Some(1), Outcome::Unknown("reset".into())));
    desk.message(1, DeliveryStatus::Unknown("reset".into())).line(".settle 1").line("1");
    assert!(desk.asked(&Command::Read(WEB)), "{:?}", desk.effects);
    assert!(desk.plain.asked.reading.is_empty());
}

/// A snippet is pasted line by line, and none of its lines is sent as a message.
#[test]
fn a_pasted_snippet_becomes_a_conversation_that_can_be_kept() {
    for interactive in [true, false] {
        let mut desk = Desk::live(interactive, false);
        desk.line(".add <script>");
        desk.line("(function(g){})(window, 'Genesys', {");
        desk.line("  environment: 'prod-euc1',");
        desk.line("  deploymentId: '7f1c2d3e-0000-4000-8000-000000000005'");
        desk.line("});");
        desk.effects.clear();
        desk.line("</script>");
        assert!(desk.said()[0].contains("https://shop.example"), "{:?}", desk.said());
        desk.effects.clear();
        desk.line("https://other.example");
        let address = Address::WebMessaging {
            deployment_id: "7f1c2d3e-0000-4000-8000-000000000005".to_owned(),
            origin: "https://other.example".to_owned(),
        };
        let added =
            |act: &FrontEndEffect| matches!(act, FrontEndEffect::Ask(Command::Add(added)) if added.address == address);
        assert!(desk.effects.iter().any(added), "{:?}", desk.effects);
        assert!(
            !desk.effects.iter().any(|act| matches!(act, FrontEndEffect::Ask(Command::Send(..)))),
            "{:?}",
            desk.effects
        );
        desk.effects.clear();
        desk.line(".keep");
        let kept = |act: &FrontEndEffect| matches!(act, FrontEndEffect::Local(LocalRequest::KeepInConfig(kept)) if kept.address == address);
        assert!(desk.effects.iter().any(kept), "{:?}", desk.effects);
    }
}

#[test]
fn choices_are_numbered_and_one_is_sent_by_its_number() {
    let mut desk = web();
    desk.report(Report::MessagesArrived(WEB, vec![offer()]));
    assert_eq!(
        desk.said(),
        ["Bot says: Pay now?", "Choice 1, Yes.", "Choice 2, No.", "Type .choose and a number to answer with a choice."]
    );
    desk.line(".choose 3");
    assert_eq!(desk.said()[0], "There is no choice 3; there are 2. Type .choose to list them.");
    desk.line(".choose 2");
    let sent = desk.sent();
    assert_eq!((sent.len(), sent[0].text.as_str()), (1, "No"));
    assert_eq!(sent[0].extras.offer_id.as_deref(), Some("q-1"));
    assert_eq!(sent[0].extras.choice.as_ref().map(|c| c.payload.as_str()), Some("no"));
    desk.report(Report::MessagesArrived(WEB, vec![offer()]));
    assert_eq!(desk.said(), [""; 0], "what is known is not told again");
}

#[test]
fn a_number_alone_stays_a_text() {
    let mut desk = web();
    desk.report(Report::MessagesArrived(WEB, vec![offer()]));
    desk.line("2");
    assert_eq!(desk.texts(), ["2"]);
    assert!(desk.sent()[0].extras.is_empty());
}

#[test]
fn production_asks_before_an_answer_and_before_what_goes_along() {
    let mut desk = Desk::live(true, true);
    desk.line(".open 2");
    desk.line(".attach https://x.example/a.png");
    desk.line("look");
    assert!(desk.said()[0].contains("with the file a.png. Send this, 1 line: look"), "{:?}", desk.said());
    desk.line("no");
    // What was to go along goes with the next one.
    desk.line("look here");
    desk.line("yes");
    assert_eq!(desk.sent()[0].extras.attachments.len(), 1);
}

#[test]
fn what_goes_along_is_told_and_taken_off() {
    let mut desk = web();
    desk.line(".attach /tmp/bill.pdf");
    assert!(desk.said().is_empty(), "whether the file can be read is not known yet: {:?}", desk.said());
    let Some(FrontEndEffect::Local(LocalRequest::SeeFile(key, file))) = desk.effects.first().cloned() else {
        panic!("{:?}", desk.effects)
    };
    desk.on(FrontEndEvent::Local(LocalAnswer::FileSeen(
        key,
        file.clone(),
        Err("Not attached, there is no such file: “x”.".to_owned()),
    )));
    assert_eq!(desk.said()[0], "Not attached, there is no such file: “x”.");
    desk.line(".attach /tmp/bill.pdf");
    desk.on(FrontEndEvent::Local(LocalAnswer::FileSeen(key, file, Ok(()))));
    assert_eq!(desk.said()[0], "bill.pdf, application/pdf, is sent with the next message.");
    desk.line(".attach https://x.example/a.png");
    assert!(desk.said()[0].starts_with("Web-messaging uploads files"), "{:?}", desk.said());
    desk.line(".attribute testRun=42");
    assert_eq!(desk.said()[0], "testRun=42 is sent with the next message; 16 of 2048 bytes.");
    desk.line("see file");
    let extras = &desk.sent()[0].extras;
    assert_eq!(extras.attachments[0].place, FileSource::File("/tmp/bill.pdf".into()));
    assert_eq!(extras.attributes.len(), 1);
    desk.line("and more");
    assert!(desk.sent()[0].extras.is_empty());
    desk.line(".open 1");
    desk.line(".attribute a=b");
    assert_eq!(desk.said()[0], "Nothing was added: guest-api messages carry text only.");
}

#[test]
fn each_state_of_a_session_is_a_sentence_with_what_to_say_next() {
    let mut desk = web();
    let why = || "the conversation was ended by the bot.".to_owned();
    let expires = jiff::Timestamp::UNIX_EPOCH.saturating_add(jiff::SignedDuration::from_hours(72)).ok();
    moved(&mut desk, WebSession::Open { expires, new: true });
    assert_eq!(desk.said(), ["Conversation 3, Anna, web: a new session is open; it lasts 72 hours."]);
    moved(&mut desk, WebSession::ReadOnly(why().into()));
    assert_eq!(
        desk.said(),
        [
            "Conversation 3, Anna, web: the session is read-only: the conversation was ended by the bot. Type .session new for a new session."
        ]
    );
    moved(&mut desk, WebSession::ReadOnly(why().into()));
    assert_eq!(desk.said(), [""; 0], "it is told once");
    moved(&mut desk, WebSession::Open { expires, new: true });
    desk.line(".session clear");
    assert!(desk.said().contains(&"Type yes or no."));
    desk.line("yes");
    assert!(desk.asked(&Command::Session(WEB, SessionAsk::Clear)));
}

#[test]
fn a_script_waits_for_the_session_that_it_asked_for_and_knows_how_it_ended() {
    for (session, exit) in [
        (WebSession::Open { expires: None, new: true }, Exit::Done),
        (WebSession::Ended("403".into()), Exit::Refused),
        (WebSession::Unreachable("no route".into()), Exit::Network),
    ] {
        let mut desk = Desk::live(false, false);
        desk.report(read(0, &[]));
        desk.line(".open 3");
        desk.plain.asked.reading.clear();
        desk.line(".session connect");
        assert!(desk.plain.wants_line() != Some(true));
        moved(&mut desk, WebSession::Connecting);
        assert!(desk.plain.wants_line() != Some(true));
        moved(&mut desk, session);
        assert!(desk.plain.wants_line() == Some(true));
        assert_eq!(desk.plain.exit(), exit);
    }
}

/// A script is held up by nothing that is not going to happen.
#[test]
fn a_session_that_does_not_move_is_not_waited_for() {
    let open = || WebSession::Open { expires: None, new: true };
    let ended = || WebSession::Ended("cleared".into());
    let read_only = || WebSession::ReadOnly("ended".into());
    for (at_first, line, then, exit) in [
        (open(), ".session connect", None, Exit::Done),
        (read_only(), ".session connect", None, Exit::Refused),
        (read_only(), ".session clear", None, Exit::Refused),
        (read_only(), ".session join", None, Exit::Refused),
        (ended(), ".session close", None, Exit::Done),
        (ended(), ".session clear", None, Exit::Refused),
        (ended(), ".session health", None, Exit::Refused),
        (WebSession::Connecting, ".session join", None, Exit::Refused),
        (WebSession::Closed, ".session history", None, Exit::Refused),
        (open(), ".session health", None, Exit::Done),
        (open(), ".session clear", Some(ended()), Exit::Done),
        (open(), ".session clear", Some(open()), Exit::Refused),
        (open(), ".session close", Some(WebSession::Closed), Exit::Done),
    ] {
        let mut desk = Desk::live(false, false);
        desk.report(read(0, &[]));
        desk.line(".open 3");
        desk.plain.asked.reading.clear();
        moved(&mut desk, at_first);
        desk.line(line);
        if line.ends_with("clear") || line.ends_with("close") {
            desk.line("yes");
        }
        assert_eq!(desk.plain.wants_line() == Some(true), then.is_none(), "{line}: {:?}", desk.said());
        if let Some(then) = then {
            moved(&mut desk, then);
        }
        assert!(desk.plain.wants_line() == Some(true), "{line}");
        assert_eq!(desk.plain.exit(), exit, "{line}: {:?}", desk.said());
    }
    let mut desk = Desk::live(false, false);
    desk.line(".open 3");
    desk.plain.asked.reading.clear();
    desk.line(".session new");
    desk.now = desk.plain.due().unwrap();
    desk.on(FrontEndEvent::Due);
    assert_eq!((desk.plain.wants_line() == Some(true), desk.plain.exit()), (true, Exit::Unknown), "{:?}", desk.said());
}

#[test]
fn a_conversation_that_cannot_be_reached_holds_messages_for_a_person_and_ends_a_script() {
    for interactive in [true, false] {
        let mut desk = Desk::live(interactive, false);
        desk.report(read(0, &[]));
        desk.line(".open 3");
        desk.plain.asked.reading.clear();
        desk.line("Hello?");
        let id = desk.plain.session.under_way().next().unwrap().id;
        moved(&mut desk, WebSession::Unreachable("connecting: refused; tried 8 times".into()));
        let held = if interactive { "Messages wait; type" } else { "Type" };
        let why = "connecting: refused; tried 8 times";
        let said = format!(
            "Conversation 3, Anna, web: the connection cannot be opened: {why}. {held} .session connect to try again."
        );
        assert!(desk.said().contains(&said.as_str()), "{:?}", desk.said());
        assert_eq!(desk.asked(&Command::Cancel(id)), !interactive);
        desk.report(Report::Message { id, delivery: DeliveryStatus::Cancelled, exchange: None, remote_id: None });
        if !interactive {
            let told = format!("not sent, the conversation cannot be reached: {why}.");
            assert!(desk.said().iter().any(|line| line.ends_with(&told)), "{:?}", desk.said());
            assert_eq!(desk.plain.exit(), Exit::Network);
        }
    }
}

#[test]
fn active_conversations_are_numbered_and_one_is_added() {
    let mut desk = web();
    desk.line(".active");
    assert!(desk.asked(&Command::Discover(1)));
    let found = DiscoveredConversation {
        conversation_id: "aaaa91ce-3f6e-4a98-ab8b-9411671bbbbb".to_owned(),
        participant_id: None,
        began: None,
        via: Some("webmessaging".to_owned()),
    };
    desk.report(Report::Discovered { page: 1, found: Ok(vec![found]), more: true });
    assert_eq!(
        desk.said()[..4],
        [
            "1 conversation active.",
            "1, id ends b b b b, webmessaging.",
            "Type .add and a number to add a conversation.",
            "There are more: type .active 2."
        ]
    );
    desk.line(".add 1");
    let added =
        |act: &FrontEndEffect| matches!(act, FrontEndEffect::Ask(Command::Add(c)) if c.key == ConversationKey(3));
    assert!(desk.effects.iter().any(added), "{:?}", desk.effects);
    desk.line(".active 2");
    let why = "403, missing permission analytics:conversationDetail:view.".to_owned();
    desk.report(Report::Discovered { page: 2, found: Err(why), more: false });
    assert!(desk.said()[0].ends_with("missing permission analytics:conversationDetail:view. You can still send."));
}

#[test]
fn an_id_that_is_malformed_is_added_and_said_to_be() {
    let mut desk = web();
    desk.line(".add zzz");
    let why = "Added, but this id is malformed (not a UUID): a send will be refused. Good for a negative test.";
    assert_eq!(desk.said()[0], why);
    assert!(desk.effects.iter().any(|act| matches!(act, FrontEndEffect::Ask(Command::Add(_)))), "{:?}", desk.effects);
    for line in [".add zzz", ".add 5f0c1d2e-1111-4222-8333-44445555aaaa"] {
        desk.line(line);
        assert!(!desk.said().iter().any(|line| line.contains("malformed")), "{line}: {:?}", desk.said());
    }
}

#[test]
fn without_a_token_what_needs_none_still_goes() {
    let mut desk = Desk::live(false, false);
    desk.report(Report::Token(TokenStatus::BadClient("invalid_client".to_owned())));
    desk.line(".open 3");
    desk.plain.asked.reading.clear();
    desk.line("hello");
    assert_eq!(desk.texts(), ["hello"]);
    assert!(
        !desk.effects.iter().any(|act| matches!(act, FrontEndEffect::Ask(Command::Cancel(_)))),
        "{:?}",
        desk.effects
    );
}

/// That the socket was refused is the other side's word, and no failure of the network.
#[test]
fn a_web_message_that_never_went_tells_a_refused_socket_from_the_network() {
    let with = |report, id| {
        let Report::Exchange(exchange) = report else { unreachable!() };
        let id = ExchangeId(id);
        Report::Exchange(Arc::new(Exchange { id, conversation: Some(WEB), ..(*exchange).clone() }))
    };
    for (why, code) in [
        (Reason::SocketRefused(Box::default(), None), Exit::Refused),
        (Failure::new(FailureKind::Connect, Phase::Connect, "no route").reason(), Exit::Network),
        (Reason::NoSecret("no guest token".to_owned()), Exit::NotSignedIn),
    ] {
        let mut desk = Desk::live(false, false);
        desk.line(".open Anna, web").line("one");
        desk.report(with(exchange(ExchangeKind::Send, Some(1), Outcome::Failed(why.clone())), 7));
        let (id, delivery) = (MessageId(1), DeliveryStatus::Refused(why.clone()));
        desk.report(Report::Message { id, delivery, exchange: Some(ExchangeId(7)), remote_id: None });
        assert_eq!(desk.plain.exit(), code, "{why}: {:?}", desk.said());
    }
}
