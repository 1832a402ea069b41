//! The tables, as a list of steps that only grows. `user_version` says how many have been taken.

use rusqlite::{Connection, TransactionBehavior};

/// One entry a step. Never change one that was released: add another.
const STEPS: &[&str] = &[
    "
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, began INTEGER NOT NULL, version TEXT NOT NULL
) STRICT;
CREATE TABLE conversations (
    ident TEXT PRIMARY KEY, added TEXT, nickname TEXT, pinned INTEGER NOT NULL DEFAULT 0,
    seen INTEGER, unread INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE drafts (
    ident TEXT PRIMARY KEY, text TEXT NOT NULL, cursor INTEGER NOT NULL, saved INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE messages (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE, ident TEXT NOT NULL, text TEXT NOT NULL,
    asked INTEGER NOT NULL, life TEXT NOT NULL, why TEXT, attempt INTEGER NOT NULL DEFAULT 0, begun INTEGER,
    remote_id TEXT, resend_of INTEGER, sent_as TEXT
) STRICT;
CREATE INDEX messages_open ON messages (life) WHERE life IN ('queued', 'sending', 'unknown');
CREATE INDEX messages_of ON messages (ident, place);
CREATE TABLE heard (
    ident TEXT NOT NULL, remote_id TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (ident, remote_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE exchanges (
    number INTEGER PRIMARY KEY, session INTEGER NOT NULL, kind TEXT NOT NULL, ident TEXT, message INTEGER,
    began INTEGER NOT NULL, took INTEGER, status INTEGER, outcome TEXT, what TEXT NOT NULL, request_id TEXT,
    marked INTEGER NOT NULL DEFAULT 0, comment TEXT, indexed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX exchanges_unindexed ON exchanges (number) WHERE indexed = 0;
CREATE INDEX exchanges_open ON exchanges (number) WHERE indexed = 2;
CREATE TABLE details (number INTEGER PRIMARY KEY, detail BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = \"unicode61 remove_diacritics 2\"
);
CREATE VIRTUAL TABLE grams USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = \"trigram\"
);
",
    "
ALTER TABLE messages ADD COLUMN extras TEXT;
ALTER TABLE heard ADD COLUMN extras TEXT;
ALTER TABLE conversations ADD COLUMN place TEXT;
CREATE TABLE guest_tokens (ident TEXT PRIMARY KEY, token TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE passes (
    id TEXT PRIMARY KEY, file TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER, progress TEXT NOT NULL
) STRICT, WITHOUT ROWID;
",
    "ALTER TABLE conversations ADD COLUMN remote_id TEXT;",
    "
ALTER TABLE conversations ADD COLUMN added_as INTEGER;
ALTER TABLE conversations ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
",
    "
ALTER TABLE messages ADD COLUMN shelved INTEGER NOT NULL DEFAULT 1;
DROP INDEX messages_of;
CREATE INDEX messages_of ON messages (ident, place) WHERE shelved = 1;
CREATE INDEX messages_unshelved ON messages (place) WHERE shelved = 0;
",
    // One index, one search table. `shown` is the text with secrets masked, where that is another; `logged` says whether
    // the log has an entry of the message's newest try.
    "
DROP INDEX messages_of;
DROP INDEX messages_unshelved;
ALTER TABLE messages DROP COLUMN shelved;
ALTER TABLE messages ADD COLUMN shown TEXT;
ALTER TABLE messages ADD COLUMN logged INTEGER NOT NULL DEFAULT 1;
CREATE INDEX messages_of ON messages (ident, place);
CREATE INDEX messages_unlogged ON messages (place) WHERE logged = 0;
DROP TABLE words;
DROP TABLE grams;
CREATE VIRTUAL TABLE search USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = \"trigram case_sensitive 1\"
);
UPDATE exchanges SET indexed = 0 WHERE indexed = 1;
",
    // Blanks, dashes, quotes and widths are folded too, so that all is to be indexed again.
    "UPDATE exchanges SET indexed = 0 WHERE indexed = 1;",
];

/// The newest layout that this program knows.
#[expect(clippy::cast_possible_wrap, reason = "a handful")]
pub const VERSION: i64 = STEPS.len() as i64;

/// The layout of the file.
pub fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Takes the steps that are missing, each as a whole or not at all.
pub fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let mut at = version(db)?;
    while let Some(step) = usize::try_from(at).ok().and_then(|at| STEPS.get(at)) {
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(step)?;
        at += 1;
        change.pragma_update(None, "user_version", at)?;
        change.commit()?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::fixtures::{self, guest_conversation};
    use crate::journal::job::Want;
    use crate::journal::{HistoryRequest, Job, Journal, JournalOptions, JournalPage, exchange_codec, files};
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
            let packed = exchange_codec::pack(&exchange);
            sql("INSERT INTO exchanges (number, session, kind, ident, message, began, what, indexed)
                 VALUES (3, 1, 'SEND', 'guest-api id-0 - -', 7, NOW, 'a wombat', 1)");
            db.execute("INSERT INTO details VALUES (3, ?1)", [packed]).unwrap();
            drop(db);
            let (journal, mut pages) = Journal::open(JournalOptions::new(home.clone(), vec![conversation.clone()]));
            let Some(JournalPage::Restored(back)) = pages.blocking_recv() else { panic!("{version}") };
            let lives: Vec<_> = back
                .messages
                .iter()
                .map(|kept| &kept.message)
                .map(|m| (m.id.0, m.text.as_str(), m.life.word()))
                .collect();
            assert_eq!(
                lives,
                [(7, "old", "accepted"), (8, "waits", "queued"), (9, "on the wire", "unknown")],
                "{version}"
            );
            assert_eq!(back.drafts, [(ConversationKey(0), "half a sen".to_owned(), 4)]);
            assert_eq!(back.conversations[0].nickname.as_deref(), Some("Anna"));
            assert_eq!(back.heard[0].1[0].text, "Hello");
            for (query, number) in [("wombat", 3), ("quokka", 4)] {
                let want = Want::Found { query: query.to_owned(), before: u64::MAX };
                journal.tell(Job::History(HistoryRequest { serial: 1, want, limit: 10 }));
                let Some(JournalPage::History(found)) = pages.blocking_recv() else { panic!("{query}") };
                assert_eq!(found.entries.iter().map(|e| e.number).collect::<Vec<_>>(), [number], "{version}: {query}");
            }
            assert!(journal.close(std::time::Duration::from_secs(20)));
        }
    }
}
