//! The guest socket of web messaging.
//!
//! ```text
//!  pure      session: asks and events ─► steps           flight: which frame of theirs answers which of ours
//!                                                       paging: how far back the history is read
//!  rim       client::upgrade: 101 or a refusal ─► link: a task that reads and writes frames
//! ```
//! The engine's driver owns one [`session::Machine`] for each web conversation and carries out its steps.

pub mod flight;
pub mod link;
pub mod paging;
pub mod session;
