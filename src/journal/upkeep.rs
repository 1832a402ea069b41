//! Work that can wait, done a slice at a time: the index for search, and keeping the journal within its bounds, first by
//! age, then by size. Marked and commented entries stay as long as the size allows. Messages that are not finished stay
//! whatever their age.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::columns::{self, all, run};
use super::{JournalOptions, search_text};
use crate::model::Exchange;

const INDEX_GROUP: usize = 128;
/// Entries that go in one slice: so few that a send never waits long behind it.
const SLICE: i64 = 64;
const PAGES_BACK: i64 = 2_000;

/// Makes the next entries findable. True when all are.
pub fn index(db: &mut Connection) -> rusqlite::Result<bool> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let waiting = all(
        &change,
        "SELECT number, what, comment FROM exchanges WHERE indexed = 0 ORDER BY number LIMIT ?1",
        [INDEX_GROUP],
        |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?)),
    )?;
    for (number, what, comment) in &waiting {
        let packed: Option<Vec<u8>> = change
            .prepare_cached("SELECT detail FROM details WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?;
        let comment = comment.as_deref();
        let text = match packed.and_then(|packed| columns::unpack(&packed, 0)) {
            Some(exchange) => search_text::of_exchange(&Exchange { what: what.clone(), ..exchange }, comment),
            None => search_text::of_note(what, comment),
        };
        run(&change, "INSERT OR REPLACE INTO search (rowid, text) VALUES (?1, ?2)", params![number, text])?;
        run(&change, "UPDATE exchanges SET indexed = 1 WHERE number = ?1", [number])?;
    }
    change.commit()?;
    Ok(waiting.len() < INDEX_GROUP)
}

/// Removes a slice of what is too old or too much. True while there is more.
pub fn make_room(db: &mut Connection, options: &JournalOptions, now: Timestamp) -> rusqlite::Result<bool> {
    let age = SignedDuration::try_from(options.keep.min(Duration::from_secs(86_400 * 36_500))).unwrap_or_default();
    let oldest = now.checked_sub(age).unwrap_or(Timestamp::MIN).as_microsecond();
    let mut gone = remove_entries(db, "began < ?1 AND marked = 0 AND comment IS NULL", oldest)?;
    if gone == 0 {
        gone = remove_old(db, oldest)?;
    }
    if gone == 0 && used(db)? > options.max_bytes {
        gone = remove_entries(db, "marked = 0 AND comment IS NULL AND ?1 = ?1", oldest)?;
        if gone == 0 {
            gone = remove_entries(db, "?1 = ?1", oldest)?;
        }
        // Lets the index forget what was taken out of it.
        run(db, "INSERT INTO search (search, rank) VALUES ('merge', 16)", [])?;
    }
    if gone > 0 {
        // Gives free pages back to the system.
        all(db, &format!("PRAGMA incremental_vacuum({PAGES_BACK})"), [], |_| Ok(()))?;
    }
    Ok(gone > 0)
}

/// Bytes in use: the file without its free pages.
pub fn used(db: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let used = (pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?;
    Ok(u64::try_from(used).unwrap_or(0))
}

/// The oldest entries that fit a condition go, from the index too. How many went.
fn remove_entries(db: &mut Connection, condition: &str, bound: i64) -> rusqlite::Result<usize> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // By number, so that this looks at the beginning of the table only. Where all of that is marked, nothing goes by age.
    let select = format!(
        "SELECT number FROM (SELECT * FROM exchanges ORDER BY number LIMIT {}) WHERE {condition} LIMIT {SLICE}",
        SLICE * 64
    );
    let numbers: Vec<i64> = all(&change, &select, [bound], |row| row.get(0))?;
    for number in &numbers {
        for statement in [
            "DELETE FROM search WHERE rowid = ?1",
            "DELETE FROM details WHERE number = ?1",
            "DELETE FROM exchanges WHERE number = ?1",
        ] {
            run(&change, statement, [number])?;
        }
    }
    change.commit()?;
    Ok(numbers.len())
}

/// Finished messages, those of the remote side, and runs of passes go where they are older. Drafts stay. How many went.
fn remove_old(db: &mut Connection, oldest: i64) -> rusqlite::Result<usize> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let settled = "DELETE FROM messages WHERE place IN (SELECT place FROM messages
                   WHERE asked < ?1 AND life NOT IN ('queued', 'sending', 'unknown') ORDER BY place LIMIT ?2)";
    let mut gone = run(&change, settled, params![oldest, SLICE])?;
    gone += run(&change, "DELETE FROM heard WHERE at < ?1", [oldest])?;
    gone += run(&change, "DELETE FROM passes WHERE began < ?1", [oldest])?;
    change.commit()?;
    Ok(gone)
}
