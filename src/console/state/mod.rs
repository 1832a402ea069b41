//! The console state, one file an area.
