//! Fixtures and drivers of all tests. Each test binary includes this module and uses a part of it.
#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it"
)]

pub mod certificates;
pub mod console;
pub mod engine;
pub mod fixtures;
pub mod http_server;
pub mod log;
pub mod made_up;
#[cfg(unix)]
pub mod pty;
pub mod shell;
