//! What the log pane shows: what happens now; or a stretch of history, which is entries of the journal around where one
//! reads, or those that a search found. Bounded: what is far from the cursor is let go and read again when it is wanted.

use std::collections::{BTreeMap, VecDeque};

use crate::journal::job::KeptEntry;
use crate::model::{Cause, Confidence, Message, MessageId};
use crate::session::Session;
use crate::session::log::{Log, LogEntry};
use crate::session::thread::Threads;

pub const PAGE: usize = 200;
/// Entries in memory.
const WINDOW: usize = 800;
/// The next page is asked for when so few entries are left in its direction.
pub const NEAR: u64 = 100;

/// See the module.
#[derive(Debug)]
pub struct HistoryStretch {
    /// What the pane shows.
    pub log: Log,
    /// What was searched for, if a search found these entries; `None` for entries that follow each other.
    pub query: Option<String>,
    entries: VecDeque<KeptEntry>,
    /// There is more above.
    pub older: bool,
    /// There is more below.
    pub newer: bool,
}

impl HistoryStretch {
    /// Looks as the session's log does, and says why each entry was refused. The cursor stands on the last.
    pub fn new(session: &Session, entries: Vec<KeptEntry>, query: Option<String>, older: bool, newer: bool) -> Self {
        let mut log = session.log_of_kept(&entries);
        let entries: VecDeque<_> = entries.into();
        log.set_search(query.as_deref().unwrap_or_default().trim_matches('"'));
        if let Some(last) = log.last_number() {
            log.place(last, 0, usize::MAX);
        }
        Self { log, query, entries, older, newer }
    }

    /// Puts more entries above. `older`: there are still others above those.
    pub fn prepend(&mut self, session: &Session, more: Vec<KeptEntry>, older: bool) {
        more.into_iter().rev().for_each(|entry| self.entries.push_front(entry));
        self.older = older;
        if self.entries.len() > WINDOW {
            self.entries.truncate(WINDOW);
            self.newer |= self.query.is_none();
        }
        self.rebuild(session);
    }

    pub(crate) fn append(&mut self, session: &Session, more: Vec<KeptEntry>, newer: bool) {
        self.entries.extend(more);
        self.newer = newer;
        let over = self.entries.len().saturating_sub(WINDOW);
        self.older |= self.entries.drain(..over).next().is_some();
        self.rebuild(session);
    }

    fn rebuild(&mut self, session: &Session) {
        let mut log = session.log_of_kept(self.entries.make_contiguous());
        log.look_as(&self.log);
        self.log = log;
    }
}

#[derive(Debug, Default)]
pub struct LogPane {
    /// What it shows instead of what happens now.
    pub history: Option<HistoryStretch>,
    /// The number of the entry that another is to be compared with.
    compare_with: Option<u64>,
    /// Why messages of earlier sessions failed, as the entries said that were shown.
    causes: BTreeMap<MessageId, (Confidence, String)>,
}

impl LogPane {
    /// Shows a stretch of history, or what happens now; gives the stretch that it showed before.
    pub(crate) const fn replace_history(&mut self, history: Option<HistoryStretch>) -> Option<HistoryStretch> {
        std::mem::replace(&mut self.history, history)
    }

    /// A person has marked an entry, or said something about it.
    pub(crate) fn marked(&mut self, number: u64, marked: bool, comment: Option<&str>) {
        let entries = self.history.iter_mut().flat_map(|history| &mut history.entries);
        for entry in entries.filter(|entry| entry.number == number) {
            entry.marked = marked;
            entry.comment = comment.map(str::to_owned);
        }
    }

    /// An entry is chosen to be compared: the one that was chosen before, if any. Another one ends the choice.
    pub(crate) fn choose_to_compare(&mut self, number: u64) -> Option<u64> {
        let begun = self.compare_with.replace(number);
        self.compare_with.take_if(|_| begun.is_some_and(|first| first != number));
        begun
    }

    /// Nothing is to be compared; true where something was.
    pub(crate) fn compare_nothing(&mut self) -> bool {
        self.compare_with.take().is_some()
    }

    /// What an earlier session sent is known by its entry once that was shown: from then on the thread names its cause.
    pub(crate) fn learn_causes(&mut self, threads: &Threads, ascii: bool) {
        let Some(history) = &self.history else { return };
        let ours = history.log.entries().filter_map(|entry| Some((entry.exchange()?.message?, entry)));
        for (id, entry) in ours.filter(|(id, _)| threads.message(*id).is_some()) {
            let Some(cause) = named_cause(entry, ascii) else { continue };
            // What a search found is judged without what stood around it: it takes nothing from what is known better.
            if self.causes.get(&id).is_none_or(|known| cause.0 >= known.0) {
                self.causes.insert(id, cause);
            }
        }
    }

    /// Why a message failed: status, cause and how sure that is. `log`: what happens now.
    pub(super) fn cause_of(&self, message: &Message, log: &Log, ascii: bool) -> Option<String> {
        match message.exchange.and_then(|id| log.entry_of(id)) {
            Some(entry) => named_cause(entry, ascii).map(|(_, words)| words),
            None => self.causes.get(&message.id).map(|(_, words)| words.clone()),
        }
    }
}

fn named_cause(entry: &LogEntry, ascii: bool) -> Option<(Confidence, String)> {
    // What kept a message here is said by its own reason.
    let is_known = |cause| !matches!(cause, Cause::Unknown | Cause::HeldBack);
    let diagnosis = entry.diagnosis().filter(|diagnosis| is_known(diagnosis.cause()))?;
    let status = entry.status().map(|status| status.to_string()).unwrap_or_default();
    let dot = if ascii { "-" } else { "·" };
    let confidence = diagnosis.confidence();
    Some((confidence, format!("{status} {dot} {}, {}", diagnosis.cause(), confidence.name()).trim().to_owned()))
}
