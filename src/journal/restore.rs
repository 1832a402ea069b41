//! What a start finds: a new session is begun, what was on the wire becomes unknown, and the rest is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::job::{KeptConversation, KeptMessage, Restored};
use super::{Keys, columns, older_runs, recovery, remote_messages};
use crate::engine::Recalled;
use crate::model::{Author, ConversationKey, DeliveryStatus, Message, MessageId, Moment, Variation};
use crate::pass::PassRun;

/// Settled messages of a conversation that come back at a start, and as many that were heard in it.
const MESSAGES: usize = 200;
/// A clock that is behind by less is not worth a word, in seconds.
const BEHIND: i64 = 300;

/// A queue that is older waits for a person.
const QUEUE_AGE: i64 = 600;
/// How far ahead of now a message may have been asked for before the clock counts as turned back, in seconds.
const FUTURE: i64 = 60;

/// How a session began.
#[derive(Clone, Copy, Debug)]
pub struct AddedConversation {
    /// Its number.
    pub session: i64,
    /// Seconds by which the clock stands before what was written last.
    pub clock_behind: Option<i64>,
}

/// Begins a session. What was on the wire is unknown from here on.
pub fn begin(db: &mut Connection, now: Timestamp) -> rusqlite::Result<AddedConversation> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest: Option<i64> = change.query_row(
        "SELECT max(at) FROM (
             SELECT max(began) AS at FROM sessions
             UNION ALL SELECT began FROM (SELECT began FROM exchanges ORDER BY number DESC LIMIT 1)
             UNION ALL SELECT asked FROM (SELECT asked FROM messages ORDER BY place DESC LIMIT 1))",
        [],
        |row| row.get(0),
    )?;
    recovery::under_way(&change)?;
    change.execute(
        "INSERT INTO sessions (began, version) VALUES (?1, ?2)",
        params![now.as_microsecond(), env!("CARGO_PKG_VERSION")],
    )?;
    let session = change.last_insert_rowid();
    change.commit()?;
    let behind = newest.map(|newest| columns::time(newest).duration_since(now).as_secs()).filter(|s| *s > BEHIND);
    Ok(AddedConversation { session, clock_behind: behind })
}

/// Reads what was kept. `configured` is how many conversations the profile has; those added by hand come after them.
pub fn restored(db: &Connection, keys: &Keys, configured: usize) -> rusqlite::Result<Restored> {
    let number = |sql: &str| -> rusqlite::Result<u64> {
        let at: Option<i64> = db.query_row(sql, [], |row| row.get(0))?;
        Ok(at.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    };
    let mut restored = Restored {
        last_number: number("SELECT max(number) FROM exchanges")?,
        first_number: number("SELECT min(number) FROM exchanges")?,
        ..Restored::default()
    };
    added(db, keys, configured, &mut restored)?;
    conversations(db, keys, &mut restored)?;
    let mut drafts = db.prepare("SELECT ident, text, cursor FROM drafts")?;
    let mut rows = drafts.query([])?;
    while let Some(row) = rows.next()? {
        let ident: String = row.get(0)?;
        let cursor: i64 = row.get(2)?;
        if let Some(key) = keys.key(&ident) {
            restored.drafts.push((key, row.get(1)?, usize::try_from(cursor).unwrap_or(0)));
        }
    }
    messages(db, keys, &mut restored)?;
    for ident in keys.all() {
        let heard = remote_messages::newest(db, &ident, MESSAGES)?;
        restored.heard.extend(keys.key(&ident).filter(|_| !heard.is_empty()).map(|key| (key, heard)));
    }
    restored.pass = unfinished(db)?;
    Ok(restored)
}

/// The newest run that is not over. One that cannot be read any more is left where it is.
fn unfinished(db: &Connection) -> rusqlite::Result<Option<Arc<PassRun>>> {
    let newest = "SELECT progress FROM passes WHERE ended IS NULL ORDER BY began DESC LIMIT 1";
    let progress: Option<String> = db.query_row(newest, [], |row| row.get(0)).optional()?;
    Ok(progress.and_then(|json| older_runs::read(&json)).map(Arc::new))
}

fn added(db: &Connection, keys: &Keys, configured: usize, restored: &mut Restored) -> rusqlite::Result<()> {
    // Those of before the order was kept come first.
    let select = "SELECT ident, added FROM conversations WHERE added IS NOT NULL ORDER BY added_as, ident";
    let mut select = db.prepare(select)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (ident, json): (String, String) = (row.get(0)?, row.get(1)?);
        // It may have been put into the config file since.
        if keys.key(&ident).is_some() {
            continue;
        }
        let Ok(key) = u32::try_from(configured + restored.added.len()) else { break };
        if let Some(conversation) = columns::added_from_json(&json, ConversationKey(key)) {
            keys.know(&conversation);
            restored.added.push(conversation);
        }
    }
    Ok(())
}

fn conversations(db: &Connection, keys: &Keys, restored: &mut Restored) -> rusqlite::Result<()> {
    let select = "SELECT ident, nickname, pinned, seen, unread, place, remote_id, open FROM conversations";
    let mut select = db.prepare(select)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let ident: String = row.get(0)?;
        let Some(key) = keys.key(&ident) else { continue };
        restored.open = restored.open.or(row.get::<_, bool>(7)?.then_some(key));
        restored.learned.extend(row.get::<_, Option<String>>(6)?.map(|id| (key, id)));
        restored.conversations.push(KeptConversation {
            key,
            nickname: row.get(1)?,
            pinned: row.get(2)?,
            seen: row.get::<_, Option<i64>>(3)?.map(columns::time),
            unread: row.get(4)?,
            place: row.get::<_, Option<String>>(5)?.and_then(|json| serde_json::from_str(&json).ok()),
        });
    }
    Ok(())
}

/// All that are open or unknown, and the newest of each conversation, in the order in which they were asked for.
fn messages(db: &Connection, keys: &Keys, restored: &mut Restored) -> rusqlite::Result<()> {
    const COLUMNS: &str = "place, id, ident, text, asked, begun, life, why, remote_id, resend_of, sent_as, extras";
    let mut found = BTreeMap::new();
    let open = format!("SELECT {COLUMNS} FROM messages WHERE life IN ('queued', 'sending', 'unknown')");
    let mut open = db.prepare(&open)?;
    let mut rows = open.query([])?;
    while let Some(row) = rows.next()? {
        let (place, message) = message(row, keys)?;
        match message {
            Some(message) => drop(found.insert(place, message)),
            None => restored.homeless += 1,
        }
    }
    let newest = "WHERE ident = ?1 ORDER BY place DESC";
    let mut newest = db.prepare(&format!("SELECT {COLUMNS} FROM messages {newest} LIMIT {MESSAGES}"))?;
    for ident in keys.all() {
        let mut rows = newest.query([ident])?;
        while let Some(row) = rows.next()? {
            let (place, message) = message(row, keys)?;
            found.extend(message.map(|m| (place, m)));
        }
    }
    restored.messages = found.into_values().collect();
    Ok(())
}

fn message(row: &Row<'_>, keys: &Keys) -> rusqlite::Result<(i64, Option<KeptMessage>)> {
    let ident: String = row.get(2)?;
    let place = row.get(0)?;
    let Some(conversation) = keys.key(&ident) else { return Ok((place, None)) };
    let id = |n: i64| MessageId(u64::try_from(n).unwrap_or(0));
    let message = Message {
        id: id(row.get(1)?),
        conversation,
        author: Author::Guest,
        text: row.get(3)?,
        at: Moment::new(Duration::ZERO, columns::time(row.get(4)?)),
        life: columns::status_of(&row.get::<_, String>(6)?, row.get(7)?),
        exchange: None,
        remote_id: row.get(8)?,
        resend_of: row.get::<_, Option<i64>>(9)?.map(id),
        sent_as: row.get::<_, Option<String>>(10)?.and_then(|name| Variation::named(&name)),
        extras: row.get::<_, Option<String>>(11)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
    };
    Ok((place, Some(KeptMessage { message, begun: row.get::<_, Option<i64>>(5)?.map(columns::time) })))
}

impl Restored {
    /// What the engine is told of earlier messages: the unknown ones, and in their conversations those that were
    /// accepted, so that none of these is taken for one of those.
    pub fn recalled(&self) -> Vec<Recalled> {
        let unknown = |m: &Message| matches!(m.life, DeliveryStatus::Unknown(_));
        let messages = || self.messages.iter().map(|kept| (&kept.message, kept.begun));
        let doubtful: BTreeSet<_> = messages().filter(|(m, _)| unknown(m)).map(|(m, _)| m.conversation).collect();
        messages()
            .filter(|(m, _)| doubtful.contains(&m.conversation))
            .filter(|(m, _)| {
                matches!(
                    m.life,
                    DeliveryStatus::Unknown(_)
                        | DeliveryStatus::Accepted
                        | DeliveryStatus::Answered
                        | DeliveryStatus::Landed
                )
            })
            .map(|(m, begun)| Recalled {
                message: m.id,
                conversation: m.conversation,
                text: m.text.clone(),
                at: begun.unwrap_or(m.at.wall),
                remote_id: m.remote_id.clone(),
                unknown: unknown(m),
                key: m.extras.key.clone(),
            })
            .collect()
    }

    /// Whether what is queued is too old to go by itself. A clock that was turned back tells no age: then a person
    /// decides too.
    pub fn queue_is_old(&self, now: Timestamp) -> bool {
        let queued = self.messages.iter().map(|kept| &kept.message).filter(|m| m.life == DeliveryStatus::Queued);
        queued.map(|m| now.duration_since(m.at.wall).as_secs()).any(|age| !(-FUTURE..=QUEUE_AGE).contains(&age))
    }
}
