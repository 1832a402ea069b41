//! The console state, one file an area.

pub mod log;
