//! Reports are fed, lines and exit codes compared. No network, no clock.
#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::Timestamp;

use super::*;
use crate::cli::send::lines::reply_line;
use crate::fixtures;
use crate::model::OutgoingMessage;
use crate::model::{
    Address, AsOf, Attempt, Author, Channel, Conversation, Ending, ExchangeId, ExchangeKind, Failure, FailureKind,
    Generation, Outcome, Phase, Reason, RemoteMessage, ServerRefusal, SessionEnd, Signal, Timing,
};

use crate::session::ProfileInfo;
use crate::session::conversations::Conversations;
use crate::session::log::{Log, LogOptions};

mod choice;
mod token;

const NOW: Moment = Moment::ZERO;
const MESSAGE: MessageId = MessageId(1);
const TIME: &str = r#""at":"1970-01-01T00:00:00Z","v":1"#;

fn session(channel: Channel) -> Session {
    let address = match channel {
        Channel::WebMessaging => {
            Address::WebMessaging { deployment_id: "d".to_owned(), origin: "https://shop.example".to_owned() }
        }
        _ => Address::GuestApi { conversation_id: "c".to_owned(), participant_id: None, external_id: None },
    };
    let conversation = Conversation { key: ConversationKey(3), name: "Billing bot".to_owned(), address };
    Session::new(ProfileInfo::default(), Conversations::new(vec![conversation]), Log::new(LogOptions::default()))
}

fn web_front_end() -> SendFrontEnd {
    let sending = Sending {
        conversation: ConversationKey(3),
        text: "Hello".to_owned(),
        extras: Extras::default(),
        reply_within: None,
        ..Sending::default()
    };
    let mut front_end = SendFrontEnd::new(sending, session(Channel::WebMessaging), &[]);
    front_end.on(NOW, FrontEndEvent::Begin);
    front_end
}

fn front_end(reply_within: Option<Duration>) -> SendFrontEnd {
    let sending = Sending {
        conversation: ConversationKey(3),
        text: "Hello".to_owned(),
        extras: Extras::default(),
        reply_within,
        ..Sending::default()
    };
    let mut front_end = SendFrontEnd::new(sending, session(Channel::GuestApi), &[]);
    front_end.on(NOW, FrontEndEvent::Begin);
    front_end
}

fn answered(status: u16) -> ExchangeStep {
    let response = fixtures::response(status, fixtures::headers(&[("x-request-id", "req-1")]), "");
    attempt(Some(Ending::Answered(response)))
}

fn attempt(ending: Option<Ending>) -> ExchangeStep {
    ExchangeStep::Try(Arc::new(Attempt {
        generation: Some(Generation(1)),
        timing: Timing { total: Some(Duration::from_millis(143)), ..Timing::default() },
        ..fixtures::attempt(NOW, fixtures::request("POST", "", Vec::new(), ""), ending)
    }))
}

fn exchange(steps: Vec<ExchangeStep>, outcome: Outcome) -> FrontEndEvent {
    let took = outcome.is_finished().then(|| Duration::from_millis(150));
    report(Report::Exchange(Arc::new(Exchange {
        what: "Hello".to_owned(),
        conversation: Some(ConversationKey(3)),
        message: Some(MESSAGE),
        took,
        steps,
        ..fixtures::exchange(7, ExchangeKind::Send, Vec::new(), outcome)
    })))
}

fn report(report: Report) -> FrontEndEvent {
    FrontEndEvent::Report(Box::new(report))
}

fn delivery(delivery: DeliveryStatus) -> FrontEndEvent {
    report(Report::Message { id: MESSAGE, delivery, exchange: Some(ExchangeId(7)), remote_id: None })
}

fn read(messages: &[(&str, Author, &str)]) -> FrontEndEvent {
    let messages = messages
        .iter()
        .map(|(id, author, text)| RemoteMessage::new(*id, *author, *text, Timestamp::UNIX_EPOCH))
        .collect();
    let state = crate::model::RemoteState::Connected;
    report(Report::Conversation { key: ConversationKey(3), state, since: None, messages })
}

fn exit(effects: &[FrontEndEffect]) -> Option<Exit> {
    effects.iter().find_map(|act| if let FrontEndEffect::Finish(exit) = act { Some(*exit) } else { None })
}

fn json_lines(effects: &[FrontEndEffect]) -> Vec<String> {
    effects
        .iter()
        .filter_map(|a| if let FrontEndEffect::Say(line) = a { Some(line.json.to_string()) } else { None })
        .collect()
}

/// Feeds all inputs; gives the last effects.
fn feed(front_end: &mut SendFrontEnd, inputs: Vec<FrontEndEvent>) -> Vec<FrontEndEffect> {
    let mut last = Vec::new();
    for input in inputs {
        let effects = front_end.on(NOW, input);
        if !effects.is_empty() {
            last = effects;
        }
    }
    last
}

#[test]
fn it_begins_by_sending() {
    let sending = Sending {
        conversation: ConversationKey(3),
        text: "Hello".to_owned(),
        extras: Extras::default(),
        reply_within: None,
        ..Sending::default()
    };
    let effects = SendFrontEnd::new(sending.clone(), session(Channel::GuestApi), &[]).on(NOW, FrontEndEvent::Begin);
    let request = Command::Send(MESSAGE, OutgoingMessage::text(ConversationKey(3), "Hello"));
    assert_eq!(effects, [FrontEndEffect::Ask(request.clone())]);
    let watching = Sending { reply_within: Some(Duration::from_secs(1)), ..sending };
    let effects = SendFrontEnd::new(watching, session(Channel::GuestApi), &[]).on(NOW, FrontEndEvent::Begin);
    assert_eq!(effects, [FrontEndEffect::Ask(Command::Watch(Some(ConversationKey(3)))), FrontEndEffect::Ask(request)]);
}

#[test]
fn accepted_is_zero_and_the_last_line_is_the_outcome() {
    for exchange_first in [true, false] {
        let mut front_end = front_end(None);
        front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
        let mut inputs = vec![exchange(vec![answered(200)], Outcome::Accepted), delivery(DeliveryStatus::Accepted)];
        if !exchange_first {
            inputs.reverse();
        }
        let effects = feed(&mut front_end, inputs);
        assert_eq!(exit(&effects), Some(Exit::Done));
        let expected = format!(
            r#"{{"event":"outcome",{TIME},"outcome":"accepted","status":200,"request_id":"req-1","cause":null,"attempts":1,"message":"accepted with 200 in 150 ms, request id req-1","replies_readable":null}}"#
        );
        assert_eq!(json_lines(&effects).last().unwrap(), &expected);
    }
}

#[test]
fn events_are_told_once_each() {
    let mut front_end = front_end(None);
    let wait = ExchangeStep::Wait { at: NOW, until: NOW.after(Duration::from_secs(7)), why: "429".into() };
    let first = front_end.on(NOW, exchange(vec![answered(429)], Outcome::Open));
    let attempt = format!(
        r#"{{"event":"attempt",{TIME},"number":1,"status":429,"error":null,"phase":null,"generation":1,"request_id":"req-1","duration_ms":143}}"#
    );
    assert_eq!(json_lines(&first), [attempt]);
    let second = front_end.on(NOW, exchange(vec![answered(429), wait.clone()], Outcome::Waiting));
    let waiting = format!(r#"{{"event":"waiting",{TIME},"until":"1970-01-01T00:00:07Z","why":"429"}}"#);
    assert_eq!(json_lines(&second), [waiting]);
    let third =
        front_end.on(NOW, exchange(vec![answered(429), wait.clone(), super::tests::attempt(None)], Outcome::Open));
    assert!(json_lines(&third).is_empty());
    let fourth = front_end.on(NOW, exchange(vec![answered(429), wait, answered(200)], Outcome::Accepted));
    assert_eq!(json_lines(&fourth).len(), 1);
}

#[test]
fn refused_is_one() {
    let mut front_end = front_end(None);
    let why = || "unauthorized".to_owned();
    let inputs = vec![
        exchange(vec![answered(401)], Outcome::Refused(why().into())),
        delivery(DeliveryStatus::Refused(why().into())),
    ];
    let effects = feed(&mut front_end, inputs);
    assert_eq!(exit(&effects), Some(Exit::Refused));
    let last = json_lines(&effects).pop().unwrap();
    assert!(last.contains(r#""outcome":"refused","status":401,"request_id":"req-1","cause":"token-absent""#), "{last}");
}

#[test]
fn refused_before_sending_has_no_exchange() {
    let effects = feed(
        &mut front_end(None),
        vec![delivery(DeliveryStatus::Refused("5000 bytes; at most 4096 can be sent".into()))],
    );
    assert_eq!(exit(&effects), Some(Exit::Refused));
    let last = json_lines(&effects).pop().unwrap();
    assert!(last.contains(r#""status":null,"request_id":null,"cause":null,"attempts":0"#), "{last}");
}

#[test]
fn a_network_that_fails_before_writing_is_four() {
    let failure = Failure::new(FailureKind::Connect, Phase::Connect, "connection refused");
    let why = || "connection refused".to_owned();
    let steps = vec![attempt(Some(Ending::Failed(failure)))];
    let effects = feed(
        &mut front_end(None),
        vec![exchange(steps, Outcome::Failed(why().into())), delivery(DeliveryStatus::Refused(why().into()))],
    );
    assert_eq!(exit(&effects), Some(Exit::Network));
}

/// Whether replies can be read, as of a read that began at `began`.
fn readable(readable: RepliesReadable, began: Moment) -> FrontEndEvent {
    report(Report::RepliesReadable(ConversationKey(3), readable, AsOf::ReadAt(began)))
}

/// Before it is called unknown, it is looked for in the conversation.
#[test]
fn a_lost_answer_is_looked_up_and_then_five() {
    let why = || "the connection was reset".to_owned();
    let lost = || {
        vec![
            exchange(vec![attempt(None)], Outcome::Unknown(why().into())),
            delivery(DeliveryStatus::Unknown(why().into())),
        ]
    };
    let refused = || RepliesReadable::No(Unreadable::Refused(403, Vec::new()));
    let failing = || RepliesReadable::No(Unreadable::Failing(503));
    let rows = [
        ("it is there", vec![delivery(DeliveryStatus::Received)], Exit::Done, r#""outcome":"accepted""#),
        ("it is not there in time", vec![FrontEndEvent::Due], Exit::Unknown, r#""outcome":"unknown""#),
        ("reading is refused", vec![readable(refused(), NOW)], Exit::Unknown, r#""replies_readable":false"#),
        (
            "a read that fails",
            vec![readable(failing(), NOW), delivery(DeliveryStatus::Received)],
            Exit::Done,
            r#""outcome":"accepted""#,
        ),
    ];
    for (name, then, wanted, said) in rows {
        let mut front_end = front_end(None);
        assert_eq!(exit(&feed(&mut front_end, lost())), None, "{name}");
        assert_eq!(front_end.due(), Some(NOW.after(LOOKING_UP)), "{name}");
        let effects = feed(&mut front_end, then);
        assert_eq!(exit(&effects), Some(wanted), "{name}");
        let last = json_lines(&effects).pop().unwrap();
        assert!(last.contains(said), "{name}: {last}");
        assert_eq!(last.contains(r#""cause":null"#), wanted == Exit::Done, "{name}: {last}");
    }
}

/// What else goes wrong on the socket is not about a message that was accepted.
#[test]
fn an_accepted_message_is_not_diagnosed_by_another_frame() {
    let mut front_end = web_front_end();
    front_end.on(NOW, exchange(vec![answered(200)], Outcome::Accepted));
    let refused = Outcome::Refused(Reason::Frame(400, "Request failed.".to_owned()));
    let stray =
        Exchange { steps: vec![answered(400)], ..fixtures::exchange(8, ExchangeKind::Frame, Vec::new(), refused) };
    front_end.on(NOW, report(Report::Exchange(Arc::new(stray))));
    let lines = json_lines(&front_end.on(NOW, delivery(DeliveryStatus::Accepted)));
    assert!(lines.iter().all(|line| !line.contains("diagnosis")), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.contains(r#""outcome":"accepted""#)), "{lines:?}");
}

#[test]
fn a_reply_after_ours_ends_the_waiting() {
    let mut front_end = front_end(Some(Duration::from_secs(10)));
    front_end.on(NOW, read(&[("old", Author::Bot, "Welcome")]));
    front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    let effects = feed(
        &mut front_end,
        vec![exchange(vec![answered(200)], Outcome::Accepted), delivery(DeliveryStatus::Accepted)],
    );
    assert_eq!(exit(&effects), None);
    assert_eq!(front_end.due(), Some(NOW.after(Duration::from_secs(10))));
    let before = [("old", Author::Bot, "Welcome"), ("m1", Author::Guest, "Hello")];
    assert!(front_end.on(NOW, read(&before)).is_empty());
    let effects = front_end.on(NOW, read(&[("s1", Author::System, "joined"), ("b1", Author::Bot, "Hi there")]));
    assert_eq!(exit(&effects), Some(Exit::Done));
    let lines = json_lines(&effects);
    let reply = format!(
        r#"{{"event":"reply",{TIME},"author":"bot","text":"Hi there","id":"b1","said_at":"1970-01-01T00:00:00Z"}}"#
    );
    assert_eq!(lines.first().unwrap(), &reply);
    assert!(lines.last().unwrap().contains(r#""event":"outcome""#));
    assert_eq!(lines.len(), 2);
}

/// At the end of the time the conversation is read once more: only then is a silence one.
#[test]
fn no_reply_in_time_is_one_though_accepted_and_says_why() {
    let missing = || vec!["conversation:message:view".to_owned()];
    let refused = || RepliesReadable::No(Unreadable::Refused(403, missing()));
    let end = NOW.after(Duration::from_secs(10));
    let unreadable = r#""replies_readable":false,"replies_cause":"replies-unreadable","replies_detail":"403, missing conversation:message:view""#;
    let rows: [(&str, Vec<FrontEndEvent>, &[&str]); 4] = [
        (
            "a silence",
            vec![FrontEndEvent::Due, readable(RepliesReadable::Yes, end)],
            &["accepted, but no reply was received within 10 s", r#""replies_readable":true"#],
        ),
        (
            "refused from the start",
            vec![readable(refused(), NOW), FrontEndEvent::Due],
            &["accepted, but replies could not be read: 403, missing conversation:message:view", unreadable],
        ),
        ("refused at the end", vec![FrontEndEvent::Due, readable(refused(), end)], &[unreadable]),
        (
            "no read ends",
            vec![FrontEndEvent::Due, FrontEndEvent::Due],
            &["replies could not be read: no read ended in time", r#""replies_readable":false"#],
        ),
    ];
    for (name, inputs, said) in rows {
        let mut front_end = front_end(Some(Duration::from_secs(10)));
        feed(
            &mut front_end,
            vec![exchange(vec![answered(200)], Outcome::Accepted), delivery(DeliveryStatus::Accepted)],
        );
        let mut effects = Vec::new();
        for input in inputs {
            effects = front_end.on(end, input);
        }
        assert_eq!(exit(&effects), Some(Exit::Refused), "{name}: {effects:?}");
        let last = json_lines(&effects).pop().unwrap();
        assert!(last.contains(r#""outcome":"accepted""#) && said.iter().all(|s| last.contains(s)), "{name}: {last}");
    }
}

#[test]
fn an_interrupt_takes_it_back_and_reports_honestly() {
    let mut queued = front_end(None);
    let effects = queued.on(NOW, FrontEndEvent::Signal(Signal::Interrupt));
    assert!(effects.contains(&FrontEndEffect::Ask(Command::Cancel(MESSAGE))));
    let effects = queued.on(NOW, delivery(DeliveryStatus::Cancelled));
    assert_eq!(exit(&effects), Some(Exit::Refused));

    let mut flying = front_end(None);
    flying.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    flying.on(NOW, FrontEndEvent::Signal(Signal::Interrupt));
    let why = "cancelled while waiting for the answer";
    let inputs = vec![
        exchange(vec![attempt(None)], Outcome::Unknown(why.into())),
        delivery(DeliveryStatus::Unknown(why.into())),
    ];
    let effects = feed(&mut flying, inputs);
    assert_eq!(exit(&effects), Some(Exit::Unknown));

    let mut landed = front_end(None);
    landed.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    landed.on(NOW, FrontEndEvent::Signal(Signal::Interrupt));
    let effects =
        feed(&mut landed, vec![exchange(vec![answered(200)], Outcome::Accepted), delivery(DeliveryStatus::Accepted)]);
    assert_eq!(exit(&effects), Some(Exit::Done));
}

#[test]
fn a_second_interrupt_and_a_vanished_engine_end_it_at_once() {
    for last in [FrontEndEvent::Signal(Signal::Interrupt), FrontEndEvent::Ended, FrontEndEvent::Due] {
        let mut front_end = front_end(None);
        front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
        front_end.on(NOW, FrontEndEvent::Signal(Signal::Interrupt));
        assert_eq!(exit(&front_end.on(NOW, last)), Some(Exit::Unknown));
        assert!(front_end.on(NOW, FrontEndEvent::Ended).is_empty(), "the outcome is said once");
    }
}

/// A live channel brings replies by themselves: those of before are none, and ours is known again.
#[test]
fn a_reply_that_comes_by_itself_is_waited_for() {
    let heard = |id: &str, author, text: &str, second: i64| {
        let at = Timestamp::from_second(second).unwrap();
        let messages = vec![RemoteMessage::new(id, author, text, at)];
        report(Report::MessagesArrived(ConversationKey(3), messages))
    };
    let mut front_end = front_end(Some(Duration::from_secs(10)));
    assert_eq!(front_end.on(NOW, heard("old", Author::Bot, "before", 1)), []);
    front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    front_end.on(NOW, exchange(vec![answered(200)], Outcome::Accepted));
    front_end.on(NOW, delivery(DeliveryStatus::Accepted));
    front_end.on(NOW, heard("ours", Author::Guest, "Hello", 5));
    assert_eq!(front_end.on(NOW, heard("late", Author::Bot, "said before ours", 4)), []);
    let effects = front_end.on(NOW, heard("r1", Author::Agent, "Hi there", 6));
    assert_eq!(exit(&effects), Some(Exit::Done));
    assert!(json_lines(&effects)[0].contains(r#""author":"agent","text":"Hi there","id":"r1""#), "{effects:?}");
}

/// Opening a web conversation reads its earlier messages while ours waits on its way: none of them answers ours.
#[test]
fn a_page_of_earlier_messages_is_no_reply() {
    let heard = |id: &str, second: i64| {
        let at = Timestamp::from_second(second).unwrap();
        let messages = vec![RemoteMessage::new(id, Author::Bot, "Good morning!", at)];
        report(Report::MessagesArrived(ConversationKey(3), messages))
    };
    let mut front_end = front_end(Some(Duration::from_secs(10)));
    front_end.on(NOW, delivery(DeliveryStatus::Sending { attempt: 1 }));
    assert_eq!(front_end.on(NOW, heard("earlier", -60)), []);
    front_end.on(NOW, exchange(vec![answered(200)], Outcome::Accepted));
    assert_eq!(exit(&front_end.on(NOW, delivery(DeliveryStatus::Accepted))), None, "it still waits for a reply");
    assert_eq!(exit(&front_end.on(NOW, heard("quick", 1))), Some(Exit::Done));
}

/// What a reply offers to answer with is told with it.
#[test]
fn choices_are_told() {
    let mut message = RemoteMessage::new("r", Author::Bot, "Pick", Timestamp::UNIX_EPOCH);
    let choice = |label: &str| crate::model::Choice::new(label, label.to_lowercase());
    message.choices = vec![choice("Yes"), choice("No")];
    let line = reply_line(NOW, &message);
    assert!(
        line.json
            .to_string()
            .ends_with(r#""choices":[{"label":"Yes","payload":"yes"},{"label":"No","payload":"no"}]}"#)
    );
}

/// The guest's socket needs no token: that there is none refuses nothing, and a socket that cannot be opened is the network.
#[test]
fn a_web_message_needs_no_sign_in() {
    let web = || web_front_end();
    let no_secret = || report(Report::Token(TokenStatus::NoSecret("none".to_owned())));
    let mut sent = web();
    assert_eq!(exit(&sent.on(NOW, no_secret())), None);
    let effects = feed(
        &mut sent,
        vec![
            delivery(DeliveryStatus::Sending { attempt: 1 }),
            exchange(vec![answered(200)], Outcome::Accepted),
            delivery(DeliveryStatus::Accepted),
        ],
    );
    assert_eq!(exit(&effects), Some(Exit::Done));
    for (why, code) in [(no_route(), Exit::Network), (Reason::Session(SessionEnd::Expired), Exit::Refused)] {
        let mut front_end = web();
        front_end.on(NOW, no_secret());
        let effects = feed(&mut front_end, vec![delivery(DeliveryStatus::Refused(why)), FrontEndEvent::Due]);
        assert_eq!(exit(&effects), Some(code));
    }
}

fn no_route() -> Reason {
    Failure::new(FailureKind::Connect, Phase::Connect, "no route").reason()
}

/// The engine holds a message for a person to connect; a command has no such person, so it takes the message back.
#[test]
fn a_web_conversation_that_cannot_be_reached_ends_the_command() {
    let mut front_end = web_front_end();
    assert_eq!(exit(&front_end.on(NOW, delivery(DeliveryStatus::Queued))), None);
    let again = WebSession::Reconnecting(NOW.after(Duration::from_secs(2)), "no route".into());
    let effects = front_end.on(NOW, report(Report::Session(ConversationKey(3), again)));
    assert!(format!("{effects:?}").contains("waiting 2 s: no route"), "{effects:?}");
    let session = WebSession::Unreachable("no route; tried 8 times".into());
    let elsewhere = report(Report::Session(ConversationKey(0), session.clone()));
    assert_eq!(front_end.on(NOW, elsewhere), []);
    let effects = front_end.on(NOW, report(Report::Session(ConversationKey(3), session)));
    assert!(effects.contains(&FrontEndEffect::Ask(Command::Cancel(MESSAGE))));
    assert_eq!(exit(&effects), Some(Exit::Network));
    let said = format!("{effects:?}");
    assert!(said.contains("not sent, the conversation cannot be reached: no route; tried 8 times"), "{said}");
}

/// A socket that was refused is a refusal, one that no network opened is the network, and a guest token that cannot be
/// had is no sign-in, also where the engine gave the waiting message up with it.
#[test]
fn a_web_message_that_never_went_says_why_by_its_exit_code() {
    let refused = Reason::SocketRefused(Box::new(ServerRefusal { status: 403, ..ServerRefusal::default() }), None);
    for (why, code) in [
        (refused, Exit::Refused),
        (no_route(), Exit::Network),
        (Reason::Session(SessionEnd::Expired), Exit::Refused),
        (Reason::NoSecret("the guest token cannot be read".to_owned()), Exit::NotSignedIn),
    ] {
        let mut front_end = web_front_end();
        let ends = vec![
            exchange(vec![], Outcome::Failed(why.clone())),
            delivery(DeliveryStatus::Refused(why.clone())),
            FrontEndEvent::Due,
        ];
        let effects = feed(&mut front_end, ends);
        assert_eq!(exit(&effects), Some(code), "{why}");
        let said = format!(r#""message":"not sent: {why}"#);
        assert!(json_lines(&effects).pop().unwrap().contains(&said), "{effects:?}");
    }
}
