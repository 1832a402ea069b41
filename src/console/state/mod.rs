//! The console state, one file an area.

pub mod composer;
pub mod picker;
pub mod thread;
