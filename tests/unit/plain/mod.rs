#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use super::*;

use crate::diagnosis::ProfileFacts;
use crate::engine::Report;
use crate::fixtures::{self, at_second, attempt, guest_conversation, request, token_facts};
use crate::journal::{Job, JournalReport};
use crate::model::OutgoingMessage;
use crate::model::{
    Address, AsOf, Author, Conversation, DeliveryStatus, Ending, Exchange, ExchangeKind, ExchangeStep, Failure,
    FailureKind, Outcome, Phase, Reason, RemoteMessage, RemoteState, RepliesReadable, TokenFacts, TokenStatus,
    Unreadable,
};
use crate::session::ProfileInfo;
use crate::session::conversations::Conversations;
use crate::session::log::{Log, LogOptions};

mod commands;
mod live;
mod parity;
mod parser;
mod pass;
mod sentences;
mod tools;

const MAX: usize = crate::model::channel::GUEST_TEXT_MAX_BYTES;

fn conversation(key: u32, name: &str) -> Conversation {
    guest_conversation(key, name, &format!("c{key}"))
}

/// A session and what it did with the last input.
struct Desk {
    plain: Plain,
    now: Moment,
    effects: Vec<FrontEndEffect>,
}

impl Desk {
    fn new(interactive: bool, production: bool) -> Self {
        Self::of(interactive, production, vec![conversation(0, "Billing bot"), conversation(1, "Echo")])
    }

    /// One conversation of each channel.
    fn live(interactive: bool, production: bool) -> Self {
        Self::of(interactive, production, fixtures::live_conversations().to_vec())
    }

    fn of(interactive: bool, production: bool, conversations: Vec<Conversation>) -> Self {
        let facts =
            ProfileFacts { name: "staging".to_owned(), region: "mypurecloud.de".to_owned(), ..ProfileFacts::default() };
        let info = ProfileInfo { facts, production, data_dir: PathBuf::from("data"), ..ProfileInfo::default() };
        let log = Log::new(LogOptions::default());
        let session = Session::new(info, Conversations::new(conversations), log);
        let plain = Plain::new(session, interactive, TimeZone::UTC, 7);
        let mut desk = Self { plain, now: Moment::ZERO, effects: Vec::new() };
        desk.on(FrontEndEvent::Begin);
        desk
    }

    fn script() -> Self {
        Self::new(false, false)
    }

    fn on(&mut self, input: FrontEndEvent) -> &mut Self {
        self.effects = self.plain.on(self.now, input);
        self
    }

    fn line(&mut self, line: &str) -> &mut Self {
        assert!(self.plain.wants_line() == Some(true), "{line:?} comes too early");
        self.on(FrontEndEvent::Line(InputLine::Text(line.to_owned())))
    }

    fn report(&mut self, report: Report) -> &mut Self {
        self.on(FrontEndEvent::Report(Box::new(report)))
    }

    fn message(&mut self, id: u64, delivery: DeliveryStatus) -> &mut Self {
        self.report(Report::Message { id: MessageId(id), delivery, exchange: None, remote_id: None })
    }

    fn said(&self) -> Vec<&str> {
        self.effects
            .iter()
            .filter_map(|act| if let FrontEndEffect::Line(line) = act { Some(line.as_str()) } else { None })
            .collect()
    }

    fn sent(&self) -> Vec<&OutgoingMessage> {
        let sent = |act: &'_ FrontEndEffect| matches!(act, FrontEndEffect::Ask(Command::Send(..)));
        self.effects
            .iter()
            .filter(|act| sent(act))
            .map(|act| if let FrontEndEffect::Ask(Command::Send(_, request)) = act { request } else { unreachable!() })
            .collect()
    }

    fn texts(&self) -> Vec<&str> {
        self.sent().into_iter().map(|request| request.text.as_str()).collect()
    }

    fn asked(&self, command: &Command) -> bool {
        self.effects.contains(&FrontEndEffect::Ask(command.clone()))
    }

    fn left(&self) -> bool {
        self.effects.iter().any(|act| matches!(act, FrontEndEffect::Finish(_)))
    }
}

fn exchange(kind: ExchangeKind, message: Option<u64>, outcome: Outcome) -> Report {
    Report::Exchange(Arc::new(Exchange {
        what: "x".to_owned(),
        conversation: Some(ConversationKey(0)),
        message: message.map(MessageId),
        took: Some(Duration::ZERO),
        ..fixtures::exchange(7, kind, Vec::new(), outcome)
    }))
}

fn read(key: u32, messages: &[(&str, Author, &str)]) -> Report {
    let messages = messages
        .iter()
        .map(|(id, author, text)| RemoteMessage::new(*id, *author, *text, jiff::Timestamp::UNIX_EPOCH))
        .collect();
    Report::Conversation { key: ConversationKey(key), state: RemoteState::Connected, since: None, messages }
}

fn facts(generation: u32) -> TokenFacts {
    TokenFacts {
        generation: Generation(generation),
        expires: Some(at_second(600)),
        lifetime: None,
        requested: Vec::new(),
        ..token_facts()
    }
}

#[test]
fn a_script_takes_a_line_when_the_one_before_is_settled() {
    let mut desk = Desk::script();
    desk.line("one");
    assert_eq!(desk.texts(), ["one"]);
    assert!(desk.plain.wants_line() != Some(true));
    desk.message(1, DeliveryStatus::Queued).message(1, DeliveryStatus::Sending { attempt: 1 });
    assert!(desk.plain.wants_line() != Some(true));
    desk.message(1, DeliveryStatus::Accepted);
    assert_eq!(desk.said(), ["Message accepted."]);
    assert!(desk.plain.wants_line() == Some(true));
    assert_eq!(desk.line("..two").texts(), [".two"]);
    desk.on(FrontEndEvent::Line(InputLine::End));
    assert!(!desk.left(), "what is in flight is waited for");
    assert!(desk.message(1, DeliveryStatus::Answered).effects.is_empty());
    assert!(desk.message(2, DeliveryStatus::Accepted).left());
    assert_eq!(desk.plain.exit(), Exit::Done);
}

#[test]
fn the_last_outcome_is_the_exit_code() {
    let why = || "why".to_owned();
    for (delivery, exit) in [
        (DeliveryStatus::Accepted, Exit::Done),
        (DeliveryStatus::Refused(why().into()), Exit::Refused),
        (DeliveryStatus::Unknown(why().into()), Exit::Unknown),
        (DeliveryStatus::Cancelled, Exit::Refused),
    ] {
        let mut desk = Desk::script();
        desk.line("one").message(1, DeliveryStatus::Refused(why().into()));
        desk.line("two").message(2, delivery.clone());
        desk.report(Report::Token(TokenStatus::Valid(facts(1)))).line(".token").line(".ids").line(".log");
        assert!(desk.on(FrontEndEvent::Line(InputLine::End)).left());
        assert_eq!(desk.plain.exit(), exit, "{delivery:?}");
        let mut desk = Desk::new(true, false);
        desk.line("one").message(1, delivery);
        assert!(desk.on(FrontEndEvent::Line(InputLine::End)).left());
        assert_eq!(desk.plain.exit(), Exit::Done, "a person heard it");
    }
}

#[test]
fn a_network_failure_is_told_apart_from_a_refusal() {
    let mut desk = Desk::script();
    let why = || Reason::SocketLost("no route".to_owned());
    desk.line("one").report(exchange(ExchangeKind::Send, Some(1), Outcome::Failed(why())));
    desk.report(Report::Message {
        id: MessageId(1),
        delivery: DeliveryStatus::Refused(why()),
        exchange: Some(ExchangeId(7)),
        remote_id: None,
    });
    assert_eq!(desk.said(), ["Message 1 not sent, nothing was written: no route. Type .resend 1 to try again."]);
    assert_eq!(desk.plain.exit(), Exit::Network);
    let mut desk = Desk::script();
    let failure = Failure::new(FailureKind::Unprocessed, Phase::Answer, "it promises so");
    let mut written = exchange(ExchangeKind::Send, Some(1), Outcome::Failed(why()));
    let Report::Exchange(sent) = &mut written else { panic!() };
    let tried = attempt(at_second(1), request("POST", "https://h/", Vec::new(), ""), Some(Ending::Failed(failure)));
    Arc::make_mut(sent).steps = vec![ExchangeStep::Try(Arc::new(tried))];
    desk.line("one").report(written);
    desk.report(Report::Message {
        id: MessageId(1),
        delivery: DeliveryStatus::Refused(why()),
        exchange: Some(ExchangeId(7)),
        remote_id: None,
    });
    let how = "not taken, the server promised that it did not process the request";
    assert_eq!(desk.said(), [format!("Message 1 {how}: no route. Type .resend 1 to try again.")]);
}

#[test]
fn a_late_settling_changes_the_end_only_of_the_last() {
    let mut desk = Desk::script();
    desk.line("one").message(1, DeliveryStatus::Unknown("lost".into())).message(1, DeliveryStatus::Received);
    assert_eq!(desk.plain.exit(), Exit::Done);
    let mut desk = Desk::script();
    desk.line("one").message(1, DeliveryStatus::Unknown("lost".into()));
    desk.line("two").message(2, DeliveryStatus::Refused("no".into())).message(1, DeliveryStatus::Received);
    assert_eq!(desk.plain.exit(), Exit::Refused);
}

#[test]
fn a_script_stops_where_a_line_makes_no_sense() {
    for line in [".opn 2", ".open 9", ".open", ".list x", ".log x", ".headers 4", ".wait soon", ".wait", ".resend", "."]
    {
        let mut desk = Desk::script();
        desk.line(line);
        assert_eq!(desk.said().last(), Some(&"Stopped here: the lines that follow are not read."), "{line}");
        assert!(desk.left() && desk.sent().is_empty(), "{line}");
        assert_eq!(desk.plain.exit(), Exit::Usage, "{line}");
        let mut desk = Desk::new(true, false);
        desk.line(line);
        assert!(!desk.left() && desk.plain.wants_line() == Some(true), "{line}");
        assert!(desk.said().last().unwrap().ends_with("or a dot command:"), "{line}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_reason() {
    let long = "é".repeat(MAX / 2 + 1);
    for (line, reason) in [(".say  ", "the text is blank"), (long.as_str(), "2 more than the limit of 4096")] {
        let mut desk = Desk::script();
        desk.line(line);
        assert!(desk.sent().is_empty() && desk.said()[0].contains(reason), "{:?}", desk.said());
        assert_eq!(desk.plain.exit(), Exit::Refused);
        assert!(desk.plain.wants_line() == Some(true), "a refusal stops nothing");
    }
    assert!(Desk::script().line("").effects.is_empty(), "blank lines mean nothing in a script");
}

#[test]
fn a_block_is_one_text_and_never_sent_by_halves() {
    let mut desk = Desk::script();
    for line in [".begin", "a", "", ".quit", "..end", "...", " .end"] {
        assert!(desk.line(line).effects.is_empty(), "{line}");
    }
    assert_eq!(desk.line(".end ").texts(), ["a\n\n.quit\n.end\n..\n .end"]);
    for end in [
        FrontEndEvent::Line(InputLine::End),
        FrontEndEvent::Signal(Signal::Interrupt),
        FrontEndEvent::Line(InputLine::Text(".drop".to_owned())),
    ] {
        let mut desk = Desk::script();
        desk.line(".begin").line("a").on(end);
        assert!(desk.sent().is_empty());
        desk.on(FrontEndEvent::Line(InputLine::End));
        assert!(desk.sent().is_empty());
    }
}

#[test]
fn production_sends_only_after_a_yes() {
    let mut desk = Desk::new(false, true);
    desk.line("hi there");
    assert!(desk.sent().is_empty());
    assert!(desk.said()[0].contains("mypurecloud.de") && desk.said()[0].contains("hi there"), "{:?}", desk.said());
    assert_eq!(desk.line("yes").texts(), ["hi there"]);
    desk.message(1, DeliveryStatus::Accepted);
    assert!(desk.line("again").line("no").sent().is_empty());
    assert_eq!(desk.plain.exit(), Exit::Refused);
    // The next text is no answer: neither is sent.
    desk.line("one").line("two");
    assert!(desk.sent().is_empty() && desk.left());
    assert_eq!(desk.plain.exit(), Exit::Usage);
    let mut desk = Desk::new(true, true);
    desk.line("one").line("two");
    assert_eq!(desk.said(), ["That is not an answer. Type yes or no."]);
    desk.on(FrontEndEvent::Line(InputLine::End));
    assert!(desk.left() && desk.sent().is_empty());
}

#[test]
fn a_reply_is_waited_for_and_no_longer_than_asked() {
    let mut desk = Desk::script();
    desk.line("one").message(1, DeliveryStatus::Accepted);
    desk.line(".wait 2s");
    assert!(desk.plain.wants_line() != Some(true));
    assert_eq!(desk.plain.due(), Some(Moment::ZERO.after(Duration::from_secs(2))));
    desk.report(read(0, &[("r", Author::Bot, "yes?")]));
    assert!(desk.said().contains(&"Bot says: yes?"), "{:?}", desk.said());
    desk.message(1, DeliveryStatus::Answered);
    assert!(desk.plain.wants_line() == Some(true) && desk.plain.due().is_none());
    assert_eq!(desk.plain.exit(), Exit::Done);

    let mut desk = Desk::script();
    desk.line("one").message(1, DeliveryStatus::Accepted).line(".wait 2s");
    desk.now = Moment::ZERO.after(Duration::from_secs(2));
    desk.on(FrontEndEvent::Due);
    assert_eq!(desk.said(), ["No reply was received within 2 seconds. Type .wait to wait longer, or .read."]);
    assert_eq!(desk.plain.exit(), Exit::Refused);
}

#[test]
fn a_script_takes_back_what_no_token_will_carry() {
    let mut desk = Desk::script();
    desk.line("one").message(1, DeliveryStatus::Queued);
    desk.report(Report::Token(TokenStatus::BadClient("client not found".to_owned())));
    assert!(desk.asked(&Command::Cancel(MessageId(1))));
    desk.message(1, DeliveryStatus::Cancelled);
    assert_eq!(
        desk.said(),
        [
            "Message not sent, not signed in: client not found; check the client's id, its secret, the region and client_auth."
        ]
    );
    assert_eq!(desk.plain.exit(), Exit::NotSignedIn);
    assert!(desk.plain.wants_line() == Some(true));
    // What is told costs nothing: the end stays.
    desk.line(".token");
    assert_eq!(desk.plain.exit(), Exit::NotSignedIn);
    // A person may mend it: their message waits.
    let mut desk = Desk::new(true, false);
    desk.line("one").message(1, DeliveryStatus::Queued);
    desk.report(Report::Token(TokenStatus::BadClient("client not found".to_owned())));
    assert!(!desk.asked(&Command::Cancel(MessageId(1))));
    assert!(desk.said()[0].ends_with("type .signin."));
    assert!(desk.line(".signin").asked(&Command::SignIn));
}

#[test]
fn a_new_token_is_one_of_a_later_generation() {
    let mut desk = Desk::script();
    desk.report(Report::Token(TokenStatus::Valid(facts(1))));
    assert_eq!(desk.said(), ["Signed in; the token lasts 10 minutes."]);
    assert!(desk.line(".renew").asked(&Command::Renew));
    desk.report(Report::Token(TokenStatus::Valid(facts(1))));
    assert!(desk.plain.wants_line() != Some(true), "facts about the old one are no new one");
    desk.report(Report::Token(TokenStatus::Renewing(facts(1)))).report(Report::Token(TokenStatus::Valid(facts(2))));
    assert_eq!(desk.said(), ["New token; the token lasts 10 minutes."]);
    assert!(desk.plain.wants_line() == Some(true));
    desk.line(".renew").report(Report::Token(TokenStatus::BadClient("no".to_owned())));
    assert_eq!(desk.plain.exit(), Exit::NotSignedIn);
}

#[test]
fn ctrl_c_takes_back_then_leaves() {
    for interactive in [true, false] {
        let mut desk = Desk::new(interactive, false);
        desk.line("one")
            .message(1, DeliveryStatus::Sending { attempt: 1 })
            .on(FrontEndEvent::Signal(Signal::Interrupt));
        assert!(desk.asked(&Command::Cancel(MessageId(1))) && !desk.left());
        desk.message(1, DeliveryStatus::Cancelled);
        assert_eq!(desk.left(), !interactive, "a script is not read on");
        let mut desk = Desk::new(interactive, false);
        desk.line("one").on(FrontEndEvent::Signal(Signal::Interrupt));
        assert!(desk.on(FrontEndEvent::Signal(Signal::Interrupt)).left(), "the second does not wait");
        assert!(Desk::new(interactive, false).on(FrontEndEvent::Signal(Signal::Interrupt)).left());
    }
}

#[test]
fn sending_again_asks_and_says_what_happened() {
    for (delivery, how, yes) in [
        (DeliveryStatus::Refused("401".into()), "Type yes or no.", "yes"),
        (DeliveryStatus::Accepted, "Type yes or no.", "yes"),
        (DeliveryStatus::Unknown("reset".into()), "Type again to send it again, or no.", "again"),
    ] {
        let mut desk = Desk::script();
        desk.line("one").report(exchange(ExchangeKind::Send, Some(1), Outcome::Accepted)).message(1, delivery);
        desk.line(".resend 1");
        assert_eq!(desk.said().last(), Some(&how));
        assert!(desk.sent().is_empty());
        desk.line(yes);
        assert_eq!(desk.sent()[0].resend_of, Some(MessageId(1)));
        let is_new = |act: &FrontEndEffect| matches!(act, FrontEndEffect::Ask(Command::Send(MessageId(2), _)));
        assert!(desk.effects.iter().any(is_new));
    }
}

#[test]
fn an_unknown_outcome_is_settled_by_number_or_by_word() {
    let landed = |received| Command::Settle { message: MessageId(1), received };
    let wanted = [
        (vec![".settle 1", "2"], landed(true)),
        (vec![".settle 1", "3"], landed(false)),
        (vec![".settle 1", "1"], Command::Read(ConversationKey(0))),
        (vec![".settle 1 received"], landed(true)),
        (vec![".settle 1 lost"], landed(false)),
    ];
    for (lines, command) in wanted {
        let mut desk = Desk::script();
        desk.line("one").report(exchange(ExchangeKind::Send, Some(1), Outcome::Unknown("reset".into())));
        desk.message(1, DeliveryStatus::Unknown("reset".into()));
        assert!(desk.said()[0].contains("not known whether it was received"), "{:?}", desk.said());
        for line in &lines {
            desk.line(line);
        }
        assert!(desk.asked(&command), "{lines:?}: {:?}", desk.effects);
    }
}

#[test]
fn a_conversation_is_opened_by_number_or_name() {
    for line in [".open 2", ".open Echo", ".open echo"] {
        let mut desk = Desk::script();
        desk.line(line);
        assert!(
            desk.asked(&Command::Watch(Some(ConversationKey(1)))) && desk.asked(&Command::Read(ConversationKey(1)))
        );
        assert_eq!(desk.line("hi").sent()[0].conversation, ConversationKey(1));
    }
}

#[test]
fn ids_of_a_conversation_are_its_own() {
    let mut desk = Desk::script();
    desk.line("one")
        .report(exchange(ExchangeKind::Send, Some(1), Outcome::Accepted))
        .message(1, DeliveryStatus::Accepted);
    let said = desk.line(".ids").said().join("\n");
    assert!(said.contains("conversation id: c0") && said.contains("entry 1 has no request id"), "{said}");
    let said = desk.line(".open 2").line(".ids").said().join("\n");
    assert!(said.contains("conversation id: c1") && !said.contains("entry 1"), "{said}");
    assert!(desk.line(".ids 1").said()[0].contains("entry 1 has no request id"));
}

#[test]
fn a_read_that_fails_is_told_and_ends_the_wait() {
    let mut desk = Desk::script();
    assert!(desk.line(".read").asked(&Command::Read(ConversationKey(0))));
    assert!(desk.plain.wants_line() != Some(true));
    desk.report(exchange(ExchangeKind::Read, None, Outcome::Refused("404 not found.".into())));
    let readable = RepliesReadable::No(Unreadable::Refused(404, Vec::new()));
    let as_of = AsOf::ReadAt(Moment::ZERO);
    desk.report(Report::RepliesReadable(ConversationKey(0), readable, as_of));
    let said = desk.said();
    let why = "Conversation 1, Billing bot, replies could not be read: 404; there is no such conversation";
    assert!(said.len() == 1 && said[0].starts_with(why) && said[0].ends_with(". Type .read to try again."), "{said:?}");
    assert!(desk.plain.wants_line() == Some(true));
    assert_eq!(desk.plain.exit(), Exit::Refused);
}

#[test]
fn nothing_from_outside_can_pass_for_ours_or_reach_the_terminal() {
    let mut desk = Desk::script();
    let hostile = "hi\u{1b}]52;c;eA==\u{7}\nMessage 1 accepted.\r\u{202e}";
    desk.line("one").message(1, DeliveryStatus::Accepted);
    desk.report(read(1, &[("r", Author::Bot, "old")]));
    desk.report(read(1, &[("r", Author::Bot, "old"), ("s", Author::Bot, hostile)]));
    assert_eq!(
        desk.said(),
        [
            "Bot says in Conversation 2, Echo: hi␛]52;c;eA==␇",
            "Bot goes on in Conversation 2, Echo: Message 1 accepted.␍<RLO>"
        ]
    );
    desk.report(Report::Notice(None, "x\n\u{1b}[2J".to_owned()));
    desk.line("two");
    desk.message(2, DeliveryStatus::Refused("no\nMessage 2 accepted.\u{9b}2J".into()));
    assert_eq!(desk.said().len(), 1);
    for line in desk.line(".thread").said() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
