//! What guestwire knows of a session, without a clock and without input or output. The front ends show it.

pub mod conversations;
pub mod journal_status;
pub mod kept_diagnoses;
pub mod log;
pub mod open_pass;
pub mod outcome_watch;
pub mod refusals;
pub mod sandbox_request;
pub mod thread;
