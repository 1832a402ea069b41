//! A stretch of history in the log pane: entries of the journal around where one reads, or those that a search found.
//! Bounded: what is far from the cursor is let go and read again when it is wanted.

use std::collections::VecDeque;

use crate::journal::job::KeptEntry;
use crate::session::Session;
use crate::session::log::Log;

/// Entries of a page.
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
    /// The search, if this is what one found.
    pub query: Option<String>,
    entries: VecDeque<KeptEntry>,
    /// There is more above.
    pub older: bool,
    /// There is more below.
    pub newer: bool,
}

impl HistoryStretch {
    /// A stretch that looks as the session's log does, and says why each entry was refused. The cursor stands on its last
    /// entry.
    pub fn new(session: &Session, entries: Vec<KeptEntry>, query: Option<String>, older: bool, newer: bool) -> Self {
        let mut log = session.log_of_kept(&entries);
        let entries: VecDeque<_> = entries.into();
        if let Some(query) = &query {
            log.set_search(query.trim_matches('"'));
        }
        if let Some(last) = log.last_number() {
            log.place(last, 0, usize::MAX);
        }
        Self { log, query, entries, older, newer }
    }

    /// More above.
    pub fn prepend(&mut self, session: &Session, more: Vec<KeptEntry>, older: bool) {
        for entry in more.into_iter().rev() {
            self.entries.push_front(entry);
        }
        self.older = older;
        if self.entries.len() > WINDOW {
            self.entries.truncate(WINDOW);
            self.newer |= self.query.is_none();
        }
        self.rebuild(session);
    }

    /// More below.
    pub fn append(&mut self, session: &Session, more: Vec<KeptEntry>, newer: bool) {
        self.entries.extend(more);
        self.newer = newer;
        while self.entries.len() > WINDOW {
            self.entries.pop_front();
            self.older = true;
        }
        self.rebuild(session);
    }

    fn rebuild(&mut self, session: &Session) {
        let mut log = session.log_of_kept(self.entries.make_contiguous());
        let search = self.log.search_text().to_owned();
        if !search.is_empty() {
            log.set_search(&search);
        }
        log.filter_as(&self.log);
        log.open_as(&self.log);
        if let Some((number, line, offset)) = self.log.place_now() {
            log.place(number, line, offset);
        }
        self.log = log;
    }

    /// A mark or comment changed in the pane.
    pub fn marked(&mut self, number: u64, marked: bool, comment: Option<String>) {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.number == number) {
            entry.marked = marked;
            entry.comment = comment;
        }
    }
}
