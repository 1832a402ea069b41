//! Regression passes: a list of cases and steps, what came of them, and reports of it. Pure: no I/O, no clock, no screen.
//!
//! ```text
//! PASS.toml ─► file (cases, steps, places) ─► runner ─► Effect: send, fault, read, wait …   (console or command line)
//!                                               ▲  │
//!            Report, verdict, key, time ────────┘  └─► result::Run ─┬─► journal (resumed at the exact step)
//!                                                                   └─► report (JUnit, CTRF, Markdown, HTML)
//! ```
//! [`result::Run`] is the whole truth about a run, finished or not: the runner writes it, the journal keeps it, the reports
//! are made from it alone.

pub mod builtin;
pub(crate) mod file;
pub(crate) mod from_session;
pub(crate) mod older_runs;
pub mod report;
pub(crate) mod result;
pub(crate) mod runner;
#[cfg(test)]
#[path = "../../tests/unit/pass/mod.rs"]
pub(crate) mod tests;

pub use file::Pass;
pub(crate) use result::{
    CaseResult, ExchangeEvidence, ExpectationResult, ExpectationState, SaidMessage, StepResult, Tally,
};
pub use result::{PassRun, Verdict};
pub use runner::StepStage;
