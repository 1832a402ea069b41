//! What the other side said, as it lies in the journal: the words in columns, the rest as JSON.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::columns;
use crate::model::{Attachment, Choice, RemoteMessage};

/// What a message of the other side has beside its words.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

/// The JSON of what a message has beside its words; `None` where that is nothing.
pub fn extras(message: &RemoteMessage) -> Option<String> {
    let stored =
        Stored { choices: message.choices.clone(), attachments: message.attachments.clone(), late: message.late };
    let plain = stored.choices.is_empty() && stored.attachments.is_empty() && !stored.late;
    (!plain).then(|| serde_json::to_string(&stored).ok()).flatten()
}

/// What the choices of a message say, from its stored JSON.
pub fn choices(extras: Option<&str>) -> Vec<String> {
    let stored: Stored = extras.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    stored.choices.into_iter().map(|choice| choice.label).collect()
}

/// The newest that were heard in a conversation, oldest first.
pub fn newest(db: &Connection, ident: &str, limit: usize) -> rusqlite::Result<Vec<RemoteMessage>> {
    let sql = "SELECT remote_id, author, text, at, extras FROM heard WHERE ident = ?1 ORDER BY at DESC LIMIT ?2";
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map(params![ident, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        let extras: Option<String> = row.get(4)?;
        let stored: Stored = extras.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        Ok(RemoteMessage {
            id: row.get(0)?,
            author: columns::author_of(&row.get::<_, String>(1)?),
            text: row.get(2)?,
            at: columns::time(row.get(3)?),
            choices: stored.choices,
            attachments: stored.attachments,
            late: stored.late,
        })
    })?;
    let mut heard: Vec<RemoteMessage> = rows.collect::<rusqlite::Result<_>>()?;
    heard.reverse();
    Ok(heard)
}
