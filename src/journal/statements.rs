//! Each kind of work as statements. Runs inside the group's transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use secrecy::{ExposeSecret as _, SecretString};

use super::Job;
use super::columns::{self, KeyTable, json, run};
use super::job::LogSource;
use super::work::{GuestTokenWork, Work};
use crate::engine::{GuestToken, Intent, Unrecorded};
use crate::model::{Exchange, Message, RemoteMessage, Variation};

#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    pub session: i64,
    pub last: u64,
}

impl Numbers {
    /// The entry's number; 0 asks for the next one.
    fn of(&mut self, number: u64) -> u64 {
        let number = if number == 0 { self.last + 1 } else { number };
        self.last = self.last.max(number);
        number
    }
}

pub fn apply(db: &Transaction<'_>, work: &Work, keys: &KeyTable, numbers: &mut Numbers) -> rusqlite::Result<()> {
    match work {
        Work::Intent(intent, _) => self::intent(db, intent, keys),
        Work::Outcome { message, delivery, remote_id, .. } => {
            let status = "UPDATE messages SET life = ?2, why = ?3, remote_id = coalesce(?4, remote_id) WHERE id = ?1";
            let (name, why) = columns::status_words(delivery);
            run(db, status, params![message.0, name, why, remote_id]).map(drop)
        }
        Work::Job(job) => self::job(db, job, keys, numbers),
        // Answered by itself, outside of groups.
        Work::Guest(_) | Work::LockIsFree => Ok(()),
    }
}

fn intent(db: &Transaction<'_>, intent: &Intent, keys: &KeyTable) -> rusqlite::Result<()> {
    let Some(ident) = keys.ident(intent.conversation) else { return Ok(()) };
    let now = Timestamp::now().as_microsecond();
    let shown = (intent.shown != intent.text).then_some(&intent.shown);
    run(
        db,
        "INSERT INTO messages (id, ident, text, asked, life, attempt, begun, extras, shown, logged)
         VALUES (?1, ?2, ?3, ?4, 'sending', ?5, ?4, ?6, ?7, 0)
         ON CONFLICT (id) DO UPDATE
         SET life = 'sending', why = NULL, attempt = ?5, begun = ?4, extras = ?6, shown = ?7, logged = 0",
        params![intent.message.0, ident, intent.text, now, intent.attempt, json(&intent.extras), shown],
    )?;
    Ok(())
}

fn queue(db: &Transaction<'_>, message: &Message, keys: &KeyTable) -> rusqlite::Result<()> {
    let Some(ident) = keys.ident(message.conversation) else { return Ok(()) };
    let (name, why) = columns::status_words(&message.delivery);
    run(
        db,
        "INSERT INTO messages (id, ident, text, asked, life, why, resend_of, sent_as, extras)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING",
        params![
            message.id.0,
            ident,
            message.text,
            message.at.wall.as_microsecond(),
            name,
            why,
            message.resend_of.map(|id| id.0),
            message.sent_as.map(Variation::name),
            json(&message.extras),
        ],
    )?;
    Ok(())
}

fn job(db: &Transaction<'_>, job: &Job, keys: &KeyTable, numbers: &mut Numbers) -> rusqlite::Result<()> {
    match job {
        Job::QueueBeside(message) => return queue(db, message, keys),
        Job::Queue(message) => {
            queue(db, message, keys)?;
            let Some(ident) = keys.ident(message.conversation) else { return Ok(()) };
            run(db, "DELETE FROM drafts WHERE ident = ?1", [ident])?
        }
        Job::Draft(conversation, text, cursor) => {
            let Some(ident) = keys.ident(*conversation) else { return Ok(()) };
            if text.is_empty() {
                run(db, "DELETE FROM drafts WHERE ident = ?1", [ident])?
            } else {
                let draft = "INSERT OR REPLACE INTO drafts (ident, text, cursor, saved) VALUES (?1, ?2, ?3, ?4)";
                run(db, draft, params![ident, text, cursor, Timestamp::now().as_microsecond()])?
            }
        }
        Job::Conversation(kept) => {
            let Some(ident) = keys.ident(kept.key) else { return Ok(()) };
            let seen = kept.seen.map(Timestamp::as_microsecond);
            run(
                db,
                "INSERT INTO conversations (ident, nickname, pinned, seen, unread, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (ident) DO UPDATE
                 SET nickname = ?2, pinned = ?3, seen = coalesce(?4, seen), unread = ?5, place = ?6",
                params![ident, kept.nickname, kept.pinned, seen, kept.unread, json(&kept.place)],
            )?
        }
        Job::Added(conversation) => run(
            db,
            "INSERT INTO conversations (ident, added, added_as)
             VALUES (?1, ?2, (SELECT coalesce(max(added_as), 0) + 1 FROM conversations))
             ON CONFLICT (ident) DO UPDATE SET added = ?2, added_as = coalesce(added_as, excluded.added_as)",
            params![keys.remember(conversation), columns::added_json(conversation)],
        )?,
        Job::Removed(key) => {
            let removed = "UPDATE conversations SET added = NULL, added_as = NULL, open = 0 WHERE ident = ?1";
            run(db, removed, [keys.ident(*key)])?
        }
        Job::Opened(key) => {
            let Some(ident) = keys.ident(*key) else { return Ok(()) };
            run(db, "UPDATE conversations SET open = 0 WHERE open = 1", [])?;
            let open =
                "INSERT INTO conversations (ident, open) VALUES (?1, 1) ON CONFLICT (ident) DO UPDATE SET open = 1";
            run(db, open, [ident])?
        }
        Job::ConversationIdKnown(key, id) => {
            let Some(ident) = keys.ident(*key) else { return Ok(()) };
            let known = "INSERT INTO conversations (ident, remote_id) VALUES (?1, ?2)
                         ON CONFLICT (ident) DO UPDATE SET remote_id = ?2";
            run(db, known, params![ident, id])?
        }
        Job::RemoteMessages(key, messages) => {
            let Some(ident) = keys.ident(*key) else { return Ok(()) };
            for message in messages {
                let RemoteMessage { id, author, text, at, .. } = message;
                run(
                    db,
                    "INSERT OR IGNORE INTO heard (ident, remote_id, author, text, at, extras)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![ident, id, author.name(), text, at.as_microsecond(), json(message)],
                )?;
            }
            messages.len()
        }
        Job::Entry(number, LogSource::Exchange(exchange)) => {
            let ident = exchange.conversation.and_then(|key| keys.ident(key));
            return entry(db, numbers.of(*number), numbers.session, ident.as_deref(), exchange);
        }
        Job::Entry(number, LogSource::Note { at, kind, text, about }) => {
            let note = "INSERT OR REPLACE INTO exchanges (number, session, kind, began, what, ident)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (number, began) = (numbers.of(*number), at.wall.as_microsecond());
            let ident = about.and_then(|key| keys.ident(key));
            run(db, note, params![number, numbers.session, kind.name(), began, text, ident])?
        }
        Job::Mark(number, marked, comment) => run(
            db,
            "UPDATE exchanges SET marked = ?2, comment = ?3, indexed = min(indexed, 0) WHERE number = ?1",
            params![number, marked, comment],
        )?,
        Job::Pass(pass) => {
            let progress =
                serde_json::to_string(&**pass).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
            let ended = pass.ended.map(Timestamp::as_microsecond);
            run(
                db,
                "INSERT INTO passes (id, file, began, ended, progress) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET ended = ?4, progress = ?5",
                params![pass.id, pass.file, pass.began.as_microsecond(), ended, progress],
            )?
        }
        // Come another way: see `Journal::submit`.
        Job::History(_) | Job::Status(..) => 0,
    };
    Ok(())
}

pub fn entry(
    db: &Connection,
    number: u64,
    session: i64,
    ident: Option<&str>,
    exchange: &Exchange,
) -> rusqlite::Result<()> {
    let took = exchange.took.and_then(|d| i64::try_from(d.as_micros()).ok());
    // An exchange under way is put into the index once it is over.
    let indexed = if exchange.outcome.is_finished() { 0 } else { 2 };
    let message = exchange.message.map(|message| message.0);
    run(
        db,
        "INSERT INTO exchanges
             (number, session, kind, ident, message, began, took, status, outcome, what, request_id, indexed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (number) DO UPDATE SET took = ?7, status = ?8, outcome = ?9, what = ?10, request_id = ?11, indexed = ?12",
        params![
            number,
            session,
            exchange.kind.name(),
            ident,
            message,
            exchange.started.wall.as_microsecond(),
            took,
            exchange.status(),
            exchange.outcome.kept_name(),
            exchange.what,
            exchange.request_id().map(|(_, id)| id),
            indexed,
        ],
    )?;
    let packed = columns::pack(exchange);
    run(db, "INSERT OR REPLACE INTO details (number, detail) VALUES (?1, ?2)", params![number, packed])?;
    run(db, "UPDATE messages SET logged = 1 WHERE id = ?1 AND logged = 0", [message])?;
    Ok(())
}

/// Answers with the guest token that is kept for a web conversation, or keeps a new one: it is the identity of a guest,
/// made once, so that a restart resumes the session. Never shown and never exported.
pub fn guest_token(work: GuestTokenWork, db: &mut Connection, keys: &KeyTable) {
    let GuestTokenWork { conversation, configured, renew, done } = work;
    let mut answer = GuestToken::configured_or_new(configured);
    if answer.fresh {
        match find_or_keep(db, keys.ident(conversation).as_deref(), &answer.token, renew) {
            Ok(Some(token)) => answer = GuestToken { token, fresh: false, kept: Ok(()) },
            Ok(None) => {}
            Err(e) => answer.kept = Err(e.to_string()),
        }
    }
    // Whoever asked may have gone: the token is kept all the same.
    let _ = done.send(Ok(answer));
}

/// Answers where nothing can be kept; the error says why this guestwire may open no session.
pub fn guest_token_unkept(work: GuestTokenWork, may: Result<(), Unrecorded>) {
    let mut answer = GuestToken::configured_or_new(work.configured);
    if answer.fresh {
        answer.kept = Err("nothing is being kept".to_owned());
    }
    let _ = work.done.send(may.map_err(Unrecorded::why).map(|()| answer));
}

/// The token that is kept; nothing where `made` is kept from now on.
fn find_or_keep(
    db: &mut Connection,
    ident: Option<&str>,
    made: &SecretString,
    renew: bool,
) -> rusqlite::Result<Option<SecretString>> {
    let ident = ident.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let kept = "SELECT token FROM guest_tokens WHERE ident = ?1";
    let kept: Option<String> = change.query_row(kept, [ident], |row| row.get(0)).optional()?;
    if let Some(kept) = kept.filter(|_| !renew) {
        return Ok(Some(SecretString::from(kept)));
    }
    let keep = "INSERT OR REPLACE INTO guest_tokens (ident, token) VALUES (?1, ?2)";
    run(&change, keep, [ident, made.expose_secret()])?;
    change.commit()?;
    Ok(None)
}
