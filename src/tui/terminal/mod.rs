//! The terminal: its keys, its screen, the programs that may have it, and the loop that ties them to the console.

#[cfg_attr(windows, expect(dead_code, reason = "the Windows console tells keys, not bytes"))]
mod decoder;
pub mod event_loop;
pub(super) mod input;
pub(super) mod platform;
mod recorder;
pub mod screen;
