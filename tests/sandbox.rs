//! The sandbox over real TCP: every route, every refusal, every fault. Expected bodies are typed from the protocol's
//! description, not taken from types that the sandbox shares with the client.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "sandbox/control.rs"]
mod control;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/guest.rs"]
mod guest;
#[path = "sandbox/harness.rs"]
mod harness;
#[path = "sandbox/open.rs"]
mod open;
#[path = "sandbox/reading.rs"]
mod reading;
#[path = "sandbox/resets.rs"]
mod resets;
#[path = "sandbox/sending.rs"]
mod sending;
#[path = "sandbox/tokens.rs"]
mod tokens;
#[path = "sandbox/web.rs"]
mod web;
#[path = "sandbox/web_faults.rs"]
mod web_faults;
#[path = "sandbox/web_files.rs"]
mod web_files;
#[path = "sandbox/web_limits.rs"]
mod web_limits;
#[path = "sandbox/webhook.rs"]
mod webhook;
