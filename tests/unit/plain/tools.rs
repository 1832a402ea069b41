//! What a tester does beside speaking: wrong sends, faults, probes, files and the search.

use super::*;
use crate::session::local::{LocalAnswer, LocalRequest};

/// What a tester does beside sending, as in the console.
#[test]
fn a_message_is_sent_wrongly_on_purpose_once() {
    let mut desk = Desk::script();
    desk.line(".sendas no-token");
    assert_eq!(desk.said(), ["The next message is sent wrongly on purpose: no-token, without a token."]);
    let sent_as = |desk: &Desk| desk.sent()[0].sent_as;
    assert_eq!(sent_as(desk.line("one")), Some(crate::model::Variation::NoToken));
    desk.message(1, DeliveryStatus::Accepted);
    assert_eq!(sent_as(desk.line("two")), None);
    let mut desk = Desk::new(true, true);
    desk.line(".sendas oversize").line("one").line("no").line("two").line("yes");
    assert_eq!(desk.sent()[0].text.len(), MAX + 1, "a message that was not sent does not use it up");
    assert!(desk.line(".sendas no-tokn").said()[0].contains("Did you mean no-token?"));
}

#[test]
fn faults_are_set_by_number_and_by_name() {
    let mut desk = Desk::new(true, false);
    assert!(desk.line(".fault off").said()[0].starts_with("Only the sandbox has faults."));
    desk.plain.session.profile.sandbox = true;
    let said = desk.line(".fault").said().join("\n");
    assert!(said.contains("Token:\n1, expire the token: token-expired."), "{said}");
    let fault = |desk: &Desk| {
        desk.effects.iter().find_map(|act| match act {
            FrontEndEffect::Local(LocalRequest::Fault(json)) => Some(json.clone()),
            _ => None,
        })
    };
    for typed in ["1", "token-expired", r#"{"fault":"token-expired"}"#] {
        assert_eq!(
            fault(desk.line(&format!(".fault {typed}"))).flatten().as_deref(),
            Some(r#"{"fault":"token-expired"}"#)
        );
    }
    assert_eq!(fault(desk.line(".fault off")), Some(None));
    assert!(desk.line(".fault nonsense").said()[0].starts_with("There is no fault nonsense."));
}

#[test]
fn probes_are_told_one_by_one_and_end_with_the_cause() {
    use crate::model::Probed;
    let mut desk = Desk::script();
    desk.line(".probe");
    assert!(desk.plain.wants_line() != Some(true), "a script waits for the end");
    while let Some(asked) = desk.effects.iter().find_map(|act| match act {
        FrontEndEffect::Ask(Command::Probe(asked)) => Some(*asked),
        _ => None,
    }) {
        desk.report(Report::Probe(asked, Probed::NotAsked("no token".to_owned())));
    }
    let said = desk.said().join("\n");
    assert!(said.starts_with("fail, token: no token.\nCause "), "{said}");
    assert!(desk.plain.wants_line() == Some(true));
    assert_ne!(desk.plain.exit(), Exit::Done);
}

#[test]
fn what_was_said_and_asked_is_written_to_files() {
    let mut desk = Desk::script();
    for what in ["har", "transcript", "session", "pass"] {
        desk.line(&format!(".export {what} x.json"));
        assert_eq!(desk.said()[0], format!("There is nothing to write yet: {what} is empty."));
        desk = Desk::script();
    }
    desk.line("Hello").report(exchange(ExchangeKind::Send, Some(1), Outcome::Accepted));
    desk.report(Report::Message {
        id: MessageId(1),
        delivery: DeliveryStatus::Accepted,
        exchange: Some(ExchangeId(7)),
        remote_id: None,
    });
    for (typed, part) in [
        ("har a.har", "\"version\": \"1.2\""),
        ("transcript a.md", "# "),
        ("transcript a.txt", "Hello"),
        ("session a.json", "\"messages\": ["),
        ("pass a.toml", "send = \"Hello\""),
    ] {
        desk.line(&format!(".export {typed}"));
        let [FrontEndEffect::Local(LocalRequest::Write { path, contents, .. })] = desk.effects.as_slice() else {
            panic!("{typed}: {:?}", desk.effects)
        };
        assert!(typed.ends_with(&path.display().to_string()) && contents.contains(part), "{typed}: {contents}");
        desk.on(FrontEndEvent::Local(LocalAnswer::Written(Ok("Saved to a.".to_owned()))));
    }
    assert!(desk.line(".export transcript -").said().iter().any(|line| line.contains("Hello")));
}

#[test]
fn all_that_is_kept_is_searched() {
    use crate::journal::job::{HistoryPage, KeptEntry, LogSource};
    let mut desk = Desk::new(true, false);
    assert!(desk.line(".search bill").said()[0].starts_with("There is no journal here"));
    desk.plain.session.journal.open();
    desk.on(FrontEndEvent::Journal(Box::new(JournalReport::Restored(Box::default()))));
    desk.line(".search bill");
    let wanted = desk.effects.iter().find_map(|act| match act {
        FrontEndEffect::Keep(job) => match &**job {
            Job::History(wanted) => Some(wanted.clone()),
            _ => None,
        },
        _ => None,
    });
    let source =
        LogSource::Note { at: Moment::ZERO, kind: ExchangeKind::Sys, text: "the bill".to_owned(), about: None };
    let entries = vec![KeptEntry { number: 3, source, marked: true, comment: None, delivery: None }];
    let page = HistoryPage { request: wanted.unwrap(), found: Ok((entries, false)) };
    desk.on(FrontEndEvent::Journal(Box::new(JournalReport::History(page))));
    assert_eq!(desk.said()[..2], ["Found 1 entry.", "3, 00:00:00, notice, marked: the bill"]);
}

#[test]
fn a_draft_of_the_console_outlives_what_is_sent_in_lines() {
    use crate::journal::job::{Job, Restored};
    let mut desk = Desk::new(true, false);
    desk.plain.session.journal.open();
    let key = desk.plain.session.conversations.items().next().unwrap().conversation.key;
    let drafts = vec![(key, "half".to_owned(), 4)];
    let restored = Restored { drafts, ..Default::default() };
    desk.on(FrontEndEvent::Journal(Box::new(JournalReport::Restored(Box::new(restored)))));
    desk.line(".open 1").line("hello");
    let is_beside = |job: &Job| matches!(job, Job::QueueBeside(_));
    let keeps_draft = |act: &FrontEndEffect| matches!(act, FrontEndEffect::Keep(job) if is_beside(job));
    assert!(desk.effects.iter().any(keeps_draft), "{:?}", desk.effects);
}

#[test]
fn a_kept_refusal_is_found_with_its_cause() {
    use crate::journal::job::{HistoryPage, HistoryRange, HistoryRequest, KeptEntry, LogSource};
    use crate::model::{Ending, ServerRefusal};
    let mut desk = Desk::new(true, false);
    desk.plain.session.journal.open();
    desk.on(FrontEndEvent::Journal(Box::new(JournalReport::Restored(Box::default()))));
    desk.line(".search bill");
    let answer =
        fixtures::response(429, fixtures::headers(&[("retry-after", "9"), ("inin-correlation-id", "x-9")]), "");
    let request = fixtures::request("POST", "https://api.example/m", Vec::new(), "{}");
    let attempt = fixtures::attempt(Moment::ZERO, request, Some(Ending::Answered(answer)));
    let refused = Outcome::Refused(Reason::Answer(Box::new(ServerRefusal { status: 429, ..ServerRefusal::default() })));
    let kept = Exchange {
        conversation: Some(ConversationKey(0)),
        ..fixtures::exchange(9, ExchangeKind::Send, vec![attempt], refused)
    };
    let source = LogSource::Exchange(Arc::new(kept));
    let entries = vec![KeptEntry { number: 3, source, marked: false, comment: None, delivery: None }];
    let of = HistoryRequest { serial: 1, want: HistoryRange::Found("bill".to_owned(), u64::MAX), limit: 9 };
    let page = HistoryPage { request: of, found: Ok((entries, false)) };
    desk.on(FrontEndEvent::Journal(Box::new(JournalReport::History(page))));
    assert!(desk.said()[1].contains("; cause rate-limited, sure: "), "{:?}", desk.said());
}

#[test]
fn leaving_says_what_becomes_of_queued_messages() {
    for (journal, said) in
        [(false, "queued ones are dropped"), (true, "queued ones are kept and go on at the next start")]
    {
        let mut desk = Desk::new(true, false);
        if journal {
            desk.plain.session.journal.open();
            desk.on(FrontEndEvent::Journal(Box::new(JournalReport::Restored(Box::default()))));
        }
        desk.line("one").line(".quit");
        assert!(desk.said().concat().contains(said), "{:?}", desk.said());
    }
}
