//! Regression passes: cases and steps, what came of them, and reports of it. Pure: no I/O, no clock, no screen.
//!
//! ```text
//! PASS.toml ─► file (cases, steps, places) ─► runner ─► Effect: send, fault, read, wait …   (console or command line)
//!                                               ▲  │
//!   RunnerEvent: report, verdict, time ────────┘  └─► PassRun ─┬─► journal (resumed at the exact step)
//!                                                               └─► report (JUnit, CTRF, Markdown, HTML)
//! ```
//! [`PassRun`] is all that is known of a run: the runner writes it, the journal keeps it, reports are made from it.

pub mod builtin;
pub(crate) mod file;
pub(crate) mod from_session;
pub mod report;
pub(crate) mod result;
pub(crate) mod runner;
#[cfg(test)]
#[path = "../../tests/unit/pass/mod.rs"]
pub(crate) mod tests;

pub use file::Pass;
pub use result::{PassRun, Verdict};
pub use runner::StepStage;
