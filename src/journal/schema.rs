//! The tables, as a list of steps that only grows. `user_version` says how many have been taken.

use rusqlite::{Connection, TransactionBehavior};

/// One entry a step. Never change one that was released: add another.
pub(super) const STEPS: &[&str] = &[
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

#[expect(clippy::cast_possible_wrap, reason = "a handful")]
pub const VERSION: i64 = STEPS.len() as i64;

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
