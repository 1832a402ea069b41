//! What the journal keeps when the program is killed, started again, or started twice.
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

mod crash;
mod keeping;
mod restart;
#[path = "../support/mod.rs"]
mod support;
