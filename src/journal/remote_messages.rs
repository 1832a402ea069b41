//! What the other side said, as it lies in the journal: the words in columns, the rest as JSON.

use rusqlite::{Connection, params};

use super::columns;
use crate::model::{Author, RemoteMessage};

/// The JSON of what a message has beside its words; `None` where that is nothing.
pub fn extras(message: &RemoteMessage) -> Option<String> {
    serde_json::to_string(message).ok().filter(|json| json != "{}")
}

/// What a message has beside its words, from its JSON.
pub fn of_extras(json: Option<String>) -> RemoteMessage {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

/// The newest that were heard in a conversation, oldest first.
pub fn newest(db: &Connection, ident: &str, limit: usize) -> rusqlite::Result<Vec<RemoteMessage>> {
    let sql = "SELECT remote_id, author, text, at, extras FROM heard WHERE ident = ?1 ORDER BY at DESC LIMIT ?2";
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map(params![ident, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok(RemoteMessage {
            id: row.get(0)?,
            author: Author::named(&row.get::<_, String>(1)?).unwrap_or(Author::System),
            text: row.get(2)?,
            at: columns::time(row.get(3)?),
            ..of_extras(row.get(4)?)
        })
    })?;
    let mut heard: Vec<RemoteMessage> = rows.collect::<rusqlite::Result<_>>()?;
    heard.reverse();
    Ok(heard)
}
