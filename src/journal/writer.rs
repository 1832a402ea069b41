//! The thread that writes: takes work in groups, commits each as a whole, answers intents, and does what can wait when
//! there is nothing else to do.
//!
//! ```text
//! open ─┬─ Writing ◄─► in trouble (disk full, …): what must not be lost is held and tried again
//!       ├─ Waiting ─► Writing   another program holds the file for a while
//!       ├─ Reading ─► Writing   another guestwire writes; when it leaves, this one takes over
//!       └─ Nothing   no place to write, or a newer file
//! ```

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::mpsc::UnboundedSender;

use super::columns::KeyTable;
use super::files::{self, BUSY, FileDenied, why};
use super::job::Restored;
use super::statements::{self, Numbers};
use super::work::{Inbox, Work};
use super::{Job, JournalOptions, JournalReport, JournalTrouble, restore, upkeep};
use crate::engine::Unrecorded;

/// The thread is at leisure when there was nothing to do for so long: what can wait never competes with sends.
const QUIET: Duration = Duration::from_millis(250);
const AGAIN: Duration = Duration::from_secs(3);
const HELD_MAX: usize = 8_192;
/// Slices that go after each group while the journal is too large: more than the group can have brought.
const ROOM_STEPS: u32 = 4;

/// How long another guestwire may take to leave before this one becomes read-only.
const LEAVING: Duration = Duration::from_millis(300);
const ONLY_READS: &str = "another guestwire has this profile open, and this one only reads";

pub struct Store {
    pub db: Connection,
    pub numbers: Numbers,
    /// `None` beside another guestwire: then only messages are kept.
    lock: Option<File>,
}

enum Mode {
    Writing(Box<Store>),
    /// Another program holds the file: messages wait.
    Waiting,
    Reading,
    Nothing,
}

impl Mode {
    /// The answer, where this mode writes no row, to a caller that waits for its row.
    fn unwritten(&self) -> Result<(), Unrecorded> {
        match self {
            Self::Writing(_) | Self::Nothing => Ok(()),
            Self::Waiting => Err(Unrecorded::NotNow(BUSY.to_owned())),
            Self::Reading => Err(Unrecorded::Never(ONLY_READS.to_owned())),
        }
    }
}

pub struct Writer {
    options: JournalOptions,
    inbox: Inbox,
    keys: Arc<KeyTable>,
    reports: UnboundedSender<JournalReport>,
    /// What could not be written and waits, in order.
    held: VecDeque<Work>,
    /// Some of that was dropped, because more than [`HELD_MAX`] waited.
    dropped: bool,
    in_trouble: bool,
    read_only: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn new(
        options: JournalOptions,
        inbox: Inbox,
        keys: Arc<KeyTable>,
        reports: UnboundedSender<JournalReport>,
        read_only: Arc<AtomicBool>,
    ) -> Self {
        Self { options, inbox, keys, reports, held: VecDeque::new(), dropped: false, in_trouble: false, read_only }
    }

    fn report(&self, report: JournalReport) {
        // Nobody listens any more: the console is leaving, what is in the lanes is still written.
        let _ = self.reports.send(report);
    }

    pub fn run(mut self) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            return self.tell_not_kept("Nothing is being kept: the journal's thread cannot wait.");
        };
        let mut mode = self.open(true);
        // What an earlier session left to do is done at once.
        let (mut pause, mut upkeep_due) = (Duration::ZERO, true);
        loop {
            self.read_only.store(matches!(mode, Mode::Reading), Ordering::Relaxed);
            let bound = match mode {
                Mode::Writing(_) if self.in_trouble => Some(AGAIN),
                Mode::Waiting => Some(AGAIN),
                Mode::Writing(_) if upkeep_due => Some(pause),
                _ => None,
            };
            let Some(group) = runtime.block_on(self.inbox.next(bound)) else { break };
            if !group.is_empty() {
                if group.iter().any(|work| matches!(work, Work::LockIsFree)) {
                    mode = self.open(false);
                }
                (pause, upkeep_due) = (QUIET, true);
                self.write_group(&mut mode, group);
                if let Mode::Writing(store) = &mut mode
                    && let Err(e) = store.stay_within(&self.options)
                {
                    self.trouble(&mut mode, &e);
                }
                continue;
            }
            if self.in_trouble {
                self.write_group(&mut mode, group);
                continue;
            }
            pause = Duration::ZERO;
            if matches!(mode, Mode::Waiting) {
                mode = self.open(false);
                // What was held meanwhile.
                self.write_group(&mut mode, group);
            }
            let Mode::Writing(store) = &mut mode else { continue };
            upkeep_due = store.upkeep(&self.options).unwrap_or_else(|e| {
                tracing::warn!("journal upkeep: {e}");
                self.trouble(&mut mode, &e);
                false
            });
        }
        if let Mode::Writing(mut store) = mode {
            // What could not be written until now gets its last chance.
            if !self.held.is_empty()
                && let Err(e) = store.write(self.held.iter(), &self.keys)
            {
                tracing::warn!("journal: lost at the end: {e}");
            }
            let _ = store.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// Opens the journal. `first`: nothing was told of it before.
    fn open(&self, first: bool) -> Mode {
        match self.lock() {
            Ok(lock) => self.begin(lock, false, first),
            Err(FileDenied::Taken) if self.options.of_subcommand => self.beside(),
            Err(FileDenied::Taken) => {
                self.await_lock();
                if first {
                    self.report(JournalReport::Trouble(JournalTrouble {
                        short: "READ-ONLY",
                        sentence: "Another guestwire has this profile open: this one only reads and sends nothing, \
                                   until the other is left. Or try --ephemeral."
                            .to_owned(),
                        sending: false,
                    }));
                    self.show_kept(false);
                }
                Mode::Reading
            }
            Err(denied) => self.not_opened(denied, first),
        }
    }

    fn not_opened(&self, denied: FileDenied, first: bool) -> Mode {
        match denied {
            FileDenied::Taken | FileDenied::Busy => {
                if first {
                    self.tell_not_kept(
                        "Another program holds the journal: nothing is kept, and messages wait, until it lets go.",
                    );
                }
                return Mode::Waiting;
            }
            FileDenied::Newer(version) => {
                let why = files::newer(&files::database(&self.options.dir), version);
                let how = "Use that guestwire, or another --data-dir.";
                self.tell_not_kept(format!("Nothing is being kept: {why}. {how}"));
            }
            FileDenied::System(why) | FileDenied::Corrupt(why) => {
                let what = "drafts, queue, messages, log";
                self.tell_not_kept(format!("Nothing is being kept ({what}): {why}. Sending works."));
                self.show_kept(true);
            }
        }
        Mode::Nothing
    }

    /// The right to write. One that leaves just now (a restart) is waited for a moment.
    fn lock(&self) -> Result<File, FileDenied> {
        let end = Instant::now() + LEAVING;
        loop {
            match files::lock(&self.options.dir) {
                Err(FileDenied::Taken) if !self.options.of_subcommand && Instant::now() < end => {
                    std::thread::sleep(LEAVING / 10);
                }
                other => return other,
            }
        }
    }

    /// Waits on a thread of its own until another guestwire has let go of the journal.
    fn await_lock(&self) {
        let (dir, way_back) = (self.options.dir.clone(), self.inbox.way_back.clone());
        let wait = move || {
            if files::wait_until_free(&dir).is_ok()
                && let Some(urgent) = way_back.upgrade()
            {
                let _ = urgent.blocking_send(Work::LockIsFree);
            }
        };
        if let Err(e) = std::thread::Builder::new().name("journal lock".to_owned()).spawn(wait) {
            tracing::warn!("the journal is not taken over when it gets free: {e}");
        }
    }

    /// Keeps messages in the journal of another guestwire that is running. Entries of the log are numbered by that one.
    fn beside(&self) -> Mode {
        match files::open_beside(&self.options.dir).and_then(|db| Ok((self.restored(&db)?, db))) {
            Ok((restored, db)) => {
                let numbers = Numbers { session: 0, last: restored.last_number };
                self.report(JournalReport::Notice(
                    "Another guestwire has this profile open: messages that are sent now are in the log only after its next \
                     start."
                        .to_owned(),
                ));
                self.report(JournalReport::Restored(Box::new(restored)));
                Mode::Writing(Box::new(Store { db, numbers, lock: None }))
            }
            Err(e) => self.not_beside(&e),
        }
    }

    fn not_beside(&self, e: &rusqlite::Error) -> Mode {
        self.tell_not_kept(format!(
            "Another guestwire has this profile open, and this message is not kept: {}.",
            why(e)
        ));
        Mode::Nothing
    }

    /// Shows what was kept where nothing is kept now. What is queued stays there: the next start would send it again.
    fn show_kept(&self, with_drafts: bool) {
        if let Ok(db) = files::open_to_read(&self.options.dir)
            && let Ok(mut restored) = self.restored(&db)
        {
            restored.read_only = true;
            restored.messages.retain(|(message, _)| message.delivery.is_finished());
            restored.drafts.retain(|_| with_drafts);
            self.report(JournalReport::Restored(Box::new(restored)));
        }
    }

    fn restored(&self, db: &Connection) -> rusqlite::Result<Restored> {
        restore::restored(db, &self.keys, self.options.conversations.len())
    }

    fn tell_not_kept(&self, sentence: impl Into<String>) {
        self.report(JournalReport::Trouble(JournalTrouble::not_kept(sentence.into())));
    }

    /// Begins a session in the file; a damaged one, which may have looked sound at first, is set aside for a new one.
    fn begin(&self, lock: File, damaged: bool, first: bool) -> Mode {
        let dir = &self.options.dir;
        if damaged {
            match files::set_aside(dir, Timestamp::now()) {
                Ok(aside) => self.report(JournalReport::Notice(format!(
                    "The journal was damaged: it was set aside as {} and a new one begun. Nothing was deleted.",
                    aside.display()
                ))),
                Err(why) => {
                    let why = format!("the journal is damaged and cannot be set aside: {why}");
                    return self.not_opened(FileDenied::System(why), first);
                }
            }
        }
        match files::open(dir).and_then(|db| self.begin_session(db)) {
            Ok((db, numbers)) => Mode::Writing(Box::new(Store { db, numbers, lock: Some(lock) })),
            Err(FileDenied::Corrupt(_)) if !damaged => self.begin(lock, true, first),
            Err(denied) => self.not_opened(denied, first),
        }
    }

    fn begin_session(&self, mut db: Connection) -> Result<(Connection, Numbers), FileDenied> {
        if let Some(pages) = self.options.page_limit {
            let _ = db.pragma_update(None, "max_page_count", pages);
        }
        let (session, clock_behind) = restore::begin(&mut db, Timestamp::now())?;
        let restored = self.restored(&db)?;
        if let Some(ahead) = clock_behind {
            self.report(JournalReport::Notice(format!(
                "This machine's clock stands {ahead} s before the newest entry of the journal: times of this session \
                 look older than they are; the order is kept."
            )));
        }
        let numbers = Numbers { session, last: restored.last_number };
        self.report(JournalReport::Restored(Box::new(restored)));
        Ok((db, numbers))
    }

    fn write_group(&mut self, mode: &mut Mode, mut group: Vec<Work>) {
        self.answer_guest_tokens(mode, &mut group);
        let store = match mode {
            Mode::Writing(store) => store,
            Mode::Waiting => return self.hold(group, BUSY),
            Mode::Reading | Mode::Nothing => return answer(group, &mode.unwritten()),
        };
        match store.write(self.held.iter().chain(&group), &self.keys) {
            Ok(()) => {
                answer(group, &Ok(()));
                self.held.clear();
                if self.in_trouble {
                    self.in_trouble = false;
                    self.report(JournalReport::Well);
                }
                self.dropped = false;
            }
            Err(e) => {
                tracing::warn!("journal: {e}");
                self.hold(group, &why(&e));
                self.trouble(mode, &e);
            }
        }
    }

    /// Holds what cannot be written now and must not be lost; who waits is told that the row is not there.
    fn hold(&mut self, group: Vec<Work>, why: &str) {
        let not_now = || Err(Unrecorded::NotNow(why.to_owned()));
        for work in group {
            match work {
                Work::Intent(_, done) => drop(done.send(not_now())),
                Work::Outcome { message, delivery, remote_id, done } => {
                    if let Some(done) = done {
                        let _ = done.send(not_now());
                    }
                    self.held.push_back(Work::Outcome { message, delivery, remote_id, done: None });
                }
                work if work.is_bulk() => {}
                work => self.held.push_back(work),
            }
        }
        let too_many = self.held.len().saturating_sub(HELD_MAX);
        self.held.drain(..too_many);
        if too_many > 0 && !std::mem::replace(&mut self.dropped, true) {
            self.tell_not_kept(format!(
                "Not being kept now ({why}), and more than {HELD_MAX} changes wait: the oldest drafts and statuses of \
                 messages among these are dropped from now on."
            ));
        }
    }

    /// Answers who asks for guest tokens: they are no part of what is written together.
    fn answer_guest_tokens(&self, mode: &mut Mode, group: &mut Vec<Work>) {
        for work in group.extract_if(.., |work| matches!(work, Work::Guest(_))) {
            match (work, &mut *mode) {
                (Work::Guest(work), Mode::Writing(store)) => statements::guest_token(work, &mut store.db, &self.keys),
                (Work::Guest(work), mode) => statements::guest_token_unkept(work, mode.unwritten()),
                _ => {}
            }
        }
    }

    fn trouble(&mut self, mode: &mut Mode, e: &rusqlite::Error) {
        if files::is_corrupt(e) {
            let Mode::Writing(store) = std::mem::replace(mode, Mode::Nothing) else { return };
            let Store { db, lock, .. } = *store;
            drop(db);
            // The file of another guestwire is its own to set aside.
            *mode = if let Some(lock) = lock { self.begin(lock, true, true) } else { self.not_beside(e) };
            return;
        }
        if !self.in_trouble {
            self.in_trouble = true;
            let sentence = format!(
                "Not being kept now: log entries, drafts and messages ({}). What was kept before is safe; messages wait \
                 until they can be kept. It is tried again by itself.",
                why(e)
            );
            self.tell_not_kept(sentence);
        }
    }
}

impl Store {
    /// Whether commits wait for the disk from here on.
    fn sync(&self, full: bool) -> rusqlite::Result<()> {
        self.db.execute_batch(if full { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })
    }

    /// Does a slice of what can wait: the index for search, then the bounds. True while there is more.
    fn upkeep(&mut self, options: &JournalOptions) -> rusqlite::Result<bool> {
        if self.lock.is_none() {
            return Ok(false);
        }
        self.sync(false)?;
        Ok(!upkeep::index(&mut self.db)? || upkeep::make_room(&mut self.db, options, Timestamp::now())?)
    }

    /// Makes room where the journal is too large, also while there is no time for upkeep.
    fn stay_within(&mut self, options: &JournalOptions) -> rusqlite::Result<()> {
        for _ in 0..ROOM_STEPS {
            if self.lock.is_none() || upkeep::used(&self.db)? <= options.max_bytes {
                break;
            }
            upkeep::make_room(&mut self.db, options, Timestamp::now())?;
        }
        Ok(())
    }

    fn write<'w>(&mut self, work: impl Iterator<Item = &'w Work> + Clone, keys: &KeyTable) -> rusqlite::Result<()> {
        self.sync(work.clone().any(Work::survives_power_cut))?;
        let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut numbers = self.numbers;
        // Beside another guestwire entries are not kept: their numbers are its own.
        let entries = self.lock.is_some();
        let kept = |work: &&Work| entries || !matches!(work, Work::Job(Job::Entry(..)));
        for work in work.filter(kept) {
            statements::apply(&change, work, keys, &mut numbers)?;
        }
        change.commit()?;
        self.numbers = numbers;
        Ok(())
    }
}

/// Answers all that wait for rows. Who has gone meanwhile needs no answer.
fn answer(group: Vec<Work>, recorded: &Result<(), Unrecorded>) {
    for work in group {
        if let Work::Intent(_, done) | Work::Outcome { done: Some(done), .. } = work {
            let _ = done.send(recorded.clone());
        }
    }
}
