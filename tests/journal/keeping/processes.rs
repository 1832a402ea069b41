//! Several guestwires on one journal, one that was killed, and other programs that hold the file.

use super::*;

/// As it is after a kill: what was committed, in another place.
fn as_after_a_kill(dir: &Path) -> tempfile::TempDir {
    let (to, home) = (tempfile::tempdir().unwrap(), options(dir).dir);
    let copy = options(to.path()).dir;
    std::fs::create_dir_all(&copy).unwrap();
    let db = rusqlite::Connection::open(database(&home)).unwrap();
    db.execute("VACUUM INTO ?1", [database(&copy).display().to_string()]).unwrap();
    to
}

#[test]
fn one_writes_a_second_only_reads_and_takes_over_when_the_first_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let (first, mut pages) = open(dir.path());
    restored(&mut pages);
    assert!(!first.read_only());
    first.submit(Job::Entry(1, LogSource::Exchange(Arc::new(exchange(1, "hello")))));
    first.submit(Job::Queue(Box::new(message(3, 0, "left in the queue"))));
    wait(first.intent(intent(1, 0, "x"))).unwrap();
    let (second, mut pages) = open(dir.path());
    let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!("it may not write") };
    assert!(!trouble.sending && trouble.sentence.contains("only reads"), "{trouble:?}");
    assert!(restored(&mut pages).read_only && second.read_only());
    assert!(matches!(wait(second.intent(intent(2, 0, "y"))), Err(Unrecorded::Never(_))));
    second.submit(Job::History(HistoryRequest { serial: 4, want: HistoryRange::Before(u64::MAX), limit: 10 }));
    assert_eq!(history(&mut pages).request.serial, 4);
    first.close(BOUND);
    let back = restored(&mut pages);
    let lives: Vec<_> = back.messages.iter().map(|(message, _)| (message.id.0, message.delivery.word())).collect();
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
    let (second, mut pages) = Journal::open(JournalOptions { of_subcommand: true, ..options(dir.path()) });
    let JournalReport::Notice(said) = next(&mut pages) else { panic!("it says what it does") };
    assert!(said.contains("Another guestwire"), "{said}");
    restored(&mut pages);
    wait(second.intent(intent(2, 0, "from beside"))).unwrap();
    second.submit(Job::Entry(0, LogSource::Exchange(Arc::new(exchange(2, "from beside")))));
    wait(second.outcome(MessageId(2), &DeliveryStatus::Accepted, None)).unwrap();
    assert!(second.close(BOUND));
    first.submit(Job::Entry(1, LogSource::Exchange(Arc::new(exchange(1, "the first's own")))));
    assert!(first.close(BOUND));
    let (third, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages).last_number, 2);
    assert_eq!(found(dir.path(), "from beside"), [("from beside".to_owned(), Outcome::Accepted)]);
    assert_eq!(found(dir.path(), "own").len(), 1);
    third.close(BOUND);
}

/// A file that is damaged while another guestwire writes it is the other's to set aside; that nothing is kept is told.
#[test]
fn a_damaged_file_beside_another_guestwire_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (first, mut pages) = open(dir.path());
    restored(&mut pages);
    let (second, mut pages) = Journal::open(JournalOptions { of_subcommand: true, ..options(dir.path()) });
    next(&mut pages);
    restored(&mut pages);
    // A change of somebody else, so that no page that is remembered counts any more; then all pages but the first.
    let path = database(&options(dir.path()).dir);
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("INSERT INTO sessions (began, version) VALUES (1, 'x'); PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    assert!(wait(second.intent(intent(2, 0, "from beside"))).is_err());
    let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!("it is told") };
    assert!(trouble.sentence.contains("this message is not kept"), "{trouble:?}");
    second.close(BOUND);
    first.close(BOUND);
}

/// Whatever was on the wire when guestwire was killed is an entry of the log, with what is known of it.
#[test]
fn an_intent_is_an_entry_of_the_log_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    let under_way = |id: u64, outcome: Outcome| {
        let exchange = Exchange { outcome, took: None, ..exchange(id, &format!("entry {id}")) };
        Job::Entry(id, LogSource::Exchange(Arc::new(exchange)))
    };
    wait(journal.intent(Intent { shown: "entry «secret»".to_owned(), ..intent(1, 0, "entry s3cr3t") })).unwrap();
    wait(journal.intent(intent(2, 0, "entry 2"))).unwrap();
    journal.submit(under_way(2, Outcome::Open));
    journal.submit(Job::Queue(Box::new(message(3, 0, "entry 3"))));
    journal.submit(under_way(3, Outcome::Waiting));
    wait(journal.intent(intent(4, 0, "entry 4"))).unwrap();
    journal.submit(under_way(4, Outcome::Open));
    wait(journal.outcome(MessageId(4), &DeliveryStatus::Accepted, None)).unwrap();
    journal.submit(Job::Queue(Box::new(message(5, 0, "never tried"))));
    // What is bulk was written before this is answered.
    while found(dir.path(), "\"entry 4\"").is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(found(dir.path(), "\"entry 2\""), [("entry 2".to_owned(), Outcome::Open)], "it is under way");
    wait(journal.outcome(MessageId(9), &DeliveryStatus::NotReceived, None)).unwrap();
    let killed = as_after_a_kill(dir.path());
    recover(&options(killed.path()).dir);
    let outcome = |query: &str| found(killed.path(), query).into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>();
    for query in ["«secret»", "\"entry 2\""] {
        assert!(
            matches!(&outcome(query)[..], [Outcome::Unknown(why)] if why.to_string().contains("on the wire")),
            "{query}"
        );
    }
    assert_eq!(outcome("\"entry 3\""), [Outcome::Cancelled], "it only waited: not sent");
    assert_eq!(outcome("\"entry 4\""), [Outcome::Accepted]);
    assert_eq!((outcome("s3cr3t").len(), outcome("never tried").len()), (0, 0));
    let (back, mut pages) = open(killed.path());
    let lives: Vec<_> =
        restored(&mut pages).messages.iter().map(|(message, _)| (message.id.0, message.delivery.word())).collect();
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
    let other = rusqlite::Connection::open(database(&options(dir.path()).dir)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = wait(journal.intent(intent(1, 0, "held")));
    assert!(matches!(&held, Err(Unrecorded::NotNow(why)) if why.contains("another program")), "{held:?}");
    other.execute_batch("COMMIT").unwrap();
    wait(journal.intent(intent(1, 0, "held"))).unwrap();
    journal.close(BOUND);

    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let (journal, mut pages) = open(dir.path());
    let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sentence.contains("Another program holds the journal"), "{trouble:?}");
    assert!(matches!(wait(journal.intent(intent(2, 0, "y"))), Err(Unrecorded::NotNow(_))));
    journal.submit(Job::Queue(Box::new(message(2, 0, "typed meanwhile"))));
    drop(other);
    assert!(!restored(&mut pages).read_only);
    wait(journal.outcome(MessageId(9), &DeliveryStatus::NotReceived, None)).unwrap();
    journal.close(BOUND);
    let (journal, mut pages) = open(dir.path());
    assert_eq!(
        restored(&mut pages).messages.last().map(|(message, _)| message.text.clone()).unwrap(),
        "typed meanwhile"
    );
    journal.close(BOUND);
}
