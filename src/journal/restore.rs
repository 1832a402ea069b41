//! What a start finds: a new session is begun, what was under way is brought to its end, and the rest is read.
//!
//! ```text
//! message: sending ─► unknown                  queued stays queued: the next session sends it
//! entry:   under way ─► as its message is      none (its intent alone is on the disk) ─► one is made
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use super::columns::{self, KeyTable};
use super::job::{KeptConversation, KeptMessage, Restored};
use super::statements;
use crate::model::{
    Author, ConversationKey, DeliveryStatus, Exchange, ExchangeId, ExchangeKind, Message, MessageId, Outcome, Reason,
    RemoteMessage, Variation,
};
use crate::pass::result::kept_run;

/// Finished messages of a conversation that come back at a start, and as many of its remote side.
const MESSAGES: usize = 200;
/// A clock that is behind by less is not worth a word, in seconds.
const BEHIND: i64 = 300;
/// A queue that is older waits for a person.
const QUEUE_AGE: i64 = 600;
/// How far ahead of now a message may have been asked for before the clock counts as turned back, in seconds.
const FUTURE: i64 = 60;

/// Begins a session. Gives its number, and the seconds by which the clock is behind, where that is worth a word.
pub fn begin(db: &mut Connection, now: Timestamp) -> rusqlite::Result<(i64, Option<i64>)> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest: Option<i64> = change.query_row(
        "SELECT max(at) FROM (
             SELECT max(began) AS at FROM sessions
             UNION ALL SELECT began FROM (SELECT began FROM exchanges ORDER BY number DESC LIMIT 1)
             UNION ALL SELECT asked FROM (SELECT asked FROM messages ORDER BY place DESC LIMIT 1))",
        [],
        |row| row.get(0),
    )?;
    end_interrupted(&change)?;
    change.execute(
        "INSERT INTO sessions (began, version) VALUES (?1, ?2)",
        params![now.as_microsecond(), env!("CARGO_PKG_VERSION")],
    )?;
    let session = change.last_insert_rowid();
    change.commit()?;
    let behind = newest.map(|newest| columns::time(newest).duration_since(now).as_secs()).filter(|s| *s > BEHIND);
    Ok((session, behind))
}

pub fn end_interrupted(change: &Transaction<'_>) -> rusqlite::Result<()> {
    let without_entry = without_entry(change)?;
    let unknown = "UPDATE messages SET life = 'unknown', why = ?1 WHERE life = 'sending'";
    change.execute(unknown, [Reason::OnTheWire.kept()])?;
    // A refusal without its answer is not told apart from a loss: the message itself has the reason.
    change.execute(
        "UPDATE exchanges SET indexed = 0, outcome = coalesce(
             (SELECT CASE life WHEN 'queued' THEN 'cancelled' WHEN 'cancelled' THEN 'cancelled'
                         WHEN 'accepted' THEN 'accepted' WHEN 'answered' THEN 'accepted' WHEN 'landed' THEN 'accepted'
                         WHEN 'refused' THEN 'refused' ELSE 'unknown' END
              FROM messages WHERE id = exchanges.message), 'unknown')
         WHERE indexed = 2",
        [],
    )?;
    for (ident, exchange) in without_entry {
        let next = "SELECT coalesce((SELECT max(number) FROM exchanges), 0) + 1,
                           coalesce((SELECT max(id) FROM sessions), 0)";
        let (number, session) = change.query_row(next, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        statements::entry(change, number, session, Some(&ident), &exchange)?;
    }
    change.execute("UPDATE messages SET logged = 1 WHERE logged = 0", [])?;
    Ok(())
}

/// The entries that the log lacks: the request's purpose is known; the bytes that were written and the answer are not.
fn without_entry(change: &Transaction<'_>) -> rusqlite::Result<Vec<(String, Exchange)>> {
    let sql = "SELECT id, ident, coalesce(shown, text), begun, life, why, sent_as FROM messages AS m
               WHERE logged = 0 AND begun IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM exchanges AS e WHERE e.indexed = 2 AND e.message = m.id)
               ORDER BY place";
    columns::all(change, sql, [], |row| {
        let ended = match row.get::<_, String>(4)?.as_str() {
            "answered" | "landed" => kept_outcome("accepted", None),
            "queued" => Outcome::Cancelled,
            other => kept_outcome(other, row.get(5)?),
        };
        let exchange = Exchange {
            id: ExchangeId(0),
            kind: ExchangeKind::Send,
            what: row.get(2)?,
            conversation: None,
            message: Some(MessageId(row.get(0)?)),
            sent_as: row.get::<_, Option<String>>(6)?.as_deref().and_then(Variation::named),
            started: columns::moment(row.get(3)?),
            took: None,
            steps: Vec::new(),
            outcome: ended,
        };
        Ok((row.get(1)?, exchange))
    })
}

pub fn kept_outcome(name: &str, why: Option<String>) -> Outcome {
    let why = why.filter(|why| !why.is_empty()).map(Reason::of_kept);
    match Outcome::from((name.to_owned(), why.clone())) {
        Outcome::Unknown(_) => Outcome::Unknown(why.unwrap_or(Reason::OnTheWire)),
        known => known,
    }
}

/// Reads what was kept. `configured` is how many conversations the profile has; those added by hand come after them.
pub fn restored(db: &Connection, keys: &KeyTable, configured: usize) -> rusqlite::Result<Restored> {
    let numbers = "SELECT coalesce((SELECT max(number) FROM exchanges), 0),
                          coalesce((SELECT min(number) FROM exchanges), 0)";
    let (last_number, first_number) = db.query_row(numbers, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut restored = Restored { last_number, first_number, ..Restored::default() };
    added(db, keys, configured, &mut restored)?;
    conversations(db, keys, &mut restored)?;
    let drafts = columns::all(db, "SELECT ident, text, cursor FROM drafts", [], |row| {
        let key = keys.key(&row.get::<_, String>(0)?);
        Ok(key.zip(Some((row.get(1)?, row.get(2)?))))
    })?;
    restored.drafts = drafts.into_iter().flatten().map(|(key, (text, cursor))| (key, text, cursor)).collect();
    messages(db, keys, &mut restored)?;
    for ident in keys.all() {
        let messages = remote_messages(db, &ident)?;
        restored.remote_messages.extend(keys.key(&ident).filter(|_| !messages.is_empty()).map(|key| (key, messages)));
    }
    // The newest run that is not over. One that cannot be read any more is left where it is.
    let newest = "SELECT progress FROM passes WHERE ended IS NULL ORDER BY began DESC LIMIT 1";
    let progress: Option<String> = db.query_row(newest, [], |row| row.get(0)).optional()?;
    restored.pass = progress.and_then(|json| kept_run(&json)).map(Arc::new);
    Ok(restored)
}

fn added(db: &Connection, keys: &KeyTable, configured: usize, restored: &mut Restored) -> rusqlite::Result<()> {
    // Rows without an order are older than the column, and come first.
    let select = "SELECT ident, added FROM conversations WHERE added IS NOT NULL ORDER BY added_as, ident";
    for (ident, json) in columns::all(db, select, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
        // It may have been put into the config file since.
        if keys.key(&ident).is_some() {
            continue;
        }
        let key = ConversationKey((configured + restored.added.len()) as u32);
        if let Some(conversation) = columns::added_from_json(&json, key) {
            keys.remember(&conversation);
            restored.added.push(conversation);
        }
    }
    Ok(())
}

fn conversations(db: &Connection, keys: &KeyTable, restored: &mut Restored) -> rusqlite::Result<()> {
    let select = "SELECT ident, nickname, pinned, seen, unread, place, remote_id, open FROM conversations";
    columns::all(db, select, [], |row| {
        let Some(key) = keys.key(&row.get::<_, String>(0)?) else { return Ok(()) };
        restored.open = restored.open.or(row.get::<_, bool>(7)?.then_some(key));
        restored.learned.extend(row.get::<_, Option<String>>(6)?.map(|id| (key, id)));
        restored.conversations.push(KeptConversation {
            key,
            nickname: row.get(1)?,
            pinned: row.get(2)?,
            seen: row.get::<_, Option<i64>>(3)?.map(columns::time),
            unread: row.get(4)?,
            place: columns::of_json(row.get(5)?),
        });
        Ok(())
    })?;
    Ok(())
}

fn remote_messages(db: &Connection, ident: &str) -> rusqlite::Result<Vec<RemoteMessage>> {
    let select = "SELECT remote_id, author, text, at, extras FROM heard WHERE ident = ?1 ORDER BY at DESC LIMIT ?2";
    let mut messages = columns::all(db, select, params![ident, MESSAGES], |row| {
        Ok(RemoteMessage {
            id: row.get(0)?,
            author: Author::named(&row.get::<_, String>(1)?).unwrap_or(Author::System),
            text: row.get(2)?,
            at: columns::time(row.get(3)?),
            ..columns::of_json(row.get(4)?)
        })
    })?;
    messages.reverse();
    Ok(messages)
}

/// All that are open or unknown, and the newest of each conversation, in the order in which they were asked for.
fn messages(db: &Connection, keys: &KeyTable, restored: &mut Restored) -> rusqlite::Result<()> {
    const SELECT: &str = "SELECT place, id, ident, text, asked, begun, life, why, remote_id, resend_of, sent_as, extras
                          FROM messages";
    let message = |row: &Row<'_>| message(row, keys);
    let open = format!("{SELECT} WHERE life IN ('queued', 'sending', 'unknown')");
    let open = columns::all(db, &open, [], message)?;
    restored.homeless = open.iter().filter(|(_, kept)| kept.is_none()).count();
    let mut found: BTreeMap<i64, Option<KeptMessage>> = open.into_iter().collect();
    let newest = format!("{SELECT} WHERE ident = ?1 ORDER BY place DESC LIMIT ?2");
    for ident in keys.all() {
        found.extend(columns::all(db, &newest, params![ident, MESSAGES], message)?);
    }
    restored.messages = found.into_values().flatten().collect();
    Ok(())
}

/// A row of messages and its place; no message where its conversation is in the profile no more.
fn message(row: &Row<'_>, keys: &KeyTable) -> rusqlite::Result<(i64, Option<KeptMessage>)> {
    let place = row.get(0)?;
    let Some(conversation) = keys.key(&row.get::<_, String>(2)?) else { return Ok((place, None)) };
    let message = Message {
        id: MessageId(row.get(1)?),
        conversation,
        author: Author::Guest,
        text: row.get(3)?,
        at: columns::moment(row.get(4)?),
        delivery: columns::status_of(&row.get::<_, String>(6)?, row.get(7)?),
        exchange: None,
        remote_id: row.get(8)?,
        resend_of: row.get::<_, Option<u64>>(9)?.map(MessageId),
        sent_as: row.get::<_, Option<String>>(10)?.and_then(|name| Variation::named(&name)),
        extras: columns::of_json(row.get(11)?),
    };
    Ok((place, Some((message, row.get::<_, Option<i64>>(5)?.map(columns::time)))))
}

impl Restored {
    /// The earlier messages that the engine is told: the unknown ones, and the accepted ones of the same conversations, so
    /// that an accepted message that is read again does not settle an unknown one.
    pub fn recalled(&self) -> Vec<(Message, Timestamp)> {
        let unknown = |m: &Message| matches!(m.delivery, DeliveryStatus::Unknown(_));
        let doubtful = self.messages.iter().map(|(message, _)| message).filter(|m| unknown(m)).map(|m| m.conversation);
        let doubtful: BTreeSet<_> = doubtful.collect();
        let told = |m: &Message| {
            let settled = m.delivery.is_finished() && m.delivery != DeliveryStatus::NotReceived;
            doubtful.contains(&m.conversation) && settled && m.delivery.may_have_arrived()
        };
        let told = self.messages.iter().filter(|(message, _)| told(message));
        told.map(|(message, begun)| (message.clone(), begun.unwrap_or(message.at.wall))).collect()
    }

    /// Whether a person decides about what is queued: it is too old, or a clock that was turned back tells no age.
    pub(crate) fn queue_is_old(&self, now: Timestamp) -> bool {
        let queued = self.messages.iter().map(|(message, _)| message).filter(|m| m.delivery == DeliveryStatus::Queued);
        queued.map(|m| now.duration_since(m.at.wall).as_secs()).any(|age| !(-FUTURE..=QUEUE_AGE).contains(&age))
    }
}
