//! Journals of every layout that ever was.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use jiff::Timestamp;

use crate::fixtures::{self, guest_conversation};
use crate::journal::job::HistoryRange;
use rusqlite::Connection;

use crate::journal::schema::*;
use crate::journal::{HistoryRequest, Job, Journal, JournalOptions, JournalReport, columns, files};
use crate::model::{ConversationKey, ExchangeKind, Outcome};

/// A database as a guestwire left it that knew `version` steps.
fn of_version(db: &Connection, version: usize) -> rusqlite::Result<()> {
    for step in STEPS.iter().take(version) {
        db.execute_batch(step)?;
    }
    db.pragma_update(None, "user_version", i64::try_from(version).unwrap_or(0))
}

/// A journal of every layout that ever was opens, and keeps everything.
#[test]
fn journals_of_older_layouts_keep_everything() {
    let conversation = guest_conversation(0, "c0", "id-0");
    for version in 1..usize::try_from(VERSION).unwrap() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("p");
        std::fs::create_dir_all(&home).unwrap();
        let db = rusqlite::Connection::open(files::database(&home)).unwrap();
        of_version(&db, version).unwrap();
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
        let exchange = fixtures::exchange(3, ExchangeKind::Send, Vec::new(), Outcome::Refused("a wombat".into()));
        let packed = columns::pack(&exchange);
        sql("INSERT INTO exchanges (number, session, kind, ident, message, began, what, indexed)
             VALUES (3, 1, 'SEND', 'guest-api id-0 - -', 7, NOW, 'a wombat', 1)");
        db.execute("INSERT INTO details VALUES (3, ?1)", [packed]).unwrap();
        let run = ["0b9a3c1e", crate::pass::tests::older_runs::KEPT];
        let kept = db.execute("INSERT INTO passes (id, file, began, progress) VALUES (?1, 'smoke.toml', 1, ?2)", run);
        assert!(kept.is_ok() || version == 1, "{version}: {kept:?}");
        drop(db);
        let (journal, mut pages) = Journal::open(JournalOptions::new(home.clone(), vec![conversation.clone()]));
        let Some(JournalReport::Restored(back)) = pages.blocking_recv() else { panic!("{version}") };
        let lives: Vec<_> = back
            .messages
            .iter()
            .map(|(message, _)| message)
            .map(|m| (m.id.0, m.text.as_str(), m.delivery.word()))
            .collect();
        assert_eq!(lives, [(7, "old", "accepted"), (8, "waits", "queued"), (9, "on the wire", "unknown")], "{version}");
        assert_eq!(back.drafts, [(ConversationKey(0), "half a sen".to_owned(), 4)]);
        assert_eq!(back.conversations[0].nickname.as_deref(), Some("Anna"));
        assert_eq!(back.remote_messages[0].1[0].text, "Hello");
        assert_eq!(back.pass.map(|run| run.name.clone()).as_deref(), kept.is_ok().then_some("Smoke"), "{version}");
        for (query, number) in [("wombat", 3), ("quokka", 4)] {
            let want = HistoryRange::Found(query.to_owned(), u64::MAX);
            journal.submit(Job::History(HistoryRequest { serial: 1, want, limit: 10 }));
            let Some(JournalReport::History(page)) = pages.blocking_recv() else { panic!("{query}") };
            let (entries, _) = page.found.unwrap();
            assert_eq!(entries.iter().map(|e| e.number).collect::<Vec<_>>(), [number], "{version}: {query}");
        }
        assert!(journal.close(std::time::Duration::from_secs(20)));
    }
}
