//! The regression pass that is open, or waits to be gone on with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::model::Moment;
use crate::pass::Run;
use crate::pass::runner::Runner;

/// A pass file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: PathBuf,
    /// The pass's name, or what is wrong with the file.
    pub name: Result<String, String>,
}

/// The pass that is open.
#[derive(Debug)]
pub struct Playing {
    /// What runs it.
    pub runner: Runner,
    /// Its pane stands in the log's place.
    pub shown: bool,
    /// The run as the journal was told of it last.
    pub(crate) kept: Option<Arc<Run>>,
    /// The step that a recording has its newest marker for.
    pub(crate) marked: Option<(usize, usize)>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct PassDesk {
    /// The pass that is open.
    pub playing: Option<Playing>,
    /// One that an earlier session left unfinished.
    pub unfinished: Option<Arc<Run>>,
    /// What was found where guestwire was started.
    pub found: Vec<Found>,
    /// A pass is read for this.
    pub(crate) reading: Option<PathBuf>,
}

impl PassDesk {
    /// Whether the pane is on screen (as far as the layout gives it room).
    pub fn is_shown(&self) -> bool {
        self.playing.as_ref().is_some_and(|p| p.shown)
    }

    /// When something of it is due, or its countdown changes.
    pub fn next_deadline(&self, now: Moment) -> Option<Moment> {
        let runner = &self.playing.as_ref()?.runner;
        let due = runner.due()?;
        let count = runner.open_result()?.expectations.len();
        let seconds = (0..count).filter_map(|at| crate::tui::state::next_second(runner.waits_until(at)?, now));
        // A moment that has passed is due now: deadlines lie ahead.
        let due = if due.left(now).is_zero() { now.after(Duration::from_millis(1)) } else { due };
        seconds.chain([due]).min()
    }

    /// Whether a run is open that is not over.
    pub fn is_running(&self) -> bool {
        self.playing.as_ref().is_some_and(|p| !p.runner.is_over())
    }
}

/// `step 4 of 9 (renewal: Two hours later)`: where a run stands.
pub fn place_words(run: &Run) -> String {
    let all = run.steps().count();
    let before: usize = run.cases.iter().take(run.at.0).map(|c| c.steps.len()).sum();
    match run.cases.get(run.at.0).and_then(|c| Some((c, c.steps.get(run.at.1)?))) {
        Some((case, step)) => format!("step {} of {all} ({}: {})", before + run.at.1 + 1, case.name, step.name),
        None => format!("all {all} steps"),
    }
}

/// Where a run's reports go where nobody says.
pub fn reports_dir(data_dir: &Path, run: &Run) -> PathBuf {
    let name: String =
        run.name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    data_dir.join("reports").join(format!("{name}-{}", run.began.strftime("%Y%m%d-%H%M%S")))
}
