//! The engine's guest socket against a small server over real WebSockets that counts what it receives.

mod away;
#[cfg(feature = "sandbox")]
mod doubt;
mod files;
mod guest;
mod secure;
mod sending;
mod sessions;
#[cfg(feature = "sandbox")]
mod simulated;
