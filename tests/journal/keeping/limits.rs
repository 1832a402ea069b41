//! Search, bounds, and files that cannot be used.

use super::*;

/// Bytes in use: the file without its free pages.
fn used(dir: &Path) -> u64 {
    let db = rusqlite::Connection::open(database(dir)).unwrap();
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0)).unwrap();
    (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
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
            let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!() };
            assert!(trouble.sentence.contains("no regular file"), "{name}: {trouble:?}");
            journal.close(BOUND);
            if name != "journal.lock" {
                assert!(JournalReader::open(&home, &[]).is_err(), "{name}");
            }
        }
    }
}

/// The bound on size holds while a flood is written, not only at rest.
#[test]
fn a_flood_does_not_push_the_file_past_its_bound() {
    let dir = tempfile::tempdir().unwrap();
    let bound = 400_000;
    let (journal, mut pages) = Journal::open(JournalOptions { max_bytes: bound, ..options(dir.path()) });
    restored(&mut pages);
    let mut largest = 0;
    for number in 1..=3_000 {
        journal.submit(Job::Entry(number, LogSource::Exchange(Arc::new(exchange(number, &format!("flood {number}"))))));
        if number % 500 == 0 {
            // All that was told before is written once this one is answered and found.
            while found(dir.path(), &format!("flood {number}")).is_empty() {
                std::thread::yield_now();
            }
            largest = largest.max(used(&options(dir.path()).dir));
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
        journal.submit(Job::Entry(number, LogSource::Exchange(Arc::new(exchange(number, &text)))));
    }
    journal.submit(Job::Entry(
        301,
        LogSource::Note {
            at: Moment::new(Duration::ZERO, Timestamp::now()),
            kind: ExchangeKind::Sys,
            text: "a quokka sentence".to_owned(),
            about: Some(ConversationKey(1)),
        },
    ));
    journal.submit(Job::Mark(5, true, Some("wombat".to_owned())));
    journal.close(BOUND);
    let (journal, mut pages) = open(dir.path());
    assert_eq!(restored(&mut pages).last_number, 301);
    let mut ask = |want: HistoryRange, limit| {
        journal.submit(Job::History(HistoryRequest { serial: 1, want, limit }));
        history(&mut pages).found.unwrap()
    };
    let (entries, more) = ask(HistoryRange::Before(250), 40);
    let numbers: Vec<u64> = entries.iter().map(|e| e.number).collect();
    assert_eq!(numbers, (210..250).collect::<Vec<_>>());
    assert!(more);
    let LogSource::Exchange(back) = &entries[0].source else { panic!() };
    assert_eq!(
        (back.status(), back.took, &back.what),
        (Some(401), Some(Duration::from_millis(87)), &"message number 210".to_owned())
    );
    assert_eq!(back.conversation, Some(ConversationKey(1)));
    let (newest, _) = ask(HistoryRange::After(299), 40);
    let [_, KeptEntry { source: LogSource::Note { about, .. }, .. }] = newest.as_slice() else { panic!("{newest:?}") };
    assert_eq!(*about, Some(ConversationKey(1)), "a sentence is of the conversation that it is about");
    assert!(!ask(HistoryRange::Before(3), 40).1);
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
        let (entries, _) = ask(HistoryRange::Found(query.to_owned(), u64::MAX), 10);
        let numbers: Vec<u64> = entries.iter().map(|e| e.number).collect();
        assert_eq!(numbers, found, "{query}");
    }
    let (entries, more) = ask(HistoryRange::Found("unauthorized".to_owned(), 100), 10);
    assert_eq!(entries.iter().map(|e| e.number).collect::<Vec<_>>(), (90..100).collect::<Vec<_>>());
    assert!(more);
    journal.close(BOUND);
}

#[test]
fn a_full_disk_is_told_and_sends_nothing_that_a_restart_would_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    journal.submit(Job::Queue(Box::new(message(1, 0, "queued while there was room"))));
    journal.close(BOUND);
    let pages_now = std::fs::metadata(database(&options(dir.path()).dir)).unwrap().len() / 4096;
    let (journal, mut pages) = Journal::open(JournalOptions {
        page_limit: Some(u32::try_from(pages_now).unwrap() + 2),
        ..options(dir.path())
    });
    restored(&mut pages);
    journal.submit(Job::Draft(ConversationKey(0), "x".repeat(100_000), 0));
    let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sending && trouble.sentence.contains("the disk is full"), "{trouble:?}");
    // Its row says queued: sent now, a restart would send it again.
    assert!(matches!(wait(journal.intent(intent(1, 0, "queued while there was room"))), Err(Unrecorded::NotNow(_))));
    // Nor does one go of which there would be no row at all.
    assert!(matches!(wait(journal.intent(intent(2, 0, "new"))), Err(Unrecorded::NotNow(_))));
    // Taken back, and told as not on the disk; it gets there once there is room.
    let cancelled = wait(journal.outcome(MessageId(1), &DeliveryStatus::Cancelled, None));
    assert!(matches!(&cancelled, Err(Unrecorded::NotNow(why)) if why == "the disk is full"), "{cancelled:?}");
    journal.close(BOUND);
    let (journal, mut pages) = open(dir.path());
    let back = restored(&mut pages);
    assert_eq!(
        back.messages.iter().map(|(message, _)| (message.id.0, message.delivery.clone())).collect::<Vec<_>>(),
        [(1, DeliveryStatus::Queued)]
    );
    journal.close(BOUND);
}

/// What waits for the disk is bounded: that some of it is dropped is told.
#[test]
fn what_waits_too_long_for_the_disk_is_told_as_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    journal.close(BOUND);
    let pages_now = std::fs::metadata(database(&options(dir.path()).dir)).unwrap().len() / 4096;
    let page_limit = Some(u32::try_from(pages_now).unwrap() + 2);
    let (journal, mut pages) = Journal::open(JournalOptions { page_limit, ..options(dir.path()) });
    restored(&mut pages);
    // Nothing can be written while this one is the first that waits.
    journal.submit(Job::Draft(ConversationKey(0), "x".repeat(100_000), 0));
    for _ in 0..140 {
        let group = [(); 60].map(|()| journal.outcome(MessageId(1), &DeliveryStatus::Cancelled, None));
        for answer in group {
            let _ = wait(answer);
        }
    }
    let told = |page: JournalReport| matches!(page, JournalReport::Trouble(t) if t.sentence.contains("are dropped from now on"));
    while !told(next(&mut pages)) {}
    while next(&mut pages) != JournalReport::Well {}
    journal.close(BOUND);
}

/// What is not among the newest candidates is found all the same.
#[test]
fn a_search_looks_through_everything_that_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, mut pages) = open(dir.path());
    restored(&mut pages);
    journal.close(BOUND);
    let db = rusqlite::Connection::open(database(&options(dir.path()).dir)).unwrap();
    db.execute_batch(
        "INSERT INTO exchanges (number, session, kind, began, what, indexed)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20100)
         SELECT i, 1, 'NOTE', 1000000 * unixepoch(), CASE i WHEN 1 THEN 'zq needle' ELSE 'hay' END, 0 FROM n;",
    )
    .unwrap();
    assert_eq!(found_notes(dir.path(), "zq"), ["zq needle"], "two letters: not through the index");
    assert_eq!(found_notes(dir.path(), "needle"), ["zq needle"], "not in the index yet");
}

fn found_notes(dir: &Path, query: &str) -> Vec<String> {
    let reader = JournalReader::open(&options(dir).dir, &conversations()).unwrap();
    let (entries, more) = reader.page(&HistoryRange::Found(query.to_owned(), u64::MAX), 10).unwrap();
    assert!(!more);
    entries
        .into_iter()
        .map(|e| if let LogSource::Note { text, .. } = e.source { text } else { String::new() })
        .collect()
}

#[test]
fn a_damaged_file_is_set_aside_and_a_newer_one_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = options(dir.path()).dir;
    std::fs::create_dir_all(&home).unwrap();
    let garbage = vec![0x5a; 9000];
    std::fs::write(database(&home), &garbage).unwrap();
    let (journal, mut pages) = open(dir.path());
    let JournalReport::Notice(said) = next(&mut pages) else { panic!() };
    assert!(said.contains("set aside"), "{said}");
    restored(&mut pages);
    journal.close(BOUND);
    let aside = std::fs::read_dir(&home).unwrap().map(|e| e.unwrap().path());
    let aside = aside.into_iter().find(|p| p.display().to_string().contains("corrupt-")).unwrap();
    assert_eq!(std::fs::read(aside).unwrap(), garbage);

    let db = rusqlite::Connection::open(database(&home)).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let before = std::fs::read(database(&home)).unwrap();
    let (journal, mut pages) = open(dir.path());
    let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sentence.contains("newer guestwire") && trouble.sending, "{trouble:?}");
    wait(journal.intent(intent(1, 0, "x"))).unwrap();
    journal.close(BOUND);
    assert_eq!(std::fs::read(database(&home)).unwrap(), before);
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
    let JournalReport::Trouble(trouble) = next(&mut pages) else { panic!() };
    assert!(trouble.sentence.starts_with("Nothing is being kept") && trouble.sending, "{trouble:?}");
    journal.close(BOUND);
}

/// Opens the journal, which does at once what an earlier session left to do, until that is `done`.
fn kept_up(options: &JournalOptions, done: impl Fn() -> bool) {
    let (journal, _pages) = Journal::open(options.clone());
    let end = std::time::Instant::now() + BOUND;
    while !done() {
        assert!(std::time::Instant::now() < end, "it is not done");
        std::thread::yield_now();
    }
    assert!(journal.close(BOUND));
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
        journal.submit(Job::Entry(number, LogSource::Exchange(Arc::new(one))));
    }
    journal.submit(Job::Mark(3, true, None));
    for number in 601..=900 {
        journal.submit(Job::Entry(number, LogSource::Exchange(Arc::new(exchange(number, &format!("young {number}"))))));
    }
    journal.close(BOUND);
    let limits = options(dir.path());
    let count = || -> (i64, i64, i64) {
        let db = rusqlite::Connection::open(database(&limits.dir)).unwrap();
        let sql = "SELECT count(*), min(number), (SELECT count(*) FROM search) FROM exchanges";
        db.query_row(sql, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap()
    };
    kept_up(&limits, || count() == (301, 3, 301));
    let small = JournalOptions { max_bytes: 200_000, ..limits.clone() };
    kept_up(&small, || used(&limits.dir) <= 200_000);
    let (entries, _, found) = count();
    assert_eq!(entries, found);
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
    assert!(matches!(next(&mut pages), JournalReport::Trouble(t) if t.short == "READ-ONLY"));
    for configured in [None, Some("mine".into())] {
        let refused = runtime.block_on(second.guest_token(ConversationKey(0), configured, false));
        assert!(refused.is_err_and(|why| why.contains("another guestwire")));
    }
    assert!(journal.close(BOUND));
    assert!(runtime.block_on(journal.guest_token(ConversationKey(0), None, false)).is_err(), "it has stopped");
}
