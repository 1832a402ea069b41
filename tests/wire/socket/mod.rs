//! The engine's guest socket against a small server over real WebSockets that counts what it receives.

mod away;
mod bounds;
mod doubt;
mod files;
mod guest;
mod secure;
mod sending;
mod sessions;
mod simulated;
