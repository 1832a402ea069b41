//! What the journal keeps when the program is killed, started again, or started twice.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::print_stderr, clippy::unwrap_used, reason = "tests")]

mod crash;
mod restart;
#[path = "../support/mod.rs"]
mod support;
