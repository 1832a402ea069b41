//! What a guestwire that ended in the middle of something left under way, brought to its end.
//!
//! ```text
//! message: sending ─► unknown                  queued stays queued: the next session sends it
//! entry:   under way ─► as its message is      none (its intent alone is on the disk) ─► one is made
//! ```

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{columns, statements};
use crate::model::{Exchange, ExchangeId, ExchangeKind, MessageId, Outcome, Reason, Variation};

/// Recovers in a transaction of its own.
pub fn recover(db: &mut Connection) -> rusqlite::Result<()> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    under_way(&change)?;
    change.commit()
}

/// Brings messages and entries that were under way to their ends.
pub fn under_way(change: &Transaction<'_>) -> rusqlite::Result<()> {
    let without_entry = without_entry(change)?;
    change
        .execute("UPDATE messages SET life = 'unknown', why = ?1 WHERE life = 'sending'", [Reason::OnTheWire.kept()])?;
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

/// The entries that the log lacks: of messages of whose newest try it knows nothing. The request's purpose is known; the
/// bytes that were written, and the answer, are not.
fn without_entry(change: &Transaction<'_>) -> rusqlite::Result<Vec<(String, Exchange)>> {
    let sql = "SELECT id, ident, coalesce(shown, text), begun, life, why, sent_as FROM messages AS m
               WHERE logged = 0 AND begun IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM exchanges AS e WHERE e.indexed = 2 AND e.message = m.id)
               ORDER BY place";
    columns::all(change, sql, [], |row| {
        let ended = match row.get::<_, String>(4)?.as_str() {
            "answered" | "landed" => settled("accepted", None),
            "queued" => Outcome::Cancelled,
            other => settled(other, row.get(5)?),
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

/// How an entry that was kept under way ended, by what recovery found; `None` where it is under way still.
pub fn ended_as(outcome: Option<&str>, why: Option<String>) -> Option<Outcome> {
    outcome.filter(|name| !matches!(*name, "open" | "waiting")).map(|name| settled(name, why))
}

/// The outcome of that name, for the reason that the message was kept with.
fn settled(name: &str, why: Option<String>) -> Outcome {
    let why = why.filter(|why| !why.is_empty()).map(Reason::of_kept);
    match Outcome::from((name.to_owned(), why.clone())) {
        Outcome::Unknown(_) => Outcome::Unknown(why.unwrap_or(Reason::OnTheWire)),
        known => known,
    }
}
