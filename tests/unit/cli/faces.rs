//! One recorded course of reports, played through the screen, plain mode, `send` and `run`: all of them know the same.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::layout::Size;

use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent, InputLine};
use crate::app::exit::Exit;
use crate::cli::run::front_end::RunFrontEnd;
use crate::cli::send::front_end::{SendFrontEnd, Sending};
use crate::engine::{Command, Report};
use crate::fixtures::{self, at_millis, guest_conversation, token_facts};
use crate::model::{
    AsOf, Author, Cause, Conversation, ConversationKey, DeliveryStatus, Ending, ExchangeId, ExchangeKind, Extras,
    Generation, MessageId, Moment, Outcome, RemoteMessage, RemoteState, RepliesReadable, TokenStatus,
};
use crate::pass::runner::{PassConversation, RunSetup, RunStart};
use crate::pass::{Pass, PassRun};
use crate::plain::Plain;
use crate::session::log::{Log, LogOptions};
use crate::session::{Conversations, MessageCounts};
use crate::session::{ProfileInfo, Session};
use crate::tui;
use crate::tui::state::State;
use crate::tui::state::composer::Composer;

const KEY: ConversationKey = ConversationKey(0);
const MESSAGE: MessageId = MessageId(1);
const PASS: &str = r#"
name = "One message"
[[cases]]
name = "Only"
[[cases.steps]]
name = "It is accepted"
send = "Hello"
expect = { outcome = "accepted" }
"#;

/// What a front end knows after a course.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    token: Option<Generation>,
    will_not_sign_in: bool,
    delivery: DeliveryStatus,
    remote_id: Option<String>,
    entry: Option<u64>,
    cause: Option<Cause>,
    refusals: usize,
    said: Vec<String>,
    counts: MessageCounts,
    remote: RemoteState,
    readable: RepliesReadable,
    settled: bool,
}

fn known(session: &Session) -> Known {
    let message = session.threads.message(MESSAGE).unwrap();
    let item = session.conversations.get(KEY).unwrap();
    Known {
        token: session.sign_in.status.facts().map(|facts| facts.generation),
        will_not_sign_in: session.sign_in.trouble().is_some(),
        delivery: message.delivery.clone(),
        remote_id: message.remote_id.clone(),
        entry: message.exchange.and_then(|exchange| session.log.number_of(exchange)),
        cause: message.exchange.and_then(|exchange| session.log.why_of(exchange)).map(|why| why.cause()),
        refusals: session.diagnoses.refusals.0.len(),
        said: session.threads.messages(KEY).iter().map(|entry| entry.text().to_owned()).collect(),
        counts: item.counts,
        remote: item.remote,
        readable: item.readable.clone(),
        settled: session.threads.open().next().is_none(),
    }
}

fn conversation() -> Conversation {
    guest_conversation(0, "Billing bot", "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2")
}

fn now() -> Moment {
    at_millis(500)
}

fn session() -> Session {
    Session::new(ProfileInfo::default(), Conversations::new(vec![conversation()]), Log::new(LogOptions::default()))
}

fn on_screen(course: &[Report]) -> Known {
    let theme = tui::theme_named("terminal", false, false, tui::Depth::True).unwrap();
    let look = tui::state::Look { theme, zone: TimeZone::UTC, calm: false, tells_typing: false };
    let (keymap, composer) = (tui::keymap::Keymap::new(&[], false).unwrap(), Composer::new(1, "run", Vec::new()));
    let mut state = State::new(now(), Size::new(120, 36), session(), look, keymap, composer);
    tui::update(&mut state, now(), tui::Event::Paste("Hello".to_owned()));
    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
    let effects = tui::update(&mut state, now(), tui::Event::Key(enter));
    assert!(effects.iter().any(|e| matches!(e, tui::Effect::Engine(Command::Send(..)))), "{effects:?}");
    for report in course {
        tui::update(&mut state, now(), tui::Event::Engine(Box::new(report.clone())));
    }
    known(&state.session)
}

fn in_lines(course: &[Report]) -> Known {
    let mut plain = Plain::new(session(), true, TimeZone::UTC, 7);
    plain.on(now(), FrontEndEvent::Begin);
    plain.on(now(), FrontEndEvent::Line(InputLine::Text("Hello".to_owned())));
    for report in course {
        plain.on(now(), FrontEndEvent::Report(Box::new(report.clone())));
    }
    known(&plain.session)
}

/// Takes the reports until the subcommand is over; the exit code, if it is.
fn fed(front_end: &mut dyn FrontEnd, course: &[Report]) -> Option<Exit> {
    let reports = course.iter().map(|report| FrontEndEvent::Report(Box::new(report.clone())));
    let mut exit = None;
    for input in [FrontEndEvent::Begin].into_iter().chain(reports).chain([FrontEndEvent::Due]) {
        let effects = front_end.on(now(), input);
        exit = exit.or(effects
            .into_iter()
            .find_map(|act| if let FrontEndEffect::Finish(exit) = act { Some(exit) } else { None }));
    }
    exit
}

fn by_send(course: &[Report]) -> (Known, Option<Exit>) {
    let sending = Sending {
        conversation: KEY,
        text: "Hello".to_owned(),
        extras: Extras::default(),
        reply_within: None,
        ..Sending::default()
    };
    let mut front_end = SendFrontEnd::new(sending, session(), &[]);
    let exit = fed(&mut front_end, course);
    (known(&front_end.session), exit)
}

fn by_run(course: &[Report]) -> (Known, Option<Exit>) {
    let pass = Pass::parse(Path::new("one.toml"), PASS).unwrap();
    let (id, file, source) = (uuid::Uuid::nil().to_string(), "one.toml".to_owned(), PASS.to_owned());
    let run = PassRun { id, file, source, ..PassRun::default() };
    let begin = RunStart { run, at: now(), plan: vec![(0, 1)] };
    let conversation = PassConversation {
        name: conversation().name,
        key: KEY,
        channel: conversation().channel(),
        readable: RepliesReadable::NotYetKnown,
    };
    let setup = RunSetup { conversations: vec![conversation], default_conversation: Some(KEY), sandbox: false };
    let mut front_end = RunFrontEnd::new(Arc::new(pass), begin, setup, vec![vec![vec![(0, 1)]]], false, session());
    let exit = fed(&mut front_end, course);
    (known(&front_end.session), exit)
}

fn sent(answer: Ending, outcome: Outcome) -> Report {
    let request =
        fixtures::request("POST", "https://api.example/api/v2/conversations/guests/x/messages", Vec::new(), "{}");
    let mut attempt = fixtures::attempt(at_millis(510), request, Some(answer));
    attempt.generation = Some(Generation(1));
    Report::Exchange(Arc::new(crate::model::Exchange {
        what: "Hello".to_owned(),
        conversation: Some(KEY),
        message: Some(MESSAGE),
        took: Some(std::time::Duration::from_millis(90)),
        ..fixtures::exchange(7, ExchangeKind::Send, vec![attempt], outcome)
    }))
}

fn moved(delivery: DeliveryStatus, remote_id: Option<&str>) -> Report {
    Report::Message { id: MESSAGE, delivery, exchange: Some(ExchangeId(7)), remote_id: remote_id.map(str::to_owned) }
}

/// Signed in, the conversation read, and the message on its way; then its exchange ends, and with it the message.
fn course(status: u16, body: &str, outcome: Outcome, delivery: DeliveryStatus, remote_id: Option<&str>) -> Vec<Report> {
    let greeting = RemoteMessage::new("m-0", Author::Bot, "Good morning", at_millis(100).wall);
    vec![
        Report::Token(TokenStatus::Getting),
        Report::Token(TokenStatus::Valid(token_facts())),
        Report::RepliesReadable(KEY, RepliesReadable::Yes, AsOf::ReadAt(now())),
        Report::Conversation { key: KEY, state: RemoteState::Connected, since: None, messages: vec![greeting] },
        Report::ClockSkew(90),
        moved(DeliveryStatus::Sending { attempt: 1 }, None),
        sent(Ending::Answered(fixtures::response(status, Vec::new(), body)), outcome),
        moved(delivery, remote_id),
    ]
}

#[test]
fn all_four_front_ends_know_the_same_of_one_course() {
    let denied = r#"{"status":401,"code":"bad.credentials","message":"Invalid login credentials."}"#;
    let why = || "as the server said".to_owned();
    for (course, delivery, sends, runs) in [
        (
            course(200, "{}", Outcome::Accepted, DeliveryStatus::Accepted, Some("m-1")),
            "accepted",
            Exit::Done,
            Exit::Done,
        ),
        (
            course(401, denied, Outcome::Refused(why().into()), DeliveryStatus::Refused(why().into()), None),
            "refused",
            Exit::Refused,
            Exit::Refused,
        ),
        (
            course(504, "{}", Outcome::Unknown(why().into()), DeliveryStatus::Unknown(why().into()), None),
            "unknown",
            Exit::Unknown,
            Exit::Refused,
        ),
    ] {
        let screen = on_screen(&course);
        assert_eq!((screen.delivery.word(), screen.settled, screen.entry), (delivery, true, Some(1)));
        assert_eq!(
            (screen.cause.is_some(), screen.refusals > 0),
            (delivery != "accepted", delivery != "accepted"),
            "{screen:?}"
        );
        assert_eq!(screen.said, ["Good morning", "Hello"]);
        assert_eq!(in_lines(&course), screen, "plain mode");
        assert_eq!(by_send(&course), (screen.clone(), Some(sends)), "send");
        assert_eq!(by_run(&course), (screen, Some(runs)), "run");
    }
}
