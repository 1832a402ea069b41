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
pub mod file;
pub mod from_session;
pub mod older_runs;
pub mod report;
pub mod result;
pub mod runner;

pub use file::Pass;
pub use result::{
    CaseResult, ExchangeEvidence, ExpectationResult, ExpectationState, PassRun, SaidMessage, StepEvidence, StepResult,
    Tally, Verdict,
};
