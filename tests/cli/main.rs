//! The built program as scripts use it: subcommands and the line mode over pipes.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod commands;
mod doctor;
mod init;
mod plain;
mod run;
mod send;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod why;
