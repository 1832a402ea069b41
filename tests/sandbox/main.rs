//! The sandbox over real TCP: every route, every refusal, every fault. Expected bodies are typed from the protocol's
//! description, not taken from types that the sandbox shares with the client.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod control;
mod faults;
mod guest;
#[path = "../support/http_client.rs"]
mod http_client;
mod open;
mod reading;
mod resets;
mod sending;
mod test_sandbox;
mod tokens;
mod web;
mod web_faults;
mod web_files;
mod web_limits;
mod webhook;
