//! What the console asks of others and waits for, and the files that it writes.

use std::path::PathBuf;

use super::ids::IdSearch;
use super::overlay::PromptPurpose;
use crate::engine::Command;
use crate::journal::Job;
use crate::journal::job::{HistoryRange, HistoryRequest};
use crate::model::{Exchange, Fault, ProbeQuestion, Probed};
use crate::session::JournalStatus;
use crate::session::local::LocalRequest;
use crate::tui::Effect;

#[derive(Debug, Default)]
pub struct PendingRequests {
    /// What is asked for since the newest event.
    effects: Vec<Effect>,
    id_search: Option<IdSearch>,
    /// The page of active conversations that was asked for.
    discovering: Option<u32>,
    /// The question to the journal that is out.
    journal: Option<u64>,
    /// The sandbox's faults that waited for a request, or held, when it was asked last.
    faults: Vec<Fault>,
}

impl PendingRequests {
    pub(crate) fn request(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn take_requests(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// What is being looked up, if anything is.
    pub(crate) const fn id_search(&self) -> Option<&IdSearch> {
        self.id_search.as_ref()
    }

    /// Looks ids up; false where others are being looked up.
    pub(crate) fn look_up(&mut self, search: IdSearch) -> bool {
        if self.id_search.is_some() {
            return false;
        }
        self.effects.extend(search.lookup.next().map(|asked| Effect::Engine(Command::Probe(asked))));
        self.id_search = Some(search);
        true
    }

    /// An answer about an id came, or why there is none. Gives the search back once each of its ids has its answer.
    pub(crate) fn id_found(&mut self, asked: ProbeQuestion, told: &Probed, by: Option<&Exchange>) -> Option<IdSearch> {
        let lookup = &mut self.id_search.as_mut()?.lookup;
        if lookup.answered(asked, told, by) {
            self.effects.extend(lookup.next().map(|asked| Effect::Engine(Command::Probe(asked))));
        }
        self.id_search.take_if(|search| search.lookup.next().is_none())
    }

    pub(crate) fn discover(&mut self, page: u32) {
        self.discovering = Some(page);
        self.effects.push(Effect::Engine(Command::Discover(page)));
    }

    /// A page of active conversations came; whether somebody still wants it.
    pub(crate) fn discovered(&mut self, page: u32) -> bool {
        self.discovering.take_if(|asked| *asked == page).is_some()
    }

    /// Asks the journal for a page of history, unless a question is out.
    pub(crate) fn ask_for_history(&mut self, journal: &mut JournalStatus, want: HistoryRange, limit: usize) {
        if self.journal.is_none() {
            let serial = journal.next_serial();
            self.journal = Some(serial);
            self.request(Effect::Journal(Job::History(HistoryRequest { serial, want, limit })));
        }
    }

    /// A page of history came; whether somebody still wants it.
    pub(crate) fn history_found(&mut self, serial: u64) -> bool {
        self.journal.take_if(|asked| *asked == serial).is_some()
    }

    pub(crate) fn forget_history(&mut self) {
        self.journal = None;
    }

    /// Sets a fault of the sandbox, or clears all. What is on then is asked for: some are used up at once.
    pub(crate) fn set_fault(&mut self, fault: Option<String>) {
        if fault.is_none() {
            self.faults.clear();
            self.effects.push(Effect::Local(LocalRequest::Fault(None)));
        } else {
            self.effects.extend([LocalRequest::Fault(fault), LocalRequest::TellFaults].map(Effect::Local));
        }
    }

    /// The sandbox's faults, as of the newest exchange.
    pub(crate) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// An exchange has ended: a fault that was used up has no part in what comes next.
    pub(crate) fn ask_for_faults(&mut self) {
        self.effects.extend((!self.faults.is_empty()).then_some(Effect::Local(LocalRequest::TellFaults)));
    }

    /// The faults that are left; true where the last one was used up.
    pub(crate) fn faults_told(&mut self, left: Vec<Fault>) -> bool {
        let before = std::mem::replace(&mut self.faults, left);
        self.faults.is_empty() && !before.is_empty()
    }
}

#[derive(Debug, Default)]
pub struct OutputFiles {
    /// The file into which the screen is recorded.
    recording: Option<PathBuf>,
    /// The path that was typed last, while nobody knows whether it can be used.
    asked_path: Option<(PromptPurpose, String)>,
    exports: u32,
}

impl OutputFiles {
    pub(crate) fn record(&mut self, path: PathBuf) {
        self.recording = Some(path);
    }

    pub(crate) const fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    pub(crate) fn end_recording(&mut self) -> Option<PathBuf> {
        self.recording.take()
    }

    pub(crate) const fn next_export(&mut self) -> u32 {
        self.exports += 1;
        self.exports
    }

    /// A path was typed; whether it can be used shows later.
    pub(crate) fn path_typed(&mut self, purpose: PromptPurpose, typed: &str) {
        self.asked_path = purpose.is_path().then(|| (purpose, typed.to_owned()));
    }

    /// Takes what was typed: it is known now whether that path can be used. `None` where no path was typed.
    pub(crate) fn path_known(&mut self) -> Option<(PromptPurpose, String)> {
        self.asked_path.take()
    }
}
