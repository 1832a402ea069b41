//! The console's pure core: `update(&mut State, at, Event) -> Vec<Effect>` and everything it changes.
//! No clock, no I/O, no randomness, no `await`; never sees tokio, the engine's inside, or the sandbox.

pub mod action;
pub mod chord;
pub mod event;
pub mod keymap;
pub(crate) mod layout;
pub mod start;
pub mod state;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;

pub use event::{Effect, Event};
pub use update::update;
