//! The engine's guest socket against a small server over real WebSockets that counts what it receives.
#![expect(clippy::unwrap_used, reason = "tests")]

mod away;
#[path = "../engine_wire/certificates.rs"]
#[expect(dead_code, reason = "shared with the tests of requests, which want more of it")]
mod certificates;
#[cfg(feature = "sandbox")]
mod doubt;
mod files;
mod guest;
#[path = "../engine_wire/rig.rs"]
#[expect(dead_code, reason = "shared with the tests of the HTTP channels")]
mod rig;
mod secure;
mod sending;
#[path = "../engine_wire/server.rs"]
#[expect(dead_code, reason = "shared with the tests of the HTTP channels")]
mod server;
mod sessions;
#[cfg(feature = "sandbox")]
mod simulated;
