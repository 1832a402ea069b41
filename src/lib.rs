//! guestwire: a terminal console for headless messaging on Genesys Cloud.
//!
//! # The flow
//! ```text
//! keys, paste, resize ─► tui::update ─┐                                 ┌─► Command ─► engine ─► HTTP, WebSocket
//! lines, arguments ────► plain, cli ──┼─► Session ─────────► Changes ───┤                │ └─► journal (intent, outcome)
//! engine reports ─────────────────────┤   what is known                 ├─► Job ─────► journal ─► SQLite
//! journal reports ────────────────────┤        │                        └─► Notice ──► the front end says it
//! deadline reached ───────────────────┘        ▼
//!                                     tui::view, plain lines, JSON, reports
//! ```
//! `session` is what guestwire knows (log, threads, conversations, signing in, the open pass) and what an event changes
//! of it, pure and once for all front ends. `tui` is the screen: `state`, `update` and `view` are pure, `terminal` owns
//! the terminal and the timers. `plain` is the line mode. `cli` holds the subcommands, a file for each that reads
//! settings. `app` is the wiring that all of them share. `engine` owns the HTTP client, the token and the queues;
//! `genesys` makes its requests and reads their answers, without input or output. `journal` owns what is kept on disk.
//! `diagnosis` finds the cause of a refusal from what was sent and received. `pass` is the pure core of regression passes
//! (file, runner, reports). `export` writes HAR files, curl commands and transcripts. `config` makes settings of file,
//! environment and flags. `model` is the plain data that all share, and `text` measures and formats for all. `sandbox` is
//! a simulator of Genesys Cloud on a loopback port in the same process.
//!
//! # The words
//! - *Event*: something that happened. *Action*: a named intent of a user. *Effect*: something that is asked of others.
//! - *Session*: what is known. *Changes*: what an event asks of engine and journal, and its *Notices*.
//! - *Engine*: takes *Commands*, gives *Reports*. *Journal*: takes *Jobs*, gives *JournalReports*.
//! - *Exchange*: one request and what came of it. *Attempt*: one try of it. *Log*: the bounded list of exchanges.
//! - *Channel*: a way to speak as the guest. *Conversation*, *Message*, *delivery* (a message's status).
//! - Token *Generation*: which token, counted from 1. *Context*: where keys are resolved.
//! - *Sandbox*, *Scenario* (what it holds), *Fault* (what it does wrong on purpose).
//! - *Pass*: a file of test cases and their steps. *Test run* (`PassRun`): one run of a pass, with a verdict on each step.
//! - A request or a message is *finished*; a person or a read *settles* a message of unknown outcome.

// The fixtures of the tests name the crate as users of it do.
#[cfg(test)]
extern crate self as guestwire;

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod diagnosis;
pub mod engine;
mod export;
mod files;
#[cfg(test)]
#[path = "../tests/support/fixtures.rs"]
pub mod fixtures;
mod genesys;
pub mod journal;
pub mod model;
pub mod pass;
pub mod plain;
pub mod sandbox;
pub mod session;
pub mod text;
pub mod tui;
#[cfg(test)]
#[path = "../tests/unit/mod.rs"]
mod unit_tests;
