//! The engine against a small raw server on real TCP that counts what it receives.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "engine_wire/bounds.rs"]
mod bounds;
#[path = "engine_wire/capture.rs"]
mod capture;
#[path = "engine_wire/certificates.rs"]
mod certificates;
#[path = "engine_wire/errands.rs"]
mod errands;
#[path = "engine_wire/histories.rs"]
mod histories;
#[path = "engine_wire/http2.rs"]
mod http2;
#[path = "engine_wire/open.rs"]
mod open;
#[path = "engine_wire/proxies.rs"]
mod proxies;
#[path = "engine_wire/reading.rs"]
mod reading;
#[path = "engine_wire/rig.rs"]
mod rig;
#[path = "engine_wire/secure.rs"]
mod secure;
#[path = "engine_wire/send_log.rs"]
mod send_log;
#[path = "engine_wire/sending.rs"]
mod sending;
#[path = "engine_wire/server.rs"]
mod server;
#[cfg(feature = "sandbox")]
#[path = "engine_wire/simulated.rs"]
mod simulated;
#[cfg(feature = "sandbox")]
#[path = "engine_wire/simulated_open.rs"]
mod simulated_open;
#[path = "engine_wire/tokens.rs"]
mod tokens;
#[path = "engine_wire/webhooks.rs"]
mod webhooks;
