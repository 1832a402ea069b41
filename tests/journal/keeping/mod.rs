//! The journal on real files: what is kept, what a restart finds, and what happens in trouble.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use guestwire::engine::{Intent, SendLog as _, Unrecorded};
use guestwire::journal::{HistoryPage, HistoryRange, KeptConversation, KeptEntry, KeptPlace, LogSource, Restored};
use guestwire::journal::{
    HistoryRequest, Job, Journal, JournalOptions, JournalReader, JournalReport, database, recover,
};

use guestwire::model::{
    Address, Attempt, Author, Conversation, ConversationKey, DeliveryStatus, Ending, Exchange, ExchangeKind, Message,
    MessageId, Moment, Outcome, RemoteMessage, Response, Timing, Variation,
};

use crate::support::fixtures::{self, guest_conversation};

mod limits;
mod processes;

const BOUND: Duration = Duration::from_secs(20);

fn conversations() -> Vec<Conversation> {
    (0..3).map(|at| guest_conversation(at, &format!("c{at}"), &format!("id-{at}"))).collect()
}

fn options(dir: &Path) -> JournalOptions {
    JournalOptions::new(dir.join("profiles/p"), conversations())
}

fn open(dir: &Path) -> (Journal, UnboundedReceiver<JournalReport>) {
    Journal::open(options(dir))
}

/// The next page; nothing but a defect reaches the bound.
fn next(pages: &mut UnboundedReceiver<JournalReport>) -> JournalReport {
    let end = std::time::Instant::now() + BOUND;
    loop {
        match pages.try_recv() {
            Ok(page) => return page,
            Err(_) => assert!(std::time::Instant::now() < end, "no page came"),
        }
        std::thread::yield_now();
    }
}

fn restored(pages: &mut UnboundedReceiver<JournalReport>) -> Restored {
    loop {
        match next(pages) {
            JournalReport::Restored(restored) => return *restored,
            JournalReport::Notice(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn history(pages: &mut UnboundedReceiver<JournalReport>) -> HistoryPage {
    loop {
        if let JournalReport::History(history) = next(pages) {
            return history;
        }
    }
}

fn message(id: u64, conversation: u32, text: &str) -> Message {
    Message {
        id: MessageId(id),
        conversation: ConversationKey(conversation),
        author: Author::Guest,
        text: text.to_owned(),
        at: Moment::new(Duration::ZERO, Timestamp::now()),
        delivery: DeliveryStatus::Queued,
        exchange: None,
        remote_id: None,
        resend_of: None,
        sent_as: Some(Variation::NoToken),
        extras: guestwire::model::Extras::default(),
    }
}

fn intent(id: u64, conversation: u32, text: &str) -> Intent {
    Intent {
        message: MessageId(id),
        conversation: ConversationKey(conversation),
        text: text.to_owned(),
        shown: text.to_owned(),
        extras: guestwire::model::Extras::default(),
        attempt: 1,
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn exchange(id: u64, text: &str) -> Exchange {
    let at = Moment::new(Duration::from_secs(5), Timestamp::now());
    let request = fixtures::request(
        "POST",
        "https://api.mypurecloud.de/api/v2/x",
        fixtures::headers(&[("authorization", "«bearer»")]),
        &format!("{{\"text\":\"{text}\"}}"),
    );
    let headers = fixtures::headers(&[("x-request-id", &format!("e42c0b8a-f6e0-4a98-ab8b-{id:012}"))]);
    let response = Response {
        remote: Some("127.0.0.1:1".to_owned()),
        phrase: None,
        ..fixtures::response(401, headers, "{\"code\":\"unauthorized\"}")
    };
    let attempt = Attempt {
        timing: Timing { total: Some(Duration::from_millis(87)), ..Timing::default() },
        ..fixtures::attempt(at, request, Some(Ending::Answered(response)))
    };
    Exchange {
        what: text.to_owned(),
        conversation: Some(ConversationKey(1)),
        message: Some(MessageId(id)),
        took: Some(Duration::from_millis(87)),
        sent_as: Some(Variation::WrongScope),
        ..fixtures::exchange(id, ExchangeKind::Send, vec![attempt], Outcome::Refused("unauthorized: no".into()))
    }
}

#[test]
fn a_restart_finds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages), Restored::default());
    journal.submit(Job::Draft(ConversationKey(0), "half a sen".to_owned(), 4));
    journal.submit(Job::Draft(ConversationKey(1), "goes with its message".to_owned(), 0));
    journal.submit(Job::QueueBeside(Box::new(message(6, 0, "a choice"))));
    journal.submit(Job::Queue(Box::new(message(7, 1, "first"))));
    journal.submit(Job::Queue(Box::new(message(8, 1, "second"))));
    journal.submit(Job::Queue(Box::new(message(9, 2, "third"))));
    wait(journal.intent(intent(7, 1, "first"))).unwrap();
    let named =
        guestwire::model::Extras { idempotency_key: Some("named-9".to_owned()), ..guestwire::model::Extras::default() };
    wait(journal.intent(Intent { extras: named.clone(), ..intent(9, 2, "third") })).unwrap();
    journal.submit(Job::ConversationIdKnown(ConversationKey(2), "remote-c".to_owned()));
    wait(journal.outcome(MessageId(9), &DeliveryStatus::Accepted, Some("remote-9"))).unwrap();
    let kept = KeptConversation {
        key: ConversationKey(2),
        nickname: Some("Anna".to_owned()),
        pinned: true,
        seen: Timestamp::from_second(1_000).ok(),
        unread: 3,
        place: Some(KeptPlace::Theirs("said-1".to_owned(), 2)),
    };
    journal.submit(Job::Conversation(kept.clone()));
    let mut heard = RemoteMessage::new("said-1", Author::Bot, "Which one?", Timestamp::from_second(2_000).unwrap());
    let item = r#"{"label": "The first", "payload": "1", "kind": "ListPicker", "words": "Chosen"}"#;
    heard.choices = vec![serde_json::from_str(item).unwrap()];
    heard.late = true;
    journal.submit(Job::RemoteMessages(ConversationKey(2), vec![heard.clone(), heard.clone()]));
    let added = Conversation {
        key: ConversationKey(3),
        name: "by hand".to_owned(),
        address: Address::GuestApi {
            conversation_id: "added".to_owned(),
            participant_id: Some("part".to_owned()),
            external_id: None,
        },
    };
    // One whose id comes first in the alphabet, added later.
    let address =
        Address::GuestApi { conversation_id: "a-later-one".to_owned(), participant_id: None, external_id: None };
    let later = Conversation { key: ConversationKey(4), name: "later".to_owned(), address };
    journal.submit(Job::Added(added.clone()));
    journal.submit(Job::Added(later.clone()));
    journal.submit(Job::Added(added.clone()));
    // One that is removed again; what was said in it would stay.
    let address = Address::GuestApi { conversation_id: "removed".to_owned(), participant_id: None, external_id: None };
    let removed = Conversation { key: ConversationKey(5), name: "removed".to_owned(), address };
    journal.submit(Job::Added(removed));
    journal.submit(Job::Removed(ConversationKey(5)));
    journal.submit(Job::Opened(ConversationKey(3)));
    journal.submit(Job::Opened(ConversationKey(2)));
    assert!(journal.close(BOUND));
    let (journal, mut pages) = open(dir.path());
    let back = restored(&mut pages);
    assert_eq!(back.drafts, [(ConversationKey(0), "half a sen".to_owned(), 4)]);
    assert!(back.conversations.contains(&kept));
    assert_eq!(back.remote_messages, [(ConversationKey(2), vec![heard])]);
    assert_eq!(back.learned, [(ConversationKey(2), "remote-c".to_owned())]);
    assert_eq!(back.messages[3].0.extras, named, "the name that it was first sent under");
    assert_eq!(back.added, [added, later]);
    assert_eq!(back.open, Some(ConversationKey(2)), "one is open");
    let lives: Vec<_> = back
        .messages
        .iter()
        .map(|(message, _)| message)
        .map(|m| (m.id.0, m.text.as_str(), m.delivery.word()))
        .collect();
    assert_eq!(
        lives,
        [(6, "a choice", "queued"), (7, "first", "unknown"), (8, "second", "queued"), (9, "third", "accepted")]
    );
    assert_eq!(back.messages[3].0.remote_id.as_deref(), Some("remote-9"));
    assert!(
        matches!(&back.messages[1].0.delivery, DeliveryStatus::Unknown(why) if why.to_string().contains("on the wire"))
    );
    journal.close(BOUND);
}

#[test]
fn the_newest_of_each_conversation_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    for id in 1..=303 {
        let conversation = u32::from(id > 300);
        journal.submit(Job::Queue(Box::new(message(id, conversation, &format!("text {id}")))));
        drop(journal.outcome(MessageId(id), &DeliveryStatus::Accepted, None));
    }
    assert!(journal.close(BOUND));
    let (journal, mut pages) = open(dir.path());
    let found: Vec<_> = restored(&mut pages).messages.into_iter().map(|(message, _)| message.id.0).collect();
    assert_eq!(found, (101..=303).collect::<Vec<_>>());
    assert!(journal.close(BOUND));
}

fn found(dir: &Path, query: &str) -> Vec<(String, Outcome)> {
    let reader = JournalReader::open(&options(dir).dir, &conversations()).unwrap();
    let (entries, _) = reader.page(&HistoryRange::Found(query.to_owned(), u64::MAX), 10).unwrap();
    let exchange = |source| match source {
        LogSource::Exchange(exchange) => (exchange.what.clone(), exchange.outcome.clone()),
        LogSource::Note { text, .. } => panic!("{text}"),
    };
    entries.into_iter().map(|e| exchange(e.source)).collect()
}
