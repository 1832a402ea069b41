//! Each kind of work as statements. Runs inside the group's transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::job::Work;
use super::{Job, Keys, columns, exchange_codec, remote_messages, search_text};
use crate::engine::send_log::Intent;
use crate::model::{DeliveryStatus, Exchange, Message, MessageId, Variation};

/// Entries that are made findable in one go.
pub const INDEX_GROUP: u32 = 128;

/// What a group changed that the writer remembers once it is committed.
#[derive(Debug, Default)]
pub struct Applied {
    pub session: i64,
    pub last_number: u64,
}

/// Does one piece of work.
pub fn apply(db: &Transaction<'_>, work: &Work, keys: &Keys, applied: &mut Applied) -> rusqlite::Result<()> {
    match work {
        Work::Intent(intent, _) => self::intent(db, intent, Timestamp::now(), keys),
        Work::Outcome { message, life, remote_id, .. } => life_now(db, *message, life, remote_id.as_deref()),
        Work::Job(job) => self::job(db, job, keys, applied),
        // Answered by itself, outside of groups.
        Work::Guest(_) | Work::LockIsFree => Ok(()),
    }
}

fn life_now(
    db: &Transaction<'_>,
    message: MessageId,
    life: &DeliveryStatus,
    remote_id: Option<&str>,
) -> rusqlite::Result<()> {
    let (name, why) = columns::status_words(life);
    db.prepare_cached("UPDATE messages SET life = ?2, why = ?3, remote_id = coalesce(?4, remote_id) WHERE id = ?1")?
        .execute(params![columns::row_id(message), name, why, remote_id])?;
    Ok(())
}

fn intent(db: &Transaction<'_>, intent: &Intent, at: Timestamp, keys: &Keys) -> rusqlite::Result<()> {
    let Some(ident) = keys.ident(intent.conversation) else { return Ok(()) };
    db.prepare_cached(
        "INSERT INTO messages (id, ident, text, asked, life, attempt, begun, extras, shown, logged)
         VALUES (?1, ?2, ?3, ?4, 'sending', ?5, ?4, ?6, ?7, 0)
         ON CONFLICT (id) DO UPDATE
         SET life = 'sending', why = NULL, attempt = ?5, begun = ?4, extras = ?6, shown = ?7, logged = 0",
    )?
    .execute(params![
        columns::row_id(intent.message),
        ident,
        intent.text,
        at.as_microsecond(),
        intent.attempt,
        columns::extras_json(&intent.extras),
        (intent.shown != intent.text).then_some(&intent.shown),
    ])?;
    Ok(())
}

fn queue(db: &Transaction<'_>, message: &Message, keys: &Keys) -> rusqlite::Result<()> {
    let Some(ident) = keys.ident(message.conversation) else { return Ok(()) };
    let (name, why) = columns::status_words(&message.life);
    let extras = columns::extras_json(&message.extras);
    db.prepare_cached(
        "INSERT INTO messages (id, ident, text, asked, life, why, resend_of, sent_as, extras)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![
        columns::row_id(message.id),
        ident,
        message.text,
        message.at.wall.as_microsecond(),
        name,
        why,
        message.resend_of.map(columns::row_id),
        message.sent_as.map(Variation::as_str),
        extras,
    ])?;
    if message.resend_of.is_none() {
        db.prepare_cached("DELETE FROM drafts WHERE ident = ?1")?.execute([ident])?;
    }
    Ok(())
}

fn job(db: &Transaction<'_>, job: &Job, keys: &Keys, applied: &mut Applied) -> rusqlite::Result<()> {
    match job {
        Job::Queue(message) => queue(db, message, keys),
        Job::Status { message, life } => life_now(db, *message, life, None),
        Job::Draft { conversation, text, cursor } => {
            let Some(ident) = keys.ident(*conversation) else { return Ok(()) };
            if text.is_empty() {
                db.prepare_cached("DELETE FROM drafts WHERE ident = ?1")?.execute([ident])?;
            } else {
                let (cursor, now) = (i64::try_from(*cursor).unwrap_or(0), Timestamp::now().as_microsecond());
                db.prepare_cached(
                    "INSERT OR REPLACE INTO drafts (ident, text, cursor, saved) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![ident, text, cursor, now])?;
            }
            Ok(())
        }
        Job::Conversation(kept) => {
            let Some(ident) = keys.ident(kept.key) else { return Ok(()) };
            db.prepare_cached(
                "INSERT INTO conversations (ident, nickname, pinned, seen, unread, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (ident) DO UPDATE
                 SET nickname = ?2, pinned = ?3, seen = coalesce(?4, seen), unread = ?5, place = ?6",
            )?
            .execute(params![
                ident,
                kept.nickname,
                kept.pinned,
                kept.seen.map(Timestamp::as_microsecond),
                kept.unread,
                kept.place.as_ref().and_then(|place| serde_json::to_string(place).ok()),
            ])?;
            Ok(())
        }
        Job::Added(conversation) => {
            let ident = keys.know(conversation);
            let added = columns::added_json(conversation);
            db.prepare_cached(
                "INSERT INTO conversations (ident, added, added_as)
                 VALUES (?1, ?2, (SELECT coalesce(max(added_as), 0) + 1 FROM conversations))
                 ON CONFLICT (ident) DO UPDATE SET added = ?2, added_as = coalesce(added_as, excluded.added_as)",
            )?
            .execute(params![ident, added])?;
            Ok(())
        }
        Job::Removed(key) => {
            let Some(ident) = keys.ident(*key) else { return Ok(()) };
            db.prepare_cached("UPDATE conversations SET added = NULL, added_as = NULL, open = 0 WHERE ident = ?1")?
                .execute([ident])?;
            Ok(())
        }
        Job::Opened(key) => {
            let Some(ident) = keys.ident(*key) else { return Ok(()) };
            db.prepare_cached("UPDATE conversations SET open = 0 WHERE open = 1")?.execute([])?;
            db.prepare_cached(
                "INSERT INTO conversations (ident, open) VALUES (?1, 1) ON CONFLICT (ident) DO UPDATE SET open = 1",
            )?
            .execute([ident])?;
            Ok(())
        }
        Job::ConversationIdKnown { conversation, id } => {
            let Some(ident) = keys.ident(*conversation) else { return Ok(()) };
            db.prepare_cached(
                "INSERT INTO conversations (ident, remote_id) VALUES (?1, ?2)
                 ON CONFLICT (ident) DO UPDATE SET remote_id = ?2",
            )?
            .execute(params![ident, id])?;
            Ok(())
        }
        Job::RemoteMessages { conversation, messages } => {
            let Some(ident) = keys.ident(*conversation) else { return Ok(()) };
            let mut insert = db.prepare_cached(
                "INSERT OR IGNORE INTO heard (ident, remote_id, author, text, at, extras) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for message in messages {
                let (author, at) = (message.author.word(), message.at.as_microsecond());
                insert.execute(params![
                    ident,
                    message.id,
                    author,
                    message.text,
                    at,
                    remote_messages::extras(message)
                ])?;
            }
            Ok(())
        }
        Job::Exchange { number, exchange } => self::exchange(db, *number, exchange, keys, applied),
        Job::Note { number, at, kind, text } => {
            let number = numbered(*number, applied);
            db.prepare_cached(
                "INSERT OR REPLACE INTO exchanges (number, session, kind, began, what) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![number, applied.session, kind.word(), at.wall.as_microsecond(), text])?;
            Ok(())
        }
        Job::Mark { number, marked, comment } => {
            let number = i64::try_from(*number).unwrap_or(i64::MAX);
            db.prepare_cached(
                "UPDATE exchanges SET marked = ?2, comment = ?3, indexed = min(indexed, 0) WHERE number = ?1",
            )?
            .execute(params![number, marked, comment])?;
            Ok(())
        }
        Job::Pass(run) => {
            let progress =
                serde_json::to_string(&**run).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
            db.prepare_cached(
                "INSERT INTO passes (id, file, began, ended, progress) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET ended = ?4, progress = ?5",
            )?
            .execute(params![
                run.id,
                run.file,
                run.began.as_microsecond(),
                run.ended.map(Timestamp::as_microsecond),
                progress
            ])?;
            Ok(())
        }
        // Goes to the reader.
        Job::History(_) => Ok(()),
    }
}

/// The entry's number; 0 asks for the next one.
fn numbered(number: u64, applied: &mut Applied) -> i64 {
    let number = if number == 0 { applied.last_number + 1 } else { number };
    applied.last_number = applied.last_number.max(number);
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn exchange(
    db: &Transaction<'_>,
    number: u64,
    exchange: &Exchange,
    keys: &Keys,
    applied: &mut Applied,
) -> rusqlite::Result<()> {
    let number = numbered(number, applied);
    let outcome = exchange.outcome.kept_name();
    let took = exchange.took.and_then(|d| i64::try_from(d.as_micros()).ok());
    // What is still under way is found once it is over.
    let indexed = if exchange.outcome.is_settled() { 0 } else { 2 };
    db.prepare_cached(
        "INSERT INTO exchanges
             (number, session, kind, ident, message, began, took, status, outcome, what, request_id, indexed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (number) DO UPDATE SET took = ?7, status = ?8, outcome = ?9, what = ?10, request_id = ?11, indexed = ?12",
    )?
    .execute(params![
        number,
        applied.session,
        exchange.kind.word(),
        exchange.conversation.and_then(|key| keys.ident(key)),
        exchange.message.map(columns::row_id),
        exchange.started.wall.as_microsecond(),
        took,
        exchange.status(),
        outcome,
        exchange.what,
        exchange.request_id().map(|(_, id)| id),
        indexed,
    ])?;
    db.prepare_cached("INSERT OR REPLACE INTO details (number, detail) VALUES (?1, ?2)")?
        .execute(params![number, exchange_codec::pack(exchange)])?;
    if let Some(message) = exchange.message {
        let logged = "UPDATE messages SET logged = 1 WHERE id = ?1 AND logged = 0";
        db.prepare_cached(logged)?.execute([columns::row_id(message)])?;
    }
    Ok(())
}

/// Makes the next entries findable. True when all are.
pub fn index(db: &mut Connection) -> rusqlite::Result<bool> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let waiting: Vec<(i64, String, Option<String>)> = change
        .prepare_cached("SELECT number, what, comment FROM exchanges WHERE indexed = 0 ORDER BY number LIMIT ?1")?
        .query_map([INDEX_GROUP], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (number, what, comment) in &waiting {
        let packed: Option<Vec<u8>> = change
            .prepare_cached("SELECT detail FROM details WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?;
        let comment = comment.as_deref();
        let text = match packed.and_then(|packed| exchange_codec::unpack(&packed, 0)) {
            Some(exchange) => search_text::of_exchange(&Exchange { what: what.clone(), ..exchange }, comment),
            None => search_text::of_note(what, comment),
        };
        change
            .prepare_cached("INSERT OR REPLACE INTO search (rowid, text) VALUES (?1, ?2)")?
            .execute(params![number, text])?;
        change.prepare_cached("UPDATE exchanges SET indexed = 1 WHERE number = ?1")?.execute([number])?;
    }
    change.commit()?;
    Ok(waiting.len() < INDEX_GROUP as usize)
}
