//! Reads history: pages of entries and full-text search, on a connection and a thread of its own, so that neither keys
//! nor sends wait for it. Also what `guestwire log` and `guestwire export` read with.

use std::path::Path;
use std::sync::{Arc, mpsc};

use jiff::{Timestamp, Zoned};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};
use tokio::sync::mpsc::UnboundedSender;

use super::columns::{self, KeyTable};
use super::job::{HistoryPage, HistoryRange, HistoryRequest, JournalReport, KeptEntry, LogSource};
use super::search_text::Query;
use super::{files, restore, search_text};
use crate::export::transcript::{TranscriptExchange, TranscriptLine};
use crate::model::message::read_back;
use crate::model::{Attempt, Author, Conversation, ExchangeKind, MessageId, RemoteMessage};
use crate::text::dates::Period;

/// Text that a page holds at most (one entry always fits), in bytes.
const PAGE_BYTES: usize = 8 << 20;
/// Hits of the index that are looked at in one go.
const LOOKED_AT: u32 = 20_000;
/// Entries that are not in the index yet and are looked through all the same, in one go.
const NOT_INDEXED: u32 = 5_000;

const COLUMNS: &str = "e.number, e.session, e.kind, e.ident, e.message, e.began, e.what, e.marked, e.comment, \
                       d.detail, m.life, m.why, e.outcome";
const TABLES: &str = "exchanges AS e LEFT JOIN details AS d ON d.number = e.number \
                      LEFT JOIN messages AS m ON m.id = e.message";

/// Reads a journal.
#[derive(Debug)]
pub struct JournalReader {
    db: Connection,
    keys: Arc<KeyTable>,
}

impl JournalReader {
    /// Opens a profile's journal for reading. The error is a sentence.
    pub fn open(dir: &Path, conversations: &[Conversation]) -> Result<Self, String> {
        Ok(Self { db: files::open_to_read(dir)?, keys: KeyTable::of(conversations) })
    }

    /// The entries that are wanted, the oldest first, and whether there are more in the same direction.
    pub fn page(&self, want: &HistoryRange, limit: usize) -> Result<(Vec<KeptEntry>, bool), String> {
        let page = match want {
            HistoryRange::Found(query, before) => match Query::parse(query, &Zoned::now())? {
                Some(query) => self.find(&query, *before, limit),
                None => Ok((Vec::new(), false)),
            },
            HistoryRange::Before(number) => self.collect("e.number < ?1 ORDER BY e.number DESC", *number, limit),
            HistoryRange::After(number) => self.collect("e.number > ?1 ORDER BY e.number", *number, limit),
        };
        let (mut entries, more) = page.map_err(|why| format!("The journal cannot be read: {why}."))?;
        if !matches!(want, HistoryRange::After(_)) {
            entries.reverse();
        }
        Ok((entries, more))
    }

    /// The first number of a period, and the one after its last. A clock may have been put back: each hit is looked at.
    fn numbers(&self, within: &Period) -> rusqlite::Result<(i64, i64)> {
        if *within == Period::default() {
            return Ok((0, i64::MAX));
        }
        let micros = |at: Option<Timestamp>, else_| at.map_or(else_, Timestamp::as_microsecond);
        let select = "SELECT min(number), max(number) FROM exchanges WHERE began >= ?1 AND began < ?2";
        let values = [micros(within.from, i64::MIN), micros(within.until, i64::MAX)];
        self.db.query_row(select, values, |row| {
            let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok((first.unwrap_or(i64::MAX), last.map_or(0, |last| last.saturating_add(1))))
        })
    }

    fn collect(&self, which: &str, number: u64, limit: usize) -> rusqlite::Result<(Vec<KeptEntry>, bool)> {
        let mut select = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM {TABLES} WHERE {which}"))?;
        page_of(select.query_map([row_number(number)], |row| self.entry(row))?, limit)
    }

    /// Newest first through the index; each hit is looked at, for the index knows runs of three characters only.
    fn find(&self, query: &Query, before: u64, limit: usize) -> rusqlite::Result<(Vec<KeptEntry>, bool)> {
        let (first, after) = self.numbers(&query.within)?;
        let mut before = row_number(before).min(after);
        // One view of the file: an entry that gets into the index meanwhile is found in one place or the other.
        let _one_view = self.db.unchecked_transaction()?;
        let mut one = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM {TABLES} WHERE e.number = ?1"))?;
        let fits = |entry: &KeptEntry| query.within.contains(entry.source.at().wall) && query.stands_in(&text(entry));
        let (mut entries, mut more) = (Vec::new(), false);
        while first < before && !more {
            let (numbers, looked_to) = self.candidates(query, first, before)?;
            let found = numbers.into_iter();
            let found =
                found.filter_map(|number| one.query_row([number], |row| self.entry(row)).optional().transpose());
            let fitting = found.filter(|entry| entry.as_ref().map_or(true, fits));
            let (page, full) = page_of(fitting, limit - entries.len())?;
            entries.extend(page);
            (more, before) = (full, looked_to);
        }
        Ok((entries, more))
    }

    /// The newest entries in `first..before` that may fit, the newest first, and down to which number all are.
    fn candidates(&self, query: &Query, first: i64, before: i64) -> rusqlite::Result<(Vec<i64>, i64)> {
        let (mut hits, mut looked_to) = (Vec::new(), first);
        let mut also = |sql: &str, values: &[&dyn ToSql], most: u32| -> rusqlite::Result<()> {
            let some = columns::all(&self.db, sql, values, |row| row.get::<_, i64>(0))?;
            let rest = some.last().filter(|_| some.len() >= most as usize);
            looked_to = rest.map_or(looked_to, |last| looked_to.max(*last));
            hits.extend(some);
            Ok(())
        };
        if let Some(indexed) = query.indexed() {
            let search = "SELECT rowid FROM search WHERE search MATCH ?2 AND rowid < ?1 ORDER BY rowid DESC LIMIT ?3";
            also(search, &[&before, &indexed, &LOOKED_AT], LOOKED_AT)?;
            // What is not in the index yet. (Each condition as the partial index has it.)
            for state in [0, 2] {
                let newest = format!(
                    "SELECT number FROM exchanges WHERE indexed = {state} AND number < ?1 ORDER BY number DESC LIMIT ?2"
                );
                also(&newest, &[&before, &NOT_INDEXED], NOT_INDEXED)?;
            }
        } else {
            let newest = "SELECT number FROM exchanges WHERE number < ?1 ORDER BY number DESC LIMIT ?2";
            also(newest, &[&before, &LOOKED_AT], LOOKED_AT)?;
        }
        hits.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        hits.dedup();
        hits.retain(|number| *number >= looked_to);
        Ok((hits, looked_to))
    }

    fn entry(&self, row: &Row<'_>) -> rusqlite::Result<KeptEntry> {
        let kind = ExchangeKind::named(&row.get::<_, String>(2)?).unwrap_or_default();
        let what: String = row.get(6)?;
        let packed: Option<Vec<u8>> = row.get(9)?;
        let ident: Option<String> = row.get(3)?;
        let why: Option<String> = row.get(11)?;
        let session = row.get(1)?;
        let of = ident.and_then(|ident| self.keys.key(&ident));
        let source = match packed.and_then(|packed| columns::unpack(&packed, session)) {
            Some(mut exchange) => {
                // Kept under way: recovery may have found how it ended.
                let recovered: Option<String> = row.get(12)?;
                if !exchange.outcome.is_finished()
                    && let Some(name) = recovered.filter(|name| !matches!(name.as_str(), "open" | "waiting"))
                {
                    exchange.outcome = restore::kept_outcome(&name, why.clone());
                }
                (exchange.kind, exchange.what) = (kind, what);
                exchange.conversation = of;
                exchange.message = row.get::<_, Option<u64>>(4)?.map(MessageId);
                LogSource::Exchange(Arc::new(exchange))
            }
            None => LogSource::Note { at: columns::moment(row.get(5)?), kind, text: what, about: of },
        };
        let delivery: Option<String> = row.get(10)?;
        Ok(KeptEntry {
            number: row.get(0)?,
            source,
            marked: row.get(7)?,
            comment: row.get(8)?,
            delivery: delivery.map(|delivery| columns::status_of(&delivery, why)),
        })
    }

    /// All messages, ours and theirs, in the order of their conversations' idents and their times. A message of ours that
    /// was read back stands once, also where the answer to its send told no id.
    pub fn transcript(&self) -> Result<Vec<(String, TranscriptLine)>, String> {
        let lines = columns::all(
            &self.db,
            "SELECT m.ident, 'guest', m.text, m.asked, m.life, m.why, m.sent_as, m.resend_of IS NOT NULL,
                        e.number, e.status, e.took, e.request_id, x.marked, x.comment, m.remote_id IS NULL, NULL
                 FROM messages AS m
                 LEFT JOIN (SELECT message, max(number) AS number, max(marked) AS marked,
                                   group_concat(comment, '; ') AS comment
                            FROM exchanges WHERE message IS NOT NULL GROUP BY message) AS x ON x.message = m.id
                 LEFT JOIN exchanges AS e ON e.number = x.number
                 UNION ALL
                 SELECT h.ident, h.author, h.text, h.at, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, h.extras
                 FROM heard AS h WHERE NOT EXISTS
                     (SELECT 1 FROM messages AS m WHERE m.ident = h.ident AND m.remote_id = h.remote_id)
                 ORDER BY 1, 4",
            [],
            |row| {
                let (delivery, why): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
                let said: RemoteMessage = columns::of_json(row.get(15)?);
                let line = TranscriptLine {
                    author: Author::named(&row.get::<_, String>(1)?).unwrap_or(Author::System),
                    text: row.get(2)?,
                    at: columns::time(row.get(3)?),
                    delivery: delivery.map(|delivery| columns::status_of(&delivery, why)),
                    sent_as: row.get(6)?,
                    again: row.get(7)?,
                    choices: said.choices.into_iter().map(|c| c.label).collect(),
                    carried: carried(row)?,
                };
                Ok(KeptLine { ident: row.get(0)?, line, without_id: row.get(14)?, untimed: said.untimed })
            },
        );
        lines.map(without_own_read_back).map_err(|e| format!("the journal cannot be read: {e}"))
    }

    /// The first number of the newest session that has entries.
    pub(crate) fn newest_session(&self) -> Result<u64, String> {
        let sql = "SELECT min(number) FROM exchanges WHERE session = (SELECT session FROM exchanges ORDER BY number DESC LIMIT 1)";
        let first: rusqlite::Result<Option<u64>> = self.db.query_row(sql, [], |row| row.get(0));
        first.map(Option::unwrap_or_default).map_err(|e| format!("the journal cannot be read: {e}"))
    }
}

fn page_of(
    found: impl Iterator<Item = rusqlite::Result<KeptEntry>>,
    limit: usize,
) -> rusqlite::Result<(Vec<KeptEntry>, bool)> {
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for entry in found {
        let entry = entry?;
        if entries.len() == limit || bytes > PAGE_BYTES {
            return Ok((entries, true));
        }
        bytes += size(&entry);
        entries.push(entry);
    }
    Ok((entries, false))
}

fn row_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct KeptLine {
    ident: String,
    line: TranscriptLine,
    /// It is a message of ours whose remote id is not known.
    without_id: bool,
    untimed: bool,
}

fn without_own_read_back(lines: Vec<KeptLine>) -> Vec<(String, TranscriptLine)> {
    let mut waiting: Vec<bool> = lines.iter().map(|kept| kept.without_id).collect();
    let mut twice = vec![false; lines.len()];
    for (heard, twice) in lines.iter().zip(&mut twice) {
        if heard.line.delivery.is_some() || heard.line.author != Author::Guest {
            continue;
        }
        let ours = lines.iter().zip(&mut waiting).filter(|(ours, waits)| **waits && ours.ident == heard.ident);
        let ours = ours
            .filter_map(|(KeptLine { line, .. }, waits)| Some((waits, &*line.text, line.at, line.delivery.as_ref()?)));
        if let Some(waits) = read_back(&heard.line.text, (!heard.untimed).then_some(heard.line.at), ours) {
            (*waits, *twice) = (false, true);
        }
    }
    lines.into_iter().zip(twice).filter(|(_, twice)| !twice).map(|(kept, _)| (kept.ident, kept.line)).collect()
}

fn carried(row: &Row<'_>) -> rusqlite::Result<Option<TranscriptExchange>> {
    let Some(number) = row.get(8)? else { return Ok(None) };
    Ok(Some(TranscriptExchange {
        number,
        status: row.get(9)?,
        took_ms: row.get::<_, Option<u64>>(10)?.map(|micros| micros / 1_000),
        request_id: row.get(11)?,
        marked: row.get::<_, Option<bool>>(12)?.unwrap_or(false),
        comment: row.get(13)?,
    }))
}

/// Everything of an entry in which a query may stand.
fn text(entry: &KeptEntry) -> String {
    match &entry.source {
        LogSource::Exchange(exchange) => search_text::of_exchange(exchange, entry.comment.as_deref()),
        LogSource::Note { text, .. } => search_text::of_note(text, entry.comment.as_deref()),
    }
}

fn size(entry: &KeptEntry) -> usize {
    let attempt = |a: &Arc<Attempt>| 1_024 + a.request.body.text.len() + a.response().map_or(0, |r| r.body.text.len());
    match &entry.source {
        LogSource::Exchange(exchange) => exchange.attempts().map(attempt).sum(),
        LogSource::Note { text, .. } => text.len(),
    }
}

/// Answers the console's questions until nobody can ask any more. The file is opened when the first one comes.
pub(super) fn serve(
    dir: &Path,
    keys: &Arc<KeyTable>,
    asked: &mpsc::Receiver<HistoryRequest>,
    reports: &UnboundedSender<JournalReport>,
) {
    let mut reader: Option<JournalReader> = None;
    while let Ok(request) = asked.recv() {
        let open = || files::open_to_read(dir).map(|db| JournalReader { db, keys: Arc::clone(keys) });
        let opened = reader.take().map_or_else(open, Ok);
        let found = opened.map_err(|why| format!("No history: {why}.")).and_then(|opened| {
            let page = opened.page(&request.want, request.limit)?;
            reader = Some(opened);
            Ok(page)
        });
        if reports.send(JournalReport::History(HistoryPage { request, found })).is_err() {
            return;
        }
    }
}
