//! What a guestwire that ended in the middle of something left under way, brought to its end.
//!
//! ```text
//! message: sending ─► unknown                  queued stays queued: the next session sends it
//! entry:   under way ─► as its message is      none (its intent alone is on the disk) ─► one is made
//! ```

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{columns, exchange_codec};
use crate::model::{Exchange, ExchangeId, ExchangeKind, Moment, Outcome, Reason, Variation};

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
    for entry in without_entry {
        entry.make(change)?;
    }
    change.execute("UPDATE messages SET logged = 1 WHERE logged = 0", [])?;
    Ok(())
}

/// A message of whose newest try the log has no entry.
struct Unlogged {
    id: i64,
    ident: String,
    shown: String,
    begun: i64,
    life: String,
    why: Option<String>,
    sent_as: Option<String>,
}

fn without_entry(change: &Transaction<'_>) -> rusqlite::Result<Vec<Unlogged>> {
    let sql = "SELECT id, ident, coalesce(shown, text), begun, life, why, sent_as FROM messages AS m
               WHERE logged = 0 AND begun IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM exchanges AS e WHERE e.indexed = 2 AND e.message = m.id)
               ORDER BY place";
    let mut select = change.prepare(sql)?;
    let rows = select.query_map([], |row| {
        Ok(Unlogged {
            id: row.get(0)?,
            ident: row.get(1)?,
            shown: row.get(2)?,
            begun: row.get(3)?,
            life: row.get(4)?,
            why: row.get(5)?,
            sent_as: row.get(6)?,
        })
    })?;
    rows.collect()
}

impl Unlogged {
    /// Makes its entry: what was asked is known, what was written and answered is not.
    fn make(self, change: &Transaction<'_>) -> rusqlite::Result<()> {
        let ended = match self.life.as_str() {
            "answered" | "landed" => "accepted",
            "queued" => "cancelled",
            other => other,
        };
        let outcome = settled(ended, self.why);
        let began = Moment::new(std::time::Duration::ZERO, columns::time(self.begun));
        let exchange = Exchange {
            id: ExchangeId(0),
            kind: ExchangeKind::Send,
            what: self.shown,
            conversation: None,
            message: None,
            sent_as: self.sent_as.as_deref().and_then(Variation::named),
            started: began,
            took: None,
            steps: Vec::new(),
            outcome,
        };
        let last: i64 = change.query_row("SELECT coalesce(max(number), 0) FROM exchanges", [], |row| row.get(0))?;
        change.execute(
            "INSERT INTO exchanges (number, session, kind, ident, message, began, outcome, what)
             VALUES (?1, (SELECT coalesce(max(id), 0) FROM sessions), ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                last + 1,
                exchange.kind.word(),
                self.ident,
                self.id,
                self.begun,
                exchange.outcome.kept_name(),
                exchange.what
            ],
        )?;
        change.execute(
            "INSERT INTO details (number, detail) VALUES (?1, ?2)",
            params![last + 1, exchange_codec::pack(&exchange)],
        )?;
        Ok(())
    }
}

/// How an entry that was kept under way ended, by what recovery found; `None` where it is under way still.
pub fn ended_as(outcome: Option<&str>, why: Option<String>) -> Option<Outcome> {
    outcome.filter(|name| !matches!(*name, "open" | "waiting")).map(|name| settled(name, why))
}

/// The outcome of that name, for the reason that the message was kept with.
fn settled(name: &str, why: Option<String>) -> Outcome {
    let why = why.filter(|why| !why.is_empty()).map(Reason::of_kept);
    match name {
        "accepted" => Outcome::Accepted,
        "cancelled" => Outcome::Cancelled,
        "refused" => Outcome::Refused(why.unwrap_or_else(|| Reason::from(""))),
        _ => Outcome::Unknown(why.unwrap_or(Reason::OnTheWire)),
    }
}
