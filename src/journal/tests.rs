//! The journal on real files: what is kept, what a restart finds, and what happens in trouble.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use super::job::{History, KeptConversation, KeptPlace, KeptSource, Restored, Want};
use super::*;
use crate::engine::send_log::{Intent, SendLog as _, Unrecorded};
use crate::model::Variation;
use crate::model::{
    Address, Attempt, Author, Body, BodyForm, Choice, ChoiceKind, Ending, Exchange, ExchangeId, Header, Kind, Life,
    Message, MessageId, Moment, Outcome, RemoteMessage, Request, Response, Step, Timing,
};

const BOUND: Duration = Duration::from_secs(20);

fn conversations() -> Vec<Conversation> {
    (0..3)
        .map(|at| Conversation {
            key: ConversationKey(at),
            name: format!("c{at}"),
            address: Address::GuestApi { conversation_id: format!("id-{at}"), participant_id: None, external_id: None },
        })
        .collect()
}

fn options(dir: &Path) -> Options {
    Options::new(dir.join("profiles/p"), conversations())
}

fn open(dir: &Path) -> (Journal, UnboundedReceiver<Page>) {
    Journal::open(options(dir))
}

/// The next page; nothing but a defect reaches the bound.
fn next(pages: &mut UnboundedReceiver<Page>) -> Page {
    let end = std::time::Instant::now() + BOUND;
    loop {
        match pages.try_recv() {
            Ok(page) => return page,
            Err(_) => assert!(std::time::Instant::now() < end, "no page came"),
        }
        std::thread::yield_now();
    }
}

fn restored(pages: &mut UnboundedReceiver<Page>) -> Restored {
    loop {
        match next(pages) {
            Page::Restored(restored) => return *restored,
            Page::Notice(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn history(pages: &mut UnboundedReceiver<Page>) -> History {
    loop {
        if let Page::History(history) = next(pages) {
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
        life: Life::Queued,
        exchange: None,
        remote_id: None,
        resend_of: None,
        sent_as: Some(Variation::NoToken),
        extras: crate::model::Extras::default(),
    }
}

fn intent(id: u64, conversation: u32, text: &str) -> Intent {
    Intent {
        message: MessageId(id),
        conversation: ConversationKey(conversation),
        text: text.to_owned(),
        shown: text.to_owned(),
        extras: crate::model::Extras::default(),
        attempt: 1,
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn exchange(id: u64, text: &str) -> Exchange {
    let at = Moment::new(Duration::from_secs(5), Timestamp::now());
    let json = |text: String| Body { form: BodyForm::Json, total: text.len() as u64, text, ..Body::default() };
    Exchange {
        id: ExchangeId(id),
        kind: Kind::Send,
        what: text.to_owned(),
        conversation: Some(ConversationKey(1)),
        message: Some(MessageId(id)),
        started: at,
        ended: Some(at.after(Duration::from_millis(87))),
        outcome: Outcome::Refused("unauthorized: no".to_owned()),
        sent_as: Some(Variation::WrongScope),
        steps: vec![Step::Try(Arc::new(Attempt {
            number: 1,
            started: at,
            generation: None,
            token_age: None,
            request: Arc::new(Request {
                method: "POST".to_owned(),
                url: "https://api.mypurecloud.de/api/v2/x".to_owned(),
                headers: vec![Header::new("authorization", "«bearer»")],
                body: json(format!("{{\"text\":\"{text}\"}}")),
            }),
            ending: Some(Ending::Answered(Response {
                status: 401,
                version: "HTTP/1.1".to_owned(),
                headers: vec![Header::new("x-request-id", format!("e42c0b8a-f6e0-4a98-ab8b-{id:012}"))],
                body: json("{\"code\":\"unauthorized\"}".to_owned()),
                remote: Some("127.0.0.1:1".to_owned()),
            })),
            timing: Timing { total: Some(Duration::from_millis(87)), ..Timing::default() },
        }))],
    }
}

#[test]
fn a_restart_finds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages), Restored::default());
    journal.tell(Job::Draft { conversation: ConversationKey(0), text: "half a sen".to_owned(), cursor: 4 });
    journal.tell(Job::Draft { conversation: ConversationKey(1), text: "goes with its message".to_owned(), cursor: 0 });
    journal.tell(Job::Queue(Box::new(message(7, 1, "first"))));
    journal.tell(Job::Queue(Box::new(message(8, 1, "second"))));
    journal.tell(Job::Queue(Box::new(message(9, 2, "third"))));
    wait(journal.intent(intent(7, 1, "first"))).unwrap();
    let named = crate::model::Extras { key: Some("named-9".to_owned()), ..crate::model::Extras::default() };
    wait(journal.intent(Intent { extras: named.clone(), ..intent(9, 2, "third") })).unwrap();
    journal.tell(Job::Learned { conversation: ConversationKey(2), id: "remote-c".to_owned() });
    wait(journal.outcome(MessageId(9), &Life::Accepted, Some("remote-9"))).unwrap();
    let kept = KeptConversation {
        key: ConversationKey(2),
        nickname: Some("Anna".to_owned()),
        pinned: true,
        seen: Timestamp::from_second(1_000).ok(),
        unread: 3,
        place: Some(KeptPlace::Theirs("said-1".to_owned(), 2)),
    };
    journal.tell(Job::Conversation(kept.clone()));
    let mut heard = RemoteMessage::new("said-1", Author::Bot, "Which one?", Timestamp::from_second(2_000).unwrap());
    let item = Choice::new("The first", "1").of(ChoiceKind::ListPicker);
    heard.choices = vec![Choice { words: Some("Chosen".to_owned()), ..item }];
    heard.late = true;
    journal.tell(Job::Heard { conversation: ConversationKey(2), messages: vec![heard.clone(), heard.clone()] });
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
    journal.tell(Job::Added(added.clone()));
    journal.tell(Job::Added(later.clone()));
    journal.tell(Job::Added(added.clone()));
    journal.tell(Job::Opened(ConversationKey(3)));
    journal.tell(Job::Opened(ConversationKey(2)));
    assert!(journal.close(BOUND));
    let (journal, mut pages) = open(dir.path());
    let back = restored(&mut pages);
    assert_eq!(back.drafts, [(ConversationKey(0), "half a sen".to_owned(), 4)]);
    assert!(back.conversations.contains(&kept));
    assert_eq!(back.heard, [(ConversationKey(2), vec![heard])]);
    assert_eq!(back.learned, [(ConversationKey(2), "remote-c".to_owned())]);
    assert_eq!(back.messages[2].extras, named, "the name that it was first sent under");
    assert_eq!(back.added, [added, later]);
    assert_eq!(back.open, Some(ConversationKey(2)), "one is open");
    let lives: Vec<_> = back.messages.iter().map(|m| (m.id.0, m.text.as_str(), m.life.word())).collect();
    assert_eq!(lives, [(7, "first", "unknown"), (8, "second", "queued"), (9, "third", "accepted")]);
    assert_eq!(back.messages[2].remote_id.as_deref(), Some("remote-9"));
    assert!(matches!(&back.messages[0].life, Life::Unknown(why) if why.contains("on the wire")));
    journal.close(BOUND);
}

#[test]
fn the_newest_of_each_conversation_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    for id in 1..=303 {
        let conversation = u32::from(id > 300);
        journal.tell(Job::Queue(Box::new(message(id, conversation, &format!("text {id}")))));
        drop(journal.outcome(MessageId(id), &Life::Accepted, None));
    }
    assert!(journal.close(BOUND));
    let (journal, mut pages) = open(dir.path());
    let found: Vec<_> = restored(&mut pages).messages.into_iter().map(|m| m.id.0).collect();
    assert_eq!(found, (101..=303).collect::<Vec<_>>());
    assert!(journal.close(BOUND));
}

/// A journal of every layout that ever was opens, and keeps everything.
#[test]
fn journals_of_older_layouts_keep_everything() {
    for version in 1..usize::try_from(schema::VERSION).unwrap() {
        let dir = tempfile::tempdir().unwrap();
        let home = options(dir.path()).dir;
        std::fs::create_dir_all(&home).unwrap();
        let db = rusqlite::Connection::open(place::database(&home)).unwrap();
        schema::of_version(&db, version).unwrap();
        let now = Timestamp::now().as_microsecond();
        let sql = |text: &str| db.execute_batch(&text.replace("NOW", &now.to_string())).unwrap();
        sql(
            "INSERT INTO sessions (began, version) VALUES (NOW, '0.1.0');
             INSERT INTO conversations (ident, nickname, pinned, unread) VALUES ('guest-api id-0 - -', 'Anna', 1, 2);
             INSERT INTO drafts VALUES ('guest-api id-0 - -', 'half a sen', 4, NOW);
             INSERT INTO exchanges (number, session, kind, began, what, indexed) VALUES (4, 1, 'NOTE', NOW, 'a quokka', 1);
             INSERT INTO heard (ident, remote_id, author, text, at) VALUES ('guest-api id-0 - -', 'r1', 'bot', 'Hello', NOW);
             INSERT INTO messages (id, ident, text, asked, life) VALUES (7, 'guest-api id-0 - -', 'old', NOW, 'accepted'),
                 (8, 'guest-api id-0 - -', 'waits', NOW, 'queued'), (9, 'guest-api id-0 - -', 'on the wire', NOW, 'sending');",
        );
        let packed = exchange_codec::pack(&exchange(3, "a wombat"));
        sql("INSERT INTO exchanges (number, session, kind, ident, message, began, what, indexed)
             VALUES (3, 1, 'SEND', 'guest-api id-0 - -', 7, NOW, 'a wombat', 1)");
        db.execute("INSERT INTO details VALUES (3, ?1)", [packed]).unwrap();
        drop(db);
        let ident = conversations()[0].address.ident();
        assert_eq!(ident, "guest-api id-0 - -");
        let (journal, mut pages) = open(dir.path());
        let back = restored(&mut pages);
        let lives: Vec<_> = back.messages.iter().map(|m| (m.id.0, m.text.as_str(), m.life.word())).collect();
        assert_eq!(lives, [(7, "old", "accepted"), (8, "waits", "queued"), (9, "on the wire", "unknown")], "{version}");
        assert_eq!(back.drafts, [(ConversationKey(0), "half a sen".to_owned(), 4)]);
        assert_eq!(back.conversations[0].nickname.as_deref(), Some("Anna"));
        assert_eq!(back.heard[0].1[0].text, "Hello");
        for (query, number) in [("wombat", 3), ("quokka", 4)] {
            let want = Want::Found { query: query.to_owned(), before: u64::MAX };
            journal.tell(Job::History(Ask { serial: 1, want, limit: 10 }));
            let found = history(&mut pages).entries;
            assert_eq!(found.iter().map(|e| e.number).collect::<Vec<_>>(), [number], "{version}: {query}");
        }
        assert!(journal.close(BOUND));
    }
}

fn found(dir: &Path, query: &str) -> Vec<(String, Outcome)> {
    let reader = Reader::open(&options(dir).dir, &conversations()).unwrap();
    let (entries, _) = reader.page(&Want::Found { query: query.to_owned(), before: u64::MAX }, 10).unwrap();
    let exchange = |source| match source {
        KeptSource::Exchange(exchange) => (exchange.what.clone(), exchange.outcome.clone()),
        KeptSource::Note { text, .. } => panic!("{text}"),
    };
    entries.into_iter().map(|e| exchange(e.source)).collect()
}

/// As it is after a kill: what was committed, in another place.
fn as_after_a_kill(dir: &Path) -> tempfile::TempDir {
    let (to, home) = (tempfile::tempdir().unwrap(), options(dir).dir);
    let copy = options(to.path()).dir;
    std::fs::create_dir_all(&copy).unwrap();
    let db = rusqlite::Connection::open(place::database(&home)).unwrap();
    db.execute("VACUUM INTO ?1", [place::database(&copy).display().to_string()]).unwrap();
    to
}

#[test]
fn one_writes_a_second_only_reads_and_takes_over_when_the_first_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let (first, mut pages) = open(dir.path());
    restored(&mut pages);
    assert!(!first.read_only());
    first.tell(Job::Exchange { number: 1, exchange: Arc::new(exchange(1, "hello")) });
    first.tell(Job::Queue(Box::new(message(3, 0, "left in the queue"))));
    wait(first.intent(intent(1, 0, "x"))).unwrap();
    let (second, mut pages) = open(dir.path());
    let Page::Trouble(trouble) = next(&mut pages) else { panic!("it may not write") };
    assert!(!trouble.sending && trouble.history && trouble.sentence.contains("only reads"), "{trouble:?}");
    assert!(restored(&mut pages).read_only && second.read_only());
    assert!(matches!(wait(second.intent(intent(2, 0, "y"))), Err(Unrecorded::Never(_))));
    second.tell(Job::History(Ask { serial: 4, want: Want::Before(u64::MAX), limit: 10 }));
    assert_eq!(history(&mut pages).serial, 4);
    first.close(BOUND);
    let back = restored(&mut pages);
    let lives: Vec<_> = back.messages.iter().map(|m| (m.id.0, m.life.word())).collect();
    assert!(!back.read_only, "it has taken over");
    assert_eq!(lives, [(3, "queued"), (1, "unknown")]);
    wait(second.intent(intent(2, 0, "y"))).unwrap();
    assert!(!second.read_only());
    second.close(BOUND);
}

#[test]
fn a_send_beside_another_guestwire_keeps_its_message_and_no_number_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let (first, mut pages) = open(dir.path());
    restored(&mut pages);
    let (second, mut pages) = Journal::open(Options { beside: true, ..options(dir.path()) });
    let Page::Notice(said) = next(&mut pages) else { panic!("it says what it does") };
    assert!(said.contains("Another guestwire"), "{said}");
    restored(&mut pages);
    wait(second.intent(intent(2, 0, "from beside"))).unwrap();
    second.tell(Job::Exchange { number: 0, exchange: Arc::new(exchange(2, "from beside")) });
    wait(second.outcome(MessageId(2), &Life::Accepted, None)).unwrap();
    assert!(second.close(BOUND));
    first.tell(Job::Exchange { number: 1, exchange: Arc::new(exchange(1, "the first's own")) });
    assert!(first.close(BOUND));
    let (third, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages).last_number, 2);
    assert_eq!(found(dir.path(), "from beside"), [("from beside".to_owned(), Outcome::Accepted)]);
    assert_eq!(found(dir.path(), "own").len(), 1);
    third.close(BOUND);
}

/// Whatever was on the wire when guestwire was killed is an entry of the log, with what is known of it.
#[test]
fn an_intent_is_an_entry_of_the_log_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    let under_way = |id: u64, outcome: Outcome| {
        let exchange = Exchange { outcome, ended: None, ..exchange(id, &format!("entry {id}")) };
        Job::Exchange { number: id, exchange: Arc::new(exchange) }
    };
    wait(journal.intent(Intent { shown: "entry «secret»".to_owned(), ..intent(1, 0, "entry s3cr3t") })).unwrap();
    wait(journal.intent(intent(2, 0, "entry 2"))).unwrap();
    journal.tell(under_way(2, Outcome::Open));
    journal.tell(Job::Queue(Box::new(message(3, 0, "entry 3"))));
    journal.tell(under_way(3, Outcome::Waiting));
    wait(journal.intent(intent(4, 0, "entry 4"))).unwrap();
    journal.tell(under_way(4, Outcome::Open));
    wait(journal.outcome(MessageId(4), &Life::Accepted, None)).unwrap();
    journal.tell(Job::Queue(Box::new(message(5, 0, "never tried"))));
    // What is bulk was written before this is answered.
    while found(dir.path(), "\"entry 4\"").is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(found(dir.path(), "\"entry 2\""), [("entry 2".to_owned(), Outcome::Open)], "it is under way");
    wait(journal.outcome(MessageId(9), &Life::Lost, None)).unwrap();
    let killed = as_after_a_kill(dir.path());
    recover(&options(killed.path()).dir);
    let outcome = |query: &str| found(killed.path(), query).into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>();
    for query in ["«secret»", "\"entry 2\""] {
        assert!(matches!(&outcome(query)[..], [Outcome::Unknown(why)] if why.contains("on the wire")), "{query}");
    }
    assert_eq!(outcome("\"entry 3\""), [Outcome::Cancelled], "it only waited: not sent");
    assert_eq!(outcome("\"entry 4\""), [Outcome::Accepted]);
    assert_eq!((outcome("s3cr3t").len(), outcome("never tried").len()), (0, 0));
    let (back, mut pages) = open(killed.path());
    let lives: Vec<_> = restored(&mut pages).messages.iter().map(|m| (m.id.0, m.life.word())).collect();
    assert_eq!(lives, [(1, "unknown"), (2, "unknown"), (3, "queued"), (4, "accepted"), (5, "queued")]);
    assert_eq!(outcome("entry").len(), 4, "no entry twice");
    back.close(BOUND);
    journal.close(BOUND);
}

/// Another program holds the file: nothing goes out without a row, at the start and later.
#[test]
fn a_locked_database_is_waited_for_and_nothing_is_sent_without_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    let other = rusqlite::Connection::open(place::database(&options(dir.path()).dir)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = wait(journal.intent(intent(1, 0, "held")));
    assert!(matches!(&held, Err(Unrecorded::NotNow(why)) if why.contains("another program")), "{held:?}");
    other.execute_batch("COMMIT").unwrap();
    wait(journal.intent(intent(1, 0, "held"))).unwrap();
    journal.close(BOUND);

    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let (journal, mut pages) = open(dir.path());
    let Page::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sentence.contains("Another program holds the journal"), "{trouble:?}");
    assert!(matches!(wait(journal.intent(intent(2, 0, "y"))), Err(Unrecorded::NotNow(_))));
    journal.tell(Job::Queue(Box::new(message(2, 0, "typed meanwhile"))));
    drop(other);
    assert!(!restored(&mut pages).read_only);
    wait(journal.outcome(MessageId(9), &Life::Lost, None)).unwrap();
    journal.close(BOUND);
    let (journal, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages).messages.last().map(|m| m.text.clone()).unwrap(), "typed meanwhile");
    journal.close(BOUND);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_said_and_never_waited_for() {
    for name in ["journal.db", "journal.lock", "journal.db-wal"] {
        for fifo in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let home = options(dir.path()).dir;
            std::fs::create_dir_all(&home).unwrap();
            let path = home.join(name);
            if fifo {
                let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
                assert!(made.success());
            } else {
                std::fs::create_dir(&path).unwrap();
            }
            let (journal, mut pages) = open(dir.path());
            let Page::Trouble(trouble) = next(&mut pages) else { panic!() };
            assert!(trouble.sentence.contains("no regular file"), "{name}: {trouble:?}");
            journal.close(BOUND);
            if name != "journal.lock" {
                assert!(Reader::open(&home, &[]).is_err(), "{name}");
            }
        }
    }
}

/// The bound on size holds while a flood is written, not only at rest.
#[test]
fn a_flood_does_not_push_the_file_past_its_bound() {
    let dir = tempfile::tempdir().unwrap();
    let bound = 400_000;
    let (journal, mut pages) = Journal::open(Options { max_bytes: bound, ..options(dir.path()) });
    restored(&mut pages);
    let mut largest = 0;
    for number in 1..=3_000 {
        journal.tell(Job::Exchange { number, exchange: Arc::new(exchange(number, &format!("flood {number}"))) });
        if number % 500 == 0 {
            // All that was told before is written once this one is answered and found.
            while found(dir.path(), &format!("flood {number}")).is_empty() {
                std::thread::yield_now();
            }
            let reader = Reader::open(&options(dir.path()).dir, &[]).unwrap();
            largest = largest.max(reader.bytes());
        }
    }
    assert!(journal.close(BOUND));
    assert!(largest < bound + bound / 2, "{largest}");
}

#[test]
fn history_pages_and_is_found_by_text_header_body_and_id() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    for number in 1..=300 {
        let text = match number {
            17 => "Grüße aus Köln".to_owned(),
            18 => "我需要帮助处理账单".to_owned(),
            _ => format!("message number {number}"),
        };
        journal.tell(Job::Exchange { number, exchange: Arc::new(exchange(number, &text)) });
    }
    journal.tell(Job::Note {
        number: 301,
        at: Moment::new(Duration::ZERO, Timestamp::now()),
        kind: Kind::Sys,
        text: "a quokka sentence".to_owned(),
    });
    journal.tell(Job::Mark { number: 5, marked: true, comment: Some("wombat".to_owned()) });
    journal.close(BOUND);
    let (journal, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages).last_number, 301);
    let mut ask = |want: Want, limit| {
        journal.tell(Job::History(Ask { serial: 1, want, limit }));
        history(&mut pages)
    };
    let page = ask(Want::Before(250), 40);
    let numbers: Vec<u64> = page.entries.iter().map(|e| e.number).collect();
    assert_eq!(numbers, (210..250).collect::<Vec<_>>());
    assert!(page.more);
    let KeptSource::Exchange(back) = &page.entries[0].source else { panic!() };
    assert_eq!(
        (back.status(), back.duration(), &back.what),
        (Some(401), Some(Duration::from_millis(87)), &"message number 210".to_owned())
    );
    assert_eq!(back.conversation, Some(ConversationKey(1)));
    assert_eq!(ask(Want::After(299), 40).entries.len(), 2);
    assert!(!ask(Want::Before(3), 40).more);
    for (query, found) in [
        ("köln", vec![17]),
        ("koln", vec![17]),
        ("帮助", vec![18]),
        ("需要帮助处理", vec![18]),
        ("quokka", vec![301]),
        ("wombat", vec![5]),
        ("e42c0b8a-f6e0-4a98-ab8b-000000000123", vec![123]),
        ("\"number 77\"", vec![77]),
        ("umber 201", vec![201]),
        ("nothing-like-this", vec![]),
    ] {
        let page = ask(Want::Found { query: query.to_owned(), before: u64::MAX }, 10);
        let numbers: Vec<u64> = page.entries.iter().map(|e| e.number).collect();
        assert_eq!(numbers, found, "{query}: {:?}", page.problem);
    }
    let page = ask(Want::Found { query: "unauthorized".to_owned(), before: 100 }, 10);
    assert_eq!(page.entries.iter().map(|e| e.number).collect::<Vec<_>>(), (90..100).collect::<Vec<_>>());
    assert!(page.more);
    journal.close(BOUND);
}

#[test]
fn a_full_disk_is_told_and_sends_nothing_that_a_restart_would_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    journal.tell(Job::Queue(Box::new(message(1, 0, "queued while there was room"))));
    journal.close(BOUND);
    let pages_now = std::fs::metadata(place::database(&options(dir.path()).dir)).unwrap().len() / 4096;
    let (journal, mut pages) =
        Journal::open(Options { page_limit: Some(u32::try_from(pages_now).unwrap() + 2), ..options(dir.path()) });
    restored(&mut pages);
    journal.tell(Job::Draft { conversation: ConversationKey(0), text: "x".repeat(100_000), cursor: 0 });
    let Page::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sending && trouble.sentence.contains("the disk is full"), "{trouble:?}");
    // Its row says queued: sent now, a restart would send it again.
    assert!(matches!(wait(journal.intent(intent(1, 0, "queued while there was room"))), Err(Unrecorded::NotNow(_))));
    // Nor does one go of which there would be no row at all.
    assert!(matches!(wait(journal.intent(intent(2, 0, "new"))), Err(Unrecorded::NotNow(_))));
    // Taken back, and told as not on the disk; it gets there once there is room.
    let cancelled = wait(journal.outcome(MessageId(1), &Life::Cancelled, None));
    assert!(matches!(&cancelled, Err(Unrecorded::NotNow(why)) if why == "the disk is full"), "{cancelled:?}");
    journal.close(BOUND);
    let (journal, mut pages) = open(dir.path());
    let back = restored(&mut pages);
    assert_eq!(back.messages.iter().map(|m| (m.id.0, m.life.clone())).collect::<Vec<_>>(), [(1, Life::Queued)]);
    journal.close(BOUND);
}

#[test]
fn a_damaged_file_is_set_aside_and_a_newer_one_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = options(dir.path()).dir;
    std::fs::create_dir_all(&home).unwrap();
    let garbage = vec![0x5a; 9000];
    std::fs::write(place::database(&home), &garbage).unwrap();
    let (journal, mut pages) = open(dir.path());
    let Page::Notice(said) = next(&mut pages) else { panic!() };
    assert!(said.contains("set aside"), "{said}");
    restored(&mut pages);
    journal.close(BOUND);
    let aside = std::fs::read_dir(&home).unwrap().map(|e| e.unwrap().path());
    let aside = aside.into_iter().find(|p| p.display().to_string().contains("corrupt-")).unwrap();
    assert_eq!(std::fs::read(aside).unwrap(), garbage);

    let db = rusqlite::Connection::open(place::database(&home)).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let before = std::fs::read(place::database(&home)).unwrap();
    let (journal, mut pages) = open(dir.path());
    let Page::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sentence.contains("newer guestwire") && trouble.sending && !trouble.history, "{trouble:?}");
    wait(journal.intent(intent(1, 0, "x"))).unwrap();
    journal.close(BOUND);
    assert_eq!(std::fs::read(place::database(&home)).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone_and_a_place_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    wait(journal.intent(intent(1, 0, "x"))).unwrap();
    let home = options(dir.path()).dir;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(&home).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 3, "database, log and lock");
    journal.close(BOUND);
    // A file where the directory should be: fails for whoever runs the tests, root too.
    let blocked = tempfile::tempdir().unwrap();
    std::fs::write(blocked.path().join("profiles"), "in the way").unwrap();
    let (journal, mut pages) = open(blocked.path());
    let Page::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sentence.starts_with("Nothing is being kept") && trouble.sending, "{trouble:?}");
    journal.close(BOUND);
}

#[test]
fn what_is_old_or_too_much_goes_and_marks_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    let old = Moment::new(Duration::ZERO, Timestamp::now() - jiff::SignedDuration::from_hours(24 * 40));
    for number in 1..=600 {
        let mut one = exchange(number, "old");
        one.started = old;
        one.ended = Some(old);
        journal.tell(Job::Exchange { number, exchange: Arc::new(one) });
    }
    journal.tell(Job::Mark { number: 3, marked: true, comment: None });
    for number in 601..=900 {
        journal.tell(Job::Exchange { number, exchange: Arc::new(exchange(number, &format!("young {number}"))) });
    }
    journal.close(BOUND);
    let mut opened = place::open(&options(dir.path()).dir, Timestamp::now()).unwrap();
    while !apply::index(&mut opened.db).unwrap() {}
    let limits = options(dir.path());
    while retention::step(&mut opened.db, &limits, Timestamp::now()).unwrap() {}
    let count = |db: &rusqlite::Connection| -> (i64, i64) {
        db.query_row("SELECT count(*), min(number) FROM exchanges", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap()
    };
    assert_eq!(count(&opened.db), (301, 3));
    let small = Options { max_bytes: 200_000, ..limits };
    while retention::step(&mut opened.db, &small, Timestamp::now()).unwrap() {}
    assert!(retention::used(&opened.db).unwrap() <= 200_000);
    let left: i64 = opened.db.query_row("SELECT count(*) FROM search", [], |r| r.get(0)).unwrap();
    assert_eq!(left, count(&opened.db).0);
}

/// The identity of a guest outlives the process, is another for another conversation, and is replaced when asked.
#[test]
fn guest_tokens_are_kept() {
    use secrecy::ExposeSecret as _;

    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ask = |journal: &Journal, key: u32, renew: bool| {
        let told = runtime.block_on(journal.guest_token(ConversationKey(key), None, renew)).unwrap();
        assert_eq!(told.kept, Ok(()));
        (told.token.expose_secret().to_owned(), told.fresh)
    };
    let (journal, _pages) = open(dir.path());
    let (first, fresh) = ask(&journal, 0, false);
    assert!(fresh);
    assert_eq!(ask(&journal, 0, false), (first.clone(), false));
    let (other, fresh) = ask(&journal, 1, false);
    assert!(fresh && other != first, "another conversation has another guest");
    assert!(journal.close(BOUND));

    let (journal, _pages) = open(dir.path());
    assert_eq!(ask(&journal, 0, false), (first.clone(), false));
    let (renewed, fresh) = ask(&journal, 0, true);
    assert!(fresh && renewed != first, "another guest was wanted");
    assert_eq!(ask(&journal, 0, false), (renewed.clone(), false));
    let configured = runtime.block_on(journal.guest_token(ConversationKey(0), Some("mine".into()), true)).unwrap();
    assert_eq!((configured.token.expose_secret(), configured.fresh), ("mine", false), "the profile's own");
    assert_eq!(ask(&journal, 0, false), (renewed, false), "the profile's own is not kept");

    // A second guestwire on the profile may open no session: neither with a kept token nor with a configured one.
    let (second, mut pages) = open(dir.path());
    assert!(matches!(next(&mut pages), Page::Trouble(t) if t.short == "READ-ONLY"));
    for configured in [None, Some("mine".into())] {
        let refused = runtime.block_on(second.guest_token(ConversationKey(0), configured, false));
        assert!(refused.is_err_and(|why| why.contains("another guestwire")));
    }
    assert!(journal.close(BOUND));
    assert!(runtime.block_on(journal.guest_token(ConversationKey(0), None, false)).is_err(), "it has stopped");
}
