//! The built program in a pseudo-terminal.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod demo;
mod leaving;
mod pass;
mod picture;
#[path = "../support/mod.rs"]
mod support;
