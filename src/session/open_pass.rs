//! The regression pass that is open, or waits to be gone on with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::model::Moment;
use crate::pass::PassRun;
use crate::pass::runner::{Runner, StepStage};

/// A pass file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPass {
    /// Where.
    pub path: PathBuf,
    /// The pass's name, or what is wrong with the file.
    pub name: Result<String, String>,
}

/// The pass that is open. See the module.
#[derive(Debug, Default)]
pub struct OpenPass {
    /// What runs it, also when it is over.
    pub runner: Option<Runner>,
    /// One that an earlier session left unfinished.
    pub unfinished: Option<Arc<PassRun>>,
    /// The run as the journal was told of it last.
    pub(super) kept: Option<Arc<PassRun>>,
}

impl OpenPass {
    /// Whether a run is open that is not over.
    pub fn is_running(&self) -> bool {
        self.runner.as_ref().is_some_and(|runner| !runner.is_over())
    }

    /// Whether the open step runs.
    pub fn runs_step(&self) -> bool {
        self.runner.as_ref().is_some_and(|r| matches!(r.stage(), StepStage::Preparing(_) | StepStage::Watching))
    }

    /// Whether something of it is due.
    pub fn is_due(&self, now: Moment) -> bool {
        let due = self.runner.as_ref().and_then(Runner::due);
        due.is_some_and(|at| at.left(now).is_zero())
    }

    /// When something of it is due, or its countdown changes.
    pub fn next_deadline(&self, now: Moment) -> Option<Moment> {
        let runner = self.runner.as_ref()?;
        let due = runner.due()?;
        let count = runner.open_result()?.expectations.len();
        let seconds = (0..count).filter_map(|at| runner.waits_until(at)?.next_second(now));
        // A moment that has passed is due now: deadlines lie ahead.
        let due = if due.left(now).is_zero() { now.after(Duration::from_millis(1)) } else { due };
        seconds.chain([due]).min()
    }
}

/// `step 4 of 9 (renewal: Two hours later)`: where a run stands.
pub fn place_words(run: &PassRun) -> String {
    let all = run.steps().count();
    let before: usize = run.cases.iter().take(run.at.0).map(|c| c.steps.len()).sum();
    match run.cases.get(run.at.0).and_then(|c| Some((c, c.steps.get(run.at.1)?))) {
        Some((case, step)) => format!("step {} of {all} ({}: {})", before + run.at.1 + 1, case.name, step.name),
        None => format!("all {all} steps"),
    }
}

/// Where a run's reports go where nobody says.
pub fn reports_dir(data_dir: &Path, run: &PassRun) -> PathBuf {
    let name: String =
        run.name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    data_dir.join("reports").join(format!("{name}-{}", run.began.strftime("%Y%m%d-%H%M%S")))
}
