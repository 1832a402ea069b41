//! The screen without a terminal: each pane drawn to text, and the whole shell on a screen in memory.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod console;
mod demo;
mod doctor;
mod lively;
mod log_pane;
mod panes;
mod sandbox;
mod screens;
#[path = "../support/mod.rs"]
mod support;
mod why;
