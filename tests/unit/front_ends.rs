//! One recorded course of reports, played through all four front ends: each must show the same facts. (That each knows
//! the same is held in `cli/faces.rs`.)
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::app::drive::{FrontEnd as _, FrontEndEffect, FrontEndEvent, InputLine};
use crate::cli::send::front_end::{SendFrontEnd, Sending};
use crate::diagnosis::{PastExchanges, ProfileFacts};
use crate::engine::{Command, Report};
use crate::fixtures::{self, DENIED, SCOPE, at_millis, guest_conversation, token_facts};
use crate::model::{
    Attempt, Author, Cause, Channel, ConversationKey, DeliveryStatus, Ending, Exchange, ExchangeId, ExchangeKind,
    Extras, Failure, FailureKind, Generation, MessageId, Moment, Outcome, Phase, RemoteMessage, RemoteState,
    RepliesReadable, TokenFacts, TokenStatus,
};
use crate::pass::runner::{
    Mode, PassConversation, RunSetup, RunStart, Runner, RunnerContext, RunnerEffect, RunnerEvent,
};
use crate::pass::{Pass, PassRun};
use crate::session::conversations::Conversations;
use crate::session::log::{Log, LogOptions};
use crate::session::{ProfileInfo, Session};

#[path = "../support/console.rs"]
#[expect(dead_code, clippy::expect_used, reason = "the console of the other tests")]
mod console;

const KEY: ConversationKey = ConversationKey(0);
const TEXT: &str = "is anyone there?";
const REQUEST_ID: &str = "5f0c91ce-f6e0-4a98-ab8b-941167ea8968";

/// What is to be found in every front end.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    outcome: &'static str,
    status: Option<u16>,
    request_id: Option<&'static str>,
    cause: Option<Cause>,
    reply: Option<&'static str>,
}

/// A course, as far as it depends on the message that a front end sends.
struct Course {
    name: &'static str,
    reports: fn(MessageId) -> Vec<Report>,
    facts: Facts,
}

const COURSES: [Course; 3] = [
    Course {
        name: "accepted, and answered",
        reports: |id| {
            let answer = Ending::Answered(response(200, r#"{"id":"m-1","status":"accepted"}"#));
            let ours = RemoteMessage::new("m-1", Author::Guest, TEXT, at_millis(150).wall);
            let reply = RemoteMessage::new("b-1", Author::Bot, "Anna here", at_millis(900).wall);
            vec![
                token(&[SCOPE]),
                moved(id, DeliveryStatus::Sending { attempt: 1 }),
                exchange(id, Some(answer), Outcome::Accepted),
                moved(id, DeliveryStatus::Accepted),
                Report::Conversation {
                    key: KEY,
                    state: RemoteState::Connected,
                    since: None,
                    messages: vec![ours, reply],
                },
                Report::RepliesReadable(KEY, RepliesReadable::Yes, crate::model::AsOf::ReadAt(at_millis(950))),
            ]
        },
        facts: Facts {
            outcome: "accepted",
            status: Some(200),
            request_id: Some(REQUEST_ID),
            cause: None,
            reply: Some("Anna here"),
        },
    },
    Course {
        name: "refused for want of the scope",
        reports: |id| {
            let why = "unauthorized: The request could not be fulfilled";
            vec![
                token(&["conversations"]),
                moved(id, DeliveryStatus::Sending { attempt: 1 }),
                exchange(id, Some(Ending::Answered(response(401, DENIED))), Outcome::Refused(why.into())),
                moved(id, DeliveryStatus::Refused(why.into())),
            ]
        },
        facts: Facts {
            outcome: "refused",
            status: Some(401),
            request_id: Some(REQUEST_ID),
            cause: Some(Cause::ScopeStripped),
            reply: None,
        },
    },
    Course {
        name: "the answer is lost",
        reports: |id| {
            let failure = Failure::written(FailureKind::Reset, Phase::Answer, "connection reset by peer");
            let why = "the connection was reset after the request was written";
            vec![
                token(&[SCOPE]),
                moved(id, DeliveryStatus::Sending { attempt: 1 }),
                exchange(id, Some(Ending::Failed(failure)), Outcome::Unknown(why.into())),
                moved(id, DeliveryStatus::Unknown(why.into())),
            ]
        },
        facts: Facts {
            outcome: "unknown",
            status: None,
            request_id: None,
            cause: Some(Cause::NetworkConnect),
            reply: None,
        },
    },
];

fn token(granted: &[&str]) -> Report {
    let granted: Vec<String> = granted.iter().map(|scope| (*scope).to_owned()).collect();
    let missing = if granted.iter().any(|scope| scope == SCOPE) { Vec::new() } else { vec![SCOPE.to_owned()] };
    Report::Token(TokenStatus::Valid(TokenFacts { granted: Some(granted), missing, ..token_facts() }))
}

fn moved(id: MessageId, delivery: DeliveryStatus) -> Report {
    Report::Message { id, delivery, exchange: Some(ExchangeId(7)), remote_id: None }
}

fn response(status: u16, body: &str) -> crate::model::Response {
    let headers = fixtures::headers(&[("content-type", "application/json"), ("x-request-id", REQUEST_ID)]);
    fixtures::response(status, headers, body)
}

fn exchange(id: MessageId, ending: Option<Ending>, outcome: Outcome) -> Report {
    let url = "https://api.mypurecloud.de/api/v2/conversations/messaging/5f0c91ce-1111-4222-8333-44445555bd8a/messages";
    let headers = fixtures::headers(&[("authorization", "Bearer «token #1»"), ("content-type", "application/json")]);
    let body = format!(r#"{{"text":"{TEXT}","type":"text"}}"#);
    let attempt = Attempt {
        generation: Some(Generation(1)),
        token_age: Some(Duration::from_millis(100)),
        ..fixtures::attempt(at_millis(100), fixtures::request("POST", url, headers, &body), ending)
    };
    Report::Exchange(Arc::new(Exchange {
        what: TEXT.to_owned(),
        conversation: Some(KEY),
        message: Some(id),
        took: Some(Duration::from_millis(100)),
        ..fixtures::exchange(7, ExchangeKind::Send, vec![attempt], outcome)
    }))
}

fn profile() -> ProfileInfo {
    let facts = ProfileFacts {
        name: "staging".to_owned(),
        region: "mypurecloud.de".to_owned(),
        api: "https://api.mypurecloud.de".to_owned(),
        token_host: "https://login.mypurecloud.de".to_owned(),
        requested: vec![SCOPE.to_owned()],
        required: vec![SCOPE.to_owned()],
        guest_path: "/api/v2/conversations/messaging/{conversationId}/messages".to_owned(),
        ..ProfileFacts::default()
    };
    ProfileInfo { facts, ..ProfileInfo::default() }
}

fn conversations() -> Conversations {
    Conversations::new(vec![guest_conversation(0, "Billing bot", "5f0c91ce-1111-4222-8333-44445555bd8a")])
}

fn session() -> Session {
    Session::new(profile(), conversations(), Log::new(LogOptions::default()))
}

/// The message that a front end asks the engine to send.
fn sent<'c>(commands: impl IntoIterator<Item = &'c Command>) -> MessageId {
    let message = |command: &Command| if let Command::Send(id, _) = command { Some(*id) } else { None };
    commands.into_iter().find_map(message).unwrap_or_else(|| panic!("nothing is sent"))
}

// ---- the four front ends ------------------------------------------------------------------------------------------

/// `guestwire send --json`: the facts of its lines.
fn by_send(course: &Course) -> Facts {
    let sending = Sending {
        conversation: KEY,
        text: TEXT.to_owned(),
        extras: Extras::default(),
        reply_within: course.facts.reply.map(|_| Duration::from_secs(5)),
        ..Sending::default()
    };
    let mut front_end = SendFrontEnd::new(sending, session(), &[]);
    let mut effects = front_end.on(Moment::ZERO, FrontEndEvent::Begin);
    let id = sent(
        effects.iter().filter_map(|act| if let FrontEndEffect::Ask(command) = act { Some(command) } else { None }),
    );
    for report in (course.reports)(id) {
        effects.extend(front_end.on(at_millis(1_000), FrontEndEvent::Report(Box::new(report))));
    }
    // Nobody finds the message whose answer was lost.
    while let Some(due) = front_end.due() {
        effects.extend(front_end.on(due, FrontEndEvent::Due));
    }
    let lines: Vec<Value> = effects
        .iter()
        .filter_map(|act| {
            if let FrontEndEffect::Say(line) = act { serde_json::from_str(&line.json.to_string()).ok() } else { None }
        })
        .collect();
    let outcome = lines.iter().find(|line| line["event"] == "outcome").unwrap();
    let reply = lines.iter().find(|line| line["event"] == "reply");
    facts(
        course,
        outcome["outcome"].as_str(),
        outcome["status"].as_u64(),
        outcome["request_id"].as_str(),
        outcome["cause"].as_str(),
        reply.and_then(|line| line["text"].as_str()),
    )
}

/// A pass with one step that says the same: the facts of its evidence.
fn by_pass(course: &Course) -> Facts {
    let text = format!(
        "name = \"t\"\n[[cases]]\nname = \"c\"\n[[cases.steps]]\nsend = \"{TEXT}\"\njudge = \"All is well.\"\n"
    );
    let pass = Arc::new(Pass::parse(Path::new("t.toml"), &text).unwrap_or_else(|e| panic!("{e}")));
    let run = PassRun {
        id: uuid::Uuid::from_u128(1).to_string(),
        file: "t.toml".to_owned(),
        source: text,
        profile: "staging".to_owned(),
        region: "mypurecloud.de".to_owned(),
        ..PassRun::default()
    };
    let begin = RunStart { run, at: Moment::ZERO, plan: vec![(0, 1)] };
    let readable = RepliesReadable::NotYetKnown;
    let conversation =
        PassConversation { name: "Billing bot".to_owned(), key: KEY, channel: Channel::GuestApi, readable };
    let setup = RunSetup { conversations: vec![conversation], default_conversation: Some(KEY), sandbox: false };
    let mut runner = Runner::new(pass, begin, setup, Mode::Person);
    let (profile, id) = (profile().facts, MessageId(1));
    let mut past = PastExchanges::default();
    let reports = (course.reports)(id);
    let mut on = |runner: &mut Runner, event: RunnerEvent<'_>| {
        match event {
            RunnerEvent::Report(Report::Exchange(exchange)) => drop(past.exchange(exchange)),
            RunnerEvent::Report(Report::Token(status)) => drop(status.facts().map(|facts| past.token(facts))),
            _ => {}
        }
        runner.on(at_millis(1_000), event, &RunnerContext { facts: &profile, past: &past, no_token: [None, None] })
    };
    on(&mut runner, RunnerEvent::Report(&reports[0]));
    let effects = on(&mut runner, RunnerEvent::Go);
    assert!(
        effects.iter().any(|effect| matches!(effect, RunnerEffect::Send(send) if send.text == TEXT)),
        "{effects:?}"
    );
    runner.sent(id);
    for report in &reports[1..] {
        on(&mut runner, RunnerEvent::Report(report));
    }
    let evidence = &runner.run().cases[0].steps[0].evidence;
    let send = evidence.exchanges.iter().find(|exchange| exchange.exchange.kind == ExchangeKind::Send).unwrap();
    let ours = evidence.said.iter().find(|said| said.author == "guest").unwrap();
    let reply = evidence.said.iter().find(|said| said.author != "guest");
    facts(
        course,
        ours.delivery.as_deref(),
        send.exchange.status().map(u64::from),
        send.exchange.request_id().map(|(_, id)| id).as_deref(),
        send.cause.as_ref().map(|cause| cause.cause.as_str()),
        reply.map(|said| said.text.as_str()),
    )
}

/// The line mode: all that it says of its own accord, and of the message when it is asked.
fn by_lines(course: &Course) -> String {
    use crate::plain::Plain;
    let mut plain = Plain::new(
        Session::new(profile(), conversations(), Log::new(LogOptions::default())),
        true,
        jiff::tz::TimeZone::UTC,
        7,
    );
    let mut effects = plain.on(Moment::ZERO, FrontEndEvent::Begin);
    effects.extend(plain.on(Moment::ZERO, FrontEndEvent::Line(InputLine::Text(TEXT.to_owned()))));
    let id = sent(
        effects.iter().filter_map(|act| if let FrontEndEffect::Ask(command) = act { Some(command) } else { None }),
    );
    for report in (course.reports)(id) {
        effects.extend(plain.on(at_millis(1_000), FrontEndEvent::Report(Box::new(report))));
    }
    // A status and an id are said in full to those who ask.
    for line in [".ids 1", ".headers 1"] {
        effects.extend(plain.on(at_millis(1_000), FrontEndEvent::Line(InputLine::Text(line.to_owned()))));
    }
    let said =
        effects.iter().filter_map(|act| if let FrontEndEffect::Line(line) = act { Some(line.as_str()) } else { None });
    said.collect::<Vec<_>>().join("\n")
}

/// The console: all that its screens show, the newest exchange in full.
fn by_console(course: &Course) -> String {
    use console::{Desk, sends};
    let mut desk = Desk::with(160, 60, |setup| {
        setup.now = Moment::ZERO;
        setup.session.profile = profile();
        setup.session.conversations = conversations();
    });
    desk.keys("esc c");
    desk.type_text(TEXT);
    let id = sends(&desk.keys("enter")).first().unwrap_or_else(|| panic!("nothing is sent:\n{}", desk.screen())).0;
    desk.pass(1_000);
    for report in (course.reports)(id) {
        desk.report(report);
    }
    let mut shown = desk.screen();
    desk.keys("esc G enter enter");
    shown.push_str(&desk.screen());
    if course.facts.cause.is_some() {
        desk.keys("d");
        shown.push_str(&desk.screen());
    }
    shown
}

fn facts(
    course: &Course,
    outcome: Option<&str>,
    status: Option<u64>,
    request_id: Option<&str>,
    cause: Option<&str>,
    reply: Option<&str>,
) -> Facts {
    // Words of the front ends stand in the course already, or are none of its facts.
    let known = |word: Option<&str>, ours: Option<&'static str>| {
        word.map(|word| ours.filter(|ours| *ours == word).unwrap_or_else(|| panic!("{}: {word}", course.name)))
    };
    Facts {
        outcome: known(outcome, Some(course.facts.outcome)).unwrap(),
        status: status.map(|status| status.try_into().unwrap()),
        request_id: known(request_id, course.facts.request_id),
        cause: cause.and_then(Cause::named),
        reply: known(reply, course.facts.reply),
    }
}

#[test]
fn all_four_front_ends_show_the_same_facts_of_one_course() {
    for course in &COURSES {
        assert_eq!(by_send(course), course.facts, "send, {}", course.name);
        assert_eq!(by_pass(course), course.facts, "a pass, {}", course.name);
        let Facts { outcome, status, request_id, cause, reply } = &course.facts;
        let status = status.map(|status| status.to_string());
        // How each says that the outcome is not known.
        let (by_lines, by_console) = (by_lines(course), by_console(course));
        for (front_end, shown, words) in [
            ("lines", &by_lines, if *outcome == "unknown" { "it is not known" } else { outcome }),
            ("the console", &by_console, if *outcome == "unknown" { "unknown" } else { outcome }),
        ] {
            let wanted = [Some(words), status.as_deref(), *request_id, *reply];
            for wanted in wanted.into_iter().flatten() {
                assert!(shown.contains(wanted), "{front_end}, {}: no {wanted:?} in\n{shown}", course.name);
            }
            for other in ["accepted", "refused", "unknown"].into_iter().filter(|other| other != outcome) {
                let says_other = shown.lines().any(|line| line.contains(TEXT) && line.contains(other));
                assert!(!says_other, "{front_end}, {}: {other:?} in\n{shown}", course.name);
            }
        }
        // The line mode names no causes.
        if let Some(cause) = cause {
            assert!(by_console.contains(cause.name()), "the console, {}: {by_console}", course.name);
        }
    }
}
