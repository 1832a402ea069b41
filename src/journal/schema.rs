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
    // A message is put under its conversation at leisure: while many are sent side by side, each would touch another page
    // of that index, in the commit that all of them wait for.
    "
ALTER TABLE messages ADD COLUMN shelved INTEGER NOT NULL DEFAULT 1;
DROP INDEX messages_of;
CREATE INDEX messages_of ON messages (ident, place) WHERE shelved = 1;
CREATE INDEX messages_unshelved ON messages (place) WHERE shelved = 0;
",
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn plan(db: &Connection, query: &str) -> String {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let rows = plan.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.map(|row| row.unwrap() + "\n").collect()
    }

    #[test]
    fn messages_of_an_older_layout_stand_under_their_conversation() {
        let mut db = Connection::open_in_memory().unwrap();
        for step in &STEPS[..4] {
            db.execute_batch(step).unwrap();
        }
        db.pragma_update(None, "user_version", 4).unwrap();
        db.execute_batch("INSERT INTO messages (id, ident, text, asked, life) VALUES (7, 'a', 'old', 1, 'accepted')")
            .unwrap();
        migrate(&mut db).unwrap();
        assert_eq!(version(&db).unwrap(), VERSION);
        let of = "SELECT text FROM messages WHERE shelved = 1 AND ident = 'a' ORDER BY place DESC LIMIT 1";
        assert_eq!(db.query_row(of, [], |row| row.get::<_, String>(0)).unwrap(), "old");
        assert!(plan(&db, of).contains("messages_of"), "{}", plan(&db, of));
        let new = "SELECT place FROM messages WHERE shelved = 0 ORDER BY place LIMIT 9";
        assert!(plan(&db, new).contains("messages_unshelved"), "{}", plan(&db, new));
    }
}
