//! What is kept on disk: one SQLite file a profile, written by one thread, read by another.
//!
//! ```text
//! console: Job ───────────► 2 lanes ──► writer ─► groups ─► journal.db (WAL) ◄── reader ◄── Ask (history, search)
//! engine: intent, status ─►   │            │  when idle: index for search, retention              │
//!            ▲                             ▼                                                      ▼
//!            └─ on disk ◄─────────────── commit                                         Page ─► back to the console
//!
//!  queued ─► sending (intent, fsync) ─► accepted | refused | unknown | …   at a restart: sending becomes unknown
//! ```
//! A message's first byte leaves after its intent is on the disk, and its status is told after that is. What is waiting
//! is written together, so that messages side by side share one fsync. The index for search is made when nothing
//! happened for a quarter of a second. The writer holds a lock that the system takes back when the process ends, in
//! whatever way.
//!
//! Trouble is told ([`JournalReport::Trouble`]), never hidden. While nothing can be recorded, messages wait.

mod columns;
pub(crate) mod files;
pub(crate) mod job;
mod reader;
mod restore;
mod schema;
mod search_text;
mod statements;
mod upkeep;
mod work;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use rusqlite::{Transaction, TransactionBehavior};
use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

pub use files::{database, profile_dir};
pub use job::{
    HistoryPage, HistoryRange, HistoryRequest, Job, JournalOptions, JournalReport, KeptConversation, KeptEntry,
    KeptPlace, LogSource, Restored, is_kept,
};
pub use reader::JournalReader;

pub(crate) use job::JournalTrouble;

use crate::engine::{GuestTokenAnswer, Intent, Recording, SendLog, Unrecorded};
use crate::model::{ConversationKey, DeliveryStatus, MessageId};
use columns::KeyTable;
use work::{GuestTokenWork, Lanes, RecordAnswer, Work, lanes};
use writer::Writer;

const STOPPED: &str = "the journal has stopped";

/// The way to the writer's thread, and what ends with that. Empty once the journal is closed.
type WriterHandle = Option<(Lanes, mpsc::Receiver<()>)>;

/// Asks the journal. Cheap to clone; only `close` waits.
#[derive(Clone, Debug)]
pub struct Journal {
    writer: Arc<Mutex<WriterHandle>>,
    asks: mpsc::Sender<HistoryRequest>,
    reports: UnboundedSender<JournalReport>,
    /// Nothing may be sent: another guestwire has the profile open, or it is not known yet whether one has.
    read_only: Arc<AtomicBool>,
    of_subcommand: bool,
}

impl Journal {
    /// Begins to open a journal, on a thread of its own, and returns at once. The first page tells how that went.
    pub fn open(options: JournalOptions) -> (Self, UnboundedReceiver<JournalReport>) {
        let (reports, receiver) = unbounded_channel();
        let (lanes, inbox) = lanes();
        let keys = KeyTable::of(&options.conversations);
        let (asks, asked) = mpsc::channel();
        let (alive, ended) = mpsc::channel::<()>();
        let journal = Self {
            writer: Arc::new(Mutex::new(Some((lanes, ended)))),
            asks,
            reports: reports.clone(),
            read_only: Arc::new(AtomicBool::new(true)),
            of_subcommand: options.of_subcommand,
        };
        let (dir, known, history) = (options.dir.clone(), Arc::clone(&keys), reports.clone());
        let writer = Writer::new(options, inbox, keys, reports, Arc::clone(&journal.read_only));
        let started = [
            std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
                writer.run();
                drop(alive);
            }),
            std::thread::Builder::new().name("history".to_owned()).spawn(move || {
                reader::serve(&dir, &known, &asked, &history);
            }),
        ];
        if started.iter().any(Result::is_err) {
            journal.writer().take();
            let sentence = "Nothing is being kept: the system gives no thread for the journal.".to_owned();
            let _ = journal.reports.send(JournalReport::Trouble(JournalTrouble::not_kept(sentence)));
        }
        (journal, receiver)
    }

    /// Asks, without waiting. What finds no room is told as trouble.
    pub fn submit(&self, job: Job) {
        match job {
            // The thread lives as long as a handle does.
            Job::History(ask) => drop(self.asks.send(ask)),
            Job::Status(message, delivery) => {
                self.put(Work::Outcome { message, delivery, remote_id: None, done: None });
            }
            job => self.put(Work::Job(job)),
        }
    }

    fn writer(&self) -> MutexGuard<'_, WriterHandle> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, work: Work) {
        let put = self.writer().as_ref().is_some_and(|(lanes, _)| lanes.put(work));
        if !put {
            let sentence =
                "The journal cannot keep up (or has stopped): some of what happens now is not being kept.".to_owned();
            let _ = self.reports.send(JournalReport::Trouble(JournalTrouble::not_kept(sentence)));
        }
    }

    fn record(&self, work: impl FnOnce(RecordAnswer) -> Work) -> Recording {
        let (done, recorded) = oneshot::channel();
        self.put(work(done));
        // Work that found no room is dropped, together with the sender of its answer.
        Box::pin(async move { recorded.await.unwrap_or_else(|_| Err(Unrecorded::NotNow(STOPPED.to_owned()))) })
    }

    /// Writes the rest and gives the lock back. Waits for that, at most for `bound`; true if it is done.
    pub fn close(&self, bound: Duration) -> bool {
        let Some((lanes, ended)) = self.writer().take() else { return true };
        drop(lanes);
        ended.recv_timeout(bound) == Err(mpsc::RecvTimeoutError::Disconnected)
    }
}

impl SendLog for Journal {
    fn intent(&self, intent: Intent) -> Recording {
        let (for_good, recording) = (self.of_subcommand, self.record(|done| Work::Intent(intent, done)));
        // Nobody is there to see a message of a subcommand wait for the disk.
        Box::pin(async move { recording.await.map_err(|e| if for_good { Unrecorded::Never(e.why()) } else { e }) })
    }

    fn outcome(&self, message: MessageId, delivery: &DeliveryStatus, remote_id: Option<&str>) -> Recording {
        // A subcommand alone may send its messages: to others, one that waits in it was not sent.
        let waits = self.of_subcommand && !delivery.is_finished();
        let delivery = if waits { DeliveryStatus::Cancelled } else { delivery.clone() };
        let remote_id = remote_id.map(str::to_owned);
        self.record(|done| Work::Outcome { message, delivery, remote_id, done: Some(done) })
    }

    fn read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    fn guest_token(
        &self,
        conversation: ConversationKey,
        configured: Option<SecretString>,
        renew: bool,
    ) -> GuestTokenAnswer {
        let (done, answered) = oneshot::channel();
        self.put(Work::Guest(GuestTokenWork { conversation, configured, renew, done }));
        Box::pin(async move { answered.await.unwrap_or_else(|_| Err(STOPPED.to_owned())) })
    }
}

/// Brings to their ends what a guestwire that was killed left under way, where no other one is there: to be done before
/// history is read. What cannot be written stays as it is.
pub fn recover(dir: &Path) {
    if !files::database(dir).exists() {
        return;
    }
    let Ok(_lock) = files::lock(dir) else { return };
    let Ok(mut db) = files::open(dir) else { return };
    let recover = |change: Transaction<'_>| restore::end_interrupted(&change).and_then(|()| change.commit());
    if let Err(e) = db.transaction_with_behavior(TransactionBehavior::Immediate).and_then(recover) {
        tracing::warn!("journal: what was under way cannot be brought to its end: {e}");
    }
}

#[cfg(test)]
#[path = "../../tests/unit/journal/mod.rs"]
mod tests;
