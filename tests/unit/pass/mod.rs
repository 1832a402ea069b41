//! Tests of `pass` beside those of its runner and reports.

mod from_session;
pub(crate) mod older_runs;
#[path = "file/read.rs"]
mod read;
