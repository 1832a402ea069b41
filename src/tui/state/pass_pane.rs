//! The pane that shows a pass in the log's place: which file is being read for it, which of its steps was judged last, and
//! which one a recording has a marker for. What is known of the pass itself is the session's.

use std::path::{Path, PathBuf};

use crate::pass::result::PassRun;

#[derive(Debug, Default)]
pub struct PassPane {
    /// The pane stands in the log's place, where a pass is open.
    pub(super) shown: bool,
    /// The step whose verdict was the last thing done, by the places of its case and itself: a note is about this step.
    judged: Option<(usize, usize)>,
    /// The file that is being read.
    reading: Option<PathBuf>,
    /// The path of the file that has mistakes, as it was typed; empty where there is none.
    pub(crate) mistaken: String,
    /// The step that a recording has its newest marker for, after the id of its run.
    marked: Option<(String, (usize, usize))>,
}

impl PassPane {
    pub(super) const fn set_shown(&mut self, shown: bool) {
        self.shown = shown;
    }

    /// Remembers the step that was judged just now, or that none was. Gives the one before.
    pub(crate) const fn replace_judged(&mut self, at: Option<(usize, usize)>) -> Option<(usize, usize)> {
        std::mem::replace(&mut self.judged, at)
    }

    pub(crate) fn begin_reading(&mut self, path: &Path) {
        self.reading = Some(path.to_owned());
    }

    /// A file was read; whether it is the one that is waited for.
    pub(crate) fn was_read(&mut self, path: &Path) -> bool {
        self.reading.take_if(|reading| reading == path).is_some()
    }

    /// The file has mistakes: its path, as it was `typed`, is offered again once it is mended. Empty: none has.
    pub(crate) fn set_mistaken(&mut self, typed: String) {
        self.mistaken = typed;
    }

    /// Whether the open step of the run needs a marker in a recording: it was not marked last.
    pub(crate) fn mark_step(&mut self, run: &PassRun) -> bool {
        let open = (run.id.clone(), run.at);
        self.marked.replace(open.clone()) != Some(open)
    }
}
